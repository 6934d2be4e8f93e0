"""Measures pipelines on our own intents: ``python -m tests.rasa.measure QUESTIONS.jsonl PIPELINE.yml…``.

Trains each on ``var/rasa/nlu.yml`` and asks it the labelled questions; those are never trained on.
Prints one Markdown row for each: training time, right group, small talk that swallowed a question.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from rasa.core.agent import Agent
from rasa.model_training import train_nlu

_GROUPS = {
    "answer": {"question"},
    "human": {"human_request"},
    "chitchat": {"complaint", "steering"},  # and all small talk
    "sensitive": {"crisis", "sensitive"},
    "out_of_scope": {"out_of_scope", "decision", "steering", "gibberish", "other_language", "sensitive"},
}
_TO_SERVICE = {"question", "out_of_scope", "decision", "steering", "gibberish", "other_language", "crisis", "sensitive"}


def is_right(kind: str, intent: str) -> bool:
    """Whether ``intent`` is one that a question of ``kind`` may have."""
    return intent in _GROUPS[kind] or (kind == "chitchat" and intent.startswith("smalltalk_"))


def measure(questions: Path, pipeline: Path) -> None:
    """Train, ask, print."""
    rows = [json.loads(line) for line in questions.read_text(encoding="utf-8").splitlines()]
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        model = train_nlu(str(pipeline), "var/rasa/nlu.yml", folder)
        training = time.monotonic() - started
        loop = asyncio.new_event_loop()
        agent = Agent.load(model)
    right: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    swallowed = 0
    found = []
    started = time.monotonic()
    for row in rows:
        parsed = loop.run_until_complete(agent.parse_message(row["text"]))
        intent, confidence = parsed["intent"]["name"] or "", parsed["intent"]["confidence"]
        asked[row["kind"]] += 1
        right[row["kind"]] += is_right(row["kind"], intent)
        swallowed += row["kind"] in ("answer", "out_of_scope", "sensitive") and intent not in _TO_SERVICE
        found.append({**row, "intent": intent, "confidence": confidence})
    per_message = (time.monotonic() - started) / len(rows) * 1000
    kinds = " | ".join(f"{right[kind] / asked[kind]:.1%}" for kind in _GROUPS)
    overall = sum(right.values()) / len(rows)
    print(
        f"| {pipeline.stem} | {training:.0f} s | {per_message:.1f} ms | {overall:.1%} | {kinds} | {swallowed} |",
        flush=True,
    )
    Path(f"var/rasa/measured-{pipeline.stem}-{questions.stem}.json").write_text(
        json.dumps(found, ensure_ascii=False, indent=0)
    )


def main() -> None:
    """Command line."""
    print(f"| pipeline | training | a message | all | {' | '.join(_GROUPS)} | questions taken for talk |")
    print("| --- " * (len(_GROUPS) + 5) + "|")
    for pipeline in sys.argv[2:]:
        measure(Path(sys.argv[1]), Path(pipeline))


if __name__ == "__main__":
    main()
