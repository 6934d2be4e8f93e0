"""Build, store, load and refresh what a search needs.

The trained part (seconds) is stored and reused while the sentences it was trained on stay the same. The
quick part is made anew from the articles, with embeddings from the cache: a changed article is live at once.

Run as ``python -m knowledge.index`` to build it ahead of time.
"""

import hashlib
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import joblib

from knowledge.article import Article
from knowledge.check import ARTICLES, check_articles, known_teams, load_articles
from knowledge.errors import ArticlesRefused
from knowledge.library import Example, Library
from knowledge.ranker import Ranker, Trained, Weights, read_weights
from nlu.embedding import Encoder, load_encoder
from nlu.embedding_cache import CachedEncoder
from nlu.intents import read_intents

_LAST_GOOD = "last-good-articles.joblib"
_FORM = 4  # raise when the stored form of the trained part changes


@dataclass(frozen=True, slots=True)
class Index:
    """One state of the knowledge base, ready to be searched. Never changes once made."""

    library: Library
    ranker: Ranker
    revision: str  # of all articles together
    is_trained: bool  # False while the classifiers are older than the questions


class Indexer:
    """Makes indexes from the articles on disk.

    Args:
        data_dir: Where embeddings and the trained part are kept.
        encoder: Embeds queries; its vectors of training sentences are cached.
        articles: Folder of the articles.
        weights: Fitted weights; None for those in the repository.
    """

    def __init__(
        self, data_dir: Path, encoder: Encoder, *, articles: Path = ARTICLES, weights: Weights | None = None
    ) -> None:
        self.encoder = encoder
        self._folder = data_dir / "index"
        self._cached = CachedEncoder(encoder, data_dir / "cache" / f"{_safe(encoder.name)}.npz")
        self._articles = articles
        self._weights = weights
        self._trained: tuple[str, Trained] | None = None

    def build(self, progress: Callable[[str], None] = lambda _: None) -> Index:
        """An index of the articles as they are now, trained on them; loaded if it was built before.

        Raises:
            ArticlesRefused: If any article has a fault; carries all of them.
        """
        articles = self._read()
        key = self._key(articles)
        if self._trained is None or self._trained[0] != key:
            self._trained = (key, self._load(key) or self._train(key, articles, progress))
        return self._assemble(articles, self._trained[1], is_trained=True)

    def build_last_good(self) -> Index | None:
        """An index of the newest articles that had no fault; None if there never were any.

        For a start while the articles on disk have faults: citizens go on being answered.
        """
        try:
            articles = joblib.load(self._folder / _LAST_GOOD)  # our own file in our own data folder
        except (OSError, EOFError, ValueError, AttributeError, ImportError, KeyError, TypeError):
            return None
        key = self._key(articles)
        trained = self._load(key) or self._train(key, articles, lambda _: None)
        self._trained = (key, trained)
        return self._assemble(articles, trained, is_trained=True)

    def refresh(self) -> Index:
        """An index of the articles as they are now, in at most a second or two.

        New questions count as neighbours and words at once. If there are any, the classifiers are those
        trained before and ``is_trained`` is False: call ``build`` when there is time.

        Raises:
            ArticlesRefused: If any article has a fault; carries all of them.
        """
        if self._trained is None:
            return self.build()
        articles = self._read()
        return self._assemble(articles, self._trained[1], is_trained=self._key(articles) == self._trained[0])

    def _read(self) -> list[Article]:
        articles, faults = load_articles(self._articles)
        faults += check_articles(articles, teams=known_teams(), today=date.today())  # noqa: DTZ011 - as the checker has it
        if faults or not articles:
            raise ArticlesRefused(faults)
        return articles

    def _assemble(self, articles: Sequence[Article], trained: Trained, *, is_trained: bool) -> Index:
        self._keep(articles)
        library = Library(articles, self._cached)
        ranker = Ranker(library, intent_examples(), trained, self._cached, self._weights or read_weights())
        return Index(library, ranker, _revision(articles), is_trained)

    def _keep(self, articles: Sequence[Article]) -> None:
        """Remember these as the last good ones."""
        self._folder.mkdir(parents=True, exist_ok=True)
        temporary = self._folder / f".articles-{os.getpid()}.tmp"
        joblib.dump(list(articles), temporary)
        temporary.replace(self._folder / _LAST_GOOD)

    def _key(self, articles: Sequence[Article]) -> str:
        digest = hashlib.sha256(f"{_FORM} {self.encoder.name}".encode())
        for example in self._examples(articles):
            digest.update(f"\n{example.label}\t{example.text}".encode())
        return digest.hexdigest()[:16]

    def _examples(self, articles: Sequence[Article]) -> list[Example]:
        questions = [Example(t, a.topic) for a in articles for t in (*a.questions, a.title)]
        return [*questions, *intent_examples()]

    def _load(self, key: str) -> Trained | None:
        path = self._folder / f"trained-{key}.joblib"
        try:
            loaded = joblib.load(path)  # our own file in our own data folder
        except (OSError, EOFError, ValueError, AttributeError, ImportError, KeyError):
            return None
        return loaded if isinstance(loaded, Trained) else None

    def _train(self, key: str, articles: Sequence[Article], progress: Callable[[str], None]) -> Trained:
        examples = self._examples(articles)
        progress(f"training on {len(examples)} sentences")
        library = Library(articles, self._cached)
        trained = Trained(examples, frozenset(library.topics), library.compound_parts(), self._cached)
        self._folder.mkdir(parents=True, exist_ok=True)
        temporary = self._folder / f".{key}.tmp"
        joblib.dump(trained, temporary)
        temporary.replace(self._folder / f"trained-{key}.joblib")
        for old in self._folder.glob("trained-*.joblib"):
            if old.name != f"trained-{key}.joblib":
                old.unlink(missing_ok=True)
        return trained


def intent_examples() -> list[Example]:
    """Sentences of all intents."""
    return [Example(text, intent) for intent, texts in read_intents().items() for text in texts]


def _revision(articles: Sequence[Article]) -> str:
    joined = "".join(sorted(article.revision for article in articles))
    return hashlib.sha256(joined.encode()).hexdigest()[:12]


def _safe(name: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in name)


def main(data_dir: Path) -> int:
    """Build the index and say how long each step took."""
    start = time.perf_counter()

    def say(step: str) -> None:
        print(f"  {time.perf_counter() - start:5.1f} s  {step}", flush=True)

    say("loading the language model")
    indexer = Indexer(data_dir, load_encoder())
    try:
        index = indexer.build(say)
    except ArticlesRefused as error:
        print(error)
        return 1
    say(f"{len(index.library.topics)} topics, {len(index.library.articles)} articles, revision {index.revision}")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("var")))
