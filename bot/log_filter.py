"""Keeps what citizens write out of Rasa's log: Rasa logs texts, trackers and request bodies by itself."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import structlog

_SHORTEST = 4  # a shorter text ("ja") says nothing about anyone, and would spoil every line
_KEPT_KEYS = frozenset({"event", "event_info", "event_key", "level", "timestamp", "logger"})
_current: ContextVar[str] = ContextVar("klara_text", default="")


@contextmanager
def hidden(text: str) -> Iterator[None]:
    """Within this block, ``text`` is taken out of every log line."""
    token = _current.set(text)
    try:
        yield
    finally:
        _current.reset(token)


def install() -> None:
    """Filter all loggers of this process, those made later too. Safe to call twice."""
    factory = logging.getLogRecordFactory()
    if not isinstance(factory, _RecordFactory):
        logging.setLogRecordFactory(_RecordFactory(factory))
    processors = structlog.get_config()["processors"]  # changed in place: Rasa's loggers keep this list
    if drop_content not in processors:
        processors.insert(0, drop_content)


def drop_content(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """structlog processor: only the event's name and the exception's place pass; values may hold a citizen's text."""
    failure = event.get("exc_info")
    kept = {key: value for key, value in event.items() if key in _KEPT_KEYS}
    if failure:
        kept["where"] = describe(failure)
    return kept


def describe(failure: object) -> str:
    """Types and places of an exception and its causes, without its message, which may quote a citizen."""
    if failure is True:
        import sys

        failure = sys.exc_info()
    error = failure if isinstance(failure, BaseException) else failure[1] if isinstance(failure, tuple) else None
    lines: list[str] = []
    while isinstance(error, BaseException) and len(lines) < 50:
        frames = traceback.extract_tb(error.__traceback__)[-8:]
        lines += [f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        lines.append(type(error).__name__)
        error = error.__cause__ or error.__context__
    return "\n".join(lines)


class _RecordFactory:
    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record: logging.LogRecord = self._inner(*args, **kwargs)
        text = _current.get()
        if len(text) >= _SHORTEST:
            message = record.getMessage()
            for form in (text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], repr(text)[1:-1]):
                message = message.replace(form, "[text]")
            record.msg, record.args = message, ()
        if record.exc_info:
            record.exc_text, record.exc_info = describe(record.exc_info), None
        return record
