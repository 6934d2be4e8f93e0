"""What a turn costs: beside a plain Rasa turn, late in a long conversation, and when several write at once."""

import asyncio
import time
from collections.abc import Sequence
from statistics import median
from typing import Any

import psutil

from ops.stack import Stack
from tests.benchmarks.plain_rasa import PlainRasa
from tests.evaluation.citizen import Citizen, Conversation, Turn
from tests.evaluation.metrics import latency
from tests.evaluation.questions import Question
from tests.evaluation.table import Progress

_WINDOW = 2  # messages on either side that stand for "the 5th" and "the 200th"


class TurnLost(Exception):
    """A turn without a reply: its time means nothing."""


async def side_by_side(base_url: str, plain: PlainRasa, questions: Sequence[Question]) -> dict[str, Any]:
    """Each question once to Klara and once to plain Rasa, in turn, the order changing; a new conversation each time.

    Raises:
        TurnLost: If Klara gives no reply.
    """
    ours: list[float] = []
    theirs: list[float] = []
    progress = Progress("turns side by side", len(questions))
    async with Citizen(base_url) as citizen:
        for number, question in enumerate(questions):
            conversation = await citizen.open()
            turn = await _say(citizen, conversation, question.text)
            # Rasa's action reads the message from the record, so Klara has to have it first: the second sending
            # is the one that is timed where plain Rasa's turn is to come first.
            sender = f"plain-{number}"
            if number % 2:
                milliseconds = plain.say(sender, question.text, conversation.id, turn.seq, question.lang)
                again = await citizen.open()
                turn = await _say(citizen, again, question.text)
            else:
                milliseconds = plain.say(sender, question.text, conversation.id, turn.seq, question.lang)
            ours.append(turn.milliseconds)
            theirs.append(milliseconds)
            progress.step()
    warm = max(1, len(ours) // 20)  # the first ones warm what is made lazily, on both sides
    klara, rasa = latency(ours[warm:]), latency(theirs[warm:])
    return {
        "klara": klara,
        "plain_rasa": rasa,
        "turns": len(ours) - warm,
        "ratio": round(klara["p50"] / rasa["p50"], 3),
    }


async def long_conversation(
    base_url: str, plain: PlainRasa, questions: Sequence[Question], *, length: int = 200, conversations: int = 2
) -> dict[str, Any]:
    """The 5th and the last message of one conversation, for both. The medians of five messages of each conversation.

    Raises:
        TurnLost: If Klara gives no reply.
    """
    total = length + _WINDOW
    early: dict[str, list[float]] = {"klara": [], "plain_rasa": []}
    late: dict[str, list[float]] = {"klara": [], "plain_rasa": []}
    progress = Progress("messages of long conversations", total * conversations)
    async with Citizen(base_url) as citizen:
        for number in range(conversations):
            conversation = await citizen.open()
            for position in range(1, total + 1):
                question = questions[position % len(questions)]
                turn = await _say(citizen, conversation, question.text)
                times = {
                    "klara": turn.milliseconds,
                    "plain_rasa": plain.say(f"long-{number}", question.text, conversation.id, turn.seq, question.lang),
                }
                for place, found in ((5, early), (length, late)):
                    if abs(position - place) <= _WINDOW:
                        for name, milliseconds in times.items():
                            found[name].append(milliseconds)
                progress.step()
    result: dict[str, Any] = {"length": length, "conversations": conversations}
    for name in early:
        first, last = median(early[name]), median(late[name])
        result[name] = {"5th": round(first, 1), "last": round(last, 1), "ratio": round(last / first, 3)}
    return result


async def light_load(
    stack: Stack, questions: Sequence[Question], *, conversations: int = 20, rate: float = 5.0, seconds: float = 30.0
) -> dict[str, Any]:
    """Messages at a steady rate, whether or not earlier ones have been answered, spread over conversations.

    Milliseconds run from the moment at which a message was due, so that a service that falls behind cannot hide it.
    """
    number = int(rate * seconds)
    progress = Progress("messages under light load", number)
    async with Citizen(stack.base_url, connections=conversations + 4) as citizen:
        open_ones = [await citizen.open() for _ in range(conversations)]
        before = _cpu_seconds(stack)
        started = time.perf_counter()

        async def one(position: int) -> Turn:
            due = started + position / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            late = (time.perf_counter() - due) * 1000
            turn = await citizen.say(open_ones[position % conversations], questions[position % len(questions)].text)
            progress.step()
            return Turn(turn.replies, turn.state, turn.milliseconds + late, turn.seq, turn.fault)

        turns = await asyncio.gather(*(one(position) for position in range(number)))
        spent = _cpu_seconds(stack) - before
        lost = await _lost(citizen, open_ones)
    return {
        "messages": number,
        "conversations": conversations,
        "per_second": rate,
        "lost": lost + sum(turn.fault is not None and turn.fault != "no reply" for turn in turns),
        "milliseconds": latency([turn.milliseconds for turn in turns]),
        "cpu_seconds_per_1000": round(spent / number * 1000, 1),
    }


async def _lost(citizen: Citizen, conversations: Sequence[Conversation]) -> int:
    """Messages of these conversations that stand in the record without a reply, and ones that do not stand there."""
    lost = 0
    for conversation in conversations:
        messages = await citizen.history(conversation)
        said = {m["seq"] for m in messages if m["speaker"] == "citizen"}
        answered = {m["turn"] for m in messages if m["speaker"] != "citizen" and m.get("turn")}
        sent = sum(turn.fault is None or turn.fault == "no reply" for turn in conversation.turns)
        lost += len(said - answered) + max(0, sent - len(said))
    return lost


async def _say(citizen: Citizen, conversation: Conversation, text: str) -> Turn:
    turn = await citizen.say(conversation, text)
    if turn.fault:
        raise TurnLost(f"'{text[:60]}': {turn.fault}")
    return turn


def _cpu_seconds(stack: Stack) -> float:
    total = 0.0
    for pid in stack.pids.values():
        main = psutil.Process(pid)
        for process in (main, *main.children(recursive=True)):
            times = process.cpu_times()
            total += times.user + times.system
    return total
