"""Which language a message is answered in."""

from pathlib import Path

import pytest
import yaml

from nlu.text.language import detect_language

MESSAGES = yaml.safe_load((Path(__file__).parent / "data" / "languages.yml").read_text(encoding="utf-8"))
CASES = [(str(text), language) for language, texts in MESSAGES.items() for text in texts]


def test_there_are_messages_of_every_language():
    assert {language: len(texts) >= 10 for language, texts in MESSAGES.items()} == dict.fromkeys(
        ("da", "en", "other"), True
    )


@pytest.mark.parametrize(("text", "language"), CASES)
def test_language_of_a_message(text, language):
    assert detect_language(text, previous="da") == language


@pytest.mark.parametrize("text", ["ok", "MitID", "2200", "?", "", "👍", "112", "pas"])
def test_what_tells_nothing_keeps_the_language_of_the_conversation(text):
    assert detect_language(text, previous="en") == "en"
    assert detect_language(text, previous="da") == "da"


def test_a_danish_sentence_leaves_english():
    assert detect_language("hvad koster det at få et nyt kørekort", previous="en") == "da"


@pytest.mark.parametrize(
    "text", ["jag har förlorat mitt pass och behöver ett nytt", "jeg trenger hjelp til å søke om barnehage"]
)
def test_swedish_and_norwegian_get_a_danish_answer(text):
    assert detect_language(text) == "da"
