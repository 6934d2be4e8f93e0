"""LIX and word counts, against counts by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.readability import lix, plain_text, word_count

COUNTED = [
    # words / sentences + 100 * long words / words
    ("Jeg har en hund.", 4 / 1 + 0),
    ("Bestil tid i Borgerservice. Tag dit gamle pas med.", 9 / 2 + 100 * 1 / 9),
    ("Sagsbehandlingen forlænges undertiden.", 3 + 100),
    ("Vi åbner kl. 9 og lukker kl. 16.", 6 / 1 + 0),  # numbers are no words; "kl." ends no sentence
    ("Du skal:\n\n- søge i tide\n- betale gebyret", (2 + 3 + 2) / 3 + 100 * 1 / 7),
    ("Se [siden om pas](https://www.example.dk/meget-lang-adresse).", 4 / 1),
    ("**Husk** pas, f.eks. det gamle.", 6 / 1),
    ("Hvorfor? Fordi!", 2 / 2 + 100 * 1 / 2),
    ("En linje uden punktum", 4 / 1 + 100 * 1 / 4),
    ("", 0.0),
    ("12 34", 0.0),
]


@pytest.mark.parametrize(("text", "expected"), COUNTED)
def test_lix_equals_the_count_by_hand(text, expected):
    assert lix(text) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "count"),
    [("Et pas koster 891 kr.", 5), ("- et\n- to", 2), ("[to ord](https://example.dk)", 2), ("kl. 9.30-16", 2), ("", 0)],
)
def test_words_are_counted_as_an_editor_would(text, count):
    assert word_count(text) == count


def test_plain_text_has_no_markdown():
    assert plain_text("1. **Gå** til [siden](https://example.dk)\n- *ja*") == "Gå til siden\n*ja*"


@given(st.text())
def test_lix_never_raises_and_is_never_negative(text):
    assert lix(text) >= 0
    assert word_count(text) >= 0
