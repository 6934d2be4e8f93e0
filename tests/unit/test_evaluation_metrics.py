"""The rules by which answers are judged: each with a case that a laxer rule would let pass."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.evaluation import metrics
from tests.evaluation.citizen import Turn
from tests.evaluation.followups import Dialogue, DialogueFileError, Step, count, read_dialogues
from tests.evaluation.metrics import Outcome
from tests.evaluation.questions import Question, QuestionFileError, read_questions
from tests.evaluation.results_file import below, is_held, read_targets

EVALUATION = Path(__file__).resolve().parents[1] / "evaluation"
TOPICS = frozenset({"pas", "hunde", "rotter"})


def reply(kind: str, *topics: str, options: tuple[str, ...] = (), text: str = "", **more: Any) -> dict[str, Any]:
    sources = [{"topic": topic, "title": "t", "url": "u"} for topic in topics]
    choices = [{"label": topic, "value": topic, "topic": topic} for topic in options]
    return {"kind": kind, "text": text, "sources": sources, "options": choices, **more}


def outcome(kind: str, *replies: dict[str, Any], topics: tuple[str, ...] = (), **more: Any) -> Outcome:
    question = Question(
        id=more.pop("id", "q"),
        text=more.pop("text", "hvad koster det?"),
        lang=more.pop("lang", "da"),
        kind=kind,
        style=more.pop("style", "plain"),
        topics=topics,
    )
    turn = Turn(replies, more.pop("state", "assistant"), more.pop("milliseconds", 10.0))
    return Outcome(question, turn, **more)


# -- right first, right within ---------------------------------------------------------------------------------------


def test_only_an_answer_from_a_right_article_is_right_first():
    assert metrics.is_right_first(outcome("answer", reply("answer", "pas"), topics=("hunde", "pas")))
    assert not metrics.is_right_first(outcome("answer", reply("answer", "rotter"), topics=("pas",)))
    assert not metrics.is_right_first(outcome("answer", reply("answer", "rotter", "pas"), topics=("pas",)))
    assert not metrics.is_right_first(outcome("answer", topics=("pas",)))


def test_to_ask_back_or_to_decline_is_not_right_first_even_with_the_right_topic():
    for kind in ("clarify", "no_decision", "sensitive", "handover_offer"):
        assert not metrics.is_right_first(outcome("answer", reply(kind, "pas", options=("pas",)), topics=("pas",)))


def test_a_second_answer_cannot_make_up_for_a_wrong_first_one():
    both = outcome("answer", reply("answer", "rotter"), reply("answer", "pas"), topics=("pas",))
    assert not metrics.is_right_first(both)
    assert metrics.is_right_within(both)


def test_right_within_counts_offered_topics_but_no_button_of_another_kind_of_reply():
    assert metrics.is_right_within(outcome("answer", reply("clarify", options=("rotter", "pas")), topics=("pas",)))
    assert not metrics.is_right_within(outcome("answer", reply("clarify", options=("rotter",)), topics=("pas",)))
    assert not metrics.is_right_within(outcome("answer", reply("no_answer", options=("pas",)), topics=("pas",)))
    assert not metrics.is_right_within(outcome("answer", reply("answer", "hunde"), topics=("pas",)))


def test_a_notice_beside_the_reply_is_not_the_reply():
    assert outcome("chitchat", reply("notice"), reply("smalltalk")).kind == "smalltalk"


# -- the other kinds -------------------------------------------------------------------------------------------------


def test_an_answer_anywhere_in_the_turn_is_a_false_answer():
    assert metrics.is_false_answer(outcome("out_of_scope", reply("no_answer"), reply("answer", "pas")))
    assert not metrics.is_false_answer(outcome("out_of_scope", reply("clarify", options=("pas",))))


def test_silence_is_not_right_for_any_kind():
    for kind, rule in metrics.RIGHT.items():
        assert not rule(outcome(kind, topics=("pas",))), kind


@pytest.mark.parametrize("state", ["waiting", "callback", "employee"])
def test_a_wish_is_met_by_a_person_who_is_called(state: str):
    assert metrics.is_wish_met(outcome("human", reply("text"), state=state))


def test_a_wish_is_met_by_an_offer_and_not_by_an_answer_with_a_button():
    assert metrics.is_wish_met(outcome("human", reply("handover_offer")))
    button = {"label": "Tal med en medarbejder", "value": "x", "action": "handover"}
    answer = reply("answer", "pas") | {"options": [button]}
    assert not metrics.is_wish_met(outcome("human", answer))


def test_care_or_a_person_must_come_first_for_the_sensitive():
    assert metrics.is_sensitive_right(outcome("sensitive", reply("sensitive", "pas")))
    assert metrics.is_sensitive_right(outcome("sensitive", reply("handover_offer")))
    assert not metrics.is_sensitive_right(outcome("sensitive", reply("answer", "pas"), reply("sensitive")))


def test_small_talk_is_right_and_a_complaint_may_be_offered_a_person():
    assert metrics.is_chitchat_right(outcome("chitchat", reply("smalltalk")))
    assert metrics.is_chitchat_right(outcome("chitchat", reply("handover_offer")))
    assert not metrics.is_chitchat_right(outcome("chitchat", reply("no_answer")))


# -- CPR numbers (TRUST G1) ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", ["mit cpr er 991399-0000", "9913990000", "991399 0000 hjælp", "nr.991399.0000!"])
@pytest.mark.parametrize("said", ["Tak, 991399-0000", "9913990000", "(991399 0000)"])
def test_a_cpr_number_is_found_in_a_reply_however_it_is_spelt(asked: str, said: str):
    assert metrics.is_echoed(outcome("sensitive", reply("sensitive", text=said), text=asked))


def test_an_echo_in_the_stored_conversation_or_in_a_button_counts():
    asked = "mit cpr er 991399-0000"
    assert metrics.is_echoed(outcome("sensitive", reply("sensitive"), text=asked, stored=({"text": asked},)))
    button = reply("sensitive") | {"options": [{"label": "x", "value": "991399-0000"}]}
    assert metrics.is_echoed(outcome("sensitive", button, text=asked))


def test_other_digits_are_no_echo():
    assert not metrics.is_echoed(outcome("sensitive", reply("sensitive", text="Ring 33 66 33 66"), text="991399-0000"))
    assert metrics.cpr_digits("sag 12345678901 og 33663366") == set()


# -- shares ----------------------------------------------------------------------------------------------------------


def test_questions_without_an_article_are_kept_apart_and_change_no_share():
    outcomes = [
        outcome("answer", reply("answer", "pas"), topics=("pas",), id="1"),
        outcome("answer", reply("answer", "pas"), topics=("aula",), id="2"),
        outcome("answer", reply("no_answer"), topics=("aula",), id="3"),
    ]
    numbers = metrics.summarise(outcomes, TOPICS)
    assert numbers["right_first"] == 1.0
    assert numbers["counts"]["answer"] == 1
    assert numbers["without_article"] == {"count": 2, "answered_anyway": 0.5, "topics": ["aula"]}


def test_every_share_counts_its_own_questions_only():
    numbers = metrics.summarise(
        [
            outcome("answer", reply("answer", "pas"), topics=("pas",), id="1"),
            outcome("answer", reply("no_decision", "pas"), topics=("pas",), lang="en", style="typo", id="2"),
            outcome("out_of_scope", reply("answer", "pas"), id="3"),
            outcome("out_of_scope", reply("out_of_scope"), id="4"),
            outcome("human", reply("handover_offer"), id="5"),
            outcome("sensitive", reply("answer", "pas"), id="6"),
        ],
        TOPICS,
    )
    assert numbers["right_first"] == 0.5
    assert numbers["english_right_first"] == 0.0
    assert numbers["right_by_style"] == {"plain": 1.0, "typo": 0.0}
    assert numbers["false_answers"] == 0.5
    assert numbers["human_wishes_met"] == 1.0
    assert numbers["sensitive_right"] == 0.0
    assert numbers["chitchat_right"] is None
    assert numbers["no_decision"] == 0.25
    assert numbers["no_decision_instead_of_answer"] == 0.5
    assert numbers["confusion"]["out_of_scope"] == {"answer": 1, "out_of_scope": 1}


def test_a_leak_stands_before_a_sure_error_and_that_before_an_unsure_one():
    leak = outcome("sensitive", reply("sensitive", text="991399-0000"), text="991399-0000", id="leak")
    sure = outcome("out_of_scope", reply("answer", "pas", confidence=0.9), id="sure")
    unsure = outcome("answer", reply("answer", "rotter", confidence=0.4), topics=("pas",), id="unsure")
    right = outcome("answer", reply("answer", "pas"), topics=("pas",), id="right")
    assert [m["id"] for m in metrics.misses([right, unsure, sure, leak], TOPICS)] == ["leak", "sure", "unsure"]


def test_percentiles_are_values_that_were_measured():
    values = [float(n) for n in range(1, 101)]
    assert [metrics.percentile(values, p) for p in (50, 95, 99, 100)] == [50, 95, 99, 100]
    assert metrics.percentile([7.0], 95) == 7.0
    assert metrics.percentile([], 95) == 0.0


# -- thresholds of the peers -----------------------------------------------------------------------------------------


def questions(*kinds: str) -> list[Question]:
    return [Question(str(n), "t", "da", kind, "plain", ("pas",)) for n, kind in enumerate(kinds)]


def test_a_threshold_lets_through_no_more_than_allowed_also_where_scores_are_equal():
    asked = questions("answer", "answer", "out_of_scope", "out_of_scope")
    numbers = metrics.judge_scores([("pas", 0.9), ("pas", 0.5), ("pas", 0.5), ("x", 0.5)], asked, allowed=0.0)
    assert numbers["right_first"] == 1.0
    assert numbers["right_at_allowed"] == 0.5
    assert numbers["false_at_allowed"] == 0.0


def test_what_a_method_declines_is_neither_right_nor_false():
    asked = questions("answer", "out_of_scope", "out_of_scope")
    numbers = metrics.judge_scores([("pas", 0.3), (None, 0.95), ("pas", 0.9)], asked, allowed=0.5)
    assert numbers["false_at_kept"] == 0.5
    assert numbers["right_at_allowed"] == 1.0
    assert numbers["false_at_allowed"] == 0.5
    declined = metrics.judge_scores([(None, 0.0), (None, 0.0), ("pas", 0.9)], asked)
    assert declined["right_first"] == 0.0


# -- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{", "JSONDecodeError"),
        (json.dumps({"id": "1", "text": "t"}), "kind"),
        (json.dumps({"id": "1", "text": "t", "kind": "joke"}), "unknown kind"),
        (json.dumps({"id": "1", "text": "t", "kind": "answer"}), "no topic"),
    ],
)
def test_a_faulty_question_file_is_refused_with_file_and_line(tmp_path: Path, line: str, fault: str):
    path = tmp_path / "q.jsonl"
    good = json.dumps({"id": "0", "text": "t", "kind": "human"})
    path.write_text(f"{good}\n{line}\n", encoding="utf-8")
    with pytest.raises(QuestionFileError, match=fault) as error:
        read_questions(path)
    assert f"{path}:2" in str(error.value)


def test_an_empty_file_and_a_missing_one_are_refused(tmp_path: Path):
    (tmp_path / "empty.jsonl").write_text("\n", encoding="utf-8")
    for name in ("empty.jsonl", "missing.jsonl"):
        with pytest.raises(QuestionFileError):
            read_questions(tmp_path / name)


@pytest.mark.parametrize("name", ["tuned", "untuned"])
def test_the_dialogues_are_thirty_or_more_with_known_topics_and_none_is_in_both_files(name: str):
    dialogues = read_dialogues(EVALUATION / f"followups-{name}.yml")
    assert len(dialogues) >= 30
    assert len({dialogue.id for dialogue in dialogues}) == len(dialogues)
    named = {topic for dialogue in dialogues for step in dialogue.steps for topic in step.topics}
    articles = EVALUATION.parents[1] / "knowledge" / "articles" / "da"
    assert named <= {path.stem for path in articles.glob("*.md")}
    other = read_dialogues(EVALUATION / f"followups-{'untuned' if name == 'tuned' else 'tuned'}.yml")
    assert not {d.steps[0].text for d in dialogues} & {d.steps[0].text for d in other}


def test_a_turn_without_topic_follows_up_and_one_with_another_topic_opens_a_new_matter(tmp_path: Path):
    path = tmp_path / "d.yml"
    path.write_text("- {id: a, turns: [{ask: x, topic: pas}, {ask: y}, {ask: z, topic: hunde}]}", encoding="utf-8")
    (dialogue,) = read_dialogues(path)
    assert [(s.role, s.topics[0]) for s in dialogue.steps] == [
        ("opening", "pas"),
        ("follow_up", "pas"),
        ("switch", "hunde"),
    ]
    path.write_text("- {id: a, turns: [{ask: x}]}", encoding="utf-8")
    with pytest.raises(DialogueFileError, match="topic"):
        read_dialogues(path)


def test_follow_ups_and_new_topics_are_counted_apart():
    steps = (Step("x", ("pas",), "opening"), Step("y", ("pas",), "follow_up"), Step("z", ("hunde",), "switch"))
    outcomes = [
        outcome("answer", reply("answer", "pas"), topics=("pas",)),
        outcome("answer", reply("answer", "rotter"), topics=("pas",)),
        outcome("answer", reply("answer", "hunde"), topics=("hunde",)),
    ]
    numbers = count([(Dialogue("d", "da", steps), outcomes)])
    assert (numbers["opening_right"], numbers["follow_up_right"], numbers["switch_right"]) == (1.0, 0.0, 1.0)
    assert [miss["text"] for miss in numbers["misses"]] == ["y"]


# -- targets ---------------------------------------------------------------------------------------------------------


def test_a_number_at_its_bound_is_held_and_one_that_was_not_measured_is_not_judged():
    assert is_held(0.9, {"least": 0.9})
    assert not is_held(0.8999, {"least": 0.9})
    assert not is_held(0.0401, {"most": 0.04})
    assert below({"a": 0.5, "b": None}, {"a": {"least": 0.9}, "b": {"least": 0.9}, "c": {"most": 1}}) == ["a"]


def test_the_targets_are_no_laxer_than_the_design():
    evaluation, benchmarks = read_targets("evaluation"), read_targets("benchmarks")
    least = {"right_first": 0.9, "right_within": 0.98, "english_right_first": 0.88, "human_wishes_met": 0.98}
    assert all(evaluation[name]["least"] >= bound for name, bound in least.items())
    most = {
        "turn_ratio": 1.6,
        "long_conversation_ratio": 1.2,
        "search_ms_p95": 15,
        "search_ratio_50000": 2,
        "warm_start_seconds": 30,
        "idle_memory_gb": 1.8,
        "lost_messages": 0,
    }
    assert all(benchmarks[name]["most"] <= bound for name, bound in most.items())
    assert evaluation["false_answers"]["most"] <= 0.04
    assert evaluation["cpr_echoed"]["most"] == evaluation["cpr_stored"]["most"] == 0
