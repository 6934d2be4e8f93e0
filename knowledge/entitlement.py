"""Recognise that somebody asks whether they themselves are entitled, or asks for a decision, in so many words.

Only people decide, so these get the rule and a person whatever the ranking says. The act classifier finds the
freer wordings; this list makes sure of the plain ones. A consequence ("får jeg en bøde, hvis …") is no entitlement.
"""

import re

_GRANTED = (
    "støtte|boligstøtte|pension|førtidspension|seniorpension|folkepension|kontanthjælp|sygedagpenge|dagpenge|tilladelse|byggetilladelse|"
    "bevilling|alkoholbevilling|friplads|tillæg|helbredstillæg|tilskud|bolig|plejebolig|plads|hjemmehjælp|hjælpemiddel|licens|"
    "housing benefit|cash benefit|sickness benefit|pension|permit|permission|licence|license|place|home care"
)
_PLAIN = re.compile(
    rf"""
    (?<!hvad\ )\b(?:har|have)\ (?:jeg|vi|min\ \w+)\ (?:egentlig\ |overhovedet\ )?ret\ til\b
    | \b(?:er|bliver)\ (?:jeg|vi|min\ \w+)\ berettiget\b
    | \bopfylder\ (?:jeg|vi)\ (?:kravene|betingelserne)\b
    | (?:^|[.!?,]\s+|\bog\s)får\ (?:jeg|vi)\ (?:\w+\ ){{0,2}}(?:{_GRANTED})\b
    | \b(?:kan|vil|gider)\ (?:i|du)\ (?:ikke\ |bare\ |lige\ )*(?:godkende|bevilge|love)\b
    | \bgodkend\ (?:nu|min|mit|mine|vores|den|det)\b
    | \bam\ i\ (?:entitled|eligible)\b | \bdo\ (?:i|we)\ qualify\b
    | (?:^|[.!?,]\s+)will\ (?:i|we)\ (?:get|be\ given)\ (?:\w+\ ){{0,2}}(?:{_GRANTED})\b
    | \b(?:approve|grant)\ (?:my|our|me)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)


def asks_for_a_decision(text: str) -> bool:
    """Whether the text asks, in plain words, for an assessment of the writer or for a decision."""
    return bool(_PLAIN.search(text))
