"""Question files: what is asked, and what would be right."""

import json
from dataclasses import dataclass
from pathlib import Path

KINDS = ("answer", "out_of_scope", "human", "chitchat", "sensitive")


class QuestionFileError(Exception):
    """A question file cannot be used; the text has file, line and fault."""


@dataclass(frozen=True, slots=True)
class Question:
    """One line of a question file. ``topics`` are the right articles, any of them."""

    id: str
    text: str
    lang: str
    kind: str
    style: str
    topics: tuple[str, ...]


def read_questions(path: Path) -> list[Question]:
    """Read a question file: one JSON object a line.

    Raises:
        QuestionFileError: If it is missing, empty, or a line is malformed or of an unknown kind.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise QuestionFileError(f"{path}: {error.strerror}") from error
    questions = [_question(path, number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    if not questions:
        raise QuestionFileError(f"{path}: holds no question")
    ids = [question.id for question in questions]
    if len(set(ids)) < len(ids):
        twice = next(name for name in ids if ids.count(name) > 1)
        raise QuestionFileError(f"{path}: the id {twice} stands there twice")
    return questions


def _question(path: Path, number: int, line: str) -> Question:
    try:
        row = json.loads(line)
        question = Question(
            id=str(row["id"]),
            text=str(row["text"]),
            lang=str(row.get("lang", "da")),
            kind=str(row["kind"]),
            style=str(row.get("style", "plain")),
            topics=tuple(str(topic) for topic in row.get("topics", [])),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise QuestionFileError(f"{path}:{number}: {error!r}") from error
    if question.kind not in KINDS:
        raise QuestionFileError(f"{path}:{number}: unknown kind {question.kind!r}")
    if question.kind == "answer" and not question.topics:
        raise QuestionFileError(f"{path}:{number}: an answerable question names no topic")
    return question


def known_topics(articles: Path) -> frozenset[str]:
    """Topics that have an article, in any language."""
    return frozenset(path.stem for path in articles.glob("*/*.md"))
