"""The whole way of a conversation: asked, answered, handed over, written with a person, closed, rated."""

import json
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from connectors.handover.packet import SCHEMA
from tests.integration.people import Citizen, Employee, new_client_id, waiting_citizen
from tests.integration.running import ARTICLES, Record

PASSPORT = {
    "da": ("Hvordan får jeg et nyt pas?", "Jeg vil gerne tale med et menneske", "Ja tak"),
    "en": ("How do I renew my passport?", "I would like to talk to a real person please", "Yes please"),
}


def assert_valid(packet: dict) -> None:
    """Against the published schema, read from its file."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(packet)


@pytest.mark.parametrize("language", ["da", "en"])
def test_t1_the_first_message_says_that_this_is_a_machine(base_url, language):
    with Citizen(base_url, language) as citizen:
        [greeting] = citizen.opened["messages"]
        assert greeting["speaker"] == "assistant"
        assert greeting["kind"] == "greeting"
        assert ("maskine" if language == "da" else "machine") in greeting["text"]


@pytest.mark.parametrize("language", ["da", "en"])
def test_a_citizen_is_answered_reaches_a_person_and_both_write(base_url, agent: Employee, record: Record, language):
    question, wish, yes = PASSPORT[language]
    with Citizen(base_url, language) as citizen:
        # Principle 1, F2: a passage of an approved article, with source, owner, review date and the revision shown.
        answer = citizen.reply(question)
        assert answer["kind"] == "answer"
        assert answer["language"] == language
        source = answer["sources"][0]
        assert source["topic"] == "pas"
        assert source["url"].startswith("https://")
        assert source["owner"]
        assert date.fromisoformat(source["reviewed"]) <= datetime.now(UTC).date()
        assert answer["provenance"]["article"] == f"{language}/pas"
        assert re.fullmatch(r"[0-9a-f]{8,64}", answer["provenance"]["revision"])
        article = (ARTICLES / language / "pas.md").read_text(encoding="utf-8")
        for heading in answer["provenance"]["passage"]:
            assert f"## {heading}" in article
        assert answer["text"].split("\n")[0].strip() in article, "quoted, not invented"

        # The wish for a person is asked back, and a yes puts the citizen in the queue.
        offer = citizen.reply(wish)
        assert offer["kind"] == "handover_offer"
        assert "handover" in [option.get("action") for option in offer["options"]]
        accepted = citizen.ask(yes)
        assert accepted["state"] == "waiting"
        status = citizen.messages()[-1]
        assert (status["speaker"], status["kind"]) == ("system", "handover_status")

        # The desk sees it with its receipt, and the packet fits the published schema.
        waiting = agent.waiting(citizen)
        assert waiting["receipt"] in status["text"]
        assert waiting["team"] == "borgerservice"
        packet = agent.claim(citizen)
        assert_valid(packet)
        assert packet["receipt"] == waiting["receipt"]
        assert packet["reason"] == "asked"
        assert packet["language"] == language
        assert packet["question"] == question
        assert question in packet["summary"]
        assert packet["topics"][0]["topic"] == "pas"
        assert packet["answers_shown"] == [
            {"topic": "pas", "title": answer["provenance"]["title"], "revision": answer["provenance"]["revision"]}
        ]
        assert [line["text"] for line in packet["transcript"] if line["speaker"] == "citizen"] == [question, wish, yes]

        # T2, F6: the change of speaker is stated, and the employee writes under name and unit.
        claimed = citizen.messages()[-1]
        assert claimed["speaker"] == "system"
        assert agent.me["name"].split()[0] in claimed["text"]
        assert citizen.state() == "employee"
        agent.write(citizen, "Hej, jeg ser på det.")
        written = citizen.messages()[-1]
        assert (written["speaker"], written["text"]) == ("employee", "Hej, jeg ser på det.")
        assert written["speaker_name"].startswith(agent.me["name"].split()[0] + ", ")

        # While a person has the conversation the assistant is silent, and every word arrives.
        turn = citizen.ask("Tak, det er dejligt.")
        assert turn["messages"] == []
        assert record.outcomes(citizen.id)[turn["seq"]] == "delivered"
        assert agent.view(citizen)["messages"][-1]["text"] == "Tak, det er dejligt."

        # Closed with an outcome; the citizen can rate it and keep a copy.
        closed = agent.close(waiting["id"], "solved", note="Vejledt om tid.")
        assert closed["outcome"] == "solved"
        assert citizen.state() == "closed"
        assert citizen.post("Er du der?").status_code == 409
        citizen.good("POST", f"/conversations/{citizen.id}/feedback", json={"rating": 5, "comment": "Fin hjælp"})
        assert record.rows("SELECT rating FROM feedback WHERE conversation_id = ?", citizen.id) == [{"rating": 5}]
        for form in ("html", "text"):
            copy = citizen.call("GET", f"/conversations/{citizen.id}/transcript", params={"format": form})
            assert copy.headers["content-type"].startswith("text/html" if form == "html" else "text/plain")
            assert "Tak, det er dejligt." in copy.text
            assert "Hej, jeg ser på det." in copy.text
            assert "Vejledt om tid." not in copy.text, "notes are internal"
        seqs = [message["seq"] for message in citizen.messages()]
        assert seqs == list(range(1, len(seqs) + 1))


def test_t3_the_record_keeps_which_disclosure_was_shown(citizen: Citizen, record: Record):
    assert record.details(citizen.id, 1)["disclosure"]


def test_the_button_reaches_a_person_without_any_question(citizen: Citizen, agent: Employee):
    outcome = citizen.hand_over()
    assert outcome["state"] == "waiting"
    assert outcome["receipt"]
    assert outcome["messages"], "what came of it is said"
    packet = agent.claim(citizen)
    assert_valid(packet)
    assert packet["question"] == ""


def test_pressing_the_button_again_keeps_receipt_and_place(citizen: Citizen, agent: Employee):
    first = citizen.hand_over()
    again = citizen.hand_over()
    assert again["receipt"] == first["receipt"]
    assert agent.waiting(citizen)["receipt"] == first["receipt"]


def test_what_a_citizen_writes_while_waiting_reaches_the_employee(base_url, agent: Employee):
    with waiting_citizen(base_url) as citizen:
        assert citizen.ask("Jeg skal rejse på fredag.")["messages"] == []
        packet = agent.claim(citizen)
        assert "Jeg skal rejse på fredag." in [line["text"] for line in packet["transcript"]]


def test_who_claims_second_is_told_who_was_first(base_url, agent: Employee, colleague: Employee):
    with waiting_citizen(base_url) as citizen:
        handover = agent.waiting(citizen)
        agent.claim(citizen)
        second = colleague.call("POST", f"/desk/handovers/{handover['id']}/claim")
        assert second.status_code == 409
        assert second.json()["code"] == "handover_already_claimed"
        assert agent.me["name"] in second.json()["message"]
        refused = colleague.call(
            "POST", f"/desk/conversations/{citizen.id}/messages", json={"client_id": new_client_id(), "text": "Hej"}
        )
        assert refused.status_code == 403
        assert [m for m in citizen.messages() if m["speaker"] == "employee"] == []


def test_a_transferred_conversation_waits_in_the_other_team_with_its_note(base_url, agent, colleague: Employee):
    with waiting_citizen(base_url) as citizen:
        handover = agent.waiting(citizen)
        agent.claim(citizen)
        moved = agent.good(
            "POST", f"/desk/handovers/{handover['id']}/transfer", json={"team": "parkering", "note": "Gælder en bil."}
        )
        assert (moved["state"], moved["team"]) == ("waiting", "parkering")
        packet = colleague.claim(citizen)
        assert_valid(packet)
        assert packet["team"] == "parkering"
        assert [note["text"] for note in colleague.view(citizen)["notes"]] == ["Gælder en bil."]


def test_a_conversation_given_back_is_answered_by_the_assistant_again(base_url, agent: Employee):
    with waiting_citizen(base_url) as citizen:
        handover = agent.waiting(citizen)
        agent.claim(citizen)
        agent.good("POST", f"/desk/handovers/{handover['id']}/return", json={})
        assert citizen.state() == "assistant"
        assert citizen.reply("Hvad koster et pas?")["kind"] == "answer"


def test_a_citizen_who_stops_waiting_leaves_the_queue_and_can_go_on(base_url, agent: Employee):
    with waiting_citizen(base_url) as citizen:
        assert citizen.good("DELETE", f"/conversations/{citizen.id}/handover")["state"] == "assistant"
        assert citizen.id not in [h["conversation_id"] for h in agent.handovers("waiting")]
        assert citizen.reply("Hvad koster et pas?")["kind"] == "answer"


def test_a_callback_gets_a_receipt_a_date_and_a_place_on_the_desk(citizen: Citizen, agent: Employee):
    citizen.ask("Hvordan får jeg et nyt pas?")
    body = {"name": "Anne Prøve", "phone": "33 66 33 66", "when": "Om formiddagen", "question": "Mit pas er væk"}
    promise = citizen.good("POST", f"/conversations/{citizen.id}/callback", json=body)
    assert promise["state"] == "callback"
    today = datetime.now(UTC).date()
    assert today < date.fromisoformat(promise["promised_by"]) < today + timedelta(40)
    assert promise["receipt"] in promise["messages"][-1]["text"]
    [handover] = [h for h in agent.handovers("callback") if h["conversation_id"] == citizen.id]
    assert handover["receipt"] == promise["receipt"]
    assert handover["contact"]["name"] == "Anne Prøve"
    packet = agent.good("POST", f"/desk/handovers/{handover['id']}/claim")
    assert_valid(packet)
    assert packet["question"] == "Mit pas er væk"
    assert packet["contact"]["phone"].replace(" ", "").endswith("33663366")


@pytest.mark.parametrize(
    "request_to_decide",
    [
        "Godkend min byggetilladelse",
        "Har jeg ret til førtidspension med min dårlige ryg?",
        "Får jeg boligstøtte, hvis jeg tjener 25.000 om måneden?",
        "Kan I godkende min ansøgning om boligstøtte nu?",
    ],
)
def test_t4_a_request_to_decide_gets_the_rule_and_a_person_and_no_decision(citizen: Citizen, request_to_decide):
    reply = citizen.reply(request_to_decide)
    assert reply["kind"] == "no_decision"
    assert reply["sources"]
    assert "handover" in [option.get("action") for option in reply["options"]]


def test_f1_another_authoritys_matter_is_sent_on_and_is_no_dead_end(citizen: Citizen):
    reply = citizen.reply("Hvornår får jeg min årsopgørelse fra Skattestyrelsen?")
    assert reply["kind"] == "out_of_scope"
    assert "https://" in reply["text"]
    assert reply["options"]


def test_a_short_follow_up_is_about_the_topic_before_it(citizen: Citizen):
    citizen.ask("Hvordan får jeg et nyt pas?")
    price = citizen.reply("Hvad koster det?")
    assert price["kind"] == "answer"
    assert price["sources"][0]["topic"] == "pas"
    assert "kr." in price["text"]


def test_a_follow_up_is_handed_to_the_team_of_the_topic_before_it(citizen: Citizen, agent: Employee):
    citizen.ask("Hvordan får jeg et nyt pas?")
    citizen.ask("Hvad koster det?")
    citizen.hand_over()
    assert agent.waiting(citizen)["team"] == "borgerservice"
    assert agent.claim(citizen)["topics"][0]["topic"] == "pas"


def test_a_resume_code_opens_the_conversation_elsewhere_and_ends_the_old_token(base_url, citizen: Citizen):
    citizen.ask("Hvordan får jeg et nyt pas?")
    before = citizen.messages()
    resumed = citizen.good("POST", "/resume", json={"resume_code": citizen.opened["resume_code"].lower()})
    assert resumed["conversation_id"] == citizen.id
    assert citizen.call("GET", f"/conversations/{citizen.id}/messages").status_code == 404
    citizen.token = resumed["token"]
    assert citizen.messages() == before


def test_an_erased_conversation_is_nowhere_in_the_record(base_url, record: Record):
    with waiting_citizen(base_url) as citizen:
        assert citizen.call("DELETE", f"/conversations/{citizen.id}").status_code == 204
        assert citizen.call("GET", f"/conversations/{citizen.id}/messages").status_code == 404
        for table in ("messages", "outbox", "handovers", "notes", "feedback"):
            assert record.rows(f"SELECT * FROM {table} WHERE conversation_id = ?", citizen.id) == []
        assert record.rows("SELECT * FROM conversations WHERE id = ?", citizen.id) == []


def test_a_conversation_the_citizen_ended_takes_no_more_messages(citizen: Citizen):
    assert citizen.good("POST", f"/conversations/{citizen.id}/close")["state"] == "closed"
    refused = citizen.post("Hallo?")
    assert refused.status_code == 409
    assert refused.json()["code"] == "conversation_closed"


def test_g9_every_reading_of_a_conversation_is_in_the_audit_log(base_url, agent: Employee, record: Record):
    with waiting_citizen(base_url) as citizen:
        agent.claim(citizen)
        agent.view(citizen)
        rows = record.rows("SELECT actor, action FROM audit WHERE subject = ?", citizen.id)
        assert {"actor": agent.me["id"], "action": "read"} in rows
