"""What Rasa's actions ask the service. On loopback with a shared secret; not for anyone else."""

import secrets
from typing import Any

from fastapi import APIRouter, Header, Request
from pydantic import BaseModel, ConfigDict

from connectors.errors import ConversationNotFound, NotAuthenticated, Unavailable
from connectors.knowledge_base import NotReady
from connectors.services import ServicesIn, services_of
from connectors.turns import question_of, topic_of
from connectors.types import Conversation, Kind, Message, Reply, Speaker
from connectors.wording import say
from knowledge.answer import Result

router = APIRouter(prefix="/internal/v1", include_in_schema=False)


class TurnIn(BaseModel):
    """A turn as an action knows it. The text itself is read from the record."""

    model_config = ConfigDict(extra="ignore")

    conversation_id: str
    seq: int
    intent: str = ""
    confidence: float = 0.0
    reason: str = "asked"


def check_secret(request: Request, x_klara_secret: str = Header("")) -> None:
    """Refuse callers that do not know the secret."""
    expected = services_of(request).settings.internal_secret.get_secret_value()
    if not secrets.compare_digest(x_klara_secret.encode(), expected.encode()):
        raise NotAuthenticated


@router.post("/answer")
async def answer(
    turn: TurnIn, request: Request, services: ServicesIn, x_klara_secret: str = Header("")
) -> dict[str, Any]:
    """The knowledge base's reply, or which of the dialogue's own responses fits."""
    check_secret(request, x_klara_secret)
    conversation, message = await _turn(services, turn)
    try:
        found, replies = await services.assistant.respond(question_of(message, conversation))
    except NotReady as error:
        raise Unavailable("The index is being loaded.") from error
    if found.result is Result.SMALLTALK:
        return {"respond": found.intent.replace(".", "_")}
    if found.result is Result.HUMAN:
        replies = [services.handovers.offer(conversation, topic_of(found))]
    elif found.result is Result.COMPLAINT:
        replies = [_complaint(services, conversation)]
    else:
        replies = services.turns.or_offer(conversation, found, replies)
    return {"replies": [_as_json(reply, turn) for reply in replies]}


@router.post("/offer-handover")
async def offer_handover(
    turn: TurnIn, request: Request, services: ServicesIn, x_klara_secret: str = Header("")
) -> dict[str, Any]:
    """Ask whether to hand over, to the team that the matter belongs to."""
    check_secret(request, x_klara_secret)
    conversation, message = await _turn(services, turn)
    topic = None
    try:
        found, _ = await services.assistant.respond(question_of(message, conversation))
        topic = topic_of(found)
        if found.result is Result.CRISIS:  # whoever asks for help in danger gets the numbers first
            return await answer(turn, request, services, x_klara_secret)
    except NotReady:
        pass
    return {"replies": [_as_json(services.handovers.offer(conversation, topic), turn)]}


@router.post("/take-complaint")
async def take_complaint(
    turn: TurnIn, request: Request, services: ServicesIn, x_klara_secret: str = Header("")
) -> dict[str, Any]:
    """A complaint about the service is offered to a person."""
    check_secret(request, x_klara_secret)
    conversation, _ = await _turn(services, turn)
    return {"replies": [_as_json(_complaint(services, conversation), turn)]}


@router.post("/affirm")
async def affirm(
    turn: TurnIn, request: Request, services: ServicesIn, x_klara_secret: str = Header("")
) -> dict[str, Any]:
    """A "ja": to the handover that was offered, or to nothing in particular."""
    check_secret(request, x_klara_secret)
    conversation, message = await _turn(services, turn)
    if conversation.context.offered == "handover":
        return {
            "replies": [{"kind": Kind.HANDOVER_STATUS, "text": "", "effect": "request_handover", "reason": "asked"}]
        }
    if conversation.context.offered == "callback":
        return {"replies": [_as_json(services.handovers.offer(conversation, None), turn)]}
    return {"replies": [_smalltalk("smalltalk", message, turn)]}


@router.post("/deny")
async def deny(
    turn: TurnIn, request: Request, services: ServicesIn, x_klara_secret: str = Header("")
) -> dict[str, Any]:
    """A "nej" to whatever was offered."""
    check_secret(request, x_klara_secret)
    _, message = await _turn(services, turn)
    return {"replies": [_smalltalk("handover_declined", message, turn)]}


async def _turn(services: Any, turn: TurnIn) -> tuple[Conversation, Message]:
    conversation = await services.conversations.get(turn.conversation_id)
    messages = await services.conversations.messages_after(turn.conversation_id, turn.seq - 1)
    for message in messages:
        if message.seq == turn.seq and message.speaker is Speaker.CITIZEN:
            return conversation, message
    raise ConversationNotFound  # erased while the turn was under way


def _complaint(services: Any, conversation: Conversation) -> Reply:
    reply: Reply = services.handovers.offer(conversation, None, opening=say("complaint", conversation.language))
    return reply


def _smalltalk(key: str, message: Message, turn: TurnIn) -> dict[str, Any]:
    return _as_json(Reply(Kind.SMALLTALK, say(key, message.language), message.language), turn)


def _as_json(reply: Reply, turn: TurnIn) -> dict[str, Any]:
    details = {**(reply.details or {}), "rasa": [turn.intent, round(turn.confidence, 3)]}
    return {
        "kind": reply.kind,
        "text": reply.text,
        "language": reply.language,
        "sources": reply.sources,
        "options": reply.options,
        "provenance": reply.provenance,
        "confidence": reply.confidence,
        "details": details,
    }
