"""``make run``: build what is missing, start everything, watch it, stop everything on Ctrl-C or SIGTERM."""

import contextlib
import fcntl
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType

from ops.build import BuildFailed, ModelNotTrusted, build, last_lines
from ops.dotenv import DotenvError, read_dotenv
from ops.ports import USUAL, Ports, PortTaken, is_free
from ops.programs import ROOT
from ops.stack import Deaths, Stack, StackFailed
from ops.supervision import SupervisorGone

_LOOK_SECONDS = 1.0
_TRY_AGAIN_SECONDS = 15.0
_TOO_OFTEN = 3


class AlreadyRunning(Exception):
    """There is one ``make run`` for a checkout's data folder."""


class CannotRun(Exception):
    """Something the user has to change first; the text is one line that says what."""


def main() -> int:
    """Entry point of ``make run``; 0 after it was stopped, 1 with a line that tells why it could not run."""
    started = time.monotonic()
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    try:
        run(started)
    except KeyboardInterrupt:
        return 0
    except (AlreadyRunning, CannotRun, BuildFailed, DotenvError, ModelNotTrusted, PortTaken, StackFailed) as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


def run(started: float) -> None:
    """Everything, until it is interrupted."""
    given = {name: value for name, value in os.environ.items() if name.startswith("KLARA_")}
    environment = read_dotenv(ROOT / ".env") | given
    os.environ.update(environment)
    data_dir = Path(environment.get("KLARA_DATA_DIR") or ROOT / "var").resolve()
    data_dir.mkdir(parents=True, exist_ok=True)
    with only_one(data_dir / "run.lock"):
        ports = wanted_ports(environment)
        if not is_free(ports.service):
            raise CannotRun(
                f"Port {ports.service} is taken by another program: stop that, "
                f"or run 'KLARA_PORT={ports.service + 1} make run'."
            )
        build(["model", "index"], _say)
        stack = Stack(data_dir, ports=ports, env=environment, say=_say)
        try:
            stack.start()
            announce(stack, time.monotonic() - started)
            watch(stack)
        finally:
            _be_deaf()
            _say("Stopping …")
            before = time.monotonic()
            stack.stop()
            _say(f"Everything is stopped … {time.monotonic() - before:.0f} s")


def wanted_ports(environment: Mapping[str, str]) -> Ports:
    """The usual ports, and the service's from KLARA_PORT.

    Raises:
        CannotRun: If KLARA_PORT is no port number.
    """
    text = environment.get("KLARA_PORT") or str(USUAL.service)
    if not text.isdecimal() or not 0 < int(text) < 65_536:
        raise CannotRun(f"KLARA_PORT is '{text}'; it must be a number from 1 to 65535.")
    return Ports(service=int(text), redis=USUAL.redis, rasa=USUAL.rasa, actions=USUAL.actions)


def announce(stack: Stack, seconds: float) -> None:
    """Tell where everything is."""
    shown = f"http://localhost:{stack.ports.service}"
    production = stack.env.get("KLARA_STAGE") == "production"
    accounts = "" if production else f"  Accounts       agent1, agent2, supervisor · password {_password(stack.env)}\n"
    print(
        f"\nKlara is up after {seconds:.0f} s.\n\n"
        f"  Citizens       {shown}\n"
        f"  Employees      {shown}/desk\n"
        f"{accounts}"
        f"  Health         {shown}/healthz\n"
        f"  Logs           {_short(stack.layout.log_dir)}\n\n"
        "Ctrl-C stops everything.\n",
        flush=True,
    )


def watch(stack: Stack) -> None:
    """Report what dies; try again what the supervisor has given up; never returns by itself."""
    deaths = Deaths()
    again: dict[str, float] = {}
    while True:
        time.sleep(_LOOK_SECONDS)
        try:
            states = stack.supervisor.states()
        except SupervisorGone:
            _say("The supervisor has died; starting everything again.")
            stack.restart()
            deaths = Deaths()
            continue
        for name in deaths.look(states):
            _say(f"{name} has died and is started again.")
            if deaths.count(name) >= _TOO_OFTEN:
                log = stack.layout.log_file(name)
                lines = "\n".join(f"    {line}" for line in last_lines(log, 8))
                _say(f"{name} has died {deaths.count(name)} times. The last lines of {_short(log)}:\n{lines}")
        for name, state in states.items():
            if state.state == "FATAL" and time.monotonic() - again.get(name, 0) > _TRY_AGAIN_SECONDS:
                again[name] = time.monotonic()
                stack.start_program(name)


@contextlib.contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold the checkout's lock.

    Raises:
        AlreadyRunning: If another process holds it.
    """
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise AlreadyRunning(f"Klara is already running here ({file.read().strip() or 'starting'}).") from None
        file.truncate(0)
        file.write(f"process {os.getpid()}")
        file.flush()
        yield


def _password(environment: Mapping[str, str]) -> str:
    return "from KLARA_STAFF_PASSWORD" if environment.get("KLARA_STAFF_PASSWORD") else "development-only"


def _short(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def _say(text: str) -> None:
    print(text, flush=True)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _be_deaf() -> None:
    """Let nothing interrupt the stopping."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(main())
