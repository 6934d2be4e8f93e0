"""What citizens read: texts by key and language, from the YAML files beside this one."""

from functools import lru_cache
from pathlib import Path

import yaml

_FOLDER = Path(__file__).parent


@lru_cache(maxsize=4)
def _texts(language: str) -> dict[str, str]:
    path = _FOLDER / f"{'en' if language == 'en' else 'da'}.yml"
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def say(key: str, language: str, **values: object) -> str:
    """The text of ``key`` with its names filled in.

    Raises:
        KeyError: If there is no such text, or a name in it is not given: a defect.
    """
    return _texts(language)[key].format(**values)
