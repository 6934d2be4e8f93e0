"""The tables of the record. Change them together with a migration in ``migrations/versions``."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class Moment(TypeDecorator[datetime]):
    """A point in time: stored in UTC, read back with its zone also from SQLite, which has none."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC."""
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """With its zone."""
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("token_hash", String(64), nullable=False),
    Column("resume_hash", String(64), nullable=False, unique=True),
    Column("created_at", Moment(), nullable=False),
    Column("updated_at", Moment(), nullable=False),
    Column("language", String(8), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("audience", String(16), nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("last_seq", Integer, nullable=False),
    # What the assistant must remember between turns: previous topic, what it offered, misses in a row.
    Column("context", JSON, nullable=False),
    # One worker at a time takes a conversation's messages, in order.
    Column("worker", String(64)),
    Column("worker_until", Float, nullable=False),
)

messages = Table(
    "messages",
    metadata,
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("client_id", String(64)),
    Column("turn", Integer),  # the citizen's seq that this message answers
    Column("at", Moment(), nullable=False),
    Column("speaker", String(16), nullable=False),
    Column("speaker_name", String(120)),
    Column("kind", String(32), nullable=False),
    Column("text", Text, nullable=False),
    Column("language", String(8), nullable=False),
    Column("sources", JSON, nullable=False),
    Column("options", JSON, nullable=False),
    Column("provenance", JSON),
    Column("confidence", Float),
    Column("details", JSON),  # degraded, intent, reasons, scores: for evaluation and replay
    UniqueConstraint("conversation_id", "client_id"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("created_at", Moment(), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("available_at", Float, nullable=False),
    Column("outcome", String(32)),  # empty: still to do
    Index("ix_outbox_todo", "conversation_id", "outcome", "id"),
)

handovers = Table(
    "handovers",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("receipt", String(24), nullable=False, unique=True),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", Moment(), nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("reason", String(24), nullable=False),
    Column("urgency", String(8), nullable=False),
    Column("team", String(40), nullable=False),
    Column("language", String(8), nullable=False),
    Column("packet", JSON, nullable=False),
    Column("contact", JSON),
    Column("promised_by", Moment()),
    Column("employee_id", ForeignKey("employees.id")),
    Column("claimed_at", Moment()),
    Column("lease_until", Float, nullable=False),
    Column("closed_at", Moment()),
    Column("outcome", String(24)),
)

notes = Table(
    "notes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("employee_id", ForeignKey("employees.id"), nullable=False),
    Column("at", Moment(), nullable=False),
    Column("text", Text, nullable=False),
)

employees = Table(
    "employees",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("username", String(64), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("password_hash", String(256), nullable=False),
    Column("role", String(16), nullable=False),
    Column("teams", JSON, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("is_demo", Boolean, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("employee_id", ForeignKey("employees.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", Moment(), nullable=False),
    Column("expires_at", Moment(), nullable=False),
)

feedback = Table(
    "feedback",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", Moment(), nullable=False),
    Column("rating", Integer, nullable=False),
    Column("comment", Text, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Moment(), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("action", String(32), nullable=False),
    Column("subject", String(64), nullable=False),
)
