"""Fixtures of the unit tests: a record on a temporary SQLite file, and a tiny knowledge base."""

import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

from connectors.record.conversations import ConversationStore
from connectors.record.database import Database, migrate
from connectors.types import Context, Conversation, State
from tests.unit.tiny import TOPICS, HashEncoder, write_article

# Other work shares the machine: no test may fail because it was slow once. Always the same examples.
settings.register_profile("klara", deadline=None, derandomize=True)
settings.load_profile("klara")


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("record") / "klara.db"
    migrate(f"sqlite+aiosqlite:///{path}")
    return path


@pytest.fixture
async def database(migrated: Path, tmp_path: Path) -> AsyncIterator[Database]:
    path = tmp_path / "klara.db"
    shutil.copy(migrated, path)
    database = Database(f"sqlite+aiosqlite:///{path}")
    yield database
    await database.close()


@pytest.fixture
def conversations(database: Database) -> ConversationStore:
    return ConversationStore(database)


@pytest.fixture
def conversation() -> Conversation:
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    return Conversation("c1", State.ASSISTANT, "da", "web", "citizen", now, now, 0, Context())


@pytest.fixture
def encoder() -> HashEncoder:
    return HashEncoder()


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    """Four topics in both languages that keep every house rule."""
    folder = tmp_path / "articles"
    for topic in TOPICS:
        for language in ("da", "en"):
            write_article(folder, topic, language)
    return folder
