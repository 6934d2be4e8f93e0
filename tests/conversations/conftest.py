"""The real trained model in this process, the real action server beside it, the service's internal API as a fake."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from rasa.core.agent import Agent
from rasa.utils.endpoints import EndpointConfig

from bot.tracker_store import BoundedTrackerStore

BUILD = Path(os.environ.get("KLARA_DATA_DIR", "var")) / "rasa"
MODEL = BUILD / "models" / "klara.tar.gz"  # made by `make train`, and never overwritten from here
OWN_MODEL = BUILD / "conversations" / "klara.tar.gz"
_INPUTS = (
    "bot/config.yml", "bot/training.py", "bot/domain/*.yml", "bot/data/rules/*.yml",
    "nlu/classifier.py", "nlu/components/*.py", "nlu/intents/*.yml", "nlu/text/normalise.py",
)  # fmt: skip


class FakeService:
    """Answers every endpoint with its own name, or once with what ``next_answer`` holds."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.next_answer: dict[str, Any] | None = None
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                endpoint = self.path.removeprefix("/internal/v1/")
                service.asked.append((endpoint, body))
                answer = service.next_answer or {"replies": [{"kind": "answer", "text": endpoint}]}
                service.next_answer = None
                data = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/internal/v1"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture(scope="session")
def service() -> Iterator[FakeService]:
    fake = FakeService()
    yield fake
    fake.server.shutdown()


@pytest.fixture(scope="session")
def actions_url(service: FakeService) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "bot.actions", "--port", str(port)]
    server = subprocess.Popen(command, env={**os.environ, "KLARA_INTERNAL_URL": service.url})
    url = f"http://127.0.0.1:{port}"
    session = requests.Session()
    session.trust_env = False
    try:
        for _ in range(300):
            assert server.poll() is None, "the action server ended"
            try:
                session.get(f"{url}/health", timeout=1)
                break
            except requests.ConnectionError:
                time.sleep(0.1)
        else:
            pytest.fail("the action server did not start")
        yield f"{url}/webhook"
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture(scope="session")
def agent(actions_url: str) -> Agent:
    """The trained model; one of our own if there is none, or if it is older than what it was made from."""
    newest = max(path.stat().st_mtime for pattern in _INPUTS for path in Path().glob(pattern))
    fresh = [path for path in (MODEL, OWN_MODEL) if path.exists() and path.stat().st_mtime >= newest]
    model = fresh[0] if fresh else _train()
    loaded = Agent.load(
        str(model),
        action_endpoint=EndpointConfig(actions_url),
        tracker_store=BoundedTrackerStore(None),
    )
    assert loaded.is_ready(), f"{model} could not be loaded"
    return loaded


def _train() -> Path:
    environment = {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "PYTHONWARNINGS": "ignore"}
    subprocess.run([sys.executable, "-m", "bot.training", str(OWN_MODEL.parent)], env=environment, check=True)
    command = [sys.executable, "-m", "rasa", "train", "--config", "bot/config.yml", "--domain", "bot/domain"]
    command += ["--data", str(OWN_MODEL.parent / "nlu.yml"), "bot/data/rules"]
    command += ["--out", str(OWN_MODEL.parent)]
    done = subprocess.run(
        [*command, "--fixed-model-name", "klara"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"training failed:\n{done.stderr[-3_000:]}"
    return OWN_MODEL
