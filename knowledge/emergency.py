"""Texts for a message that tells of danger, by intent and language."""

from functools import lru_cache
from pathlib import Path

import yaml

from knowledge.errors import DataError

_TEXTS = Path(__file__).parent / "emergency.yml"


@lru_cache(maxsize=1)
def _read() -> dict[str, dict[str, str]]:
    try:
        return dict(yaml.safe_load(_TEXTS.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, TypeError, ValueError) as error:
        raise DataError(_TEXTS, f"is malformed: {error!r}") from error


def emergency_text(intent: str, language: str) -> str:
    """What to say first; an unknown intent gets the text for acute need, which names every help.

    Raises:
        DataError: If the file is malformed.
    """
    texts = _read()
    return texts.get(intent, texts["crisis.acute_need"])["en" if language == "en" else "da"]
