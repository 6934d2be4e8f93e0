"""Is each part of the system well? For supervision, load balancers and the duty officer."""

import asyncio
from typing import Any

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from redis.exceptions import RedisError

from connectors.services import Services, ServicesIn

router = APIRouter(include_in_schema=False)

_LIMIT = 3.0


@router.get("/healthz")
async def health(services: ServicesIn, response: Response) -> dict[str, Any]:
    """Each component as ok, starting or down; 200 only if everything is ok."""
    redis, record, rasa = await asyncio.gather(
        _within(_redis_answers(services)), _within(services.database.is_healthy()), _within(services.rasa.is_healthy())
    )
    knowledge = "ok" if services.knowledge.is_ready else "starting"
    components = {
        "record": _state(record),
        "redis": _state(redis),
        "rasa": _state(rasa),
        "knowledge": "stale" if services.knowledge.fault and services.knowledge.is_ready else knowledge,
    }
    well = all(state == "ok" for state in components.values())
    response.status_code = 200 if well else 503
    return {"status": "ok" if well else "degraded", "components": components}


@router.get("/metrics")
async def metrics() -> Response:
    """Figures for Prometheus."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _state(well: bool) -> str:
    return "ok" if well else "down"


async def _within(check: Any) -> bool:
    try:
        return bool(await asyncio.wait_for(check, _LIMIT))
    except TimeoutError:
        return False


async def _redis_answers(services: Services) -> bool:
    try:
        return bool(await services.redis.ping())
    except (RedisError, OSError, TimeoutError):
        return False
