"""Read ``.env``: ``NAME=value`` lines, comments, and quotes around a value. Nothing is expanded or executed."""

import re
from pathlib import Path

_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")


class DotenvError(Exception):
    """A line of ``.env`` that cannot be read; names the file and line."""


def read_dotenv(path: Path) -> dict[str, str]:
    """The ``KLARA_*`` variables of the file; none if there is no such file.

    Raises:
        DotenvError: If a line is neither empty, a comment nor ``NAME=value``.
    """
    if not path.is_file():
        return {}
    found = parse(path.read_text(encoding="utf-8"), str(path.name))
    return {name: value for name, value in found.items() if name.startswith("KLARA_")}


def parse(text: str, name: str = ".env") -> dict[str, str]:
    """Name to value of every line; the last of a repeated name counts. A ``#`` after a blank ends a bare value."""
    values = {}
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise DotenvError(f"{name}:{number}: expected NAME=value")
        values[match[1]] = _bare(match[2])
    return values


def _bare(value: str) -> str:
    if len(value) >= 2 and value[0] in "\"'" and value[-1] == value[0]:
        return value[1:-1]
    return re.split(r"\s+#", f" {value}", maxsplit=1)[0].strip() if "#" in value else value
