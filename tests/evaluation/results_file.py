"""Where and when a measurement was made, its file, and how it compares with the numbers to hold."""

import json
import os
import platform
import signal
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import tomllib

ROOT = Path(__file__).resolve().parents[2]
TARGETS = Path(__file__).with_name("targets.toml")


def commit() -> str:
    """The checkout's commit, with ``-dirty`` where files differ from it; ``no-commit`` outside a repository."""
    name = _git("rev-parse", "--short=12", "HEAD")
    if not name:
        return "no-commit"
    return f"{name}-dirty" if _git("status", "--porcelain") else name


def _git(*arguments: str) -> str:
    command = ["git", "--no-optional-locks", *arguments]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def machine() -> dict[str, Any]:
    """What it ran on. ``load`` tells whether others were using the machine at the start."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def end_cleanly_when_told() -> None:
    """Let SIGTERM and SIGHUP end a run as Ctrl-C does: what it has started is stopped, not left behind."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def now() -> str:
    """This moment, as written into results."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def write_result(folder: Path, name: str, result: Mapping[str, Any]) -> Path:
    """Write a result, the file named after the commit; an earlier one of the same commit is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    temporary = path.with_suffix(".json.tmp")
    temporary.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    temporary.replace(path)
    return path


def read_targets(section: str, path: Path = TARGETS) -> dict[str, dict[str, float]]:
    """The numbers to hold of one section."""
    return dict(tomllib.loads(path.read_text(encoding="utf-8"))[section])


def is_held(value: float | None, target: Mapping[str, float]) -> bool | None:
    """Whether a number holds its bounds; None where nothing was measured."""
    if value is None:
        return None
    return target.get("least", value) <= value <= target.get("most", value)


def below(numbers: Mapping[str, Any], targets: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Names of the numbers that do not hold their target. What was not measured is not below."""
    return [name for name, target in targets.items() if is_held(numbers.get(name), target) is False]


def bound(target: Mapping[str, float]) -> str:
    """A target in words."""
    return " ".join(f"{sign} {target[name]:g}" for name, sign in (("least", "≥"), ("most", "≤")) if name in target)
