"""Live push: tells every open socket, in every process, that something happened.

What travels here is only the news that there is something to fetch. The content is read from the
record by ``seq``, so a lost or doubled notice can neither lose nor double a message.
"""

import asyncio
import contextlib
import json
import secrets
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

DESK = "desk"
_CHANNEL = "klara:live"
_RETRY_SECONDS = 1.0


def conversation_channel(conversation_id: str) -> str:
    """Where news of one conversation travels."""
    return f"conversation:{conversation_id}"


class Hub:
    """Subscribers of this process, and the way to those of the others.

    News reaches this process's own subscribers directly, also while Redis is down; those of other
    processes get it through Redis, or, after an outage, with the next thing that happens.
    """

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._origin = secrets.token_hex(8)
        self._subscribers: dict[str, set[asyncio.Queue[dict[str, Any]]]] = defaultdict(set)
        self._listener: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to listen to the other processes."""
        self._listener = asyncio.create_task(self._listen(), name="live-listener")

    async def stop(self) -> None:
        """Stop listening."""
        if self._listener:
            self._listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listener

    @contextmanager
    def subscribe(self, *channels: str) -> Iterator[asyncio.Queue[dict[str, Any]]]:
        """A queue of the news on these channels, as long as the block lasts.

        The queue is bounded: a subscriber that does not keep up misses notices and must fetch.
        """
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(maxsize=100)
        for channel in channels:
            self._subscribers[channel].add(queue)
        try:
            yield queue
        finally:
            for channel in channels:
                self._subscribers[channel].discard(queue)
                if not self._subscribers[channel]:
                    del self._subscribers[channel]

    async def publish(self, channel: str, news: dict[str, Any]) -> None:
        """Tell everyone who listens on ``channel``."""
        self._deliver(channel, news)
        packed = json.dumps({"origin": self._origin, "channel": channel, "news": news})
        try:
            await self._redis.publish(_CHANNEL, packed)
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("live_publish_failed", error=type(error).__name__)

    def _deliver(self, channel: str, news: dict[str, Any]) -> None:
        for queue in self._subscribers.get(channel, ()):
            with contextlib.suppress(asyncio.QueueFull):
                queue.put_nowait(news)

    async def _listen(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as pubsub:
                    await pubsub.subscribe(_CHANNEL)
                    while True:
                        packed = await pubsub.get_message(ignore_subscribe_messages=True, timeout=None)
                        if packed:
                            self._receive(packed["data"])
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("live_listener_lost_redis", error=type(error).__name__)
                await asyncio.sleep(_RETRY_SECONDS)

    def _receive(self, data: bytes | str) -> None:
        try:
            packed = json.loads(data)
            if packed["origin"] != self._origin:
                self._deliver(packed["channel"], packed["news"])
        except (ValueError, KeyError, TypeError):
            log.warning("live_notice_malformed")
