"""Read an article file into a typed ``Article`` with its passages.

An article is Markdown with a YAML head; docs/writing-articles.md tells editors how to write one.
"""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

import yaml

from knowledge.aspects import Aspect, aspect_of_heading
from knowledge.errors import ArticleError

Audience = Literal["citizen", "business", "both"]
Language = Literal["da", "en"]

HEAD_FIELDS = (
    "topic",
    "title",
    "audience",
    "owner",
    "questions",
    "words",
    "self_service",
    "sources",
    "reviewed",
    "expires",
    "sensitive",
    "kle",
)
_FENCE = "---"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*$")


@dataclass(frozen=True, slots=True)
class Link:
    """A titled address, as self-service or as source."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Passage:
    """One section of an article: able to stand alone as a reply."""

    topic: str
    language: Language
    number: int
    heading: str
    aspect: Aspect
    text: str
    line: int

    @property
    def key(self) -> str:
        """``topic#number``: stable for one revision of the article."""
        return f"{self.topic}#{self.number}"


@dataclass(frozen=True, slots=True)
class Article:
    """One approved article in one language.

    ``revision`` is the first 12 hex digits of the file's SHA-256: the same text has the same
    revision on every machine, and any change has another.
    """

    topic: str
    language: Language
    title: str
    audience: Audience
    owner: str
    questions: tuple[str, ...]
    words: tuple[str, ...]
    self_service: tuple[Link, ...]
    sources: tuple[Link, ...]
    reviewed: date
    expires: date
    sensitive: bool
    kle: str
    passages: tuple[Passage, ...]
    revision: str
    path: Path
    head_lines: dict[str, int] = field(default_factory=dict, compare=False, repr=False)

    def line_of(self, name: str) -> int:
        """Line number (from 1) of a head field, for error messages."""
        return self.head_lines.get(name, 1)


def read_article(path: Path) -> Article:
    """Parse one article file; its folder name (``da`` or ``en``) is its language.

    Raises:
        ArticleError: If the head is missing, lacks a field, has one too many or a value of the
            wrong type, or if the body has no section. Names file and line.
    """
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ArticleError(path, 1, f"is not UTF-8 (byte {error.start})") from error
    head, head_lines, body_start = _read_head(path, text)
    language = path.parent.name
    if language not in ("da", "en"):
        raise ArticleError(path, 1, "must lie in a folder named da or en")
    topic = _text(path, head, head_lines, "topic")
    passages = _read_passages(path, text, body_start, topic, language)
    audience = _text(path, head, head_lines, "audience")
    if audience not in ("citizen", "business", "both"):
        fault = f"audience must be citizen, business or both, not {audience!r}"
        raise ArticleError(path, head_lines["audience"], fault)
    if not isinstance(head["sensitive"], bool):
        raise ArticleError(path, head_lines["sensitive"], "sensitive must be true or false")
    return Article(
        topic=topic,
        language=language,  # type: ignore[arg-type]
        title=_text(path, head, head_lines, "title"),
        audience=audience,  # type: ignore[arg-type]
        owner=_text(path, head, head_lines, "owner"),
        questions=_texts(path, head, head_lines, "questions"),
        words=_texts(path, head, head_lines, "words"),
        self_service=_links(path, head, head_lines, "self_service"),
        sources=_links(path, head, head_lines, "sources"),
        reviewed=_date(path, head, head_lines, "reviewed"),
        expires=_date(path, head, head_lines, "expires"),
        sensitive=head["sensitive"],
        kle=str(head["kle"] or ""),
        passages=passages,
        revision=hashlib.sha256(raw).hexdigest()[:12],
        path=path,
        head_lines=head_lines,
    )


def _read_head(path: Path, text: str) -> tuple[dict[str, Any], dict[str, int], int]:
    """Return the head's values, the line of each field, and the line after the closing fence."""
    lines = text.split("\n")
    if lines[0].strip() != _FENCE:
        raise ArticleError(path, 1, "must open with a head between two lines of ---")
    try:
        end = next(n for n, line in enumerate(lines[1:], start=1) if line.strip() == _FENCE)
    except StopIteration:
        raise ArticleError(path, 1, "the head is not closed by a line of ---") from None
    source = "\n".join(lines[1:end])
    try:
        node = yaml.compose(source, Loader=_Loader)
        head = yaml.load(source, Loader=_Loader)  # noqa: S506 - the C form of SafeLoader
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 1
        raise ArticleError(path, line, f"the head is not YAML: {error.problem}") from error
    if not isinstance(head, dict) or not isinstance(node, yaml.MappingNode):
        raise ArticleError(path, 2, "the head must be a list of fields")
    head_lines = {str(key.value): key.start_mark.line + 2 for key, _ in node.value}
    if len(head_lines) < len(node.value):
        raise ArticleError(path, 2, "the head has the same field twice")
    missing = [name for name in HEAD_FIELDS if name not in head]
    if missing:
        raise ArticleError(path, 2, f"the head lacks {', '.join(missing)}")
    surplus = sorted(set(head) - set(HEAD_FIELDS))
    if surplus:
        raise ArticleError(path, head_lines[surplus[0]], f"unknown field {surplus[0]}")
    return head, head_lines, end + 1


def _read_passages(path: Path, text: str, body_start: int, topic: str, language: str) -> tuple[Passage, ...]:
    """Cut the body at its ``##`` headings."""
    lines = text.split("\n")
    sections: list[tuple[int, str, list[str]]] = []
    for number, line in enumerate(lines[body_start:], start=body_start + 1):
        heading = _HEADING.match(line)
        if heading and heading.group(1) != "##":
            raise ArticleError(path, number, "only headings of the form '## …' are used")
        if heading:
            sections.append((number, heading.group(2), []))
        elif sections:
            sections[-1][2].append(line)
        elif line.strip():
            raise ArticleError(path, number, "text before the first ## heading")
    passages = []
    for index, (number, heading_text, content) in enumerate(sections):
        body = "\n".join(content).strip()
        if not body:
            raise ArticleError(path, number, f"section '{heading_text}' is empty")
        passages.append(
            Passage(
                topic=topic,
                language=language,  # type: ignore[arg-type]
                number=index,
                heading=heading_text,
                aspect=aspect_of_heading(heading_text),
                text=body,
                line=number,
            )
        )
    if not passages:
        raise ArticleError(path, body_start + 1, "has no section")
    return tuple(passages)


def _text(path: Path, head: dict[str, Any], lines: dict[str, int], name: str) -> str:
    value = head[name]
    if not isinstance(value, str) or not value.strip():
        raise ArticleError(path, lines[name], f"{name} must be a text")
    return value.strip()


def _texts(path: Path, head: dict[str, Any], lines: dict[str, int], name: str) -> tuple[str, ...]:
    value = head[name]
    if not isinstance(value, list) or not value:
        raise ArticleError(path, lines[name], f"{name} must be a list of texts")
    for item in value:
        if not isinstance(item, str) or not item.strip():
            fault = f"{name}: {item!r} is not a text (put it in quotes)"
            raise ArticleError(path, lines[name], fault)
    return tuple(item.strip() for item in value)


def _links(path: Path, head: dict[str, Any], lines: dict[str, int], name: str) -> tuple[Link, ...]:
    value = head[name] or []
    if not isinstance(value, list):
        raise ArticleError(path, lines[name], f"{name} must be a list of title and url")
    links = []
    for item in value:
        if not isinstance(item, dict) or set(item) != {"title", "url"}:
            raise ArticleError(path, lines[name], f"{name}: each needs a title and a url")
        links.append(Link(title=str(item["title"]).strip(), url=str(item["url"]).strip()))
    return tuple(links)


def _date(path: Path, head: dict[str, Any], lines: dict[str, int], name: str) -> date:
    value = head[name]
    if not isinstance(value, date):
        raise ArticleError(path, lines[name], f"{name} must be a date such as 2026-11-21")
    return value
