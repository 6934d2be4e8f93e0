"""Structured logs, one JSON object a line, without citizens' text.

Only fields on the list below are written; a field that carried a message would be dropped here.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from asgi_correlation_id import correlation_id

_ALLOWED = {
    "event", "level", "timestamp", "logger", "request", "error", "exception", "path", "conversation", "seq", "handover",
    "employee", "team", "reason", "attempt", "language", "step", "revision", "articles", "faults", "count", "seconds",
    "port", "stage", "component",
}  # fmt: skip


def set_up_logging() -> None:
    """Send the service's and the libraries' logs through one filter to standard output."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_request,
        structlog.processors.format_exc_info,
        _only_known_fields,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(ensure_ascii=False)],
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        foreign_pre_chain=shared,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
    logging.getLogger("uvicorn.access").disabled = True


def _add_request(logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    request = correlation_id.get()
    if request:
        event["request"] = request
    return event


def _only_known_fields(logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for field in [field for field in event if field not in _ALLOWED and not field.startswith("_")]:
        del event[field]
    return event
