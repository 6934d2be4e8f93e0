"""A knowledge base of four topics, and an encoder that needs no model."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

from nlu.text.words import tokens

TODAY = date.today()


class HashEncoder:
    """Sums one pseudo-random vector a word, seeded by the word: texts with the same words are near each other."""

    name = "hash"
    dimensions = 48

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        rows = [np.sum([self._word(w) for w in tokens(text)] or [self._word("")], axis=0) for text in texts]
        if not rows:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        vectors = np.stack(rows)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)

    def _word(self, word: str) -> npt.NDArray[np.float64]:
        seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
        return np.random.default_rng(seed).standard_normal(self.dimensions)


@dataclass(frozen=True)
class Topic:
    """What the articles of a topic are made of."""

    title: dict[str, str]
    owner: str
    noun: dict[str, str]
    audience: str = "citizen"
    sensitive: bool = False
    sections: dict[str, dict[str, str]] = field(default_factory=dict)


TOPICS = {
    "pas": Topic(
        {"da": "Pas til voksne", "en": "Passport"},
        "borgerservice",
        {"da": "pas", "en": "passport"},
        sections={
            "da": {
                "Kort svar": "Bestil tid i Borgerservice. Tag dit gamle pas med.",
                "Sådan gør du": "Vælg en tid på nettet og mød op.",
                "Pris": "Et pas kostede 891 kr. i 2023.",
            },
            "en": {
                "Short answer": "Book a time at Citizen Service.",
                "How to do it": "Choose a time online.",
                "Price": "DKK 891 in 2023.",
            },
        },
    ),
    "beboerlicens": Topic(
        {"da": "Beboerlicens til parkering", "en": "Resident parking"},
        "parkering",
        {"da": "beboerlicens", "en": "resident permit"},
        sections={
            "da": {
                "Kort svar": "Køb licensen på nettet.",
                "Pris": "Prisen følger bilens udledning.",
                "Klage": "Skriv til Parkering.",
            },
            "en": {"Short answer": "Buy the permit online.", "Price": "The price follows the emissions of the car."},
        },
    ),
    "udeservering": Topic(
        {"da": "Udeservering", "en": "Outdoor serving"},
        "erhverv",
        {"da": "udeservering", "en": "outdoor serving"},
        audience="business",
        sections={
            "da": {"Kort svar": "Søg om tilladelse på nettet.", "Frist": "Søg senest fire uger før."},
            "en": {"Short answer": "Apply online.", "Deadline": "Apply four weeks before."},
        },
    ),
    "akut-bolig": Topic(
        {"da": "Akut uden bolig", "en": "Homeless tonight"},
        "social",
        {"da": "bolig", "en": "home"},
        sensitive=True,
        sections={
            "da": {"Kort svar": "Ring til os med det samme.", "Kontakt": "Vi har åbent hele døgnet."},
            "en": {"Short answer": "Call us at once.", "Contact": "We are open day and night."},
        },
    ),
}

_QUESTIONS = {
    "da": (
        "Hvordan får jeg {noun}?",
        "hvad koster {noun}",
        "hvor søger jeg om {noun}",
        "{noun} hvor lang tid tager det",
        "jeg har mistet {noun} hvad nu",
        "skal jeg betale for {noun}",
        "hvem kan få {noun}",
        "{noun} frist",
        "kan min mor få {noun}",
        "forny {noun} i år",
        "må jeg låne {noun} af min nabo",
    ),
    "en": (
        "How do I get a {noun}?",
        "what does a {noun} cost",
        "where do I apply for a {noun}",
        "{noun} how long",
        "I lost my {noun} what now",
        "must I pay for a {noun}",
        "who can have a {noun}",
        "{noun} deadline",
    ),
}


def head_of(topic: str, language: str) -> dict[str, Any]:
    """A head that keeps every house rule."""
    made = TOPICS[topic]
    return {
        "topic": topic,
        "title": made.title[language],
        "audience": made.audience,
        "owner": made.owner,
        "questions": [q.format(noun=made.noun[language]) for q in _QUESTIONS[language]],
        "words": [made.noun[language]],
        "self_service": [{"title": "Selvbetjening", "url": "https://www.example.dk/selvbetjening"}],
        "sources": [{"title": "Kilde", "url": f"https://www.example.dk/{topic}"}],
        "reviewed": TODAY - timedelta(days=1),
        "expires": TODAY + timedelta(days=180),
        "sensitive": made.sensitive,
        "kle": "",
    }


def write_article(
    folder: Path, topic: str, language: str, *, head: dict[str, Any] | None = None, body: str | None = None
) -> Path:
    """Write one article file: that of ``TOPICS``, with some fields of the head or the body exchanged."""
    if body is None:
        body = "\n\n".join(f"## {name}\n\n{text}" for name, text in TOPICS[topic].sections[language].items())
    path = folder / language / f"{topic}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    written = yaml.safe_dump({**head_of(topic, language), **(head or {})}, allow_unicode=True, sort_keys=False)
    path.write_text(f"---\n{written}---\n{body}\n", encoding="utf-8")
    return path
