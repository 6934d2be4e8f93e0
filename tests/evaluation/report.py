"""The evaluation's numbers as a page of text."""

from collections.abc import Mapping
from typing import Any

from tests.evaluation.results_file import bound, is_held
from tests.evaluation.table import percent, table

_TITLES = {
    "right_first": "right article first",
    "right_within": "right article among answer and options",
    "english_right_first": "English, right article first",
    "false_answers": "out of scope, answered as if known",
    "human_wishes_met": "wish for a person met",
    "chitchat_right": "small talk right",
    "sensitive_right": "sensitive right",
    "no_decision": "told that only people decide",
    "no_decision_instead_of_answer": "… where an answer was wanted",
    "cpr_echoed": "CPR numbers echoed",
    "cpr_stored": "files with a CPR number",
    "without_reply": "questions without a reply",
}
_COUNTS = {"cpr_echoed", "cpr_stored", "without_reply"}
_COUNTED_IN = {
    "right_first": "answer",
    "right_within": "answer",
    "english_right_first": "english",
    "false_answers": "out_of_scope",
    "human_wishes_met": "human",
    "chitchat_right": "chitchat",
    "sensitive_right": "sensitive",
}


def text(
    head: Mapping[str, Any],
    result: Mapping[str, Any],
    targets: Mapping[str, Mapping[str, float]],
    *,
    shown_misses: int,
) -> str:
    """The whole report."""
    numbers = result["numbers"]
    parts = [
        _opening(head, result),
        _numbers(numbers, targets),
        _shares("answerable questions by style", "right first", numbers["right_by_style"]),
        _confusion(numbers["confusion"]),
        "Milliseconds of a turn: " + ", ".join(f"{name} {ms:.0f}" for name, ms in numbers["milliseconds"].items()),
    ]
    without = numbers["without_article"]
    if without["count"]:
        parts.append(
            f"Apart: {without['count']} questions on {len(without['topics'])} topics that have no article yet, "
            f"{percent(without['answered_anyway'])} of them answered anyway."
        )
    if "followups" in result:
        parts.append(_followups(result["followups"]))
    if "peers" in result:
        parts.append(_peers(result["peers"], numbers))
    parts.append(_misses(result["misses"], shown_misses))
    return "\n\n".join(parts)


def _opening(head: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    return (
        f"{head['file']}: {head['count']} questions, commit {head['commit']}, "
        f"{result['asking_seconds']:.0f} s with {head['at_once']} at a time"
    )


def _numbers(numbers: Mapping[str, Any], targets: Mapping[str, Mapping[str, float]]) -> str:
    rows = []
    for name, title in _TITLES.items():
        if name not in numbers:
            continue
        value, target = numbers[name], targets.get(name)
        shown = str(value) if name in _COUNTS else percent(value)
        of = numbers["counts"].get(_COUNTED_IN.get(name, ""), "")
        held = {True: "held", False: "NOT HELD", None: "–"}[is_held(value, target)] if target else ""
        rows.append((title, shown, of, bound(target) if target else "", held))
    return table(("", "", "of", "to hold", ""), rows)


def _shares(title: str, column: str, shares: Mapping[str, float | None]) -> str:
    return table((title, column), [(name, percent(value)) for name, value in shares.items()])


def _confusion(confusion: Mapping[str, Mapping[str, int]]) -> str:
    kinds = sorted({kind for counts in confusion.values() for kind in counts})
    rows = [(asked, *(counts.get(kind, "·") for kind in kinds)) for asked, counts in confusion.items()]
    return table(("question \\ first reply", *kinds), rows)


def _followups(found: Mapping[str, Mapping[str, Any]]) -> str:
    rows = [
        (
            name, numbers["dialogues"], percent(numbers["opening_right"]), percent(numbers["follow_up_right"]),
            percent(numbers["switch_right"]), percent(numbers["all_right"]),
        )
        for name, numbers in found.items()
    ]  # fmt: skip
    shown = table(("dialogues", "count", "opening", "follow-up", "new topic", "all turns"), rows)
    wrong = [
        f"  {name} {miss['dialogue']}: “{miss['text']}” wanted {miss['wanted']}, got {miss['got']}"
        for name, numbers in found.items()
        for miss in numbers["misses"][:12]
    ]
    return "\n".join([shown, *wrong])


def _peers(peers: list[Mapping[str, Any]], numbers: Mapping[str, Any]) -> str:
    klara = (
        "Klara (whole, over HTTP)", percent(numbers["right_first"]), percent(numbers["right_first"]),
        percent(numbers["false_answers"]), "", f"{numbers['milliseconds']['p50']:.1f}", "",
    )  # fmt: skip
    rows = [
        (
            peer["name"], percent(peer["right_first"]), percent(peer["right_kept"]), percent(peer["false_at_kept"]),
            percent(peer["right_at_allowed"]), f"{peer['milliseconds']:.1f}", f"{peer['training_seconds']:.0f}",
        )
        for peer in peers
    ]  # fmt: skip
    head = ("method", "right first", "right kept", "false then", "right at ≤ 4 % false", "ms", "training s")
    notes = [f"  {peer['name']}: {peer['note']}" for peer in peers if peer.get("note")]
    explanation = (
        "  “Right kept”: with the threshold that keeps 95 % of a method's right answers; “false then”: out-of-\n"
        "  scope questions it then answers; “right at ≤ 4 % false”: with the threshold that lets at most 4 % through."
    )
    return "\n".join([table(head, [klara, *rows]), explanation, *notes])


def _misses(misses: list[Mapping[str, Any]], count: int) -> str:
    if not misses:
        return "No misses."
    lines = [f"{min(count, len(misses))} of {len(misses)} misses, the surest first:"]
    for miss in misses[:count]:
        sure = "" if miss["probability"] is None else f", p {miss['probability']:.2f}"
        intent = f", Rasa {miss['intent']}" if miss["intent"] else ""
        near = ", offered" if miss["within"] else ""
        lines.append(f"  {miss['id']} “{miss['text'][:140]}”")
        lines.append(f"      wanted {miss['wanted']}; got {miss['got']}{sure}{near}{intent}")
    return "\n".join(lines)
