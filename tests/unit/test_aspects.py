"""Headings and questions are about the same aspects."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.aspects import HEADINGS, Aspect, aspect_of_heading, aspects_of_question


def test_every_aspect_has_a_danish_and_an_english_heading():
    for aspect in Aspect:
        if aspect is not Aspect.OTHER:
            assert sum(found is aspect for found in HEADINGS.values()) >= 2, aspect


@pytest.mark.parametrize("heading", ["Kort svar", " kort SVAR ", "Short answer"])
def test_a_heading_is_known_whatever_its_case(heading):
    assert aspect_of_heading(heading) is Aspect.SHORT


def test_a_free_heading_is_other():
    assert aspect_of_heading("Særligt for cykler") is Aspect.OTHER


ASKED = [
    ("hvad koster det", Aspect.PRICE),
    ("er det gratis?", Aspect.PRICE),
    ("How much is it", Aspect.PRICE),
    ("det haster, jeg rejser i morgen tidlig", Aspect.URGENT),
    ("hvordan klager jeg", Aspect.COMPLAINT),
    ("jeg har fået afslag", Aspect.COMPLAINT),
    ("hvilke papirer skal jeg have med", Aspect.BRING),
    ("what do I need to bring", Aspect.BRING),
    ("kan min kone hente det", Aspect.BEHALF),
    ("jeg ordner det for min mor", Aspect.BEHALF),
    ("hvor lang tid tager det", Aspect.DURATION),
    ("hvornår får jeg svar", Aspect.DURATION),
    ("hvornår er fristen", Aspect.DURATION),
    ("hvad er fristen", Aspect.DEADLINE),
    ("is it too late to apply", Aspect.DEADLINE),
    ("har I åbent på lørdag", Aspect.HOURS),
    ("hvad er telefonnummeret", Aspect.CONTACT),
    ("hvem kan søge", Aspect.WHO),
    ("hvordan gør jeg", Aspect.HOW),
    ("Where do I sign up", Aspect.HOW),
]


@pytest.mark.parametrize(("text", "aspect"), ASKED)
def test_the_first_aspect_of_a_question(text, aspect):
    assert aspects_of_question(text)[0] is aspect


@pytest.mark.parametrize("text", ["pas", "jeg har mistet mit sundhedskort", "skole", ""])
def test_a_question_without_a_cue_has_no_aspect(text):
    assert aspects_of_question(text) == ()


@given(st.text())
def test_aspects_never_raise_and_never_repeat(text):
    found = aspects_of_question(text)
    assert len(found) == len(set(found))
    assert Aspect.SHORT not in found
