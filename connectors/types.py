"""The nouns that the parts of the service hand to one another."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

Language = Literal["da", "en"]


class Speaker(StrEnum):
    """Who says something."""

    CITIZEN = "citizen"
    ASSISTANT = "assistant"
    EMPLOYEE = "employee"
    SYSTEM = "system"


class Kind(StrEnum):
    """What a message is."""

    GREETING = "greeting"
    ANSWER = "answer"
    CLARIFY = "clarify"
    NO_ANSWER = "no_answer"
    NO_DECISION = "no_decision"
    OUT_OF_SCOPE = "out_of_scope"
    SMALLTALK = "smalltalk"
    SENSITIVE = "sensitive"
    HANDOVER_OFFER = "handover_offer"
    HANDOVER_STATUS = "handover_status"
    GUIDE_QUESTION = "guide_question"
    GUIDE_RESULT = "guide_result"
    NOTICE = "notice"
    TEXT = "text"


class State(StrEnum):
    """Who a conversation is with."""

    ASSISTANT = "assistant"
    WAITING = "waiting"
    EMPLOYEE = "employee"
    CALLBACK = "callback"
    CLOSED = "closed"


class Reason(StrEnum):
    """Why a conversation is handed over."""

    ASKED = "asked"
    NO_ANSWER = "no_answer"
    LOW_CONFIDENCE = "low_confidence"
    SENSITIVE = "sensitive"
    COMPLAINT = "complaint"
    GUIDE = "guide"
    FAILURE = "failure"


class Urgency(StrEnum):
    """How soon a person must look."""

    NORMAL = "normal"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Reply:
    """Something the assistant or the system says, before it has a place in a conversation."""

    kind: Kind
    text: str
    language: str = "da"
    speaker: Speaker = Speaker.ASSISTANT
    speaker_name: str | None = None
    sources: list[dict[str, Any]] = field(default_factory=list)
    options: list[dict[str, Any]] = field(default_factory=list)
    provenance: dict[str, Any] | None = None
    confidence: float | None = None
    details: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation, as stored. ``seq`` rises by one, without gaps."""

    conversation_id: str
    seq: int
    at: datetime
    speaker: Speaker
    kind: Kind
    text: str
    language: str
    client_id: str | None = None
    turn: int | None = None
    speaker_name: str | None = None
    sources: list[dict[str, Any]] = field(default_factory=list)
    options: list[dict[str, Any]] = field(default_factory=list)
    provenance: dict[str, Any] | None = None
    confidence: float | None = None
    details: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What the assistant remembers of a conversation between turns; kept in the record."""

    topic: str | None = None  # of the last answer: "hvad koster det?" is about it
    offered: str | None = None  # "handover" or "callback": what a "ja" means now
    misses: int = 0  # turns in a row without an answer
    unresolved: int | None = None  # seq of the last question that got no answer

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Context":
        """Read what ``to_json`` wrote; fields of another version are left out."""
        known = {name: value[name] for name in cls.__slots__ if name in value}
        return replace(cls(), **known)

    def to_json(self) -> dict[str, Any]:
        """As stored."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Conversation:
    """The head of a conversation."""

    id: str
    state: State
    language: Language
    channel: str
    audience: str
    created_at: datetime
    updated_at: datetime
    last_seq: int
    context: Context


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a turn comes to: replies, and what changes with them."""

    replies: list[Reply]
    context: Context
    language: Language | None = None
    name: str = "answered"  # answered, delivered, degraded, failed: one for each accepted message
