"""Find and mask personal data in running Danish text, before it is stored, logged or understood.

CPR numbers are masked by shape and context, not by validity: a mistyped CPR number is still one.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum


class PersonalData(str, Enum):
    """Kinds of personal data that are masked."""

    EMAIL = "email"
    CARD = "card"
    CPR = "cpr"
    PHONE = "phone"


MASKS = {
    PersonalData.EMAIL: "[e-mail]",
    PersonalData.CARD: "[kortnummer]",
    PersonalData.CPR: "[cpr-nummer]",
    PersonalData.PHONE: "[telefonnummer]",
}

_CONTEXT = 40  # characters before a number in which a word says what the number is

_EMAIL = re.compile(r"[\w.+-]+\s?(?:@|\(at\)|\[at\])\s?[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)

_CARD = re.compile(r"(?<!\d)\d(?:[ .-]?\d){12,18}(?!\d)")
_CARD_GROUPS = re.compile(r"\d{4}([ .-])\d{4}\1\d{4}\1\d{1,4}")

_SEP = r"[ .\-/–]?"
# Day, month, year (two or four digits), then up to three separators, then the four serial digits.
_CPR = re.compile(
    rf"(?<!\d)(?P<day>\d\d){_SEP}(?P<month>\d\d){_SEP}(?P<year>(?:18|19|20)?\d\d)"
    r"(?P<gap>[\s.\-/–_:]{0,3})(?P<serial>\d{4})(?!\d)(?!\s*(?:kr\b|kroner|,-))"
)
# One digit at a time: 1 5 0 8 4 5 - 6 0 2 1.
_CPR_SPELT = re.compile(r"(?<!\d)\d(?:[ .\-/–]{1,3}\d){9}(?!\d)")
# The two halves with words between them: "150845 og så 6021".
_CPR_HALVES = re.compile(
    r"(?<!\d)(?P<day>\d\d)[ .\-/]?(?P<month>\d\d)[ .\-/]?(?P<year>\d\d)"
    r"(?P<between>\D{1,30}?)(?P<serial>\d{4})(?!\d)(?!\s*(?:kr\b|kroner))"
)
# In so many words a CPR number: then any number of six to ten digits is taken for one.
_CPR_WORD = re.compile(
    r"(?:cpr|person\s?-?num|personnr|sidste\s+(?:fire|4)|fire\s+sidste|4\s+sidste|løbenummer|kontrolcif|social\s+security)",
    re.IGNORECASE,
)
_AFTER_CPR_WORD = re.compile(r"(?<!\d)\d(?:[ .\-/–]{0,2}\d){5,11}(?!\d)")
_SERIAL_AFTER_WORD = re.compile(
    r"(?:sidste\s+(?:fire|4)|(?:fire|4)\s+sidste|løbenummer\w*|kontrolcif\w*)(?:\s+\w+){0,3}?\W{1,3}(?P<serial>\d{4})(?!\d)",
    re.IGNORECASE,
)

_PHONE = re.compile(
    r"(?<![\d,])(?:(?:\+|00)\s?45[ .-]?)?\d\d(?P<sep>[ .-]?)\d\d[ .-]?\d\d[ .-]?\d\d(?!\d)"
)
_PHONE_FOREIGN = re.compile(r"(?<!\d)(?:\+|00)\d{1,3}(?:[ .-]?\d){6,13}(?!\d)")
_PHONE_WORD = re.compile(r"(?:tlf|telefon|mobil|ring|nummer|fang\w* mig|phone|call)\W*(?:\w+\W+){0,4}$", re.IGNORECASE)

# A number right after one of these is what the word says, and is no person's.
_CASE_WORD = re.compile(
    r"(?:sags?\s?-?(?:nr|nummer)?|journal\w*|j\.?\s?nr|faktura\w*|ordre\w*|cvr\w*|p-?nummer|p-?nr|ean\w*|gln|matrikel\w*|"
    r"ref\w*|kvittering\w*|afgifts?\s?-?(?:nr|nummer)\w*|licens\w*|varenummer|isbn|bfe\w*|postnr\w*|receipt|invoice|case)"
    r"[\s.:#-]*(?:er|nr\.?|nummer|number|no\.?)?[\s.:#-]*$",
    re.IGNORECASE,
)
_MONEY_AFTER = re.compile(r"\s*(?:kr\b|kroner|,-|dkk|mio|euro|€|m2|kvm|stk)", re.IGNORECASE)


@dataclass(frozen=True)
class Masked:
    """Text without personal data, and which kinds were taken out."""

    text: str
    kinds: frozenset[PersonalData]


def mask(text: str) -> Masked:
    """Replace e-mail addresses, card numbers, CPR numbers and phone numbers by a word in brackets.

    Digits of any script count as digits. Idempotent: masking masked text changes nothing.
    """
    kinds: set[PersonalData] = set()
    for kind, find in _FINDERS:
        spans = find(text)
        for start, end in reversed(spans):
            text = text[:start] + MASKS[kind] + text[end:]
        if spans:
            kinds.add(kind)
    return Masked(text, frozenset(kinds))


def _emails(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in _EMAIL.finditer(text)]


def _cards(text: str) -> list[tuple[int, int]]:
    spans = []
    for match in _CARD.finditer(text):
        digits = [int(c) for c in match.group() if c.isdigit()]
        before = text[max(0, match.start() - _CONTEXT) : match.start()]
        if _CASE_WORD.search(before) or (len(digits) == 13 and digits[:3] == [5, 7, 9]):
            continue  # an EAN location number is public
        if _luhn(digits) or _CARD_GROUPS.fullmatch(match.group()) or "kort" in before.lower():
            spans.append(match.span())
    return spans


def _cprs(text: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for match in _CPR.finditer(text):
        before = text[max(0, match.start() - _CONTEXT) : match.start()]
        joined = match.group().isdigit()
        spoken_of = bool(_CPR_WORD.search(before))
        if spoken_of or _is_date(match["day"], match["month"]):
            if spoken_of or not _CASE_WORD.search(before):
                spans.append(match.span())
        elif not joined and match["gap"] and not _CASE_WORD.search(before):
            spans.append(match.span())  # 999999-9999: the shape alone tells
    for match in _CPR_SPELT.finditer(text):
        digits = "".join(c for c in match.group() if c.isdigit())
        if _is_date(digits[:2], digits[2:4]) or _CPR_WORD.search(text[: match.start()]):
            spans.append(match.span())
    for match in _CPR_HALVES.finditer(text):
        context = text[max(0, match.start() - _CONTEXT) : match.end() + _CONTEXT]
        close = len(match["between"].strip()) <= 3 and match["between"].strip().isalpha()
        if _is_date(match["day"], match["month"]) and (_CPR_WORD.search(context) or close):
            spans.append(match.span())
    for word in _CPR_WORD.finditer(text):
        follow = _AFTER_CPR_WORD.search(text, word.end(), word.end() + _CONTEXT)
        if follow:
            spans.append(follow.span())
    spans += [match.span("serial") for match in _SERIAL_AFTER_WORD.finditer(text)]
    return _merge(spans)


def _phones(text: str) -> list[tuple[int, int]]:
    spans = [match.span() for match in _PHONE_FOREIGN.finditer(text)]
    for match in _PHONE.finditer(text):
        before = text[max(0, match.start() - _CONTEXT) : match.start()]
        if _CASE_WORD.search(before) or _MONEY_AFTER.match(text, match.end()):
            continue
        digits = "".join(c for c in match.group() if c.isdigit())[-8:]
        grouped = not match.group().isdigit()
        year = digits[4:6] in ("19", "20")
        if grouped and match["sep"] != "" and year and _is_date(digits[:2], digits[2:4]):
            continue  # 12-05-2024
        if not grouped and digits[0] in "01" and not _PHONE_WORD.search(before):
            continue  # no Danish number begins so: a date or a running number
        spans.append(match.span())
    return _merge(spans)


_FINDERS: tuple[tuple[PersonalData, Callable[[str], list[tuple[int, int]]]], ...] = (
    (PersonalData.EMAIL, _emails),
    (PersonalData.CARD, _cards),
    (PersonalData.CPR, _cprs),
    (PersonalData.PHONE, _phones),
)


def _is_date(day: str, month: str) -> bool:
    """Day 1-31, or plus 60 in a replacement number; month 1-12."""
    return (1 <= int(day) <= 31 or 61 <= int(day) <= 91) and 1 <= int(month) <= 12


def _luhn(digits: list[int]) -> bool:
    doubled = [d if n % 2 == 0 else (2 * d - 9 if d > 4 else 2 * d) for n, d in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0


def _merge(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
