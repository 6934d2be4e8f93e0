"""Training data, domain and rules belong together: no intent without a rule, no language without a reply."""

from pathlib import Path

import pytest
import yaml
from rasa.shared.core.domain import Domain
from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLReader

from bot.training import TrainingDataError, coarse_intent, collect, main, read_questions, write_nlu
from nlu.intents import read_intents

RULES = [
    rule
    for path in sorted(Path("bot/data/rules").glob("*.yml"))
    for rule in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]
]
DOMAIN = Domain.load("bot/domain")
RESPONSES = yaml.safe_load(Path("bot/domain/smalltalk.yml").read_text(encoding="utf-8"))["responses"]


@pytest.fixture(scope="module")
def collected():
    return collect()


def test_every_intent_of_ours_has_a_coarse_one():
    assert {coarse_intent(name) for name in read_intents()} <= set(DOMAIN.intents)


def test_an_intent_that_nobody_placed_is_named():
    with pytest.raises(TrainingDataError, match=r"newcomer\.kind\.yml"):
        coarse_intent("newcomer.kind")


def test_every_trained_intent_has_exactly_one_rule(collected):
    ruled = [rule["steps"][0]["intent"] for rule in RULES]

    assert len(ruled) == len(set(ruled))
    assert set(ruled) == set(collected) | {"nlu_fallback"}


def test_questions_of_both_languages_are_one_intent(collected):
    assert len(collected["question"]) > 1_000
    assert len(read_questions()) >= len(collected["question"])


def test_no_sentence_teaches_two_intents(collected):
    sentences = [sentence.casefold() for sentences in collected.values() for sentence in sentences]

    assert len(sentences) == len(set(sentences))


def test_rasa_reads_every_sentence_as_plain_text(tmp_path, collected):
    data = RasaYAMLReader().read(str(write_nlu(tmp_path)))

    assert sorted(m.get("text") for m in data.intent_examples) == sorted(s for v in collected.values() for s in v)
    assert not data.entity_examples


@pytest.mark.parametrize(
    ("text", "fault"),
    [("no head", "no questions"), ("---\nquestions: []\n---\n", "no questions"), ("---\na: [\n---\n", "not YAML")],
)
def test_a_faulty_article_is_named(tmp_path, text, fault):
    (tmp_path / "da").mkdir()
    (tmp_path / "da" / "pas.md").write_text(text, encoding="utf-8")

    with pytest.raises(TrainingDataError, match=rf"pas\.md.*{fault}"):
        read_questions(tmp_path)


def test_no_articles_at_all_is_a_fault(tmp_path):
    with pytest.raises(TrainingDataError, match="holds no articles"):
        read_questions(tmp_path)


def test_the_command_says_how_it_is_used(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["bot.training"])

    assert main() == 2
    assert "OUT_DIR" in capsys.readouterr().err


def test_every_small_talk_has_a_typed_reply_in_each_language():
    assert len(RESPONSES) == 12
    for name, variations in RESPONSES.items():
        languages = [variation["custom"]["language"] for variation in variations]
        assert set(languages) == {"da", "en"}, name
        for variation in variations:
            assert variation["custom"]["kind"] == "smalltalk", name
            assert len(variation["custom"]["text"].split()) <= 60, name
            assert variation["condition"][0]["value"] == variation["custom"]["language"], name


def test_a_rule_names_only_what_the_domain_has():
    actions = {rule["steps"][1]["action"] for rule in RULES}

    assert actions <= set(DOMAIN.action_names_or_texts)


def test_a_disappointed_citizen_is_offered_a_person():
    for name in ("utter_smalltalk_frustration", "utter_smalltalk_deny", "utter_smalltalk_bot_identity"):
        for variation in RESPONSES[name]:
            assert [option["action"] for option in variation["custom"]["options"]] == ["handover"]


def test_the_privacy_notice_is_the_municipalitys():
    notice = yaml.safe_load(Path("config/municipality.yml").read_text(encoding="utf-8"))["privacy_notice"]

    for variation in RESPONSES["utter_smalltalk_privacy"]:
        assert f"({notice})" in variation["custom"]["text"]


def test_only_our_channel_is_open():
    credentials = yaml.safe_load(Path("bot/credentials.yml").read_text(encoding="utf-8"))

    assert credentials == {"bot.channel.KlaraChannel": {"secret": "${KLARA_RASA_SECRET}"}}
