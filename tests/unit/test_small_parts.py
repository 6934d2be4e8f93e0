"""Rate limits, log filter, transcript and wording."""

import json
import logging
import re
import string
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog
import yaml

from connectors import wording
from connectors.citizen.transcript import as_html, as_text
from connectors.errors import TooManyRequests
from connectors.logging import _only_known_fields, set_up_logging
from connectors.municipality import read_municipality
from connectors.rate_limits import RateLimits
from connectors.settings import ROOT, Settings
from connectors.types import Kind, Message, Speaker
from connectors.wording import say

# Rate limits ----------------------------------------------------------------------------------


@pytest.fixture
def limits():
    return RateLimits(Settings(messages_per_minute=3, logins_per_minute=1))


def test_a_limit_refuses_what_is_too_much_and_says_when_to_come_back(limits):
    for _ in range(3):
        limits.count("messages", "c1")
    with pytest.raises(TooManyRequests) as refused:
        limits.count("messages", "c1")
    assert 1 <= int(refused.value.headers["Retry-After"]) <= 60
    assert refused.value.status == 429


def test_a_limit_is_for_each_caller_and_each_thing_by_itself(limits):
    limits.count("logins", "a")
    limits.count("logins", "b")
    limits.count("messages", "a")
    with pytest.raises(TooManyRequests):
        limits.count("logins", "a")


def test_development_allows_hundreds_of_conversations_from_one_address():
    generous = RateLimits(Settings())
    for _ in range(500):
        generous.count("conversations", "127.0.0.1")


# Log ------------------------------------------------------------------------------------------


def test_the_log_drops_fields_that_are_not_on_the_list():
    event = {
        "event": "accepted",
        "conversation": "c1",
        "text": "mit cpr er 150845-6021",
        "message": "x",
        "body": "y",
        "_record": 1,
    }
    assert _only_known_fields(None, "info", event) == {"event": "accepted", "conversation": "c1", "_record": 1}


@pytest.fixture
def log_setup():
    root = logging.getLogger()
    kept = (root.handlers[:], root.level)
    set_up_logging()
    yield
    root.handlers, root.level = kept
    structlog.reset_defaults()


def test_a_libraries_log_goes_through_the_same_filter(log_setup, capsys):
    handler = logging.getLogger().handlers[0]
    record = logging.LogRecord("library", logging.WARNING, "", 0, "slow %s", ("query",), None)
    record.text = "mit cpr er 150845-6021"
    written = json.loads(handler.format(record))
    assert written["event"] == "slow query"
    assert "150845" not in json.dumps(written)


def test_the_services_log_writes_one_json_object_a_line(log_setup, capsys):
    structlog.get_logger("x").warning("accepted", seq=3, text="hemmeligt")
    written = json.loads(capsys.readouterr().out)
    assert (written["event"], written["level"], written["seq"]) == ("accepted", "warning", 3)
    assert "text" not in written


# Transcript -----------------------------------------------------------------------------------

MUNICIPALITY = read_municipality(ROOT / "config" / "municipality.yml")
AT = datetime(2026, 7, 1, 10, 30, tzinfo=UTC)
NASTY = '<script>alert(1)</script> & "citat" \'<img src=x onerror=alert(1)>'


@pytest.fixture
def messages():
    source = {"title": "<b>Kilde</b>", "url": 'https://www.example.dk/?a=1&b="><script>'}
    return [
        Message("c1", 1, AT, Speaker.CITIZEN, Kind.TEXT, NASTY, "da"),
        Message(
            "c1",
            2,
            AT,
            Speaker.ASSISTANT,
            Kind.ANSWER,
            "**Husk** [siden](https://example.dk)\n- et",
            "da",
            sources=[source],
        ),
        Message("c1", 3, AT, Speaker.EMPLOYEE, Kind.TEXT, "Hej", "da", speaker_name="Ida <i>, Borgerservice"),
    ]


def test_the_page_escapes_every_text(conversation, messages):
    page = as_html(conversation, messages, MUNICIPALITY)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert not re.search(r"<(script|img|b|i)\b", page)
    assert 'href="https://www.example.dk/?a=1&amp;b=&#34;&gt;&lt;script&gt;"' in page


def test_the_page_is_in_the_language_of_the_conversation(conversation, messages):
    assert '<html lang="en">' in as_html(replace(conversation, language="en"), messages, MUNICIPALITY)


def test_the_text_says_who_said_what_and_when_and_from_where_f6(conversation, messages):
    text = as_text(conversation, messages, MUNICIPALITY)
    assert "01.07.2026 12:30  Du\n" in text  # local time
    assert "Klara (digital assistent)\nHusk siden\net\n  <b>Kilde</b>: https://www.example.dk/" in text
    assert "Ida <i>, Borgerservice\nHej" in text
    assert NASTY in text


# Wording --------------------------------------------------------------------------------------

FOLDER = Path(wording.__file__).parent
TEXTS = {
    language: yaml.safe_load((FOLDER / f"{language}.yml").read_text(encoding="utf-8")) for language in ("da", "en")
}


def names_in(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_there_is_wording_in_two_languages():
    assert {path.stem for path in FOLDER.glob("*.yml")} == {"da", "en"}
    assert len(TEXTS["da"]) >= 50


def test_both_languages_have_the_same_keys():
    assert list(TEXTS["da"]) == list(TEXTS["en"])


@pytest.mark.parametrize("key", TEXTS["da"])
def test_both_languages_fill_in_the_same_names(key):
    assert names_in(TEXTS["da"][key]) == names_in(TEXTS["en"][key])
    assert TEXTS["da"][key].strip()
    assert TEXTS["en"][key].strip()


def test_every_text_that_the_service_says_exists():
    said = set()
    for path in (ROOT / "connectors").rglob("*.py"):
        said |= set(re.findall(r"\bsay\(\s*\"(\w+)\"", path.read_text(encoding="utf-8")))
    assert len(said) >= 20
    assert said <= set(TEXTS["da"])


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_greeting_says_that_it_is_a_machine_t1(language):
    assert {"da": "maskine", "en": "machine"}[language] in say("greeting", language, municipality="X")


def test_an_unknown_text_or_a_missing_name_is_a_defect():
    with pytest.raises(KeyError):
        say("poem", "da")
    with pytest.raises(KeyError):
        say("greeting", "da")
