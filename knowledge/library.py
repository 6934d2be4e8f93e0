"""The articles in memory: what can be quoted, and the sentences each topic is found by."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from knowledge.article import Article, Language, Passage
from knowledge.readability import plain_text
from nlu.embedding import Encoder
from nlu.text.words import tokens

_PASSAGE_CHARACTERS = 300  # the beginning tells what a section is about; embedding time grows with length


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence and the class it stands for: a topic, or an intent of ``nlu/intents``."""

    text: str
    label: str


class Library:
    """Articles by topic and language, with their passages' embeddings. Never changes once made."""

    def __init__(self, articles: Iterable[Article], encoder: Encoder) -> None:
        self.articles: dict[tuple[str, str], Article] = {(a.topic, a.language): a for a in articles}
        self.topics: tuple[str, ...] = tuple(sorted({topic for topic, _ in self.articles}))
        self._vectors: dict[tuple[str, str], npt.NDArray[np.float32]] = {}
        texts = {key: [_passage_text(a, p) for p in a.passages] for key, a in self.articles.items()}
        vectors = encoder.encode([text for group in texts.values() for text in group])
        start = 0
        for key, group in texts.items():
            self._vectors[key] = vectors[start : start + len(group)]
            start += len(group)

    def article(self, topic: str, language: Language) -> Article | None:
        """The article in this language, else in the other one; None for an unknown topic."""
        other = "da" if language == "en" else "en"
        return self.articles.get((topic, language)) or self.articles.get((topic, other))

    def passage_scores(self, article: Article, query: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Cosine of a query's embedding with each passage of an article, shape (passages,)."""
        return np.asarray(self._vectors[(article.topic, article.language)] @ query, dtype=np.float32)

    def examples(self) -> list[Example]:
        """Sentences that stand for a topic: people's questions and the titles."""
        return [
            Example(text, article.topic)
            for article in self.articles.values()
            for text in (*article.questions, article.title)
        ]

    def documents(self) -> list[str]:
        """All words of each topic, in the order of ``topics``; what word search looks in."""
        parts: dict[str, list[str]] = {topic: [] for topic in self.topics}
        for article in self.articles.values():
            parts[article.topic] += [*article.questions, *article.words, article.title, article.title]
            parts[article.topic] += [plain_text(passage.text) for passage in article.passages]
        return ["\n".join(parts[topic]) for topic in self.topics]

    def compound_parts(self) -> list[str]:
        """Danish words of the articles, which compounds are split into; in a fixed order."""
        found = {
            token
            for article in self.articles.values()
            if article.language == "da"
            for text in (*article.words, article.title, *article.questions)
            for token in tokens(text)
        }
        return sorted(found)


def _passage_text(article: Article, passage: Passage) -> str:
    return f"{article.title}. {passage.heading}: {plain_text(passage.text)}"[:_PASSAGE_CHARACTERS]


def texts_of(examples: Sequence[Example]) -> list[str]:
    """Their sentences."""
    return [example.text for example in examples]
