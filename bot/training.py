"""Training data for Rasa, made from the articles' own questions and the files in ``nlu/intents``.

Run from the project's root: ``python -m bot.training var/rasa`` writes ``var/rasa/nlu.yml``.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import yaml

from nlu.intents import IntentDataError, read_intents
from nlu.text.personal_data import mask

ARTICLES = Path("knowledge/articles")
QUESTION = "question"

# What Rasa has to tell apart is coarse: the service knows topics, and sees the text itself.
_COARSE = {
    "complaint.service": "complaint",
    "decision.request": "decision",
    "general.gibberish": "gibberish",
    "human.request": "human_request",
    "language.other": "other_language",
    "abuse": "steering",
    "other_municipality": "out_of_scope",
}
_COARSE_PREFIX = {
    "authority": "out_of_scope",
    "crisis": "crisis",
    "general": "out_of_scope",
    "opinion": "out_of_scope",
    "sensitive": "sensitive",
    "steering": "steering",
}


class TrainingDataError(Exception):
    """Training data cannot be made; the message names the file."""


def coarse_intent(name: str) -> str:
    """Rasa's intent for one of ``nlu/intents``.

    Raises:
        TrainingDataError: If no rule says where it belongs.
    """
    prefix = name.split(".", maxsplit=1)[0]
    if prefix == "smalltalk":
        return name.replace(".", "_")
    found = _COARSE.get(name) or _COARSE_PREFIX.get(prefix)
    if found is None:
        raise TrainingDataError(f"nlu/intents/{name}.yml: bot/training.py does not say which Rasa intent it is")
    return found


def read_questions(folder: Path = ARTICLES) -> list[str]:
    """Questions of all articles in all languages, personal data masked.

    Raises:
        TrainingDataError: If there is no article, or one has no list of questions.
    """
    questions: list[str] = []
    for path in sorted(folder.glob("*/*.md")):
        parts = path.read_text(encoding="utf-8").split("---\n", 2)
        try:
            head = yaml.safe_load(parts[1]) if len(parts) == 3 else None
        except yaml.YAMLError as error:
            raise TrainingDataError(f"{path}: its head is not YAML: {error}") from error
        found = head.get("questions") if isinstance(head, dict) else None
        if not isinstance(found, list) or not found:
            raise TrainingDataError(f"{path}: has no questions")
        questions += [mask(str(question)).text for question in found]
    if not questions:
        raise TrainingDataError(f"{folder}: holds no articles")
    return questions


def collect() -> dict[str, list[str]]:
    """Sentences of every Rasa intent; each once, in the order in which they were found."""
    collected: dict[str, list[str]] = {QUESTION: read_questions()}
    for name, sentences in read_intents().items():
        collected.setdefault(coarse_intent(name), []).extend(sentences)
    taken: set[str] = set()
    for name in sorted(collected, key=lambda intent: intent == QUESTION):  # a question too general is not ours
        unique = dict.fromkeys(_plain(sentence) for sentence in collected[name])
        collected[name] = [sentence for sentence in unique if sentence and sentence.casefold() not in taken]
        taken.update(sentence.casefold() for sentence in collected[name])
    return collected


def write_nlu(out: Path) -> Path:
    """Write ``nlu.yml`` into ``out`` and return its path."""
    out.mkdir(parents=True, exist_ok=True)
    lines = ['version: "3.1"', "nlu:"]
    for intent, sentences in sorted(collect().items()):
        block = "".join(f"- {sentence}\n" for sentence in sentences)
        lines.append(f"- intent: {intent}\n  examples: {json.dumps(block, ensure_ascii=False)}")
    path = out / "nlu.yml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _plain(sentence: str) -> str:
    """One line that Rasa's training reader takes as text: no entity brackets, no leading slash or list sign."""
    line = re.sub(r"\s+", " ", sentence)
    line = re.sub(r"\[([^\]]*)\](?=[({])", r"\1 ", line)
    return line.lstrip(" /-*").rstrip()


def main() -> int:
    """Command line: one argument, the build folder."""
    if len(sys.argv) != 2:
        print("usage: python -m bot.training OUT_DIR", file=sys.stderr)
        return 2
    try:
        print(f"wrote {write_nlu(Path(sys.argv[1]))}")
    except (TrainingDataError, IntentDataError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
