"""The handover packet: what an employee needs, built from the record and validated against its public schema."""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from connectors.types import Conversation, Kind, Message, Reason, Speaker, Urgency

SCHEMA_VERSION = "1.0"
SCHEMA = Path(__file__).parent.parent / "schemas" / f"handover-packet-{SCHEMA_VERSION}.json"

_ANSWERS = {Kind.ANSWER, Kind.NO_DECISION, Kind.SENSITIVE, Kind.GUIDE_RESULT}
_SUMMARY_QUESTIONS = 3


class PacketInvalid(Exception):
    """A packet does not fit its schema: a defect. Names the field."""


@lru_cache(maxsize=1)
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")), format_checker=FormatChecker())


def validate(packet: dict[str, Any]) -> None:
    """Check a packet against the published schema.

    Raises:
        PacketInvalid: If it does not fit.
    """
    error = next(iter(_validator().iter_errors(packet)), None)
    if error:
        raise PacketInvalid(f"{'/'.join(map(str, error.absolute_path)) or 'packet'}: {error.message}")


def build(
    conversation: Conversation,
    messages: Sequence[Message],
    *,
    handover_id: str,
    receipt: str,
    created_at: datetime,
    reason: Reason,
    urgency: Urgency,
    team: str,
    topics: Sequence[dict[str, Any]],
    opening_state: str,
    question: str | None = None,
    contact: dict[str, Any] | None = None,
    promised_by: datetime | None = None,
    consent: int | None = None,
) -> dict[str, Any]:
    """Everything an employee needs so that nobody has to ask twice. All text in it is masked already.

    Args:
        conversation: Whose packet.
        messages: Its messages, in order.
        handover_id: The handover's id.
        receipt: The citizen's number.
        created_at: When it was asked for.
        reason: Why.
        urgency: How soon.
        team: Slug of the team it goes to.
        topics: What it is about, most likely first: ``{topic, title, confidence}``.
        opening_state: ``open`` or ``closed`` at that moment.
        question: The citizen's own words for it, if they were given in a form.
        contact: Name, phone or e-mail, and when, if given.
        promised_by: The latest moment of an answer, if promised.
        consent: ``seq`` of the citizen's "ja" to the handover, which is no question.

    Raises:
        PacketInvalid: If the result does not fit the schema: a defect.
    """
    said = [m for m in messages if m.seq != consent]
    unresolved = question or last_unresolved_question(said)
    packet = {
        "schema_version": SCHEMA_VERSION,
        "receipt": receipt,
        "handover_id": handover_id,
        "conversation_id": conversation.id,
        "created_at": created_at.isoformat(),
        "channel": conversation.channel,
        "language": conversation.language,
        "audience": conversation.audience,
        "reason": reason,
        "urgency": urgency,
        "topics": list(topics),
        "team": team,
        "question": unresolved,
        "summary": _summary(said, unresolved, topics),
        "facts": {},
        "answers_shown": _answers_shown(messages),
        "tried": _tried(messages),
        "contact": contact,
        "opening_state": opening_state,
        "promised_by": promised_by.isoformat() if promised_by else None,
        "transcript": [
            {"seq": m.seq, "at": m.at.isoformat(), "speaker": m.speaker, "kind": m.kind, "text": m.text}
            for m in messages
        ],
    }
    validate(packet)
    return packet


def last_unresolved_question(messages: Sequence[Message]) -> str:
    """The last thing a citizen asked that is not itself the wish for a person; "" if there is none.

    A question that got no answer comes before a later one that did.
    """
    by_turn: dict[int, Kind] = {}
    for message in messages:
        if message.turn is not None and message.speaker is Speaker.ASSISTANT:
            by_turn.setdefault(message.turn, message.kind)
    asked = [m for m in messages if m.speaker is Speaker.CITIZEN]
    smalltalk = {Kind.SMALLTALK, Kind.HANDOVER_OFFER, Kind.HANDOVER_STATUS}
    matters = [m for m in asked if by_turn.get(m.seq) not in smalltalk]
    open_ones = [m for m in matters if by_turn.get(m.seq) not in (Kind.ANSWER, Kind.OUT_OF_SCOPE)]
    for candidates in (open_ones, matters, asked):
        if candidates:
            return candidates[-1].text
    return ""


def answer_to(question: str, messages: Sequence[Message]) -> Message | None:
    """The reply with an article that the citizen's latest message of these words got, if any."""
    turn = next((m.seq for m in reversed(messages) if m.speaker is Speaker.CITIZEN and m.text == question), None)
    return next((m for m in messages if turn is not None and m.turn == turn and m.provenance), None)


def _summary(messages: Sequence[Message], question: str, topics: Sequence[dict[str, Any]]) -> str:
    """A few lines put together from the record; nothing is generated."""
    asked = [m.text for m in messages if m.speaker is Speaker.CITIZEN]
    lines = [f"Spørgsmål: {question}"] if question else []
    if topics:
        lines.append("Emne: " + ", ".join(topic["title"] for topic in topics[:2]))
    earlier = [text for text in asked if text != question][-_SUMMARY_QUESTIONS:]
    if earlier:
        lines.append("Borgeren skrev også: " + " · ".join(text[:120] for text in earlier))
    shown = _answers_shown(messages)
    if shown:
        lines.append("Vist svar om: " + ", ".join(dict.fromkeys(answer["title"] for answer in shown)))
    elif asked:
        lines.append("Klara har ikke vist noget svar.")
    return "\n".join(lines)


def _answers_shown(messages: Sequence[Message]) -> list[dict[str, Any]]:
    shown = []
    for message in messages:
        if message.kind in _ANSWERS and message.provenance:
            topic = message.provenance["article"].split("/")[-1]
            title = message.provenance.get("title") or topic
            shown.append({"topic": topic, "title": title, "revision": message.provenance["revision"]})
    return shown


def _tried(messages: Sequence[Message]) -> list[str]:
    """What the assistant did, as kinds in order, without repeats next to each other."""
    tried: list[str] = []
    for message in messages:
        done = message.speaker is Speaker.ASSISTANT and message.kind is not Kind.GREETING
        if done and (not tried or tried[-1] != message.kind):
            tried.append(str(message.kind))
    return tried
