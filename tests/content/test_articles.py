"""The knowledge base itself: complete, within the house rules, and counted, so that an empty folder fails."""

from datetime import date
from pathlib import Path

import pytest

from connectors.municipality import read_municipality
from connectors.settings import ROOT
from knowledge.article import Article, read_article
from knowledge.check import ARTICLES, check_articles, known_teams, normal_form
from nlu.text.personal_data import PersonalData, mask

PATHS = sorted(ARTICLES.glob("*/*.md"))
# Which topics there are and for whom: "slug audience".
TOPICS = dict(
    line.split()
    for line in (Path(__file__).parent / "topics.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
)
NAMES = [f"{path.parent.name}/{path.stem}" for path in PATHS]


@pytest.fixture(scope="module")
def articles() -> list[Article]:
    return [read_article(path) for path in PATHS]


def test_every_topic_has_an_article_in_each_language_and_there_is_no_other():
    assert len(TOPICS) == 114
    assert sorted(NAMES) == sorted(f"{language}/{topic}" for topic in TOPICS for language in ("da", "en"))
    assert len(PATHS) == 228


@pytest.mark.parametrize("path", PATHS, ids=NAMES)
def test_an_article_keeps_the_house_rules(path: Path):
    article = read_article(path)
    twins = [read_article(ARTICLES / language / path.name) for language in ("da", "en")]
    faults = check_articles(twins, teams=known_teams(), today=max(article.reviewed, min(date.today(), article.expires)))
    assert [str(fault) for fault in faults if fault.path == path] == []


def test_no_question_is_claimed_by_two_topics(articles):
    faults = check_articles(articles, teams=known_teams(), today=max(article.reviewed for article in articles))
    assert [str(fault) for fault in faults] == []


def test_no_article_has_expired(articles):
    """Fails on the day when somebody must review an article again: that is what the date is for."""
    assert [a.topic for a in articles if a.expires < date.today()] == []


def test_audiences_are_those_of_the_topics(articles):
    assert {a.topic: a.audience for a in articles if a.language == "da"} == TOPICS


def test_there_are_at_least_eight_articles_for_businesses(articles):
    assert sum(a.audience == "business" for a in articles if a.language == "da") >= 8


def test_every_team_that_owns_an_article_exists_and_most_teams_own_some(articles):
    teams = set(read_municipality(ROOT / "config" / "municipality.yml").teams)
    owners = {article.owner for article in articles}
    assert owners <= teams
    assert len(owners) >= 10


def test_an_article_is_found_by_many_questions(articles):
    counts = {language: [len(a.questions) for a in articles if a.language == language] for language in ("da", "en")}
    assert min(counts["da"]) >= 20
    assert min(counts["en"]) >= 10


def test_no_two_articles_have_the_same_title(articles):
    for language in ("da", "en"):
        titles = [normal_form(a.title) for a in articles if a.language == language]
        assert len(titles) == len(set(titles))


def test_the_links_are_public_pages_with_a_title(articles):
    for article in articles:
        assert all(link.title and link.url.startswith(("https://", "http://")) for link in article.sources), (
            article.path
        )
        # A citizen may log in or write behind these.
        assert all(link.title and link.url.startswith("https://") for link in article.self_service), article.path


def test_sensitive_articles_say_whom_to_call(articles):
    sensitive = [article for article in articles if article.sensitive]
    assert len(sensitive) >= 10
    silent = [
        f"{a.language}/{a.topic}"
        for a in sensitive
        if not any(c.isdigit() for p in a.passages for c in p.text) and not any("http" in p.text for p in a.passages)
    ]
    assert silent == []


def test_no_article_or_question_holds_a_persons_number_g1(articles):
    found = [
        (a.topic, text)
        for a in articles
        for text in (*a.questions, *(p.text for p in a.passages))
        if mask(text).kinds & {PersonalData.CPR, PersonalData.CARD}
    ]
    assert found == []


def test_no_article_promises_or_speaks_of_how_it_was_made(articles):
    words = ("faktaark", "fact file", "kilde 1", "vi fandt ikke", "kan være forældet", "as an ai", "sprogmodel")
    found = [(a.topic, w) for a in articles for p in a.passages for w in words if w in p.text.lower()]
    assert found == []
