"""Masking: TRUST.md G1. The corpus marks with « and » what must go; nothing else may."""

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from nlu.text.personal_data import MASKS, PersonalData, mask

CORPUS: dict[str, list[str]] = yaml.safe_load(
    (Path(__file__).parent / "data" / "personal_data.yml").read_text(encoding="utf-8")
)
NOTHING = CORPUS["nothing"]
MARKED = [(PersonalData(kind), text) for kind, texts in CORPUS.items() if kind != "nothing" for text in texts]


def shown(marked: str) -> str:
    """What the citizen types."""
    return re.sub("[«»]", "", marked)


def digits(text: str) -> Counter[str]:
    return Counter(c for c in text if c.isdigit())


def leaks(marked: str) -> bool:
    """Whether a digit (or the @) of a marked part survives."""
    allowed = digits(re.sub("«[^»]*»", "", marked))
    masked = mask(shown(marked)).text
    return bool(digits(masked) - allowed) or ("@" in masked and "@" in "".join(re.findall("«([^»]*)»", marked)))


def masks_too_much(marked: str) -> bool:
    """Whether something outside the marks is gone."""
    rest = digits(re.sub("«[^»]*»", "", marked))
    return bool(rest - digits(mask(shown(marked)).text))


def test_the_corpus_is_large_enough_g1():
    sizes = {kind: len(set(texts)) for kind, texts in CORPUS.items()}
    assert sizes["cpr"] >= 400
    assert sizes["nothing"] >= 300
    assert min(sizes[kind] for kind in ("phone", "email", "card")) >= 25
    assert all("«" in text for _, text in MARKED)


def test_cpr_recall_is_at_least_999_per_mille_g1():
    missed = [
        text
        for kind, text in MARKED
        if kind is PersonalData.CPR and (leaks(text) or kind not in mask(shown(text)).kinds)
    ]
    assert len(missed) / len(CORPUS["cpr"]) <= 0.001, missed


def test_precision_is_at_least_98_percent_g1():
    wrong = [text for text in NOTHING if mask(text).text != text] + [t for _, t in MARKED if masks_too_much(t)]
    right = [text for _, text in MARKED if mask(shown(text)).kinds]
    assert len(right) / (len(right) + len(wrong)) >= 0.98, wrong


def test_cpr_precision_is_at_least_98_percent_g1():
    wrong = [t for t in NOTHING if PersonalData.CPR in mask(t).kinds]
    right = [t for kind, t in MARKED if kind is PersonalData.CPR and PersonalData.CPR in mask(shown(t)).kinds]
    assert len(right) / (len(right) + len(wrong)) >= 0.98, wrong


@pytest.mark.parametrize("kind", [PersonalData.PHONE, PersonalData.EMAIL, PersonalData.CARD])
def test_other_kinds_are_found_too_g1(kind):
    missed = [text for k, text in MARKED if k is kind and (leaks(text) or kind not in mask(shown(text)).kinds)]
    assert missed == []


@pytest.mark.parametrize("text", [shown(text) for _, text in MARKED])
def test_masking_masked_text_changes_nothing(text):
    once = mask(text)
    assert mask(once.text).text == once.text
    assert once.kinds


@given(
    st.integers(1, 31),
    st.integers(1, 12),
    st.integers(0, 99),
    st.integers(0, 9999),
    st.sampled_from(["", "-", " ", " - ", "–"]),
    st.sampled_from([0, 60]),
)
def test_no_cpr_digits_survive_whatever_the_date_g1(day, month, year, serial, gap, plus):
    text = f"mit nummer: {day + plus:02d}{month:02d}{year:02d}{gap}{serial:04d} tak"
    assert digits(mask(text).text) == Counter()


@given(st.text())
def test_mask_never_raises(text):
    mask(text)


@given(st.text(st.sampled_from("0123456789 -./,+@abcprosidfe4:\n"), max_size=60))
def test_mask_is_idempotent_on_number_salad(text):
    once = mask(text).text
    assert mask(once).text == once


def test_long_text_is_masked_in_reasonable_time():
    mask("cpr 12 " * 1500 + "1 " * 3000 + "a.b" * 1000)


def test_each_kind_has_its_own_word():
    assert len(set(MASKS.values())) == len(PersonalData)
    assert mask("bo@example.dk, 150845-6021, tlf 26141516, kort 4571 1234 5678 9012").text == (
        "[e-mail], [cpr-nummer], tlf [telefonnummer], kort [kortnummer]"
    )
