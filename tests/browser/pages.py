"""The two pages as those who use them see them: what they press, and what they read."""

from playwright.sync_api import Locator, Page, expect

from tests.integration.people import PASSWORD

ANSWER_WITHIN = 20_000  # ms


class ChatPage:
    """The citizen's page with the chat."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.chat = page.locator("klara-chat")
        self.launcher = self.chat.locator("button.launcher")
        self.field = self.chat.locator("#text")
        self.log = self.chat.get_by_role("log")
        self.human = self.chat.locator("button.human")
        self.who = self.chat.locator("#who")

    def open(self) -> None:
        self.launcher.click()
        expect(self.said("assistant").first).to_contain_text("maskine", timeout=ANSWER_WITHIN)

    def said(self, speaker: str) -> Locator:
        """The messages of one speaker."""
        return self.chat.locator(f"article.message.{speaker}")

    def write(self, text: str) -> None:
        self.field.fill(text)
        self.field.press("Enter")
        expect(self.said("citizen").last).to_contain_text(text)

    def ask(self, text: str) -> Locator:
        """Write, and wait for the reply."""
        count = self.said("assistant").count()
        self.write(text)
        reply = self.said("assistant").nth(count)
        expect(reply).to_be_visible(timeout=ANSWER_WITHIN)
        expect(self.chat.locator(".pending, .sending")).to_have_count(0)
        return reply


class DeskPage:
    """The employee's page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.field = page.locator("#composer")
        self.packet = page.locator("section.packet-column")
        self.conversation = page.locator("#conversation")

    def log_in(self, username: str = "agent1", password: str = PASSWORD) -> None:
        self.page.get_by_label("Brugernavn").fill(username)
        self.page.get_by_label("Adgangskode").fill(password)
        self.page.get_by_role("button", name="Log ind").click()

    def row(self, receipt: str) -> Locator:
        """A conversation in the list."""
        return self.page.locator("button.row", has_text=receipt)

    def claim(self, receipt: str) -> None:
        self.row(receipt).click()
        self.page.get_by_role("button", name="Tag samtalen").click()
        expect(self.field).to_be_visible()

    def said(self, speaker: str) -> Locator:
        return self.conversation.locator(f".message.{speaker}")

    def write(self, text: str) -> None:
        self.field.fill(text)
        self.field.press("Enter")
        expect(self.said("employee").last).to_contain_text(text)
