"""The citizen's own copy of a conversation, as plain text or a page of its own."""

from jinja2 import Environment, PackageLoader, select_autoescape

from connectors.municipality import Municipality
from connectors.types import Conversation, Message, Speaker
from knowledge.readability import plain_text

_SPEAKERS = {
    "da": {"citizen": "Du", "assistant": "Klara (digital assistent)", "employee": "Medarbejder", "system": "System"},
    "en": {"citizen": "You", "assistant": "Klara (digital assistant)", "employee": "Employee", "system": "System"},
}
_PAGES = Environment(loader=PackageLoader("connectors"), autoescape=select_autoescape(["html"]))


def speaker_of(message: Message, language: str) -> str:
    """Who said it, as shown."""
    if message.speaker is Speaker.EMPLOYEE and message.speaker_name:
        return message.speaker_name
    return _SPEAKERS[language][message.speaker.value]


def as_text(conversation: Conversation, messages: list[Message], municipality: Municipality) -> str:
    """Plain text, with the sources of each answer."""
    language = conversation.language
    lines = [f"{municipality.name_in(language)} – Klara", ""]
    for message in messages:
        at = message.at.astimezone(municipality.calendar.zone)
        lines.append(f"{at:%d.%m.%Y %H:%M}  {speaker_of(message, language)}")
        lines.append(plain_text(message.text))
        lines += [f"  {source['title']}: {source['url']}" for source in message.sources]
        lines.append("")
    return "\n".join(lines)


def as_html(conversation: Conversation, messages: list[Message], municipality: Municipality) -> str:
    """An HTML page; every text is escaped."""
    language = conversation.language
    rows = [
        {
            "at": m.at.astimezone(municipality.calendar.zone),
            "speaker": speaker_of(m, language),
            "paragraphs": plain_text(m.text).splitlines(),
            "sources": m.sources,
            "language": m.language,
        }
        for m in messages
    ]
    page = _PAGES.get_template("transcript.html")
    return page.render(language=language, municipality=municipality.name_in(language), rows=rows)
