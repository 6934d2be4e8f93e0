"""Training sentences of what is no question: apart from the articles, each other, and what is measured with."""

import json
from collections import defaultdict
from pathlib import Path

import pytest
import yaml

from connectors.settings import ROOT
from knowledge.article import read_article
from knowledge.check import ARTICLES, normal_form
from nlu.intents import INTENTS, read_intents

FILES = sorted(INTENTS.glob("*.yml"))
QUESTION_FILES = sorted((ROOT / "tests" / "evaluation" / "questions").glob("*.jsonl"))


@pytest.fixture(scope="module")
def sentences() -> dict[str, list[str]]:
    """As written, before masking: intent → sentences."""
    files = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in FILES}
    return {
        name: [s for language in ("da", "en", "other") for s in data.get(language) or []]
        for name, data in files.items()
    }


@pytest.fixture(scope="module")
def article_questions() -> dict[str, str]:
    """Normal form of every question of every article → its topic."""
    articles = [read_article(path) for path in sorted(ARTICLES.glob("*/*.md"))]
    return {normal_form(question): article.topic for article in articles for question in article.questions}


@pytest.fixture(scope="module")
def measured() -> dict[str, str]:
    """Normal form of every evaluation question → its id."""
    rows = [
        json.loads(line) for path in QUESTION_FILES for line in path.read_text(encoding="utf-8").splitlines() if line
    ]
    return {normal_form(row["text"]): row["id"] for row in rows}


def test_there_is_enough_to_learn_from_and_to_measure_with(sentences, article_questions, measured):
    assert len(FILES) >= 50
    assert sum(map(len, sentences.values())) >= 1_500
    assert len(article_questions) >= 114 * 30
    assert {path.name for path in QUESTION_FILES} >= {"calibration.jsonl", "validation.jsonl"}
    assert len(measured) >= 900


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_intent_has_sentences_in_danish_and_english(path: Path):
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert set(data) <= {"intent", "da", "en", "other"}
    if path.stem == "language.other":
        assert data["other"]
    else:
        assert len(data["da"]) >= 10
        assert len(data["en"]) >= 3


def test_the_reader_finds_every_file():
    assert set(read_intents()) == {path.stem for path in FILES}


def test_no_sentence_stands_twice(sentences):
    places = defaultdict(list)
    for intent, texts in sentences.items():
        for sentence in texts:
            places[sentence.strip().lower()].append(intent)
    assert {sentence: intents for sentence, intents in places.items() if len(intents) > 1} == {}


def test_no_sentence_of_an_intent_is_also_an_articles_question(sentences, article_questions):
    both = [
        (intent, s, article_questions[normal_form(s)])
        for intent, texts in sentences.items()
        for s in texts
        if normal_form(s) in article_questions
    ]
    assert both == []


def is_telling(form: str) -> bool:
    """Longer than "hej" or "ja tak", which two people write alike without one having seen the other."""
    return len(form.split()) >= 4


def test_what_is_measured_with_was_not_learned_from_by_intents(sentences, measured):
    seen = [
        (measured[normal_form(s)], intent, s)
        for intent, texts in sentences.items()
        for s in texts
        if normal_form(s) in measured and is_telling(normal_form(s))
    ]
    assert seen == []


def test_what_is_measured_with_was_not_learned_from_by_articles(article_questions, measured):
    seen = [
        (measured[form], topic, form)
        for form, topic in article_questions.items()
        if form in measured and is_telling(form)
    ]
    assert seen == []


def test_the_set_that_is_fitted_on_is_not_the_set_that_is_judged_on():
    forms = [
        {normal_form(json.loads(line)["text"]) for line in path.read_text(encoding="utf-8").splitlines() if line}
        for path in QUESTION_FILES
    ]
    both = {form for form in forms[0] & forms[1] if is_telling(form)}
    assert both == set()
