"""Principle 7: an editor's change is live after a re-index; a fault is named and leaves the last good index in service."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.stack import Stack
from tests.integration.people import Citizen, Employee
from tests.integration.running import ARTICLES, health_of


@pytest.fixture
def article(stack: Stack, supervisor: Employee) -> Iterator[Path]:
    """The stack's own copy of an article; what it was is in service again afterwards."""
    path = stack.data_dir / "articles" / "da" / "pas.md"
    original = path.read_text(encoding="utf-8")
    yield path
    path.write_text(original, encoding="utf-8")
    assert supervisor.call("POST", "/knowledge/reindex").status_code == 200


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_changed_answer_is_live_without_a_restart_and_with_a_new_revision(
    stack: Stack, citizen: Citizen, supervisor: Employee, article: Path
):
    before = citizen.reply("Hvordan får jeg et nyt pas?")
    pid = stack.pids["service"]
    change(article, "Du skal selv møde op. Tag", "Du skal selv møde op på rådhuset. Tag")
    assert citizen.reply("Hvordan får jeg et nyt pas?")["text"] == before["text"], "not before the re-index"
    done = supervisor.good("POST", "/knowledge/reindex")
    assert done["articles"] == len(list(ARTICLES.glob("*/*.md")))
    assert done["training"] is False, "no question was changed"
    after = citizen.reply("Hvordan får jeg et nyt pas?")
    assert "rådhuset" in after["text"]
    assert after["provenance"]["revision"] != before["provenance"]["revision"]
    assert stack.pids["service"] == pid
    earlier = [m for m in citizen.messages() if m["seq"] == before["seq"]]
    assert earlier == [before], "F2, F5: what was shown before stays as it was shown"


FAULTS = (
    ("owner: borgerservice", "owner: findes-ikke", "findes-ikke"),
    ("audience: citizen", "audience: [", ""),
    ("## Kort svar", "## Svaret", "Kort svar"),
)


def test_a_faulty_article_is_refused_with_file_and_line_and_the_last_good_index_answers(
    citizen: Citizen, supervisor: Employee, article: Path, base_url
):
    good = citizen.reply("Hvordan får jeg et nyt pas?")
    original = article.read_text(encoding="utf-8")
    for old, new, fault in FAULTS:
        article.write_text(original, encoding="utf-8")
        change(article, old, new)
        refused = supervisor.call("POST", "/knowledge/reindex")
        assert refused.status_code == 409
        body = refused.json()
        assert body["code"] == "articles_refused"
        assert body["message"]
        place, line, what = body["faults"][0].split(":", 2)
        assert place == "da/pas.md"
        assert int(line) >= 1
        assert what.strip()
        assert fault in "\n".join(body["faults"])
        again = citizen.reply("Hvordan får jeg et nyt pas?")
        assert (again["text"], again["provenance"]) == (good["text"], good["provenance"])
        health = health_of(base_url)
        assert health is not None
        assert health["components"]["knowledge"] == "stale", "who runs it sees that an edit is not in service"
