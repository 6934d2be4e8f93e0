"""What kind of message this is: a question to us, a wish for a person, small talk, something sensitive, or not ours.

A multinomial logistic regression over few numbers: how the ranker spreads its probability over groups, what the
act classifiers say, and whether another municipality is named. Its weights are fitted with the ranker's
(``knowledge.calibrate``), on questions that nothing else learns from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

KINDS = ("answer", "chitchat", "human", "out_of_scope", "sensitive")

# Groups of classes that belong to each kind.
GROUPS = {
    "answer": ("topic",),
    "human": ("human",),
    "chitchat": ("smalltalk", "complaint"),
    "sensitive": ("crisis", "sensitive"),
    "out_of_scope": (
        "authority", "other_municipality", "general", "opinion", "steering", "abuse", "decision", "language",
    ),
}  # fmt: skip
_GROUP_NAMES = tuple(sorted(group for groups in GROUPS.values() for group in groups))
FEATURES = (
    *(f"mass of {name}" for name in _GROUP_NAMES),
    *(f"act of {name}" for name in _GROUP_NAMES),
    "place named",
    "best topic",
    "share of best topic",
)
_FLOOR = 1e-4


def features(
    probabilities: npt.NDArray[np.float64],
    groups: Sequence[str],
    is_topic: npt.NDArray[np.bool_],
    acts: dict[str, float],
    place: bool,
) -> npt.NDArray[np.float64]:
    """The numbers of one message, in the order of FEATURES.

    Args:
        probabilities: Of all classes, shape (classes,).
        groups: Group of each class.
        is_topic: Which classes are topics.
        acts: Margin of each group.
        place: Whether another municipality is named.
    """
    names = np.asarray(groups)
    masses = [float(probabilities[names == name].sum()) for name in _GROUP_NAMES]
    best = float(probabilities[is_topic].max())
    share = best / max(float(probabilities[is_topic].sum()), 1e-9)
    return np.array(
        [
            *(np.log(mass + _FLOOR) for mass in masses),
            *(acts.get(name, -1.0) for name in _GROUP_NAMES),
            float(place),
            np.log(best + _FLOOR),
            share,
        ]
    )


@dataclass(frozen=True, slots=True)
class KindModel:
    """Weights of shape (len(KINDS), len(FEATURES)) and a bias for each kind."""

    weights: npt.NDArray[np.float64]
    bias: npt.NDArray[np.float64]

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "KindModel":
        """Read what ``to_json`` wrote.

        Raises:
            KeyError: If a kind or a feature is missing.
        """
        weights = np.array([[float(data["weights"][kind][name]) for name in FEATURES] for kind in KINDS])
        return cls(weights, np.array([float(data["bias"][kind]) for kind in KINDS]))

    def to_json(self) -> dict[str, Any]:
        """As kept in weights.json."""
        rows = zip(KINDS, self.weights, strict=True)
        return {
            "bias": {kind: round(float(b), 4) for kind, b in zip(KINDS, self.bias, strict=True)},
            "weights": {
                kind: {n: round(float(v), 4) for n, v in zip(FEATURES, row, strict=True)} for kind, row in rows
            },
        }

    def probabilities(self, numbers: npt.NDArray[np.float64]) -> dict[str, float]:
        """Of each kind; they add up to 1."""
        scores = self.weights @ numbers + self.bias
        odds = np.exp(scores - scores.max())
        return {kind: float(p) for kind, p in zip(KINDS, odds / odds.sum(), strict=True)}


def fit(numbers: npt.NDArray[np.float64], kinds: Sequence[str], *, strength: float = 0.1) -> KindModel:
    """Fit on messages whose kind is known.

    Args:
        numbers: Shape (messages, len(FEATURES)).
        kinds: Kind of each message; every one of KINDS must occur.
        strength: Inverse regularisation.
    """
    from sklearn.linear_model import LogisticRegression

    mean, spread = numbers.mean(axis=0), np.maximum(numbers.std(axis=0), 1e-6)
    model = LogisticRegression(C=strength, max_iter=3000).fit((numbers - mean) / spread, np.array(kinds))
    order = [list(model.classes_).index(kind) for kind in KINDS]
    weights = model.coef_[order] / spread
    return KindModel(weights, model.intercept_[order] - weights @ mean)
