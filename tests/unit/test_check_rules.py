"""The editors' checker: every house rule has an example that breaks it, and only it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from knowledge.article import read_article
from knowledge.check import MAX_WORDS_SECTION, MAX_WORDS_SHORT, check_articles, known_teams, load_articles, normal_form
from knowledge.errors import ArticleError
from tests.unit.tiny import TODAY, head_of, write_article

TEAMS = ["borgerservice", "parkering", "erhverv", "social"]
SHORT = "## Kort svar\n\nBestil tid.\n\n"


def faults_of(folder: Path) -> list[ArticleError]:
    articles, unread = load_articles(folder)
    assert unread == []
    return check_articles(articles, teams=TEAMS, today=TODAY)


def test_four_good_topics_have_no_fault(articles):
    assert len(load_articles(articles)[0]) == 8
    assert faults_of(articles) == []


def questions(change: Any) -> dict[str, Any]:
    return {"questions": change(head_of("pas", "da")["questions"])}


HEAD_FAULTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "a topic that is not the file's": ({"topic": "passet"}, "topic", "the file is pas.md"),
    "an unknown team": ({"owner": "pashold"}, "owner", "unknown team pashold"),
    "reviewed in the future": ({"reviewed": TODAY + timedelta(days=1)}, "reviewed", "in the future"),
    "expires before review": ({"expires": TODAY - timedelta(days=9)}, "expires", "after reviewed"),
    "expired": (
        {"reviewed": TODAY - timedelta(days=400), "expires": TODAY - timedelta(days=1)},
        "expires",
        "review the article again",
    ),
    "no source": ({"sources": []}, "sources", "at least one source"),
    "a strange kle": ({"kle": "pas"}, "kle", "12.34.56"),
    "too few questions": (questions(lambda q: q[:9]), "questions", "at least 10 questions, has 9"),
    "the same question twice": (questions(lambda q: [*q, q[0].upper() + "!"]), "questions", "same question twice"),
    "a source without an address": (
        {"sources": [{"title": "K", "url": "kk.dk"}]},
        "sources",
        "not a web address: kk.dk",
    ),
    "a self-service without an address": (
        {"self_service": [{"title": "K", "url": "ring"}]},
        "self_service",
        "not a web address",
    ),
}


@pytest.mark.parametrize("name", HEAD_FAULTS)
def test_a_head_that_breaks_a_rule_is_told_with_the_fields_line(articles, name):
    head, field, text = HEAD_FAULTS[name]
    path = write_article(articles, "pas", "da", head=head)
    found = [fault for fault in faults_of(articles) if text in fault.fault]
    assert [(f.path, f.line) for f in found] == [(path, read_article(path).line_of(field))]


LONG = " ".join(["Sagsbehandlingstiderne forlænges erfaringsmæssigt ekstraordinært"] * 4) + "."
BODY_FAULTS: dict[str, tuple[str, int, str]] = {
    "no short answer first": ("## Pris\n\nDet koster.\n", 0, "first section"),
    "a second short answer": (SHORT + "## Kort svar\n\nIgen.\n", 1, "first section"),
    "a short answer that is long": (
        "## Kort svar\n\n" + "Ja tak. " * 31 + "\n",
        0,
        f"62 words; at most {MAX_WORDS_SHORT}",
    ),
    "a long section": (SHORT + "## Pris\n\n" + "Ja tak. " * 46 + "\n", 1, f"92 words; at most {MAX_WORDS_SECTION}"),
    "a heavy section": (SHORT + f"## Pris\n\n{LONG}\n", 1, "LIX"),
    "HTML": (SHORT + "## Pris\n\n<b>Nej</b>\n", 1, "html_inline"),
    "a block of HTML": (SHORT + "## Pris\n\n<div>\nNej\n</div>\n", 1, "html_block"),
    "a picture": (SHORT + "## Pris\n\n![x](https://example.dk/x.png)\n", 1, "holds image"),
    "a piece of code": (SHORT + "## Pris\n\nSe `koden`.\n", 1, "holds code_inline"),
    "a quotation": (SHORT + "## Pris\n\n> Nej.\n", 1, "holds blockquote"),
    "a rule": (SHORT + "## Pris\n\nNej.\n\n***\n", 1, "holds hr"),
    "a link without https": (SHORT + "## Pris\n\n[Her](http://example.dk) er det.\n", 1, "links start with https://"),
    "a script for a link": (SHORT + "## Pris\n\n[Her](mailto:a@b.dk) er det.\n", 1, "links start with https://"),
}


@pytest.mark.parametrize("name", BODY_FAULTS)
def test_a_section_that_breaks_a_rule_is_told_with_its_line(articles, name):
    body, section, text = BODY_FAULTS[name]
    path = write_article(articles, "pas", "da", body=body)
    (found,) = [fault for fault in faults_of(articles) if text in fault.fault]
    assert (found.path, found.line) == (path, read_article(path).passages[section].line)


def test_english_sections_have_no_lix(articles):
    write_article(articles, "pas", "en", body=f"## Short answer\n\n{LONG}\n")
    assert faults_of(articles) == []


def test_a_topic_without_the_other_language_is_told(articles):
    (articles / "en" / "pas.md").unlink()
    assert [f.fault for f in faults_of(articles)] == ["pas has no article in 'en'"]


@pytest.mark.parametrize("head", [{"owner": "social"}, {"audience": "both"}, {"sensitive": True}])
def test_twins_agree_on_owner_audience_and_sensitive(articles, head):
    path = write_article(articles, "pas", "en", head=head)
    assert [(f.path, "differs from the other language" in f.fault) for f in faults_of(articles)] == [(path, True)]


def test_no_question_belongs_to_two_topics(articles):
    claimed = head_of("beboerlicens", "da")["questions"][0]
    path = write_article(articles, "pas", "da", head=questions(lambda q: [*q, claimed.lower().rstrip("?")]))
    assert [(f.path, "claimed by beboerlicens too" in f.fault) for f in faults_of(articles)] == [(path, True)]


def test_the_teams_are_those_of_the_municipality():
    assert {"borgerservice", "parkering", "erhverv", "social"} <= set(known_teams())


def test_normal_form_sees_no_punctuation_or_case():
    assert normal_form("  Hvad koster et PAS?? ") == normal_form("hvad, koster et pas")
