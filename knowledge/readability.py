"""LIX, the Danish readability measure, and word counts of Markdown text.

Source:
    C.-H. Björnsson, "Läsbarhet", 1968: words per sentence + percent of words over six letters.
"""

import re

_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_WORD = re.compile(r"[^\W\d_]+(?:[-'][^\W\d_]+)*")
_MARKER = re.compile(r"^\s*(?:[-*]|\d+\.)\s+")
_SENTENCE_END = re.compile(r"[.!?:](?:\s|$)")
# A full stop here does not end a sentence: "kl. 8", "130 kr. i 2023", "pr. dag", "1. januar".
_ABBREVIATION = re.compile(r"\b(kl|kr|pr|ca|fx|mv|nr|stk|tlf|evt|jf|osv|bl\.a|f\.eks|e\.g|i\.e|\d+)\.", re.IGNORECASE)


def plain_text(markdown: str) -> str:
    """Markdown without link addresses, emphasis and list markers; one line per paragraph or item."""
    lines = markdown.splitlines()
    return "\n".join(_MARKER.sub("", _LINK.sub(r"\1", line)).replace("**", "").strip() for line in lines)


def word_count(markdown: str) -> int:
    """Words and numbers, as an editor would count them."""
    return len(re.findall(r"\w+(?:[-'.,]\w+)*", plain_text(markdown)))


def lix(markdown: str) -> float:
    """LIX of a section; under 35 is easy, 45 is a newspaper, over 55 is hard. 0.0 without words."""
    words = 0
    long_words = 0
    sentences = 0
    for line in plain_text(markdown).splitlines():
        found = _WORD.findall(line)
        if not found:
            continue
        words += len(found)
        long_words += sum(len(word) > 6 for word in found)
        # A list item or paragraph without a full stop is a sentence all the same.
        ends = _SENTENCE_END.findall(_ABBREVIATION.sub(r"\1", line))
        sentences += max(1, len(ends) if line.rstrip().endswith((".", "!", "?", ":")) else len(ends) + 1)
    if not words:
        return 0.0
    return words / sentences + 100 * long_words / words
