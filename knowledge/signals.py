"""What speaks for each class: neighbours among known sentences, word search, and trained classifiers.

A class is a topic, or an intent that is not a question to the knowledge base. Every signal gives one
number for each class; ``knowledge.ranker`` weighs them into probabilities.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from knowledge.library import Example, texts_of
from nlu.features import TextFeatures

Scores = npt.NDArray[np.float32]

_NEAREST = 3
_BM25_K1 = 1.5
_BM25_B = 0.75
_FLOOR = 1e-6


class Neighbours:
    """How near a text is to the sentences known for each class: the mean of the nearest three, and the nearest."""

    def __init__(
        self,
        examples: Sequence[Example],
        vectors: npt.NDArray[np.float32],
        features: TextFeatures,
        classes: Sequence[str],
    ) -> None:
        texts = texts_of(examples)
        self._vectors = features.centred(vectors)
        self._characters = features.characters(texts).T.tocsr()
        self._bare = features.bare(texts).T.tocsr()
        members: dict[str, list[int]] = {name: [] for name in classes}
        for row, example in enumerate(examples):
            if example.label in members:
                members[example.label].append(row)
        longest = max(_NEAREST, *(len(rows) for rows in members.values()))
        # One padded row of example numbers for each class; the pad points at a score of 0 past the end.
        self._members = np.full((len(members), longest), len(texts), dtype=np.intp)
        for number, rows in enumerate(members.values()):
            self._members[number, : len(rows)] = rows

    def signals(
        self, characters: sparse.csr_matrix, bare: sparse.csr_matrix, centred: npt.NDArray[np.float32]
    ) -> tuple[Scores, Scores, Scores]:
        """Of one text: nearest embeddings, nearest character n-grams, nearest bare spelling; each (classes,)."""
        dense = self._vectors @ centred[0]
        spelt = (characters @ self._characters).toarray()[0]
        plain = (bare @ self._bare).toarray()[0]
        return self._nearest(dense), self._nearest(spelt), self._best(plain)

    def _nearest(self, similarity: npt.NDArray[np.float32]) -> Scores:
        padded = np.append(similarity, np.float32(0.0))[self._members]
        return np.asarray(np.partition(padded, -_NEAREST, axis=1)[:, -_NEAREST:].mean(axis=1), dtype=np.float32)

    def _best(self, similarity: npt.NDArray[np.float32]) -> Scores:
        return np.asarray(np.append(similarity, np.float32(0.0))[self._members].max(axis=1), dtype=np.float32)


class WordSearch:
    """BM25 over all words of each topic, stems and compound parts.

    Source:
        Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009.
    """

    def __init__(self, documents: Sequence[str], features: TextFeatures) -> None:
        self._vectorizer = CountVectorizer(analyzer=features.words_of, dtype=np.float32)
        counts = self._vectorizer.fit_transform(documents).tocoo()
        present = np.bincount(counts.col, minlength=counts.shape[1])
        rarity = np.log1p((counts.shape[0] - present + 0.5) / (present + 0.5))
        lengths = np.bincount(counts.row, weights=counts.data, minlength=counts.shape[0])
        norm = _BM25_K1 * (1 - _BM25_B + _BM25_B * lengths / max(lengths.mean(), 1.0))
        weights = rarity[counts.col] * counts.data * (_BM25_K1 + 1) / (counts.data + norm[counts.row])
        self._weights = sparse.csr_matrix((weights, (counts.col, counts.row)), counts.shape[::-1], dtype=np.float32)
        self._vocabulary = self._vectorizer.vocabulary_

    def scores(self, text: str) -> Scores:
        """BM25 of each document divided by the best one's, shape (documents,); zeros if no word is known."""
        query = self._vectorizer.transform([text])
        query.data[:] = 1.0
        found = (query @ self._weights).toarray()[0]
        return np.asarray(found / max(float(found.max()), _FLOOR), dtype=np.float32)

    def known_words(self, text: str) -> list[str]:
        """Which stems of ``text`` the articles have, for explaining a result."""
        return [w for w in self._vectorizer.build_analyzer()(text) if w in self._vocabulary and " " not in w]


class Classifiers:
    """Three linear classifiers: over all features, over the embedding alone, and over all features for groups.

    The third tells what somebody does with a message (asks, demands a decision, wants a person, is in danger),
    whatever topic it names: the two are different questions, and one ranking of classes cannot answer both.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        groups: Sequence[str],
        vectors: npt.NDArray[np.float32],
        features: TextFeatures,
    ) -> None:
        labels = np.array([example.label for example in examples])
        centred = features.centred(vectors)
        joined = features.joined(texts_of(examples), centred)
        machine = LinearSVC(C=1.0, random_state=0).fit(joined, labels)
        regression = LogisticRegression(C=30.0, max_iter=300, tol=1e-3).fit(centred, labels)
        acts = LinearSVC(C=1.0, random_state=0).fit(joined, np.array(groups))
        self.classes: list[str] = [str(name) for name in machine.classes_]
        self.groups: list[str] = [str(name) for name in acts.classes_]
        self._margin_weights = np.ascontiguousarray(machine.coef_.T, dtype=np.float32)
        self._margin_bias = machine.intercept_.astype(np.float32)
        self._dense_weights = regression.coef_.T.astype(np.float32)
        self._dense_bias = regression.intercept_.astype(np.float32)
        self._act_weights = np.ascontiguousarray(acts.coef_.T, dtype=np.float32)
        self._act_bias = acts.intercept_.astype(np.float32)

    def signals(
        self, joined: sparse.csr_matrix, centred: npt.NDArray[np.float32]
    ) -> tuple[Scores, Scores, dict[str, float]]:
        """Of one text: margins and log-probabilities by the embedding, each (classes,), and a margin for each group.

        A margin above 0 is a yes, far below 0 a clear no; around 0 it is open.
        """
        margin = (joined @ self._margin_weights)[0] + self._margin_bias
        raw = (centred @ self._dense_weights)[0] + self._dense_bias
        raw = np.exp(raw - raw.max())
        acts = (joined @ self._act_weights)[0] + self._act_bias
        return (
            np.asarray(margin, dtype=np.float32),
            np.log(raw / raw.sum() + _FLOOR).astype(np.float32),
            {name: float(value) for name, value in zip(self.groups, acts, strict=True)},
        )
