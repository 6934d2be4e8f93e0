"""A plain Rasa beside Klara's: same model, same action server, Rasa's REST channel and Redis tracker store.

Its Redis is one of its own that writes nothing to disk: the comparison is to be no worse for Rasa than need be.
"""

import contextlib
import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from ops.ports import LOOPBACK, PortBook
from ops.programs import MODEL, RASA_FOLDER, ROOT, address, programs, redis_binary
from ops.stack import Stack

_START_SECONDS = 90.0


class PlainRasaFailed(Exception):
    """Plain Rasa did not start; the text has the end of its log."""


class PlainRasa:
    """One turn at a time over the REST channel."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=30, trust_env=False)

    def say(self, sender: str, text: str, conversation: str, seq: int, language: str = "da") -> float:
        """Send a message; milliseconds until the replies are there.

        Args:
            sender: Rasa's name for the conversation.
            text: What is said.
            conversation: A conversation of Klara's in whose record the same text stands, which the action reads.
            seq: Where it stands there.
            language: Of the text.

        Raises:
            PlainRasaFailed: If there is no reply; a turn without one is not to be counted as a fast turn.
        """
        metadata = {"conversation_id": conversation, "seq": seq, "language": language, "masked": []}
        body = {"sender": sender, "message": text.lstrip("/ "), "metadata": metadata}
        started = time.perf_counter()
        response = self._http.post("/webhooks/plain/webhook", json=body)
        milliseconds = (time.perf_counter() - started) * 1000
        if response.status_code != 200 or not response.json():
            raise PlainRasaFailed(f"plain Rasa answered {response.status_code} with {len(response.content)} bytes")
        return milliseconds

    def is_up(self) -> bool:
        """Whether its server answers."""
        try:
            return self._http.get("/").status_code == 200
        except httpx.HTTPError:
            return False

    def close(self) -> None:
        """Let the connection go."""
        self._http.close()


@contextlib.contextmanager
def plain_rasa(stack: Stack, folder: Path) -> Iterator[PlainRasa]:
    """Start it, with its Redis; both are stopped afterwards.

    Args:
        stack: Whose action server and secrets it uses.
        folder: For configuration and logs.

    Raises:
        PlainRasaFailed: If it does not come up.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with PortBook() as book, contextlib.ExitStack() as processes:
        ports = book.choose()
        redis = [redis_binary(), "--bind", LOOPBACK, "--port", str(ports.redis), "--save", "", "--appendonly", "no"]
        processes.enter_context(_process(redis, {}, folder / "redis.log", folder))
        endpoints = {
            "action_endpoint": {"url": address(stack.ports.actions, "/webhook")},
            "tracker_store": {"type": "redis", "url": LOOPBACK, "port": ports.redis, "db": 0, "record_exp": 3600},
            "lock_store": {"type": "in_memory"},
        }
        # JSON is YAML, too.
        (folder / "endpoints.yml").write_text(json.dumps(endpoints), encoding="utf-8")
        (folder / "credentials.yml").write_text(
            json.dumps({"tests.benchmarks.plain_channel.PlainRest": {}}), encoding="utf-8"
        )
        command = [
            *(str(RASA_FOLDER / "python"), "-m", "rasa", "run", "--model", str(MODEL)),
            *("--endpoints", str(folder / "endpoints.yml"), "--credentials", str(folder / "credentials.yml")),
            *("--interface", LOOPBACK, "--port", str(ports.rasa)),
        ]
        environment = next(dict(p.env) for p in programs(stack.layout) if p.name == "rasa")
        process = processes.enter_context(_process(command, environment, folder / "rasa.log", ROOT))
        plain = PlainRasa(address(ports.rasa))
        processes.callback(plain.close)
        deadline = time.monotonic() + _START_SECONDS
        while not plain.is_up():
            if process.poll() is not None or time.monotonic() > deadline:
                log = (folder / "rasa.log").read_text(encoding="utf-8", errors="replace")
                raise PlainRasaFailed("\n".join(["Plain Rasa did not start:", *log.splitlines()[-8:]]))
            time.sleep(0.2)
        yield plain


@contextlib.contextmanager
def _process(
    command: list[str], environment: dict[str, str], log: Path, folder: Path
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=folder, env=environment or None, stdin=subprocess.DEVNULL, stdout=file, stderr=file
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
