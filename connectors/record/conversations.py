"""Conversations and their messages: accepting, ordering, answering once."""

import hashlib
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, and_, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.errors import ConversationClosed, ConversationNotFound
from connectors.record.database import Database
from connectors.record.tables import conversations, messages, outbox
from connectors.types import Context, Conversation, Kind, Language, Message, Outcome, Reply, Speaker, State

_CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that is mistaken for another


@dataclass(frozen=True, slots=True)
class Opened:
    """A new conversation with its secrets, which are shown once and stored as hashes only."""

    conversation: Conversation
    token: str
    resume_code: str
    messages: list[Message]


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that is stored. ``is_new`` is False when its ``client_id`` had been stored before."""

    seq: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class Task:
    """A stored citizen message whose outcome is still to come."""

    outbox_id: int
    seq: int
    attempts: int


class ConversationStore:
    """The messages of each conversation, in strict order. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self, *, language: Language, channel: str, audience: str, greeting: Reply) -> Opened:
        """Start a conversation with the assistant's greeting as its first message."""
        conversation_id = secrets.token_hex(12)
        token = secrets.token_urlsafe(32)
        resume_code = _code(4) + "-" + _code(4)
        now = datetime.now(UTC)
        async with self._database.write() as connection:
            await connection.execute(
                insert(conversations).values(
                    id=conversation_id,
                    token_hash=_hash(token),
                    resume_hash=_hash(resume_code),
                    created_at=now,
                    updated_at=now,
                    language=language,
                    channel=channel,
                    audience=audience,
                    state=State.ASSISTANT,
                    last_seq=0,
                    context=Context().to_json(),
                    worker=None,
                    worker_until=0.0,
                )
            )
            first = await append(connection, conversation_id, greeting)
            conversation = await _get(connection, conversation_id)
        return Opened(conversation, token, resume_code, [first])

    async def get(self, conversation_id: str) -> Conversation:
        """The head of a conversation.

        Raises:
            ConversationNotFound: If there is none with this id.
        """
        async with self._database.read() as connection:
            return await _get(connection, conversation_id)

    async def authenticate(self, conversation_id: str, token: str) -> Conversation:
        """The conversation that this token opens.

        Raises:
            ConversationNotFound: If there is none, or the token is another's: the two look alike.
        """
        async with self._database.read() as connection:
            row = (
                await connection.execute(select(conversations).where(conversations.c.id == conversation_id))
            ).one_or_none()
        stored = row.token_hash if row else _hash("")
        if not secrets.compare_digest(stored, _hash(token)) or row is None:
            raise ConversationNotFound
        return _conversation(row)

    async def resume(self, resume_code: str) -> tuple[Conversation, str]:
        """Give the holder of a resume code a new token; the earlier one no longer opens the conversation.

        Raises:
            ConversationNotFound: If the code is not known.
        """
        letters = resume_code.replace("-", "").upper()
        token = secrets.token_urlsafe(32)
        async with self._database.write() as connection:
            row = (
                await connection.execute(
                    update(conversations)
                    .where(conversations.c.resume_hash == _hash(f"{letters[:4]}-{letters[4:]}"))
                    .values(token_hash=_hash(token))
                    .returning(conversations.c.id)
                )
            ).one_or_none()
            if row is None:
                raise ConversationNotFound
            conversation = await _get(connection, row.id)
        return conversation, token

    async def accept(
        self, conversation_id: str, *, client_id: str, text: str, language: str, details: dict[str, Any] | None
    ) -> Accepted:
        """Store a citizen's message and the duty to answer it, in one transaction.

        The same ``client_id`` again gives the same ``seq`` and stores nothing.

        Raises:
            ConversationNotFound: If there is no such conversation.
            ConversationClosed: If it has ended.
        """
        async with self._database.write() as connection:
            known = await connection.scalar(
                select(messages.c.seq).where(
                    messages.c.conversation_id == conversation_id, messages.c.client_id == client_id
                )
            )
            if known is not None:
                return Accepted(known, is_new=False)
            conversation = await _get(connection, conversation_id)
            if conversation.state is State.CLOSED:
                raise ConversationClosed
            reply = Reply(Kind.TEXT, text, language, Speaker.CITIZEN, details=details)
            stored = await append(connection, conversation_id, reply, client_id=client_id)
            await connection.execute(
                insert(outbox).values(
                    conversation_id=conversation_id,
                    seq=stored.seq,
                    created_at=stored.at,
                    attempts=0,
                    available_at=0.0,
                    outcome=None,
                )
            )
        return Accepted(stored.seq, is_new=True)

    async def say(
        self, conversation_id: str, reply: Reply, *, client_id: str | None = None, turn: int | None = None
    ) -> Message:
        """Add a message that needs no answer: an employee's, or the system's. Once per ``client_id``.

        Raises:
            ConversationNotFound: If there is no such conversation.
        """
        async with self._database.write() as connection:
            if client_id is not None:
                row = (
                    await connection.execute(
                        select(messages).where(
                            messages.c.conversation_id == conversation_id, messages.c.client_id == client_id
                        )
                    )
                ).one_or_none()
                if row:
                    return _message(row)
            return await append(connection, conversation_id, reply, client_id=client_id, turn=turn)

    async def messages_after(self, conversation_id: str, after: int) -> list[Message]:
        """Messages with a ``seq`` above ``after``, in order."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(messages)
                .where(messages.c.conversation_id == conversation_id, messages.c.seq > after)
                .order_by(messages.c.seq)
            )
            return [_message(row) for row in rows]

    async def turn(self, conversation_id: str, seq: int) -> list[Message] | None:
        """What answered the citizen's message ``seq``; None while it is still being worked on."""
        async with self._database.read() as connection:
            outcome = await connection.scalar(
                select(outbox.c.outcome).where(outbox.c.conversation_id == conversation_id, outbox.c.seq == seq)
            )
            if outcome is None:
                return None
            rows = await connection.execute(
                select(messages)
                .where(messages.c.conversation_id == conversation_id, messages.c.turn == seq)
                .order_by(messages.c.seq)
            )
            return [_message(row) for row in rows]

    # The worker's side ------------------------------------------------------------------------

    async def waiting_conversations(self, limit: int = 100) -> list[str]:
        """Conversations with a message to work on now, longest waiting first."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(outbox.c.conversation_id)
                .join(conversations, conversations.c.id == outbox.c.conversation_id)
                .where(
                    outbox.c.outcome.is_(None),
                    outbox.c.available_at <= time.time(),
                    conversations.c.worker_until < time.time(),
                )
                .group_by(outbox.c.conversation_id)
                .order_by(func.min(outbox.c.id))
                .limit(limit)
            )
            return [row[0] for row in rows]

    async def take(self, conversation_id: str, worker: str, lease: float) -> Task | None:
        """Take the conversation for this worker and give its first unanswered message.

        Args:
            conversation_id: Which conversation.
            worker: Name of this worker; another's live lease makes this return None.
            lease: Seconds until another worker may take over.
        """
        now = time.time()
        async with self._database.write() as connection:
            first = (
                await connection.execute(
                    select(outbox)
                    .where(outbox.c.conversation_id == conversation_id, outbox.c.outcome.is_(None))
                    .order_by(outbox.c.id)
                    .limit(1)
                )
            ).one_or_none()
            if first is None or first.available_at > now:
                return None
            taken = await connection.execute(
                update(conversations)
                .where(
                    conversations.c.id == conversation_id,
                    or_(conversations.c.worker == worker, conversations.c.worker_until < now),
                )
                .values(worker=worker, worker_until=now + lease)
            )
            if taken.rowcount == 0:
                return None
            await connection.execute(update(outbox).where(outbox.c.id == first.id).values(attempts=first.attempts + 1))
        return Task(first.id, first.seq, first.attempts + 1)

    async def finish(self, conversation_id: str, task: Task, worker: str, outcome: Outcome) -> list[Message] | None:
        """Store the outcome of a turn, exactly once, and let the conversation go.

        Returns:
            The stored replies; None if the turn had its outcome already, or the lease was lost to
            another worker, in which case nothing is stored.
        """
        async with self._database.write() as connection:
            done = await connection.execute(
                update(outbox)
                .where(outbox.c.id == task.outbox_id, outbox.c.outcome.is_(None))
                .values(outcome=outcome.name)
            )
            owner = await connection.scalar(select(conversations.c.worker).where(conversations.c.id == conversation_id))
            if done.rowcount == 0 or owner != worker:
                await connection.rollback()
                return None
            stored = [await append(connection, conversation_id, reply, turn=task.seq) for reply in outcome.replies]
            values: dict[str, Any] = {"context": outcome.context.to_json(), "worker_until": 0.0}
            if outcome.language:
                values["language"] = outcome.language
            await connection.execute(
                update(conversations).where(conversations.c.id == conversation_id).values(**values)
            )
        return stored

    async def postpone(self, conversation_id: str, task: Task, worker: str, seconds: float) -> None:
        """Give a failed turn back, to be tried again after ``seconds``."""
        async with self._database.write() as connection:
            await connection.execute(
                update(outbox).where(outbox.c.id == task.outbox_id).values(available_at=time.time() + seconds)
            )
            await connection.execute(
                update(conversations)
                .where(and_(conversations.c.id == conversation_id, conversations.c.worker == worker))
                .values(worker_until=0.0)
            )

    async def backlog(self) -> int:
        """Accepted messages that have no outcome yet."""
        async with self._database.read() as connection:
            count = await connection.scalar(select(func.count()).select_from(outbox).where(outbox.c.outcome.is_(None)))
        return int(count or 0)

    async def set_state(self, conversation_id: str, state: State, context: Context | None = None) -> None:
        """Say who the conversation is with now."""
        async with self._database.write() as connection:
            await set_state(connection, conversation_id, state, context)

    async def erase(self, conversation_id: str) -> None:
        """Delete the conversation and everything that belongs to it."""
        async with self._database.write() as connection:
            await connection.execute(delete(conversations).where(conversations.c.id == conversation_id))


async def append(
    connection: AsyncConnection,
    conversation_id: str,
    reply: Reply,
    *,
    client_id: str | None = None,
    turn: int | None = None,
) -> Message:
    """Give a message the next ``seq`` of its conversation and store it, within the caller's transaction."""
    now = datetime.now(UTC)
    seq = await connection.scalar(
        update(conversations)
        .where(conversations.c.id == conversation_id)
        .values(last_seq=conversations.c.last_seq + 1, updated_at=now)
        .returning(conversations.c.last_seq)
    )
    if seq is None:
        raise ConversationNotFound
    message = Message(
        conversation_id=conversation_id,
        seq=seq,
        at=now,
        speaker=reply.speaker,
        kind=reply.kind,
        text=reply.text,
        language=reply.language,
        client_id=client_id,
        turn=turn,
        speaker_name=reply.speaker_name,
        sources=reply.sources,
        options=reply.options,
        provenance=reply.provenance,
        confidence=reply.confidence,
        details=reply.details,
    )
    await connection.execute(insert(messages).values({name: getattr(message, name) for name in Message.__slots__}))
    return message


async def set_state(
    connection: AsyncConnection, conversation_id: str, state: State, context: Context | None = None
) -> None:
    """Within the caller's transaction."""
    values: dict[str, Any] = {"state": state, "updated_at": datetime.now(UTC)}
    if context is not None:
        values["context"] = context.to_json()
    await connection.execute(update(conversations).where(conversations.c.id == conversation_id).values(**values))


async def _get(connection: AsyncConnection, conversation_id: str) -> Conversation:
    row = (await connection.execute(select(conversations).where(conversations.c.id == conversation_id))).one_or_none()
    if row is None:
        raise ConversationNotFound
    return _conversation(row)


def _conversation(row: Row[Any]) -> Conversation:
    return Conversation(
        id=row.id,
        state=State(row.state),
        language=row.language,
        channel=row.channel,
        audience=row.audience,
        created_at=row.created_at,
        updated_at=row.updated_at,
        last_seq=row.last_seq,
        context=Context.from_json(row.context),
    )


def _message(row: Row[Any]) -> Message:
    values = {name: getattr(row, name) for name in Message.__slots__}
    return Message(**{**values, "speaker": Speaker(row.speaker), "kind": Kind(row.kind)})


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _code(length: int) -> str:
    return "".join(secrets.choice(_CODE_LETTERS) for _ in range(length))
