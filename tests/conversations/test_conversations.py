"""Short dialogues against the trained model: which action or response each message brings.

A dialogue is a list of turns: ``say``, and ``does`` (the action's or response's name); ``language`` is da
unless said; ``service`` is what the internal API answers; ``replies`` are the texts or kinds that must come.
"""

import asyncio
from pathlib import Path

import pytest
import yaml
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecuted

from bot.channel import read_turn, typed_replies

FOLDER = Path(__file__).parent
DIALOGUES = [
    pytest.param(dialogue, id=f"{path.stem}: {dialogue['name']}")
    for path in sorted(FOLDER.glob("*.yml"))
    for dialogue in yaml.safe_load(path.read_text(encoding="utf-8"))
]
_AT_LEAST = 25


@pytest.fixture(scope="module")
def loop():
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield loop
    loop.close()


@pytest.fixture
def say(agent, loop, request):
    """Sends a message as the channel does; gives what Rasa did and the typed replies."""

    def send(text, language="da", seq=1, conversation=request.node.name):
        turn = {"conversation_id": conversation, "seq": seq, "text": text, "language": language, "masked": []}
        message: UserMessage = read_turn(turn)
        assert isinstance(message.output_channel, CollectingOutputChannel)
        loop.run_until_complete(agent.handle_message(message))
        tracker = loop.run_until_complete(agent.tracker_store.retrieve(conversation))
        done = [
            event.action_name
            for event in reversed(tracker.events)
            if isinstance(event, ActionExecuted) and event.action_name != ACTION_LISTEN_NAME
        ]
        return done[0], typed_replies(message.output_channel.messages), tracker

    return send


def test_there_are_dialogues_to_hold():
    assert len(DIALOGUES) >= _AT_LEAST


@pytest.mark.parametrize("dialogue", DIALOGUES)
def test_dialogue(dialogue, say, service):
    for seq, turn in enumerate(dialogue["turns"], start=1):
        service.next_answer = turn.get("service")
        language = turn.get("language", "da")

        done, replies, tracker = say(turn["say"], language, seq)

        assert done == turn["does"], (turn["say"], tracker.latest_message.intent)
        assert replies
        if done.startswith("utter_"):
            assert all(reply["language"] == language for reply in replies)
        else:
            endpoint, body = service.asked[-1]
            assert done == f"action_{endpoint.replace('-', '_')}"
            assert (body["seq"], body["language"]) == (seq, language)
        for expected in turn.get("replies", []):
            assert any(expected in (reply["text"], reply["kind"]) for reply in replies)


@pytest.mark.parametrize(
    "text",
    ["", "/", "/restart", "/smalltalk_greet", "?", "🙂", "a" * 1_000, "[x](y)", '{"a": 1}', "<b>x</b>", "\u0000"],
    ids=lambda text: ascii(text[:20]),
)
def test_every_message_brings_a_reply(say, text):
    assert say(text)[1]


def test_a_slash_does_not_choose_the_intent(say):
    _, _, tracker = say("/smalltalk_greet")

    assert tracker.latest_message.intent["confidence"] < 1


def test_a_failing_service_brings_nothing_at_all(say, service):
    service.next_answer = {"replies": []}

    with pytest.raises(Exception, match="no reply"):
        say("Hvordan får jeg et nyt pas?")


def test_a_conversation_goes_on_after_a_failed_turn(say, service):
    service.next_answer = {"replies": []}
    with pytest.raises(Exception, match="no reply"):
        say("Hvordan får jeg et nyt pas?")

    assert say("hej", seq=2)[0] == "utter_smalltalk_greet"


def test_a_long_conversation_is_still_understood_and_bounded(say):
    for seq in range(1, 41):
        done, _, tracker = say("hej" if seq % 2 else "Hvordan får jeg et nyt pas?", "en" if seq % 3 else "da", seq)
        assert done == ("utter_smalltalk_greet" if seq % 2 else "action_answer")
    assert len(tracker.events) <= 60
