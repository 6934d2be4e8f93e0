"""G1: a personal number that is typed anyway is masked before it reaches any store or any log."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import yaml

from ops.stack import Stack
from tests.integration.people import Citizen, Employee
from tests.integration.running import Record

CASES = yaml.safe_load((Path(__file__).parent / "data" / "cpr.yml").read_text(encoding="utf-8"))
MARKER = "kamelvogn"  # an ordinary word beside the numbers: it proves that the search finds what was stored
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


def spellings(digits: str) -> re.Pattern[bytes]:
    """The digits with anything short between them, in bytes, escaped or not, in either width."""
    one = []
    for digit in digits:
        wide = digit.translate(_FULL_WIDTH)
        escaped = f"\\u{ord(wide):04x}".encode()
        one.append(b"(?:" + b"|".join((digit.encode(), re.escape(wide.encode()), re.escape(escaped))) + b")")
    return re.compile(rb"[^0-9]{0,4}".join(one), re.IGNORECASE)


def files_of(data_dir: Path, since: float) -> Iterator[Path]:
    """Every file that was written since, wherever in the stack's folder."""
    for path in sorted(data_dir.rglob("*")):
        if path.is_file() and path.stat().st_mtime >= since:
            yield path


@pytest.fixture(scope="module")
def told(stack: Stack) -> dict[str, str]:
    """Every case, said at every door a citizen has; everything that came back."""
    heard: dict[str, str] = {}
    started = time.time() - 1
    with Employee(stack.base_url) as agent:
        agent.good("PUT", "/desk/presence", json={"status": "available"})  # so that Redis has something to keep
        for case in CASES:
            heard[case["digits"]] = say_everywhere(stack.base_url, agent, case["text"])
    heard["started"] = str(started)
    return heard


def say_everywhere(base_url: str, agent: Employee, text: str) -> str:
    """Say it at every door; everything that came back."""
    with Citizen(base_url) as citizen:
        replies = [citizen.post(text).text, citizen.post(f"{MARKER} {text}").text]
        replies.append(citizen.call("POST", f"/conversations/{citizen.id}/handover", json={}).text)
        with agent.live() as desk, citizen.live() as page:
            page.send({"type": "typing", "text": text})
            agent.claim(citizen)
            replies.append(citizen.post(text).text)
            page.wait_for(lambda seen: seen.state == "employee")
            replies += [str(page.frames), str(desk.frames)]
        callback = {"name": f"Anne {text}"[:180], "phone": "33663366", "when": text, "question": text}
        with Citizen(base_url) as other:
            replies.append(other.call("POST", f"/conversations/{other.id}/callback", json=callback).text)
            other.call("POST", f"/conversations/{other.id}/feedback", json={"rating": 3, "comment": text})
            replies.append(str(other.messages()))
        replies += [str(agent.view(citizen)), citizen.call("GET", f"/conversations/{citizen.id}/transcript").text]
        # Where it must not go either: into an address, a header's place, a field that is refused.
        citizen.call("POST", "/resume", json={"resume_code": text})
        citizen.http.get(f"/api/v1/conversations/{citizen.id}/messages", params={"after": text})
        return "\n".join(replies)


def test_there_are_cases():
    assert len(CASES) >= 25
    assert len({case["digits"] for case in CASES}) == len(CASES)


def test_the_pattern_finds_every_spelling_it_is_used_for():
    for case in CASES:
        digits = [c for c in case["text"].translate(str.maketrans("０１２３４５６７８９", "0123456789")) if c.isdigit()]
        assert case["digits"][-4:] in "".join(digits)
    assert spellings("1508456021").search(b"x150845-6021x")
    assert spellings("1508456036").search("１５０８４５-６０３６".encode())
    assert spellings("1508456028").search(b"1 5 0 8 4 5 - 6 0 2 8")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["digits"])
def test_g1_no_personal_number_comes_back_from_any_door(told, case):
    assert not spellings(case["digits"]).search(told[case["digits"]].encode())


def test_g1_no_personal_number_is_in_any_store_or_log(told, stack: Stack):
    searched = {}
    found = []
    patterns = {case["digits"]: spellings(case["digits"]) for case in CASES}
    for path in files_of(stack.data_dir, float(told["started"])):
        data = path.read_bytes()
        searched[path.relative_to(stack.data_dir).as_posix()] = data
        found += [(path.name, digits) for digits, pattern in patterns.items() if pattern.search(data)]
    assert found == []
    database = b"".join(data for name, data in searched.items() if name.startswith("klara.db"))
    assert MARKER.encode() in database, "the search sees what was stored"
    assert database.count(b"[cpr-nummer]") >= len(CASES)
    assert any(name.startswith("redis/") for name in searched), "Redis's append-only file is among what was searched"
    assert any(name.startswith("log/service") for name in searched)


def test_g1_no_personal_number_is_in_redis(told, stack: Stack, agent: Employee):
    agent.good("PUT", "/desk/presence", json={"status": "available"})
    with redis.Redis.from_url(stack.redis_url) as client:
        keys = list(client.scan_iter("*"))
        held = b"\n".join(key + (client.dump(key) or b"") for key in keys)
    assert keys, "the search sees what Redis holds"
    assert [case["digits"] for case in CASES if spellings(case["digits"]).search(held)] == []


def test_no_log_holds_a_citizens_words(told, stack: Stack):
    logs = stack.log_files()
    assert {path.name for path in logs} >= {"service.log", "rasa.log", "actions.log", "redis.log"}
    words = (MARKER, "sygesikringskort", "sidste fire")
    assert [path.name for path in logs for word in words if word in path.read_text("utf-8", "replace")] == []


def test_the_record_says_which_kind_was_masked_and_the_citizen_is_told(citizen: Citizen, record: Record):
    turn = citizen.ask("Mit cpr er 150845-6051. Hvordan får jeg et nyt pas?")
    assert record.details(citizen.id, turn["seq"])["masked"] == ["cpr"]
    assert "[cpr-nummer]" in citizen.messages()[1]["text"]
    assert turn["messages"][0]["kind"] == "sensitive"
    assert "fjernet" in turn["messages"][0]["text"]
