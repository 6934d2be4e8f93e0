"""The way to Rasa: whatever is not a usable answer is a failure, and the breaker opens and closes. TRUST.md R3, R10."""

import json

import httpx
import pytest

from connectors import rasa_client
from connectors.rasa_client import RasaClient, RasaFailed, TurnRequest

REQUEST = TurnRequest("c1", 2, "hvad koster et pas", "da", [])
GOOD = {"replies": [{"kind": "answer", "text": "…"}]}


class Clock:
    """Stands in for the time module."""

    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(rasa_client, "time", clock)
    return clock


class Rasa:
    """A Rasa that answers what it is told to, and remembers what it was asked."""

    def __init__(self):
        self.answer = lambda request: httpx.Response(200, json=GOOD)
        self.asked: list[httpx.Request] = []

    def __call__(self, request):
        self.asked.append(request)
        return self.answer(request)


@pytest.fixture
def rasa():
    return Rasa()


@pytest.fixture
async def client(rasa, clock):
    client = RasaClient("http://rasa", "hemmelig", 3.0)
    await client._client.aclose()
    client._client = httpx.AsyncClient(
        transport=httpx.MockTransport(rasa), base_url="http://rasa", headers=client._client.headers, timeout=3.0
    )
    yield client
    await client.close()


def late(request):
    raise httpx.ReadTimeout("late", request=request)


def down(request):
    raise httpx.ConnectError("refused", request=request)


BAD = {
    "an empty list": lambda r: httpx.Response(200, json={"replies": []}),
    "no replies": lambda r: httpx.Response(200, json={}),
    "a bare empty list": lambda r: httpx.Response(200, json=[]),
    "null": lambda r: httpx.Response(200, json={"replies": None}),
    "a text": lambda r: httpx.Response(200, json={"replies": "hej"}),
    "a number": lambda r: httpx.Response(200, json={"replies": 1}),
    "replies that are texts": lambda r: httpx.Response(200, json={"replies": ["hej"]}),
    "a reply without kind": lambda r: httpx.Response(200, json={"replies": [{"text": "hej"}]}),
    "a reply of an unknown kind": lambda r: httpx.Response(200, json={"replies": [{"kind": "poem", "text": "hej"}]}),
    "a kind that is a list": lambda r: httpx.Response(200, json={"replies": [{"kind": ["answer"]}]}),
    "one good and one bad": lambda r: httpx.Response(200, json={"replies": [GOOD["replies"][0], {}]}),
    "garbage": lambda r: httpx.Response(200, content=b"\xff\x00<html>"),
    "nothing": lambda r: httpx.Response(200, content=b""),
    "500": lambda r: httpx.Response(500, json=GOOD),
    "503": lambda r: httpx.Response(503, text="busy"),
    "401": lambda r: httpx.Response(401, json={}),
    "a redirect": lambda r: httpx.Response(302, headers={"Location": "http://elsewhere"}),
    "late": late,
    "down": down,
}


async def test_replies_come_back_as_they_are(client, rasa):
    assert await client.turn(REQUEST) == GOOD["replies"]
    (asked,) = rasa.asked
    assert asked.headers["X-Klara-Secret"] == "hemmelig"
    assert asked.url.path == "/webhooks/klara/turn"
    assert json.loads(asked.content) == {
        "conversation_id": "c1",
        "seq": 2,
        "text": "hvad koster et pas",
        "language": "da",
        "masked": [],
    }


@pytest.mark.parametrize("name", BAD)
async def test_whatever_is_no_usable_answer_is_a_failure_r3(client, rasa, name):
    rasa.answer = BAD[name]
    with pytest.raises(RasaFailed) as failed:
        await client.turn(REQUEST)
    assert "koster" not in str(failed.value)  # never the citizen's words


@pytest.mark.parametrize(
    ("typed", "sent"), [("/restart", "restart"), ("//x", "x"), (" / hej", "hej"), ("/", "?"), ("a/b", "a/b")]
)
async def test_no_text_is_taken_for_a_command_by_rasa(client, rasa, typed, sent):
    await client.turn(TurnRequest("c1", 2, typed, "da", []))
    assert json.loads(rasa.asked[0].content)["text"] == sent


async def fail(client, times):
    for _ in range(times):
        with pytest.raises(RasaFailed):
            await client.turn(REQUEST)


async def test_the_breaker_opens_after_three_failures_in_a_row_and_closes_again_r10(client, rasa, clock):
    rasa.answer = down
    await fail(client, 2)
    assert not client.is_open
    await fail(client, 1)
    assert client.is_open
    await fail(client, 5)
    assert len(rasa.asked) == 3  # Rasa is left alone
    clock.now += 10.1
    rasa.answer = lambda request: httpx.Response(200, json=GOOD)
    assert await client.turn(REQUEST) == GOOD["replies"]
    assert not client.is_open
    rasa.answer = down
    await fail(client, 2)
    assert not client.is_open  # counted from the beginning again


async def test_after_the_pause_one_failure_opens_it_again(client, rasa, clock):
    rasa.answer = late
    await fail(client, 3)
    clock.now += 10.1
    assert not client.is_open
    await fail(client, 1)
    assert client.is_open


async def test_failures_with_a_success_between_do_not_open_it(client, rasa, clock):
    for _ in range(4):
        rasa.answer = down
        await fail(client, 2)
        rasa.answer = lambda request: httpx.Response(200, json=GOOD)
        await client.turn(REQUEST)
    assert not client.is_open


async def test_health_is_asked_without_counting(client, rasa, clock):
    rasa.answer = down
    for _ in range(9):
        assert not await client.is_healthy()
    assert not client.is_open
    rasa.answer = lambda request: httpx.Response(200)
    assert await client.is_healthy()
