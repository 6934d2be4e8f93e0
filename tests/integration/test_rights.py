"""Who may do what: every id of one person tried by every other, by REST and by WebSocket."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ops.stack import Stack
from tests.integration.people import Citizen, Employee, Live, new_client_id, waiting_citizen
from tests.integration.running import Record

# A body that would succeed for its owner, by the end of the path. A route without one here fails a test below.
BODIES: dict[tuple[str, str], Any] = {
    ("post", "/messages"): {"client_id": "probe", "text": "Hej"},
    ("post", "/notes"): {"text": "Notat"},
    ("post", "/handover"): {"reason": "asked"},
    ("post", "/callback"): {"name": "Anne", "phone": "33663366", "when": "i dag"},
    ("post", "/feedback"): {"rating": 1},
    ("post", "/transfer"): {"team": "parkering", "note": "x"},
    ("post", "/claim"): None,
    ("post", "/return"): None,
    ("post", "/close"): {"outcome": "solved", "note": ""},
}
REFUSED = {401, 403, 404}


def routes(spec: dict[str, Any], prefix: str, parameter: str) -> Iterator[tuple[str, str]]:
    """Method and path of every documented route with this parameter."""
    for path, operations in spec["paths"].items():
        if path.startswith(prefix) and parameter in path:
            for method in operations:
                yield method, path


def body_of(method: str, path: str) -> Any:
    if method in ("get", "delete"):
        return None
    [body] = [body for (verb, end), body in BODIES.items() if verb == method and path.endswith(end)]
    return body


@pytest.fixture(scope="module")
def spec(stack: Stack) -> dict[str, Any]:
    with Citizen(stack.base_url) as someone:
        return dict(someone.http.get("/openapi.json").json())


@pytest.fixture(scope="module")
def parking_agent(stack: Stack) -> Iterator[Employee]:
    """An employee of one team, which is not the one that answers about passports."""
    Record(stack.data_dir).add_employee("parkering1", teams=("parkering",), password="kun til prøven")
    with Employee(stack.base_url, "parkering1", "kun til prøven") as person:
        yield person


def test_there_are_routes_to_try(spec):
    assert len(list(routes(spec, "/api/v1/conversations", "{conversation_id}"))) >= 10
    assert len(list(routes(spec, "/api/v1/desk", "{conversation_id}"))) >= 3
    assert len(list(routes(spec, "/api/v1/desk", "{handover_id}"))) >= 4


def test_nothing_of_one_citizen_is_open_to_another(spec, base_url, agent: Employee, other_citizen: Citizen):
    with waiting_citizen(base_url) as owner:
        before = owner.messages()
        tokens = {"another citizen": other_citizen.token, "an employee": agent.token, "nobody": "x", "none": None}
        answers: dict[str, set[int]] = {who: set() for who in tokens}
        for method, path in routes(spec, "/api/v1/conversations", "{conversation_id}"):
            for who, token in tokens.items():
                response = owner.http.request(
                    method,
                    path.replace("{conversation_id}", owner.id),
                    headers={"Authorization": f"Bearer {token}"} if token else {},
                    json=body_of(method, path),
                )
                assert response.status_code in REFUSED, f"{method} {path} by {who}: {response.status_code}"
                answers[who].add(response.status_code)
        assert answers == {"another citizen": {404}, "an employee": {404}, "nobody": {404}, "none": {401}}
        assert owner.messages() == before
        assert owner.state() == "waiting"


def test_the_desk_is_closed_to_citizens_and_strangers(spec, base_url, agent: Employee):
    with waiting_citizen(base_url) as owner:
        handover = agent.waiting(owner)
        paths = [path for path in spec["paths"] if path.startswith(("/api/v1/desk", "/api/v1/knowledge"))]
        assert len(paths) >= 14
        for path in paths:
            for method in spec["paths"][path]:
                if (method, path) == ("post", "/api/v1/desk/sessions"):
                    continue
                place = path.replace("{conversation_id}", owner.id).replace("{handover_id}", handover["id"])
                for token in (owner.token, "x", None):
                    headers = {"Authorization": f"Bearer {token}"} if token else {}
                    response = owner.http.request(method, place, headers=headers)
                    assert response.status_code == 401, f"{method} {path}: {response.status_code}"
        assert owner.state() == "waiting"


def test_g9_an_employee_of_another_team_sees_nothing_of_a_conversation(
    spec, base_url, agent: Employee, parking_agent: Employee
):
    with waiting_citizen(base_url) as owner:
        handover = agent.waiting(owner)
        assert handover["team"] == "borgerservice"
        tried = [*routes(spec, "/api/v1/desk", "{conversation_id}"), *routes(spec, "/api/v1/desk", "{handover_id}")]
        for claimed in (False, True):
            if claimed:
                agent.claim(owner)
            for method, path in tried:
                place = path.replace("{conversation_id}", owner.id).replace("{handover_id}", handover["id"])
                response = parking_agent.http.request(
                    method, place, headers=parking_agent.headers, json=body_of(method, path)
                )
                assert response.status_code == 404, f"{method} {path}: {response.status_code}"
                assert owner.id not in response.text
        for state in ("waiting", "active", "callback", "closed"):
            shown = json.dumps(parking_agent.handovers(state))
            assert owner.id not in shown
            assert handover["receipt"] not in shown
        assert owner.state() == "employee"
        assert "Hej" not in [m["text"] for m in owner.messages()]


def test_g9_an_employee_sees_the_own_teams_conversations(base_url, parking_agent: Employee):
    with waiting_citizen(base_url, "Hvordan klager jeg over en parkeringsafgift?") as owner:
        assert parking_agent.waiting(owner)["team"] == "parkering"
        parking_agent.claim(owner)
        parking_agent.write(owner, "Goddag")
        assert owner.messages()[-1]["text"] == "Goddag"


def test_g9_the_live_desk_of_another_team_hears_no_conversation(base_url, agent: Employee, parking_agent: Employee):
    with waiting_citizen(base_url) as owner, parking_agent.live() as foreign, agent.live() as own:
        agent.claim(owner)
        owner.ask("Er du der?")
        own.wait_for(lambda seen: {"type": "messages", "conversation_id": owner.id} in seen.frames)
        foreign.send({"type": "typing", "conversation_id": owner.id})
        with owner.live(after=2**31) as page:
            page.wait_for(lambda seen: seen.frames)
            foreign.send({"type": "typing", "conversation_id": owner.id})
            owner.ask("Hallo?")
            own.wait_for(lambda seen: seen.frames.count({"type": "messages", "conversation_id": owner.id}) >= 2)
            assert {"type": "typing"} not in page.frames
        assert owner.id not in json.dumps(foreign.frames)


def test_a_supervisor_sees_every_team(base_url, supervisor: Employee):
    with waiting_citizen(base_url) as one, waiting_citizen(base_url, "Hvordan får jeg en byggetilladelse?") as other:
        assert {supervisor.waiting(one)["team"], supervisor.waiting(other)["team"]} == {"borgerservice", "byggeri"}


def test_only_who_holds_a_conversation_can_settle_it(base_url, agent: Employee, colleague: Employee):
    with waiting_citizen(base_url) as owner:
        handover = agent.waiting(owner)
        agent.claim(owner)
        for action, body in (
            ("transfer", {"team": "parkering", "note": ""}),
            ("return", {}),
            ("close", {"outcome": "solved", "note": ""}),
        ):
            response = colleague.call("POST", f"/desk/handovers/{handover['id']}/{action}", json=body)
            assert response.status_code == 409
            assert response.json()["code"] == "wrong_state"
        assert owner.state() == "employee"


def test_only_a_supervisor_or_editor_can_reindex(agent: Employee):
    response = agent.call("POST", "/knowledge/reindex")
    assert response.status_code == 403
    assert response.json()["code"] == "not_allowed"


def test_a_citizens_token_opens_no_desk_socket_and_the_other_way(base_url, citizen: Citizen, agent: Employee):
    for path, token in (
        ("/desk/live", citizen.token),
        ("/desk/live", ""),
        (f"/conversations/{citizen.id}/live", agent.token),
    ):
        with Live(base_url, path, token, 0) as live:
            assert live.wait_for_close() == 4401
            assert live.frames == []


def test_after_log_out_the_token_opens_nothing(base_url):
    with Employee(base_url) as person:
        assert person.call("GET", "/desk/me").status_code == 200
        assert person.call("DELETE", "/desk/sessions").status_code == 204
        assert person.call("GET", "/desk/me").status_code == 401
        with person.live() as live:
            assert live.wait_for_close() == 4401


def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(citizen: Citizen):
    answers = {
        citizen.http.post("/api/v1/desk/sessions", json={"username": name, "password": password}).text
        for name, password in (("agent1", "forkert"), ("findes-ikke", "forkert"))
    }
    assert len(answers) == 1
    assert "not_authenticated" in answers.pop()


def test_the_internal_api_needs_its_secret(citizen: Citizen, stack: Stack):
    turn = {"conversation_id": citizen.id, "seq": 1}
    for name in ("answer", "offer-handover", "take-complaint", "affirm", "deny"):
        for headers in ({}, {"X-Klara-Secret": "x"}, citizen.headers, {"X-Klara-Secret": "development-only"}):
            response = citizen.http.post(f"/internal/v1/{name}", json=turn, headers=headers)
            assert response.status_code == 401, name
    secret = {"X-Klara-Secret": stack.env["KLARA_INTERNAL_SECRET"]}
    for turn in ({"conversation_id": "0" * 24, "seq": 1}, {"conversation_id": citizen.id, "seq": 99}):
        response = citizen.http.post("/internal/v1/answer", json=turn, headers=secret)
        assert response.status_code == 404, "a turn that is gone is no defect"


def test_the_internal_api_is_not_in_the_published_description(spec):
    assert [path for path in spec["paths"] if "internal" in path] == []


def test_an_employees_message_twice_is_stored_once(base_url, agent: Employee):
    with waiting_citizen(base_url) as owner:
        agent.claim(owner)
        body = {"client_id": new_client_id(), "text": "Kun én gang"}
        first, second = (agent.good("POST", f"/desk/conversations/{owner.id}/messages", json=body) for _ in range(2))
        assert first["seq"] == second["seq"]
        assert [m["text"] for m in owner.messages()].count("Kun én gang") == 1
