"""The only way into Rasa: one turn in, typed replies out, and 503 whenever there is none."""

from __future__ import annotations

import asyncio
import hmac
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.shared.exceptions import InvalidConfigException
from sanic import Blueprint, response
from sanic.exceptions import InvalidUsage
from sanic.request import Request
from sanic.response import HTTPResponse

from bot import log_filter

SECRET_HEADER = "X-Klara-Secret"  # noqa: S105 a header's name
_SECONDS = 2.9  # the service waits three
_LEADING = re.compile(r"^[\s/]+")  # "/" opens Rasa's own syntax for intents

logger = logging.getLogger(__name__)


class TurnError(Exception):
    """A turn brought nothing that may be shown."""


class KlaraChannel(InputChannel):
    """``POST /webhooks/klara/turn`` and ``GET /webhooks/klara/health``."""

    def __init__(self, secret: str, seconds: float = _SECONDS) -> None:
        self._secret = secret.encode()
        self._seconds = seconds

    @classmethod
    def name(cls) -> str:
        return "klara"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> KlaraChannel:
        """Made by Rasa from ``bot/credentials.yml``.

        Raises:
            InvalidConfigException: If there is no secret.
        """
        secret = (credentials or {}).get("secret")
        if not isinstance(secret, str) or not secret:
            raise InvalidConfigException("bot/credentials.yml: set KLARA_RASA_SECRET; the channel needs a secret")
        return cls(secret)

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        log_filter.install()
        routes = Blueprint("klara_channel")

        @routes.get("/health")
        async def health(request: Request) -> HTTPResponse:
            agent = getattr(request.app.ctx, "agent", None)
            ready = agent is None or agent.is_ready()
            return response.json({"status": "ok" if ready else "loading"}, status=200 if ready else 503)

        @routes.post("/turn")
        async def turn(request: Request) -> HTTPResponse:
            given = request.headers.get(SECRET_HEADER, "").encode(errors="replace")
            if not hmac.compare_digest(given, self._secret):
                return response.json({"error": "wrong secret"}, status=403)
            try:
                message = read_turn(request.json)
            except (TypeError, KeyError, ValueError, InvalidUsage):
                return response.json({"error": "malformed turn"}, status=400)
            try:
                with log_filter.hidden(message.text):
                    await asyncio.wait_for(on_new_message(message), self._seconds)
                replies = typed_replies(message.output_channel.messages)
            except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 the citizen must reach a person whatever it was
                logger.error("turn failed: %s %s", type(error).__name__, error if isinstance(error, TurnError) else "")
                return response.json({"error": type(error).__name__}, status=503)
            return response.json({"replies": replies})

        return routes


def read_turn(body: Any) -> UserMessage:
    """The message that a request's body carries.

    Raises:
        TypeError, KeyError, ValueError: If a field is missing or of the wrong type.
    """
    conversation, seq, text, language = (body[key] for key in ("conversation_id", "seq", "text", "language"))
    if not (isinstance(conversation, str) and conversation and isinstance(text, str) and type(seq) is int):
        raise TypeError
    if language not in ("da", "en"):
        raise ValueError
    metadata = {"conversation_id": conversation, "seq": seq, "language": language, "masked": body.get("masked") or []}
    return UserMessage(
        _LEADING.sub("", text),
        CollectingOutputChannel(),
        conversation,
        input_channel=KlaraChannel.name(),
        metadata=metadata,
    )


def typed_replies(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The replies that Rasa collected.

    Raises:
        TurnError: If there is none (Rasa swallows an action's error), or one without ``kind``.
    """
    replies = [message.get("custom") for message in messages]
    if not replies:
        raise TurnError("no reply")
    if not all(isinstance(reply, dict) and reply.get("kind") for reply in replies):
        raise TurnError("a reply without a kind")
    return [reply for reply in replies if reply is not None]
