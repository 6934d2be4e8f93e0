"""Fit the ranker's weights on a question set that nothing else learns from; ``make calibrate``.

Writes ``knowledge/weights.json``. The set is tests/evaluation/questions/calibration.jsonl; the result is
judged on validation.jsonl, which is never fitted on.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from knowledge.index import Indexer
from knowledge.ranker import SIGNALS, WEIGHTS, Ranker, Weights
from nlu.embedding import load_encoder
from nlu.text.normalise import clean
from nlu.text.personal_data import mask

# Which groups of classes are right for each kind of the question files.
GROUPS_OF_KIND = {
    "human": {"human"},
    "chitchat": {"smalltalk", "complaint"},
    "sensitive": {"crisis", "sensitive"},
    "out_of_scope": {
        "authority", "other_municipality", "general", "opinion", "steering", "abuse", "decision", "language",
    },
}  # fmt: skip
_REGULARISATION = 1e-3


@dataclass(frozen=True, slots=True)
class Sample:
    """A question with the evidence for it and the classes that are right."""

    question: dict[str, Any]
    signals: npt.NDArray[np.float64]
    place: float
    right: npt.NDArray[np.bool_]


def samples(ranker: Ranker, encoder: Any, questions: Sequence[dict[str, Any]]) -> list[Sample]:
    """Evidence of each question whose right class exists."""
    made = []
    for question in questions:
        text = mask(clean(question["text"])).text
        evidence = ranker.evidence(text, encoder.encode([text])[0])
        if question["kind"] == "answer":
            right = np.array([name in question["topics"] for name in ranker.classes])
        else:
            groups = GROUPS_OF_KIND[question["kind"]]
            right = np.array([group in groups for group in ranker.groups])
        if right.any():
            made.append(Sample(question, evidence.signals.astype(float), float(bool(evidence.place)), right))
    return made


def fit(ranker: Ranker, data: Sequence[Sample]) -> Weights:
    """Maximise the likelihood of the right classes, lightly regularised."""
    signals = np.stack([sample.signals for sample in data])
    place = np.array([sample.place for sample in data])
    right = np.stack([sample.right for sample in data])
    names = sorted(set(ranker.groups))
    group = np.array([names.index(g) for g in ranker.groups])
    is_place = np.array([g == "other_municipality" for g in ranker.groups])
    size = len(SIGNALS)

    def loss(weights: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        logits = signals @ weights[:size] + weights[size : size + len(names)][group]
        logits = logits + weights[-1] * place[:, None] * is_place[None, :]
        logits -= logits.max(axis=1, keepdims=True)
        odds = np.exp(logits)
        total, hit = odds.sum(axis=1), (odds * right).sum(axis=1) + 1e-300
        slope = (odds / total[:, None] - odds * right / hit[:, None]) / len(data)
        by_group = np.array([slope[:, group == n].sum() for n in range(len(names))])
        gradient = np.concatenate(
            [np.einsum("qc,qcs->s", slope, signals), by_group, [(slope * is_place * place[:, None]).sum()]]
        )
        value = -np.log(hit / total).mean() + _REGULARISATION * float(weights @ weights)
        return value, gradient + 2 * _REGULARISATION * weights

    start = np.concatenate([np.ones(size), np.zeros(len(names)), [1.0]])
    best = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 1000}).x
    biases = best[size : size + len(names)]
    return Weights(best[:size], dict(zip(names, biases.tolist(), strict=True)), float(best[-1]))


def judge(ranker: Ranker, data: Sequence[Sample]) -> dict[str, float]:
    """How often the most probable class is a right one, by kind; and the best topic, for answerable ones."""
    found: dict[str, list[float]] = {}
    for sample in data:
        scores = sample.signals @ ranker._weights.signals + ranker._bias + sample.place * (
            ranker._place_rows * ranker._weights.place
        )
        best = int(scores.argmax())
        kind = sample.question["kind"]
        found.setdefault(f"{kind}: right class", []).append(float(sample.right[best]))
        if kind == "answer":
            topic = int(np.where(ranker.is_topic, scores, -np.inf).argmax())
            found.setdefault("answer: right topic", []).append(float(sample.right[topic]))
        if kind == "out_of_scope":
            found.setdefault("out_of_scope: taken for a topic", []).append(float(ranker.is_topic[best]))
    return {name: round(float(np.mean(values)), 4) for name, values in sorted(found.items())}


def read_questions(path: Path) -> list[dict[str, Any]]:
    """A question file: one JSON object a line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def main() -> int:
    """Fit, judge, and write the weights."""
    folder = Path(__file__).parent.parent / "tests" / "evaluation" / "questions"
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", type=Path, nargs="+", default=[folder / "calibration.jsonl"])
    parser.add_argument("--judge", type=Path, nargs="*", default=[folder / "validation.jsonl"])
    parser.add_argument("--data-dir", type=Path, default=Path("var"))
    arguments = parser.parse_args()
    encoder = load_encoder()
    neutral = Weights(np.ones(len(SIGNALS)), {}, 1.0)
    ranker = Indexer(arguments.data_dir, encoder, weights=neutral).build(print).ranker
    data = samples(ranker, encoder, [q for path in arguments.fit for q in read_questions(path)])
    weights = fit(ranker, data)
    ranker.set_weights(weights)
    results = {path.stem: judge(ranker, samples(ranker, encoder, read_questions(path))) for path in arguments.judge}
    results["fitted on"] = judge(ranker, data)
    for name, result in results.items():
        print(name, json.dumps(result, indent=1))
    written = {
        "fitted_on": [path.name for path in arguments.fit],
        "signals": {name: round(float(w), 4) for name, w in zip(SIGNALS, weights.signals, strict=True)},
        "groups": {name: round(value, 4) for name, value in weights.groups.items()},
        "place": round(weights.place, 4),
        "judged": {name: result for name, result in results.items() if name != "fitted on"},
    }
    WEIGHTS.write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
