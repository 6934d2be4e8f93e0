"""The table of other authorities, for questions that are not the municipality's."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from knowledge.errors import DataError

_TABLE = Path(__file__).parent / "authorities.yml"


@dataclass(frozen=True, slots=True)
class Authority:
    """Who takes care of a matter, as shown to a reader of each language."""

    slug: str
    name_da: str
    name_en: str
    url: str

    def name_in(self, language: str) -> str:
        """Its name for a reader of ``language``."""
        return self.name_en if language == "en" else self.name_da


@lru_cache(maxsize=1)
def read_authorities() -> dict[str, Authority]:
    """The table by slug.

    Raises:
        DataError: If the file is malformed.
    """
    try:
        data = yaml.safe_load(_TABLE.read_text(encoding="utf-8"))
        return {
            slug: Authority(slug, entry["name"]["da"], entry["name"]["en"], entry["url"])
            for slug, entry in data.items()
        }
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise DataError(_TABLE, f"is malformed: {error!r}") from error
