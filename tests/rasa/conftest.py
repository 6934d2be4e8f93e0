"""Fixtures for the Rasa environment: a server on a free port, and the service's internal API as a fake."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from sanic import Sanic

Serve = Callable[[Sanic], str]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Starts a Sanic application on a free port of loopback; gives its address."""
    monkeypatch.setattr(Sanic, "test_mode", True)  # else no two applications may have one name
    loops: list[tuple[asyncio.AbstractEventLoop, threading.Thread]] = []

    def start(app: Sanic) -> str:
        loop = asyncio.new_event_loop()
        started: list[int] = []

        async def run() -> None:
            bound = socket.create_server(("127.0.0.1", 0))  # Sanic reads port 0 as 8000
            server = await app.create_server(sock=bound, return_asyncio_server=True, access_log=False, debug=False)
            await server.startup()
            started.append(bound.getsockname()[1])

        def work() -> None:
            asyncio.set_event_loop(loop)
            loop.run_until_complete(run())
            loop.run_forever()

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        loops.append((loop, thread))
        deadline = time.monotonic() + 10
        while not started:
            assert thread.is_alive(), "server did not start"
            assert time.monotonic() < deadline, "server did not start"
            time.sleep(0.01)
        return f"http://127.0.0.1:{started[0]}"

    yield start
    for loop, thread in loops:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)


class FakeInternalApi:
    """Answers each POST with what ``answer`` holds and remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any], str | None]] = []
        self.status = 200
        self.answer: bytes = json.dumps({"replies": [{"kind": "answer", "text": "svar"}]}).encode()
        self.seconds = 0.0
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                api.asked.append((self.path, body, self.headers.get("X-Klara-Secret")))
                time.sleep(api.seconds)
                self.send_response(api.status)
                self.send_header("Content-Length", str(len(api.answer)))
                self.end_headers()
                self.wfile.write(api.answer)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/internal/v1"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def internal_api(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeInternalApi]:
    api = FakeInternalApi()
    monkeypatch.setenv("KLARA_INTERNAL_URL", api.url)
    monkeypatch.setenv("KLARA_INTERNAL_SECRET", "a secret")
    yield api
    api.stop()


@pytest.fixture
def http() -> Iterator[requests.Session]:
    session = requests.Session()
    session.trust_env = False
    yield session
    session.close()
