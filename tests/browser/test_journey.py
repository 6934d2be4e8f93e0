"""The whole journey in a browser, at a phone's and a desktop's width: both pages, both people."""

import os
import re
import shutil

import pytest
from playwright.sync_api import Page, expect

from ops.programs import ROOT
from tests.browser.conftest import accessible, fits, shoot
from tests.browser.pages import ChatPage, DeskPage

PICTURES = ROOT / "docs" / "images"
MOST_BYTES = 300_000


def picture(page: Page, name: str) -> None:
    """The README's picture: made where it is missing, or where KLARA_PICTURES asks for it anew."""
    path = PICTURES / f"{name}.png"
    page.mouse.move(0, 0)
    shot = shoot(page, f"picture-{name}")
    assert shot.stat().st_size < MOST_BYTES
    if os.environ.get("KLARA_PICTURES") or not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(shot, path)


@pytest.mark.parametrize("language", ["da", "en"])
def test_a_question_is_answered_with_a_link_to_its_source(open_page, size, language):
    page = open_page("/" if language == "da" else "/?language=en", size)
    chat = ChatPage(page)
    accessible(page, "closed")
    fits(page)
    shoot(page, f"{size}-{language}-1-front")
    question = "Hvordan får jeg et nyt pas?" if language == "da" else "How do I renew my passport?"
    page.locator("#question").fill(question)
    page.locator("#ask button").click()
    answer = chat.said("assistant").nth(1)
    expect(answer).to_contain_text("MitID" if language == "en" else "Borgerservice", timeout=20_000)
    expect(chat.said("citizen")).to_have_text(re.compile(re.escape(question)))
    link = answer.locator(".sources a").first
    assert (link.get_attribute("href") or "").startswith("https://www.kk.dk/")
    assert link.get_attribute("target") == "_blank"
    assert "noopener" in (link.get_attribute("rel") or "")
    expect(answer.locator(".sources")).to_contain_text("Gennemgået" if language == "da" else "Reviewed")
    shoot(page, f"{size}-{language}-2-answered")
    accessible(page, "answered")
    fits(page)
    if size == "desktop" and language == "da":
        picture(page, "chat")


def test_an_option_button_is_sent_and_answered(open_page, size):
    page = open_page("/", size)
    chat = ChatPage(page)
    chat.open()
    reply = chat.ask("tilladelse")
    options = chat.chat.locator(".options button.option")
    expect(options.first).to_be_visible()
    shoot(page, f"{size}-options")
    accessible(page, "with options")
    for option in options.all():
        box = option.bounding_box()
        assert box is not None
        assert box["height"] >= 24, "A13"
    label = options.first.inner_text()
    count = chat.said("assistant").count()
    options.first.click()
    expect(chat.said("citizen").last).to_contain_text(label)
    expect(chat.said("assistant").nth(count)).to_be_visible(timeout=20_000)
    expect(chat.said("assistant").nth(count).locator(".sources a").first).to_be_visible()
    assert reply is not None


def test_citizen_and_employee_find_each_other_and_both_see_all(open_page, size):
    citizen_page = open_page("/", size)
    chat = ChatPage(citizen_page)
    chat.open()
    chat.ask("Hvordan får jeg et nyt pas?")
    expect(chat.human).to_be_visible()
    chat.human.click()
    expect(chat.who).to_contain_text("venter")
    status = chat.said("system").last
    expect(status).to_contain_text("KK-")
    receipt = re.search(r"KK-\d{4}-[A-Z0-9]+", status.inner_text())
    assert receipt
    shoot(citizen_page, f"{size}-3-waiting")
    accessible(citizen_page, "waiting")

    desk_page = open_page("/desk", size)
    desk = DeskPage(desk_page)
    expect(desk_page.get_by_role("button", name="Log ind")).to_be_visible()
    shoot(desk_page, f"{size}-desk-1-login")
    accessible(desk_page, "log-in")
    desk.log_in()
    expect(desk.row(receipt.group())).to_be_visible()
    shoot(desk_page, f"{size}-desk-2-list")
    accessible(desk_page, "list")
    fits(desk_page)
    desk.claim(receipt.group())
    expect(chat.who).to_contain_text("Du skriver med")
    expect(chat.said("system").last).to_contain_text("Sofie")

    desk.write("Hej, jeg hedder Sofie. Jeg ser på det nu.")
    expect(chat.said("employee").last).to_contain_text("Jeg ser på det nu.")
    expect(chat.said("employee").last).to_contain_text("Sofie, Borgerservice")
    expect(chat.who).to_contain_text("Sofie")
    chat.write("Tak! Skal jeg have et billede med?")
    expect(desk.said("citizen").last).to_contain_text("Skal jeg have et billede med?")
    if size == "desktop":
        expect(desk_page.locator(".toast, [role=status]", has_text="Du har taget")).to_have_count(0, timeout=15_000)
        picture(desk_page, "desk")
    chat.write("<b>Skal</b> jeg have billedet med? <img src=x onerror=alert(1)>")
    expect(desk.said("citizen").last).to_contain_text("<b>Skal</b> jeg have billedet med? <img src=x")
    assert desk.said("citizen").last.locator("b, img").count() == 0
    assert chat.said("citizen").last.locator("b, img").count() == 0
    shoot(citizen_page, f"{size}-4-employee")
    shoot(desk_page, f"{size}-desk-3-conversation")
    accessible(citizen_page, "with an employee")
    accessible(desk_page, "conversation")
    fits(citizen_page)
    fits(desk_page)

    if size == "phone":
        desk_page.get_by_role("button", name="Pakke", exact=False).first.click()
    expect(desk.packet.locator("blockquote")).to_contain_text("Hvordan får jeg et nyt pas?")
    shoot(desk_page, f"{size}-desk-4-packet")
    accessible(desk_page, "packet")
    if size == "phone":
        desk_page.get_by_role("button", name="Samtale", exact=False).first.click()

    # Reloading loses nothing, on either side.
    before = chat.log.locator("article.message").all_inner_texts()
    citizen_page.reload()
    chat.launcher.click()
    expect(chat.log.locator("article.message")).to_have_count(len(before))
    assert [text.split("\n")[1:] for text in chat.log.locator("article.message").all_inner_texts()] == [
        text.split("\n")[1:] for text in before
    ]
    expect(chat.who).to_contain_text("Sofie")
    desk_page.reload()
    desk_page.get_by_role("button", name=re.compile("^Mine")).click()
    desk.row(receipt.group()).click()
    expect(desk.said("citizen").last).to_contain_text("Skal")

    desk_page.get_by_role("button", name="Luk", exact=True).click()
    desk_page.get_by_label("Løst").check()
    shoot(desk_page, f"{size}-desk-5-close")
    accessible(desk_page, "closing")
    desk_page.get_by_role("button", name="Luk henvendelsen").click()
    expect(chat.chat.get_by_role("heading", name="Samtalen er afsluttet")).to_be_visible()
    shoot(citizen_page, f"{size}-5-ended")
    accessible(citizen_page, "ended")
    chat.chat.get_by_label("Ja, helt").check(force=True)
    chat.chat.get_by_role("button", name="Send vurdering").click()
    expect(chat.chat.locator("p.thanks")).to_be_visible()


def test_a_callback_is_asked_for_in_the_chat(open_page, size):
    page = open_page("/", size)
    chat = ChatPage(page)
    chat.open()
    chat.ask("Jeg vil gerne tale med et menneske")
    chat.chat.locator(".options button", has_text="Bliv kontaktet").click()
    shoot(page, f"{size}-callback")
    accessible(page, "callback form")
    chat.chat.get_by_role("button", name="Bed om at blive kontaktet").click()
    expect(chat.chat.get_by_text("Skriv dit navn.")).to_be_visible()
    accessible(page, "callback form with errors")
    chat.chat.get_by_label("Navn").fill("Anne Prøve")
    chat.chat.get_by_label("Telefon").fill("33663366")
    chat.chat.get_by_role("button", name="Bed om at blive kontaktet").click()
    expect(chat.said("system").last).to_contain_text("KK-")


def test_a_wrong_password_is_told_and_keeps_the_name(open_page, size):
    page = open_page("/desk", size, allowed=("401",))
    desk = DeskPage(page)
    desk.log_in(password="forkert")
    expect(page.get_by_role("alert").first).to_contain_text("forkert")
    assert page.get_by_label("Brugernavn").input_value() == "agent1"
    accessible(page, "wrong password")


def test_g12_the_browser_keeps_only_the_conversation_and_nothing_after_erasure(open_page, size):
    page = open_page("/", size)
    chat = ChatPage(page)
    chat.open()
    chat.ask("Hvordan får jeg et nyt pas?")
    kept = page.evaluate(
        "JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), document.cookie])"
    )
    assert "pas" not in kept.replace("klara-chat", "")
    assert '"token' in kept.replace("\\", "")
    chat.chat.get_by_role("button", name="Menu").click()
    chat.chat.get_by_role("button", name="Slet samtalen").click()
    accessible(page, "erase?")
    chat.chat.get_by_role("button", name="Ja, slet samtalen").click()
    expect(chat.said("citizen")).to_have_count(0)
    kept = page.evaluate(
        "JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), document.cookie])"
    )
    assert "nyt pas" not in kept


def test_what_is_erased_in_one_tab_is_gone_in_another(open_page, base_url):
    page = open_page("/", allowed=("404", "401"))
    chat = ChatPage(page)
    chat.open()
    chat.ask("Hvordan får jeg et nyt pas?")
    other = page.context.new_page()
    other.goto(base_url)
    second = ChatPage(other)
    second.launcher.click()
    expect(second.said("citizen")).to_have_count(1)
    second.chat.get_by_role("button", name="Menu").click()
    second.chat.get_by_role("button", name="Slet samtalen").click()
    second.chat.get_by_role("button", name="Ja, slet samtalen").click()
    expect(chat.said("citizen")).to_have_count(0)


def test_two_tabs_of_one_browser_show_the_same_conversation(open_page, base_url):
    page = open_page("/")
    chat = ChatPage(page)
    chat.open()
    chat.ask("Hvordan får jeg et nyt pas?")
    other = page.context.new_page()
    other.goto(base_url)
    second = ChatPage(other)
    second.launcher.click()
    expect(second.said("citizen")).to_have_count(1)
    second.ask("Hvad koster det?")
    expect(chat.said("citizen")).to_have_count(2)
    expect(chat.said("assistant")).to_have_count(3)


def test_a4_opening_moves_the_focus_in_and_escape_gives_it_back(open_page):
    page = open_page("/")
    chat = ChatPage(page)
    chat.open()
    expect(chat.field).to_be_focused()
    page.keyboard.press("Escape")
    expect(chat.launcher).to_be_focused()


def test_a14_with_the_service_gone_the_phone_number_and_the_text_stay(open_page, size):
    page = open_page("/", size, allowed=("ERR_", "WebSocket", "503"))
    chat = ChatPage(page)
    chat.open()
    page.context.set_offline(True)
    chat.field.fill("Hvad koster et pas?")
    chat.field.press("Enter")
    expect(chat.chat.locator("article.citizen").last).to_contain_text("Hvad koster et pas?")
    expect(chat.chat.locator(".phone a[href^='tel:']")).to_be_visible()
    expect(chat.human).to_be_visible()
    shoot(page, f"{size}-offline")
    accessible(page, "offline")
    page.context.set_offline(False)
    retry = chat.chat.locator("button.retry")
    if retry.count():
        retry.first.click()
    expect(chat.said("assistant").nth(1)).to_contain_text("kr.", timeout=30_000)
    expect(chat.said("citizen")).to_have_count(1)
