"""The way to Rasa: one turn over loopback, with a time limit, a shared secret and a circuit breaker.

A late answer, an error and an empty answer are all the same: Rasa did not handle the message.
"""

import time
from dataclasses import dataclass
from typing import Any

import httpx

from connectors.types import Kind

_KINDS = frozenset(kind.value for kind in Kind)
_FAILURES_TO_OPEN = 3
_OPEN_SECONDS = 10.0


class RasaFailed(Exception):
    """Rasa gave no usable answer; the text says why, without the citizen's words."""


@dataclass(frozen=True, slots=True)
class TurnRequest:
    """What Rasa is told of a turn. All of it was masked before."""

    conversation_id: str
    seq: int
    text: str
    language: str
    masked: list[str]


class RasaClient:
    """Sends turns to Klara's own channel in Rasa."""

    def __init__(self, url: str, secret: str, timeout: float) -> None:
        self._client = httpx.AsyncClient(
            base_url=url, headers={"X-Klara-Secret": secret}, timeout=timeout, trust_env=False
        )
        self._failures = 0
        self._open_until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the breaker keeps turns away from Rasa at the moment."""
        return time.monotonic() < self._open_until

    async def turn(self, request: TurnRequest) -> list[dict[str, Any]]:
        """The typed replies to one message; never empty.

        Raises:
            RasaFailed: If Rasa is down, late, answers an error, nothing, or something else than replies.
        """
        if self.is_open:
            raise RasaFailed("breaker open")
        try:
            response = await self._client.post(
                "/webhooks/klara/turn",
                json={
                    "conversation_id": request.conversation_id,
                    "seq": request.seq,
                    # "/intent" would be taken as a command by Rasa.
                    "text": request.text.lstrip("/ ") or "?",
                    "language": request.language,
                    "masked": request.masked,
                },
            )
            replies = response.json()["replies"] if response.status_code == 200 else None
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise self._failed(type(error).__name__) from error
        if not replies or not _are_replies(replies):
            raise self._failed(f"status {response.status_code}")
        self._failures = 0
        return list(replies)

    def _failed(self, reason: str) -> RasaFailed:
        self._failures += 1
        if self._failures >= _FAILURES_TO_OPEN:
            self._open_until = time.monotonic() + _OPEN_SECONDS
            self._failures = _FAILURES_TO_OPEN - 1  # after the pause one failure opens it again
        return RasaFailed(reason)

    async def is_healthy(self) -> bool:
        """Whether Klara's channel answers; does not count for the breaker."""
        try:
            response = await self._client.get("/webhooks/klara/health", timeout=2.0)
        except httpx.HTTPError:
            return False
        return response.status_code == 200

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _are_replies(value: Any) -> bool:
    typed = isinstance(value, list)
    return typed and all(isinstance(reply, dict) and str(reply.get("kind")) in _KINDS for reply in value)
