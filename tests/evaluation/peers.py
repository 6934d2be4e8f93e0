"""Simpler ways to find the right article, measured on the same questions in the same run.

Each learns from the articles' own questions and gives every question one topic and one score. Klara may look good
only beside what a few lines of code or Rasa's own selector reach.
"""

import json
import math
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from knowledge.check import load_articles
from knowledge.index import Indexer, intent_examples
from knowledge.library import Library
from knowledge.signals import WordSearch
from nlu.embedding import load_encoder
from nlu.embedding_cache import CachedEncoder
from nlu.features import TextFeatures
from ops.build import VAR
from ops.programs import RASA_FOLDER, ROOT, system_environment
from tests.evaluation.metrics import judge_scores
from tests.evaluation.questions import Question

Say = Callable[[str], None]
Found = tuple[str | None, float]


def compare(questions: Sequence[Question], epochs: int, say: Say) -> list[dict[str, Any]]:
    """Every method's numbers on questions of the kinds answer and out_of_scope.

    Args:
        questions: What is asked.
        epochs: Of Rasa's own DIET classifier, twice as many of its selector. Its default of 100 takes hours.
        say: Told of each step.
    """
    say("peers: reading the articles")
    articles, faults = load_articles(ROOT / "knowledge" / "articles")
    assert not faults, faults
    encoder = load_encoder()
    cached = CachedEncoder(encoder, VAR / "cache" / f"{encoder.name}.npz")
    library = Library(articles, cached)
    results = []
    for name, make in (
        ("BM25 over stems", lambda: word_search(library, Indexer(VAR, encoder).build().ranker._trained.features)),
        ("e5, nearest question", lambda: nearest_question(library, cached, encoder)),
        ("character n-grams, LR", lambda: character_regression(library)),
    ):
        say(f"peers: {name}")
        results.append(_measured(name, make, questions))
    say(f"peers: Rasa's own DIET and ResponseSelector, {epochs} and {2 * epochs} epochs")
    results.append(_rasa(library, questions, epochs))
    return results


def _measured(name: str, make: Callable[[], Callable[[str], Found]], questions: Sequence[Question]) -> dict[str, Any]:
    started = time.perf_counter()
    find = make()
    training = time.perf_counter() - started
    find("hvad koster et pas")
    started = time.perf_counter()
    found = [find(question.text) for question in questions]
    each = (time.perf_counter() - started) / len(questions) * 1000
    return {
        "name": name, **judge_scores(found, questions), "milliseconds": each, "training_seconds": training, "note": "",
    }  # fmt: skip


def word_search(library: Library, features: TextFeatures) -> Callable[[str], Found]:
    """BM25 over all words of each topic; the score is BM25's own, for each word of the question."""
    search = WordSearch(library.documents(), features)

    def find(text: str) -> Found:
        query = search._vectorizer.transform([text])
        query.data[:] = 1.0
        scores = (query @ search._weights).toarray()[0]
        best = int(scores.argmax())
        return library.topics[best], float(scores[best]) / math.sqrt(max(query.nnz, 1))

    return find


def nearest_question(library: Library, cached: Any, encoder: Any) -> Callable[[str], Found]:
    """The topic of the nearest known question; the score is the cosine."""
    examples = library.examples()
    vectors = cached.encode([example.text for example in examples])

    def find(text: str) -> Found:
        scores = vectors @ encoder.encode([text])[0]
        best = int(np.argmax(scores))
        return examples[best].label, float(scores[best])

    return find


def character_regression(library: Library) -> Callable[[str], Found]:
    """Logistic regression over character n-grams; the score is the probability."""
    examples = library.examples()
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, min_df=2)
    rows = vectorizer.fit_transform([example.text for example in examples])
    model = LogisticRegression(C=30.0, max_iter=60).fit(rows, [example.label for example in examples])

    def find(text: str) -> Found:
        odds = model.predict_proba(vectorizer.transform([text]))[0]
        best = int(odds.argmax())
        return str(model.classes_[best]), float(odds[best])

    return find


def _rasa(library: Library, questions: Sequence[Question], epochs: int) -> dict[str, Any]:
    """Rasa's default pipeline with its ResponseSelector, trained in its own environment in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="klara-selector-") as name:
        folder = Path(name)
        given = {
            "epochs": epochs,
            "topics": [[example.label, example.text] for example in library.examples()],
            "intents": [[example.label, example.text] for example in intent_examples()],
            "questions": [question.text for question in questions],
        }
        (folder / "given.json").write_text(json.dumps(given, ensure_ascii=False), encoding="utf-8")
        command = [str(RASA_FOLDER / "python"), "-m", "tests.evaluation.rasa_selector", str(folder)]
        with (folder / "log").open("w") as log:
            done = subprocess.run(
                command, cwd=ROOT, env=system_environment(), stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, check=False,
            )  # fmt: skip
        if done.returncode != 0:
            lines = (folder / "log").read_text(encoding="utf-8", errors="replace").splitlines()[-5:]
            raise RuntimeError("Rasa's selector could not be measured:\n" + "\n".join(lines))
        made = json.loads((folder / "found.json").read_text(encoding="utf-8"))
    found = [(topic, float(score)) for topic, score in made["found"]]
    return {
        "name": "Rasa's DIET and ResponseSelector", **judge_scores(found, questions),
        "milliseconds": made["milliseconds"], "training_seconds": made["training_seconds"],
        "note": f"{epochs} and {2 * epochs} epochs, not 100; it also learned nlu/intents, to tell what is no question",
    }  # fmt: skip
