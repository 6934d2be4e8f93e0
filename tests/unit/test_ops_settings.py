"""The files that repeat what the code says: .env.example, lock files, and the rule that no address stands in them."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.settings import Settings
from ops.dotenv import parse
from ops.environments import ENVIRONMENTS, read_pins

ROOT = Path(__file__).resolve().parents[2]
SHOWN = re.compile(r"^#?(KLARA_[A-Z0-9_]+=.*)$", re.MULTILINE)


def example() -> dict[str, str]:
    lines = SHOWN.findall((ROOT / ".env.example").read_text(encoding="utf-8"))
    return parse("\n".join(lines))


def test_env_example_lists_every_setting_once_and_no_other():
    lines = SHOWN.findall((ROOT / ".env.example").read_text(encoding="utf-8"))
    names = [line.split("=")[0] for line in lines]
    assert sorted(names) == sorted(f"KLARA_{name.upper()}" for name in Settings.model_fields)


def test_env_example_shows_the_defaults(monkeypatch: pytest.MonkeyPatch):
    for name in example():
        monkeypatch.delenv(name, raising=False)
    defaults = Settings()
    for name, value in example().items():
        monkeypatch.setenv(name, value)
    shown = Settings()
    paths = {"data_dir", "config_file", "articles_dir"}
    assert shown.model_dump(exclude=paths) == defaults.model_dump(exclude=paths)
    for name in paths:
        assert (ROOT / getattr(shown, name)).resolve() == getattr(defaults, name).resolve()


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda environment: environment.name)
def test_a_lock_file_pins_everything_and_holds_no_cuda_package(environment):
    lines = (ROOT / environment.lock).read_text(encoding="utf-8").splitlines()
    pins = read_pins("\n".join(lines))
    assert len(pins) == len(lines) > 50
    assert not [name for name in pins if name.startswith(("nvidia", "cuda", "triton"))]


def test_no_registry_stands_in_what_installs():
    places = [ROOT / name for name in ("Makefile", "Dockerfile", "compose.yml", "pyproject.toml", ".ci/run")]
    places += sorted((ROOT / "requirements").glob("*")) + sorted(p for p in (ROOT / "ops").glob("*") if p.is_file())
    assert len(places) > 15
    address = re.compile(r"https?://(?!(localhost|127\.0\.0\.1|service:|rasa:|actions:|\{))", re.IGNORECASE)
    found = [path.name for path in places if address.search(path.read_text(encoding="utf-8"))]
    assert found == []


def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "compose.yml").read_text(encoding="utf-8")))


def test_compose_publishes_the_service_alone_and_only_on_loopback():
    services = compose()["services"]
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert list(published) == ["service"]
    assert all(port.startswith("127.0.0.1:") for port in published["service"])


def test_compose_keeps_everything_else_on_a_network_without_a_way_out():
    assert compose()["networks"]["inside"]["internal"] is True
    others = {name: service["networks"] for name, service in compose()["services"].items() if name != "service"}
    assert set(others) == {"rasa", "actions", "redis", "postgres"}
    assert all(networks == ["inside"] for networks in others.values())


def test_compose_has_no_secret_of_its_own():
    text = (ROOT / "compose.yml").read_text(encoding="utf-8")
    secrets = re.findall(r"(?:SECRET|PASSWORD): (.*)", text)
    assert len(secrets) >= 6
    assert all(value.startswith("${KLARA_") for value in secrets)


def test_every_image_ends_as_a_user_who_is_not_root():
    stages = re.split(r"^FROM ", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    final = {name: stage for stage in stages for name in ("service", "rasa") if re.match(rf"\S+ AS {name}\n", stage)}
    assert set(final) == {"service", "rasa"}
    assert re.search(r"^USER klara$", final["service"], re.MULTILINE)
    assert re.search(r"^USER rasa$", final["rasa"], re.MULTILINE)


def test_what_the_image_removes_is_in_the_lock_file():
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    for line, environment in zip(
        re.findall(r"uninstall --yes --quiet ([^&\n]+)", dockerfile), ENVIRONMENTS, strict=True
    ):
        assert set(line.split()) <= set(environment.pins())
