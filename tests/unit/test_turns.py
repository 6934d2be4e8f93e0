"""What the assistant remembers after a turn, and how stored messages and Rasa's replies are read."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connectors.turns import TurnService, after, question_of, reply_from, topic_of
from connectors.types import Context, Kind, Message, Reply, Speaker
from connectors.wording import say
from knowledge.answer import Answer, Result
from nlu.text.personal_data import PersonalData

PAS = {"article": "da/pas", "revision": "r"}
HANDOVER = {"label": "Tal med en medarbejder", "value": "Tal med en medarbejder", "action": "handover"}


def message(text="hvad koster det", **changes) -> Message:
    made = Message("c1", 2, datetime(2026, 11, 21, tzinfo=UTC), Speaker.CITIZEN, Kind.TEXT, text, "da")
    return replace(made, **changes)


def test_an_answer_is_remembered_as_the_topic_and_settles_what_was_open():
    before = Context(topic="hund", misses=1, unresolved=1)
    assert after(before, [Reply(Kind.ANSWER, "…", provenance=PAS)], 4) == Context(topic="pas")


@pytest.mark.parametrize("kind", [Kind.NO_DECISION, Kind.SENSITIVE])
def test_a_rule_that_was_shown_is_remembered_too(kind):
    assert after(Context(), [Reply(kind, "…", provenance=PAS)], 4).topic == "pas"


def test_care_without_a_rule_changes_no_topic():
    assert after(Context(topic="hund"), [Reply(Kind.SENSITIVE, "…")], 4).topic == "hund"


def test_misses_are_counted_and_a_choice_is_none():
    context = after(Context(), [Reply(Kind.NO_ANSWER, "…")], 2)
    assert (context.misses, context.unresolved) == (1, 2)
    context = after(context, [Reply(Kind.CLARIFY, "…")], 4)
    assert (context.misses, context.unresolved) == (1, 4)
    assert after(context, [Reply(Kind.NO_ANSWER, "…")], 6).misses == 2


def test_what_yes_would_mean_is_the_last_offer():
    assert after(Context(), [Reply(Kind.NO_ANSWER, "…", options=[HANDOVER])], 2).offered == "handover"
    assert after(Context(), [Reply(Kind.HANDOVER_OFFER, "…")], 2).offered == "callback"
    assert after(Context(), [Reply(Kind.HANDOVER_OFFER, "…", options=[HANDOVER])], 2).offered == "handover"
    assert after(Context(offered="handover"), [Reply(Kind.ANSWER, "…", provenance=PAS)], 2).offered is None
    assert after(Context(offered="handover"), [], 2).offered is None


@pytest.mark.parametrize("kind", [Kind.SMALLTALK, Kind.OUT_OF_SCOPE, Kind.GREETING])
def test_small_talk_forgets_no_topic(kind):
    before = Context(topic="pas", misses=1, unresolved=1)
    assert after(before, [Reply(kind, "…")], 4) == before


def test_a_context_survives_being_stored_and_an_older_form_of_it():
    context = Context(topic="pas", offered="handover", misses=2, unresolved=7)
    assert Context.from_json(context.to_json()) == context
    assert Context.from_json({"topic": "pas", "farve": "rød"}) == Context(topic="pas")


def test_a_reply_of_rasa_is_typed():
    value = {
        "kind": "answer",
        "text": "…",
        "sources": [{"title": "t"}],
        "provenance": PAS,
        "confidence": 0.9,
        "language": "en",
    }
    reply = reply_from(value, "da")
    assert (reply.kind, reply.speaker, reply.language, reply.provenance) == (Kind.ANSWER, Speaker.ASSISTANT, "en", PAS)
    assert reply.sources == [{"title": "t"}]


def test_a_sparse_reply_of_rasa_gets_the_language_of_the_message():
    reply = reply_from({"kind": "smalltalk", "text": "Hej", "options": None, "language": None}, "en")
    assert (reply.language, reply.options, reply.sources, reply.details) == ("en", [], [], None)


@pytest.mark.parametrize("value", [{"kind": "poem", "text": "x"}, {"text": "x"}])
def test_a_reply_of_no_known_kind_is_no_reply(value):
    with pytest.raises((ValueError, KeyError)):
        reply_from(value, "da")


def test_a_message_as_a_question_knows_what_was_talked_of(conversation):
    asked = question_of(message(), replace(conversation, context=Context(topic="pas")))
    assert (asked.text, asked.language, asked.previous_topic) == ("hvad koster det", "da", "pas")
    assert not asked.other_language
    assert asked.masked == frozenset()


def test_a_message_as_a_question_knows_what_was_masked(conversation):
    asked = question_of(
        message(details={"masked": ["cpr", "phone"], "other_language": True}, language="en"), conversation
    )
    assert asked.masked == {PersonalData.CPR, PersonalData.PHONE}
    assert (asked.language, asked.other_language) == ("en", True)


class Offers:
    """Stands in for the handover service."""

    def offer(self, conversation, topic, *, opening=""):
        return Reply(Kind.HANDOVER_OFFER, opening or "Skal jeg?", conversation.language, options=[HANDOVER])


@pytest.mark.parametrize(("misses", "kind"), [(0, Kind.NO_ANSWER), (1, Kind.HANDOVER_OFFER), (5, Kind.HANDOVER_OFFER)])
def test_after_the_second_miss_in_a_row_a_person_is_offered(conversation, misses, kind):
    turns = TurnService(None, None, Offers(), None)  # type: ignore[arg-type]
    missed = Answer(Result.NO_ANSWER, "pas", 0.2)
    replies = turns.or_offer(
        replace(conversation, context=Context(misses=misses)), missed, [Reply(Kind.NO_ANSWER, say("no_answer", "da"))]
    )
    assert [reply.kind for reply in replies] == [kind]


def test_an_answer_is_not_turned_into_an_offer(conversation):
    turns = TurnService(None, None, Offers(), None)  # type: ignore[arg-type]
    replies = [Reply(Kind.ANSWER, "…")]
    assert (
        turns.or_offer(replace(conversation, context=Context(misses=9)), Answer(Result.ANSWER, "pas", 0.9), replies)
        == replies
    )


def test_a_matter_without_article_has_no_topic():
    assert topic_of(Answer(Result.HUMAN, "human.request", 0.9)) is None
