"""The set-up's decisions, without installing anything."""

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from ops import environments, pythons
from ops.environments import Environment, SetupFailed, differences, read_pins, refuse_cuda_build

ROOT = Path(__file__).resolve().parents[2]


def report(*urls: str) -> str:
    return json.dumps({"install": [{"download_info": {"url": url}} for url in urls]})


def test_pins_are_read_from_every_form_of_line():
    assert read_pins("Ruamel.Yaml==0.17\npsycopg[binary]==3.3 ; x\n# note\n") == {
        "ruamel-yaml": "0.17",
        "psycopg": "3.3",
    }


def test_what_is_missing_or_of_another_version_is_a_difference_and_a_local_part_is_none():
    pins = {"torch": "2.13.0", "numpy": "2.4.6", "rich": "15.0.0"}
    assert differences(pins, {"torch": "2.13.0+cpu", "Numpy": "2.4.5"}) == ["numpy==2.4.6", "rich==15.0.0"]


@pytest.mark.parametrize("name", ["torch-2.13.0+cpu-cp311-linux.whl", "torch-2.13.0%2Bcpu-cp311-linux.whl"])
def test_a_cpu_build_is_accepted(name: str):
    refuse_cuda_build(report(f"place/{name}"), "Linux", "x86_64")


def test_a_cuda_build_is_refused_with_one_line_that_names_the_variable():
    with pytest.raises(SetupFailed) as failure:
        refuse_cuda_build(report("place/torch-2.13.0-cp311-manylinux_2_28_x86_64.whl"), "Linux", "x86_64")
    assert "KLARA_TORCH_INDEX" in str(failure.value)
    assert "\n" not in str(failure.value)


def test_elsewhere_the_plain_build_is_the_cpu_build():
    refuse_cuda_build(report("place/torch-2.13.0-cp311-macosx_arm64.whl"), "Darwin", "arm64")


def test_more_than_torch_is_refused():
    with pytest.raises(SetupFailed):
        refuse_cuda_build(report("place/torch-2.13.0+cpu.whl", "place/nvidia_nccl.whl"), "Linux", "x86_64")


def test_of_pyenvs_versions_the_newest_release_comes_first():
    names = ["3.9.1", "3.10.4", "3.10.13", "3.10-dev", "miniconda3", "3.11.7"]
    assert pythons.newest(names, "3.10") == ["3.10.13", "3.10.4"]


def fake(folder: Path, name: str, body: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("exit 127", "does not run"),
        ('echo \'{"version": [3, 9, 1], "executable": "/x", "missing": []}\'', "is another"),
    ],
)
def test_an_interpreter_that_does_not_run_or_is_another_version_is_passed_over(
    body: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    good = '{"version": [3, 10, 2], "executable": "/good/python3.10", "missing": []}'
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    fake(tmp_path / "a", "python3.10", body)
    fake(tmp_path / "b", "python3.10", f"echo '{good}'")
    monkeypatch.setenv("PATH", f"{tmp_path / 'a'}{os.pathsep}{tmp_path / 'b'}{os.pathsep}/usr/bin:/bin")
    monkeypatch.delenv("KLARA_PYTHON_310", raising=False)
    assert pythons.find_python("3.10", tmp_path / "uv") == Path("/good/python3.10"), reason


def test_without_any_interpreter_there_is_one_line_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    lacking = '{"version": [3, 10, 2], "executable": "/x", "missing": ["ensurepip"]}'
    fake(tmp_path, "python3.10", f"echo '{lacking}'")
    fake(tmp_path, "uv", "exit 1")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.delenv("KLARA_PYTHON_310", raising=False)
    with pytest.raises(pythons.PythonNotFound) as failure:
        pythons.find_python("3.10", tmp_path / "tools")
    assert "python3.10-venv" in str(failure.value)
    assert "\n" not in str(failure.value)


def test_pyenvs_shims_are_never_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shims = tmp_path / "shims"
    shims.mkdir()
    fake(shims, "python3.10", "exit 0")
    monkeypatch.setenv("PATH", str(shims))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.delenv("KLARA_PYTHON_310", raising=False)
    assert list(pythons.candidates("3.10")) == []


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    monkeypatch.setattr(environments, "ROOT", tmp_path)
    monkeypatch.setattr(environments, "_version_of", lambda interpreter: "3.11.7" if interpreter.exists() else None)
    (tmp_path / "x.lock").write_text("a==1\n", encoding="utf-8")
    made = Environment("x", "x", ".venv-x", "3.11", "x.lock", "pass")
    made.interpreter.parent.mkdir(parents=True)
    made.interpreter.touch()
    (made.path / "bin" / "pip").write_text(f"#!{made.interpreter}\n", encoding="utf-8")
    stamp = {"fingerprint": environments.fingerprint(made, "3.11.7"), "folder": str(made.path)}
    (made.path / "klara-stamp.json").write_text(json.dumps(stamp), encoding="utf-8")
    return made


def test_a_stamped_environment_is_ready(environment: Environment):
    assert environments.is_ready(environment)


def test_another_lock_file_makes_it_not_ready_but_it_is_built_upon(environment: Environment):
    (environments.ROOT / "x.lock").write_text("a==2\n", encoding="utf-8")
    assert not environments.is_ready(environment)
    assert environments._is_usable(environment)


def test_an_interrupted_one_is_not_ready_and_made_anew(environment: Environment):
    (environment.path / "klara-unfinished").touch()
    assert not environments.is_ready(environment)
    assert not environments._is_usable(environment)


def test_one_whose_folder_was_moved_is_made_anew(environment: Environment):
    (environment.path / "bin" / "pip").write_text("#!/elsewhere/.venv-x/bin/python\n", encoding="utf-8")
    assert not environments._is_usable(environment)


def test_the_setup_names_an_unknown_environment():
    run = subprocess.run([ROOT / "ops" / "setup", "nothing"], capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "no environment is called nothing" in run.stderr
