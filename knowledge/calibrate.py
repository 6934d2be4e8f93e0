"""Fit the ranker's weights and the kinds on question sets that nothing else learns from; ``make calibrate``.

Writes ``knowledge/weights.json``. The two sets of tests/evaluation/questions are fitted on together; before that
each is judged by weights fitted on the other alone, and both results are kept in the file.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from knowledge import kinds
from knowledge.answer import read_thresholds
from knowledge.index import Indexer
from knowledge.kinds import GROUPS
from knowledge.ranker import SIGNALS, WEIGHTS, Evidence, Ranker, Weights
from nlu.embedding import Encoder, load_encoder
from nlu.text.normalise import clean
from nlu.text.personal_data import mask

_REGULARISATION = 1e-3


@dataclass(frozen=True, slots=True)
class Sample:
    """A question with the evidence for it and the classes that are right."""

    question: dict[str, Any]
    evidence: Evidence
    right: npt.NDArray[np.bool_]


def samples(ranker: Ranker, encoder: Encoder, questions: Sequence[dict[str, Any]]) -> list[Sample]:
    """Evidence of each question whose right class exists."""
    made = []
    for question in questions:
        text = mask(clean(question["text"])).text
        evidence = ranker.evidence(text, encoder.encode([text])[0])
        if question["kind"] == "answer":
            right = np.array([name in question["topics"] for name in ranker.classes])
        else:
            right = np.array([group in GROUPS[question["kind"]] for group in ranker.groups])
        if right.any():
            made.append(Sample(question, evidence, right))
    return made


def fit(ranker: Ranker, data: Sequence[Sample]) -> Weights:
    """Fit the weights of the signals by likelihood, then the kinds on what they give."""
    signals = np.stack([sample.evidence.signals.astype(float) for sample in data])
    place = np.array([float(bool(sample.evidence.place)) for sample in data])
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
        by_signal = np.einsum("qc,qcs->s", slope, signals)
        gradient = np.concatenate([by_signal, by_group, [(slope * is_place * place[:, None]).sum()]])
        value = -np.log(hit / total).mean() + _REGULARISATION * float(weights @ weights)
        return value, gradient + 2 * _REGULARISATION * weights

    start = np.concatenate([np.ones(size), np.zeros(len(names)), [1.0]])
    best = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 1000}).x
    biases = dict(zip(names, best[size : size + len(names)].tolist(), strict=True))
    weights = Weights(best[:size], biases, float(best[-1]), None)
    ranker.set_weights(weights)
    numbers = np.stack([_numbers(ranker, sample) for sample in data])
    model = kinds.fit(numbers, [sample.question["kind"] for sample in data])
    return replace(weights, kinds=model)


def _numbers(ranker: Ranker, sample: Sample) -> npt.NDArray[np.float64]:
    probabilities = ranker.rank(sample.evidence).probabilities
    evidence = sample.evidence
    return kinds.features(probabilities, ranker.groups, ranker.is_topic, evidence.acts, bool(evidence.place))


def judge(ranker: Ranker, data: Sequence[Sample], threshold: float) -> dict[str, float]:
    """Shares: the right topic first and taken as ours; each other kind recognised; not ours but taken as ours."""
    found: dict[str, list[float]] = {}
    for sample in data:
        ranking = ranker.rank(sample.evidence)
        kind = sample.question["kind"]
        taken = ranking.kinds["answer"] >= threshold
        others = {name: p for name, p in ranking.kinds.items() if name != "answer"}
        if kind == "answer":
            best = int(np.where(ranker.is_topic, ranking.probabilities, -1.0).argmax())
            found.setdefault("right topic best", []).append(float(sample.right[best]))
            found.setdefault("right topic answered", []).append(float(sample.right[best] and taken))
        else:
            right = not taken and max(others, key=lambda name: others[name]) == kind
            found.setdefault(f"{kind} recognised", []).append(float(right))
        if kind == "out_of_scope":
            found.setdefault("out_of_scope answered", []).append(float(taken))
    return {name: round(float(np.mean(values)), 4) for name, values in sorted(found.items())}


def read_questions(path: Path) -> list[dict[str, Any]]:
    """A question file: one JSON object a line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def main() -> int:
    """Fit, judge, and write the weights."""
    folder = Path(__file__).parent.parent / "tests" / "evaluation" / "questions"
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--fit", type=Path, nargs="+", default=[folder / "calibration.jsonl", folder / "validation.jsonl"]
    )
    parser.add_argument("--judge", type=Path, nargs="*", default=[])
    parser.add_argument("--data-dir", type=Path, default=Path("var"))
    arguments = parser.parse_args()
    encoder = load_encoder()
    threshold = read_thresholds().answer
    neutral = Weights(np.ones(len(SIGNALS)), {}, 1.0, None)
    ranker = Indexer(arguments.data_dir, encoder, weights=neutral).build(print).ranker
    sets = {path: samples(ranker, encoder, read_questions(path)) for path in {*arguments.fit, *arguments.judge}}
    # First the honest check: each fitted set judged by weights fitted on the others.
    results: dict[str, Any] = {}
    for path in arguments.fit if len(arguments.fit) > 1 else []:
        rest = [sample for other in arguments.fit if other != path for sample in sets[other]]
        ranker.set_weights(fit(ranker, rest))
        results[f"{path.stem}, fitted without it"] = judge(ranker, sets[path], threshold)
    weights = fit(ranker, [sample for path in arguments.fit for sample in sets[path]])
    ranker.set_weights(weights)
    for path in arguments.judge:
        results[path.stem] = judge(ranker, sets[path], threshold)
    print(json.dumps(results, indent=1))
    assert weights.kinds is not None
    written = {
        "fitted_on": [path.name for path in arguments.fit],
        "judged": results,
        "signals": {name: round(float(w), 4) for name, w in zip(SIGNALS, weights.signals, strict=True)},
        "groups": {name: round(value, 4) for name, value in weights.groups.items()},
        "place": round(weights.place, 4),
        "kinds": weights.kinds.to_json(),
    }
    WEIGHTS.write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
