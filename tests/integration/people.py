"""Those who use a running Klara: a citizen and an employee, each through the public API and nothing else."""

import json
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, Self, TypeVar

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

PASSWORD = "development-only"
_API = "/api/v1"
_PATIENCE = 35.0  # seconds for one call

_T = TypeVar("_T")


def new_client_id() -> str:
    """As a page makes it for each message."""
    return str(uuid.uuid4())


def until(look: Callable[[], _T], seconds: float = 20.0, what: str = "it") -> _T:
    """The first true value of ``look``; fails when ``seconds`` have passed."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds:.0f} s"
        time.sleep(0.1)


class Caller:
    """Someone with a token."""

    def __init__(self, base_url: str, token: str = "") -> None:
        self.base_url = base_url
        self.token = token
        self.http = httpx.Client(base_url=base_url, timeout=_PATIENCE, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def call(self, method: str, path: str, **how: Any) -> httpx.Response:
        """Any call, with the token."""
        return self.http.request(method, _API + path, headers=self.headers, **how)

    def good(self, method: str, path: str, **how: Any) -> Any:
        """The JSON of a call that must succeed; None where there is no body."""
        response = self.call(method, path, **how)
        assert response.is_success, f"{method} {path}: {response.status_code} {response.text[:300]}"
        return response.json() if response.content else None


class Citizen(Caller):
    """Someone on the municipality's website."""

    def __init__(self, base_url: str, language: str = "da") -> None:
        super().__init__(base_url)
        self.opened = self.good("POST", "/conversations", json={"language": language})
        self.id: str = self.opened["conversation_id"]
        self.token = self.opened["token"]

    def post(self, text: str, *, wait: float = 25, client_id: str | None = None) -> httpx.Response:
        """Send a message; whatever comes back."""
        body = {"client_id": client_id or new_client_id(), "text": text}
        return self.call("POST", f"/conversations/{self.id}/messages", params={"wait": wait}, json=body)

    def ask(self, text: str) -> dict[str, Any]:
        """Send a message; the turn with its replies."""
        response = self.post(text)
        assert response.status_code == 200, f"{response.status_code} {response.text[:300]}"
        return dict(response.json())

    def reply(self, text: str) -> dict[str, Any]:
        """Send a message; the first reply."""
        return dict(self.ask(text)["messages"][0])

    def messages(self, after: int = 0) -> list[dict[str, Any]]:
        """What the record holds."""
        return list(self.good("GET", f"/conversations/{self.id}/messages", params={"after": after})["messages"])

    def state(self) -> str:
        """Who the conversation is with."""
        return str(self.good("GET", f"/conversations/{self.id}/messages", params={"after": 2**31})["state"])

    def hand_over(self) -> dict[str, Any]:
        """Press "Tal med en medarbejder"."""
        return dict(self.good("POST", f"/conversations/{self.id}/handover", json={}))

    def live(self, after: int = 0, *, base_url: str | None = None) -> "Live":
        """An open live socket."""
        return Live(base_url or self.base_url, f"/conversations/{self.id}/live", self.token, after)


class Employee(Caller):
    """Someone at the desk."""

    def __init__(self, base_url: str, username: str = "agent1", password: str = PASSWORD) -> None:
        super().__init__(base_url)
        session = self.good("POST", "/desk/sessions", json={"username": username, "password": password})
        self.token = session["token"]
        self.me: dict[str, Any] = session["employee"]

    def handovers(self, state: str) -> list[dict[str, Any]]:
        """One list of the desk."""
        return list(self.good("GET", "/desk/handovers", params={"state": state})["handovers"])

    def waiting(self, citizen: Citizen) -> dict[str, Any]:
        """A citizen's handover in the waiting list."""
        found = [h for h in self.handovers("waiting") if h["conversation_id"] == citizen.id]
        assert len(found) == 1, f"{len(found)} handovers of the conversation are waiting"
        return found[0]

    def claim(self, citizen: Citizen) -> dict[str, Any]:
        """Take a waiting citizen; the packet."""
        return dict(self.good("POST", f"/desk/handovers/{self.waiting(citizen)['id']}/claim"))

    def write(self, citizen: Citizen, text: str, **more: Any) -> dict[str, Any]:
        """Write to a citizen."""
        body = {"client_id": new_client_id(), "text": text, **more}
        return dict(self.good("POST", f"/desk/conversations/{citizen.id}/messages", json=body))

    def view(self, citizen: Citizen) -> dict[str, Any]:
        """A conversation as the desk shows it."""
        return dict(self.good("GET", f"/desk/conversations/{citizen.id}"))

    def close(self, handover_id: str, outcome: str = "solved", note: str = "") -> dict[str, Any]:
        """Settle a handover."""
        return dict(self.good("POST", f"/desk/handovers/{handover_id}/close", json={"outcome": outcome, "note": note}))

    def live(self) -> "Live":
        """The desk's live socket."""
        return Live(self.base_url, "/desk/live", self.token)


class Live:
    """An open live socket that keeps every frame it got."""

    def __init__(self, base_url: str, path: str, token: str, after: int | None = None) -> None:
        self._open = ExitStack()
        self.socket = self._open.enter_context(open_socket(base_url, path))
        hello: dict[str, Any] = {"type": "hello", "token": token}
        if after is not None:
            hello["after"] = after
        self.send(hello)
        self.frames: list[dict[str, Any]] = []
        self.close_code: int | None = None
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()
        self._reader.join(5)

    def send(self, frame: dict[str, Any]) -> None:
        self.socket.send(json.dumps(frame))

    def cut(self) -> None:
        """Tear the connection without a word, as a lost network does."""
        with suppress(OSError):
            self.socket.socket.shutdown(socket.SHUT_RDWR)
        self._reader.join(5)
        self._open.close()

    def _read(self) -> None:
        try:
            for packed in self.socket:
                with self._news:
                    self.frames.append(json.loads(packed))
                    self._news.notify_all()
        except (ConnectionClosed, OSError):
            pass
        with self._news:
            self.close_code = self.socket.close_code
            self._news.notify_all()

    def wait_for(self, wanted: Callable[["Live"], Any], seconds: float = 20.0, what: str = "the frame") -> None:
        """Wait until ``wanted`` holds."""
        with self._news:
            assert self._news.wait_for(lambda: wanted(self), seconds), f"{what} did not come: {self.frames[-3:]}"

    def wait_for_close(self, seconds: float = 15.0) -> int | None:
        """The code that the server closed with."""
        self._reader.join(seconds)
        assert not self._reader.is_alive(), "the server did not close the socket"
        return self.close_code

    @property
    def messages(self) -> list[dict[str, Any]]:
        """All messages of all frames, in the order they came."""
        return [m for frame in self.frames if frame["type"] == "messages" for m in frame.get("messages", [])]

    @property
    def seqs(self) -> list[int]:
        return [m["seq"] for m in self.messages]

    @property
    def state(self) -> str | None:
        states = [frame["state"] for frame in self.frames if frame["type"] == "messages"]
        return states[-1] if states else None


def open_socket(base_url: str, path: str, **how: Any) -> connect:
    """A WebSocket, for a with block, without a word said on it yet."""
    return connect(base_url.replace("http", "ws", 1) + _API + path, proxy=None, open_timeout=10, close_timeout=3, **how)


@contextmanager
def waiting_citizen(
    base_url: str, question: str = "Hvordan får jeg et nyt pas?", language: str = "da"
) -> Iterator[Citizen]:
    """A citizen who asked and then pressed the button for a person."""
    with Citizen(base_url, language) as citizen:
        citizen.ask(question)
        citizen.hand_over()
        yield citizen
