"""The FastAPI application."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import structlog
from asgi_correlation_id import CorrelationIdMiddleware
from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from starlette.middleware.base import BaseHTTPMiddleware

from connectors import health, internal
from connectors.citizen import live as citizen_live
from connectors.citizen import router as citizen
from connectors.desk import live as desk_live
from connectors.desk import router as desk
from connectors.errors import install_error_handlers
from connectors.municipality import read_municipality
from connectors.record.database import migrate
from connectors.services import Services, make_services, services_of
from connectors.settings import Settings
from connectors.web import BodyLimit, add_headers

log = structlog.get_logger(__name__)

_HERE = Path(__file__).parent
_TEMPLATES = Jinja2Templates(_HERE / "templates")
_LAPSE_SECONDS = 5.0


class DemoAccountsInProduction(Exception):
    """The database holds accounts whose password is public; the service refuses to start with them."""


def create_app(settings: Settings) -> FastAPI:
    """Build the application; nothing is opened before it starts.

    Raises:
        ConfigurationError: If the municipality's configuration is wrong.
    """
    municipality = read_municipality(settings.config_file, settings.hours_override)
    services = make_services(settings, municipality)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(migrate, settings.sql_url)
        if settings.stage == "production" and await services.employees.has_demo_accounts():
            raise DemoAccountsInProduction("Remove the demo accounts before running in production.")
        await services.hub.start()
        loading = asyncio.create_task(_load_knowledge(services), name="load-knowledge")
        lapsing = asyncio.create_task(_lapse_claims(services), name="lapse-claims")
        try:
            yield
        finally:
            for task in (loading, lapsing):
                task.cancel()
            await services.worker.stop()
            await services.hub.stop()
            await services.knowledge.close()
            await services.rasa.close()
            await services.redis.aclose()
            await services.database.close()

    app = FastAPI(
        title="Klara",
        version="1.0",
        description="The assistant citizens chat with on a municipality's website, and its handover to employees.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.services = services
    install_error_handlers(app)
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes)
    app.add_middleware(BaseHTTPMiddleware, dispatch=add_headers)
    if settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.allowed_origins),
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type"],
        )
    app.add_middleware(CorrelationIdMiddleware)
    for module in (citizen, citizen_live, desk, desk_live, health, internal):
        app.include_router(module.router)
    app.include_router(desk.search_router)
    app.mount("/static", StaticFiles(directory=_HERE / "static"), name="static")
    app.add_api_route("/", _citizen_page, include_in_schema=False, response_class=HTMLResponse)
    app.add_api_route("/desk", _desk_page, include_in_schema=False, response_class=HTMLResponse)
    return app


async def _load_knowledge(services: Services) -> None:
    """Messages are accepted from the start; they are worked on once there is something to answer from."""
    try:
        await services.knowledge.load()
    except Exception as error:
        log.error("knowledge_not_loaded", error=type(error).__name__, exc_info=error)
    await services.worker.start()


async def _lapse_claims(services: Services) -> None:
    while True:
        await asyncio.sleep(_LAPSE_SECONDS)
        try:
            await services.handovers.lapse()
        except Exception as error:  # noqa: BLE001 - the loop must outlive any fault
            log.error("lapse_failed", error=type(error).__name__)


def _citizen_page(request: Request, language: str = "da") -> HTMLResponse:
    services = services_of(request)
    language = "en" if language == "en" else "da"
    values = {"municipality": services.municipality, "language": language}
    return _TEMPLATES.TemplateResponse(request, "citizen.html", values)


def _desk_page(request: Request) -> HTMLResponse:
    return _TEMPLATES.TemplateResponse(request, "desk.html", {"municipality": services_of(request).municipality})
