"""Runs in Rasa's environment: train its default pipeline with the ResponseSelector, and ask it the questions.

``python -m tests.evaluation.rasa_selector FOLDER`` reads FOLDER/given.json and writes FOLDER/found.json.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent
from rasa.model_training import train_nlu

# What `rasa init` gives, apart from the epochs.
PIPELINE = """
recipe: default.v1
language: da
assistant_id: selector
pipeline:
  - name: WhitespaceTokenizer
  - name: RegexFeaturizer
  - name: LexicalSyntacticFeaturizer
  - name: CountVectorsFeaturizer
  - name: CountVectorsFeaturizer
    analyzer: char_wb
    min_ngram: 1
    max_ngram: 4
  - name: DIETClassifier
    epochs: {epochs}
    constrain_similarities: true
    random_seed: 1
  - name: EntitySynonymMapper
  - name: ResponseSelector
    epochs: {selector_epochs}
    constrain_similarities: true
    random_seed: 1
"""


def training_data(given: dict[str, Any]) -> str:
    """NLU data: one retrieval intent with a response for each topic, and the other intents by their first name."""
    intents: dict[str, list[str]] = {}
    for topic, text in given["topics"]:
        intents.setdefault(f"faq/{topic}", []).append(text)
    for name, text in given["intents"]:
        intents.setdefault(name.split(".")[0], []).append(text)
    lines = ['version: "3.1"', "nlu:"]
    for name, texts in intents.items():
        block = "".join(f"- {_plain(text)}\n" for text in dict.fromkeys(texts))
        lines.append(f"- intent: {name}\n  examples: {json.dumps(block, ensure_ascii=False)}")
    lines.append("responses:")
    lines += [f"  utter_{name}:\n  - text: {name}" for name in intents if name.startswith("faq/")]
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    return re.sub(r"[\[\]]", " ", re.sub(r"\s+", " ", text)).lstrip(" /-*").rstrip()


def main() -> None:
    """Command line."""
    folder = Path(sys.argv[1])
    given = json.loads((folder / "given.json").read_text(encoding="utf-8"))
    (folder / "config.yml").write_text(
        PIPELINE.format(epochs=given["epochs"], selector_epochs=2 * given["epochs"]), encoding="utf-8"
    )
    (folder / "nlu.yml").write_text(training_data(given), encoding="utf-8")
    started = time.monotonic()
    model = train_nlu(str(folder / "config.yml"), str(folder / "nlu.yml"), str(folder))
    training = time.monotonic() - started
    agent = Agent.load(model)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(agent.parse_message("hvad koster et pas"))
    found: list[tuple[str | None, float]] = []
    started = time.monotonic()
    for text in given["questions"]:
        parsed = loop.run_until_complete(agent.parse_message(text))
        if parsed["intent"]["name"] != "faq":
            found.append((None, 0.0))
            continue
        response = parsed["response_selector"]["default"]["response"]
        found.append((response["intent_response_key"].split("/", 1)[1], float(response["confidence"])))
    each = (time.monotonic() - started) / len(given["questions"]) * 1000
    result = {"found": found, "training_seconds": training, "milliseconds": each}
    (folder / "found.json").write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main()
