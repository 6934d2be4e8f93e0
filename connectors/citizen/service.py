"""Take in citizens' messages: clean, mask, detect the language, store, and have them answered."""

from typing import Any

import phonenumbers
import structlog

from connectors import metrics
from connectors.errors import InvalidInput
from connectors.handover.service import Contact
from connectors.record.conversations import Accepted, Opened
from connectors.services import Services
from connectors.types import Conversation, Kind, Language, Reply, Speaker, State
from connectors.wording import say
from nlu.text.language import detect_language
from nlu.text.normalise import clean
from nlu.text.personal_data import mask

log = structlog.get_logger(__name__)


async def open_conversation(services: Services, *, language: Language, channel: str, audience: str) -> Opened:
    """Start a conversation; the first message says that this is a machine."""
    greeting = services.assistant.greeting(language)
    opened = await services.conversations.open(language=language, channel=channel, audience=audience, greeting=greeting)
    log.info("conversation_opened", conversation=opened.conversation.id, language=language)
    return opened


async def accept(services: Services, conversation: Conversation, *, client_id: str, text: str) -> Accepted:
    """The front door: nothing behind it sees personal numbers.

    Raises:
        InvalidInput: If nothing is left of the text, or it is too long.
        ConversationClosed: If the conversation has ended.
    """
    cleaned = clean(text)
    if not cleaned:
        raise InvalidInput("Skriv en besked.")
    longest = services.settings.max_message_length
    if len(cleaned) > longest:
        raise InvalidInput(f"Beskeden er for lang: {len(cleaned)} tegn. Skriv højst {longest} tegn.")
    masked = mask(cleaned)
    detected = detect_language(masked.text, conversation.language)
    language: Language = conversation.language if detected == "other" else detected
    details: dict[str, Any] = {}
    if masked.kinds:
        details["masked"] = sorted(kind.value for kind in masked.kinds)
        for kind in masked.kinds:
            metrics.MASKED.labels(kind=kind.value).inc()
    if detected == "other":
        details["other_language"] = True
    accepted = await services.conversations.accept(
        conversation.id, client_id=client_id, text=masked.text, language=language, details=details or None
    )
    if accepted.is_new:
        services.worker.wake(conversation.id)
    return accepted


def contact_of(*, name: str, phone: str | None, email: str | None, when: str) -> Contact:
    """Check how a citizen wants to be reached.

    Raises:
        InvalidInput: If there is neither phone nor e-mail, or the number is none.
    """
    if not phone and not email:
        raise InvalidInput("Skriv et telefonnummer eller en e-mail, så vi kan kontakte dig.")
    number = None
    if phone:
        try:
            parsed = phonenumbers.parse(phone, "DK")
        except phonenumbers.NumberParseException:
            parsed = None
        if parsed is None or not phonenumbers.is_possible_number(parsed):
            raise InvalidInput(
                "Telefonnummeret ser ikke rigtigt ud. Skriv otte cifre, eller begynd med + og landekode."
            )
        number = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return Contact(name=mask(clean(name)).text, phone=number, email=email, when=mask(clean(when)).text)


async def end(services: Services, conversation: Conversation) -> None:
    """The citizen ends the conversation."""
    if conversation.state is State.WAITING:
        await services.handovers.withdraw(conversation)
    if conversation.state is not State.CLOSED:
        reply = Reply(
            Kind.NOTICE, say("closed_by_citizen", conversation.language), conversation.language, Speaker.SYSTEM
        )
        await services.conversations.say(conversation.id, reply)
        await services.conversations.set_state(conversation.id, State.CLOSED)
