"""Plain tables and a progress line for the terminal."""

import sys
import time
from collections.abc import Sequence


def percent(value: float | None) -> str:
    """A share in percent."""
    return "–" if value is None else f"{value * 100:.1f} %"


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns side by side; the first is aligned left, the others right."""
    cells = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[n]) for row in cells) for n in range(len(head))]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
        for row in cells
    ]
    return "\n".join(["  " + lines[0], "  " + "─" * len(lines[0]), *("  " + line for line in lines[1:])])


class Progress:
    """A bar on a terminal; elsewhere a line every ten percent."""

    def __init__(self, title: str, total: int) -> None:
        self._title, self._total, self._done = title, max(total, 1), 0
        self._started = time.monotonic()
        self._shown = -1

    def step(self) -> None:
        """One more is done."""
        self._done += 1
        seconds = time.monotonic() - self._started
        left = seconds / self._done * (self._total - self._done)
        text = f"{self._title} {self._done}/{self._total} · {seconds:.0f} s, about {left:.0f} s left"
        if sys.stderr.isatty():
            filled = 30 * self._done // self._total
            end = "\n" if self._done >= self._total else ""
            sys.stderr.write(f"\r[{'█' * filled}{'·' * (30 - filled)}] {text}   {end}")
            sys.stderr.flush()
        elif self._done * 10 // self._total > self._shown:
            self._shown = self._done * 10 // self._total
            print(text, file=sys.stderr, flush=True)
