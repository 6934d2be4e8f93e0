"""A linear intent classifier over character n-grams, stems and sentence vectors. Pure; saved without pickle.

Hashing takes the place of vocabularies, so that a trained model is a handful of arrays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

from nlu.text.normalise import fold, fold_bare

Floats = npt.NDArray[np.float32]

_BUCKETS = 2**18
_MIN_SENTENCES = 2  # a feature seen in one training sentence only says nothing about the next
_FOLDED = HashingVectorizer(
    analyzer="char_wb", ngram_range=(2, 5), preprocessor=fold, n_features=_BUCKETS, norm=None, alternate_sign=False
)
_BARE = HashingVectorizer(
    analyzer="char_wb", ngram_range=(3, 4), preprocessor=fold_bare, n_features=_BUCKETS, norm=None, alternate_sign=False
)
_WORDS = HashingVectorizer(
    analyzer=lambda words: [*words, *(f"{a} {b}" for a, b in pairwise(words))],
    n_features=_BUCKETS,
    norm=None,
    alternate_sign=False,
)


class ClassifierError(Exception):
    """A classifier cannot be trained or read; the message says why."""


@dataclass(frozen=True)
class Sentences:
    """What the classifier sees of n sentences.

    Attributes:
        texts: As typed.
        words: Their stems.
        vectors: Centred sentence vectors, shape (n, dimensions); a row of zeros for an empty sentence.
    """

    texts: Sequence[str]
    words: Sequence[Sequence[str]]
    vectors: Floats


def centred(vectors: Floats, centre: Floats) -> Floats:
    """Vectors without what all sentences share, of unit length again: e5's narrow cone is spread out.

    Rows of zeros stay zeros. Shapes (n, dimensions) and (dimensions,).
    """
    empty = ~vectors.any(axis=1, keepdims=True)
    moved = np.where(empty, 0, vectors - centre)
    return np.asarray(moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9), dtype=np.float32)


class LinearIntentClassifier:
    """Logistic regression over four blocks of unit length, side by side."""

    def __init__(self, arrays: dict[str, npt.NDArray[np.generic]]) -> None:
        self._arrays = arrays
        self.labels: list[str] = [str(label) for label in arrays["labels"]]

    @classmethod
    def fit(
        cls,
        sentences: Sentences,
        labels: Sequence[str],
        strength: float = 10.0,
        dense_weight: float = 1.5,
        balance: float = 0.75,
    ) -> LinearIntentClassifier:
        """Train.

        Args:
            sentences: Training sentences.
            labels: One label for each.
            strength: How closely to follow the training data (scikit-learn's C).
            dense_weight: Weight of the sentence vectors beside a lexical block.
            balance: 0 lets a label count by its number of sentences, 1 lets all labels count the same.

        Raises:
            ClassifierError: If there are fewer than two labels, or not one for each sentence.
        """
        if len(set(labels)) < 2 or len(labels) != len(sentences.texts):
            raise ClassifierError(f"needs two labels or more and one a sentence: {len(set(labels))}, {len(labels)}")
        arrays: dict[str, npt.NDArray[np.generic]] = {"dense_weight": np.array([dense_weight], dtype=np.float32)}
        for number, counts in enumerate(_counts(sentences)):
            in_sentences = np.bincount(counts.indices, minlength=_BUCKETS)
            columns = np.flatnonzero(in_sentences >= _MIN_SENTENCES)
            arrays[f"columns_{number}"] = columns.astype(np.int32)
            weight = np.log((1 + counts.shape[0]) / (1 + in_sentences[columns])) + 1
            arrays[f"idf_{number}"] = weight.astype(np.float32)
        counted = Counter(labels)
        share = {label: (max(counted.values()) / number) ** balance for label, number in counted.items()}
        model = LogisticRegression(
            C=strength, solver="liblinear", dual=True, tol=0.01, class_weight=share, random_state=0
        )
        model.fit(_features(sentences, arrays), list(labels))
        weights, intercept = model.coef_, model.intercept_
        if len(model.classes_) == 2:  # scikit-learn keeps one row for two classes
            weights, intercept = np.vstack([-weights, weights]), np.concatenate([-intercept, intercept])
        arrays["weights"] = weights.astype(np.float32)
        arrays["intercept"] = intercept.astype(np.float32)
        arrays["labels"] = np.array([str(label) for label in model.classes_])
        return cls(arrays)

    def probabilities(self, sentences: Sentences) -> Floats:
        """Shape (n, labels), rows sum to 1; even shares for a sentence without anything known in it."""
        features = _features(sentences, self._arrays)
        scores = features @ self._arrays["weights"].T + self._arrays["intercept"]
        likely = 1 / (1 + np.exp(-scores))  # one against the rest, as liblinear trains
        likely[np.diff(features.indptr) == 0] = 1
        return np.asarray(likely / likely.sum(axis=1, keepdims=True), dtype=np.float32)

    def save(self, path: Path) -> None:
        """Write all arrays to one ``.npz`` file."""
        with path.open("wb") as file:
            np.savez_compressed(file, **self._arrays)  # type: ignore[arg-type,unused-ignore]

    @classmethod
    def load(cls, path: Path) -> LinearIntentClassifier:
        """Read what ``save`` wrote.

        Raises:
            ClassifierError: If the file is missing or is not such a classifier.
        """
        try:
            with np.load(path, allow_pickle=False) as stored:
                return cls({name: stored[name] for name in stored.files})
        except (OSError, ValueError, KeyError) as error:
            raise ClassifierError(f"{path}: no classifier in it ({error})") from error


def _counts(sentences: Sentences) -> list[sparse.csr_matrix]:
    return [
        _FOLDED.transform(sentences.texts),
        _BARE.transform(sentences.texts),
        _WORDS.transform(sentences.words),
    ]


def _features(sentences: Sentences, arrays: dict[str, npt.NDArray[np.generic]]) -> sparse.csr_matrix:
    blocks = []
    for number, counts in enumerate(_counts(sentences)):
        kept = counts[:, arrays[f"columns_{number}"]].astype(np.float32)
        np.log1p(kept.data, out=kept.data)
        blocks.append(normalize(kept.multiply(arrays[f"idf_{number}"]).tocsr(), copy=False))
    blocks.append(sparse.csr_matrix(sentences.vectors * arrays["dense_weight"][0]))
    return sparse.hstack(blocks, format="csr", dtype=np.float32)
