"""A real browser against a real Klara: one stack and one Chromium for all browser tests."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

from ops.stack import Stack
from tests.integration.running import chromium, running_stack

ROOT = Path(__file__).parent.parent.parent
PICTURES = ROOT / "test-results"
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}

_QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

type OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with running_stack() as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium(), args=_QUIET)
        yield launched
        launched.close()


@pytest.fixture
def asked() -> list[Request]:
    """Every request that any page of the test made."""
    return []


@pytest.fixture
def open_page(stack: Stack, browser: Browser, asked: list[Request]) -> Iterator[OpenPage]:
    """Open a path of the service in a browser of its own, as a new visitor."""
    contexts = []

    def open_path(path: str = "/", viewport: dict[str, int] | None = None) -> Page:
        context = browser.new_context(viewport=viewport or DESKTOP, locale="da-DK", timezone_id="Europe/Copenhagen")
        contexts.append(context)
        page = context.new_page()
        page.on("request", asked.append)
        page.set_default_timeout(15_000)
        page.goto(stack.base_url + path)
        return page

    yield open_path
    for context in contexts:
        context.close()
