"""What a citizen and an employee see and do, in a browser."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Request, expect

from ops.stack import Stack
from tests.browser.conftest import DESKTOP, PHONE, PICTURES, ROOT, OpenPage

DOCS = ROOT / "docs" / "images"
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def ask(page: Page, text: str) -> None:
    """Write in the open chat and send."""
    page.get_by_label("Skriv dit spørgsmål").fill(text)
    page.get_by_role("button", name="Send").click()


def open_chat(page: Page) -> None:
    page.get_by_role("button", name="Spørg Klara").last.click()
    expect(page.get_by_label("Skriv dit spørgsmål")).to_be_visible()


def log_in(page: Page, username: str = "agent1") -> None:
    page.get_by_label("Brugernavn").fill(username)
    page.get_by_label("Adgangskode").fill("development-only")
    page.get_by_role("button", name="Log ind").click()
    expect(page.get_by_text("Forbundet")).to_be_visible()


def violations(page: Page) -> list[str]:
    """What axe finds, as rule and place."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": STANDARDS}}).response["violations"]
    return [f"{rule['id']}: {node['target']}" for rule in found for node in rule["nodes"]]


def picture(page: Page, name: str) -> Path:
    path = PICTURES / f"{name}.png"
    page.screenshot(path=path)
    return path


@pytest.mark.parametrize(("size", "viewport"), [("desktop", DESKTOP), ("phone", PHONE)])
def test_a_question_from_the_front_page_is_answered_with_its_source(
    open_page: OpenPage, size: str, viewport: dict[str, int]
) -> None:
    page = open_page("/", viewport)
    page.get_by_label("Dit spørgsmål").fill("må jeg ha stole uden for min café")
    page.get_by_role("search").get_by_role("button", name="Spørg Klara").click()

    log = page.get_by_role("log")
    expect(log.get_by_text(re.compile("tilladelse, før du sætter borde"))).to_be_visible()
    source = log.get_by_role("link", name=re.compile("Københavns Kommune: Udeservering"))
    expect(source).to_have_attribute("href", "https://www.kk.dk/udeservering")
    expect(log.get_by_text(re.compile(r"Gennemgået \d\d\.\d\d\.\d{4}")).first).to_be_visible()
    expect(log.get_by_role("link", name=re.compile("Søg om udeservering"))).to_be_visible()
    expect(page.get_by_role("button", name="Tal med en medarbejder").first).to_be_visible()
    taken = picture(page, f"answer-{size}")
    assert violations(page) == []
    if size == "desktop":
        DOCS.mkdir(parents=True, exist_ok=True)
        (DOCS / "chat.png").write_bytes(taken.read_bytes())


@pytest.mark.parametrize(("size", "viewport"), [("desktop", DESKTOP), ("phone", PHONE)])
def test_klara_says_that_she_is_a_machine_before_anything_is_asked(
    open_page: OpenPage, size: str, viewport: dict[str, int]
) -> None:
    """T1."""
    page = open_page("/", viewport)
    open_chat(page)
    expect(page.get_by_text("Digital assistent – ikke et menneske")).to_be_visible()
    picture(page, f"open-{size}")
    assert violations(page) == []


def test_a_reload_keeps_the_conversation(open_page: OpenPage) -> None:
    page = open_page("/")
    open_chat(page)
    ask(page, "hvad koster et pas")
    answer = page.get_by_role("log").get_by_text(re.compile("I 2023 kostede et pas"))
    expect(answer).to_be_visible()
    page.reload()
    if not page.get_by_role("log").is_visible():
        page.get_by_role("button", name=re.compile("Fortsæt samtalen|Spørg Klara")).last.click()
    expect(answer).to_be_visible()
    expect(answer).to_have_count(1)


def test_a_citizen_and_an_employee_write_to_each_other(open_page: OpenPage) -> None:
    """The whole way, with two browsers; T2: every change of speaker is stated."""
    desk = open_page("/desk", DESKTOP)
    picture(desk, "desk-login")
    assert violations(desk) == []
    log_in(desk)

    citizen = open_page("/", PHONE)
    open_chat(citizen)
    ask(citizen, "naboens byggeri larmer om natten, hvad gør jeg")
    expect(citizen.get_by_role("log").get_by_text("Klara (digital assistent)").nth(1)).to_be_visible()
    citizen.get_by_role("button", name="Tal med en medarbejder").first.click()
    expect(citizen.get_by_text(re.compile(r"KK-\d{4}-[A-Z2-9]{6}")).first).to_be_visible()
    picture(citizen, "waiting-phone")
    assert violations(citizen) == []

    row = desk.get_by_text("naboens byggeri larmer om natten").first
    expect(row).to_be_visible()
    row.click()
    desk.get_by_role("button", name="Tag samtalen").click()
    expect(desk.get_by_role("heading", name="Pakke")).to_be_visible()
    expect(citizen.get_by_text(re.compile("Du taler nu med Sofie")).first).to_be_visible()

    desk.get_by_label(re.compile("Skriv til|Besked|Svar")).first.fill("Hej, jeg ser på det med det samme.")
    desk.get_by_role("button", name="Send").click()
    expect(citizen.get_by_role("log").get_by_text("Hej, jeg ser på det med det samme.")).to_be_visible()
    expect(citizen.get_by_role("log").get_by_text(re.compile("^Sofie")).first).to_be_visible()

    citizen.get_by_role("textbox").last.fill("Tusind tak, det er Istedgade")
    citizen.get_by_role("button", name="Send").click()
    expect(desk.get_by_role("log").get_by_text("Tusind tak, det er Istedgade")).to_be_visible()
    taken = picture(desk, "desk-conversation")
    (DOCS / "desk.png").write_bytes(taken.read_bytes())
    picture(citizen, "employee-phone")
    assert violations(desk) == []
    assert violations(citizen) == []


def test_the_desk_fits_a_phone(open_page: OpenPage) -> None:
    page = open_page("/desk", PHONE)
    log_in(page, "agent2")
    picture(page, "desk-phone")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert violations(page) == []


def test_no_page_asks_a_foreign_host(open_page: OpenPage, stack: Stack, asked: list[Request]) -> None:
    """G11."""
    page = open_page("/")
    open_chat(page)
    ask(page, "hvornår er genbrugsstationen åben")
    expect(page.get_by_role("log").get_by_text("Klara (digital assistent)").nth(1)).to_be_visible()
    open_page("/desk")
    hosts = {urlsplit(request.url).netloc for request in asked if request.url.startswith(("http", "ws"))}
    assert hosts == {urlsplit(stack.base_url).netloc}


def test_the_english_page_answers_in_english(open_page: OpenPage) -> None:
    page = open_page("/?language=en")
    page.get_by_label("Your question").fill("How do I renew my passport?")
    page.get_by_role("button", name="Ask Klara").first.click()
    expect(page.get_by_role("log").get_by_text(re.compile("passport application online"))).to_be_visible()
    assert violations(page) == []
