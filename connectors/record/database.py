"""The SQL engine: reads, and writes that are durable when they return."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

_MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_SECONDS = 5.0


class Database:
    """An engine for SQLite (WAL, synchronous FULL) or PostgreSQL."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        options: dict[str, Any] = {"pool_size": 8, "max_overflow": 8, "pool_pre_ping": not self.is_sqlite}
        if self.is_sqlite:
            options["connect_args"] = {"timeout": _BUSY_SECONDS, "isolation_level": None}
        self._engine = create_async_engine(url, **options)
        if self.is_sqlite:
            event.listen(self._engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self._engine.sync_engine, "begin", _begin_sqlite)
        self._writer = self._engine.execution_options(klara_write=True)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection for looking only."""
        async with self._engine.connect() as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """One transaction; committed at the end, rolled back on an error.

        SQLite takes the write lock at once (``BEGIN IMMEDIATE``), so that a transaction which first
        looks and then writes cannot be overtaken in between.
        """
        async with self._writer.begin() as connection:
            yield connection

    async def is_healthy(self) -> bool:
        """Whether a query is answered now."""
        try:
            async with self.read() as connection:
                await connection.execute(text("SELECT 1"))
        except Exception:  # noqa: BLE001 - whatever it is, the database does not answer
            return False
        return True

    async def close(self) -> None:
        """Give the connections back."""
        await self._engine.dispose()


def migrate(url: str) -> None:
    """Bring the database at ``url`` to the newest form. Creates it if need be."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["url"] = _sync_url(url)
    command.upgrade(config, "head")


def _sync_url(url: str) -> str:
    return url.replace("+aiosqlite", "")


def _prepare_sqlite(connection: Any, record: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("klara_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
