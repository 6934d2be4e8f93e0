"""The policy, step by step: probabilities are given, the outcome must follow.

TRUST.md T4: never a decision; F1: outside the municipality the right authority is named.
"""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.answer import Answerer, Question, Result, Thresholds, read_thresholds
from knowledge.check import load_articles
from knowledge.errors import DataError
from knowledge.index import Index
from knowledge.library import Library
from knowledge.ranker import SIGNALS, Evidence, Ranking, group_of
from nlu.text.personal_data import PersonalData
from tests.unit.tiny import TOPICS, HashEncoder, write_article

INTENTS = (
    "abuse", "authority.skat", "complaint.service", "crisis.suicide", "crisis.violence", "decision.request",
    "general.gibberish", "general.weather_time", "human.request", "language.other", "opinion.politics",
    "other_municipality", "sensitive.health", "sensitive.person_lookup", "smalltalk.acknowledge", "smalltalk.greet", "steering",
)  # fmt: skip
CLASSES = tuple(sorted([*TOPICS, *INTENTS]))
LIMITS = Thresholds(
    answer=0.5, topic=0.6, crisis=0.4, sensitive=0.5, decision=0.5, human=0.4, options=3, option=0.1,
    follow_up_words=8, follow_up=0.8, second_passage=0.05,
)  # fmt: skip


@dataclass
class GivenRanker:
    """Ranks every text as it is told; what is not given is shared evenly by the rest."""

    given: dict[str, float] = field(default_factory=dict)
    place: str | None = None
    classes = CLASSES
    is_topic = np.array([name in TOPICS for name in CLASSES])
    groups = tuple(group_of(name, frozenset(TOPICS)) for name in CLASSES)

    def evidence(self, text, vector):
        nothing = np.zeros((len(CLASSES), len(SIGNALS)), dtype=np.float32)
        return Evidence(signals=nothing, acts={}, place=self.place, vector=vector)

    def rank(self, evidence):
        rest = (1 - sum(self.given.values())) / (len(CLASSES) - len(self.given))
        return Ranking(CLASSES, np.array([self.given.get(name, rest) for name in CLASSES]), evidence)

    def known_words(self, text):
        return text.split()


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("articles")
    for topic in TOPICS:
        for language in ("da", "en"):
            write_article(folder, topic, language)
    return Library(load_articles(folder)[0], HashEncoder())


@pytest.fixture
def ask(library):
    """Ask a question of which the probabilities are given."""

    def ask(given, text="noget om pas", *, place=None, limits=LIMITS, **question):
        index = Index(library, GivenRanker(given, place), "r1", is_trained=True)
        return Answerer(index, HashEncoder(), limits).answer(Question(text, **question))

    return ask


def test_a_sure_topic_is_answered_with_its_passage(ask):
    answer = ask({"pas": 0.9})
    assert (answer.result, answer.intent) == (Result.ANSWER, "pas")
    assert answer.article.topic == "pas"
    assert answer.passages[0].heading == "Kort svar"
    assert answer.explanation["classes"][0] == ["pas", 0.9]


def test_the_article_is_in_the_language_of_the_question(ask):
    assert ask({"pas": 0.9}, "about passports", language="en").passages[0].heading == "Short answer"


@pytest.mark.parametrize(
    ("text", "headings"),
    [
        ("hvad koster pas", ["Pris"]),
        ("hvordan får jeg pas", ["Kort svar", "Sådan gør du"]),
        ("pas", ["Kort svar"]),
        ("hvad er fristen for pas", ["Kort svar"]),  # there is no such section
    ],
)
def test_the_passage_is_that_of_the_aspect_asked_about(ask, text, headings):
    by_words_alone = replace(LIMITS, second_passage=2.0)
    assert [p.heading for p in ask({"pas": 0.9}, text, limits=by_words_alone).passages] == headings


def test_a_section_much_nearer_than_the_short_answer_is_shown_with_it(ask):
    answer = ask({"udeservering": 0.9}, "fire uger før søg udeservering")
    assert [p.heading for p in answer.passages] == ["Kort svar", "Frist"]
    answer = ask({"udeservering": 0.9}, "søg om tilladelse på nettet")
    assert [p.heading for p in answer.passages] == ["Kort svar"]


@pytest.mark.parametrize(("text", "result"), [("👍", Result.SMALLTALK), ("???", Result.NO_ANSWER), ("", Result.NO_ANSWER)])
def test_signs_alone_are_a_nod_or_nothing(ask, text, result):
    answer = ask({"pas": 0.9}, text)
    assert (answer.result, answer.article, answer.passages) == (result, None, ())


def test_danger_comes_before_everything(ask):
    answer = ask({"crisis.suicide": 0.25, "crisis.violence": 0.2, "pas": 0.5}, masked=frozenset({PersonalData.CPR}))
    assert (answer.result, answer.intent) == (Result.CRISIS, "crisis.suicide")


def test_little_danger_is_not_danger(ask):
    assert ask({"crisis.suicide": 0.3, "pas": 0.65}).result is not Result.CRISIS


@pytest.mark.parametrize("kind", [PersonalData.CPR, PersonalData.CARD])
def test_a_cpr_or_card_number_gets_the_rule_only(ask, kind):
    answer = ask({"pas": 0.9}, masked=frozenset({kind}))
    assert (answer.result, answer.intent) == (Result.PERSONAL_DATA, "pas")
    assert answer.passages


def test_a_cpr_number_with_no_clear_topic_gets_no_rule(ask):
    answer = ask({"pas": 0.3, "beboerlicens": 0.3, "smalltalk.greet": 0.3}, masked=frozenset({PersonalData.CPR}))
    assert (answer.result, answer.article, answer.passages) == (Result.PERSONAL_DATA, None, ())


@pytest.mark.parametrize("kind", [PersonalData.PHONE, PersonalData.EMAIL])
def test_a_phone_number_does_not_stop_an_answer(ask, kind):
    assert ask({"pas": 0.9}, masked=frozenset({kind})).result is Result.ANSWER


@pytest.mark.parametrize("text", ["hvad koster det", "og prisen?", "what does it cost", "hvor lang tid tager det", "og for min mor?"])
def test_a_follow_up_is_about_the_previous_topic(ask, text):
    answer = ask({"pas": 0.3}, text, previous_topic="beboerlicens")
    assert (answer.result, answer.intent, answer.is_follow_up) == (Result.ANSWER, "beboerlicens", True)
    assert answer.article.topic == "beboerlicens"


@pytest.mark.parametrize(
    ("given", "text", "previous"),
    [
        ({"pas": 0.85}, "hvad koster det så at få et pas", "beboerlicens"),  # names another topic
        ({"pas": 0.3}, "og hvad koster det hvis man nu gerne vil have to af dem med hjem", "beboerlicens"),  # too long
        ({"pas": 0.3}, "hvad koster det", None),  # nothing was talked of
        ({"pas": 0.3}, "storskrald tirsdag", "beboerlicens"),  # points at nothing
        ({"human.request": 0.6}, "hvad med at ringe til jer", "beboerlicens"),
        ({"smalltalk.greet": 0.6}, "og hej", "beboerlicens"),
        ({"pas": 0.3}, "hvad koster det", "nedlagt-emne"),
    ],
)
def test_what_is_no_follow_up_is_taken_by_itself(ask, given, text, previous):
    assert not ask(given, text, previous_topic=previous).is_follow_up


def test_a_language_klara_does_not_speak_is_told(ask):
    assert ask({"language.other": 0.6}, "ich habe", other_language=True).result is Result.OTHER_LANGUAGE
    assert ask({"pas": 0.3}, "reisepass", other_language=True).result is Result.OTHER_LANGUAGE


def test_a_foreign_question_whose_topic_is_clear_is_answered(ask):
    assert ask({"pas": 0.9}, "reisepass", other_language=True).result is Result.ANSWER


@pytest.mark.parametrize(
    ("intent", "result"),
    [
        ("smalltalk.greet", Result.SMALLTALK),
        ("human.request", Result.HUMAN),
        ("complaint.service", Result.COMPLAINT),
        ("abuse", Result.ABUSE),
    ],
)
def test_what_is_no_question_gets_its_own_result(ask, intent, result):
    answer = ask({intent: 0.8})
    assert (answer.result, answer.intent, answer.article) == (result, intent, None)


def test_an_unsure_wish_for_a_person_is_not_taken_for_one(ask):
    assert ask({"human.request": 0.35, "pas": 0.3, "beboerlicens": 0.3}).result is not Result.HUMAN


def test_health_gets_the_rule_with_care(ask):
    answer = ask({"sensitive.health": 0.6, "akut-bolig": 0.35})
    assert (answer.result, answer.article.topic) == (Result.SENSITIVE, "akut-bolig")
    assert answer.passages


def test_a_wish_to_find_a_person_gets_no_article(ask):
    answer = ask({"sensitive.person_lookup": 0.6, "pas": 0.35})
    assert (answer.result, answer.article, answer.passages) == (Result.SENSITIVE, None, ())


def test_a_request_to_decide_gets_the_rule_and_no_decision_t4(ask):
    answer = ask({"decision.request": 0.6, "udeservering": 0.35})
    assert (answer.result, answer.article.topic) == (Result.NO_DECISION, "udeservering")
    assert answer.passages


def test_a_request_to_decide_on_an_unclear_matter_gets_no_rule_t4(ask):
    answer = ask({"decision.request": 0.6, "udeservering": 0.15, "pas": 0.15})
    assert (answer.result, answer.article) == (Result.NO_DECISION, None)


def test_another_authoritys_matter_names_the_authority_f1(ask):
    answer = ask({"authority.skat": 0.8})
    assert (answer.result, answer.authority.slug) == (Result.OUT_OF_SCOPE, "skat")
    assert answer.passages == ()


def test_another_municipality_is_named_f1(ask):
    answer = ask({"other_municipality": 0.8}, place="Aarhus")
    assert (answer.result, answer.place) == (Result.OUT_OF_SCOPE, "Aarhus")


@pytest.mark.parametrize("intent", ["general.weather_time", "opinion.politics", "steering", "language.other"])
def test_what_is_not_the_municipalitys_is_out_of_scope(ask, intent):
    answer = ask({intent: 0.8}, place="Aarhus")
    assert (answer.result, answer.intent, answer.authority, answer.place) == (Result.OUT_OF_SCOPE, intent, None, None)


def test_gibberish_is_no_answer(ask):
    answer = ask({"general.gibberish": 0.8})
    assert (answer.result, answer.intent) == (Result.NO_ANSWER, "general.gibberish")


def test_two_likely_topics_are_offered(ask):
    answer = ask({"pas": 0.45, "beboerlicens": 0.4})
    assert answer.result is Result.CLARIFY
    assert [article.topic for article, _ in answer.candidates][:2] == ["pas", "beboerlicens"]
    assert answer.passages == ()


def test_no_more_options_than_allowed(ask):
    answer = ask({"pas": 0.3, "beboerlicens": 0.3, "udeservering": 0.2, "akut-bolig": 0.1})
    assert (answer.result, len(answer.candidates)) == (Result.CLARIFY, 3)


def test_nothing_likely_is_no_answer(ask):
    answer = ask({"sensitive.health": 0.45, "pas": 0.3})
    assert (answer.result, answer.article, answer.passages) == (Result.NO_ANSWER, None, ())


@given(st.dictionaries(st.sampled_from(CLASSES), st.floats(0.0, 1.0), max_size=6), st.text(max_size=40), st.booleans(),
       st.sampled_from([None, "pas", "nedlagt"]), st.sets(st.sampled_from(list(PersonalData))))  # fmt: skip
def test_every_question_has_one_outcome_and_only_approved_text(library, given, text, other, previous, masked):
    total = sum(given.values()) + 1e-6
    index = Index(library, GivenRanker({k: v / total for k, v in given.items()}), "r1", is_trained=True)
    answer = Answerer(index, HashEncoder(), LIMITS).answer(
        Question(text, other_language=other, previous_topic=previous, masked=frozenset(masked))
    )
    assert isinstance(answer.result, Result)
    assert bool(answer.passages) <= bool(answer.article)
    if answer.result is Result.ANSWER:
        assert answer.passages
    for passage in answer.passages:
        assert passage in answer.article.passages


def test_an_option_that_was_chosen_is_answered_whatever_the_ranking(library):
    answerer = Answerer(Index(library, GivenRanker({"abuse": 1.0}), "r1", is_trained=True), HashEncoder(), LIMITS)
    answer = answerer.about("pas", Question("hvad koster det"))
    assert (answer.result, [p.heading for p in answer.passages]) == (Result.ANSWER, ["Pris"])
    assert answerer.about("nedlagt", Question("pas")) is None


def test_search_gives_articles_best_first_whatever_the_policy_says(library):
    ranker = GivenRanker({"abuse": 0.5, "beboerlicens": 0.2, "pas": 0.15})
    answerer = Answerer(Index(library, ranker, "r1", is_trained=True), HashEncoder(), LIMITS)
    assert [hit.article.topic for hit in answerer.search("pas", "da", 2)] == ["beboerlicens", "pas"]
    assert [hit.article.topic for hit in answerer.search("pas", "da", 9, "business")] == ["udeservering"]
    assert len(answerer.search("pas", "da", 9)) == 4
    assert answerer.search("hvad koster pas", "en", 1)[0].article.language == "en"


def test_the_thresholds_of_the_repository_are_usable():
    limits = read_thresholds()
    assert 0 < limits.option < limits.topic < 1
    assert 2 <= limits.options <= 4


@pytest.mark.parametrize("content", ["", "answer: 0.5", "[]", "answer: 0.5\nfarve: 1"])
def test_unusable_thresholds_are_told(tmp_path, content):
    path = tmp_path / "thresholds.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=r"thresholds\.yml"):
        read_thresholds(path)
