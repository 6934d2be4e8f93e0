"""The channel: typed replies, or an error that the service can count on. Nothing in between."""

import asyncio
import logging

import pytest
from rasa.core.channels.channel import UserMessage, register
from rasa.shared.exceptions import InvalidConfigException
from sanic import Sanic

from bot.channel import SECRET_HEADER, KlaraChannel

REPLY = {"kind": "smalltalk", "text": "Hej!"}
TURN = {"conversation_id": "c1", "seq": 7, "text": "hej med dig", "language": "da", "masked": ["cpr"]}
_NUMBER = iter(range(1_000))


class FakeAgent:
    """Takes the place of Rasa's agent; ``respond`` says what a turn does."""

    def __init__(self, respond):
        self.respond = respond
        self.messages: list[UserMessage] = []

    def is_ready(self):
        return True

    async def handle_message(self, message):
        self.messages.append(message)
        await self.respond(message)


@pytest.fixture
def turn(serve, http):
    """Posts a turn to a channel whose agent does ``respond``; gives the response and the agent."""

    def post(respond, body=TURN, secret="right", seconds=2.9):
        app = Sanic(f"channel_{next(_NUMBER)}", configure_logging=False)
        app.ctx.agent = FakeAgent(respond)
        register([KlaraChannel("right", seconds)], app, "/webhooks/")
        url = serve(app)
        response = http.post(f"{url}/webhooks/klara/turn", json=body, headers={SECRET_HEADER: secret}, timeout=5)
        return response, app.ctx.agent

    return post


async def greets(message):
    await message.output_channel.send_custom_json(message.sender_id, dict(REPLY))


async def says_nothing(message):
    pass


async def fails(message):
    raise RuntimeError(message.text)


async def fails_after_a_reply(message):
    await greets(message)
    raise RuntimeError


async def is_cancelled(message):
    raise asyncio.CancelledError


async def is_slow(message):
    await asyncio.sleep(2)
    await greets(message)


async def says_prose(message):
    await message.output_channel.send_text_message(message.sender_id, "prose")


async def forgets_the_kind(message):
    await message.output_channel.send_custom_json(message.sender_id, {"text": "Hej!"})


def test_a_turn_gives_typed_replies_and_passes_the_metadata_on(turn):
    response, agent = turn(greets)

    assert (response.status_code, response.json()) == (200, {"replies": [REPLY]})
    message = agent.messages[0]
    assert (message.sender_id, message.text, message.input_channel) == ("c1", "hej med dig", "klara")
    assert message.metadata == {"conversation_id": "c1", "seq": 7, "language": "da", "masked": ["cpr"]}


@pytest.mark.parametrize(
    "respond", [says_nothing, fails, fails_after_a_reply, is_cancelled, is_slow, says_prose, forgets_the_kind]
)
def test_whatever_goes_wrong_is_a_503_without_any_reply(turn, respond):
    response, _ = turn(respond, seconds=0.3)

    assert response.status_code == 503
    assert set(response.json()) == {"error"}


@pytest.mark.parametrize("secret", ["", "wrong", "right "[:4], "rightx"])
def test_a_wrong_secret_is_refused_before_anything_is_read(turn, secret):
    response, agent = turn(greets, secret=secret)

    assert response.status_code == 403
    assert agent.messages == []


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("/greet", "greet"),
        ("  //restart", "restart"),
        ("/ /session_start{}", "session_start{}"),
        ("\u2003/greet", "greet"),
        ("\x1c/greet", "greet"),
        ("/", ""),
        ("hej /greet", "hej /greet"),
    ],
)
def test_a_slash_never_opens_an_intent(turn, text, read):
    _, agent = turn(greets, {**TURN, "text": text})

    assert agent.messages[0].text == read


@pytest.mark.parametrize(
    "change",
    [{"text": 5}, {"conversation_id": ""}, {"conversation_id": None}, {"seq": "7"}, {"seq": True}, {"language": "de"}],
)
def test_a_malformed_turn_is_a_400(turn, change):
    response, agent = turn(greets, {**TURN, **change})

    assert response.status_code == 400
    assert agent.messages == []


def test_broken_json_is_a_400(serve, http):
    app = Sanic(f"channel_{next(_NUMBER)}", configure_logging=False)
    app.ctx.agent = FakeAgent(greets)
    register([KlaraChannel("right")], app, "/webhooks/")

    url = f"{serve(app)}/webhooks/klara/turn"
    assert http.post(url, data=b"{broken", headers={SECRET_HEADER: "right"}, timeout=5).status_code == 400


def test_a_body_that_is_no_object_is_a_400(turn):
    assert turn(greets, ["hej"])[0].status_code == 400


def test_health_needs_no_secret(serve, http):
    app = Sanic(f"channel_{next(_NUMBER)}", configure_logging=False)
    app.ctx.agent = FakeAgent(greets)
    register([KlaraChannel("right")], app, "/webhooks/")

    assert http.get(f"{serve(app)}/webhooks/klara/health", timeout=5).status_code == 200


def test_health_says_when_the_model_is_not_loaded(serve, http):
    app = Sanic(f"channel_{next(_NUMBER)}", configure_logging=False)
    app.ctx.agent = FakeAgent(greets)
    app.ctx.agent.is_ready = lambda: False
    register([KlaraChannel("right")], app, "/webhooks/")

    assert http.get(f"{serve(app)}/webhooks/klara/health", timeout=5).status_code == 503


@pytest.mark.parametrize("credentials", [None, {}, {"secret": ""}, {"secret": None}])
def test_a_channel_without_a_secret_does_not_start(credentials):
    with pytest.raises(InvalidConfigException, match="KLARA_RASA_SECRET"):
        KlaraChannel.from_credentials(credentials)


def test_a_failed_turn_leaves_no_text_in_the_log(turn, caplog):
    caplog.set_level(logging.DEBUG)

    async def logs_and_fails(message):  # as Rasa does
        logging.getLogger("rasa.core").error("failed on %s", message.text)
        raise RuntimeError(message.text)

    turn(logs_and_fails, {**TURN, "text": "min datter hedder Ragnhild"})

    assert "turn failed: RuntimeError" in caplog.text
    assert "failed on [text]" in caplog.text
    assert "Ragnhild" not in caplog.text
