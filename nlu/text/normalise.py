"""Bring what people type to a common form, for comparing only: nothing made here is ever shown."""

import re
import unicodedata

MAX_CHARACTERS = 1_000

# Control, format (zero-width marks, direction overrides, soft hyphen, tags), surrogate, private and unassigned.
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn")
_HIDING = re.compile("[\U000e0100-\U000e01ef]")  # variation selectors that can carry hidden text
_SPACES = re.compile(r"[^\S\n]+")
_LINE_ENDS = re.compile(r" ?\n ?")
_BLANK_LINES = re.compile(r"\n{3,}")
_REPEATED = re.compile(r"([a-zæøå!?.])\1{2,}")

_TO_DIGRAPH = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "ä": "ae", "ö": "oe", "ü": "y", "é": "e"})
_BARE = (("aa", "a"), ("ae", "e"), ("oe", "o"))


def clean(text: str) -> str:
    """What a citizen typed, as safe Unicode: composed, without control, hidden or surrogate characters.

    Newlines stay (at most two in a row); other white space becomes single blanks. May return "".
    """
    text = text.encode("utf-8", errors="ignore").decode("utf-8")
    text = _SPACES.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = "".join(c for c in _HIDING.sub("", text) if c == "\n" or unicodedata.category(c) not in _UNSEEN)
    text = _SPACES.sub(" ", unicodedata.normalize("NFC", text))  # again: what stood between two blanks is gone
    return _BLANK_LINES.sub("\n\n", _LINE_ENDS.sub("\n", text)).strip()


def fold(text: str) -> str:
    """Lower case with æ/ø/å written ae/oe/aa, so that Danish typed without Danish keys is the same.

    Three or more of a letter in a row become two ("hjææælp" is "hjaeaelp").
    """
    text = unicodedata.normalize("NFKC", text).lower()
    return _REPEATED.sub(r"\1\1", text).translate(_TO_DIGRAPH)


def fold_bare(text: str) -> str:
    """Like ``fold``, but ae/oe/aa shrink to one letter: "svommehal" equals "svømmehal".

    Coarser: more words fall together, so it is one signal beside others, never the only one.
    """
    text = fold(text)
    for pair, letter in _BARE:
        text = text.replace(pair, letter)
    return text
