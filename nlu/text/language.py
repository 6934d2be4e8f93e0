"""Which language a message is in: Danish, English, or another one.

Danish, Norwegian and Swedish are not told apart: on chat-length text that does not work well
enough to act on, and a Danish answer serves all three.
"""

import re
from functools import lru_cache
from typing import Literal

from lingua import Language as _Lingua
from lingua import LanguageDetector, LanguageDetectorBuilder

Language = Literal["da", "en"]

_LETTERS = re.compile(r"[^\W\d_]+")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]")
_DANISH_LETTERS = re.compile(r"[æøåÆØÅ]")
# Words that carry a sentence and belong to one of the two languages only.
_ENGLISH_WORDS = frozenset(
    "the how my what where are you with and please does need from when who which would this there of your it i'm have "
    "has can could is was we our they not but about should want get if or".split()
)
_DANISH_WORDS = frozenset(
    "jeg hvordan hvad min mit mine og ikke det er til på skal hvor med som der vi du har af om hvornår må hvem ikk ik "
    "kan en et den de sig os jer nogen noget være hos ved ind ud når efter vil".split()
)
# Names and codes that people use in both languages.
_NAMES = frozenset(
    {"mitid", "nemid", "nemkonto", "borger", "cpr", "cvr", "aula", "eboks", "ok", "okay", "sms", "pas", "kk", "dk"}
)
_SURE = 0.80  # below this a short message does not change the language of a conversation
_FOREIGN_SURE = 0.85
_FOREIGN_WORDS = 4

_FOREIGN = (
    _Lingua.GERMAN, _Lingua.FRENCH, _Lingua.SPANISH, _Lingua.POLISH, _Lingua.TURKISH, _Lingua.ROMANIAN,
    _Lingua.SOMALI, _Lingua.ITALIAN, _Lingua.PORTUGUESE, _Lingua.LITHUANIAN,
)  # fmt: skip
_NORDIC = (_Lingua.DANISH, _Lingua.BOKMAL, _Lingua.SWEDISH)


@lru_cache(maxsize=1)
def _two() -> LanguageDetector:
    return LanguageDetectorBuilder.from_languages(_Lingua.DANISH, _Lingua.ENGLISH).build()


@lru_cache(maxsize=1)
def _many() -> LanguageDetector:
    # Trigrams only: 14 full models would take 280 MB, and a whole foreign sentence is plain enough.
    languages = (*_NORDIC, _Lingua.ENGLISH, *_FOREIGN)
    return LanguageDetectorBuilder.from_languages(*languages).with_low_accuracy_mode().build()


def warm_up() -> None:
    """Load the models now, so that no citizen waits for them."""
    _two().compute_language_confidence("hvad koster et pas", _Lingua.DANISH)
    _is_foreign("hvad koster et pas")


def detect_language(text: str, previous: Language = "da") -> Language | Literal["other"]:
    """The language to answer in: ``da`` or ``en``; ``other`` if it is clearly neither.

    Args:
        text: One message.
        previous: Language of the conversation so far; kept where the message does not tell
            ("ok", "MitID", "2200").
    """
    words = _LETTERS.findall(text)
    if all(word.lower() in _NAMES for word in words):
        return previous
    letters = "".join(words)
    if len(_LATIN.findall(letters)) < len(letters) / 2:
        return "other"
    lower = [word.lower() for word in words]
    english, danish_words = (sum(w in known for w in lower) for known in (_ENGLISH_WORDS, _DANISH_WORDS))
    if english >= 2 and english > 2 * danish_words:
        return "en"  # also where a street or a district is written with æ, ø or å
    if _DANISH_LETTERS.search(text):
        return "da"
    danish = _two().compute_language_confidence(text, _Lingua.DANISH)
    if len(words) >= _FOREIGN_WORDS and _is_foreign(text):
        return "other"
    if danish >= _SURE:
        return "da"
    if danish <= 1 - _SURE and len(words) >= 2:
        return "en"
    return previous


def _is_foreign(text: str) -> bool:
    best = _many().compute_language_confidence_values(text)[0]
    return best.language in _FOREIGN and best.value >= _FOREIGN_SURE
