"""Settings: read from KLARA_* variables, by stage, and no public secret in production."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from connectors.settings import PUBLIC_DEFAULT, Settings


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    for name in Settings.model_fields:
        monkeypatch.delenv(f"KLARA_{name.upper()}", raising=False)


def test_a_variable_replaces_a_default(monkeypatch):
    monkeypatch.setenv("KLARA_PORT", "8123")
    monkeypatch.setenv("KLARA_RASA_TIMEOUT", "PT1.5S")
    assert Settings().port == 8123
    assert Settings().rasa_timeout == timedelta(seconds=1.5)


@pytest.mark.parametrize(("name", "value"), [("PORT", "otte"), ("STAGE", "prod"), ("RASA_TIMEOUT", "snart")])
def test_a_malformed_variable_stops_the_start(monkeypatch, name, value):
    monkeypatch.setenv(f"KLARA_{name}", value)
    with pytest.raises(ValidationError, match=name.lower()):
        Settings()


def test_origins_are_separated_by_commas(monkeypatch):
    monkeypatch.setenv("KLARA_ALLOWED_ORIGINS", " https://www.kk.dk, https://erhverv.kk.dk ,")
    assert Settings().allowed_origins == ("https://www.kk.dk", "https://erhverv.kk.dk")


def test_settings_cannot_be_changed_later():
    with pytest.raises(ValidationError):
        Settings().port = 1


def test_a_secret_is_not_shown():
    settings = Settings(rasa_secret="hemmelig-1", internal_secret="hemmelig-2", staff_password="hemmelig-3")
    assert "hemmelig" not in repr(settings)
    assert "hemmelig" not in settings.model_dump_json()


@pytest.mark.parametrize("public", ["rasa_secret", "internal_secret"])
def test_production_refuses_a_public_secret(public):
    secrets = {"rasa_secret": "r" * 32, "internal_secret": "i" * 32, public: PUBLIC_DEFAULT}
    with pytest.raises(ValidationError, match=f"KLARA_{public.upper()}"):
        Settings(stage="production", **secrets)


def test_production_starts_with_its_own_secrets():
    assert Settings(stage="production", rasa_secret="r" * 32, internal_secret="i" * 32).stage == "production"


@pytest.mark.parametrize("name", ["messages_per_minute", "conversations_per_minute", "logins_per_minute"])
def test_production_is_strict_and_development_generous(name):
    production = Settings(stage="production", rasa_secret="r", internal_secret="i")
    assert production.limit(name) * 10 <= Settings().limit(name)
    assert Settings(**{name: 7}).limit(name) == 7


def test_development_is_always_open_and_production_keeps_the_municipalitys_hours():
    assert Settings().hours_override == "24/7"
    assert Settings(stage="production", rasa_secret="r", internal_secret="i").hours_override is None
    assert Settings(opening_hours="Mo 09:00-10:00").hours_override == "Mo 09:00-10:00"


def test_the_database_is_a_file_among_the_data_unless_named():
    assert Settings(data_dir=Path("/data")).sql_url == "sqlite+aiosqlite:////data/klara.db"
    assert Settings(database_url="postgresql+psycopg://x").sql_url == "postgresql+psycopg://x"
