"""Bad input gets a clear error or a sensible reply: never a 500, and nothing is lost, doubled or out of order."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from ops.stack import Stack
from tests.integration.people import Citizen, new_client_id
from tests.integration.running import Record

CASES = yaml.safe_load((Path(__file__).parent / "data" / "bad_input.yml").read_text(encoding="utf-8"))


def wire(case: dict[str, Any]) -> bytes:
    """The body of a case, as bytes."""
    if "repeat" in case:
        text = case["repeat"] * case["times"]
        return f'{{"client_id": "{new_client_id()}", "text": "{text}"}}'.encode()
    if "nested" in case:
        return b'{"client_id": "a", "text": ' + b"[" * case["nested"] + b"]" * case["nested"] + b"}"
    if "latin" in case:
        return str(case["latin"]).replace("{id}", new_client_id()).encode("latin-1")
    return str(case["body"]).replace("{id}", new_client_id()).encode()


def assert_problem(response: httpx.Response, status: int, code: str | None = None) -> None:
    """A client error in the one form of all errors."""
    assert response.status_code == status, response.text[:300]
    assert set(response.json()) == {"code", "message"}
    assert response.json()["message"].strip()
    if code:
        assert response.json()["code"] == code


def defects(stack: Stack) -> int:
    """How often the service has met a defect."""
    return stack.layout.log_file("service").read_text(encoding="utf-8").count('"event": "defect"')


def test_there_are_cases():
    assert len(CASES) >= 35


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["what"].replace(" ", "-"))
def test_bad_input_gets_a_clear_error_or_a_sensible_reply(citizen: Citizen, stack: Stack, record: Record, case):
    before = defects(stack)
    response = citizen.http.post(
        f"/api/v1/conversations/{citizen.id}/messages",
        params={"wait": 25},
        content=wire(case),
        headers={**citizen.headers, "Content-Type": "application/json"},
    )
    statuses = case["status"] if isinstance(case["status"], list) else [case["status"]]
    assert response.status_code in statuses, response.text[:300]
    if response.status_code >= 400:
        assert_problem(response, response.status_code, case.get("code"))
        assert record.outcomes(citizen.id) == {}, "what was refused is not stored"
    else:
        replies = response.json()["messages"]
        assert replies, "what was accepted is answered"
        assert all(reply["text"].strip() for reply in replies)
        assert record.outcomes(citizen.id) == {response.json()["seq"]: "answered"}
        if "kinds" in case:
            assert [reply["kind"] for reply in replies] == case["kinds"]
    assert citizen.state() == "assistant"
    assert citizen.reply("Hvordan får jeg et nyt pas?")["kind"] == "answer", "the conversation goes on"
    assert defects(stack) == before


def test_html_is_kept_as_text_and_escaped_in_the_transcript(citizen: Citizen):
    citizen.ask("<script>alert(1)</script> & <b>pas</b>")
    assert "<script>alert(1)</script> & <b>pas</b>" in [m["text"] for m in citizen.messages()]
    transcript = citizen.call("GET", f"/conversations/{citizen.id}/transcript").text
    assert "<script" not in transcript
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in transcript


def test_r9_a_command_is_kept_as_written_and_does_not_restart_the_dialogue(citizen: Citizen):
    citizen.ask("Hvordan får jeg et nyt pas?")
    citizen.ask("/restart")
    assert "/restart" in [m["text"] for m in citizen.messages() if m["speaker"] == "citizen"]
    price = citizen.reply("Hvad koster det?")
    assert price["sources"][0]["topic"] == "pas", "what was talked of is still known"


def test_an_unknown_conversation_and_a_wrong_token_look_alike(citizen: Citizen, other_citizen: Citizen):
    answers = []
    for conversation, token in ((citizen.id, other_citizen.token), ("0" * 24, citizen.token), (citizen.id, "x")):
        response = citizen.http.get(
            f"/api/v1/conversations/{conversation}/messages", headers={"Authorization": f"Bearer {token}"}
        )
        assert_problem(response, 404, "conversation_not_found")
        answers.append(response.text)
    assert len(set(answers)) == 1


@pytest.mark.parametrize("header", [None, "", "Bearer", "Basic abc", "Token x", "Bearerx"])
def test_no_token_is_401_and_says_how(citizen: Citizen, header):
    headers = {} if header is None else {"Authorization": header}
    response = citizen.http.get(f"/api/v1/conversations/{citizen.id}/messages", headers=headers)
    assert_problem(response, 401, "not_authenticated")
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("conversation", ["x" * 65, "a%20b", "..%2f..", "%00", "æ", "%F0%9F%98%80", "'--"])
def test_an_id_of_the_wrong_form_is_refused(citizen: Citizen, conversation):
    response = citizen.http.get(f"/api/v1/conversations/{conversation}/messages", headers=citizen.headers)
    assert response.status_code in (404, 422)
    assert set(response.json()) == {"code", "message"}


@pytest.mark.parametrize("after", ["-1", "x", "1e9", "99999999999999999999", ""])
def test_a_wrong_place_to_read_from_is_refused(citizen: Citizen, after):
    response = citizen.call("GET", f"/conversations/{citizen.id}/messages", params={"after": after})
    assert_problem(response, 422, "invalid_input")


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/nothing", "/static/nothing.js", "/static/../../pyproject.toml"])
def test_what_is_not_there_is_404_in_the_same_form(citizen: Citizen, path):
    assert_problem(citizen.http.get(path), 404, "not_found")


def test_a_wrong_method_is_405_in_the_same_form(citizen: Citizen):
    assert_problem(citizen.http.put(f"/api/v1/conversations/{citizen.id}/messages"), 405, "method_not_allowed")


def test_an_endless_body_without_a_length_is_cut_off(citizen: Citizen):
    def endless():
        for _ in range(200):
            yield b"x" * 1_000

    response = citizen.http.post(
        f"/api/v1/conversations/{citizen.id}/messages", content=endless(), headers=citizen.headers
    )
    assert_problem(response, 413, "too_large")


def test_the_same_client_id_again_is_one_message_with_one_answer(citizen: Citizen, record: Record):
    client_id = new_client_id()
    first = citizen.post("Hvordan får jeg et nyt pas?", client_id=client_id).json()
    again = citizen.post("Hvordan får jeg et nyt pas?", client_id=client_id).json()
    assert again["seq"] == first["seq"]
    assert again["messages"] == first["messages"], "who asks again gets the answer again"
    assert len(citizen.messages()) == 3
    assert len(record.outcomes(citizen.id)) == 1


def test_the_same_client_id_ten_times_at_once_is_one_message(citizen: Citizen, record: Record):
    client_id = new_client_id()
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: citizen.post("Hvad koster et pas?", client_id=client_id), range(10)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["seq"] for answer in answers}) == 1
    assert len({answer.text for answer in answers}) == 1
    assert len(record.outcomes(citizen.id)) == 1


def test_the_same_client_id_in_another_conversation_is_another_message(citizen: Citizen, other_citizen: Citizen):
    client_id = new_client_id()
    for person in (citizen, other_citizen):
        assert person.post("Hvad koster et pas?", client_id=client_id).json()["messages"]
        assert len(person.messages()) == 3


def test_messages_sent_at_once_are_answered_in_their_order_and_none_is_lost(citizen: Citizen, record: Record):
    texts = [f"Hvad koster et pas til {n} personer?" for n in range(12)]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(citizen.post, texts))
    assert {answer.status_code for answer in answers} == {200}
    messages = citizen.messages()
    assert [m["seq"] for m in messages] == list(range(1, len(messages) + 1))
    asked = [m["seq"] for m in messages if m["speaker"] == "citizen"]
    assert sorted(m["text"] for m in messages if m["speaker"] == "citizen") == sorted(texts)
    answered = [m["turn"] for m in messages if m["speaker"] == "assistant" and m["turn"]]
    assert answered == sorted(answered), "answers come in the order of the questions"
    assert set(answered) == set(asked)
    assert record.outcomes(citizen.id) == dict.fromkeys(asked, "answered")


def test_who_does_not_wait_gets_202_and_finds_the_answer_later(citizen: Citizen):
    accepted = citizen.post("Hvordan får jeg et nyt pas?", wait=0)
    assert accepted.status_code in (200, 202)
    seq = accepted.json()["seq"]
    again = citizen.call("GET", f"/conversations/{citizen.id}/messages", params={"after": seq - 1})
    assert again.json()["messages"][0]["seq"] == seq
    with citizen.live(after=seq) as live:
        live.wait_for(lambda seen: seen.seqs)
        assert live.messages[0]["turn"] == seq


CALLBACKS = {
    "nothing": {},
    "no-way-to-reach": {"name": "Anne", "when": "i dag"},
    "no-name": {"name": "  ", "phone": "33663366", "when": "i dag"},
    "no-phone-number": {"name": "Anne", "phone": "ring til mig", "when": "i dag"},
    "no-e-mail": {"name": "Anne", "email": "anne@", "when": "i dag"},
    "too-long": {"name": "A" * 201, "phone": "33663366", "when": "i dag"},
}


@pytest.mark.parametrize("body", CALLBACKS.values(), ids=CALLBACKS)
def test_a_callback_that_cannot_be_kept_is_refused(citizen: Citizen, body):
    response = citizen.call("POST", f"/conversations/{citizen.id}/callback", json=body)
    assert_problem(response, 422, "invalid_input")
    assert citizen.state() == "assistant"


@pytest.mark.parametrize("rating", [0, 6, -1, 3.5, "five", None, True])
def test_a_rating_is_one_to_five(citizen: Citizen, record: Record, rating):
    response = citizen.call("POST", f"/conversations/{citizen.id}/feedback", json={"rating": rating})
    assert_problem(response, 422, "invalid_input")
    assert record.rows("SELECT * FROM feedback WHERE conversation_id = ?", citizen.id) == []
