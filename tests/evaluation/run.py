"""Judge the answers of a running Klara on a question file, through the citizens' API: ``make evaluate``.

Every question is asked in a conversation of its own. Without ``--url`` an own stack is started for it, and
afterwards its files are searched for the CPR numbers of the questions.
"""

import argparse
import asyncio
import contextlib
import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from ops.build import BuildFailed, ModelNotTrusted, build
from ops.stack import Stack, StackFailed
from tests.evaluation import followups, metrics, peers, report
from tests.evaluation.citizen import Citizen, Turn
from tests.evaluation.questions import Question, QuestionFileError, known_topics, read_questions
from tests.evaluation.results_file import (
    ROOT,
    below,
    commit,
    end_cleanly_when_told,
    machine,
    now,
    read_targets,
    write_result,
)
from tests.evaluation.table import Progress

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "results"
ARTICLES = ROOT / "knowledge" / "articles"
# One address asks everything here, and one conversation may be long.
GENEROUS = {"KLARA_MESSAGES_PER_MINUTE": "100000", "KLARA_CONVERSATIONS_PER_MINUTE": "100000"}


async def ask_all(base_url: str, questions: Sequence[Question], at_once: int) -> list[metrics.Outcome]:
    """Ask every question, each in a new conversation, a few at the same time; outcomes in the questions' order."""
    gate, progress = asyncio.Semaphore(at_once), Progress("questions", len(questions))

    async def one(citizen: Citizen, question: Question) -> metrics.Outcome:
        async with gate:
            try:
                conversation = await citizen.open()
            except httpx.HTTPError as error:
                return metrics.Outcome(question, Turn(fault=type(error).__name__))
            turn = await citizen.say(conversation, question.text)
            stored = await citizen.history(conversation) if metrics.cpr_digits(question.text) else []
            progress.step()
            return metrics.Outcome(question, turn, tuple(stored), conversation.id)

    async with Citizen(base_url) as citizen:
        return list(await asyncio.gather(*(one(citizen, question) for question in questions)))


def with_intents(outcomes: Sequence[metrics.Outcome], database: Path) -> list[metrics.Outcome]:
    """The outcomes with what Rasa took each message for, read from the record of an own stack."""
    found: dict[str, str] = {}
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        rows = connection.execute("select conversation_id, details from messages where details is not null")
        for conversation, details in rows:
            intent = (json.loads(details) or {}).get("rasa")
            if intent:
                found[conversation] = f"{intent[0]} {intent[1]:.2f}"
    return [replace(outcome, intent=found.get(outcome.conversation, "")) for outcome in outcomes]


@contextlib.contextmanager
def own_stack() -> Iterator[Stack]:
    """A whole Klara with its own data, gone afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="klara-evaluation-") as folder,
        Stack(Path(folder), env=GENEROUS, say=say) as stack,
    ):
        yield stack


def stored_digits(data_dir: Path, questions: Sequence[Question]) -> list[str]:
    """Files of a stack in which a CPR number of the questions stands, with or without its hyphen."""
    wanted = {
        form.encode()
        for question in questions
        for digits in metrics.cpr_digits(question.text)
        for form in (digits, f"{digits[:6]}-{digits[6:]}", f"{digits[:6]} {digits[6:]}")
    }
    skipped = {"index", "cache"}  # made from the articles, before anyone wrote anything
    found = []
    for path in sorted(data_dir.rglob("*")):
        if path.is_file() and not skipped.intersection(path.relative_to(data_dir).parts):
            content = path.read_bytes()
            if any(form in content for form in wanted):
                found.append(str(path.relative_to(data_dir)))
    return found


def say(text: str) -> None:
    """A line of progress."""
    print(text, file=sys.stderr, flush=True)


def evaluate(
    base_url: str, questions: Sequence[Question], arguments: argparse.Namespace, data_dir: Path | None
) -> dict[str, Any]:
    """Everything that was asked for, measured against one running service."""
    topics = known_topics(ARTICLES)
    started = time.monotonic()
    outcomes = asyncio.run(ask_all(base_url, questions, arguments.at_once))
    seconds = time.monotonic() - started
    if data_dir:
        outcomes = with_intents(outcomes, data_dir / "klara.db")
    result = {
        "numbers": metrics.summarise(outcomes, topics),
        "misses": metrics.misses(outcomes, topics),
        "asking_seconds": round(seconds, 1),
    }
    if data_dir:
        places = stored_digits(data_dir, questions)
        result["numbers"] |= {"cpr_stored": len(places), "cpr_stored_in": places}
    if not arguments.no_followups:
        result["followups"] = {
            path.stem.removeprefix("followups-"): asyncio.run(followups.run(base_url, followups.read_dialogues(path)))
            for path in sorted(FOLDER.glob("followups-*.yml"))
        }
    if arguments.peers:
        answerable = [q for q in questions if q.kind in ("answer", "out_of_scope")]
        judged = [q for q in answerable if q.kind != "answer" or topics.intersection(q.topics)]
        result["peers"] = peers.compare(judged, arguments.peer_epochs, say)
    return result


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m tests.evaluation.run", description=__doc__)
    made.add_argument("file", nargs="?", type=Path, help="question file, one JSON object a line")
    made.add_argument("--questions", type=Path, help="the same")
    made.add_argument("--url", help="of a running service; without it an own stack is started")
    made.add_argument("--peers", action="store_true", help="measure simpler methods and Rasa's own selector too")
    made.add_argument(
        "--peer-epochs", type=int, default=4, help="of Rasa's DIET, twice as many of its selector (default: 4)"
    )
    made.add_argument("--no-followups", action="store_true", help="leave the follow-up dialogues out")
    made.add_argument("--at-once", type=int, default=4, help="conversations at the same time (default: 4)")
    made.add_argument("--limit", type=int, help="only so many questions, spread over the file; writes no result")
    made.add_argument("--misses", type=int, default=25, help="how many misses to show (default: 25)")
    made.add_argument("--strict", action="store_true", help="exit code 1 if a number to hold is not held")
    return made


def main() -> int:
    """Entry point of ``make evaluate``: 0, or 1 where it could not run or, with --strict, a number is not held."""
    end_cleanly_when_told()
    made = parser()
    arguments = made.parse_args()
    path = arguments.questions or arguments.file
    if path is None:
        made.error("name a question file")
    try:
        questions = read_questions(path)
        if arguments.limit:
            questions = questions[:: max(1, len(questions) // arguments.limit)][: arguments.limit]
        if arguments.url:
            result = evaluate(arguments.url, questions, arguments, None)
        else:
            build(["model", "index"], say)
            with own_stack() as stack:
                result = evaluate(stack.base_url, questions, arguments, stack.data_dir)
    except (BuildFailed, ModelNotTrusted, QuestionFileError, StackFailed, followups.DialogueFileError) as failure:
        print(failure, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    head = {
        "commit": commit(), "file": path.name, "count": len(questions), "at": now(), "machine": machine(),
        "at_once": arguments.at_once, "own_stack": not arguments.url,
    }  # fmt: skip
    targets = read_targets("evaluation")
    print(report.text(head, result, targets, shown_misses=arguments.misses))
    if not arguments.limit:
        # Without the questions' texts: a held-out file is not to be read here by whoever improves Klara.
        bare = [{name: value for name, value in miss.items() if name != "text"} for miss in result["misses"]]
        written = write_result(RESULTS, head["commit"], {**head, **result, "misses": bare})
        print(f"\nWritten to {written.relative_to(ROOT)}.")
    return 1 if arguments.strict and below(result["numbers"], targets) else 0


if __name__ == "__main__":
    sys.exit(main())
