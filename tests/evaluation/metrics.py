"""What the replies to a question file come to: pure functions over questions and replies.

A share is a number from 0 to 1, or None where there was nothing to count.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.evaluation.citizen import Turn
from tests.evaluation.questions import Question

_OFFERS = {"handover_offer", "handover_status"}
_WITH_A_PERSON = {"waiting", "employee", "callback"}
_PASSING = {"notice"}  # said beside the reply, not instead of it
_CPR = re.compile(r"(?<!\d)(\d{6})[ \-./]?(\d{4})(?!\d)")


@dataclass(frozen=True, slots=True)
class Outcome:
    """A question and what came of it. ``stored`` is the conversation's history where it was fetched."""

    question: Question
    turn: Turn
    stored: tuple[dict[str, Any], ...] = ()
    conversation: str = ""
    intent: str = ""  # Rasa's, where the record could be read

    @property
    def replies(self) -> list[dict[str, Any]]:
        """What the assistant said, without notices."""
        return [reply for reply in self.turn.replies if reply.get("kind") not in _PASSING]

    @property
    def kind(self) -> str:
        """The first reply's kind; ``nothing`` if there is none."""
        return str(self.replies[0]["kind"]) if self.replies else "nothing"

    @property
    def probability(self) -> float | None:
        """What the first reply says of its own certainty."""
        return self.replies[0].get("confidence") if self.replies else None

    @property
    def answered(self) -> str | None:
        """Topic of the first reply of kind answer."""
        for reply in self.replies:
            if reply["kind"] == "answer":
                sources = reply.get("sources") or []
                return str(sources[0].get("topic")) if sources else None
        return None


def is_right_first(outcome: Outcome) -> bool:
    """The answer is from a right article. To ask back is no answer."""
    return outcome.answered in outcome.question.topics


def is_right_within(outcome: Outcome) -> bool:
    """A right article is among the answer's and the topics offered to choose from."""
    found = {
        entry.get("topic")
        for reply in outcome.replies
        if reply["kind"] in ("answer", "clarify")
        for entry in (*(reply.get("sources") or ()), *(reply.get("options") or ()))
    }
    return bool(found & set(outcome.question.topics))


def is_false_answer(outcome: Outcome) -> bool:
    """A question that is not ours was answered as if known."""
    return any(reply["kind"] == "answer" for reply in outcome.replies)


def is_wish_met(outcome: Outcome) -> bool:
    """Whoever asked for a person is offered one, or has one."""
    return outcome.turn.state in _WITH_A_PERSON or any(reply["kind"] in _OFFERS for reply in outcome.replies)


def is_chitchat_right(outcome: Outcome) -> bool:
    """Small talk, or a person for who complains."""
    return outcome.kind in {"smalltalk", "greeting"} or outcome.kind in _OFFERS


def is_sensitive_right(outcome: Outcome) -> bool:
    """Care, or a person, comes first."""
    return outcome.kind == "sensitive" or outcome.kind in _OFFERS


RIGHT: dict[str, Callable[[Outcome], bool]] = {
    "answer": is_right_first,
    "out_of_scope": lambda outcome: not is_false_answer(outcome) and outcome.kind != "nothing",
    "human": is_wish_met,
    "chitchat": is_chitchat_right,
    "sensitive": is_sensitive_right,
}


def share(outcomes: Iterable[Outcome], rule: Callable[[Outcome], bool]) -> float | None:
    """How many keep a rule."""
    results = [rule(outcome) for outcome in outcomes]
    return sum(results) / len(results) if results else None


def cpr_digits(text: str) -> set[str]:
    """Ten digits together or six and four, as ten digits each."""
    return {first + last for first, last in _CPR.findall(text)}


def is_echoed(outcome: Outcome) -> bool:
    """Digits of the question that look like a CPR number stand in a reply or in the stored conversation."""
    asked = cpr_digits(outcome.question.text)
    if not asked:
        return False
    said = json.dumps([*outcome.turn.replies, *outcome.stored], ensure_ascii=False)
    return bool(asked & cpr_digits(said)) or any(digits in said for digits in asked)


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least so many percent are not above; 0 for none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def latency(values: Sequence[float]) -> dict[str, float]:
    """Milliseconds: p50, p95, p99 and the longest."""
    return {
        "p50": round(percentile(values, 50), 1),
        "p95": round(percentile(values, 95), 1),
        "p99": round(percentile(values, 99), 1),
        "max": round(max(values, default=0.0), 1),
    }


def split_by_article(outcomes: Sequence[Outcome], topics: frozenset[str]) -> tuple[list[Outcome], list[Outcome]]:
    """Those that can be answered, or need no article; and the answerable ones whose article does not exist yet."""
    without = [o for o in outcomes if o.question.kind == "answer" and not topics.intersection(o.question.topics)]
    missing = {outcome.question.id for outcome in without}
    return [o for o in outcomes if o.question.id not in missing], without


def confusion(outcomes: Iterable[Outcome]) -> dict[str, dict[str, int]]:
    """Kind of question by kind of first reply."""
    table: dict[str, Counter[str]] = {}
    for outcome in outcomes:
        table.setdefault(outcome.question.kind, Counter())[outcome.kind] += 1
    return {kind: dict(counts.most_common()) for kind, counts in table.items()}


def summarise(outcomes: Sequence[Outcome], topics: frozenset[str]) -> dict[str, Any]:
    """All numbers of one run.

    Args:
        outcomes: One for each question.
        topics: Those that have an article.
    """
    judged, without = split_by_article(outcomes, topics)
    by_kind = {kind: [o for o in judged if o.question.kind == kind] for kind in RIGHT}
    answerable = by_kind["answer"]
    english = [o for o in answerable if o.question.lang == "en"]
    styles = sorted({o.question.style for o in answerable})
    decided = [o for o in judged if o.question.kind in ("answer", "out_of_scope")]
    return {
        "right_first": share(answerable, is_right_first),
        "right_within": share(answerable, is_right_within),
        "english_right_first": share(english, is_right_first),
        "false_answers": share(by_kind["out_of_scope"], is_false_answer),
        "human_wishes_met": share(by_kind["human"], is_wish_met),
        "chitchat_right": share(by_kind["chitchat"], is_chitchat_right),
        "sensitive_right": share(by_kind["sensitive"], is_sensitive_right),
        "no_decision": share(decided, lambda o: o.kind == "no_decision"),
        "no_decision_instead_of_answer": share(answerable, lambda o: o.kind == "no_decision"),
        "cpr_echoed": sum(is_echoed(o) for o in outcomes),
        "without_reply": sum(o.kind == "nothing" for o in outcomes),
        "counts": {kind: len(found) for kind, found in by_kind.items()} | {"english": len(english)},
        "right_by_style": {
            style: share([o for o in answerable if o.question.style == style], is_right_first) for style in styles
        },
        "right_by_kind": {kind: share(found, RIGHT[kind]) for kind, found in by_kind.items()},
        "confusion": confusion(judged),
        "without_article": {
            "count": len(without),
            "answered_anyway": share(without, is_false_answer),
            "topics": sorted({topic for o in without for topic in o.question.topics}),
        },
        "milliseconds": latency([o.turn.milliseconds for o in outcomes if not o.turn.fault]),
    }


def misses(outcomes: Iterable[Outcome], topics: frozenset[str]) -> list[dict[str, Any]]:
    """Every question that was not treated rightly, the surest errors first."""
    judged, _ = split_by_article(list(outcomes), topics)
    wrong = [outcome for outcome in judged if not RIGHT[outcome.question.kind](outcome) or is_echoed(outcome)]
    wrong.sort(key=_gravity)
    return [
        {
            "id": o.question.id,
            "text": o.question.text,
            "wanted": f"{o.question.kind} {', '.join(o.question.topics)}".strip(),
            "got": f"{o.kind} {o.answered or ''}".strip() if not o.turn.fault else o.turn.fault,
            "within": is_right_within(o),
            "probability": o.probability,
            "intent": o.intent,
        }
        for o in wrong
    ]


def _gravity(outcome: Outcome) -> tuple[bool, bool, bool, float]:
    """Orders misses: a leak first, then wrong answers given with certainty."""
    chat = outcome.question.kind == "chitchat"
    return not is_echoed(outcome), chat, outcome.kind != "answer", -(outcome.probability or 0)


def threshold_keeping(right: Sequence[float], keep: float = 0.95) -> float:
    """The highest score threshold that still lets through this share of the right answers' scores."""
    if not right:
        return 0.0
    ordered = sorted(right, reverse=True)
    return ordered[min(len(ordered), max(1, round(len(ordered) * keep))) - 1]


def threshold_letting_through(outside: Sequence[float], allowed: float) -> float:
    """The lowest score threshold that lets through at most this share of the out-of-scope questions' scores.

    A score at the threshold is let through, so the threshold lies just above the first score that must not be.
    """
    ordered = sorted(outside, reverse=True)
    number = int(len(ordered) * allowed)
    if number >= len(ordered):
        return float("-inf")
    return math.nextafter(ordered[number], math.inf)


def judge_scores(
    found: Sequence[tuple[str | None, float]], questions: Sequence[Question], *, allowed: float = 0.04
) -> dict[str, float]:
    """What a method that gives every question a topic and a score would reach with a threshold on the score.

    Args:
        found: Topic (None: it would not answer) and score for each question.
        questions: Of the kinds answer and out_of_scope; others are left out.
        allowed: Share of out-of-scope questions that may be answered, for ``right_at_allowed``.
    """
    pairs = list(zip(found, questions, strict=True))
    answerable = [(topic, score, q) for (topic, score), q in pairs if q.kind == "answer"]
    outside = [score for (topic, score), q in pairs if q.kind == "out_of_scope" and topic is not None]
    all_outside = sum(q.kind == "out_of_scope" for q in questions)
    right = [score for topic, score, q in answerable if topic in q.topics]
    total = max(len(answerable), 1)
    keeping = threshold_keeping(right)
    silent = all_outside - len(outside)
    strict = threshold_letting_through([*outside, *([float("-inf")] * silent)], allowed)
    return {
        "right_first": len(right) / total,
        "right_kept": sum(score >= keeping for score in right) / total,
        "false_at_kept": sum(score >= keeping for score in outside) / max(all_outside, 1),
        "right_at_allowed": sum(score >= strict for score in right) / total,
        "false_at_allowed": sum(score >= strict for score in outside) / max(all_outside, 1),
    }
