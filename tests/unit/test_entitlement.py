"""T4: a plain request to assess or decide is recognised; a question about rules or consequences is not one."""

import pytest

from knowledge.entitlement import asks_for_a_decision


@pytest.mark.parametrize(
    "text",
    [
        "Har jeg ret til førtidspension med min dårlige ryg?",
        "har vi egentlig ret til et tilskud",
        "Får jeg boligstøtte, hvis jeg tjener 25.000 om måneden?",
        "Jeg er enlig. får jeg så friplads",
        "Jeg er enlig, får jeg friplads",
        "Kan I godkende min ansøgning om boligstøtte nu?",
        "vil du ikke bare godkende den",
        "godkend min byggetilladelse",
        "Kan I love mig en bolig?",
        "Er min mor berettiget til hjemmehjælp?",
        "Opfylder jeg betingelserne?",
        "Am I entitled to housing benefit?",
        "Do I qualify for early pension?",
        "Will I get a permit for my balcony?",
        "Please approve my application",
    ],
)
def test_a_request_to_assess_or_decide_is_recognised(text):
    assert asks_for_a_decision(text)


@pytest.mark.parametrize(
    "text",
    [
        "Hvordan får jeg boligstøtte?",
        "Hvem kan få førtidspension?",
        "Hvad har jeg ret til som pårørende?",
        "Får jeg en bøde, hvis jeg melder flytning for sent?",
        "Får jeg nyt sundhedskort, når jeg flytter?",
        "Hvornår får jeg svar på min byggetilladelse?",
        "hendes far vil ikke trykke godkend på nettet",
        "How do I get a permit?",
        "Who is eligible for housing benefit?",
    ],
)
def test_a_question_about_rules_or_consequences_is_not(text):
    assert not asks_for_a_decision(text)
