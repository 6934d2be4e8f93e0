"""A citizen who talks with Klara through the public API; used by the evaluation and the benchmarks."""

import asyncio
import time
import uuid
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

_PATIENCE = 30.0  # seconds for one reply; later counts as none
_ATTEMPTS = 6


@dataclass(frozen=True, slots=True)
class Turn:
    """What came back for one message.

    ``milliseconds`` runs from sending to having the replies. ``fault`` says why there are none.
    """

    replies: tuple[dict[str, Any], ...] = ()
    state: str = ""
    milliseconds: float = 0.0
    seq: int = 0
    fault: str | None = None


@dataclass(slots=True)
class Conversation:
    """One conversation of one citizen."""

    id: str
    token: str
    state: str = "assistant"
    turns: list[Turn] = field(default_factory=list)


class Citizen:
    """Opens conversations and sends messages. Waits where it is told to (429), and asks again where it was 202."""

    def __init__(self, base_url: str, *, connections: int = 40) -> None:
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        self._http = httpx.AsyncClient(
            base_url=base_url.rstrip("/"), timeout=_PATIENCE + 5, limits=limits, trust_env=False
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def open(self) -> Conversation:
        """A new conversation, in no particular language: what is written must be enough.

        Raises:
            httpx.HTTPError: If the service does not give one.
        """
        response = await self._post("/api/v1/conversations", {})
        response.raise_for_status()
        body = response.json()
        return Conversation(body["conversation_id"], body["token"], body["state"])

    async def say(self, conversation: Conversation, text: str) -> Turn:
        """Send a message and wait for the replies; never raises: a failure is a turn with a fault."""
        started = time.perf_counter()
        address = f"/api/v1/conversations/{conversation.id}/messages"
        try:
            body = {"client_id": uuid.uuid4().hex, "text": text}
            response = await self._post(f"{address}?wait=20", body, conversation.token)
            if response.status_code not in (200, 202):
                turn = Turn(fault=f"status {response.status_code}", milliseconds=_since(started))
            else:
                answer = response.json()
                replies = answer["messages"]
                if response.status_code == 202:
                    answer, replies = await self._fetch(conversation, answer["seq"], answer, started)
                turn = Turn(
                    tuple(replies), answer["state"], _since(started), int(answer.get("seq", 0)),
                    None if replies else "no reply",
                )  # fmt: skip
        except (httpx.HTTPError, ValueError, KeyError) as error:
            turn = Turn(fault=type(error).__name__, milliseconds=_since(started))
        conversation.state = turn.state or conversation.state
        conversation.turns.append(turn)
        return turn

    async def history(self, conversation: Conversation) -> list[dict[str, Any]]:
        """All messages as the service stores them, the citizen's own too."""
        headers = {"Authorization": f"Bearer {conversation.token}"}
        response = await self._http.get(
            f"/api/v1/conversations/{conversation.id}/messages?after=0", headers=headers
        )  # fmt: skip
        return list(response.json()["messages"]) if response.status_code == 200 else []

    async def _fetch(
        self, conversation: Conversation, seq: int, answer: dict[str, Any], started: float
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        while time.perf_counter() - started < _PATIENCE:
            await asyncio.sleep(0.25)
            replies = [m for m in await self.history(conversation) if m.get("turn") == seq and m["seq"] > seq]
            if replies:
                return answer, replies
        return answer, []

    async def _post(self, address: str, body: dict[str, Any], token: str = "") -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        for attempt in range(_ATTEMPTS):
            response = await self._http.post(address, json=body, headers=headers)
            if response.status_code != 429 or attempt == _ATTEMPTS - 1:
                break
            await asyncio.sleep(min(float(response.headers.get("Retry-After") or 1), 15.0))
        return response


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
