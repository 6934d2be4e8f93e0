"""Danish words: tokens, stems, and the known parts of compounds."""

from collections.abc import Iterable
from functools import lru_cache

import spacy
import Stemmer

from nlu.text.normalise import fold

_MIN_PART = 3
_LINKING = ("", "s", "e", "er")  # beboer·licens, arbejd·s·plads, barn·e·vogn


@lru_cache(maxsize=2)
def _tokenizer(language: str) -> "spacy.tokenizer.Tokenizer":
    return spacy.blank(language).tokenizer


@lru_cache(maxsize=2)
def _stemmer(language: str) -> Stemmer.Stemmer:
    return Stemmer.Stemmer({"da": "danish", "en": "english"}[language])


# Words that carry the grammar of a question and not its matter, folded.
STOP_WORDS: dict[str, frozenset[str]] = {
    "da": frozenset(
        fold(
            "af alle alt anden at blev blive bliver da de dem den denne der deres det dette dig din disse dit dog du "
            "efter eller en end er et for fra få får få ham han hans har havde have hej hende hendes her hos hun hvad "
            "hvem hvis hvor hvordan hvornår i ikke ind jeg jer jeres jo kan kun kunne lige man mange med meget men mig "
            "min mine mit mod må måtte ned noget nogen når nu og også om op os over på så sig sin skal skulle som "
            "sådan til ud under var vi vil ville vores være være været ok tak gerne bare godt"
        ).split()
    ),
    "en": frozenset(
        "a an and are as at be but by can do does for from get have hello hi how i if in is it me my no not of on or "
        "our please should that the there they this to was we what when where which who will with would you "
        "your".split()
    ),
}


def tokens(text: str, language: str = "da") -> list[str]:
    """Words and numbers of ``text`` as spaCy's tokeniser cuts them, folded, without punctuation."""
    found = []
    for token in _tokenizer(language)(text):
        if token.is_punct or token.is_space:
            continue
        folded = fold(token.text).strip("-–'\"")
        if folded and any(c.isalnum() for c in folded):
            found.append(folded)
    return found


def stems(text: str, language: str = "da") -> list[str]:
    """Snowball stems of the content words of ``text``, in order; all words if none is content."""
    words = tokens(text, language)
    content = [word for word in words if word not in STOP_WORDS[language]]
    return [str(stem) for stem in _stemmer(language).stemWords(content or words)]


class CompoundSplitter:
    """Finds the known parts of a Danish compound: "beboerlicensen" holds beboer and licens.

    The parts come from the knowledge base's own words, so that it is as good as the articles and
    needs no dictionary. Works on folded words.
    """

    def __init__(self, vocabulary: Iterable[str]) -> None:
        stemmer = _stemmer("da")
        self._parts = {
            str(stemmer.stemWord(word)) for word in vocabulary if len(word) >= _MIN_PART and word.isalpha()
        } | {word for word in vocabulary if len(word) >= _MIN_PART + 1 and word.isalpha()}
        self._parts = {part for part in self._parts if len(part) >= _MIN_PART}

    def parts(self, word: str) -> list[str]:
        """Stems of two or three known parts that make up ``word``; [] if it is no known compound."""
        return self._split(word, depth=3) if len(word) >= 2 * _MIN_PART else []

    def _split(self, word: str, depth: int) -> list[str]:
        stemmer = _stemmer("da")
        for cut in range(len(word) - _MIN_PART, _MIN_PART - 1, -1):
            head, tail = word[:cut], word[cut:]
            if not self._known_head(head):
                continue
            tail_stem = str(stemmer.stemWord(tail))
            if tail_stem in self._parts or tail in self._parts:
                return [str(stemmer.stemWord(head)), tail_stem]
            if depth > 2:
                rest = self._split(tail, depth - 1)
                if rest:
                    return [str(stemmer.stemWord(head)), *rest]
        return []

    def _known_head(self, head: str) -> bool:
        return any(head.endswith(link) and head[: len(head) - len(link)] in self._parts for link in _LINKING)
