"""The tables beside the articles are complete: every intent that needs an entry has one."""

import pytest

from knowledge import authorities, emergency
from knowledge.authorities import read_authorities
from knowledge.emergency import emergency_text
from knowledge.errors import DataError
from nlu.intents import INTENTS, IntentDataError, read_intents

NAMES = sorted(path.stem for path in INTENTS.glob("*.yml"))
GROUPS = {
    "smalltalk",
    "human",
    "complaint",
    "abuse",
    "crisis",
    "sensitive",
    "decision",
    "authority",
    "other_municipality",
    "general",
    "opinion",
    "steering",
    "language",
}


def test_there_are_intents():
    assert len(NAMES) >= 50


def test_every_intent_is_of_a_group_that_the_policy_knows():
    assert {name.split(".")[0] for name in NAMES} == GROUPS


def test_the_authorities_are_those_of_the_intents_f1():
    assert set(read_authorities()) == {
        name.removeprefix("authority.") for name in NAMES if name.startswith("authority.")
    }


@pytest.mark.parametrize("slug", sorted(read_authorities()))
def test_an_authority_has_names_and_an_address(slug):
    authority = read_authorities()[slug]
    assert authority.slug == slug
    assert authority.name_in("da")
    assert authority.name_in("en")
    assert authority.url.startswith("https://")


def test_the_emergency_texts_are_those_of_the_crisis_intents():
    assert set(emergency._read()) == {name for name in NAMES if name.startswith("crisis.")}


@pytest.mark.parametrize("intent", [name for name in NAMES if name.startswith("crisis.")])
@pytest.mark.parametrize("language", ["da", "en"])
def test_an_emergency_text_names_a_number_to_call(intent, language):
    text = emergency_text(intent, language)
    assert any(c.isdigit() for c in text)
    assert set(emergency._read()[intent]) == {"da", "en"}


@pytest.mark.parametrize("intent", ["crisis.suicide", "crisis.violence", "crisis.child", "crisis.threat"])
def test_danger_names_112(intent):
    assert "112" in emergency_text(intent, "da")
    assert "112" in emergency_text(intent, "en")


def test_an_unknown_crisis_gets_the_text_that_names_every_help():
    assert emergency_text("crisis.new", "da") == emergency_text("crisis.acute_need", "da")


@pytest.mark.parametrize("content", ["", "skat: {}", "skat: {name: {da: x}, url: y}", "- a", "a: ["])
def test_a_malformed_table_of_authorities_is_told(tmp_path, monkeypatch, content):
    path = tmp_path / "authorities.yml"
    path.write_text(content, encoding="utf-8")
    monkeypatch.setattr(authorities, "_TABLE", path)
    read_authorities.cache_clear()
    try:
        with pytest.raises(DataError, match=r"authorities\.yml"):
            read_authorities()
    finally:
        read_authorities.cache_clear()


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("a.yml", "da: [", "not YAML"),
        ("a.yml", "intent: b\nda: [hej]", "must name its intent: a"),
        ("a.yml", "- hej", "must name its intent: a"),
        ("a.yml", "intent: a", "must hold sentences"),
        ("a.yml", "intent: a\nda: [12]", "in quotes"),
        ("a.txt", "", "holds no intents"),
    ],
)
def test_a_malformed_intent_is_told(tmp_path, name, content, fault):
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(IntentDataError, match=fault):
        read_intents(tmp_path)


def test_training_sentences_are_masked_as_citizens_messages_are(tmp_path):
    (tmp_path / "a.yml").write_text("intent: a\nda: [mit cpr er 150845-6021]", encoding="utf-8")
    assert read_intents(tmp_path) == {"a": ["mit cpr er [cpr-nummer]"]}
