"""Tokens, stems and compounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.text.words import CompoundSplitter, stems, tokens


@pytest.fixture(scope="module")
def splitter() -> CompoundSplitter:
    return CompoundSplitter(["beboer", "licens", "parkering", "barn", "vogn", "arbejde", "plads", "zone", "hus", "bil"])


def test_tokens_are_folded_and_without_punctuation():
    assert tokens("Hvad koster et KØREKORT, egentlig?") == ["hvad", "koster", "et", "koerekort", "egentlig"]


def test_tokens_keep_numbers():
    assert "2200" in tokens("bor i 2200 København")


def test_stems_of_the_inflections_of_a_word_are_one():
    assert stems("vogne") == stems("vognen") == stems("vogn")


def test_stems_leave_out_the_grammar_of_a_question():
    assert stems("hvad koster det at få et pas") == ["kost", "pas"]


def test_stems_of_grammar_alone_are_its_words():
    assert stems("hvad er det") == stems("hvad er det ?") != []


def test_english_has_its_own_stop_words():
    assert stems("how do I get a passport", "en") == ["passport"]


@given(st.text())
def test_tokens_and_stems_never_raise(text):
    tokens(text)
    stems(text)
    stems(text, "en")


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("beboerlicens", ["bebo", "lic"]),  # parts are stems
        ("beboerlicensen", ["bebo", "licens"]),
        ("arbejdsplads", ["arbejd", "plad"]),
        ("barnevogn", ["barn", "vogn"]),
        ("beboerparkeringszone", ["bebo", "parkering", "zon"]),
        ("bil", []),
        ("kaktus", []),
        ("", []),
    ],
)
def test_compounds_are_cut_into_known_parts(splitter, word, parts):
    assert splitter.parts(word) == parts


@given(st.text(st.sampled_from("abcdeilnorsæ"), max_size=60))
def test_parts_are_none_or_two_or_three(word):
    assert len(CompoundSplitter(["bil", "barn", "beboer", "licens"]).parts(word)) in (0, 2, 3)
