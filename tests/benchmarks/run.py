"""Klara's speed, beside a plain Rasa with the same model in the same run: ``make bench``.

Parts: turns, long, load (one stack for the three), search, reindex, start. All by default.
"""

import argparse
import asyncio
import hashlib
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ops.build import VAR, BuildFailed, ModelNotTrusted, build
from ops.programs import MODEL
from ops.stack import Stack, StackFailed
from tests.benchmarks import search, startup, turns
from tests.benchmarks.plain_rasa import PlainRasa, PlainRasaFailed, plain_rasa
from tests.evaluation.questions import Question, read_questions
from tests.evaluation.results_file import (
    ROOT,
    below,
    bound,
    commit,
    end_cleanly_when_told,
    is_held,
    machine,
    now,
    read_targets,
    write_result,
)
from tests.evaluation.run import GENEROUS, say
from tests.evaluation.table import table

FOLDER = Path(__file__).parent
QUESTIONS = ROOT / "tests" / "evaluation" / "questions" / "validation.jsonl"
PARTS = ("turns", "long", "load", "search", "reindex", "start")
_WITH_STACK = {"turns", "long", "load"}


def with_a_stack(parts: set[str], questions: Sequence[Question], *, quick: bool) -> dict[str, Any]:
    """The parts that talk with a running Klara."""
    found: dict[str, Any] = {}
    with (
        tempfile.TemporaryDirectory(prefix="klara-bench-") as name,
        Stack(Path(name) / "data", env=GENEROUS, say=say) as stack,
    ):
        # Under load Klara is alone; a second Rasa would only take memory and time.
        if "load" in parts:
            asyncio.run(_warm(stack.base_url, questions[:20]))
            found["load"] = asyncio.run(turns.light_load(stack, questions, seconds=6 if quick else 30))
        if parts & {"turns", "long"}:
            say("Plain Rasa is starting")
            with plain_rasa(stack, Path(name) / "plain") as plain:
                found |= _beside(parts, stack, plain, questions, quick=quick)
    return found


def _beside(
    parts: set[str], stack: Stack, plain: PlainRasa, questions: Sequence[Question], *, quick: bool
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "turns" in parts:
        asked = questions[: 30 if quick else 200]
        found["turns"] = asyncio.run(turns.side_by_side(stack.base_url, plain, asked))
    if "long" in parts:
        length, number = (40, 1) if quick else (200, 2)
        found["long"] = asyncio.run(
            turns.long_conversation(stack.base_url, plain, questions, length=length, conversations=number)
        )
    return found


async def _warm(base_url: str, questions: Sequence[Question]) -> None:
    async with turns.Citizen(base_url) as citizen:
        for question in questions:
            await citizen.say(await citizen.open(), question.text)


def headline(found: dict[str, Any]) -> dict[str, float]:
    """The numbers that have a target, of the parts that were measured."""
    numbers: dict[str, float] = {}
    if "turns" in found:
        numbers["turn_ratio"] = found["turns"]["ratio"]
    if "long" in found:
        numbers["long_conversation_ratio"] = found["long"]["klara"]["ratio"]
    if "search" in found:
        numbers["search_ms_p95"] = found["search"]["as_it_is"]["answer"]["p95"]
        numbers["search_ratio_50000"] = max(
            found["search"][name]["ratio"] for name in ("many_articles", "long_articles")
        )
    if "start" in found:
        numbers["warm_start_seconds"] = found["start"]["first_answer_seconds"]
        numbers["idle_memory_gb"] = found["start"]["idle_pss_gb"]
    if "load" in found:
        numbers["lost_messages"] = found["load"]["lost"]
    return numbers


def text(found: dict[str, Any], targets: dict[str, dict[str, float]]) -> str:
    """The measurements as tables."""
    numbers = headline(found)
    rows = [
        (name, f"{value:g}", bound(targets[name]), "held" if is_held(value, targets[name]) else "NOT HELD")
        for name, value in numbers.items()
    ]
    parts = [table(("", "measured", "to hold", ""), rows)]
    times = []
    if "turns" in found:
        times += [(f"turn, {name}", *_latency(found["turns"][name])) for name in ("klara", "plain_rasa")]
    if "load" in found:
        load = found["load"]
        times.append((f"{load['per_second']:g} messages a second", *_latency(load["milliseconds"])))
    for size, measured in found.get("search", {}).items():
        label = f"{measured['topics']} topics, {measured['passages']} passages"
        times += [
            (f"{name}, {label} ({size})", *_latency(measured[name])) for name in ("embedding", "answer", "search")
        ]
    if times:
        parts.append(table(("milliseconds", "p50", "p95", "p99", "max"), times))
    if "long" in found:
        long = found["long"]
        rows = [(n, long[n]["5th"], long[n]["last"], long[n]["ratio"]) for n in ("klara", "plain_rasa")]
        parts.append(table(("one conversation, ms", "5th", f"{long['length']}th", "ratio"), rows))
    if "load" in found:
        parts.append(f"  CPU seconds for 1,000 messages: {found['load']['cpu_seconds_per_1000']}")
    for name, title in (("reindex", "re-index, seconds"), ("start", "make run")):
        if name in found:
            parts.append(table((title, ""), list(found[name].items())))
    return "\n\n".join(parts)


def _latency(values: dict[str, float]) -> tuple[float, ...]:
    return tuple(values[name] for name in ("p50", "p95", "p99", "max"))


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m tests.benchmarks.run", description=__doc__)
    made.add_argument("parts", nargs="*", choices=[*PARTS, []], help="what to measure")
    made.add_argument("--quick", action="store_true", help="small numbers, to try the tool; writes no result")
    made.add_argument("--passages", type=int, default=50_000, help="in the large library (default: 50,000)")
    made.add_argument("--questions", type=Path, default=QUESTIONS, help="what is asked")
    made.add_argument("--strict", action="store_true", help="exit code 1 if a number to hold is not held")
    return made


def main() -> int:
    """Entry point of ``make bench``: 0, or 1 where it could not run or, with --strict, a number is not held."""
    end_cleanly_when_told()
    arguments = parser().parse_args()
    parts = set(arguments.parts or PARTS)
    questions = [question for question in read_questions(arguments.questions) if question.kind == "answer"]
    head = {"commit": commit(), "at": now(), "machine": machine()}
    found: dict[str, Any] = {}
    started = time.monotonic()
    targets = read_targets("benchmarks")
    try:
        build(["model", "index"], say)
        if parts & _WITH_STACK:
            found |= with_a_stack(parts, questions, quick=arguments.quick)
        if "search" in parts:
            asked = [question.text for question in questions[: 40 if arguments.quick else 250]]
            found["search"] = search.measure(asked, VAR, 5_000 if arguments.quick else arguments.passages, say)
        if "reindex" in parts:
            found["reindex"] = search.reindexing(VAR, say, cold=not arguments.quick)
        if "start" in parts:
            say("make run: twice")
            found["start"] = startup.measure()
    except (BuildFailed, ModelNotTrusted, PlainRasaFailed, StackFailed, startup.StartFailed, turns.TurnLost) as failure:
        print(failure, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(text(found, targets))
        return 130
    print(f"commit {head['commit']}, {head['machine']['cores']} cores, {time.monotonic() - started:.0f} s\n")
    print(text(found, targets))
    if not arguments.quick and parts == set(PARTS):
        inputs = {
            "questions": arguments.questions.name,
            "model_sha256": hashlib.sha256(MODEL.read_bytes()).hexdigest(),
            "passages": arguments.passages,
        }
        result = {**head, "inputs": inputs, "numbers": headline(found), **found}
        written = write_result(FOLDER / "results", head["commit"], result)
        print(f"\nWritten to {written.relative_to(ROOT)}.")
    return 1 if arguments.strict and below(headline(found), targets) else 0


if __name__ == "__main__":
    sys.exit(main())
