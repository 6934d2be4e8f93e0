"""Find a Python interpreter of a given version that really runs: PATH, pyenv, uv.

Standard library only, and Python 3.9 syntax: this runs before there is an environment.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_PROBE = """
import json, sys
missing = []
for name in ("ensurepip", "venv", "ssl", "sqlite3", "ctypes"):
    try:
        __import__(name)
    except ImportError:
        missing.append(name)
print(json.dumps({"version": list(sys.version_info[:3]), "executable": sys.executable, "missing": missing}))
"""
_UV_INSTALL_SECONDS = 300


class PythonNotFound(Exception):
    """No usable interpreter of a wanted version; the text is one line that says what to do."""


def find_python(version: str, uv_folder: Path) -> Path:
    """The path of an interpreter of ``version`` ("3.11") that runs and can make environments.

    Args:
        version: Major and minor version.
        uv_folder: Where uv may be installed when the machine has none.

    Raises:
        PythonNotFound: If PATH, pyenv and uv all have none.
    """
    refused = []
    for candidate in candidates(version):
        found = probe(candidate)
        if found is None or not is_version(found["version"], version):
            continue
        if found["missing"]:
            refused.append(f"{candidate} lacks the module {found['missing'][0]}")
            continue
        return Path(found["executable"])
    through_uv = _from_uv(version, uv_folder)
    if through_uv is not None:
        return through_uv
    reason = f" ({refused[0]}; on Debian: apt-get install python{version}-venv)" if refused else ""
    raise PythonNotFound(
        f"Python {version} was not found{reason}: install it from the system's packages, with "
        f"'pyenv install {version}' or with 'uv python install {version}', or name it in "
        f"KLARA_PYTHON_{version.replace('.', '')}, and run again."
    )


def candidates(version: str) -> Iterator[Path]:
    """Where an interpreter of ``version`` may be, best place first; none is known to run."""
    named = os.environ.get(f"KLARA_PYTHON_{version.replace('.', '')}")
    if named:
        yield Path(named)
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        path = Path(folder or ".") / f"python{version}"
        if path.is_file() and "shims" not in path.parts:
            yield path
    yield from _from_pyenv(version)


def probe(python: Path) -> dict | None:
    """What ``python`` says of itself ("version", "executable", "missing"); None if it does not run."""
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONHOME", "VIRTUAL_ENV")}
    try:
        run = subprocess.run(
            [str(python), "-I", "-c", _PROBE], capture_output=True, text=True, timeout=30, env=environment, check=False
        )
        return json.loads(run.stdout) if run.returncode == 0 else None
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return None


def is_version(found: list[int], version: str) -> bool:
    """Whether ``found`` ([3, 11, 7]) is a ``version`` ("3.11")."""
    return ".".join(str(part) for part in found[:2]) == version


def newest(names: list[str], version: str) -> list[str]:
    """The plain releases of ``version`` among pyenv's ``names``, newest first."""
    releases = [name for name in names if name.startswith(f"{version}.") and name[len(version) + 1 :].isdigit()]
    return sorted(releases, key=lambda name: int(name.rsplit(".", 1)[1]), reverse=True)


def _from_pyenv(version: str) -> Iterator[Path]:
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    pyenv = shutil.which("pyenv") or str(root / "bin" / "pyenv")
    listed = _output([pyenv, "versions", "--bare"]).split()
    for name in newest(listed, version):
        prefix = _output([pyenv, "prefix", name]).strip()
        if prefix:
            yield Path(prefix) / "bin" / f"python{version}"


def _from_uv(version: str, uv_folder: Path) -> Path | None:
    uv = shutil.which("uv") or _install_uv(uv_folder)
    if uv is None:
        return None
    find = [uv, "python", "find", "--no-project", version]
    found = _output(find).strip()
    if not found:
        _output([uv, "python", "install", "--quiet", version], seconds=_UV_INSTALL_SECONDS)
        found = _output(find).strip()
    answer = probe(Path(found)) if found else None
    usable = answer is not None and is_version(answer["version"], version) and not answer["missing"]
    return Path(found) if usable else None


def _install_uv(folder: Path) -> str | None:
    """Install uv with pip into an environment of its own; its path, or None if that fails."""
    uv = folder / "bin" / "uv"
    if not uv.exists():
        _output([sys.executable, "-m", "venv", "--clear", str(folder)], seconds=120)
        _output([str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "uv"], seconds=180)
    return str(uv) if uv.exists() else None


def _output(command: list[str], seconds: float = 30) -> str:
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return run.stdout if run.returncode == 0 else ""
