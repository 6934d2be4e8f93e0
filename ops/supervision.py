"""supervisord: its configuration, its life, and what it says of the processes. No port, only a private socket."""

import contextlib
import http.client
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import xmlrpc.client
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from supervisor.xmlrpc import SupervisorTransport

from ops.ports import LOOPBACK
from ops.programs import MARKER, ROOT, Layout, Program, system_environment

_LEASH = Path(__file__).with_name("leash.py")
_LONGEST_SOCKET_PATH = 90  # the kernel takes 107 bytes
_GROUP = "klara"
STOP_SECONDS = 5
_SHUTDOWN_SECONDS = 7.0
_ANSWER_SECONDS = 10.0


class SupervisorGone(Exception):
    """supervisord does not answer."""


@dataclass(frozen=True, slots=True)
class ProcessState:
    """What supervisord says of a process: its pid (0: none), its state, and how it ended last."""

    name: str
    state: str
    pid: int
    description: str


def configuration(layout: Layout, programs: list[Program], socket: Path) -> str:
    """supervisord's configuration for these programs.

    Commands name a file rather than carry arguments, so no secret and no character that would need quoting is in here.
    """
    sections = [
        _section("supervisord", nodaemon="true", logfile=layout.log_file("supervisord"), logfile_maxbytes="2MB",
                 logfile_backups="2", pidfile=layout.run_dir / "supervisord.pid", silent="true",
                 childlogdir=layout.log_dir, umask="077"),
        _section("unix_http_server", file=socket, chmod="0700"),
        _section("rpcinterface:supervisor",
                 **{"supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"}),
    ]  # fmt: skip
    for program in programs:
        command = [sys.executable, "-I", "-S", str(_LEASH), str(spec_file(layout, program.name)), "any"]
        sections.append(
            _section(f"program:{program.name}", command=shlex.join(command), directory=ROOT,
                     autostart="true" if program.starts_by_itself else "false", autorestart="true",
                     startsecs="1", startretries="8", stopsignal="TERM", stopwaitsecs=str(STOP_SECONDS),
                     stopasgroup="true", killasgroup="true", redirect_stderr="true",
                     stdout_logfile=layout.log_file(program.name), stdout_logfile_maxbytes="5MB",
                     stdout_logfile_backups="3"),
        )  # fmt: skip
    # In one group they are stopped at the same time, not one after the other.
    sections.append(_section(f"group:{_GROUP}", programs=",".join(program.name for program in programs)))
    return "\n".join(sections)


def _section(title: str, **values: object) -> str:
    lines = [f"[{title}]", *(f"{name} = {str(value).replace('%', '%%')}" for name, value in values.items())]
    return "\n".join(lines) + "\n"


def spec_file(layout: Layout, name: str) -> Path:
    """Where the leash reads a program's command and environment."""
    return layout.run_dir / f"{name}.json"


def write_spec(path: Path, argv: tuple[str, ...], env: Mapping[str, str], *, when_orphaned: str) -> None:
    """Write what ``ops/leash.py`` is to start; ``when_orphaned`` is the signal it gets then."""
    spec = {"argv": list(argv), "env": dict(env), "folder": str(ROOT), "signal": when_orphaned}
    write_private(path, json.dumps(spec, indent=1))


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text)


class Supervisor:
    """One supervisord and its processes."""

    def __init__(self, layout: Layout, programs: list[Program]) -> None:
        self._layout = layout
        self._programs = programs
        self._process: subprocess.Popen[bytes] | None = None
        self._socket = layout.run_dir / "supervisor.sock"
        self._socket_dir: Path | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start supervisord; the programs that start by themselves follow.

        Raises:
            SupervisorGone: If it does not answer in time.
        """
        socket = self._choose_socket()
        conf = self._layout.run_dir / "supervisord.conf"
        write_private(conf, configuration(self._layout, self._programs, socket))
        for program in self._programs:
            write_spec(spec_file(self._layout, program.name), program.argv, program.env, when_orphaned="SIGKILL")
        argv = (sys.executable, "-m", "supervisor.supervisord", "--configuration", str(conf))
        env = system_environment() | {MARKER: self._layout.marker, "PYTHONWARNINGS": "ignore"}
        spec = spec_file(self._layout, "supervisord")
        # The kernel watches the thread that starts it: only the main one lives as long as the process.
        is_main = threading.current_thread() is threading.main_thread()
        write_spec(spec, argv, env, when_orphaned="SIGTERM" if is_main else "")
        output = self._layout.log_file("supervisord-output").open("ab")
        with output:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_LEASH), str(spec), str(os.getpid())],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._wait_for_answer()

    def states(self) -> dict[str, ProcessState]:
        """Every process by name."""
        infos = self._call("getAllProcessInfo")
        return {
            info["name"]: ProcessState(info["name"], info["statename"], int(info["pid"]), info["description"])
            for info in infos
        }

    def start_program(self, name: str) -> None:
        """Start one process; it is no error if it runs."""
        with contextlib.suppress(xmlrpc.client.Fault):
            self._call("startProcess", f"{_GROUP}:{name}", False)

    def stop_program(self, name: str) -> None:
        """Stop one process and leave it stopped; it is no error if it does not run."""
        with contextlib.suppress(xmlrpc.client.Fault):
            self._call("stopProcess", f"{_GROUP}:{name}", True)

    def is_alive(self) -> bool:
        """Whether supervisord itself runs."""
        return self._process is not None and self._process.poll() is None

    def pid(self) -> int:
        """supervisord's own process id; 0 if it does not run."""
        return self._process.pid if self._process is not None and self.is_alive() else 0

    def stop(self) -> None:
        """Stop everything; what does not go is killed. Leaves no process of this stack."""
        if self._process is not None:
            if self.is_alive():
                with contextlib.suppress(SupervisorGone, xmlrpc.client.Fault):
                    self.stop_program(self._programs[-1].name)  # the service, while what it needs is there
                    self._call("shutdown")
                self._wait_for_end()
            self._process = None
        sweep(self._layout.marker)
        if self._socket_dir is not None:
            shutil.rmtree(self._socket_dir, ignore_errors=True)
            self._socket_dir = None

    def _wait_for_end(self) -> None:
        process = self._process
        assert process is not None
        for signal_number, seconds in ((None, _SHUTDOWN_SECONDS), (signal.SIGTERM, 1.0), (signal.SIGKILL, 1.0)):
            if signal_number is not None:
                process.send_signal(signal_number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
                return

    def _choose_socket(self) -> Path:
        if len(os.fsencode(self._socket)) > _LONGEST_SOCKET_PATH:
            self._socket_dir = Path(tempfile.mkdtemp(prefix="klara-"))
            self._socket = self._socket_dir / "s.sock"
        return self._socket

    def _wait_for_answer(self) -> None:
        deadline = time.monotonic() + _ANSWER_SECONDS
        while time.monotonic() < deadline and self.is_alive():
            try:
                self._call("getState")
            except SupervisorGone:
                time.sleep(0.05)
            else:
                return
        raise SupervisorGone(f"supervisord did not start; see {self._layout.log_file('supervisord-output')}.")

    def _call(self, method: str, *arguments: object) -> Any:
        transport = SupervisorTransport("", "", f"unix://{self._socket}")
        with self._lock, contextlib.closing(transport):
            # The address is only a form that the client insists on; the transport uses the socket.
            proxy = xmlrpc.client.ServerProxy(f"http://{LOOPBACK}", transport=transport)
            try:
                return getattr(proxy.supervisor, method)(*arguments)
            except (OSError, http.client.HTTPException, xmlrpc.client.ProtocolError) as error:
                raise SupervisorGone(f"supervisord does not answer ({error}).") from error


def sweep(marker: str, seconds: float = 3.0) -> list[int]:
    """End every process that carries this stack's marker in its environment; their pids.

    Only what this stack has started can carry it, wherever in the tree of processes it is by now.
    """
    left = [process for process in psutil.process_iter() if process.pid != os.getpid() and _carries(process, marker)]
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(left, timeout=seconds)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=seconds)
    return [process.pid for process in left]


def _carries(process: psutil.Process, marker: str) -> bool:
    try:
        return bool(process.environ().get(MARKER) == marker)
    except (psutil.Error, OSError):
        return False
