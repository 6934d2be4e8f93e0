"""The article reader: each fault is told with file and line."""

from datetime import date
from pathlib import Path

import pytest

from knowledge.article import HEAD_FIELDS, read_article
from knowledge.aspects import Aspect
from knowledge.errors import ArticleError

GOOD = """---
topic: pas
title: Pas
audience: citizen
owner: borgerservice
questions:
  - Hvordan får jeg et pas?
words: [pas]
self_service: []
sources:
  - title: Kilde
    url: https://www.example.dk
reviewed: 2026-11-21
expires: 2027-05-21
sensitive: false
kle: ""
---
## Kort svar

Bestil tid.

## Pris

Det koster penge.
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "da" / "pas.md"
    path.parent.mkdir()
    return path


def test_a_good_article_is_read(path):
    path.write_text(GOOD, encoding="utf-8")
    article = read_article(path)
    assert (article.topic, article.language, article.title, article.sensitive) == ("pas", "da", "Pas", False)
    assert article.reviewed == date(2026, 11, 21)
    assert article.sources[0].url == "https://www.example.dk"
    assert [(p.heading, p.aspect, p.line, p.key) for p in article.passages] == [
        ("Kort svar", Aspect.SHORT, 18, "pas#0"),
        ("Pris", Aspect.PRICE, 22, "pas#1"),
    ]
    assert article.passages[1].text == "Det koster penge."


def test_the_revision_changes_with_any_change_and_with_nothing_else(path, tmp_path):
    path.write_text(GOOD, encoding="utf-8")
    first = read_article(path).revision
    other = tmp_path / "x" / "da" / "pas.md"
    other.parent.mkdir(parents=True)
    other.write_text(GOOD, encoding="utf-8")
    assert read_article(other).revision == first
    other.write_text(GOOD.replace("penge.", "penge!"), encoding="utf-8")
    assert read_article(other).revision != first


FAULTS = {
    "no head": ("topic: pas\n", 1, "must open with a head"),
    "an open head": ("---\ntopic: pas\n", 1, "not closed"),
    "no YAML": (GOOD.replace("title: Pas", "title: Pas: nyt"), 3, "not YAML"),
    "a head that is a text": ("---\nhej\n---\n## Kort svar\n\nx\n", 2, "list of fields"),
    "a field twice": (GOOD.replace("title: Pas", "title: Pas\ntitle: Pas igen"), 2, "twice"),
    "an unknown field": (GOOD.replace("title: Pas", "title: Pas\nfarve: rød"), 4, "unknown field farve"),
    "an unknown audience": (GOOD.replace("audience: citizen", "audience: alle"), 4, "audience must be"),
    "sensitive in words": (GOOD.replace("sensitive: false", "sensitive: nej"), 15, "sensitive must be"),
    "a title that is a number": (GOOD.replace("title: Pas", "title: 12"), 3, "title must be a text"),
    "an empty owner": (GOOD.replace("owner: borgerservice", "owner: ''"), 5, "owner must be a text"),
    "no questions": (
        GOOD.replace("questions:\n  - Hvordan får jeg et pas?", "questions: []"),
        6,
        "questions must be a list",
    ),
    "a question YAML takes for a map": (
        GOOD.replace("- Hvordan får jeg et pas?", "- Pas: hvordan?"),
        6,
        "put it in quotes",
    ),
    "a word that is a number": (GOOD.replace("words: [pas]", "words: [112]"), 8, "put it in quotes"),
    "a source without address": (GOOD.replace("    url: https://www.example.dk\n", ""), 10, "a title and a url"),
    "sources that are a text": (GOOD.replace("self_service: []", "self_service: her"), 9, "list of title and url"),
    "a date in words": (GOOD.replace("reviewed: 2026-11-21", "reviewed: i går"), 13, "must be a date"),
    "an empty section": (GOOD.replace("Det koster penge.\n", ""), 22, "section 'Pris' is empty"),
    "text before the first heading": (GOOD.replace("## Kort svar", "Hej\n## Kort svar"), 18, "before the first"),
    "a deeper heading": (GOOD.replace("## Pris", "### Pris"), 22, "only headings of the form"),
    "a top heading": (GOOD.replace("## Pris", "# Pris"), 22, "only headings of the form"),
    "no section": (GOOD.split("## Kort")[0], 18, "has no section"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_with_file_and_line(path, name):
    text, line, fault = FAULTS[name]
    assert text != GOOD
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ArticleError) as caught:
        read_article(path)
    assert fault in caught.value.fault
    assert caught.value.line == line
    assert caught.value.path == path
    assert str(caught.value).startswith(f"{path}:{line}: ")


@pytest.mark.parametrize("name", HEAD_FIELDS)
def test_each_field_of_the_head_must_be_there(path, name):
    lines = GOOD.split("\n")
    start = next(n for n, line in enumerate(lines) if line.startswith(f"{name}:"))
    end = next(n for n in range(start + 1, len(lines)) if not lines[n].startswith(" "))
    path.write_text("\n".join(lines[:start] + lines[end:]), encoding="utf-8")
    with pytest.raises(ArticleError, match=f"lacks {name}"):
        read_article(path)


def test_an_article_that_is_not_utf8_is_refused(path):
    path.write_bytes(GOOD.encode("latin-1"))
    with pytest.raises(ArticleError, match="not UTF-8"):
        read_article(path)


def test_an_article_in_a_folder_of_no_language_is_refused(tmp_path):
    path = tmp_path / "de" / "pas.md"
    path.parent.mkdir()
    path.write_text(GOOD, encoding="utf-8")
    with pytest.raises(ArticleError, match="da or en"):
        read_article(path)


def test_an_article_saved_on_windows_is_read(path):
    path.write_bytes(GOOD.replace("\n", "\r\n").encode())
    assert read_article(path).passages[0].text == "Bestil tid."
