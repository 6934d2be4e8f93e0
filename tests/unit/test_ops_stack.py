"""What runs, with which settings, and what the supervisor's words mean. No process of the stack is started."""

import configparser
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from nlu.embedding_cache import CachedEncoder
from ops import build, healthcheck, programs, run, suites, warm
from ops.dotenv import DotenvError, parse
from ops.ports import PortBook, Ports, PortTaken
from ops.programs import Layout, klara_environment, redis_configuration
from ops.stack import Deaths, Stack, StackFailed, _secrets, unwell
from ops.supervision import ProcessState, configuration, spec_file, sweep, write_spec

PORTS = Ports(service=8000, redis=8611, rasa=8612, actions=8613)
KEYS = {"redis": "r" * 8, "rasa": "s" * 8, "internal": "t" * 8}


def layout(data_dir: Path) -> Layout:
    klara = klara_environment(PORTS, KEYS, {}, data_dir)
    return Layout(data_dir, PORTS, klara, marker="m", redis_secret=KEYS["redis"])


def by_name(data_dir: Path) -> dict[str, programs.Program]:
    return {program.name: program for program in programs.programs(layout(data_dir))}


# -- programs --------------------------------------------------------------------------------------------------------


def test_nothing_but_the_service_can_listen_beyond_loopback(tmp_path: Path):
    started = by_name(tmp_path)
    assert started["actions"].env["SANIC_HOST"] == "127.0.0.1"
    rasa = started["rasa"].argv
    assert rasa[rasa.index("--interface") + 1] == "127.0.0.1"
    assert "--enable-api" not in rasa
    assert "bind 127.0.0.1" in redis_configuration(tmp_path, 1, "x")


def test_no_process_is_given_telemetry_network_or_gpu(tmp_path: Path):
    for program in by_name(tmp_path).values():
        assert program.env["RASA_TELEMETRY_ENABLED"] == "false"
        assert program.env["HF_HUB_OFFLINE"] == "1"
        assert program.env["CUDA_VISIBLE_DEVICES"] == ""
        assert "OMP_NUM_THREADS" not in program.env


def test_secrets_stand_in_no_command_and_only_where_they_are_needed(tmp_path: Path):
    started = by_name(tmp_path)
    for program in started.values():
        assert not [secret for secret in KEYS.values() if secret in " ".join(program.argv)]
    assert KEYS["redis"] not in " ".join(started["rasa"].env.values())
    assert not [secret for secret in KEYS.values() if secret in " ".join(started["redis"].env.values())]


def test_redis_confirms_only_what_is_on_disk_and_never_evicts(tmp_path: Path):
    lines = redis_configuration(tmp_path, 8611, "secret").splitlines()
    for line in (
        "appendonly yes",
        "appendfsync always",
        "maxmemory-policy noeviction",
        'save ""',
        "protected-mode yes",
    ):
        assert line in lines


def test_the_stacks_own_ports_win_and_given_secrets_are_kept(tmp_path: Path):
    given = {"KLARA_PORT": "1", "KLARA_RASA_SECRET": "mine", "KLARA_REDIS_URL": "redis://other", "OTHER": "x"}
    made = klara_environment(PORTS, KEYS, given, tmp_path)
    assert made["KLARA_PORT"] == "8000"
    assert made["KLARA_RASA_SECRET"] == "mine"
    assert made["KLARA_REDIS_URL"] == "redis://other"
    assert made["KLARA_INTERNAL_SECRET"] == KEYS["internal"]
    assert "OTHER" not in made


def test_an_empty_variable_counts_as_not_set(tmp_path: Path):
    assert klara_environment(PORTS, KEYS, {"KLARA_RASA_SECRET": ""}, tmp_path)["KLARA_RASA_SECRET"] == KEYS["rasa"]


def test_without_rasa_only_redis_and_the_service_run(tmp_path: Path):
    assert [program.name for program in programs.programs(layout(tmp_path), with_rasa=False)] == ["redis", "service"]


# -- supervision -----------------------------------------------------------------------------------------------------


def test_the_supervisor_has_no_port_restarts_everything_and_holds_no_secret(tmp_path: Path):
    folder = tmp_path / "a 100% odd; folder"
    made = layout(folder)
    text = configuration(made, programs.programs(made), folder / "s.sock")
    parser = configparser.ConfigParser(inline_comment_prefixes=None)
    parser.read_string(text)
    assert "inet_http_server" not in parser.sections()
    assert parser["unix_http_server"]["chmod"] == "0700"
    assert not [secret for secret in KEYS.values() if secret in text]
    for name in by_name(folder):
        section = parser[f"program:{name}"]
        assert section["autorestart"] == "true"
        assert section["killasgroup"] == "true"
        assert str(spec_file(made, name)) in section["command"]


def test_the_leash_gives_a_program_exactly_its_environment(tmp_path: Path):
    spec = tmp_path / "spec.json"
    code = "import os; print(sorted(k for k in os.environ if k.startswith('KLARA')), os.environ['KLARA_X'])"
    write_spec(spec, (sys.executable, "-c", code), {"KLARA_X": "a 'b' \"c\" %d;"}, when_orphaned="SIGTERM")
    assert spec.stat().st_mode & 0o077 == 0
    leash = Path(build.__file__).with_name("leash.py")
    command = [sys.executable, str(leash), str(spec), str(os.getpid())]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, env={"KLARA_OTHER": "1"})
    assert ran.stdout.strip() == "['KLARA_X'] a 'b' \"c\" %d;"


def test_the_leash_starts_nothing_for_a_parent_that_is_gone(tmp_path: Path):
    spec = tmp_path / "spec.json"
    write_spec(spec, (sys.executable, "-c", "print('started')"), {}, when_orphaned="SIGTERM")
    leash = Path(build.__file__).with_name("leash.py")
    ran = subprocess.run([sys.executable, str(leash), str(spec), "1"], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert ran.stdout == ""


def test_the_sweep_ends_what_carries_the_marker_and_nothing_else():
    command = [sys.executable, "-c", "print(flush=True); import time; time.sleep(60)"]
    ours = subprocess.Popen(command, env={"KLARA_STACK": "one"}, start_new_session=True, stdout=subprocess.PIPE)
    other = subprocess.Popen(command, env={"KLARA_STACK": "two"}, start_new_session=True, stdout=subprocess.PIPE)
    try:
        for process in (ours, other):
            assert process.stdout is not None
            process.stdout.readline()
        assert sweep("one") == [ours.pid]
        assert ours.poll() is not None
        assert other.poll() is None
    finally:
        for process in (ours, other):
            process.kill()
            process.communicate()


def state(pid: int, name: str = "RUNNING") -> dict[str, ProcessState]:
    return {"rasa": ProcessState("rasa", name, pid, "")}


def test_a_new_pid_is_a_death_and_the_first_one_is_none():
    deaths = Deaths()
    looks = [deaths.look(state(pid, name)) for pid, name in [(0, "STARTING"), (5, "RUNNING"), (5, "RUNNING")]]
    assert looks == [[], [], []]
    assert deaths.look(state(0, "BACKOFF")) == ["rasa"]
    assert deaths.look(state(6)) == []
    assert deaths.look(state(7)) == ["rasa"]
    assert deaths.count("rasa") == 2


def test_what_the_supervisor_has_given_up_is_reported_once():
    deaths = Deaths()
    assert deaths.look(state(0, "FATAL")) == ["rasa"]
    assert deaths.look(state(0, "FATAL")) == []


@pytest.mark.parametrize(
    ("health", "ill"),
    [
        ({"status": "ok", "components": {"redis": "ok", "rasa": {"status": "ok"}, "index": True}}, set()),
        ({"status": "degraded", "components": {"redis": "ok", "rasa": {"status": "down"}}}, {"rasa"}),
        ({"status": "starting"}, {"service"}),
    ],
)
def test_health_is_read_by_component(health: dict, ill: set):
    assert unwell(health, set()) == ill
    assert unwell(health, {"rasa"}) == ill - {"rasa"}


def test_a_container_is_well_while_the_record_is_even_if_rasa_is_down():
    assert healthcheck.is_well({"status": "degraded", "components": {"record": "ok", "rasa": "down"}})
    assert not healthcheck.is_well({"status": "degraded", "components": {"record": "down", "rasa": "ok"}})
    assert not healthcheck.is_well({"detail": "Not Found"})


def test_two_stacks_never_share_a_folder(tmp_path: Path):
    first, second = Stack(tmp_path), Stack(tmp_path)
    first._hold_folder()
    with pytest.raises(StackFailed, match="Another stack"):
        second._hold_folder()
    first.stop()
    second._hold_folder()
    second.stop()


def test_secrets_are_made_once_and_only_the_owner_reads_them(tmp_path: Path):
    first = _secrets(tmp_path / "secrets.json")
    assert _secrets(tmp_path / "secrets.json") == first
    assert len(set(first.values())) == 3
    assert min(len(secret) for secret in first.values()) >= 32
    assert (tmp_path / "secrets.json").stat().st_mode & 0o077 == 0


# -- ports -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def listening():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_taken_service_port_is_an_error_and_a_taken_internal_one_is_replaced(tmp_path: Path, listening: int):
    with PortBook(tmp_path) as book, pytest.raises(PortTaken):
        book.choose(Ports(listening, 1, 2, 3))
    with PortBook(tmp_path) as free, PortBook(tmp_path) as book:
        some = free.choose()
        free.close()
        chosen = book.choose(Ports(some.service, listening, some.rasa, some.actions))
        assert (chosen.service, chosen.rasa, chosen.actions) == (some.service, some.rasa, some.actions)
        assert chosen.redis != listening


def test_a_port_that_another_stack_has_chosen_but_not_yet_bound_is_taken(tmp_path: Path):
    with PortBook(tmp_path) as first, PortBook(tmp_path) as second:
        chosen = first.choose()
        with pytest.raises(PortTaken):
            second.choose(chosen)
        assert set(vars_of(second.choose())).isdisjoint(vars_of(chosen))


def vars_of(ports: Ports) -> tuple[int, ...]:
    return (ports.service, ports.redis, ports.rasa, ports.actions)


# -- run -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["0", "65536", "80a", "-1"])
def test_a_port_that_is_none_is_refused_by_name(value: str):
    with pytest.raises(run.CannotRun, match="KLARA_PORT"):
        run.wanted_ports({"KLARA_PORT": value})


def test_a_second_run_in_one_checkout_is_told_who_runs(tmp_path: Path):
    lock = tmp_path / "run.lock"
    with run.only_one(lock), pytest.raises(run.AlreadyRunning, match=str(os.getpid())), run.only_one(lock):
        pass
    with run.only_one(lock):
        pass


def test_dotenv_lines():
    text = "# note\n\nKLARA_A=1\nexport KLARA_B='two # words'\nKLARA_C=x # note\nKLARA_D=\nKLARA_E=a#b\nKLARA_A=2\n"
    assert parse(text) == {
        "KLARA_A": "2",
        "KLARA_B": "two # words",
        "KLARA_C": "x",
        "KLARA_D": "",
        "KLARA_E": "a#b",
    }


def test_a_dotenv_line_that_is_none_is_named():
    with pytest.raises(DotenvError, match=r"\.env:2"):
        parse("A=1\nnonsense\n")


# -- build -----------------------------------------------------------------------------------------------------------


def test_the_hash_of_inputs_follows_names_and_contents_and_nothing_else(tmp_path: Path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.yml").write_text("1", encoding="utf-8")
    first = build.hash_files([tmp_path / "a"])
    (tmp_path / "a" / "__pycache__").mkdir()
    (tmp_path / "a" / "__pycache__" / "x.pyc").write_text("", encoding="utf-8")
    (tmp_path / "a" / ".x.yml.swp").write_text("", encoding="utf-8")
    os.utime(tmp_path / "a" / "x.yml", (0, 0))
    assert build.hash_files([tmp_path / "a"]) == first
    (tmp_path / "a" / "x.yml").rename(tmp_path / "a" / "y.yml")
    second = build.hash_files([tmp_path / "a"])
    (tmp_path / "a" / "y.yml").write_text("2", encoding="utf-8")
    assert len({first, second, build.hash_files([tmp_path / "a"])}) == 3


class CountingEncoder:
    """Embeds a text as its length, and counts."""

    name = "counting"
    dimensions = 2

    def __init__(self) -> None:
        self.count = 0

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        self.count += len(texts)
        return np.array([[len(text), 1] for text in texts], dtype=np.float32)


def test_what_several_processes_have_embedded_is_known_to_the_builds(tmp_path: Path):
    texts = ["a", "bb", "ccc", "dddd", "eeeee"]
    parts = [tmp_path / f"part-{number}.npz" for number in range(2)]
    for number, part in enumerate(parts):
        CachedEncoder(CountingEncoder(), part).encode(texts[number::2])
    warm.join(parts, tmp_path / "whole.npz")
    encoder = CountingEncoder()
    vectors = CachedEncoder(encoder, tmp_path / "whole.npz").encode(texts)
    assert encoder.count == 0
    assert vectors[:, 0].tolist() == [1, 2, 3, 4, 5]
    assert not [part for part in parts if part.exists()]


def test_an_interrupted_build_ends_its_commands_and_starts_no_other():
    commands = build.Commands()
    statuses: list[int] = []
    words = [sys.executable, "-c", "import time; time.sleep(60)"]
    worker = threading.Thread(target=lambda: statuses.append(commands.run(words)))
    worker.start()
    while not commands._running:
        time.sleep(0.001)
    commands.end()
    worker.join(5)
    assert statuses == [-signal.SIGTERM]
    with pytest.raises(build.BuildFailed):
        commands.run(words)


def test_a_model_that_was_exchanged_is_not_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    model, manifest = tmp_path / "klara.tar.gz", tmp_path / "klara.json"
    monkeypatch.setattr(build, "ROOT", tmp_path)
    monkeypatch.setattr(build, "MODEL", model)
    monkeypatch.setattr(build, "MANIFEST", manifest)
    with pytest.raises(build.ModelNotTrusted, match="make train"):
        build.verify_model()
    model.write_bytes(b"model")
    digest = "9372c470eeadd5ecd9c3c74c2b3cb633f8e2f2fad799250a0f70d652b6b825e4"
    manifest.write_text(json.dumps({"sha256": digest}), encoding="utf-8")
    assert build.verify_model() == model
    model.write_bytes(b"Model")
    with pytest.raises(build.ModelNotTrusted):
        build.verify_model()


# -- suites ----------------------------------------------------------------------------------------------------------

REPORT = """<testsuites><testsuite>
<testcase classname="t" name="good"/><testcase classname="t" name="bad"><failure/></testcase>
<testcase classname="t" name="bad"><error/></testcase><testcase classname="t" name="left"><skipped/></testcase>
<testcase classname="t" name="broken"><error/></testcase>
</testsuite></testsuites>"""


def test_a_report_is_counted_by_test():
    assert suites.read_report(REPORT) == suites.Counts(passed=1, failed=2, skipped=1)


@pytest.mark.parametrize(
    ("counts", "status", "green"),
    [
        (suites.Counts(3, 0, 0), 0, True),
        (suites.Counts(3, 1, 0), 1, False),
        (suites.Counts(0, 0, 0), 5, False),
        (suites.Counts(0, 0, 4), 0, False),
        (suites.Counts(3, 0, 0), 3, False),
    ],
)
def test_a_suite_is_green_only_if_something_ran_and_nothing_went_wrong(counts, status, green):
    assert (suites.judge(counts, status) is None) is green


def test_the_closing_line_never_looks_green_when_a_suite_could_not_run():
    total = suites.Counts(3, 0, 0) + suites.Counts(4, 0, 0)
    assert suites.closing(total, [], 1).splitlines()[-1] == "7 passed, 0 failed"
    assert suites.closing(total, ["tests/x: no test was run"], 1).splitlines()[-1] == "7 passed, 1 failed"
