"""The parts of the running service, made once and handed to the routes."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, WebSocket
from redis.asyncio import Redis

from connectors.assistant import Assistant
from connectors.handover.service import HandoverService
from connectors.knowledge_base import KnowledgeBase
from connectors.live import Hub
from connectors.municipality import Municipality
from connectors.presence import Presence
from connectors.rasa_client import RasaClient
from connectors.rate_limits import RateLimits
from connectors.record.conversations import ConversationStore
from connectors.record.database import Database
from connectors.record.employees import EmployeeStore
from connectors.record.handovers import HandoverStore
from connectors.settings import Settings
from connectors.turns import TurnService
from connectors.worker import TurnWorker


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a route may need."""

    settings: Settings
    municipality: Municipality
    database: Database
    redis: "Redis"
    hub: Hub
    rasa: RasaClient
    knowledge: KnowledgeBase
    assistant: Assistant
    conversations: ConversationStore
    handover_store: HandoverStore
    handovers: HandoverService
    employees: EmployeeStore
    presence: Presence
    turns: TurnService
    worker: TurnWorker
    limits: RateLimits


def make_services(settings: Settings, municipality: Municipality) -> Services:
    """Put the parts together. Opens nothing yet."""
    database = Database(settings.sql_url)
    timeout = settings.redis_timeout.total_seconds()
    redis = Redis.from_url(
        settings.redis_url, socket_timeout=timeout, socket_connect_timeout=timeout, retry=None, health_check_interval=15
    )
    hub = Hub(redis)
    rasa = RasaClient(settings.rasa_url, settings.rasa_secret.get_secret_value(), settings.rasa_timeout.total_seconds())
    knowledge = KnowledgeBase(settings.data_dir, settings.encoder, settings.articles_dir)
    assistant = Assistant(knowledge, municipality)
    conversations = ConversationStore(database)
    handover_store = HandoverStore(database, lease=settings.claim_lease.total_seconds())
    presence = Presence(redis, ttl=settings.presence_ttl.total_seconds())
    handovers = HandoverService(conversations, handover_store, knowledge, presence, hub, municipality)
    turns = TurnService(conversations, assistant, handovers, rasa)
    worker = TurnWorker(
        conversations,
        turns,
        hub,
        lease=settings.worker_lease.total_seconds(),
        max_attempts=settings.max_attempts,
    )
    return Services(
        settings=settings,
        municipality=municipality,
        database=database,
        redis=redis,
        hub=hub,
        rasa=rasa,
        knowledge=knowledge,
        assistant=assistant,
        conversations=conversations,
        handover_store=handover_store,
        handovers=handovers,
        employees=EmployeeStore(database),
        presence=presence,
        turns=turns,
        worker=worker,
        limits=RateLimits(settings),
    )


def services_of(connection: Request | WebSocket) -> Services:
    """The services of the app that serves this request."""
    services: Services = connection.app.state.services
    return services


def _from_request(request: Request) -> Services:
    return services_of(request)


ServicesIn = Annotated[Services, Depends(_from_request)]
