"""Handovers: waiting, claimed by exactly one employee, kept by a lease, closed with an outcome."""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.errors import HandoverAlreadyClaimed, HandoverNotFound, WrongState
from connectors.record.conversations import append, set_state
from connectors.record.database import Database
from connectors.record.employees import Employee
from connectors.record.tables import conversations, employees, handovers, notes
from connectors.types import Reason, Reply, State, Urgency

_RECEIPT_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"

WAITING, ACTIVE, CALLBACK, CLOSED = "waiting", "active", "callback", "closed"


@dataclass(frozen=True, slots=True)
class Handover:
    """A wish for a person, from the moment it was made until it was settled."""

    id: str
    receipt: str
    conversation_id: str
    created_at: datetime
    state: str
    reason: Reason
    urgency: Urgency
    team: str
    language: str
    packet: dict[str, Any]
    contact: dict[str, Any] | None
    promised_by: datetime | None
    employee_id: str | None
    employee_name: str | None
    claimed_at: datetime | None
    closed_at: datetime | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Note:
    """An employee's internal note; never shown to the citizen, never changed."""

    employee_name: str
    at: datetime
    text: str


def new_receipt(prefix: str, year: int) -> str:
    """A number a citizen can read aloud: KK-2026-7F3KQ."""
    return f"{prefix}-{year}-" + "".join(secrets.choice(_RECEIPT_LETTERS) for _ in range(6))


class HandoverStore:
    """Every change is one transaction together with the conversation's state and what is said in it."""

    def __init__(self, database: Database, *, lease: float) -> None:
        self._database = database
        self._lease = lease

    async def open(
        self,
        handover: Handover,
        *,
        conversation_state: State,
        say: Reply,
        turn: int | None = None,
    ) -> Handover:
        """Store a new handover, move its conversation, and say so in it.

        If the conversation already has one that is open, that one is returned and nothing changes.
        """
        async with self._database.write() as connection:
            existing = await self._one(
                connection,
                handovers.c.conversation_id == handover.conversation_id,
                handovers.c.state.in_((WAITING, ACTIVE)),
            )
            if existing and handover.state != CALLBACK:
                return existing
            if existing:  # a callback instead of waiting: the request goes on under its receipt
                await connection.execute(
                    update(handovers)
                    .where(handovers.c.id == existing.id)
                    .values(
                        state=CALLBACK,
                        contact=handover.contact,
                        promised_by=handover.promised_by,
                        packet={**handover.packet, "receipt": existing.receipt, "handover_id": existing.id},
                    )
                )
                handover = replace(handover, id=existing.id, receipt=existing.receipt)
            else:
                await connection.execute(
                    insert(handovers).values(**{name: getattr(handover, name) for name in _STORED}, lease_until=0.0)
                )
            await set_state(connection, handover.conversation_id, conversation_state)
            await append(connection, handover.conversation_id, say, turn=turn)
        return handover

    async def get(self, handover_id: str) -> Handover:
        """One handover.

        Raises:
            HandoverNotFound: If there is none with this id.
        """
        async with self._database.read() as connection:
            found = await self._one(connection, handovers.c.id == handover_id)
        if found is None:
            raise HandoverNotFound
        return found

    async def of_conversation(self, conversation_id: str) -> Handover | None:
        """The newest handover of a conversation, if it has one."""
        async with self._database.read() as connection:
            return await self._one(connection, handovers.c.conversation_id == conversation_id)

    async def in_state(self, state: str, *, teams: Sequence[str] | None, limit: int = 200) -> list[Handover]:
        """Handovers in one state, most urgent and longest waiting first; closed ones newest first.

        Args:
            state: waiting, active, callback or closed.
            teams: Only these teams' handovers; None for all.
            limit: At most so many.
        """
        conditions = [handovers.c.state == state]
        if teams is not None:
            conditions.append(handovers.c.team.in_(teams))
        order = (
            (handovers.c.closed_at.desc(),)
            if state == CLOSED
            else ((handovers.c.urgency == Urgency.HIGH).desc(), handovers.c.created_at)
        )
        async with self._database.read() as connection:
            rows = await connection.execute(_SELECT.where(and_(*conditions)).order_by(*order).limit(limit))
            return [_handover(row) for row in rows]

    async def place_in_queue(self, handover: Handover) -> int:
        """How many of the same team come first, plus one."""
        is_high = handovers.c.urgency == Urgency.HIGH
        earlier = handovers.c.created_at < handover.created_at
        before = and_(is_high, earlier) if handover.urgency is Urgency.HIGH else or_(is_high, earlier)
        ahead = and_(
            handovers.c.state == WAITING,
            handovers.c.team == handover.team,
            handovers.c.id != handover.id,
            before,
        )
        async with self._database.read() as connection:
            count = await connection.scalar(select(func.count()).select_from(handovers).where(ahead))
        return int(count or 0) + 1

    async def claim(self, handover_id: str, employee: Employee, say: Reply) -> Handover:
        """Give a waiting conversation to one employee; of many at once exactly one succeeds.

        The condition is in the UPDATE itself, so that nobody can act between a look and the write.

        Raises:
            HandoverNotFound: If there is no such handover.
            HandoverAlreadyClaimed: If an employee, this one included, already has it.
            WrongState: If it is closed.
        """
        now = datetime.now(UTC)
        async with self._database.write() as connection:
            won = await connection.execute(
                update(handovers)
                .where(handovers.c.id == handover_id, handovers.c.state.in_((WAITING, CALLBACK)))
                .where(handovers.c.employee_id.is_(None))
                .values(
                    state=ACTIVE,
                    employee_id=employee.id,
                    claimed_at=now,
                    lease_until=time.time() + self._lease,
                )
            )
            handover = await self._one(connection, handovers.c.id == handover_id)
            if handover is None:
                raise HandoverNotFound
            if won.rowcount == 0:
                if handover.state == ACTIVE:
                    raise HandoverAlreadyClaimed(handover.employee_name or "En kollega")
                raise WrongState(f"Henvendelsen er {handover.state} og kan ikke tages.")
            await set_state(connection, handover.conversation_id, State.EMPLOYEE)
            await append(connection, handover.conversation_id, say)
        return handover

    async def transfer(self, handover_id: str, employee: Employee, *, team: str, note: str, say: Reply) -> Handover:
        """Put a conversation the employee holds back in a team's queue, with a note for whoever takes it."""
        queued = {"state": WAITING, "team": team, "employee_id": None, "claimed_at": None}
        return await self._let_go(handover_id, employee, queued, State.WAITING, say, note)

    async def pass_to(
        self, handover_id: str, employee: Employee, *, colleague: Employee, note: str, say: Reply
    ) -> Handover:
        """Give a conversation the employee holds to a colleague, who keeps it if their desk is alive."""
        passed = {
            "employee_id": colleague.id,
            "claimed_at": datetime.now(UTC),
            "lease_until": time.time() + self._lease,
        }
        return await self._let_go(handover_id, employee, passed, State.EMPLOYEE, say, note)

    async def give_back(self, handover_id: str, employee: Employee, say: Reply) -> Handover:
        """Hand the conversation back to the assistant; the handover is settled."""
        closed = {"state": CLOSED, "closed_at": datetime.now(UTC), "outcome": "returned"}
        return await self._let_go(handover_id, employee, closed, State.ASSISTANT, say, "")

    async def close(self, handover_id: str, employee: Employee, *, outcome: str, note: str, say: Reply) -> Handover:
        """End the conversation with an outcome."""
        closed = {"state": CLOSED, "closed_at": datetime.now(UTC), "outcome": outcome}
        return await self._let_go(handover_id, employee, closed, State.CLOSED, say, note)

    async def _let_go(
        self,
        handover_id: str,
        employee: Employee,
        values: dict[str, Any],
        conversation_state: State,
        say: Reply,
        note: str,
    ) -> Handover:
        async with self._database.write() as connection:
            before = await self._one(connection, handovers.c.id == handover_id)
            if before is None:
                raise HandoverNotFound
            if before.state != ACTIVE or before.employee_id != employee.id:
                raise WrongState("Du har ikke denne henvendelse. Tag den først.")
            await connection.execute(update(handovers).where(handovers.c.id == handover_id).values(**values))
            if note:
                await _add_note(connection, before.conversation_id, employee, note)
            await set_state(connection, before.conversation_id, conversation_state)
            await append(connection, before.conversation_id, say)
            after = await self._one(connection, handovers.c.id == handover_id)
        assert after is not None
        return after

    async def withdraw(self, conversation_id: str, say: Reply, turn: int | None = None) -> bool:
        """The citizen no longer wants to wait; False if nothing was waiting."""
        async with self._database.write() as connection:
            done = await connection.execute(
                update(handovers)
                .where(handovers.c.conversation_id == conversation_id, handovers.c.state == WAITING)
                .values(state=CLOSED, closed_at=datetime.now(UTC), outcome="withdrawn")
            )
            if done.rowcount == 0:
                return False
            await set_state(connection, conversation_id, State.ASSISTANT)
            await append(connection, conversation_id, say, turn=turn)
        return True

    async def renew(self, employee_id: str) -> None:
        """An employee's desk is alive: keep what they hold."""
        async with self._database.write() as connection:
            await connection.execute(
                update(handovers)
                .where(handovers.c.employee_id == employee_id, handovers.c.state == ACTIVE)
                .values(lease_until=time.time() + self._lease)
            )

    async def lapse(self, say: Reply, *, language: str) -> list[Handover]:
        """Put conversations in one language whose employee went silent back in the queue, and tell their citizens."""
        returned = []
        async with self._database.write() as connection:
            rows = await connection.execute(
                _SELECT.where(
                    handovers.c.state == ACTIVE,
                    handovers.c.lease_until < time.time(),
                    handovers.c.language == language,
                )
            )
            for handover in [_handover(row) for row in rows]:
                await connection.execute(
                    update(handovers)
                    .where(handovers.c.id == handover.id)
                    .values(state=WAITING, employee_id=None, claimed_at=None)
                )
                await set_state(connection, handover.conversation_id, State.WAITING)
                await append(connection, handover.conversation_id, say)
                returned.append(handover)
        return returned

    async def add_note(self, conversation_id: str, employee: Employee, text: str) -> None:
        """Add an internal note. Notes are never changed."""
        async with self._database.write() as connection:
            await _add_note(connection, conversation_id, employee, text)

    async def notes(self, conversation_id: str) -> list[Note]:
        """Internal notes of a conversation, oldest first."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(employees.c.name, notes.c.at, notes.c.text)
                .join(employees, employees.c.id == notes.c.employee_id)
                .where(notes.c.conversation_id == conversation_id)
                .order_by(notes.c.id)
            )
            return [Note(row.name, row.at, row.text) for row in rows]

    async def _one(self, connection: AsyncConnection, *conditions: ColumnElement[bool]) -> Handover | None:
        row = (
            await connection.execute(_SELECT.where(and_(*conditions)).order_by(handovers.c.created_at.desc()).limit(1))
        ).one_or_none()
        return _handover(row) if row else None


async def _add_note(connection: AsyncConnection, conversation_id: str, employee: Employee, text: str) -> None:
    await connection.execute(
        insert(notes).values(conversation_id=conversation_id, employee_id=employee.id, at=datetime.now(UTC), text=text)
    )


_STORED = tuple(name for name in Handover.__slots__ if name != "employee_name")
_SELECT = (
    select(handovers, employees.c.name.label("employee_name"), conversations.c.state.label("conversation_state"))
    .join(conversations, conversations.c.id == handovers.c.conversation_id)
    .outerjoin(employees, employees.c.id == handovers.c.employee_id)
)


def _handover(row: Row[Any]) -> Handover:
    values = {name: getattr(row, name) for name in Handover.__slots__}
    return Handover(**{**values, "reason": Reason(row.reason), "urgency": Urgency(row.urgency)})
