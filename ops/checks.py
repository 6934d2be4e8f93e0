"""``make check``: every static check, each as one line, several at a time; all of the output of what fails."""

import concurrent.futures
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from ops.programs import ROOT

_RASA_ENV = ROOT / ".venv-rasa" / "bin"
_SERVICE_ENV = ROOT / ".venv" / "bin"


@dataclass(frozen=True, slots=True)
class Check:
    """A command that must end with 0."""

    title: str
    argv: tuple[str, ...]


def checks() -> list[Check]:
    """All of them, the slowest first."""
    python, rasa_python = str(_SERVICE_ENV / "python"), str(_RASA_ENV / "python")
    pure = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "nlu").glob("*.py"))
    shared = [python, "-m", "mypy"]
    return [
        Check("mypy (service)", (*shared, "connectors", "knowledge", "ops", "nlu/text", *pure)),
        Check(
            "mypy (Rasa)", (rasa_python, "-m", "mypy", "--config-file", "ops/mypy-rasa.ini", "bot", "nlu/components")
        ),
        Check("articles", (python, "-m", "knowledge.check")),
        Check("import-linter", (str(_SERVICE_ENV / "lint-imports"), "--no-cache")),
        Check("ruff check", (python, "-m", "ruff", "check", "--output-format", "concise", ".")),
        Check("ruff format", (python, "-m", "ruff", "format", "--check", "--output-format", "concise", ".")),
    ]


def run(check: Check) -> tuple[int, str, float]:
    """Exit status, output and seconds of one check."""
    started = time.monotonic()
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    result = subprocess.run(
        check.argv, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return result.returncode, result.stdout + result.stderr, time.monotonic() - started


def run_all(chosen: Sequence[Check], workers: int = 2) -> list[str]:
    """Titles of the checks that failed; prints a line for each check."""
    failed = []
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        jobs = {pool.submit(run, check): check for check in chosen}
        for job in concurrent.futures.as_completed(jobs):
            status, output, seconds = job.result()
            title = jobs[job].title
            print(f"{'ok    ' if status == 0 else 'FAILED'}  {title} … {seconds:.0f} s", flush=True)
            if status != 0:
                failed.append(title)
                print(output.rstrip(), flush=True)
    return failed


def main() -> int:
    """Entry point of ``make check``."""
    chosen = checks()
    try:
        failed = run_all(chosen)
    except KeyboardInterrupt:
        return 130
    print(f"{len(chosen) - len(failed)} checks passed, {len(failed)} failed{': ' if failed else ''}{', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
