"""What the employees' desk sends and receives."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from connectors.citizen.schemas import ClientId, MessageOut, SourceOut

LongText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
NoteText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]


class LogIn(BaseModel):
    """Name and password."""

    username: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
    password: Annotated[str, StringConstraints(min_length=1, max_length=256)]


class EmployeeOut(BaseModel):
    """Who is logged in."""

    id: str
    username: str
    name: str
    role: str
    teams: list[str]


class SessionOut(BaseModel):
    """A session; the token is shown this once."""

    token: str
    employee: EmployeeOut


class TeamOut(BaseModel):
    """A team to transfer to."""

    slug: str
    name: str


class MeOut(EmployeeOut):
    """Who is logged in, and the teams there are."""

    all_teams: list[TeamOut]


class PresenceIn(BaseModel):
    """Whether conversations can come."""

    status: Literal["available", "paused", "offline"]


class PresenceOut(BaseModel):
    """As it is now."""

    status: str


class Holder(BaseModel):
    """Who has it."""

    id: str
    name: str


class HandoverSummary(BaseModel):
    """A handover in a list."""

    id: str
    receipt: str
    conversation_id: str
    created_at: datetime
    state: str
    reason: str
    urgency: str
    team: str
    team_name: str
    language: str
    question: str
    topics: list[dict[str, Any]]
    employee: Holder | None = None
    contact: dict[str, Any] | None = None
    promised_by: datetime | None = None
    outcome: str | None = None
    waiting_seconds: int


class HandoverList(BaseModel):
    """Handovers in one state."""

    handovers: list[HandoverSummary]


class TransferIn(BaseModel):
    """Where to, and what the next one must know."""

    team: str | None = Field(None, max_length=40)
    employee: str | None = Field(None, max_length=40, description="Id of a colleague; instead of a team.")
    note: NoteText = ""


class CloseIn(BaseModel):
    """How it ended."""

    outcome: Literal["solved", "referred", "callback", "no_contact", "other"]
    note: NoteText = ""


class DeskMessageIn(BaseModel):
    """An employee's message to the citizen."""

    client_id: ClientId
    text: LongText
    sources: list[SourceOut] = Field(default_factory=list, max_length=5)


class NoteIn(BaseModel):
    """An internal note."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class NoteOut(BaseModel):
    """An internal note, as written."""

    employee_name: str
    at: datetime
    text: str


class ConversationHead(BaseModel):
    """The head of a conversation."""

    id: str
    state: str
    language: str
    audience: str
    created_at: datetime


class ConversationView(BaseModel):
    """Everything about a conversation that the desk shows."""

    conversation: ConversationHead
    handover: HandoverSummary
    packet: dict[str, Any]
    messages: list[MessageOut]
    notes: list[NoteOut]


class PresentOut(BaseModel):
    """An employee who is there."""

    id: str
    name: str
    status: str
    load: int


class Overview(BaseModel):
    """The supervisor's view of now."""

    open: bool
    waiting: int
    longest_wait_seconds: int
    active: int
    callbacks: int
    present: list[PresentOut]


class SearchIn(BaseModel):
    """A search in the knowledge base."""

    query: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
    k: int = Field(5, ge=1, le=20)
    language: Literal["da", "en"] = "da"
    audience: Literal["citizen", "business", "both"] | None = None


class SearchHit(BaseModel):
    """An article that may answer."""

    topic: str
    title: str
    score: float
    passage: str
    article_url: str


class SearchOut(BaseModel):
    """Best first."""

    results: list[SearchHit]


class ReindexOut(BaseModel):
    """What is in service now."""

    revision: str
    articles: int
    training: bool


class ReindexRefused(BaseModel):
    """Why the articles on disk are not in service."""

    code: str
    message: str
    faults: list[str]
