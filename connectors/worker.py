"""Works off accepted messages: in order within a conversation, side by side across conversations."""

import asyncio
import contextlib
import os
import secrets
import socket
from collections import defaultdict
from typing import Protocol

import structlog

from connectors import metrics
from connectors.live import DESK, Hub, conversation_channel
from connectors.record.conversations import ConversationStore, Task
from connectors.types import Message, Outcome

log = structlog.get_logger(__name__)

_POLL_SECONDS = 1.0
_AT_ONCE = 16
_BACKOFF_SECONDS = (0.2, 1.0, 5.0, 15.0)


class TurnHandler(Protocol):
    """What turns a citizen's message into an outcome."""

    async def handle(self, conversation_id: str, seq: int) -> Outcome:
        """The outcome of message ``seq``; may raise."""

    async def give_up(self, conversation_id: str, seq: int) -> Outcome:
        """The outcome of a message that failed every time: a person."""


class TurnWorker:
    """Takes messages from the outbox and stores one outcome for each."""

    def __init__(
        self, conversations: ConversationStore, handler: TurnHandler, hub: Hub, *, lease: float, max_attempts: int
    ) -> None:
        self._conversations = conversations
        self._handler = handler
        self._hub = hub
        self._lease = lease
        self._max_attempts = max_attempts
        self._name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._running: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._waiters: dict[tuple[str, int], set[asyncio.Event]] = defaultdict(set)
        self._poller: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to work, first on what an earlier process left."""
        self._poller = asyncio.create_task(self._poll(), name="turn-poller")

    async def stop(self, timeout: float = 8.0) -> None:
        """Finish what is under way, at most ``timeout`` seconds; the rest stays in the outbox."""
        if self._poller:
            self._poller.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._poller
        if self._running:
            await asyncio.wait(self._running.values(), timeout=timeout)
        for task in self._running.values():
            task.cancel()

    def wake(self, conversation_id: str) -> None:
        """There is a new message in this conversation."""
        if conversation_id in self._running:
            self._again.add(conversation_id)
            return
        task = asyncio.create_task(self._work(conversation_id), name=f"turns-{conversation_id}")
        self._running[conversation_id] = task
        task.add_done_callback(lambda _: self._done(conversation_id))

    async def wait_for(self, conversation_id: str, seq: int, timeout: float) -> list[Message] | None:
        """The replies to message ``seq``; None if they are not there within ``timeout`` seconds."""
        done = asyncio.Event()
        key = (conversation_id, seq)
        self._waiters[key].add(done)
        try:
            deadline = asyncio.get_running_loop().time() + timeout
            while True:
                replies = await self._conversations.turn(conversation_id, seq)
                left = deadline - asyncio.get_running_loop().time()
                if replies is not None or left <= 0:
                    return replies
                # Another process may do the work and only the record knows: look again now and then.
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(done.wait(), min(left, 0.5))
        finally:
            self._waiters[key].discard(done)
            if not self._waiters[key]:
                del self._waiters[key]

    def _done(self, conversation_id: str) -> None:
        self._running.pop(conversation_id, None)
        if conversation_id in self._again:
            self._again.discard(conversation_id)
            self.wake(conversation_id)

    async def _poll(self) -> None:
        while True:
            try:
                for conversation_id in await self._conversations.waiting_conversations():
                    if conversation_id not in self._running:
                        self.wake(conversation_id)
                metrics.BACKLOG.set(await self._conversations.backlog())
            except Exception as error:  # noqa: BLE001 - the loop must outlive any fault
                log.error("poll_failed", error=type(error).__name__)
            await asyncio.sleep(_POLL_SECONDS)

    async def _work(self, conversation_id: str) -> None:
        async with self._slots:
            try:
                while await self._one(conversation_id):
                    pass
            except Exception as error:  # noqa: BLE001 - the outbox keeps the message
                log.error("turn_work_failed", conversation=conversation_id, error=type(error).__name__)

    async def _one(self, conversation_id: str) -> bool:
        task = await self._conversations.take(conversation_id, self._name, self._lease)
        if task is None:
            return False
        outcome = await self._outcome(conversation_id, task)
        if outcome is None:
            return False
        replies = await self._conversations.finish(conversation_id, task, self._name, outcome)
        if replies is None:
            log.warning("turn_was_another_workers", conversation=conversation_id, seq=task.seq)
            return True
        metrics.TURNS.labels(outcome=outcome.name).inc()
        for waiter in self._waiters.get((conversation_id, task.seq), ()):
            waiter.set()
        await self._hub.publish(conversation_channel(conversation_id), {"type": "messages"})
        if outcome.name == "delivered":
            await self._hub.publish(DESK, {"type": "messages", "conversation_id": conversation_id})
        return True

    async def _outcome(self, conversation_id: str, task: Task) -> Outcome | None:
        try:
            return await self._handler.handle(conversation_id, task.seq)
        except Exception as error:
            log.error(
                "turn_failed",
                conversation=conversation_id,
                seq=task.seq,
                attempt=task.attempts,
                error=type(error).__name__,
                exc_info=error,
            )
            if task.attempts >= self._max_attempts:
                return await self._handler.give_up(conversation_id, task.seq)
            pause = _BACKOFF_SECONDS[min(task.attempts, len(_BACKOFF_SECONDS)) - 1]
            await self._conversations.postpone(conversation_id, task, self._name, pause)
            return None
