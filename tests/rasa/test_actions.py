"""Actions pass typed replies on, and fail loudly: text is never made up here."""

import asyncio
import json

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.actions import ActionAffirm, ActionAnswer, ActionDeny, ActionOfferHandover, ActionTakeComplaint
from bot.actions.__main__ import create_app
from bot.actions.internal_api import SECONDS, InternalApiError
from bot.channel import KlaraChannel

MESSAGE = {
    "text": "Hvad koster et pas?",
    "intent": {"name": "question", "confidence": 0.9},
    "metadata": {"conversation_id": "c1", "seq": 3, "language": "da", "masked": ["phone"]},
}


def tracker_of(message):
    return Tracker("c1", {}, message, [], False, None, {}, "action_listen")


def run(action, message=MESSAGE):
    dispatcher = CollectingDispatcher()
    assert asyncio.run(action.run(dispatcher, tracker_of(message), {})) == []
    return dispatcher.messages


@pytest.mark.parametrize(
    ("action", "name", "endpoint", "extra"),
    [
        (ActionAnswer(), "action_answer", "answer", {}),
        (ActionOfferHandover(), "action_offer_handover", "offer-handover", {"reason": "asked"}),
        (ActionTakeComplaint(), "action_take_complaint", "take-complaint", {}),
        (ActionAffirm(), "action_affirm", "affirm", {}),
        (ActionDeny(), "action_deny", "deny", {}),
    ],
)
def test_an_action_posts_the_turn_with_the_secret(internal_api, action, name, endpoint, extra):
    run(action)

    assert action.name() == name
    path, body, secret = internal_api.asked[0]
    assert (path, secret) == (f"/internal/v1/{endpoint}", "a secret")
    assert body == {
        "conversation_id": "c1",
        "seq": 3,
        "text": "Hvad koster et pas?",
        "language": "da",
        "masked": ["phone"],
        "intent": "question",
        "confidence": 0.9,
        **extra,
    }


def test_each_reply_becomes_one_typed_message_in_order(internal_api):
    replies = [{"kind": "answer", "text": "a"}, {"kind": "handover_offer", "text": "b"}]
    internal_api.answer = json.dumps({"replies": replies}).encode()

    assert [message["custom"] for message in run(ActionAnswer())] == replies


def test_the_service_may_ask_for_a_response_of_the_domain(internal_api):
    internal_api.answer = b'{"respond": "smalltalk_thanks"}'

    assert [message["response"] for message in run(ActionAnswer())] == ["utter_smalltalk_thanks"]


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (500, b"{}"),
        (403, b'{"replies": [{"kind": "answer"}]}'),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"replies": []}'),
        (200, b'{"replies": [{"text": "without a kind"}]}'),
        (200, b'{"respond": ""}'),
    ],
)
def test_an_unusable_answer_is_raised_and_nothing_is_said(internal_api, status, answer):
    internal_api.status, internal_api.answer = status, answer
    dispatcher = CollectingDispatcher()

    with pytest.raises(InternalApiError):
        asyncio.run(ActionAnswer().run(dispatcher, tracker_of(MESSAGE), {}))
    assert dispatcher.messages == []


def test_a_service_that_is_down_is_raised(monkeypatch):
    monkeypatch.setenv("KLARA_INTERNAL_URL", "http://127.0.0.1:9/internal/v1")

    with pytest.raises(InternalApiError, match="ConnectionError"):
        run(ActionAnswer())


def test_a_slow_service_is_raised_in_time(internal_api, monkeypatch):
    monkeypatch.setattr("bot.actions.internal_api.SECONDS", 0.1)
    internal_api.seconds = 0.5

    with pytest.raises(InternalApiError, match="ReadTimeout"):
        run(ActionAnswer())


def test_an_action_gives_up_before_the_channel_does():
    assert SECONDS < KlaraChannel("secret")._seconds < 3


def test_a_message_from_elsewhere_is_refused(internal_api):
    with pytest.raises(KeyError):
        run(ActionAnswer(), {"text": "hej", "metadata": {}})
    assert internal_api.asked == []


@pytest.fixture
def action_server(serve):
    return serve(create_app())


def call_of(message):
    return {
        "next_action": "action_answer",
        "sender_id": "c1",
        "tracker": {**tracker_of(message).current_state(), "events": [], "sender_id": "c1"},
        "domain": {},
    }


def test_the_server_runs_an_action(action_server, internal_api, http):
    answer = http.post(f"{action_server}/webhook", json=call_of(MESSAGE), timeout=5)

    assert answer.status_code == 200
    assert [message["custom"]["kind"] for message in answer.json()["responses"]] == ["answer"]
    assert http.get(f"{action_server}/health", timeout=5).status_code == 200


def test_the_server_answers_a_failure_without_the_conversation(action_server, internal_api, http, caplog):
    internal_api.status = 500

    answer = http.post(f"{action_server}/webhook", json=call_of(MESSAGE), timeout=5)

    assert answer.status_code == 500
    assert answer.json() == {"error": "InternalApiError", "action_name": "action_answer"}
    assert "action action_answer failed" in caplog.text
    assert "pas" not in caplog.text
