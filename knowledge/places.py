"""Recognise that another municipality is named, so that its matters are not answered as Copenhagen's."""

import re
from functools import lru_cache
from pathlib import Path

import yaml

from knowledge.errors import DataError
from nlu.text.normalise import fold

# "Roskildevej" is one word; "Frederiksberg Allé" and "Aalborg Have" are two, and no municipality.
_STREET = r"(?!\s(?:alle|allee|have|runddel|vej|gade|plads|boulevard|station)\b)"
_SPEAKER_LIVES = re.compile(r"\b(?:jeg|i|selv)\s(?:\w+\s)?(?:bor|arbejder|live|work)\s(?:\w+\s)?(?:i|paa|in)\s$")
_RELATIVE = re.compile(
    r"\b(?:min|mit|mine|my)\s(?:\w+\s)?(?:mor|far|mormor|morfar|farmor|farfar|soester|bror|soen|datter|svigermor|tante|mother|father|"
    r"sister|brother|son|daughter|grandmother|grandfather)\b"
)
# "ligger i Tårnby", "hus i Helsingør", "flyttet til Vejle": where the matter is, also if Copenhagen is named besides.
_LIES = re.compile(
    r"\b(?:bor|bosat|ligger|hus|lejlighed|hos|flyttet|til|live|living|house|flat|moved)\s(?:\w+\s)?(?:i|paa|til|in|to|ved)?\s?$"
)
# "i vejen", "i ringe grad", "i skive": not even after "i" do these mean the place.
_ALSO_WORDS = {"Vejen", "Ringe", "Skive"}
_PLACES = Path(__file__).parent / "places.yml"


class _Gazetteer:
    def __init__(self, path: Path) -> None:
        try:
            data = yaml.safe_load(path.read_text(encoding="utf-8"))
            named = {n: m for m, towns in data["municipalities"].items() for n in (m, *towns)}
            named |= {name: name for name in data["abroad"]}
            strict, home, elsewhere = set(data["strict"]), data["copenhagen"], data["elsewhere"]
        except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
            raise DataError(path, f"is malformed: {error!r}") from error
        self._municipality: dict[str, str] = {fold(name): municipality for name, municipality in named.items()}
        free = sorted((fold(n) for n in named if n not in strict), key=len, reverse=True)
        in_only = sorted(fold(n) for n in strict - _ALSO_WORDS)
        with_word = sorted((fold(n) for n in named), key=len, reverse=True)
        past = "|".join(re.escape(fold(w)) for w in elsewhere)
        self._free = re.compile(rf"(?<![\w-])(?P<past>(?:{past})\s+)?(?P<name>{_either(free)})s?(?![\w-]){_STREET}")
        self._with_word = re.compile(
            rf"(?<![\w-])(?P<past>(?:{past})\s+)?(?P<name>{_either(with_word)})s?"
            r"[ -](?:kommune|municipality|borgerservice|raadhus)"
        )
        self._strict_in = re.compile(
            rf"(?<![\w-])(?:(?:bor|bosat|live|living)\s+(?:\w+\s+)?)(?:i|paa|in)\s+(?P<name>{_either(with_word)})(?![\w-])"
            rf"|(?<![\w-])(?:i|in)\s+(?P<name_in>{_either(in_only)})(?![\w-])"
        )
        self._home = re.compile(rf"(?<![\w-])(?:{_either(sorted(fold(h) for h in home))})")

    def other(self, text: str) -> str | None:
        folded = fold(text)
        at_home = bool(self._home.search(folded))
        for pattern in (self._with_word, self._strict_in, self._free):
            for match in pattern.finditer(folded):
                name = next(g for g in ("name", "name_in") if match.groupdict().get(g))
                before = folded[: match.start(name)]
                if match.groupdict().get("past"):
                    continue
                if _SPEAKER_LIVES.search(before) and _RELATIVE.search(folded):
                    continue  # "jeg bor i Aarhus": where the mother lives is what counts
                settled = pattern is self._with_word or _LIES.search(before)
                if at_home and not settled:
                    continue
                return self._municipality[match[name]]
        return None


def _either(names: list[str]) -> str:
    return "|".join(re.escape(name) for name in names)


@lru_cache(maxsize=1)
def _gazetteer() -> _Gazetteer:
    return _Gazetteer(_PLACES)


def other_municipality_named(text: str) -> str | None:
    """The other municipality or town that a question is about; None if none is named, or Copenhagen is too.

    A place somebody comes from ("flytter fra Aarhus") does not count. This is one signal beside
    others: a daughter in Aarhus may well ask on behalf of her mother in Copenhagen.
    """
    return _gazetteer().other(text)
