"""The handover packet fits its public schema, whatever the conversation was. TRUST.md F3."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from connectors.handover.packet import SCHEMA, PacketInvalid, build, last_unresolved_question, validate
from connectors.record.handovers import new_receipt
from connectors.types import Context, Conversation, Kind, Message, Reason, Speaker, State, Urgency

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CONVERSATION = Conversation("c1", State.ASSISTANT, "da", "web", "citizen", NOW, NOW, 0, Context())
PROVENANCE = {"article": "da/pas", "revision": "abc123", "title": "Pas", "passage": ["Kort svar"]}


def said(*lines: tuple[Speaker, Kind, str] | tuple[Speaker, Kind, str, int]) -> list[Message]:
    """Messages in order; a fourth value is the seq of the message that is answered."""
    return [
        Message(
            "c1",
            n,
            NOW,
            line[0],
            line[1],
            line[2],
            "da",
            turn=line[3] if len(line) > 3 else None,
            provenance=PROVENANCE if line[1] is Kind.ANSWER else None,
        )
        for n, line in enumerate(lines, start=1)
    ]


def packet_of(messages, conversation=CONVERSATION, **changes):
    values = {
        "handover_id": "h1",
        "receipt": "KK-2026-7F3KQ2",
        "created_at": NOW,
        "reason": Reason.ASKED,
        "urgency": Urgency.NORMAL,
        "team": "borgerservice",
        "topics": [{"topic": "pas", "title": "Pas", "confidence": 0.9}],
        "opening_state": "open",
    }
    return build(conversation, messages, **{**values, **changes})


CITIZEN, KLARA = Speaker.CITIZEN, Speaker.ASSISTANT
TALK = said(
    (KLARA, Kind.GREETING, "Hej!"),
    (CITIZEN, Kind.TEXT, "hvad koster et pas"),
    (KLARA, Kind.ANSWER, "Et pas koster …", 2),
    (CITIZEN, Kind.TEXT, "kan min nabo hente det"),
    (KLARA, Kind.NO_ANSWER, "Det ved jeg ikke", 4),
    (CITIZEN, Kind.TEXT, "jeg vil tale med en medarbejder"),
    (KLARA, Kind.HANDOVER_OFFER, "Skal jeg …", 6),
)


def test_the_schema_itself_is_valid():
    Draft202012Validator.check_schema(json.loads(SCHEMA.read_text(encoding="utf-8")))


def test_a_packet_holds_what_an_employee_needs():
    packet = packet_of(TALK)
    assert packet["question"] == "kan min nabo hente det"
    assert packet["answers_shown"] == [{"topic": "pas", "title": "Pas", "revision": "abc123"}]
    assert packet["tried"] == ["answer", "no_answer", "handover_offer"]
    assert [line["seq"] for line in packet["transcript"]] == [1, 2, 3, 4, 5, 6, 7]
    assert packet["summary"].splitlines() == [
        "Spørgsmål: kan min nabo hente det",
        "Emne: Pas",
        "Borgeren skrev også: hvad koster et pas · jeg vil tale med en medarbejder",
        "Vist svar om: Pas",
    ]


def test_the_summary_is_built_from_the_record_alone():
    allowed = " ".join(m.text for m in TALK) + " Spørgsmål: Emne: Pas Borgeren skrev også: Vist svar om: ·"
    assert set(packet_of(TALK)["summary"].split()) <= set(allowed.split())


def test_a_packet_of_an_empty_conversation_has_no_question():
    packet = packet_of([], topics=[])
    assert (packet["question"], packet["summary"], packet["transcript"]) == ("", "", [])


def test_words_from_a_form_are_the_question():
    assert packet_of(TALK, question="Ring om mit pas")["question"] == "Ring om mit pas"


UNRESOLVED = [
    (TALK, "kan min nabo hente det"),
    (TALK[:3], "hvad koster et pas"),
    (TALK[:1], ""),
    ([], ""),
    (said((CITIZEN, Kind.TEXT, "jeg vil tale med en"), (KLARA, Kind.HANDOVER_OFFER, "…", 1)), "jeg vil tale med en"),
    (said((CITIZEN, Kind.TEXT, "hej"), (KLARA, Kind.SMALLTALK, "Hej", 1), (CITIZEN, Kind.TEXT, "rotter")), "rotter"),
    (
        said(
            (CITIZEN, Kind.TEXT, "kan I love mig en plads"),
            (KLARA, Kind.NO_DECISION, "…", 1),
            (CITIZEN, Kind.TEXT, "hvornår har I åbent"),
            (KLARA, Kind.ANSWER, "…", 3),
        ),
        "kan I love mig en plads",
    ),
]


@pytest.mark.parametrize(("messages", "question"), UNRESOLVED)
def test_the_question_is_the_last_one_without_an_answer(messages, question):
    assert last_unresolved_question(messages) == question


PROVENANCES = st.none() | st.fixed_dictionaries(
    {"article": st.sampled_from(["da/pas", "en/pas", "da/x"]), "revision": st.text(max_size=12)},
    optional={"title": st.text()},
)
MESSAGES = st.lists(
    st.builds(
        Message,
        conversation_id=st.just("c1"),
        seq=st.just(1),
        at=st.datetimes(timezones=st.just(UTC)),
        speaker=st.sampled_from(Speaker),
        kind=st.sampled_from(Kind),
        text=st.text(max_size=200),
        language=st.sampled_from(["da", "en"]),
        turn=st.none() | st.integers(1, 20),
        provenance=PROVENANCES,
    ),
    max_size=20,
).map(lambda ms: [replace(m, seq=n) for n, m in enumerate(ms, start=1)])
TOPICS = st.lists(
    st.fixed_dictionaries({"topic": st.text(), "title": st.text(), "confidence": st.floats(0, 1)}), max_size=3
)
CONTACTS = st.none() | st.fixed_dictionaries(
    {"name": st.text(), "phone": st.none() | st.text(), "email": st.none() | st.text(), "when": st.text()}
)


@given(
    MESSAGES,
    TOPICS,
    CONTACTS,
    st.sampled_from(Reason),
    st.sampled_from(Urgency),
    st.sampled_from(["da", "en"]),
    st.sampled_from(["citizen", "business", "both"]),
    st.sampled_from(["open", "closed"]),
    st.booleans(),
)
def test_any_conversation_makes_a_packet_that_fits_the_schema(
    messages, topics, contact, reason, urgency, language, audience, opening, promised
):
    conversation = replace(CONVERSATION, language=language, audience=audience)
    packet = packet_of(
        messages,
        conversation,
        topics=topics,
        contact=contact,
        reason=reason,
        urgency=urgency,
        opening_state=opening,
        promised_by=NOW + timedelta(days=14) if promised else None,
    )
    stored = json.loads(json.dumps(packet))
    validate(stored)
    assert [line["text"] for line in stored["transcript"]] == [m.text for m in messages]
    assert stored["question"] in {"", *(m.text for m in messages if m.speaker is Speaker.CITIZEN)}


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"receipt": "123"}, "receipt"),
        ({"team": ""}, "team"),
        ({"opening_state": "måske"}, "opening_state"),
        ({"reason": "lyst"}, "reason"),
        ({"topics": [{"topic": "pas", "title": "Pas", "confidence": 1.2}]}, "topics/0/confidence"),
        ({"contact": {"name": "Bo", "cpr": "x"}}, "contact"),
    ],
)
def test_a_packet_that_does_not_fit_is_a_defect_that_names_the_field(changes, place):
    with pytest.raises(PacketInvalid, match=f"^{place}"):
        packet_of(TALK, **changes)


def test_an_unknown_field_does_not_fit():
    with pytest.raises(PacketInvalid):
        validate({**packet_of(TALK), "cpr": "x"})


def test_a_new_receipt_fits_the_schema_and_can_be_read_aloud():
    receipts = {new_receipt("KK", 2026) for _ in range(500)}
    assert len(receipts) == 500
    for receipt in receipts:
        packet_of(TALK, receipt=receipt)
        assert not set(receipt.split("-")[2]) & set("ILO01")
