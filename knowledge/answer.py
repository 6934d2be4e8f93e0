"""Decide what a question gets, and quote the passage that answers it.

The policy is the list of steps in ``Answerer.answer``: the first that applies gives the outcome.
Nothing here writes text of its own; wording belongs to whoever shows the answer.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Literal

import numpy as np
import yaml

from knowledge.article import Article, Passage
from knowledge.aspects import Aspect, aspects_of_question
from knowledge.authorities import Authority, read_authorities
from knowledge.entitlement import asks_for_a_decision
from knowledge.errors import DataError
from knowledge.index import Index
from knowledge.kinds import GROUPS
from knowledge.ranker import TOPIC, Ranking
from nlu.embedding import Encoder
from nlu.text.personal_data import PersonalData
from nlu.text.words import tokens

Language = Literal["da", "en"]

THRESHOLDS = Path(__file__).parent / "thresholds.yml"


class Result(StrEnum):
    """What a question comes to."""

    ANSWER = "answer"
    CLARIFY = "clarify"
    NO_ANSWER = "no_answer"
    NO_DECISION = "no_decision"
    OUT_OF_SCOPE = "out_of_scope"
    SENSITIVE = "sensitive"
    CRISIS = "crisis"
    PERSONAL_DATA = "personal_data"
    SMALLTALK = "smalltalk"
    HUMAN = "human"
    COMPLAINT = "complaint"
    ABUSE = "abuse"
    OTHER_LANGUAGE = "other_language"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, cleaned and masked, and what is known of the conversation."""

    text: str
    language: Language = "da"
    other_language: bool = False
    previous_topic: str | None = None
    masked: frozenset[PersonalData] = frozenset()


@dataclass(frozen=True, slots=True)
class Answer:
    """A typed result. ``passages`` are quoted as they stand; ``candidates`` are (topic, probability)."""

    result: Result
    intent: str
    probability: float
    article: Article | None = None
    passages: tuple[Passage, ...] = ()
    candidates: tuple[tuple[Article, float], ...] = ()
    authority: Authority | None = None
    place: str | None = None
    is_follow_up: bool = False
    explanation: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hit:
    """An article found by a search, with the passage that fits best."""

    article: Article
    probability: float
    passage: Passage


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When Klara is sure enough; chosen on the calibration set, see docs/answer-quality.md."""

    answer: float  # least probability of kind "answer" to answer at all
    clarify: float  # at least this much, but less than that: ask back instead of turning away
    topic: float  # least share of the best topic among topics to answer and not ask back
    option: float  # least share of a topic to be offered beside the best
    options: int  # most topics to choose between
    crisis_act: float  # margin from which a message counts as danger, whatever else it is
    human_act: float  # margin from which a message is not turned away but offered a person
    decision_act: float  # margin from which a message that is not ours is a demand to decide
    follow_up_words: int  # a longer question is not taken for "and what does it cost?"
    follow_up: float  # a topic named more surely than this is a new topic
    not_a_follow_up: float  # from this on, a wish for a person, small talk or danger is that and no follow-up
    second_passage: float  # how much better than the short answer another section must fit


def read_thresholds(path: Path = THRESHOLDS) -> Thresholds:
    """Read them.

    Raises:
        DataError: If the file is malformed.
    """
    try:
        return Thresholds(**yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, TypeError) as error:
        raise DataError(path, f"is malformed: {error!r}") from error


class Answerer:
    """Answers questions from one state of the index."""

    def __init__(self, index: Index, encoder: Encoder, thresholds: Thresholds | None = None) -> None:
        self._index = index
        self._encoder = encoder
        self._thresholds = thresholds or read_thresholds()
        self._authorities = read_authorities()
        self._last: tuple[str, Ranking] | None = None
        self._groups = {
            name: np.array([group == name for group in index.ranker.groups]) for name in set(index.ranker.groups)
        }

    def rank(self, text: str) -> Ranking:
        """Probabilities of all classes for a text."""
        if self._last is not None and self._last[0] == text:
            return self._last[1]
        vector = self._encoder.encode([text])[0]
        ranking = self._index.ranker.rank(self._index.ranker.evidence(text, vector))
        self._last = (text, ranking)  # a turn may ask twice about the same text
        return ranking

    def answer(self, question: Question) -> Answer:
        """The outcome of a question. Always one; never an exception for any text."""
        ranking = self.rank(question.text)
        for step in (
            self._no_words,
            self._crisis,
            self._personal_data,
            self._follow_up,
            self._other_language,
            self._decision,
            self._sure_answer,
            self._clarify,
            self._sensitive,
            self._person_or_smalltalk,
            self._not_ours,
        ):
            answer = step(question, ranking)
            if answer is not None:
                return answer
        intent, probability = ranking.best()[0]
        return self._made(Result.NO_ANSWER, question, ranking, intent, probability)

    def follow_up(self, question: Question) -> Answer | None:
        """The answer if the question is about what was talked of last; None if it stands for itself.

        For the dialogue to ask first: "koster det penge?" alone looks like nothing in particular.
        """
        if question.previous_topic is None or len(tokens(question.text)) > self._thresholds.follow_up_words:
            return None
        ranking = self.rank(question.text)
        return None if self._crisis(question, ranking) else self._follow_up(question, ranking)

    def about(self, topic: str, question: Question) -> Answer | None:
        """The answer to a question whose topic is known, as when an option was chosen."""
        article = self._index.library.article(topic, question.language)
        if article is None:
            return None
        vector = self._encoder.encode([question.text])[0]
        passages = self._passages(question, article, vector)
        return Answer(Result.ANSWER, topic, 1.0, article, passages)

    def search(self, text: str, language: Language, count: int, audience: str | None = None) -> list[Hit]:
        """Articles for a text, most probable first, whatever the policy would say of it.

        Args:
            text: Cleaned text.
            language: Language of the articles.
            count: At most so many.
            audience: Only articles for ``citizen`` or ``business`` (those for both always count); None for all.
        """
        ranking = self.rank(text)
        hits = []
        for topic, probability in ranking.best(self._index.ranker.is_topic, count=len(self._index.library.topics)):
            article = self._index.library.article(topic, language)
            if article is None or (audience not in (None, "both") and article.audience not in (audience, "both")):
                continue
            passages = self._passages(Question(text, language), article, ranking.evidence.vector)
            hits.append(Hit(article, probability, passages[-1]))
            if len(hits) == count:
                break
        return hits

    # The steps, in order ------------------------------------------------------------------

    def _no_words(self, question: Question, ranking: Ranking) -> Answer | None:
        """A thumb or a heart is a nod; other signs alone say nothing."""
        if any(character.isalnum() for character in question.text):
            return None
        nod = any(unicodedata.category(character) == "So" for character in question.text)
        result, intent = (Result.SMALLTALK, "smalltalk.acknowledge") if nod else (Result.NO_ANSWER, "general.gibberish")
        return self._made(result, question, ranking, intent, 1.0)

    def _crisis(self, question: Question, ranking: Ranking) -> Answer | None:
        """Danger comes before everything."""
        likely = _likeliest(ranking) == "sensitive" and self._mass(ranking, "crisis") >= self._mass(
            ranking, "sensitive"
        )
        if not likely and _act(ranking, "crisis") < self._thresholds.crisis_act:
            return None
        intent, probability = ranking.best(self._groups["crisis"])[0]
        return self._made(Result.CRISIS, question, ranking, intent, probability)

    def _personal_data(self, question: Question, ranking: Ranking) -> Answer | None:
        """A CPR or card number was typed: say that it was removed, and help with the rule only."""
        if not question.masked & {PersonalData.CPR, PersonalData.CARD}:
            return None
        topic, probability = ranking.best(self._index.ranker.is_topic)[0]
        ours = ranking.kinds["answer"] + ranking.kinds["sensitive"] >= 0.5
        return self._made(Result.PERSONAL_DATA, question, ranking, topic if ours else "", probability)

    def _follow_up(self, question: Question, ranking: Ranking) -> Answer | None:
        """Take "hvad koster det?" to be about what was talked of last, unless it names something else."""
        if question.previous_topic is None:
            return None
        limits = self._thresholds
        words = len(tokens(question.text))
        topic, probability = ranking.best(self._index.ranker.is_topic)[0]
        if topic == question.previous_topic or words > limits.follow_up_words or probability >= limits.follow_up:
            return None
        if not (aspects_of_question(question.text) or _POINTS_BACK.search(question.text)):
            return None
        likeliest = _likeliest(ranking)
        if likeliest in ("human", "sensitive", "chitchat") and ranking.kinds[likeliest] >= limits.not_a_follow_up:
            return None
        article = self._index.library.article(question.previous_topic, question.language)
        if article is None:
            return None
        passages = self._passages(question, article, ranking.evidence.vector)
        return Answer(
            Result.ANSWER, question.previous_topic, probability, article, passages, is_follow_up=True,
            explanation=self._explain(question, ranking),
        )  # fmt: skip

    def _other_language(self, question: Question, ranking: Ranking) -> Answer | None:
        """Neither Danish nor English."""
        intent, probability = ranking.best()[0]
        if question.other_language and (intent.startswith("language") or ranking.kinds["answer"] < 0.8):
            return self._made(Result.OTHER_LANGUAGE, question, ranking, "language.other", probability)
        return None

    def _decision(self, question: Question, ranking: Ranking) -> Answer | None:
        """Asked outright whether this person is entitled, or to decide: the rule, the link and a person."""
        if _likeliest(ranking) not in ("answer", "out_of_scope") or not asks_for_a_decision(question.text):
            return None
        probability = ranking.best(self._index.ranker.is_topic)[0][1]
        return self._made(Result.NO_DECISION, question, ranking, "decision.request", probability)

    def _sure_answer(self, question: Question, ranking: Ranking) -> Answer | None:
        """A question to us, and one topic stands out."""
        topic, probability = ranking.best(self._index.ranker.is_topic)[0]
        share = probability / max(self._mass(ranking, TOPIC), 1e-9)
        if ranking.kinds["answer"] < self._thresholds.answer or share < self._thresholds.topic:
            return None
        return self._made(Result.ANSWER, question, ranking, topic, probability)

    def _clarify(self, question: Question, ranking: Ranking) -> Answer | None:
        """Perhaps a question to us, or one where two to four topics could be meant: ask back."""
        if _likeliest(ranking) not in ("answer", "out_of_scope") or ranking.kinds["answer"] < self._thresholds.clarify:
            return None
        if ranking.best()[0][0].split(".")[0] == "decision" and ranking.kinds["answer"] < self._thresholds.answer:
            return None
        topic, probability = ranking.best(self._index.ranker.is_topic)[0]
        answer = self._made(Result.CLARIFY, question, ranking, topic, probability)
        return answer if len(answer.candidates) >= 2 else None

    def _sensitive(self, question: Question, ranking: Ranking) -> Answer | None:
        """Health, or a wish to find a person: answered with care, a person offered."""
        if _likeliest(ranking) != "sensitive":
            return None
        intent, probability = ranking.best(self._groups["sensitive"])[0]
        return self._made(Result.SENSITIVE, question, ranking, intent, probability)

    def _person_or_smalltalk(self, question: Question, ranking: Ranking) -> Answer | None:
        """A wish for a person, a complaint about the service, small talk."""
        kind = _likeliest(ranking)
        # Nobody is turned away who may be asking for a person.
        perhaps = kind == "out_of_scope" and _act(ranking, "human") >= self._thresholds.human_act
        if kind == "human" or perhaps:
            intent, probability = ranking.best(self._groups["human"])[0]
            return self._made(Result.HUMAN, question, ranking, intent, probability)
        if kind == "chitchat":
            intent, probability = ranking.best(self._groups["smalltalk"] | self._groups["complaint"])[0]
            result = Result.COMPLAINT if intent.startswith("complaint") else Result.SMALLTALK
            return self._made(result, question, ranking, intent, probability)
        return None

    def _not_ours(self, question: Question, ranking: Ranking) -> Answer | None:
        """A demand to decide, another authority's matter, another municipality's, the weather, an opinion, steering."""
        members = np.logical_or.reduce([self._groups[name] for name in GROUPS["out_of_scope"] if name in self._groups])
        intent, probability = ranking.best(members)[0]
        group = intent.split(".")[0]
        if _act(ranking, "decision") >= self._thresholds.decision_act or group == "decision":
            intent = "decision.request"
            return self._made(Result.NO_DECISION, question, ranking, intent, probability)
        if group == "abuse":
            return self._made(Result.ABUSE, question, ranking, intent, probability)
        if intent == "general.gibberish":
            return self._made(Result.NO_ANSWER, question, ranking, intent, probability)
        return self._made(Result.OUT_OF_SCOPE, question, ranking, intent, probability)

    # What the steps share -----------------------------------------------------------------

    def _mass(self, ranking: Ranking, group: str) -> float:
        members = self._groups.get(group)
        return float(ranking.probabilities[members].sum()) if members is not None else 0.0

    def _made(self, result: Result, question: Question, ranking: Ranking, intent: str, probability: float) -> Answer:
        """An answer with its candidates, and the passage where one belongs to the result."""
        library, limits = self._index.library, self._thresholds
        ours = max(self._mass(ranking, TOPIC), 1e-9)
        best = ranking.best(self._index.ranker.is_topic, count=limits.options)
        candidates = [
            (article, p)
            for number, (topic, p) in enumerate(best)
            if (article := library.article(topic, question.language)) is not None
            and (number == 0 or p / ours >= limits.option or (result is Result.CLARIFY and number == 1))
        ]
        article = None
        if candidates and result in (Result.ANSWER, Result.CLARIFY):
            article = candidates[0][0]
        # A rule is only shown with these when the topic itself is clear.
        wants_rule = result in (Result.NO_DECISION, Result.SENSITIVE, Result.PERSONAL_DATA)
        if candidates and wants_rule and intent != "sensitive.person_lookup":
            article = candidates[0][0] if candidates[0][1] / ours >= limits.topic else None
        quoted = result in (Result.ANSWER, Result.NO_DECISION, Result.SENSITIVE, Result.PERSONAL_DATA)
        passages = self._passages(question, article, ranking.evidence.vector) if article and quoted else ()
        authority = None
        if result is Result.OUT_OF_SCOPE and intent.startswith("authority."):
            authority = self._authorities.get(intent.removeprefix("authority."))
        return Answer(
            result=result,
            intent=intent,
            probability=probability,
            article=article,
            passages=passages,
            candidates=tuple(candidates),
            authority=authority,
            place=ranking.evidence.place if intent == "other_municipality" else None,
            explanation=self._explain(question, ranking),
        )

    def _passages(self, question: Question, article: Article, vector: np.ndarray) -> tuple[Passage, ...]:
        """The short answer, and the section that answers the aspect asked about, if another one does."""
        scores = self._index.library.passage_scores(article, vector).astype(float)
        asked = aspects_of_question(question.text)
        first = article.passages[0]
        by_aspect = {passage.aspect: passage for passage in reversed(article.passages)}
        for aspect in asked:
            if aspect in by_aspect and aspect is not Aspect.SHORT:
                chosen = by_aspect[aspect]
                return (first, chosen) if aspect in (Aspect.HOW, Aspect.WHO, Aspect.CONTACT) else (chosen,)
        best = int(scores.argmax())
        if best != 0 and scores[best] - scores[0] >= self._thresholds.second_passage:
            return (first, article.passages[best])
        return (first,)

    def _explain(self, question: Question, ranking: Ranking) -> dict[str, object]:
        """Why: the most probable classes, the words the articles know, and what was recognised."""
        return {
            "kinds": {kind: round(p, 3) for kind, p in ranking.kinds.items()},
            "classes": [[name, round(p, 3)] for name, p in ranking.best(count=4)],
            "words": self._index.ranker.known_words(question.text)[:12],
            "place": ranking.evidence.place,
            "aspects": [aspect.value for aspect in aspects_of_question(question.text)],
        }


def _likeliest(ranking: Ranking) -> str:
    """The most probable kind."""
    return max(ranking.kinds, key=lambda kind: ranking.kinds[kind])


def _act(ranking: Ranking, name: str) -> float:
    """Margin of an act; above 0 is a yes, far below a clear no."""
    return ranking.evidence.acts.get(name, -9.0)


_POINTS_BACK = re.compile(
    r"^(og|hvad|hvornår|hvor|hvem|hvordan|kan|skal|må|and|what|how|when|where|can|does|is)\b.*\b"
    r"(det|den|dem|de|it|that|this|they|so|så)\b|^(og|and|hvad med|what about)\b",
    re.IGNORECASE,
)
