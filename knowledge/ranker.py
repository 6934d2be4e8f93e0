"""Weighs the signals of every class into one calibrated distribution.

A conditional logit: the probability of a class is the softmax of its weighted signals plus a bias for its
group. Few weights, fitted on a question set that nothing else learns from (``knowledge.calibrate``), so
that a probability of 0.8 is right about four times of five.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from knowledge.errors import DataError
from knowledge.kinds import KindModel, features
from knowledge.library import Example, Library
from knowledge.places import other_municipality_named
from knowledge.signals import Classifiers, Neighbours, WordSearch
from nlu.embedding import Encoder
from nlu.features import TextFeatures

WEIGHTS = Path(__file__).parent / "weights.json"

SIGNALS = ("nearest", "spelt", "bare", "words", "margin", "dense")
TOPIC = "topic"  # the group of all topics; an intent's group is its name up to the first dot


@dataclass(frozen=True, slots=True)
class Weights:
    """Fitted by ``make calibrate``; see the file for on what, when and with which result."""

    signals: npt.NDArray[np.float64]  # one for each of SIGNALS
    groups: dict[str, float]
    place: float  # for other_municipality, when another municipality is named
    kinds: KindModel | None  # None only while fitting


def read_weights(path: Path = WEIGHTS) -> Weights:
    """Read the fitted weights.

    Raises:
        DataError: If the file is missing or lacks a weight.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        signals = np.array([float(data["signals"][name]) for name in SIGNALS])
        groups = {k: float(v) for k, v in data["groups"].items()}
        return Weights(signals, groups, float(data["place"]), KindModel.from_json(data["kinds"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(path, f"cannot be used: {error!r}; run make calibrate") from error


def group_of(label: str, topics: frozenset[str]) -> str:
    """``topic`` for a topic, else the intent's name up to the first dot."""
    return TOPIC if label in topics else label.split(".", maxsplit=1)[0]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything known of one text: signals of shape (classes, len(SIGNALS)), and its embedding."""

    signals: npt.NDArray[np.float32]
    acts: dict[str, float]  # margin of each group; above 0 is a yes
    place: str | None
    vector: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Classes and kinds with their probabilities, and the evidence behind them."""

    classes: tuple[str, ...]
    probabilities: npt.NDArray[np.float64]
    evidence: Evidence
    kinds: dict[str, float]

    def best(self, among: npt.NDArray[np.bool_] | None = None, count: int = 1) -> list[tuple[str, float]]:
        """The most probable classes, best first; ``among`` limits them."""
        shown = self.probabilities if among is None else np.where(among, self.probabilities, -1.0)
        order = np.argsort(-shown)[:count]
        return [(self.classes[n], float(self.probabilities[n])) for n in order if shown[n] >= 0]


class Trained:
    """The slow part: features and classifiers learned from all sentences. Reused while the sentences stay."""

    def __init__(
        self, examples: Sequence[Example], topics: frozenset[str], parts: Sequence[str], encoder: Encoder
    ) -> None:
        vectors = encoder.encode([example.text for example in examples])
        self.features = TextFeatures(parts).fit([example.text for example in examples], vectors)
        groups = [group_of(example.label, topics) for example in examples]
        self.classifiers = Classifiers(examples, groups, vectors, self.features)


class Ranker:
    """Ranks all classes for a text. The quick parts are made from the library it is given."""

    def __init__(
        self, library: Library, intents: Sequence[Example], trained: Trained, encoder: Encoder, weights: Weights
    ) -> None:
        examples = [*library.examples(), *intents]
        topics = frozenset(library.topics)
        self.classes: tuple[str, ...] = tuple(sorted({example.label for example in examples}))
        self.is_topic = np.array([name in topics for name in self.classes])
        self.groups = [group_of(name, topics) for name in self.classes]
        self._trained = trained
        self._neighbours = Neighbours(
            examples, encoder.encode([e.text for e in examples]), trained.features, self.classes
        )
        self._words = WordSearch(library.documents(), trained.features)
        self._topic_rows = np.array([self.classes.index(topic) for topic in library.topics], dtype=np.intp)
        # Where a trained class stands among today's; a topic added since training has no classifier yet.
        known = {name: n for n, name in enumerate(trained.classifiers.classes)}
        self._trained_rows = np.array([known.get(name, -1) for name in self.classes], dtype=np.intp)
        self.set_weights(weights)

    def set_weights(self, weights: Weights) -> None:
        """Use other weights; for calibration."""
        self._weights = weights
        self._bias = np.array([weights.groups.get(group, 0.0) for group in self.groups])
        self._place_rows = np.array([group == "other_municipality" for group in self.groups])

    def evidence(self, text: str, vector: npt.NDArray[np.float32]) -> Evidence:
        """Signals of every class.

        Args:
            text: What was asked, masked and cleaned.
            vector: Its embedding, shape (dimensions,).
        """
        features = self._trained.features
        centred = features.centred(vector[None, :])
        characters, bare = features.characters([text]), features.bare([text])
        joined = features.joined([text], centred, characters, bare)
        nearest, spelt, plain = self._neighbours.signals(characters, bare, centred)
        words = np.zeros(len(self.classes), dtype=np.float32)
        words[self._topic_rows] = self._words.scores(text)
        margin, dense, acts = self._trained.classifiers.signals(joined, centred)
        columns = (nearest, spelt, plain, words, self._today(margin), self._today(dense))
        return Evidence(np.stack(columns, axis=1), acts, other_municipality_named(text), vector)

    def rank(self, evidence: Evidence) -> Ranking:
        """Probabilities of all classes; they add up to 1."""
        scores = evidence.signals @ self._weights.signals + self._bias
        if evidence.place:
            scores = scores + self._place_rows * self._weights.place
        scores = np.exp(scores - scores.max())
        probabilities = scores / scores.sum()
        kinds = {}
        if self._weights.kinds is not None:
            numbers = features(probabilities, self.groups, self.is_topic, evidence.acts, bool(evidence.place))
            kinds = self._weights.kinds.probabilities(numbers)
        return Ranking(self.classes, probabilities, evidence, kinds)

    def known_words(self, text: str) -> list[str]:
        """Which words of a text the articles know."""
        return self._words.known_words(text)

    def _today(self, signal: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Reorder a classifier's scores; an untrained class gets the median, neither for nor against."""
        placed = signal[self._trained_rows]
        if (self._trained_rows < 0).any():
            placed = np.where(self._trained_rows < 0, np.median(signal), placed)
        return placed
