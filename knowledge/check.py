"""The editors' checker: every house rule of an article, each fault with file and line.

Run as ``python -m knowledge.check [NAME …]``; a NAME such as ``da/pas`` limits what is reported.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from knowledge.article import Article, Passage, read_article
from knowledge.aspects import Aspect
from knowledge.errors import ArticleError
from knowledge.readability import lix, word_count

ARTICLES = Path(__file__).parent / "articles"
CONFIG = Path(__file__).parent.parent / "config" / "municipality.yml"

MAX_LIX = 45
MAX_WORDS_SHORT = 60
MAX_WORDS_SECTION = 90
MIN_QUESTIONS = {"da": 10, "en": 8}

_MARKDOWN = MarkdownIt("commonmark")
_ALLOWED_TOKENS = {
    "paragraph_open", "paragraph_close", "inline", "text", "softbreak", "hardbreak",
    "bullet_list_open", "bullet_list_close", "ordered_list_open", "ordered_list_close",
    "list_item_open", "list_item_close", "strong_open", "strong_close", "em_open", "em_close",
    "link_open", "link_close",
}  # fmt: skip
_SPACES = re.compile(r"\W+")


def load_articles(root: Path = ARTICLES) -> tuple[list[Article], list[ArticleError]]:
    """Read every article under ``root/{da,en}``, in the order of their paths.

    Returns:
        The articles that could be read, and one error for each that could not.
    """
    articles: list[Article] = []
    faults: list[ArticleError] = []
    for path in sorted(root.glob("*/*.md")):
        try:
            articles.append(read_article(path))
        except ArticleError as error:
            faults.append(error)
    return articles, faults


def check_articles(articles: list[Article], *, teams: Iterable[str], today: date) -> list[ArticleError]:
    """Apply every rule; an empty list means that the articles may be published."""
    known_teams = set(teams)
    faults: list[ArticleError] = []
    for article in articles:
        faults += _check_head(article, known_teams, today)
        faults += _check_questions_and_links(article)
        for passage in article.passages:
            faults += _check_passage(article, passage)
    faults += _check_twins(articles)
    faults += _check_claimed_twice(articles)
    return sorted(faults, key=lambda fault: (str(fault.path), fault.line))


def _check_head(article: Article, teams: set[str], today: date) -> Iterator[ArticleError]:
    def fault(name: str, text: str) -> ArticleError:
        return ArticleError(article.path, article.line_of(name), text)

    if article.topic != article.path.stem:
        yield fault("topic", f"topic is {article.topic}, but the file is {article.path.name}")
    if article.owner not in teams:
        yield fault("owner", f"unknown team {article.owner}; teams are in config/municipality.yml")
    if article.reviewed > today:
        yield fault("reviewed", f"reviewed lies in the future: {article.reviewed}")
    if article.expires <= article.reviewed:
        yield fault("expires", "expires must lie after reviewed")
    if article.expires < today:
        yield fault("expires", f"expired on {article.expires}: review the article again")
    if not article.sources:
        yield fault("sources", "needs at least one source")
    if article.kle and not re.fullmatch(r"\d\d\.\d\d\.\d\d( [A-ZÆØÅ]\d\d)?", article.kle):
        yield fault("kle", f"kle must look like 12.34.56, not {article.kle}")


def _check_questions_and_links(article: Article) -> Iterator[ArticleError]:
    def fault(name: str, text: str) -> ArticleError:
        return ArticleError(article.path, article.line_of(name), text)

    least = MIN_QUESTIONS[article.language]
    if len(article.questions) < least:
        yield fault("questions", f"needs at least {least} questions, has {len(article.questions)}")
    seen: set[str] = set()
    for question in article.questions:
        form = normal_form(question)
        if form in seen:
            yield fault("questions", f"the same question twice: {question}")
        seen.add(form)
    for name in ("self_service", "sources"):
        for link in getattr(article, name):
            if not re.fullmatch(r"https?://[^\s<>\"]+\.[^\s<>\"]+", link.url):
                yield fault(name, f"not a web address: {link.url}")


def _check_passage(article: Article, passage: Passage) -> Iterator[ArticleError]:
    def fault(text: str) -> ArticleError:
        return ArticleError(article.path, passage.line, f"'{passage.heading}': {text}")

    if (passage.number == 0) != (passage.aspect is Aspect.SHORT):
        yield fault("the first section, and only it, is 'Kort svar' ('Short answer')")
    limit = MAX_WORDS_SHORT if passage.number == 0 else MAX_WORDS_SECTION
    words = word_count(passage.text)
    if words > limit:
        yield fault(f"{words} words; at most {limit}")
    score = lix(passage.text)
    if article.language == "da" and score > MAX_LIX:
        yield fault(f"LIX {score:.0f}; at most {MAX_LIX}: shorter sentences and words")
    for token in _tokens(passage.text):
        if token.type not in _ALLOWED_TOKENS:
            yield fault(f"holds {token.type.removesuffix('_open')}; only text, lists, bold and links")
            break
        if token.type == "link_open" and not str(token.attrs.get("href", "")).startswith("https://"):
            yield fault(f"link to {token.attrs.get('href')}; links start with https://")


def _tokens(markdown: str) -> Iterator[Token]:
    for token in _MARKDOWN.parse(markdown):
        yield token
        yield from token.children or []


def _check_twins(articles: list[Article]) -> Iterator[ArticleError]:
    languages: dict[str, dict[str, Article]] = {}
    for article in articles:
        languages.setdefault(article.topic, {})[article.language] = article
    for topic, found in languages.items():
        for language in ("da", "en"):
            if language not in found:
                other = next(iter(found.values()))
                yield ArticleError(other.path, 1, f"{topic} has no article in '{language}'")
        if len({(a.owner, a.audience, a.sensitive) for a in found.values()}) > 1:
            fault = "owner, audience or sensitive differs from the other language"
            yield ArticleError(found["en"].path, found["en"].line_of("owner"), fault)


def _check_claimed_twice(articles: list[Article]) -> Iterator[ArticleError]:
    claimed: dict[str, Article] = {}
    for article in articles:
        for question in article.questions:
            first = claimed.setdefault(normal_form(question), article)
            if first.topic != article.topic:
                fault = f"'{question}' is claimed by {first.topic} too"
                yield ArticleError(article.path, article.line_of("questions"), fault)


def normal_form(text: str) -> str:
    """Lower case, words only: two questions that differ in punctuation are the same."""
    return _SPACES.sub(" ", text.lower()).strip()


def known_teams(config: Path = CONFIG) -> list[str]:
    """Slugs of the teams that may own an article."""
    return list(yaml.safe_load(config.read_text(encoding="utf-8"))["teams"])


def main(names: list[str]) -> int:
    """Print every fault; 0 when there is none."""
    articles, faults = load_articles()
    faults += check_articles(articles, teams=known_teams(), today=date.today())  # noqa: DTZ011 - editors think in days of where they are
    if names:
        wanted = set(names)
        faults = [f for f in faults if f"{f.path.parent.name}/{f.path.stem}" in wanted]
    for fault in faults:
        print(f"{fault.path.relative_to(ARTICLES.parent.parent)}:{fault.line}: {fault.fault}")
    if not articles:
        print("no articles found")
        return 1
    counted = f"{len(articles)} articles"
    print(f"{counted}, {len(faults)} faults" if faults else f"{counted}: no faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
