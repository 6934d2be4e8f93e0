"""What is known of each topic, and how a text's probabilities come about."""

import json
from dataclasses import replace

import numpy as np
import pytest

from knowledge import ranker as rankers
from knowledge.check import load_articles
from knowledge.errors import DataError
from knowledge.kinds import FEATURES, GROUPS, KINDS, KindModel, features, fit
from knowledge.library import Example, Library
from knowledge.ranker import SIGNALS, TOPIC, Ranker, Trained, Weights, group_of, read_weights
from nlu.intents import INTENTS as INTENT_FILES

INTENTS = [
    *[Example(t, "smalltalk.greet") for t in ("hej", "hej med dig", "goddag", "hejsa", "hello")],
    *[
        Example(t, "authority.skat")
        for t in ("min årsopgørelse", "skat årsopgørelse forkert", "betale skat", "restskat årsopgørelse")
    ],
    *[
        Example(t, "other_municipality")
        for t in ("affald i min kommune uden for byen", "anden kommune", "gælder i anden by")
    ],
]
UNDECIDED = KindModel(np.zeros((len(KINDS), len(FEATURES))), np.zeros(len(KINDS)))
EVEN = Weights(np.ones(len(SIGNALS)), {}, 1.0, UNDECIDED)


@pytest.fixture
def library(articles, encoder):
    return Library(load_articles(articles)[0], encoder)


@pytest.fixture
def trained(library, encoder):
    return Trained([*library.examples(), *INTENTS], frozenset(library.topics), library.compound_parts(), encoder)


@pytest.fixture
def ranker(library, trained, encoder):
    return Ranker(library, INTENTS, trained, encoder, EVEN)


def ranked(ranker, encoder, text):
    return ranker.rank(ranker.evidence(text, encoder.encode([text])[0]))


def test_an_article_comes_in_the_language_asked_for_else_in_the_other(articles, encoder):
    (articles / "en" / "pas.md").unlink()
    library = Library(load_articles(articles)[0], encoder)
    assert library.article("pas", "da").language == "da"
    assert library.article("pas", "en").language == "da"
    assert library.article("beboerlicens", "en").language == "en"
    assert library.article("ukendt", "da") is None


def test_every_question_and_title_stands_for_its_topic(library):
    examples = library.examples()
    assert len(examples) == 4 * (11 + 8 + 2)
    assert Example("Hvordan får jeg pas?", "pas") in examples
    assert Example("Passport", "pas") in examples


def test_a_topics_document_holds_both_languages_and_its_passages(library):
    documents = dict(zip(library.topics, library.documents(), strict=True))
    assert "Citizen Service" in documents["pas"]
    assert "gamle pas" in documents["pas"]
    assert "licens" not in documents["pas"]


def test_the_passage_with_the_words_of_a_question_scores_best(library, encoder):
    article = library.article("pas", "da")
    scores = library.passage_scores(article, encoder.encode(["Et pas kostede 891 kr. i 2023"])[0])
    assert article.passages[int(scores.argmax())].heading == "Pris"


def test_probabilities_of_all_classes_add_up_to_one(ranker, encoder):
    for text in ("hvad koster pas", "hej", "", "xyzzy", "🙂", "a" * 5000):
        probabilities = ranked(ranker, encoder, text).probabilities
        assert probabilities.sum() == pytest.approx(1)
        assert (probabilities >= 0).all()


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("hvordan får jeg pas", "pas"),
        ("hvad koster en beboerlicens", "beboerlicens"),
        ("koster beboerlicensen noget", "beboerlicens"),
        ("udeserverng frist", "udeservering"),  # a typing error
        ("what does a passport cost", "pas"),
        ("hej", "smalltalk.greet"),
        ("skat årsopgørelse", "authority.skat"),
    ],
)
def test_the_class_whose_sentences_are_nearest_is_best(ranker, encoder, text, label):
    assert ranked(ranker, encoder, text).best()[0][0] == label


def test_best_can_be_limited_and_counted(ranker, encoder):
    ranking = ranked(ranker, encoder, "hej")
    topics = ranking.best(ranker.is_topic, count=99)
    assert {name for name, _ in topics} == {
        "pas",
        "beboerlicens",
        "udeservering",
        "akut-bolig",
    }
    assert [p for _, p in topics] == sorted((p for _, p in topics), reverse=True)


def test_a_named_municipality_speaks_for_another_municipality_only(ranker, encoder):
    def share(text, place):
        ranker.set_weights(replace(EVEN, place=place))
        ranking = ranked(ranker, encoder, text)
        return ranking.probabilities[ranking.classes.index("other_municipality")]

    assert share("pas i Aarhus", 3.0) > share("pas i Aarhus", 0.0)
    assert share("pas i København", 3.0) == share("pas i København", 0.0)


def test_a_groups_bias_moves_its_classes(ranker, encoder):
    ranker.set_weights(replace(EVEN, signals=np.zeros(len(SIGNALS)), groups={"smalltalk": 5.0}))
    assert ranked(ranker, encoder, "hvad koster pas").best()[0][0] == "smalltalk.greet"


def test_a_topic_added_since_training_is_found_by_its_questions(articles, library, trained, encoder):
    earlier = [e for e in [*library.examples(), *INTENTS] if e.label != "pas"]
    old = Trained(earlier, frozenset(library.topics), library.compound_parts(), encoder)
    assert "pas" not in old.classifiers.classes
    ranker = Ranker(library, INTENTS, old, encoder, read_weights())
    questions = [example.text for example in library.examples() if example.label == "pas"]
    assert len(questions) == 21
    assert [q for q in questions if ranked(ranker, encoder, q).best()[0][0] != "pas"] == []


def test_a_removed_topic_is_no_longer_a_class(library, trained, encoder):
    rest = Library([a for a in library.articles.values() if a.topic != "pas"], encoder)
    ranker = Ranker(rest, INTENTS, trained, encoder, EVEN)
    assert "pas" not in ranker.classes
    assert ranked(ranker, encoder, "hvordan får jeg pas").probabilities.sum() == pytest.approx(1)


def test_the_kinds_of_a_message_add_up_to_one(ranker, encoder):
    kinds = ranked(ranker, encoder, "hvad koster pas").kinds
    assert set(kinds) == set(KINDS)
    assert sum(kinds.values()) == pytest.approx(1)


def test_a_fitted_kind_model_tells_kinds_apart_and_survives_being_stored():
    groups = [group for kind in KINDS for group in GROUPS[kind]]
    is_topic = np.array([group == TOPIC for group in groups])

    def numbers(group):
        spread = np.full(len(groups), 0.3 / (len(groups) - 1))
        spread[groups.index(group)] = 0.7
        return features(spread, groups, is_topic, {group: 1.0}, place=group == "other_municipality")

    right = [kind for kind in KINDS for _ in GROUPS[kind]]
    model = fit(np.stack([numbers(group) for group in groups]), right, strength=10.0)
    again = KindModel.from_json(json.loads(json.dumps(model.to_json())))
    for group, kind in zip(groups, right, strict=True):
        found = again.probabilities(numbers(group))
        assert max(found, key=found.__getitem__) == kind
    with pytest.raises(KeyError):
        KindModel.from_json({"weights": {}, "bias": {}})


def test_every_group_of_classes_belongs_to_one_kind():
    names = [group for groups in GROUPS.values() for group in groups]
    assert len(names) == len(set(names))
    assert {group_of(path.stem, frozenset()) for path in INTENT_FILES.glob("*.yml")} | {TOPIC} == set(names)


def test_groups_are_topics_or_the_first_part_of_an_intents_name():
    assert group_of("pas", frozenset({"pas"})) == TOPIC
    assert group_of("authority.skat", frozenset({"pas"})) == "authority"
    assert group_of("abuse", frozenset({"pas"})) == "abuse"


def test_the_weights_of_the_repository_are_usable():
    weights = read_weights()
    assert weights.signals.shape == (len(SIGNALS),)
    assert TOPIC in weights.groups


@pytest.mark.parametrize("content", ["", "{}", "[]", json.dumps({"signals": {"nearest": 1}, "groups": {}, "place": 1})])
def test_unusable_weights_are_told(tmp_path, content):
    path = tmp_path / "weights.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=r"weights\.json.*make calibrate"):
        rankers.read_weights(path)
    with pytest.raises(DataError):
        rankers.read_weights(tmp_path / "none.json")
