"""Find and mask personal data in running Danish text, before it is stored, logged or understood.

CPR numbers are masked by shape and context, not by validity: a mistyped CPR number is still one. Where a number
could be a CPR number or something else, it is masked. tests/unit/data/personal_data.yml holds what must be found,
and what must not.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
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

Span = tuple[int, int]

_CONTEXT = 40  # characters before a number in which a word says what the number is
_AFTER_WORD = 60  # characters after "cpr" in which its number begins

# All patterns see the text as ``_plain`` writes it: ASCII digits, "-" for every dash, blanks for tabs and the like.

_EMAIL = re.compile(
    r"[\w.+%'-]+\s?(?:@|[(\[]at[)\]]|\bsnabel-?a\b)\s?[\w-]+(?:\.[\w-]+)+"
    r"|[\w.+-]+ (?:at|snabel-?a) [\w-]+(?: (?:dot|punktum) [\w-]+)+",
    re.IGNORECASE,
)

_CARD = re.compile(r"(?<!\d)\d(?:[ .-]?\d){12,18}(?!\d)")
_CARD_GROUPS = re.compile(r"\d{4}([ .-])\d{4}\1\d{4}\1\d{1,4}")
_EAN = re.compile(r"(?<!\d)579(?: ?\d){10}(?!\d)")  # a public institution's location number

_PAIR = r"[ .,/-]{0,3}"
_DATE = rf"(?<!\d)(?<!\d-)(?P<day>\d\d){_PAIR}(?P<month>\d\d){_PAIR}(?P<year>(?:18|19|20)\d\d|\d\d)"
_NOT_MONEY = r"(?!,\d)(?!\s*(?:kr\b|kroner|,-|dkk|euro|€|m2|kvm))"
_NOT_POSTAL = r"(?!\s*(?:københavn|kbh|copenhagen|frederiksberg|valby|vanløse|brønshøj|nordhavn))"
_SERIAL_END = rf"(?!\d){_NOT_MONEY}{_NOT_POSTAL}"
# Day, month, year, anything but a word, then the four serial digits: 150845-6021, 15.08.1945 6021, 150845 (60 21).
_CPR = re.compile(rf"{_DATE}(?:[\Wx_]{{0,4}}\d{{4}}|[\Wx_]{{1,4}}\d\d \d\d){_SERIAL_END}", re.IGNORECASE)
_CPR_SHAPE = re.compile(r"(?<!\d)(?<!\d-)\d{6}-\d{4}(?!\d)")  # tells by itself, whatever the digits
_CPR_SPELT = re.compile(r"(?<!\d)\d(?:[ .,/-]{1,3}\d){9}(?!\d)")  # 1 5 0 8 4 5 - 6 0 2 1
# 15/8-45-6021, 1.2.1945 - 6021
_CPR_SHORT_DATE = re.compile(
    r"(?<![\d.,/-])(?P<day>\d{1,2})[./-] ?(?P<month>\d{1,2})[./ -]{1,2}(?:(?:18|19|20)\d\d|\d\d) ?- ?"
    rf"(?!20\d\d)\d{{4}}{_SERIAL_END}"
)
_CPR_HALVES = re.compile(
    rf"{_DATE}(?P<between>(?:\D|(?<=\s)4(?=\s)){{1,40}}?)(?P<serial>\d{{4}}){_SERIAL_END}", re.IGNORECASE
)
_BETWEEN_HALVES = {
    "og", "så", "saa", "and", "then", "derefter", "dernæst", "streg", "bindestreg", "tankestreg", "minus", "dash",
    "hyphen", "mellemrum", "space", "efterfulgt", "af", "med", "endelsen", "endelse", "resten", "slutter", "på",
}  # fmt: skip
_WEAK_BETWEEN = {"og", "and", "så", "på", "med", "af"}
# In so many words a CPR number: then any number of six to twelve digits is taken for one.
_CPR_WORD = re.compile(
    r"(?<!\[)(?:c[ .]?p[ .]?r|\bcp-?n|pers(?:on|\.)?\s?-?n|person(?:al)? (?:identification )?num)|"
    r"sygesikring|\bssn\b|social\s+security|(?:sidste|last)\s+(?:fire|four|4)|(?:fire|4)\s+sidste|løbenummer|kontrolcif",
    re.IGNORECASE,
)
_AFTER_CPR_WORD = re.compile(r"(?<!\d)\d(?:[ .,/x-]{0,3}\d){5,12}(?!\d)")
_CLOCK = re.compile(r"\d{1,2}[.:]\d\d ?- ?\d{1,2}[.:]\d\d")
_SERIAL_AFTER_WORD = re.compile(
    r"(?:(?:sidste|last)\s+(?:fire|four|4)|(?:fire|4)\s+sidste|løbenummer\w*|kontrolcif\w*)"
    r"(?:\W+(?:cifre|ciffer|tal|digits|numbers|i|in|of|af|mit|min|my|the|cpr\w*|personnummer\w*|nummer\w*|nr|er|are|is|nemlig))*"
    r"\W{1,3}(?P<serial>\d{4})(?!\d)" + _NOT_MONEY,
    re.IGNORECASE,
)

_PHONE_FOREIGN = re.compile(r"(?<![\d+])(?:\(?\+\d{1,3}\)?|00[1-9]\d{0,2})(?:[ .-]?\d){6,13}(?!\d)")
# Eight digits in pairs, in fours or together; not a piece of a longer number, a decimal or a span of time.
_NOT_BEFORE = r"(?<!\d)(?<!\d[.,:-])"
_PHONE = re.compile(rf"{_NOT_BEFORE}(?:45[ -]?)?(?:\d\d([ .-]?)\d\d\1\d\d\1\d\d|\d{{4}} \d{{4}})(?!\d)(?![.,:-]\d)")
# Other groupings are a phone number only where a word says so.
_PHONE_ODD = re.compile(rf"{_NOT_BEFORE}\d(?:[ .-]?\d){{7}}(?!\d)")
_PHONE_WORD = re.compile(
    r"(?:tlf|telefon|mobil|\bring|nummer|fang\w* mig|phone|call)\W*(?:\w+\W+){0,4}$", re.IGNORECASE
)
_TWO_YEARS = re.compile(r"(?:19|20)\d\d (?:19|20)\d\d")

# A number right after one of these is what the word says, and is no person's.
_CASE_NUMBER = (
    r"sags?\s?-?(?:nr|nummer|id)|journal\w*|j\.?\s?nr|faktura\w*|ordre\w*|cvr\w*|p-?nummer|p-?nr|ean\w*|gln|matrikel\w*|"
    r"ref\w*|kvittering\w*|afgifts?\s?-?(?:nr|nummer)\w*|licens\w*|varenummer|isbn|bfe\w*|postnr\w*|receipt|invoice|case\s?n\w*"
)
_NUMBER_WORDS = r"[\s.:#-]*(?:er|nr\.?|nummer|number|no\.?)?[\s.:#-]*$"
_CASE_WORD = re.compile(rf"\b(?:{_CASE_NUMBER}){_NUMBER_WORDS}", re.IGNORECASE)
# "min sag 150845-6021" may well be a CPR number; "min sag 26141516" is no phone number.
_CASE_WORD_LOOSE = re.compile(rf"\b(?:{_CASE_NUMBER}|sag|case){_NUMBER_WORDS}", re.IGNORECASE)
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
        spans = _merge(find(_plain(text)))
        for start, end in reversed(spans):
            text = text[:start] + MASKS[kind] + text[end:]
        if spans:
            kinds.add(kind)
    return Masked(text, frozenset(kinds))


def _plain(text: str) -> str:
    """The same number of characters in a plainer form, for the patterns."""
    return _LETTER_O.sub("0", "".join(_plain_character(c) for c in text))


_LETTER_O = re.compile(r"(?:(?<![^\W\d_])|(?<=\d))[oO](?=\d)")  # O1O345: the letter where the digit is meant


def _plain_character(character: str) -> str:
    if character.isascii():
        return " " if character in "\t\r\v\f" else character
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Pd" or character == "\N{MINUS SIGN}":
        return "-"
    return " " if category == "Zs" else character


def _emails(text: str) -> Iterator[Span]:
    for match in _EMAIL.finditer(text):
        yield match.span()


def _cards(text: str) -> Iterator[Span]:
    for match in _CARD.finditer(text):
        before = _before(text, match)
        if _CASE_WORD.search(before) or _EAN.fullmatch(match.group()):
            continue
        digits = _digits(match.group())
        if (len(digits) >= 15 and _luhn(digits)) or _CARD_GROUPS.fullmatch(match.group()) or "kort" in before.lower():
            yield match.span()


def _cprs(text: str) -> Iterator[Span]:
    yield from _cprs_by_shape(text)
    yield from _cprs_in_halves(text)
    yield from _cprs_after_a_word(text)


def _cprs_by_shape(text: str) -> Iterator[Span]:
    for match in (*_CPR.finditer(text), *_CPR_SHORT_DATE.finditer(text)):
        if _CPR_WORD.search(_before(text, match)) or (
            _is_date(match["day"], match["month"]) and not _CASE_WORD.search(_before(text, match))
        ):
            yield match.span()
    for match in _CPR_SHAPE.finditer(text):
        if not _CASE_WORD.search(_before(text, match)):
            yield match.span()
    for match in _CPR_SPELT.finditer(text):
        digits = _digits(match.group())
        if _is_date(digits[:2], digits[2:4]) or _CPR_WORD.search(_before(text, match)):
            yield match.span()


def _cprs_in_halves(text: str) -> Iterator[Span]:
    """The date, a few words, and the serial: "150845 og så 6021", "født 150845 … sidste fire er 6021"."""
    for match in _CPR_HALVES.finditer(text):
        if not _is_date(match["day"], match["month"]):
            continue
        words = re.findall(r"[^\W\d_]+", match["between"].lower())
        in_words_only = all(word in _BETWEEN_HALVES or set(word) == {"x"} for word in words)
        date = text[match.start("day") : match.end("year")]
        together = re.fullmatch(r"[\d ]+", date)  # "01.12.26 og 4500" is a date and something else
        told = _CPR_WORD.search(text, max(0, match.start() - _CONTEXT), match.end() + _CONTEXT)
        if told or (in_words_only and words and (together or set(words) - _WEAK_BETWEEN)):
            yield match.span()


def _cprs_after_a_word(text: str) -> Iterator[Span]:
    for word in _CPR_WORD.finditer(text):
        follow = _AFTER_CPR_WORD.search(text, word.end())
        if follow is None or follow.start() > word.end() + _AFTER_WORD or _CLOCK.match(follow.group()):
            continue
        between = text[word.end() : follow.start()]
        if not (_CASE_WORD_LOOSE.search(between) or _PHONE_WORD.search(between.replace("nummer", ""))):
            yield follow.span()
    for match in _SERIAL_AFTER_WORD.finditer(text):
        yield match.span("serial")


def _phones(text: str) -> Iterator[Span]:
    text = _EAN.sub(lambda match: "_" * len(match.group()), text)
    for match in _PHONE_FOREIGN.finditer(text):
        yield match.span()
    for pattern in (_PHONE, _PHONE_ODD):
        for match in pattern.finditer(text):
            before = _before(text, match)
            if _CASE_WORD_LOOSE.search(before) or _MONEY_AFTER.match(text, match.end()) or _CLOCK.match(match.group()):
                continue
            # No Danish number begins with 0 or 1: a date, a list or a running number.
            plain = pattern is _PHONE and match.group()[0] not in "01" and not _TWO_YEARS.fullmatch(match.group())
            if plain or _PHONE_WORD.search(before):
                yield match.span()


_FINDERS: tuple[tuple[PersonalData, Callable[[str], Iterator[Span]]], ...] = (
    (PersonalData.EMAIL, _emails),
    (PersonalData.CARD, _cards),
    (PersonalData.CPR, _cprs),
    (PersonalData.PHONE, _phones),
)


def _before(text: str, match: "re.Match[str]") -> str:
    return text[max(0, match.start() - _CONTEXT) : match.start()]


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


def _is_date(day: str, month: str) -> bool:
    """Day 1-31, or plus 60 in a replacement number; month 1-12."""
    return (1 <= int(day) <= 31 or 61 <= int(day) <= 91) and 1 <= int(month) <= 12


def _luhn(digits: str) -> bool:
    numbers = [int(d) for d in reversed(digits)]
    doubled = [d if n % 2 == 0 else (2 * d - 9 if d > 4 else 2 * d) for n, d in enumerate(numbers)]
    return sum(doubled) % 10 == 0


def _merge(spans: Iterator[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
