"""``make run`` on a machine that has everything already: seconds to the first answer, memory at rest, a clean end."""

import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import psutil

from ops.build import seed
from ops.ports import LOOPBACK, PortBook
from ops.programs import ROOT

_LONGEST = 420.0  # the first run may have to build
_REST = 8.0  # seconds without a message before memory is looked at
_QUESTION = "Hvad koster et nyt pas?"


class StartFailed(Exception):
    """``make run`` did not come up; the text has the end of its output."""


def measure() -> dict[str, Any]:
    """Run ``make run`` with a data folder of its own, twice: the second, warm time is measured.

    Raises:
        StartFailed: If it does not answer in time.
    """
    with PortBook() as book:
        port = book.choose().service  # let go again: `make run` wants to hold it itself
    with tempfile.TemporaryDirectory(prefix="klara-start-") as name:
        folder = Path(name)
        seed(folder)
        first = _one_run(folder, port)
        second = _one_run(folder, port)
    return {**second, "first_run_first_answer_seconds": first["first_answer_seconds"]}


def _one_run(folder: Path, port: int) -> dict[str, Any]:
    environment = {**os.environ, "KLARA_DATA_DIR": str(folder), "KLARA_PORT": str(port)}
    log = folder / "make-run.out"
    with log.open("wb") as output:
        started = time.monotonic()
        make = subprocess.Popen(
            ["make", "-s", "run"], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip
    try:
        answered, healthy = _until_up(f"http://{LOOPBACK}:{port}", make, log, started)
        time.sleep(_REST)
        memory = memory_of(make.pid)
    finally:
        stopping = time.monotonic()
        processes = psutil.Process(make.pid).children(recursive=True) if make.poll() is None else []
        if make.poll() is None:
            os.killpg(make.pid, signal.SIGINT)
        try:
            make.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(make.pid, signal.SIGKILL)
            make.wait()
        stopped = time.monotonic() - stopping
        left = [process for process in processes if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]
    return {
        "first_answer_seconds": round(answered, 1),
        "healthy_seconds": round(healthy, 1),
        **memory,
        "stop_seconds": round(stopped, 1),
        "left_behind": len(left),
    }


def _until_up(url: str, make: subprocess.Popen[bytes], log: Path, started: float) -> tuple[float, float]:
    """Seconds from ``started`` to the first answer from an article, and to everything being well."""
    answered = healthy = 0.0
    with httpx.Client(base_url=url, timeout=20, trust_env=False) as http:
        while not (answered and healthy):
            if make.poll() is not None or time.monotonic() - started > _LONGEST:
                lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-10:]
                raise StartFailed("\n".join(["make run did not come up:", *lines]))
            try:
                if not answered and _is_answered(http):
                    answered = time.monotonic() - started
                if not healthy and http.get("/healthz").status_code == 200:
                    healthy = time.monotonic() - started
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
    return answered, healthy


def _is_answered(http: httpx.Client) -> bool:
    opened = http.post("/api/v1/conversations", json={})
    if opened.status_code != 201:
        return False
    body = opened.json()
    reply = http.post(
        f"/api/v1/conversations/{body['conversation_id']}/messages?wait=10",
        json={"client_id": "first", "text": _QUESTION},
        headers={"Authorization": f"Bearer {body['token']}"},
    )
    return reply.status_code == 200 and any(message["kind"] == "answer" for message in reply.json()["messages"])


def memory_of(pid: int) -> dict[str, Any]:
    """Memory of a process and all below it, in GB: resident (shared pages counted in each) and proportional."""
    main = psutil.Process(pid)
    resident = proportional = 0
    parts: dict[str, int] = {}
    for process in (main, *main.children(recursive=True)):
        try:
            memory = process.memory_full_info()
            command = process.cmdline()
        except psutil.Error:
            continue
        resident += memory.rss
        proportional += memory.pss
        name = _name(command)
        parts[name] = parts.get(name, 0) + memory.pss
    return {
        "idle_rss_gb": round(resident / 1e9, 3),
        "idle_pss_gb": round(proportional / 1e9, 3),
        "idle_pss_mb_of": {name: round(size / 1e6) for name, size in sorted(parts.items(), key=lambda kv: -kv[1])},
    }


def _name(command: list[str]) -> str:
    text = " ".join(command)
    for name, sign in (
        ("actions", "bot.actions"), ("rasa", "-m rasa run"), ("service", "-m connectors"), ("redis", "redis-server"),
        ("supervisord", "supervisord"), ("make run", "ops.run"),
    ):  # fmt: skip
        if sign in text:
            return name
    return Path(command[0]).name if command else "?"
