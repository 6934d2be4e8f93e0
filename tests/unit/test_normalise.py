"""Cleaning and folding of what people type."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.text.normalise import clean, fold, fold_bare

ANY_TEXT = st.text(st.characters(exclude_categories=()))  # surrogates and unassigned too
NASTY = st.text(
    st.sampled_from("a å\u030a\u200b\u0301\n\r\t \u00a0\ud800\u202e\U000e0041\U000e0100\x00\u2028."), max_size=12
)


@given(ANY_TEXT | NASTY)
def test_clean_is_idempotent(text):
    assert clean(clean(text)) == clean(text)


@given(ANY_TEXT | NASTY)
def test_clean_leaves_nothing_that_cannot_be_seen(text):
    cleaned = clean(text)
    unseen = [c for c in cleaned if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn")]
    assert unseen == []
    assert cleaned == cleaned.strip()
    assert "\n\n\n" not in cleaned
    assert "  " not in cleaned
    cleaned.encode("utf-8")


@given(st.text(st.characters(categories=["Lu", "Ll", "Nd"]), min_size=1))
def test_clean_keeps_letters_and_digits(text):
    assert clean(text) == unicodedata.normalize("NFC", text)


@given(ANY_TEXT)
def test_fold_never_raises(text):
    fold(text)
    fold_bare(text)


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("hej\tdig", "hej dig"),  # a tab parts words
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\n\n\n\n\nb", "a\n\nb"),
        ("a \n \n \n b", "a\n\nb"),
        ("pa\u00ads", "pas"),
        ("p\u200ba\u200ds", "pas"),
        ("a\u030arhus", "århus"),
        ("hej\x00\x07", "hej"),
        ("\ud83d hej", "hej"),
        ("hej\U000e0068\U000e0069", "hej"),
        ("\u202egro.live", "gro.live"),
        (" \n\t ", ""),
        ("👍 tak", "👍 tak"),
    ],
)
def test_clean(typed, cleaned):
    assert clean(typed) == cleaned


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("kørekort", "koerekort"),
        ("KØREKORT", "kørekort"),
        ("Århus", "aarhus"),
        ("læge", "laege"),
        ("hjææææælp", "hjæælp"),
        ("söndag", "søndag"),
        ("ｐａｓ", "pas"),
        ("café", "cafe"),
    ],
)
def test_fold_makes_spellings_of_one_word_equal(one, other):
    assert fold(one) == fold(other)


def test_fold_keeps_different_words_apart():
    assert fold("mål") != fold("mal")


def test_fold_bare_forgives_missing_danish_keys():
    assert fold_bare("svømmehal") == fold_bare("svommehal")
    assert fold_bare("gård") == fold_bare("gard")
