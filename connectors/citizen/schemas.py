"""What citizens' pages send and receive."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, EmailStr, Field, StringConstraints, model_validator

from connectors.types import Kind, Message, Reason, Speaker, State

ClientId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class SourceOut(BaseModel):
    """Where an answer comes from."""

    topic: str | None = None
    title: str
    url: str
    owner: str | None = None
    reviewed: date | None = None


class OptionOut(BaseModel):
    """Something to choose: sends ``value``, unless it has a ``url`` or an ``action``."""

    label: str
    value: str
    topic: str | None = None
    url: str | None = None
    action: Literal["handover", "callback"] | None = None


class MessageOut(BaseModel):
    """One message of a conversation."""

    model_config = ConfigDict(from_attributes=True)

    seq: int
    client_id: str | None = None
    turn: int | None = None
    at: datetime
    speaker: Speaker
    speaker_name: str | None = None
    kind: Kind
    text: str
    language: str
    sources: list[SourceOut]
    options: list[OptionOut]
    provenance: dict[str, Any] | None = None
    confidence: float | None = None


def messages_out(messages: list[Message]) -> list[MessageOut]:
    """As sent to citizens."""
    return [MessageOut.model_validate(message) for message in messages]


class ConversationIn(BaseModel):
    """Start a conversation."""

    language: Literal["da", "en"] = "da"
    channel: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,16}$")] = "web"
    audience: Literal["citizen", "business", "both"] = "both"


class ConversationOut(BaseModel):
    """A new conversation; token and resume code are shown this once."""

    conversation_id: str
    token: str
    resume_code: str
    state: State
    language: str
    messages: list[MessageOut]


class MessageIn(BaseModel):
    """A citizen's message. ``client_id`` is made by the page: sending it twice stores it once."""

    client_id: ClientId
    text: str


class TurnOut(BaseModel):
    """A message that was accepted, with the replies to it if they came in time."""

    seq: int
    state: State
    messages: list[MessageOut]


class Waiting(BaseModel):
    """Place in the queue."""

    place: int
    text: str


class MessagesOut(BaseModel):
    """Messages after a ``seq``."""

    state: State
    messages: list[MessageOut]
    waiting: Waiting | None = None


class HandoverIn(BaseModel):
    """The wish for a person."""

    reason: Literal["asked", "complaint"] = "asked"

    def as_reason(self) -> Reason:
        """As the record knows it."""
        return Reason(self.reason)


class HandoverOut(BaseModel):
    """What came of the wish."""

    state: State
    receipt: str | None = None
    messages: list[MessageOut]


class CallbackIn(BaseModel):
    """How to be reached: a phone number or an e-mail address."""

    name: ShortText
    phone: str | None = Field(None, max_length=40)
    email: EmailStr | None = None
    when: str = Field("", max_length=200)
    question: str | None = Field(None, max_length=1000)

    @model_validator(mode="before")
    @classmethod
    def _blank_is_none(cls, values: Any) -> Any:
        if isinstance(values, dict):
            return {k: (None if k in ("phone", "email", "question") and v == "" else v) for k, v in values.items()}
        return values


class CallbackOut(BaseModel):
    """The promise."""

    receipt: str
    promised_by: date
    state: State
    messages: list[MessageOut]


class FeedbackIn(BaseModel):
    """A rating from 1 (poor) to 5 (good), with a comment."""

    rating: int = Field(ge=1, le=5, strict=True)
    comment: str = Field("", max_length=1000)


class StateOut(BaseModel):
    """Who the conversation is with now."""

    state: State


class ResumeIn(BaseModel):
    """The code a citizen was given, to go on on another device."""

    resume_code: Annotated[
        str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z0-9]{4}-?[A-Za-z0-9]{4}$")
    ]


class ResumeOut(BaseModel):
    """A new token for the same conversation; the old one no longer works."""

    conversation_id: str
    token: str
    state: State
    language: str


class Notice(BaseModel):
    """A banner."""

    text: str
    level: Literal["info", "warning"] = "info"


class ConfigOut(BaseModel):
    """What the widget needs to know of the municipality; also its fallback when the service is down."""

    name: str
    phone: str
    phone_link: str
    website: str
    privacy_notice: str
    open: bool
    hours_text: str
    example: bool
    max_length: int
    notices: list[Notice]
