"""Conversations of several turns: what is "it" in "hvad koster det?", and when has the matter changed?

``followups-tuned.yml`` may be looked at while Klara is improved; ``followups-untuned.yml`` only tells whether that
carried over. Each turn names its topic; a turn whose topic is another than the one before opens a new matter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.evaluation.citizen import Citizen, Turn
from tests.evaluation.metrics import Outcome, is_right_first
from tests.evaluation.questions import Question
from tests.evaluation.table import Progress


class DialogueFileError(Exception):
    """A file of dialogues cannot be used; the text has file and fault."""


@dataclass(frozen=True, slots=True)
class Step:
    """One message and the topics its answer may come from. ``role``: opening, follow_up or switch."""

    text: str
    topics: tuple[str, ...]
    role: str


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One conversation."""

    id: str
    lang: str
    steps: tuple[Step, ...]


def read_dialogues(path: Path) -> list[Dialogue]:
    """Read a file: a list of ``{id, lang, turns: [{ask, topic}]}``; a turn without ``topic`` keeps the last one.

    Raises:
        DialogueFileError: If it cannot be read, is empty, or a dialogue is malformed.
    """
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        dialogues = [_dialogue(row) for row in raw]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise DialogueFileError(f"{path}: {error!r}") from error
    if not dialogues:
        raise DialogueFileError(f"{path}: holds no dialogue")
    return dialogues


def _dialogue(row: dict[str, Any]) -> Dialogue:
    steps: list[Step] = []
    for turn in row["turns"]:
        topic = turn.get("topic")
        if topic is None:
            steps.append(Step(str(turn["ask"]), steps[-1].topics if steps else (), "follow_up"))
            continue
        topics = (topic,) if isinstance(topic, str) else tuple(str(name) for name in topic)
        role = "opening" if not steps else ("switch" if topics != steps[-1].topics else "follow_up")
        steps.append(Step(str(turn["ask"]), topics, role))
    if not steps or not steps[0].topics:
        raise KeyError(f"{row['id']}: the first turn needs a topic")
    return Dialogue(str(row["id"]), str(row.get("lang", "da")), tuple(steps))


async def run(base_url: str, dialogues: Sequence[Dialogue]) -> dict[str, Any]:
    """Hold all dialogues, one after the other, and count."""
    progress = Progress("dialogues", len(dialogues))
    held: list[tuple[Dialogue, list[Outcome]]] = []
    async with Citizen(base_url) as citizen:
        for dialogue in dialogues:
            held.append((dialogue, await _hold(citizen, dialogue)))
            progress.step()
    return count(held)


async def _hold(citizen: Citizen, dialogue: Dialogue) -> list[Outcome]:
    questions = [Question(dialogue.id, s.text, dialogue.lang, "answer", s.role, s.topics) for s in dialogue.steps]
    try:
        conversation = await citizen.open()
    except httpx.HTTPError as error:
        return [Outcome(question, Turn(fault=type(error).__name__)) for question in questions]
    return [Outcome(question, await citizen.say(conversation, question.text)) for question in questions]


def count(held: Sequence[tuple[Dialogue, Sequence[Outcome]]]) -> dict[str, Any]:
    """Shares of right turns by role. A follow-up whose matter was not understood at the opening counts as wrong."""
    right: dict[str, list[bool]] = {"opening": [], "follow_up": [], "switch": []}
    wrong = []
    for dialogue, outcomes in held:
        for step, outcome in zip(dialogue.steps, outcomes, strict=True):
            good = is_right_first(outcome)
            right[step.role].append(good)
            if not good:
                got = outcome.turn.fault or f"{outcome.kind} {outcome.answered or ''}".strip()
                wrong.append({"dialogue": dialogue.id, "text": step.text, "wanted": step.topics[0], "got": got})
    everything = [good for results in right.values() for good in results]
    return {
        "dialogues": len(held),
        "turns": len(everything),
        **{f"{role}_right": sum(found) / len(found) if found else None for role, found in right.items()},
        "all_right": sum(everything) / len(everything) if everything else None,
        "misses": wrong,
    }
