"""``make test``: build what the suites need, run each in its environment, and sum them up in one closing line."""

import argparse
import contextlib
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.build import BuildFailed, build
from ops.programs import RASA_FOLDER, ROOT, SERVICE_PYTHON

_REPORTS = ROOT / "var" / "test"
_RASA_CONFIG = ROOT / "ops" / "pytest-rasa.ini"


@dataclass(frozen=True, slots=True)
class Suite:
    """A folder under tests/, and what its tests need."""

    name: str
    in_rasa: bool = False
    builds: tuple[str, ...] = ()
    needs_chromium: bool = False

    @property
    def folder(self) -> str:
        """From the root."""
        return f"tests/{self.name}"


_ALL = ("model", "index")
SUITES = {
    suite.name: suite
    for suite in (
        Suite("unit"),
        Suite("content", builds=("index",)),
        Suite("rasa", in_rasa=True, builds=("model",)),
        Suite("conversations", in_rasa=True, builds=("model",)),
        Suite("integration", builds=_ALL),
        Suite("browser", builds=_ALL, needs_chromium=True),
        Suite("faults", builds=_ALL),
    )
}


class ChromiumMissing(Exception):
    """The browser tests cannot run; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Results of one suite or of several together. An error in a fixture counts as a failure."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)


def read_report(text: str) -> Counts:
    """Counts from a JUnit report's text. A test that failed and whose teardown failed too is one failure."""
    outcomes: dict[tuple[str, str], str] = {}
    for case in ET.fromstring(text).iter("testcase"):  # noqa: S314 - written by our own pytest
        key = (case.get("classname", ""), case.get("name", ""))
        if case.find("failure") is not None or case.find("error") is not None:
            outcomes[key] = "failed"
        elif case.find("skipped") is not None:
            outcomes.setdefault(key, "skipped")
        else:
            outcomes.setdefault(key, "passed")
    values = list(outcomes.values())
    return Counts(values.count("passed"), values.count("failed"), values.count("skipped"))


def judge(counts: Counts, status: int) -> str | None:
    """Why a suite is not green; None if it is.

    A suite that ran nothing is not green: its tests were lost, not passed.
    """
    if counts.failed:
        return f"{counts.failed} failed"
    if counts.passed == 0:
        return "no test was run"
    if status != 0:
        return f"pytest ended with status {status}"
    return None


def command(suite: Suite, report: Path, extra: Sequence[str] = ()) -> list[str]:
    """pytest's command line for a suite."""
    shared = ["-m", "pytest", suite.folder, "-q", f"--junitxml={report}", *extra]
    if suite.in_rasa:
        return [str(RASA_FOLDER / "python"), *shared, "-c", str(_RASA_CONFIG), "--rootdir", str(ROOT)]
    return [str(SERVICE_PYTHON), *shared]


def run(suite: Suite, environment: dict[str, str], extra: Sequence[str]) -> tuple[Counts, str | None]:
    """Run one suite; its counts, and why it is not green."""
    report = _REPORTS / f"{suite.name}.xml"
    report.unlink(missing_ok=True)
    if not (ROOT / suite.folder).is_dir():
        return Counts(), f"{suite.folder} does not exist"
    done = subprocess.run(
        command(suite, report, extra), cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=False
    )
    counts = Counts()
    with contextlib.suppress(OSError, ET.ParseError):
        counts = read_report(report.read_text(encoding="utf-8"))
    return counts, judge(counts, done.returncode)


def find_chromium() -> str:
    """Chromium's path, installed if it may be.

    Raises:
        ChromiumMissing: If there is none and none can be installed.
    """
    found = subprocess.run([str(ROOT / "ops" / "ensure-chromium")], stdout=subprocess.PIPE, text=True, check=False)
    if found.returncode != 0:
        raise ChromiumMissing("Chromium is missing; the browser tests were not run.")
    return found.stdout.strip()


def main() -> int:
    """Entry point of ``make test``: 0 if every suite ran and nothing failed."""
    parser = argparse.ArgumentParser(prog="python -m ops.suites", description=__doc__)
    parser.add_argument("names", nargs="+", choices=list(SUITES))
    arguments, extra = parser.parse_known_args()
    chosen = [SUITES[name] for name in arguments.names]
    started = time.monotonic()
    _REPORTS.mkdir(parents=True, exist_ok=True)
    total, problems = Counts(), []
    try:
        build(sorted({name for suite in chosen for name in suite.builds}))
        environment = dict(os.environ)
        for suite in chosen:
            print(f"\n== {suite.folder} ==", flush=True)
            if suite.needs_chromium:
                environment["KLARA_CHROMIUM"] = find_chromium()
            counts, problem = run(suite, environment, extra)
            total += counts
            if problem:
                problems.append(f"{suite.folder}: {problem}")
    except (BuildFailed, ChromiumMissing) as failure:
        problems.append(str(failure))
    except KeyboardInterrupt:
        return 130
    print(closing(total, problems, time.monotonic() - started))
    return 1 if problems else 0


def closing(total: Counts, problems: Sequence[str], seconds: float) -> str:
    """The end of the output; its last line is "N passed, N failed".

    A suite that could not run at all counts as one failure, so that the line never looks green when the run is not.
    """
    lines = [f"NOT GREEN  {problem}" for problem in problems]
    if total.skipped:
        lines.append(f"{total.skipped} skipped")
    failed = total.failed or len(problems)
    return "\n".join(["", *lines, f"({seconds:.0f} s)", f"{total.passed} passed, {failed} failed"])


if __name__ == "__main__":
    sys.exit(main())
