"""A part dies while people chat: what was accepted is answered, once, and a person stays within reach.

Last by name: these tests take processes away from the others.
"""

import signal
import time
from collections.abc import Iterator

import pytest

from ops.stack import Stack
from tests.integration.people import Citizen, Employee, until, waiting_citizen
from tests.integration.running import Record, health_of

QUESTION = "Hvordan får jeg et nyt pas?"


@pytest.fixture(autouse=True)
def _whole_again(stack: Stack) -> Iterator[None]:
    """Each test begins and ends with everything up."""
    yield
    stack.wait_until_healthy(120)


def component(stack: Stack, name: str) -> str | None:
    health = health_of(stack.base_url)
    return health["components"][name] if health else None


def assert_nothing_lost(citizen: Citizen, record: Record, texts: list[str]) -> None:
    """I1, I2: each accepted message is there once, in order, and each has exactly one outcome."""
    messages = citizen.messages()
    assert [m["seq"] for m in messages] == list(range(1, len(messages) + 1))
    assert [m["text"] for m in messages if m["speaker"] == "citizen"] == texts
    outcomes = record.outcomes(citizen.id)
    assert sorted(outcomes) == [m["seq"] for m in messages if m["speaker"] == "citizen"]
    assert None not in outcomes.values()
    turns = [m["turn"] for m in messages if m["turn"] is not None]
    for seq, outcome in outcomes.items():
        assert turns.count(seq) == (0 if outcome == "delivered" else 1), f"message {seq} was answered {outcome}"


def test_fault_5_without_redis_messages_are_accepted_answered_and_pushed(stack: Stack, record: Record, base_url):
    with Citizen(base_url) as citizen, citizen.live() as live:
        live.wait_for(lambda seen: seen.seqs == [1])
        citizen.ask(QUESTION)
        stack.stop_program("redis")
        try:
            until(lambda: component(stack, "redis") == "down", 20, "the health check's alarm")
            reply = citizen.reply("Hvad koster det?")
            assert reply["kind"] == "answer"
            assert reply["sources"][0]["topic"] == "pas"
            live.wait_for(lambda seen: len(seen.seqs) == 5, what="news within the process")
            outcome = citizen.hand_over()
            assert outcome["state"] == "waiting", "principle 4: a person is within reach"
            with Employee(base_url) as agent:
                agent.claim(citizen)
                agent.write(citizen, "Jeg er her")
            live.wait_for(lambda seen: seen.messages[-1]["text"] == "Jeg er her")
        finally:
            stack.start_program("redis")
        until(lambda: component(stack, "redis") == "ok", 30, "Redis's return")
        citizen.ask("Tak")
        live.wait_for(lambda seen: seen.messages[-1]["text"] == "Tak")
        assert live.messages == citizen.messages()
        assert_nothing_lost(citizen, record, [QUESTION, "Hvad koster det?", "Tak"])


def test_fault_5_redis_killed_again_and_again_while_chatting_loses_nothing(stack: Stack, record: Record, base_url):
    texts = [f"Hvad koster et pas til {n} personer?" for n in range(9)]
    with Citizen(base_url) as citizen:
        for number, text in enumerate(texts):
            if number % 3 == 1:
                until(lambda: stack.pids.get("redis"), 20, "Redis")
                stack.kill("redis")
            assert citizen.post(text).status_code == 200
        assert_nothing_lost(citizen, record, texts)


def test_fault_10_with_rasa_killed_the_knowledge_base_answers_and_offers_a_person(
    stack: Stack, record: Record, base_url
):
    with Citizen(base_url) as citizen:
        normal = citizen.reply(QUESTION)
        assert record.details(citizen.id, normal["seq"]).get("degraded") is None
        assert "rasa" in record.details(citizen.id, normal["seq"])
        stack.stop_program("rasa")
        try:
            turn = citizen.ask("Hvad koster et pas?")
            reply = turn["messages"][0]
            assert reply["kind"] == "answer"
            assert reply["sources"][0]["topic"] == "pas"
            assert reply["provenance"]["revision"] == normal["provenance"]["revision"]
            assert "handover" in [option.get("action") for option in reply["options"]]
            assert record.details(citizen.id, reply["seq"])["degraded"] is True
            assert record.outcomes(citizen.id)[turn["seq"]] == "degraded"
            for text in ("Hej", "Jeg vil tale med et menneske", "asdf qwer", "Hvornår får jeg min årsopgørelse?"):
                replies = citizen.ask(text)["messages"]
                assert replies, text
                options = [option.get("action") for message in replies for option in message["options"]]
                assert "handover" in options, f"a person is offered after {text!r}"
            assert component(stack, "rasa") == "down"
            assert citizen.hand_over()["state"] == "waiting"
        finally:
            stack.start_program("rasa")
        stack.wait_until_healthy(120)
        citizen.good("DELETE", f"/conversations/{citizen.id}/handover")

        def normal_again() -> bool:
            again = citizen.reply(QUESTION)
            details = record.details(citizen.id, again["seq"])
            return "rasa" in details and "degraded" not in details

        until(normal_again, 30, "an answer through Rasa")


def test_fault_10_a_rasa_that_hangs_costs_one_turn_a_few_seconds_and_others_none(
    stack: Stack, record: Record, base_url
):
    with Citizen(base_url) as citizen, Citizen(base_url) as other:
        stack.kill("rasa", signal.SIGSTOP)
        try:
            started = time.monotonic()
            reply = citizen.reply(QUESTION)
            assert time.monotonic() - started < 8
            assert reply["kind"] == "answer"
            assert record.details(citizen.id, reply["seq"])["degraded"] is True
            for _ in range(3):  # until the breaker is open
                other.ask(QUESTION)
            started = time.monotonic()
            assert other.reply(QUESTION)["kind"] == "answer"
            assert time.monotonic() - started < 2.5, "the breaker spares later turns the wait"
        finally:
            stack.kill("rasa", signal.SIGCONT)
        until(lambda: "rasa" in record.details(citizen.id, citizen.reply(QUESTION)["seq"]), 40, "Rasa's return")


def test_fault_10_without_the_action_server_an_answer_still_comes(stack: Stack, record: Record, base_url):
    with Citizen(base_url) as citizen:
        stack.stop_program("actions")
        try:
            reply = citizen.reply(QUESTION)
            assert reply["kind"] == "answer"
            assert record.details(citizen.id, reply["seq"])["degraded"] is True
        finally:
            stack.start_program("actions")
        until(lambda: "rasa" in record.details(citizen.id, citizen.reply(QUESTION)["seq"]), 40, "the action server")


def test_fault_3_a_message_whose_service_was_killed_is_answered_once_after_the_restart(
    stack: Stack, record: Record, base_url
):
    with Citizen(base_url) as citizen, waiting_citizen(base_url) as waiting:
        stack.kill("rasa", signal.SIGSTOP)  # so that the turn is still under way when the service dies
        try:
            accepted = citizen.post(QUESTION, wait=0, client_id="once")
            second = citizen.post("Hvad koster det?", wait=0)
            assert (accepted.status_code, second.status_code) == (202, 202)
            time.sleep(0.3)
            assert record.outcomes(citizen.id) == {2: None, 3: None}
            stack.kill("service")
        finally:
            stack.kill("rasa", signal.SIGCONT)
        until(stack.health, 60, "the service's return")
        until(lambda: None not in record.outcomes(citizen.id).values(), 60, "the outcome")
        resent = citizen.post(QUESTION, client_id="once")
        assert resent.json()["seq"] == 2, "who sends it again after the fall gets the same seq"
        assert resent.json()["messages"][0]["kind"] == "answer"
        assert_nothing_lost(citizen, record, [QUESTION, "Hvad koster det?"])
        assert waiting.state() == "waiting", "the queue is in the record"


def test_fault_15_a_service_told_to_stop_finishes_its_turns_and_ends(stack: Stack, record: Record, base_url):
    with Citizen(base_url) as citizen, citizen.live() as live:
        live.wait_for(lambda seen: seen.seqs == [1])
        citizen.post(QUESTION, wait=0)
        pid = stack.pids["service"]
        stack.kill("service", signal.SIGTERM)
        until(lambda: stack.pids.get("service") not in (None, pid), 20, "its end, within the time for draining")
        until(stack.health, 60, "the service's return")
        until(lambda: None not in record.outcomes(citizen.id).values(), 30, "the outcome")
        assert_nothing_lost(citizen, record, [QUESTION])
        with citizen.live(after=1) as again:
            again.wait_for(lambda seen: seen.seqs == [2, 3])
