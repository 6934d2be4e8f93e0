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
from knowledge.kinds import KINDS
from knowledge.library import Library
from knowledge.ranker import SIGNALS, Evidence, Ranking, group_of
from nlu.text.personal_data import PersonalData
from tests.unit.tiny import TOPICS, HashEncoder, write_article

INTENTS = (
    "abuse",
    "authority.skat",
    "complaint.service",
    "crisis.suicide",
    "crisis.violence",
    "decision.request",
    "general.gibberish",
    "general.weather_time",
    "human.request",
    "language.other",
    "opinion.politics",
    "other_municipality",
    "sensitive.health",
    "sensitive.person_lookup",
    "smalltalk.acknowledge",
    "smalltalk.greet",
    "steering",
)
CLASSES = tuple(sorted([*TOPICS, *INTENTS]))
LIMITS = Thresholds(
    answer=0.5,
    clarify=0.2,
    topic=0.6,
    option=0.1,
    options=3,
    follow_up_words=8,
    crisis_act=-0.2,
    human_act=-0.8,
    decision_act=-0.3,
    not_a_follow_up=0.5,
    follow_up=0.8,
    second_passage=0.05,
)


@dataclass
class GivenRanker:
    """Ranks every text as it is told; what is not given is shared evenly by the rest."""

    given: dict[str, float] = field(default_factory=dict)
    kinds: dict[str, float] = field(default_factory=dict)
    acts: dict[str, float] = field(default_factory=dict)
    place: str | None = None
    classes = CLASSES
    is_topic = np.array([name in TOPICS for name in CLASSES])
    groups = tuple(group_of(name, frozenset(TOPICS)) for name in CLASSES)

    def evidence(self, text, vector):
        nothing = np.zeros((len(CLASSES), len(SIGNALS)), dtype=np.float32)
        return Evidence(signals=nothing, acts=self.acts, place=self.place, vector=vector)

    def rank(self, evidence):
        rest = (1 - sum(self.given.values())) / (len(CLASSES) - len(self.given))
        probabilities = np.array([self.given.get(name, rest) for name in CLASSES])
        return Ranking(CLASSES, probabilities, evidence, shared(self.kinds, KINDS))

    def known_words(self, text):
        return text.split()


def shared(given, names):
    """What is not given is shared evenly by the rest."""
    left = max(0.0, 1 - sum(given.values())) / max(1, len(names) - len(given))
    return {name: given.get(name, left) for name in names}


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("articles")
    for topic in TOPICS:
        for language in ("da", "en"):
            write_article(folder, topic, language)
    return Library(load_articles(folder)[0], HashEncoder())


@pytest.fixture
def ask(library):
    """Ask a question of which the probabilities are given: of classes, and of the kind of message."""

    def ask(given, text="noget om pas", *, kind="answer", sure=0.8, acts=None, place=None, limits=LIMITS, **question):
        ranker = GivenRanker(given, {kind: sure}, acts or {}, place)
        index = Index(library, ranker, "r1", is_trained=True)
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


@pytest.mark.parametrize(
    ("text", "result"), [("👍", Result.SMALLTALK), ("???", Result.NO_ANSWER), ("", Result.NO_ANSWER)]
)
def test_signs_alone_are_a_nod_or_nothing(ask, text, result):
    answer = ask({"pas": 0.9}, text)
    assert (answer.result, answer.article, answer.passages) == (result, None, ())


def test_danger_comes_before_everything(ask):
    given = {"crisis.suicide": 0.25, "crisis.violence": 0.2, "sensitive.health": 0.1, "pas": 0.4}
    masked, other = frozenset({PersonalData.CPR}), {"other_language": True, "previous_topic": "pas"}
    answer = ask(given, "hvad koster det", kind="sensitive", masked=masked, **other)
    assert (answer.result, answer.intent) == (Result.CRISIS, "crisis.suicide")


def test_a_question_that_sounds_like_danger_and_is_none_is_answered(ask):
    assert ask({"crisis.violence": 0.3, "pas": 0.6}, kind="answer").result is Result.ANSWER


def test_health_is_no_danger(ask):
    given = {"sensitive.health": 0.4, "crisis.violence": 0.3, "pas": 0.2}
    assert ask(given, kind="sensitive").result is Result.SENSITIVE


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


FOLLOW_UPS = ["hvad koster det", "og prisen?", "what does it cost", "hvor lang tid tager det", "og for min mor?"]


@pytest.mark.parametrize("text", FOLLOW_UPS)
def test_a_follow_up_is_about_the_previous_topic(ask, text):
    answer = ask({"pas": 0.3}, text, previous_topic="beboerlicens")
    assert (answer.result, answer.intent, answer.is_follow_up) == (Result.ANSWER, "beboerlicens", True)
    assert answer.article.topic == "beboerlicens"


@pytest.mark.parametrize(
    ("given", "text", "previous", "kind"),
    [
        ({"pas": 0.85}, "hvad koster det så at få et pas", "beboerlicens", "answer"),  # names another topic
        ({"pas": 0.3}, "og hvad koster det hvis man nu gerne vil have to af dem", "beboerlicens", "answer"),  # too long
        ({"pas": 0.3}, "hvad koster det", None, "answer"),  # nothing was talked of
        ({"pas": 0.3}, "storskrald tirsdag", "beboerlicens", "answer"),  # points at nothing
        ({"human.request": 0.6}, "hvad med at ringe til jer", "beboerlicens", "human"),
        ({"smalltalk.greet": 0.6}, "og hej", "beboerlicens", "chitchat"),
        ({"sensitive.health": 0.6}, "og hvad med det", "beboerlicens", "sensitive"),
        ({"pas": 0.3}, "hvad koster det", "nedlagt-emne", "answer"),
    ],
)
def test_what_is_no_follow_up_is_taken_by_itself(ask, given, text, previous, kind):
    assert not ask(given, text, kind=kind, previous_topic=previous).is_follow_up


def test_a_language_klara_does_not_speak_is_told(ask):
    assert ask({"language.other": 0.6}, "ich habe", other_language=True).result is Result.OTHER_LANGUAGE
    unsure = ask({"pas": 0.6}, "reisepass", sure=0.6, other_language=True)
    assert unsure.result is Result.OTHER_LANGUAGE


def test_a_foreign_question_whose_topic_is_clear_is_answered(ask):
    assert ask({"pas": 0.9}, "reisepass", sure=0.9, other_language=True).result is Result.ANSWER


@pytest.mark.parametrize(
    ("intent", "kind", "result"),
    [
        ("smalltalk.greet", "chitchat", Result.SMALLTALK),
        ("complaint.service", "chitchat", Result.COMPLAINT),
        ("human.request", "human", Result.HUMAN),
        ("abuse", "out_of_scope", Result.ABUSE),
    ],
)
def test_what_is_no_question_gets_its_own_result(ask, intent, kind, result):
    answer = ask({intent: 0.8}, kind=kind, sure=0.9)
    assert (answer.result, answer.intent, answer.article) == (result, intent, None)


def test_the_kind_decides_and_not_the_topic_that_is_named(ask):
    """ "Må jeg tale med en om mit pas" names a topic and is a wish for a person."""
    assert ask({"pas": 0.8, "human.request": 0.1}, kind="human").result is Result.HUMAN


def test_health_gets_the_rule_with_care(ask):
    answer = ask({"sensitive.health": 0.3, "akut-bolig": 0.6}, kind="sensitive")
    assert (answer.result, answer.article.topic) == (Result.SENSITIVE, "akut-bolig")
    assert answer.passages


def test_a_wish_to_find_a_person_gets_no_article(ask):
    answer = ask({"sensitive.person_lookup": 0.3, "pas": 0.6}, kind="sensitive")
    assert (answer.result, answer.article, answer.passages) == (Result.SENSITIVE, None, ())


def test_a_request_to_decide_gets_the_rule_and_no_decision_t4(ask):
    answer = ask({"decision.request": 0.6, "udeservering": 0.35}, kind="out_of_scope", sure=0.95)
    assert (answer.result, answer.article.topic) == (Result.NO_DECISION, "udeservering")
    assert answer.passages


def test_a_request_to_decide_on_an_unclear_matter_gets_no_rule_t4(ask):
    answer = ask({"decision.request": 0.6, "udeservering": 0.15, "pas": 0.15}, kind="out_of_scope", sure=0.95)
    assert (answer.result, answer.article) == (Result.NO_DECISION, None)


def test_a_request_to_decide_is_not_clarified_away_t4(ask):
    given = {"decision.request": 0.5, "udeservering": 0.2, "pas": 0.2}
    assert ask(given, kind="out_of_scope", sure=0.4).result is Result.NO_DECISION


def test_a_demand_to_decide_is_one_whatever_class_is_nearest_t4(ask):
    answer = ask({"authority.skat": 0.6, "pas": 0.3}, kind="out_of_scope", sure=0.95, acts={"decision": 2.0})
    assert (answer.result, answer.intent, answer.authority) == (Result.NO_DECISION, "decision.request", None)


def test_another_authoritys_matter_names_the_authority_f1(ask):
    answer = ask({"authority.skat": 0.8}, kind="out_of_scope", sure=0.95)
    assert (answer.result, answer.authority.slug) == (Result.OUT_OF_SCOPE, "skat")
    assert answer.passages == ()


def test_another_municipality_is_named_f1(ask):
    answer = ask({"other_municipality": 0.8}, kind="out_of_scope", sure=0.95, place="Aarhus")
    assert (answer.result, answer.place) == (Result.OUT_OF_SCOPE, "Aarhus")


@pytest.mark.parametrize("intent", ["general.weather_time", "opinion.politics", "steering", "language.other"])
def test_what_is_not_the_municipalitys_is_out_of_scope(ask, intent):
    answer = ask({intent: 0.8}, kind="out_of_scope", sure=0.95, place="Aarhus")
    assert (answer.result, answer.intent, answer.authority, answer.place) == (Result.OUT_OF_SCOPE, intent, None, None)


def test_gibberish_is_no_answer(ask):
    answer = ask({"general.gibberish": 0.8}, kind="out_of_scope", sure=0.95)
    assert (answer.result, answer.intent) == (Result.NO_ANSWER, "general.gibberish")


def test_two_likely_topics_are_offered(ask):
    answer = ask({"pas": 0.45, "beboerlicens": 0.4})
    assert answer.result is Result.CLARIFY
    assert [article.topic for article, _ in answer.candidates][:2] == ["pas", "beboerlicens"]
    assert answer.passages == ()


def test_a_question_that_is_perhaps_ours_is_asked_back_and_not_answered(ask):
    answer = ask({"pas": 0.9}, kind="out_of_scope", sure=0.55, limits=replace(LIMITS, clarify=0.05))
    assert (answer.result, len(answer.candidates)) == (Result.CLARIFY, 2)


def test_a_question_that_is_hardly_ours_is_neither_answered_nor_asked_back(ask):
    assert ask({"pas": 0.9}, kind="out_of_scope", sure=0.95).result not in (Result.ANSWER, Result.CLARIFY)


def test_no_more_options_than_allowed_and_none_that_is_unlikely(ask):
    answer = ask({"pas": 0.3, "beboerlicens": 0.3, "udeservering": 0.2, "akut-bolig": 0.1})
    assert (answer.result, len(answer.candidates)) == (Result.CLARIFY, 3)
    answer = ask({"pas": 0.5, "beboerlicens": 0.4, "udeservering": 0.03, "akut-bolig": 0.03})
    assert [article.topic for article, _ in answer.candidates] == ["pas", "beboerlicens"]


SHARES = st.floats(0.0, 1.0)


@given(
    st.dictionaries(st.sampled_from(CLASSES), SHARES, max_size=6),
    st.fixed_dictionaries({kind: st.floats(0.001, 1.0) for kind in KINDS}),
    st.text(max_size=40) | st.sampled_from(FOLLOW_UPS),
    st.booleans(),
    st.sampled_from([None, "pas", "nedlagt"]),
    st.sets(st.sampled_from(list(PersonalData))),
    st.floats(-2, 2),
)
def test_every_question_has_one_outcome_and_only_approved_text(
    library, given, kinds, text, other, previous, masked, decision
):
    total = sum(given.values()) + 1e-6
    kinds = {kind: share / sum(kinds.values()) for kind, share in kinds.items()}
    ranker = GivenRanker({name: share / total for name, share in given.items()}, kinds, {"decision": decision})
    answer = Answerer(Index(library, ranker, "r1", is_trained=True), HashEncoder(), LIMITS).answer(
        Question(text, other_language=other, previous_topic=previous, masked=frozenset(masked))
    )
    assert isinstance(answer.result, Result)
    assert bool(answer.passages) <= bool(answer.article)
    assert (answer.result is not Result.ANSWER) or answer.passages
    assert all(passage in answer.article.passages for passage in answer.passages)


def test_an_option_that_was_chosen_is_answered_whatever_the_ranking(library):
    index = Index(library, GivenRanker({"abuse": 1.0}), "r1", is_trained=True)
    answerer = Answerer(index, HashEncoder(), LIMITS)
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
    assert 0 < limits.clarify < limits.answer < 1
    assert 2 <= limits.options <= 4


@pytest.mark.parametrize("content", ["", "answer: 0.5", "[]", "answer: 0.5\nfarve: 1"])
def test_unusable_thresholds_are_told(tmp_path, content):
    path = tmp_path / "thresholds.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=r"thresholds\.yml"):
        read_thresholds(path)
