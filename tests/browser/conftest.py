"""A real browser against one real Klara. Each test gets pages that are watched for foreign requests and errors."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from ops.programs import ROOT
from ops.stack import Stack
from tests.integration.people import Citizen, Employee
from tests.integration.running import chromium, running_stack

SCREENSHOTS = ROOT / "test-results"
SIZES = {"phone": (390, 844), "desktop": (1280, 800)}
_ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@dataclass
class Watch:
    """What a page did that it must not do."""

    base_url: str
    foreign: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    allowed: tuple[str, ...] = ()

    def on_url(self, url: str) -> None:
        if (
            urlsplit(url).scheme in ("http", "https", "ws", "wss")
            and urlsplit(url).netloc != urlsplit(self.base_url).netloc
        ):
            self.foreign.append(url)

    def on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(words in message.text for words in self.allowed):
            self.errors.append(f"{message.text} ({message.location.get('url', '')})")

    def check(self) -> None:
        """G11 and the content security policy: no foreign request, no error in the console, no dialog."""
        assert self.foreign == [], "requests to foreign hosts"
        assert self.errors == [], "errors in the console"
        assert self.dialogs == [], "dialogs"


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with running_stack() as running:
        yield running


@pytest.fixture(scope="session")
def base_url(stack: Stack) -> str:
    return stack.base_url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    shutil.rmtree(SCREENSHOTS, ignore_errors=True)
    SCREENSHOTS.mkdir()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=_ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(params=SIZES)
def size(request: pytest.FixtureRequest) -> str:
    """Each test that asks for it runs at both sizes."""
    return str(request.param)


@pytest.fixture
def open_page(browser: Browser, base_url: str) -> Iterator[Callable[..., Page]]:
    """Opens a page of the service in a browser of its own; what it did is checked at the end."""
    contexts, watches = [], []

    def open_one(path: str = "/", size: str = "desktop", *, allowed: tuple[str, ...] = (), **options: object) -> Page:
        width, height = SIZES[size]
        phone = {"has_touch": True, "is_mobile": True} if size == "phone" else {}
        context = browser.new_context(
            viewport={"width": width, "height": height}, locale="da-DK", reduced_motion="reduce", **phone, **options
        )
        contexts.append(context)
        watch = Watch(base_url, allowed=allowed)
        watches.append(watch)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("request", lambda request: watch.on_url(request.url))
        page.on("websocket", lambda socket: watch.on_url(socket.url))
        page.on("console", watch.on_console)
        page.on("pageerror", lambda error: watch.errors.append(str(error)))
        page.on("dialog", lambda dialog: (watch.dialogs.append(dialog.message), dialog.dismiss()))
        page.goto(base_url + path)
        return page

    yield open_one
    for context in contexts:
        context.close()
    for watch in watches:
        watch.check()


@pytest.fixture
def agent(base_url: str) -> Iterator[Employee]:
    with Employee(base_url) as person:
        yield person


@pytest.fixture
def citizen(base_url: str) -> Iterator[Citizen]:
    with Citizen(base_url) as person:
        yield person


def accessible(page: Page, state: str) -> None:
    """A1, A20: no violation in this state of the page."""
    result = Axe().run(page, options={"runOnly": {"type": "tag", "values": _TAGS}})
    found = [
        f"{violation['id']}: {node['target']} {node.get('failureSummary', '')}"
        for violation in result.response["violations"]
        for node in violation["nodes"]
    ]
    assert found == [], f"{state}:\n" + "\n".join(found)


def fits(page: Page) -> None:
    """A8: no sideways scroll."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"


def shoot(page: Page, name: str) -> Path:
    """A screenshot among the test results."""
    path = SCREENSHOTS / f"{name}.png"
    page.screenshot(path=path)
    return path
