"""Employees, their log-ins, and the audit log of what they read and did."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pwdlib import PasswordHash
from sqlalchemy import Row, delete, insert, select, update

from connectors.record.database import Database
from connectors.record.tables import audit, employees, sessions

_HASHER = PasswordHash.recommended()
# Checked when there is no such user, so that a wrong name takes as long as a wrong password.
_NOBODY = _HASHER.hash(secrets.token_hex(8))


@dataclass(frozen=True, slots=True)
class Employee:
    """Someone who answers citizens. ``role`` is employee, supervisor or editor."""

    id: str
    username: str
    name: str
    role: str
    teams: tuple[str, ...]

    @property
    def sees(self) -> tuple[str, ...] | None:
        """Teams whose conversations this employee may see; None for all."""
        return None if self.role == "supervisor" or not self.teams else self.teams


class EmployeeStore:
    """Accounts and sessions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self, *, username: str, name: str, password: str, role: str, teams: tuple[str, ...], is_demo: bool = False
    ) -> None:
        """Make an account, or give an existing one these values."""
        values = {
            "name": name,
            "password_hash": _HASHER.hash(password),
            "role": role,
            "teams": list(teams),
            "active": True,
            "is_demo": is_demo,
        }
        async with self._database.write() as connection:
            done = await connection.execute(update(employees).where(employees.c.username == username).values(**values))
            if done.rowcount == 0:
                await connection.execute(insert(employees).values(id=secrets.token_hex(8), username=username, **values))

    async def has_demo_accounts(self) -> bool:
        """Whether an account made for development can log in."""
        async with self._database.read() as connection:
            found = await connection.scalar(
                select(employees.c.id).where(employees.c.is_demo.is_(True), employees.c.active.is_(True)).limit(1)
            )
        return found is not None

    async def log_in(self, username: str, password: str, lifetime: timedelta) -> tuple[str, Employee] | None:
        """A new session's token and its employee; None if name or password is wrong."""
        async with self._database.read() as connection:
            row = (
                await connection.execute(
                    select(employees).where(employees.c.username == username, employees.c.active.is_(True))
                )
            ).one_or_none()
        if not _HASHER.verify(password, row.password_hash if row else _NOBODY) or row is None:
            return None
        token = secrets.token_urlsafe(32)
        now = datetime.now(UTC)
        async with self._database.write() as connection:
            await connection.execute(
                insert(sessions).values(
                    token_hash=_hash(token), employee_id=row.id, created_at=now, expires_at=now + lifetime
                )
            )
        return token, _employee(row)

    async def by_id(self, employee_id: str) -> Employee | None:
        """An active employee; None if there is none with this id."""
        async with self._database.read() as connection:
            row = (
                await connection.execute(
                    select(employees).where(employees.c.id == employee_id, employees.c.active.is_(True))
                )
            ).one_or_none()
        return _employee(row) if row else None

    async def by_token(self, token: str) -> Employee | None:
        """The employee whose session this is, while it lasts."""
        async with self._database.read() as connection:
            row = (
                await connection.execute(
                    select(employees)
                    .join(sessions, sessions.c.employee_id == employees.c.id)
                    .where(
                        sessions.c.token_hash == _hash(token),
                        sessions.c.expires_at > datetime.now(UTC),
                        employees.c.active.is_(True),
                    )
                )
            ).one_or_none()
        return _employee(row) if row else None

    async def log_out(self, token: str) -> None:
        """End a session."""
        async with self._database.write() as connection:
            await connection.execute(delete(sessions).where(sessions.c.token_hash == _hash(token)))

    async def note_access(self, actor: str, action: str, subject: str) -> None:
        """Write who read or did what in the audit log, which the service never changes."""
        async with self._database.write() as connection:
            await connection.execute(
                insert(audit).values(at=datetime.now(UTC), actor=actor, action=action, subject=subject)
            )


def _employee(row: Row[Any]) -> Employee:
    return Employee(row.id, row.username, row.name, row.role, tuple(row.teams))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
