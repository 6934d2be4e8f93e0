"""One whole Klara: Redis, action server, Rasa and the service, under a supervisor, with its own data and ports.

``make run`` keeps one up; tests, evaluation and benchmarks start their own, and neither disturbs the other::

    with Stack(tmp_path) as stack:
        httpx.get(stack.base_url + "/healthz")
        stack.kill("rasa")
"""

import contextlib
import fcntl
import json
import os
import secrets
import signal
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal, Self

from ops.build import last_lines, seed, verify_model
from ops.ports import PortBook, Ports
from ops.programs import (
    MARKER,
    ROOT,
    SERVICE_PYTHON,
    Layout,
    address,
    klara_environment,
    programs,
    redis_configuration,
    system_environment,
)
from ops.supervision import ProcessState, Supervisor, SupervisorGone, sweep, write_private

_RASA_PARTS = {"rasa", "actions"}
_HOPELESS_DEATHS = 4
_GIVEN_UP = -1  # instead of a process id
_HEALTHY_SECONDS = 120.0


class StackFailed(Exception):
    """A stack did not come up; the text has the last lines of the log that tells why."""


class Stack:
    """A context manager: everything is up and healthy inside it, and no process is left after it.

    Args:
        data_dir: Database, Redis's files, index, logs and run-time files. An empty one is filled with the index and
            the embedding cache of the checkout, if there are any.
        ports: ``free`` for any; or the wanted ones, of which the internal ones are replaced where taken.
        with_rasa: Without, the service answers alone, as it does when Rasa is down.
        env: ``KLARA_*`` variables of the service.
        say: Told of each step.
        seconds: How long to wait until all is healthy.
    """

    def __init__(
        self,
        data_dir: Path | str,
        *,
        ports: Ports | Literal["free"] = "free",
        with_rasa: bool = True,
        env: Mapping[str, str] | None = None,
        say: Callable[[str], None] = lambda _: None,
        seconds: float = _HEALTHY_SECONDS,
    ) -> None:
        self.data_dir = Path(data_dir).resolve()
        self._wanted = None if ports == "free" else ports
        self._with_rasa = with_rasa
        self._env = dict(env or {})
        self._say = say
        self._seconds = seconds
        self._book = PortBook()
        self._layout: Layout | None = None
        self._supervisor: Supervisor | None = None
        self._lock_file: IO[str] | None = None

    # -- life ----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start everything and wait until it is healthy.

        Raises:
            PortTaken: If the service's port is in use.
            ModelNotTrusted: If Rasa's model is missing or changed.
            StackFailed: If a process keeps dying or the time runs out; everything is stopped then.
        """
        if self._with_rasa:
            verify_model()
        try:
            self._hold_folder()
            self._layout = self._prepare()
            self._launch()
            self.wait_until_healthy()
        except BaseException:
            self.stop()
            raise

    def restart(self) -> None:
        """Start all processes again at the same ports, after the supervisor itself has died."""
        self.supervisor.stop()
        self._launch()

    def stop(self) -> None:
        """Stop everything. Safe to call twice, and when nothing was started."""
        if self._supervisor is not None:
            self._supervisor.stop()
            self._supervisor = None
        self._book.close()
        if self._lock_file is not None:
            self._lock_file.close()
            self._lock_file = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # -- what it tells -------------------------------------------------------------------------------------------

    @property
    def layout(self) -> Layout:
        """Places, ports and settings; once started."""
        assert self._layout is not None, "the stack is not started"
        return self._layout

    @property
    def supervisor(self) -> Supervisor:
        """What runs the processes; once started."""
        assert self._supervisor is not None, "the stack is not started"
        return self._supervisor

    @property
    def ports(self) -> Ports:
        """Where the processes listen."""
        return self.layout.ports

    @property
    def base_url(self) -> str:
        """The service's address, without a slash at the end."""
        return address(self.ports.service)

    @property
    def redis_url(self) -> str:
        """With the password."""
        return self.layout.klara["KLARA_REDIS_URL"]

    @property
    def env(self) -> Mapping[str, str]:
        """The service's ``KLARA_*`` variables, secrets included."""
        return self.layout.klara

    @property
    def pids(self) -> dict[str, int]:
        """Process id of each process that runs."""
        return {name: state.pid for name, state in self.supervisor.states().items() if state.pid}

    def log_files(self) -> list[Path]:
        """All logs, the rotated ones included."""
        return sorted(path for path in self.layout.log_dir.glob("*.log*") if path.is_file())

    def health(self) -> dict[str, Any] | None:
        """What /healthz says; None if nobody answers."""
        try:
            with urllib.request.urlopen(self.base_url + "/healthz", timeout=5) as response:  # noqa: S310 - loopback
                return dict(json.load(response))
        except urllib.error.HTTPError as error:
            with contextlib.suppress(ValueError, OSError):
                return dict(json.load(error))
        except (OSError, ValueError):
            pass
        return None

    # -- what tests do to it -------------------------------------------------------------------------------------

    def kill(self, name: str, signal_number: int = signal.SIGKILL) -> int:
        """Kill one process without warning, its children too; the supervisor starts it again. Its process id."""
        pid = self.pids[name]
        os.killpg(pid, signal_number)
        return pid

    def stop_program(self, name: str) -> None:
        """Stop one process for as long as the test wants."""
        self.supervisor.stop_program(name)

    def start_program(self, name: str) -> None:
        """Start what was stopped."""
        self.supervisor.start_program(name)

    def wait_until_healthy(self, seconds: float | None = None) -> None:
        """Wait until every component is well.

        Raises:
            StackFailed: If a process keeps dying or the time runs out.
        """
        limit = self._seconds if seconds is None else seconds
        deadline = time.monotonic() + limit
        deaths = Deaths()
        ignored = set() if self._with_rasa else _RASA_PARTS
        health = None
        while time.monotonic() < deadline:
            states = self._states()
            for name in deaths.look(states):
                if deaths.count(name) >= _HOPELESS_DEATHS or states[name].state == "FATAL":
                    raise StackFailed(self._death_notice(name))
            health = self.health()
            if health is not None and not unwell(health, ignored):
                return
            time.sleep(0.2)
        ill = sorted(unwell(health, ignored)) if health else ["service"]
        notices = [self._death_notice(name) for name in ill if self.layout.log_file(name).exists()]
        raise StackFailed("\n".join([f"Not healthy after {limit:.0f} s: {', '.join(ill)}.", *notices]))

    # -- inside --------------------------------------------------------------------------------------------------

    def _hold_folder(self) -> None:
        """Make the folders, and keep any other stack out of them."""
        for folder in ("run", "log", "redis"):
            (self.data_dir / folder).mkdir(parents=True, exist_ok=True)
            (self.data_dir / folder).chmod(0o700)
        file = (self.data_dir / "run" / "stack.lock").open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise StackFailed(f"Another stack runs in {self.data_dir}.") from None
        self._lock_file = file

    def _prepare(self) -> Layout:
        seed(self.data_dir)
        run_dir = self.data_dir / "run"
        _end_leftovers(run_dir / "stack.json")
        keys = _secrets(run_dir / "secrets.json")
        ports = self._book.choose(self._wanted)
        layout = Layout(
            data_dir=self.data_dir,
            ports=ports,
            klara=klara_environment(ports, keys, self._env, self.data_dir),
            marker=uuid.uuid4().hex,
            redis_secret=keys["redis"],
            own_redis=not self._env.get("KLARA_REDIS_URL"),
        )
        write_private(run_dir / "stack.json", json.dumps({"marker": layout.marker}))
        write_private(run_dir / "redis.conf", redis_configuration(self.data_dir / "redis", ports.redis, keys["redis"]))
        return layout

    def _launch(self) -> None:
        self._supervisor = Supervisor(self.layout, programs(self.layout, with_rasa=self._with_rasa))
        self._supervisor.start()
        self._say("Redis and Rasa are starting" if self._with_rasa else "Redis is starting")
        self._prepare_database()
        self._supervisor.start_program("service")

    def _prepare_database(self) -> None:
        environment = system_environment() | {MARKER: self.layout.marker} | dict(self.layout.klara)
        log = self.layout.log_file("database")
        with log.open("wb") as file:
            command = [str(SERVICE_PYTHON), "-m", "ops.database"]
            run = subprocess.run(
                command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                umask=0o077,
                check=False,
            )
        if run.returncode != 0:
            raise StackFailed(self._death_notice("database"))

    def _states(self) -> dict[str, ProcessState]:
        try:
            return self.supervisor.states()
        except SupervisorGone as gone:
            raise StackFailed(str(gone)) from gone

    def _death_notice(self, name: str) -> str:
        log = self.layout.log_file(name)
        return "\n".join([f"{name} failed. The last lines of {log}:", *(f"    {line}" for line in last_lines(log, 12))])


class Deaths:
    """Counts how often each process has died, from what the supervisor says from time to time."""

    def __init__(self) -> None:
        self._pids: dict[str, int] = {}
        self._counts: dict[str, int] = {}

    def look(self, states: Mapping[str, ProcessState]) -> list[str]:
        """Names of the processes that have died since the last look."""
        dead = []
        for name, state in states.items():
            given_up = state.state == "FATAL"
            before = self._pids.get(name, 0)
            if (before > 0 and state.pid != before) or (given_up and before != _GIVEN_UP):
                self._counts[name] = self._counts.get(name, 0) + 1
                dead.append(name)
            self._pids[name] = _GIVEN_UP if given_up else state.pid
        return dead

    def count(self, name: str) -> int:
        """How often a process has died."""
        return self._counts.get(name, 0)


def unwell(health: Mapping[str, Any], ignored: set[str]) -> set[str]:
    """Components that are not "ok", apart from the ignored ones; ``service`` if the whole is not and none says why."""
    components = health.get("components") or {}
    ill = set()
    for name, state in components.items():
        value = state.get("status") if isinstance(state, dict) else state
        if value not in ("ok", True):
            ill.add(name)
    if not ill and health.get("status") != "ok":
        ill.add("service")
    return ill - ignored


def _secrets(path: Path) -> dict[str, str]:
    """The stack's own secrets; made once, readable by the owner only."""
    wanted = ("redis", "rasa", "internal")
    known: dict[str, str] = {}
    with contextlib.suppress(OSError, ValueError):
        known = json.loads(path.read_text(encoding="utf-8"))
    complete = {name: known.get(name) or secrets.token_urlsafe(32) for name in wanted}
    if complete != known:
        write_private(path, json.dumps(complete))
    return complete


def _end_leftovers(path: Path) -> None:
    """End what a stack in this folder left behind when it was killed."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        sweep(str(json.loads(path.read_text(encoding="utf-8"))["marker"]))
