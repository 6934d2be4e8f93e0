"""Rate limits of the production stage, on a service process of its own with low limits."""

from collections.abc import Iterator

import httpx
import pytest

from ops.stack import Stack
from tests.integration.people import Citizen, new_client_id
from tests.integration.running import Process, service_beside


@pytest.fixture(scope="module")
def strict(stack: Stack) -> Iterator[Process]:
    limits = {
        "KLARA_MESSAGES_PER_MINUTE": "3",
        "KLARA_CONVERSATIONS_PER_MINUTE": "4",
        "KLARA_LOGINS_PER_MINUTE": "2",
    }
    with service_beside(stack, fresh=True, KLARA_STAGE="production", **limits) as process:
        process.wait_until(lambda health: health["components"]["record"] == "ok")
        yield process


def assert_too_many(response: httpx.Response) -> None:
    assert response.status_code == 429
    assert response.json()["code"] == "too_many_requests"
    assert 1 <= int(response.headers["retry-after"]) <= 60
    assert response.headers["retry-after"] in response.json()["message"]


def test_a_flood_from_one_conversation_is_refused_and_others_are_served(strict: Process):
    with Citizen(strict.base_url) as flooder, Citizen(strict.base_url) as other:
        accepted = [flooder.post(f"Besked {n}", wait=0) for n in range(3)]
        assert all(response.status_code in (200, 202) for response in accepted)
        assert_too_many(flooder.post("En for meget", wait=0))
        assert other.post("Hej", wait=0).status_code in (200, 202)
        assert "En for meget" not in [m["text"] for m in flooder.messages()]


def test_a_flood_of_conversations_from_one_address_is_refused(strict: Process):
    with httpx.Client(base_url=strict.base_url, trust_env=False) as http:
        answers = [http.post("/api/v1/conversations", json={}) for _ in range(6)]
        assert_too_many(answers[-1])
        assert {answer.status_code for answer in answers} <= {201, 429}


def test_guessing_passwords_and_resume_codes_is_slowed_down(strict: Process):
    with httpx.Client(base_url=strict.base_url, trust_env=False) as http:
        guess = {"username": "agent1", "password": "development-only"}
        answers = [http.post("/api/v1/desk/sessions", json=guess) for _ in range(4)]
        assert [answer.status_code for answer in answers[:2]] == [401, 401]
        assert_too_many(answers[-1])
        codes = [http.post("/api/v1/resume", json={"resume_code": "AAAA-AAAA"}) for _ in range(4)]
        assert_too_many(codes[-1])


def test_development_is_generous(base_url):
    """DESIGN.md: hundreds of conversations from one address within minutes are fine there."""
    with httpx.Client(base_url=base_url, trust_env=False) as http:
        answers = {http.post("/api/v1/conversations", json={}).status_code for _ in range(200)}
        assert answers == {201}


def test_production_does_not_start_with_demo_accounts(stack: Stack):
    with service_beside(stack, KLARA_STAGE="production") as process:
        process.process.wait(60)
        assert process.process.returncode != 0
        assert "DemoAccountsInProduction" in process.log.read_text(encoding="utf-8")


def test_a_message_resent_after_a_refusal_is_taken_once(strict: Process, base_url):
    with Citizen(base_url) as citizen:
        client_id = new_client_id()
        assert citizen.post("Hej", client_id=client_id).json()["seq"] == 2
        assert citizen.post("Hej", client_id=client_id).json()["seq"] == 2
