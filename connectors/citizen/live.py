"""Live messages for a citizen's page: a WebSocket, and server-sent events where that is blocked.

Both send what the record holds after the last ``seq`` that was sent, so nothing is missed or doubled.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import structlog
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from connectors.citizen.schemas import messages_out
from connectors.errors import ConversationNotFound
from connectors.live import DESK, conversation_channel
from connectors.services import Services, services_of
from connectors.types import State

log = structlog.get_logger(__name__)

router = APIRouter()

PING_SECONDS = 25.0
_HELLO_SECONDS = 10.0
_NOT_ACCEPTED = 4401
_MALFORMED = 4400


def origin_is_allowed(socket: WebSocket, services: Services) -> bool:
    """A browser must come from the service's own pages or an allowed site; other clients send no Origin."""
    origin = socket.headers.get("origin")
    if origin is None:
        return True
    return urlsplit(origin).netloc == socket.headers.get("host") or origin in services.settings.allowed_origins


async def read_frame(socket: WebSocket) -> dict[str, Any] | None:
    """The next frame; None if it is binary or no JSON object.

    Raises:
        WebSocketDisconnect: If the other side has gone.
    """
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    with contextlib.suppress(ValueError, RecursionError):
        frame = json.loads(message.get("text") or "")
        if isinstance(frame, dict):
            return frame
    return None


async def read_hello(socket: WebSocket) -> dict[str, Any] | None:
    """The first frame, which carries the token; None if it is late or malformed."""
    with contextlib.suppress(TimeoutError):
        hello = await asyncio.wait_for(read_frame(socket), _HELLO_SECONDS)
        if hello and hello.get("type") == "hello" and isinstance(hello.get("token"), str):
            return hello
    return None


class _Feed:
    """What is new in a conversation since the last frame."""

    def __init__(self, services: Services, conversation_id: str, after: int) -> None:
        self._services = services
        self._conversation_id = conversation_id
        self._after = after
        self._last: tuple[str, Any] | None = None

    async def next(self) -> dict[str, Any] | None:
        """A frame with new messages or a new state; None if nothing is new."""
        conversation = await self._services.conversations.get(self._conversation_id)
        messages = await self._services.conversations.messages_after(self._conversation_id, self._after)
        waiting = await self._services.handovers.waiting(conversation)
        now = (conversation.state, waiting)
        if not messages and now == self._last:
            return None
        self._last = now
        if messages:
            self._after = messages[-1].seq
        frame: dict[str, Any] = {
            "type": "messages",
            "state": conversation.state,
            "messages": [m.model_dump(mode="json") for m in messages_out(messages)],
        }
        if waiting:
            frame["waiting"] = waiting
        return frame


async def frames(services: Services, conversation_id: str, after: int) -> AsyncIterator[dict[str, Any]]:
    """Frames for one listener until it goes away or the conversation is erased."""
    feed = _Feed(services, conversation_id, after)
    # A change in the queue moves everybody's place, so those who wait listen to the desk's news too.
    channels = (conversation_channel(conversation_id), DESK)
    with services.hub.subscribe(*channels) as news, contextlib.suppress(ConversationNotFound):
        first = await feed.next()
        if first:
            yield first
        while True:
            try:
                notice = await asyncio.wait_for(news.get(), PING_SECONDS)
            except TimeoutError:
                yield {"type": "ping"}
                notice = {"type": "messages"}  # a notice may have been lost with Redis: look anyway
            if notice["type"] == "typing":
                if notice.get("speaker") == "employee":
                    yield {"type": "typing"}
                continue
            frame = await feed.next()
            if frame:
                yield frame


@router.websocket("/api/v1/conversations/{conversation_id}/live")
async def live(socket: WebSocket, conversation_id: str) -> None:
    """Messages as they come; the token is in the first frame, never in the address."""
    services = services_of(socket)
    if not origin_is_allowed(socket, services):
        await socket.close(1008)
        return
    await socket.accept()
    hello = await _hello_or_close(socket)
    if hello is None:
        return
    try:
        await services.conversations.authenticate(conversation_id, hello["token"])
    except ConversationNotFound:
        await socket.close(_NOT_ACCEPTED)
        return
    after = hello.get("after")
    sender = asyncio.create_task(
        _send(socket, services, conversation_id, after if isinstance(after, int) and after >= 0 else 0)
    )
    try:
        await _receive(socket, services, conversation_id)
    finally:
        sender.cancel()
        with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
            await sender


async def _hello_or_close(socket: WebSocket) -> dict[str, Any] | None:
    try:
        hello = await read_hello(socket)
    except WebSocketDisconnect:
        return None
    if hello is None:
        await socket.close(_MALFORMED)
    return hello


async def _send(socket: WebSocket, services: Services, conversation_id: str, after: int) -> None:
    async for frame in frames(services, conversation_id, after):
        await socket.send_text(json.dumps(frame))
    await socket.close(_NOT_ACCEPTED)  # erased


async def _receive(socket: WebSocket, services: Services, conversation_id: str) -> None:
    """Typing is passed to the desk, never the text; anything else keeps the socket open."""
    with contextlib.suppress(WebSocketDisconnect, ConversationNotFound):
        while True:
            frame = await read_frame(socket)
            if frame and frame.get("type") == "typing":
                conversation = await services.conversations.get(conversation_id)
                if conversation.state is State.EMPLOYEE:
                    news = {"type": "typing", "speaker": "citizen", "conversation_id": conversation_id}
                    await services.hub.publish(DESK, news)


async def event_stream(services: Services, conversation_id: str, after: int) -> AsyncIterator[str]:
    """The same frames as server-sent events."""
    async for frame in frames(services, conversation_id, after):
        yield f"data: {json.dumps(frame)}\n\n"
