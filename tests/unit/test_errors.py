"""Every error leaves as {code, message} with its own status, and says nothing of what a citizen wrote."""

import re

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from connectors import errors
from connectors.errors import ServiceError, install_error_handlers

TREE = dict(re.findall(r"[├└]── (\w+) (\d{3})", errors.__doc__ or ""))


def classes() -> list[type[ServiceError]]:
    return ServiceError.__subclasses__()


def made(error: type[ServiceError]) -> ServiceError:
    arguments = {"HandoverAlreadyClaimed": ("Ida",), "TooManyRequests": (7,)}
    takes_text = {"InvalidInput", "NotAllowed", "WrongState", "Unavailable"}
    return error(*arguments.get(error.__name__, ("Nej.",) if error.__name__ in takes_text else ()))


class Body(BaseModel):
    text: str


@pytest.fixture
async def client():
    app = FastAPI()
    install_error_handlers(app)

    @app.get("/service/{name}")
    async def service(name: str):
        raise made(next(c for c in classes() if c.__name__ == name))

    @app.get("/defect")
    async def defect():
        raise RuntimeError("150845-6021")

    @app.get("/http/{status}")
    async def http(status: int):
        raise HTTPException(status)

    @app.post("/body")
    async def body(body: Body):
        return body

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


def test_the_tree_at_the_top_names_every_error_with_its_status():
    assert {c.__name__: c.status for c in classes()} == {name: int(status) for name, status in TREE.items()}


def test_no_two_errors_share_a_code():
    codes = [error.code for error in classes()]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("error", classes(), ids=lambda error: error.__name__)
async def test_an_expected_error_has_its_status_code_and_message(client, error):
    response = await client.get(f"/service/{error.__name__}")
    assert response.status_code == error.status
    assert response.json() == {"code": error.code, "message": made(error).message}
    assert response.json()["message"]


async def test_a_refusal_says_when_to_come_back(client):
    assert (await client.get("/service/TooManyRequests")).headers["Retry-After"] == "7"


async def test_a_caller_without_token_is_told_how(client):
    assert (await client.get("/service/NotAuthenticated")).headers["WWW-Authenticate"] == "Bearer"


async def test_a_defect_says_nothing_of_itself(client, capsys):
    response = await client.get("/defect")
    assert (response.status_code, response.json()["code"]) == (500, "defect")
    assert "150845" not in response.text


@pytest.mark.parametrize("status", [404, 405, 401, 400, 418])
async def test_the_frameworks_own_errors_have_the_same_form(client, status):
    response = await client.get(f"/http/{status}")
    assert response.status_code == status
    assert set(response.json()) == {"code", "message"}


async def test_an_unknown_address_has_the_same_form(client):
    response = await client.get("/nothing")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


async def test_broken_json_is_told_as_such(client):
    response = await client.post("/body", content="{", headers={"Content-Type": "application/json"})
    assert (response.status_code, response.json()["code"]) == (400, "invalid_json")


@pytest.mark.parametrize("body", [{}, {"text": 12}, {"text": {"cpr": "150845-6021"}}, ["150845-6021"]])
async def test_a_wrong_field_is_named_and_its_value_is_not(client, body):
    response = await client.post("/body", json=body)
    assert (response.status_code, response.json()["code"]) == (422, "invalid_input")
    assert "150845" not in response.text
