"""What those who run Klara see: health by component, figures, logs without citizens' words, headers."""

import json
import re

from ops.stack import Stack
from tests.integration.people import Citizen
from tests.integration.running import health_of

FIGURES = {
    "klara_turns_total",
    "klara_replies_total",
    "klara_masked_total",
    "klara_handovers_total",
    "klara_rasa_failures_total",
    "klara_turn_seconds_bucket",
    "klara_search_seconds_bucket",
    "klara_backlog",
}


def figures(citizen: Citizen) -> dict[str, float]:
    text = citizen.http.get("/metrics").text
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}


def test_health_names_every_component(stack: Stack, base_url):
    stack.wait_until_healthy(60)
    assert health_of(base_url) == {
        "status": "ok",
        "components": {"record": "ok", "redis": "ok", "rasa": "ok", "knowledge": "ok"},
    }


def test_figures_count_turns_replies_handovers_and_masks(citizen: Citizen):
    before = figures(citizen)
    citizen.ask("Hvordan får jeg et nyt pas? Mit cpr er 150845-6061")
    citizen.hand_over()
    after = figures(citizen)
    assert {name.partition("{")[0] for name in after} >= FIGURES
    for name in (
        'klara_turns_total{outcome="answered"}',
        'klara_masked_total{kind="cpr"}',
        'klara_handovers_total{reason="asked"}',
    ):
        assert after[name] == before.get(name, 0) + 1


def test_no_figure_has_a_label_with_a_citizens_words(citizen: Citizen):
    citizen.ask("Hvor er min elefantcykel?")
    assert "elefant" not in citizen.http.get("/metrics").text


def test_the_log_is_json_lines_without_words_ids_of_people_or_tokens(citizen: Citizen, stack: Stack):
    citizen.ask("Hvor er min giraftaske?")
    citizen.http.post("/api/v1/desk/sessions", json={"username": "giraf", "password": "giraftaske"})
    text = stack.layout.log_file("service").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert any(line.get("conversation") == citizen.id for line in lines), "what happened can be followed"
    assert "giraf" not in text
    assert citizen.token not in text
    assert citizen.opened["resume_code"] not in text


def test_every_response_has_the_security_headers(citizen: Citizen):
    for path in ("/", "/desk", "/api/v1/config", "/api/v1/nothing", "/static/widget/klara-chat.js", "/openapi.json"):
        headers = citizen.http.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers
    assert citizen.call("GET", f"/conversations/{citizen.id}/messages").headers["cache-control"] == "no-store"


def test_the_pages_have_no_inline_script_or_style(citizen: Citizen):
    for path in ("/", "/?language=en", "/desk"):
        page = citizen.http.get(path).text
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon[a-z]+=\"", page)


def test_no_page_or_script_names_a_foreign_host_to_load_from(citizen: Citizen):
    for path in ("/", "/desk"):
        page = citizen.http.get(path).text
        assert re.findall(r"(?:src|href)=\"(?:https?:)?//[^\"]+", page) == []


def test_the_configuration_for_the_widget_is_open_to_all(citizen: Citizen):
    for language in ("da", "en"):
        config = citizen.http.get("/api/v1/config", params={"language": language}).json()
        assert config["name"]
        assert config["phone_link"] == "tel:+4533663366"
        assert config["example"] is True
        assert config["hours_text"]
