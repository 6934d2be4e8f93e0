"""What a question is about within its topic: the price, the deadline, the papers …

The cues are words people use; they choose the passage within an article that was found, never the article.
"""

import re
from enum import StrEnum


class Aspect(StrEnum):
    """What a section of an article answers."""

    SHORT = "short"
    HOW = "how"
    WHO = "who"
    BRING = "bring"
    PRICE = "price"
    DEADLINE = "deadline"
    DURATION = "duration"
    HOURS = "hours"
    URGENT = "urgent"
    BEHALF = "behalf"
    RULES = "rules"
    REMEMBER = "remember"
    COMPLAINT = "complaint"
    CONTACT = "contact"
    OTHER = "other"


HEADINGS: dict[str, Aspect] = {
    "kort svar": Aspect.SHORT,
    "sådan gør du": Aspect.HOW,
    "sådan gør i": Aspect.HOW,
    "hvem kan": Aspect.WHO,
    "det skal du have med": Aspect.BRING,
    "det skal i have med": Aspect.BRING,
    "pris": Aspect.PRICE,
    "frist": Aspect.DEADLINE,
    "så lang tid tager det": Aspect.DURATION,
    "åbningstid": Aspect.HOURS,
    "hvis det haster": Aspect.URGENT,
    "hvis en anden skal hjælpe dig": Aspect.BEHALF,
    "regler": Aspect.RULES,
    "husk": Aspect.REMEMBER,
    "klage": Aspect.COMPLAINT,
    "kontakt": Aspect.CONTACT,
    "short answer": Aspect.SHORT,
    "how to do it": Aspect.HOW,
    "who can": Aspect.WHO,
    "what to bring": Aspect.BRING,
    "price": Aspect.PRICE,
    "deadline": Aspect.DEADLINE,
    "how long it takes": Aspect.DURATION,
    "opening hours": Aspect.HOURS,
    "if it is urgent": Aspect.URGENT,
    "if someone helps you": Aspect.BEHALF,
    "rules": Aspect.RULES,
    "remember": Aspect.REMEMBER,
    "complaint": Aspect.COMPLAINT,
    "contact": Aspect.CONTACT,
}

# Order matters: the first aspect whose cue is found is the one asked about.
_CUES: tuple[tuple[Aspect, str], ...] = (
    (
        Aspect.PRICE,
        (
            r"hvad koster|koste|pris(en|er)?\b|gebyr|takst|gratis|betale for|hvor dyrt|hvor meget er det|kroner|"
            r"how much|cost|price|fee\b|free of charge"
        ),
    ),
    (
        Aspect.URGENT,
        r"haster|akut|med det samme|i dag|idag|i morgen tidlig|hurtigst|på én dag|urgent|right now|today|asap",
    ),
    (
        Aspect.COMPLAINT,
        r"\bklage|afslag|uenig|utilfreds|complain|appeal|refus",
    ),
    (
        Aspect.BRING,
        r"have med|tage med|medbringe|papirer|dokument|bilag|legitimation|what .{0,24}bring|papers|documents",
    ),
    (
        Aspect.BEHALF,
        (
            r"for min (mor|far|mand|kone|mormor|morfar|farmor|farfar|søster|bror|søn|datter|nabo)|på vegne|"
            r"fuldmagt|kan min (mand|kone|mor|far|søster|bror|datter|søn|kæreste)|for hende|for ham|"
            r"on behalf|for my (mother|father|wife|husband)|can my (wife|husband|mother|father|friend)"
        ),
    ),
    (
        Aspect.DURATION,
        r"hvor lang tid|hvor længe|ventetid|sagsbehandlingstid|hvor hurtigt|hvornår (får|kommer|er)|how long|how soon",
    ),
    (
        Aspect.DEADLINE,
        r"frist|senest|hvor lang tid i forvejen|inden hvornår|hvornår skal|for sent|deadline|at the latest|too late",
    ),
    (
        Aspect.HOURS,
        r"åbningstid|åbent|åbner|lukker|hvornår har|opening hours|open\b|close",
    ),
    (
        Aspect.CONTACT,
        r"telefon|ringe|ringer|nummer til|kontakt|mail|adresse på|hvor ligger|phone|call|contact|address of",
    ),
    (Aspect.WHO, r"hvem kan|hvem må|betingelse|opfylde|kan jeg få|who can|eligible|condition"),
    (Aspect.HOW, r"hvordan|hvor søger|hvor bestiller|hvor henvender|how do|how can|where do i|apply"),
)
_COMPILED = tuple((aspect, re.compile(cue, re.IGNORECASE)) for aspect, cue in _CUES)


def aspect_of_heading(heading: str) -> Aspect:
    """Aspect of an article section; ``OTHER`` for a free heading."""
    return HEADINGS.get(heading.strip().lower(), Aspect.OTHER)


def aspects_of_question(text: str) -> tuple[Aspect, ...]:
    """Aspects that the words of a question point at, most specific first; may be empty."""
    return tuple(aspect for aspect, cue in _COMPILED if cue.search(text))
