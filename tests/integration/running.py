"""What runs while the tests do: one whole stack for a session, and further service processes beside it."""

import asyncio
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from connectors.record.database import Database
from connectors.record.employees import EmployeeStore
from ops.build import seed
from ops.ports import PortBook
from ops.programs import ROOT, SERVICE_PYTHON, address, system_environment
from ops.stack import Stack
from tests.integration.people import until

ARTICLES = ROOT / "knowledge" / "articles"


@contextmanager
def running_stack(**env: str) -> Iterator[Stack]:
    """A healthy stack in a folder of its own, with its own copy of the articles; nothing is left of it afterwards."""
    data_dir = Path(tempfile.mkdtemp(prefix="klara-test-"))
    try:
        articles = data_dir / "articles"
        shutil.copytree(ARTICLES, articles)
        with Stack(data_dir, env={"KLARA_ARTICLES_DIR": str(articles), **env}) as stack:
            yield stack
    finally:
        shutil.rmtree(data_dir, ignore_errors=True)


class Record:
    """The SQL record, read directly: what the API does not tell."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "klara.db"

    def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """Rows as dictionaries."""
        with closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, timeout=10)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(sql, values)]

    def outcomes(self, conversation_id: str) -> dict[int, str | None]:
        """The outcome of each of a citizen's messages, by ``seq``."""
        rows = self.rows("SELECT seq, outcome FROM outbox WHERE conversation_id = ? ORDER BY seq", conversation_id)
        assert len({row["seq"] for row in rows}) == len(rows), "a message has two outcomes"
        return {row["seq"]: row["outcome"] for row in rows}

    def details(self, conversation_id: str, seq: int) -> dict[str, Any]:
        """What the record says about how a reply came to be."""
        rows = self.rows("SELECT details FROM messages WHERE conversation_id = ? AND seq = ?", conversation_id, seq)
        return dict(json.loads(rows[0]["details"]) or {})

    def add_employee(
        self, username: str, *, role: str = "employee", teams: tuple[str, ...] = (), password: str
    ) -> None:
        """An account, made as the demo accounts are."""

        async def add() -> None:
            database = Database(f"sqlite+aiosqlite:///{self._path}")
            try:
                await EmployeeStore(database).add(
                    username=username, name=f"{username.title()} Prøve", password=password, role=role, teams=teams
                )
            finally:
                await database.close()

        asyncio.run(add())


class Process:
    """A service process beside the stack's own."""

    def __init__(self, environment: Mapping[str, str], log: Path, port: int) -> None:
        self.base_url = address(port)
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [str(SERVICE_PYTHON), "-m", "connectors"],
                cwd=ROOT,
                env=system_environment() | dict(environment) | {"KLARA_PORT": str(port)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def wait_until(self, ready: Callable[[dict[str, Any]], bool], seconds: float = 60.0) -> None:
        """Wait until what /healthz says is ``ready``."""

        def look() -> bool:
            assert self.process.poll() is None, self.log.read_text(encoding="utf-8")[-2_000:]
            health = health_of(self.base_url)
            return health is not None and ready(health)

        until(look, seconds, "a second service")

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)


@contextmanager
def service_beside(stack: Stack, *, fresh: bool = False, **env: str) -> Iterator[Process]:
    """Another service process with the stack's Redis and Rasa.

    Args:
        stack: Whose Redis, Rasa and secrets it uses.
        fresh: With a database and index folder of its own instead of the stack's.
        env: ``KLARA_*`` variables that differ.
    """
    data_dir = Path(tempfile.mkdtemp(prefix="klara-test-")) if fresh else stack.data_dir
    book = PortBook()
    process = None
    try:
        if fresh:
            seed(data_dir)
        port = book.choose(None).service
        environment = {**stack.env, **env, "KLARA_DATA_DIR": str(data_dir)}
        log = stack.data_dir / "log" / f"beside-{port}.log"
        process = Process(environment, log, port)
        yield process
    finally:
        book.close()
        if process is not None:
            process.stop()
        if fresh:
            shutil.rmtree(data_dir, ignore_errors=True)


def health_of(base_url: str) -> dict[str, Any] | None:
    """What /healthz says, also when it is 503; None if nobody answers."""
    try:
        with urllib.request.urlopen(base_url + "/healthz", timeout=8) as response:
            return dict(json.load(response))
    except urllib.error.HTTPError as error:
        with error:
            return dict(json.load(error))
    except (OSError, ValueError):
        return None


def chromium() -> str:
    """The browser for the browser tests."""
    found = os.environ.get("KLARA_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "no Chromium: run 'make test-browser', which installs it"
    return found
