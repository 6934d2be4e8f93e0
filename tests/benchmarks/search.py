"""How long a search takes at the articles' size and with 50,000 passages, and how long a change takes to be live.

The passages that are added are Danish-like: chains of words as they follow one another in the real ones. Embedding
50,000 of them would take half an hour and cost nothing at search time, so they get vectors mixed from real ones.
"""

import random
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from knowledge.answer import Answerer, Question
from knowledge.article import Article, Passage
from knowledge.index import Index, Indexer, intent_examples
from knowledge.library import Library
from knowledge.ranker import Ranker, read_weights
from nlu.embedding import Encoder, load_encoder
from ops.programs import ROOT
from tests.evaluation.metrics import latency

ARTICLES = ROOT / "knowledge" / "articles"
Say = Callable[[str], None]


class MixingEncoder:
    """Real vectors for known texts, and for others a mixture of two real ones, always the same for a text."""

    def __init__(self, encoder: Encoder, known: dict[str, npt.NDArray[np.float32]]) -> None:
        self.name, self.dimensions = encoder.name, encoder.dimensions
        self._known = known
        self._pool = np.stack(list(known.values()))

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Shape (len(texts), dimensions), rows of unit length."""
        rows = np.empty((len(texts), self.dimensions), dtype=np.float32)
        for number, text in enumerate(texts):
            known = self._known.get(text)
            rows[number] = self._mixed(text) if known is None else known
        return rows

    def _mixed(self, text: str) -> npt.NDArray[np.float32]:
        chance = random.Random(text)
        one, other = (self._pool[chance.randrange(len(self._pool))] for _ in range(2))
        mixed = one + chance.uniform(0.3, 1.0) * other
        return np.asarray(mixed / np.linalg.norm(mixed), dtype=np.float32)


class Babbler:
    """Makes up text in which every word follows a word that it follows in the real texts."""

    def __init__(self, texts: Sequence[str], seed: int = 7) -> None:
        self._chance = random.Random(seed)
        self._follows: dict[str, list[str]] = defaultdict(list)
        self._starts: list[str] = []
        for text in texts:
            words = text.split()
            self._starts += words[:1]
            for word, following in pairwise(words):
                self._follows[word].append(following)

    def text(self, words: int) -> str:
        """So many words."""
        made = [self._chance.choice(self._starts)]
        while len(made) < words:
            following = self._follows.get(made[-1])
            made.append(self._chance.choice(following or self._starts))
        return " ".join(made)


def more_articles(real: Sequence[Article], passages: int, seed: int = 7) -> list[Article]:
    """Made-up articles on topics of their own until there are so many passages, real ones included.

    Each has the sections, the number of questions and the lengths of a real one.
    """
    babbler = Babbler([p.text for a in real for p in a.passages], seed)
    asking = Babbler([q for a in real for q in a.questions], seed)
    chance = random.Random(seed)
    danish = [article for article in real if article.language == "da"]
    made: list[Article] = []
    missing = passages - sum(len(article.passages) for article in real)
    while missing > 0:
        model, topic = chance.choice(danish), f"opdigtet-{len(made)}"
        parts = tuple(_made_up(passage, topic, babbler) for passage in model.passages[:missing])
        questions = tuple(asking.text(max(2, len(question.split()))) for question in model.questions)
        made.append(
            replace(model, topic=topic, title=asking.text(4), questions=questions, passages=parts, head_lines={})
        )
        missing -= len(parts)
    return made


def _made_up(passage: Passage, topic: str, babbler: Babbler) -> Passage:
    return replace(passage, topic=topic, text=babbler.text(max(5, len(passage.text.split()))))


def longer_articles(real: Sequence[Article], passages: int, seed: int = 7) -> list[Article]:
    """The real articles, each with as many more made-up sections as are needed for so many passages."""
    babbler = Babbler([p.text for a in real for p in a.passages], seed)
    missing = passages - sum(len(article.passages) for article in real)
    share, rest = divmod(missing, len(real))
    longer = []
    for number, article in enumerate(real):
        extra = tuple(
            replace(article.passages[-1], number=len(article.passages) + n, text=babbler.text(45))
            for n in range(share + (number < rest))
        )
        longer.append(replace(article, passages=(*article.passages, *extra)))
    return longer


def measure(questions: Sequence[str], data_dir: Path, passages: int, say: Say) -> dict[str, Any]:
    """Milliseconds of an answer, embedding included, at each size.

    Args:
        questions: What is asked, each once at each size.
        data_dir: With the index and the embeddings.
        passages: How many in the large library.
        say: Told of each step.
    """
    encoder = load_encoder()
    indexer = Indexer(data_dir, encoder)
    index = indexer.build()
    real = list(index.library.articles.values())
    result: dict[str, Any] = {"as_it_is": _timed(index, encoder, questions)}
    assert indexer._trained is not None
    trained = indexer._trained[1]
    sizes = {
        "many_articles": [*real, *more_articles(real, passages)],
        "long_articles": longer_articles(real, passages),
    }
    known = _vectors(index, indexer)
    for name, articles in sizes.items():
        say(f"search: making {name.replace('_', ' ')} of {passages} passages")
        mixing = MixingEncoder(encoder, known)
        library = Library(articles, mixing)
        ranker = Ranker(library, intent_examples(), trained, mixing, read_weights())
        result[name] = _timed(Index(library, ranker, name, is_trained=False), encoder, questions)
        result[name]["ratio"] = round(result[name]["answer"]["p95"] / result["as_it_is"]["answer"]["p95"], 2)
    return result


def _vectors(index: Index, indexer: Indexer) -> dict[str, npt.NDArray[np.float32]]:
    """Vectors of the sentences that the index knows."""
    texts = [example.text for example in (*index.library.examples(), *intent_examples())]
    return dict(zip(texts, indexer._cached.encode(texts), strict=True))


def _timed(index: Index, encoder: Encoder, questions: Sequence[str]) -> dict[str, Any]:
    answerer = Answerer(index, encoder)
    for text in questions[:10]:
        answerer.answer(Question(text))
    times: dict[str, list[float]] = {"embedding": [], "answer": [], "search": []}
    for text in questions:
        for name, call in (
            ("embedding", lambda text=text: encoder.encode([text])),
            ("answer", lambda text=text: answerer.answer(Question(text))),
            ("search", lambda text=text: answerer.search(text, "da", 5)),
        ):
            started = time.perf_counter()
            call()
            times[name].append((time.perf_counter() - started) * 1000)
    library = index.library
    return {
        "topics": len(library.topics),
        "passages": sum(len(article.passages) for article in library.articles.values()),
        **{name: latency(found) for name, found in times.items()},
    }


def reindexing(data_dir: Path, say: Say, *, cold: bool = True) -> dict[str, Any]:
    """Seconds until a changed text, a new question and, from nothing, all articles are in service.

    Args:
        data_dir: With the index and the embeddings; copied, never changed.
        say: Told of each step.
        cold: Also from nothing, which takes minutes.
    """
    result: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="klara-reindex-") as name:
        folder = Path(name)
        shutil.copytree(ARTICLES, folder / "articles")
        for part in ("index", "cache"):
            shutil.copytree(data_dir / part, folder / "data" / part)
        say("re-index: one changed article")
        encoder = load_encoder()
        indexer = Indexer(folder / "data", encoder, articles=folder / "articles")
        result["load"] = _seconds(indexer.build)
        article = folder / "articles" / "da" / "pas.md"
        text = article.read_text(encoding="utf-8")
        head, separator, body = text.partition("\n## ")
        first, newline, rest = body.partition("\n")
        article.write_text(f"{head}{separator}{first}{newline}\nDette er nyt.{rest}", encoding="utf-8")
        result["changed_text"] = _seconds(indexer.refresh)
        changed = article.read_text(encoding="utf-8")
        article.write_text(
            changed.replace("questions:\n", "questions:\n  - Hvor bliver mit pas af?\n", 1), encoding="utf-8"
        )
        result["new_question"] = _seconds(indexer.refresh)
        result["new_question_trained"] = _seconds(indexer.build)
        if cold:
            say("re-index: from nothing")
            fresh = Indexer(folder / "cold", encoder, articles=folder / "articles")
            result["from_nothing"] = _seconds(fresh.build)
    return result


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return round(time.perf_counter() - started, 2)
