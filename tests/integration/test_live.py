"""Live push by WebSocket and server-sent events: resumable by seq, to every listener, no token in an address."""

import json
import socket
import time

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ops.stack import Stack
from tests.integration.people import Citizen, Employee, Live, open_socket, waiting_citizen
from tests.integration.running import service_beside

QUESTION = "Hvordan får jeg et nyt pas?"


def all_of(citizen: Citizen) -> list[int]:
    return [message["seq"] for message in citizen.messages()]


def test_a_socket_gets_history_and_then_everything_as_it_comes(citizen: Citizen):
    with citizen.live() as live:
        live.wait_for(lambda seen: seen.seqs == [1], what="the greeting")
        citizen.ask(QUESTION)
        live.wait_for(lambda seen: len(seen.seqs) >= 3, what="the answer")
        assert live.messages == citizen.messages()


def test_two_sockets_of_one_conversation_get_the_same(citizen: Citizen):
    with citizen.live() as one, citizen.live() as other:
        citizen.ask(QUESTION)
        citizen.ask("Hvad koster det?")
        expected = citizen.messages()
        for live in (one, other):
            live.wait_for(lambda seen: len(seen.seqs) >= len(expected))
            assert live.messages == expected


def test_fault_12_after_a_cut_nothing_is_missing_and_nothing_comes_twice(citizen: Citizen):
    live = citizen.live()
    citizen.ask(QUESTION)
    live.wait_for(lambda seen: len(seen.seqs) >= 3)
    live.cut()
    seen_before = live.seqs
    citizen.ask("Hvad koster det?")  # said while nobody listened
    citizen.hand_over()
    with citizen.live(after=seen_before[-1]) as again:
        again.wait_for(lambda seen: seen.state == "waiting")
        assert seen_before + again.seqs == all_of(citizen)


def test_a_page_that_has_everything_gets_no_message_again(citizen: Citizen):
    citizen.ask(QUESTION)
    with citizen.live(after=all_of(citizen)[-1]) as live:
        live.wait_for(lambda seen: seen.frames)
        assert live.messages == []
        assert live.state == "assistant"


def test_a_change_of_state_alone_is_told_too(base_url, agent: Employee):
    with waiting_citizen(base_url) as citizen, citizen.live() as live:
        live.wait_for(lambda seen: seen.state == "waiting")
        assert live.frames[-1]["waiting"]["place"] >= 1
        agent.claim(citizen)
        live.wait_for(lambda seen: seen.state == "employee")


def test_an_employees_words_and_typing_reach_the_citizen_and_the_other_way(base_url, agent: Employee):
    with waiting_citizen(base_url) as citizen, citizen.live() as page, agent.live() as desk:
        agent.claim(citizen)
        page.wait_for(lambda seen: seen.state == "employee")
        desk.send({"type": "typing", "conversation_id": citizen.id})
        page.wait_for(lambda seen: {"type": "typing"} in seen.frames, what="the employee's typing")
        agent.write(citizen, "Hej med dig")
        page.wait_for(lambda seen: seen.messages[-1]["text"] == "Hej med dig")
        page.send({"type": "typing", "text": "det her er hemmeligt"})
        desk.wait_for(lambda seen: {"type": "typing", "conversation_id": citizen.id} in seen.frames)
        citizen.ask("Goddag")
        desk.wait_for(lambda seen: {"type": "messages", "conversation_id": citizen.id} in seen.frames)
        assert "hemmeligt" not in json.dumps(desk.frames), "what is typed is never passed on"


def test_the_desk_hears_of_a_new_handover_at_once(base_url, agent: Employee):
    with agent.live() as desk, Citizen(base_url) as citizen:
        desk.wait_for(lambda seen: seen.frames)
        before = len(desk.frames)
        citizen.hand_over()
        desk.wait_for(lambda seen: {"type": "changed"} in seen.frames[before:], seconds=5)


def test_server_sent_events_carry_the_same_frames(citizen: Citizen):
    frames: list[dict] = []
    with (
        httpx.Client(base_url=citizen.base_url, trust_env=False, timeout=20) as http,
        http.stream("GET", f"/api/v1/conversations/{citizen.id}/events", headers=citizen.headers) as stream,
        citizen.live() as live,
    ):
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        asked = False
        for line in lines:
            if line.startswith("data: "):
                frames.append(json.loads(line.removeprefix("data: ")))
            if not asked:
                asked = True
                citizen.ask(QUESTION)
            if sum(len(frame.get("messages", [])) for frame in frames) >= 3:
                break
        live.wait_for(lambda seen: len(seen.seqs) >= 3)
    assert [m for frame in frames for m in frame["messages"]] == live.messages == citizen.messages()


def test_a_wrong_token_is_closed_with_4401_and_learns_nothing(citizen: Citizen, other_citizen: Citizen):
    path = f"/conversations/{citizen.id}/live"
    for token in ("", "x", other_citizen.token):
        with Live(citizen.base_url, path, token, 0) as live:
            assert live.wait_for_close() == 4401
            assert live.frames == []


@pytest.mark.parametrize(
    "first",
    ["{", "[]", "null", '"hello"', '{"type":"hello"}', '{"type":"hello","token":7}', '{"token":"x"}', "\u0000"],
)
def test_a_malformed_first_frame_closes_the_socket_and_nothing_else(citizen: Citizen, first):
    with open_socket(citizen.base_url, f"/conversations/{citizen.id}/live") as socket_:
        socket_.send(first)
        with pytest.raises(ConnectionClosed):
            socket_.recv(timeout=10)
        assert socket_.close_code == 4400
    assert citizen.state() == "assistant"


def test_a_binary_first_frame_closes_the_socket(citizen: Citizen):
    with open_socket(citizen.base_url, f"/conversations/{citizen.id}/live") as live:
        live.send(b"\x00\xff")
        with pytest.raises(ConnectionClosed):
            live.recv(timeout=10)
        assert live.close_code == 4400


@pytest.mark.parametrize(
    "junk", ["{", "[]", "7", '{"type":"typing","conversation_id":{}}', '{"type":[]}', "\ud7ff", b"\x00\xff"]
)
def test_junk_on_an_open_socket_does_not_close_it(citizen: Citizen, junk):
    with citizen.live() as live:
        live.wait_for(lambda seen: seen.seqs == [1])
        live.socket.send(junk)
        citizen.ask(QUESTION)
        live.wait_for(lambda seen: len(seen.seqs) >= 3)


def test_a_frame_over_64_kb_is_refused(citizen: Citizen):
    with citizen.live() as live:
        live.wait_for(lambda seen: seen.seqs == [1])
        live.socket.send("x" * 70_000)
        assert live.wait_for_close() == 1009


def test_the_token_is_never_taken_from_the_address(citizen: Citizen, agent: Employee):
    for name in ("token", "access_token", "authorization"):
        query = f"?{name}={citizen.token}"
        response = citizen.http.get(f"/api/v1/conversations/{citizen.id}/messages{query}")
        assert response.status_code == 401
        with open_socket(citizen.base_url, f"/conversations/{citizen.id}/live{query}") as socket_:
            socket_.send('{"type":"hello","after":0}')
            with pytest.raises(ConnectionClosed):
                socket_.recv(timeout=10)
            assert socket_.close_code == 4400
        assert agent.http.get(f"/api/v1/desk/me?{name}={agent.token}").status_code == 401


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost:1", "https://127.0.0.1.evil.example"]
)
def test_a_foreign_origin_is_refused_on_every_socket(citizen: Citizen, origin):
    for path in (f"/conversations/{citizen.id}/live", "/desk/live"):
        with pytest.raises(InvalidStatus) as refused, open_socket(citizen.base_url, path, origin=origin):
            pass
        assert refused.value.response.status_code == 403


def test_the_services_own_pages_may_open_sockets(citizen: Citizen):
    with open_socket(citizen.base_url, f"/conversations/{citizen.id}/live", origin=citizen.base_url) as own:
        own.send(json.dumps({"type": "hello", "token": citizen.token, "after": 0}))
        assert json.loads(own.recv(timeout=10))["type"] == "messages"


def test_an_erased_conversation_closes_its_sockets(base_url):
    with Citizen(base_url) as citizen, citizen.live() as live:
        live.wait_for(lambda seen: seen.seqs == [1])
        citizen.good("DELETE", f"/conversations/{citizen.id}")
        assert live.wait_for_close(seconds=5) == 4401


def test_news_crosses_from_one_service_process_to_another(stack: Stack, base_url, citizen: Citizen, agent: Employee):
    with service_beside(stack) as beside:
        beside.wait_until(lambda health: health["components"]["redis"] == "ok")
        with citizen.live(base_url=beside.base_url) as there, citizen.live() as here:
            for live in (there, here):
                live.wait_for(lambda seen: seen.seqs == [1])
            started = time.monotonic()
            citizen.ask(QUESTION)
            for live in (there, here):
                live.wait_for(lambda seen: len(seen.seqs) >= 3, seconds=10)
            assert time.monotonic() - started < 10, "by Redis, not by looking now and then"
            assert there.messages == here.messages == citizen.messages()


def test_a_listener_who_goes_away_does_not_hold_up_the_others(citizen: Citizen):
    gone = [citizen.live() for _ in range(5)]
    for live in gone:
        live.wait_for(lambda seen: seen.seqs == [1])
        live.socket.socket.shutdown(socket.SHUT_RD)
    with citizen.live() as live:
        citizen.ask(QUESTION)
        live.wait_for(lambda seen: len(seen.seqs) >= 3, seconds=10)
    for one in gone:
        one.cut()
