"""An editor's change is live without training, and a faulty article leaves the last good index in service."""

import numpy as np
import pytest

from knowledge import index as indexing
from knowledge.answer import Answerer, Question, Result
from knowledge.errors import ArticlesRefused
from knowledge.index import Indexer
from knowledge.kinds import FEATURES, KINDS, KindModel
from knowledge.library import Example
from knowledge.ranker import SIGNALS, Weights
from tests.unit.tiny import TOPICS, head_of, write_article

INTENTS = [
    *[Example(t, "smalltalk.greet") for t in ("hej", "hej med dig", "goddag", "hejsa", "hello")],
    *[
        Example(t, "authority.skat")
        for t in ("min årsopgørelse", "årsopgørelse forkert", "betale restskat", "restskat nu")
    ],
]
ALWAYS_A_QUESTION = KindModel(np.zeros((len(KINDS), len(FEATURES))), 9.0 * (np.array(KINDS) == "answer"))
STEEP = Weights(np.full(len(SIGNALS), 4.0), {}, 1.0, ALWAYS_A_QUESTION)


class Trainings:
    """Counts how often the slow part is made."""

    def __init__(self):
        self.count = 0


@pytest.fixture
def trainings(monkeypatch):
    counted = Trainings()
    train = Indexer._train

    def counting(self, *arguments):
        counted.count += 1
        return train(self, *arguments)

    monkeypatch.setattr(Indexer, "_train", counting)
    monkeypatch.setattr(indexing, "intent_examples", lambda: INTENTS)
    return counted


@pytest.fixture
def indexer(articles, encoder, tmp_path, trainings):
    return Indexer(tmp_path / "data", encoder, articles=articles, weights=STEEP)


def answer(indexer, index, text):
    return Answerer(index, indexer.encoder).answer(Question(text))


def test_what_was_built_is_answered_from(indexer):
    index = indexer.build()
    assert index.is_trained
    assert index.library.topics == tuple(sorted(TOPICS))
    assert answer(indexer, index, "hvad koster pas").article.topic == "pas"


def test_an_articles_change_is_in_service_after_refresh_without_training(indexer, articles, trainings):
    before = indexer.build()
    write_article(articles, "pas", "da", body="## Kort svar\n\nMød bare op i morgen.\n")
    after = indexer.refresh()
    assert answer(indexer, after, "hvordan får jeg pas").passages[0].text == "Mød bare op i morgen."
    assert answer(indexer, before, "hvordan får jeg pas").passages[0].text != "Mød bare op i morgen."
    assert after.revision != before.revision
    assert (after.is_trained, trainings.count) == (True, 1)


def test_a_new_question_is_found_at_once_and_trained_later(indexer, articles, trainings):
    indexer.build()
    question = "min rejselegitimation er udløbet"
    write_article(articles, "pas", "da", head={"questions": [*head_of("pas", "da")["questions"], question]})
    index = indexer.refresh()
    assert answer(indexer, index, question).article.topic == "pas"
    assert (index.is_trained, trainings.count) == (False, 1)
    assert indexer.build().is_trained
    assert trainings.count == 2


def test_a_new_topic_is_found_at_once(indexer, articles, encoder):
    for language in ("da", "en"):
        (articles / language / "pas.md").rename(articles.parent / f"pas-{language}.md")
    assert "pas" not in indexer.build().library.topics
    for language in ("da", "en"):
        (articles.parent / f"pas-{language}.md").rename(articles / language / "pas.md")
    found = answer(indexer, indexer.refresh(), "hvordan får jeg pas")
    assert (found.result, found.article.topic) == (Result.ANSWER, "pas")


def test_a_removed_topic_is_gone_at_once(indexer, articles):
    indexer.build()
    for language in ("da", "en"):
        (articles / language / "pas.md").unlink()
    index = indexer.refresh()
    assert "pas" not in index.library.topics
    found = answer(indexer, index, "hvordan får jeg pas")
    assert found.article is None or found.article.topic != "pas"


def test_a_faulty_article_is_refused_with_file_and_line_and_the_earlier_index_stays(indexer, articles):
    before = indexer.build()
    path = write_article(articles, "pas", "da", head={"sensitive": "nej"})
    write_article(articles, "beboerlicens", "da", head={"owner": "ingen"})
    with pytest.raises(ArticlesRefused) as caught:
        indexer.refresh()
    assert {fault.path.name for fault in caught.value.faults} == {"pas.md", "beboerlicens.md"}
    assert f"{path}:" in str(caught.value)
    assert answer(indexer, before, "hvad koster pas").article.topic == "pas"
    write_article(articles, "pas", "da")
    write_article(articles, "beboerlicens", "da")
    assert indexer.refresh().revision == before.revision


def test_no_articles_at_all_are_refused(encoder, tmp_path, trainings):
    with pytest.raises(ArticlesRefused):
        Indexer(tmp_path / "data", encoder, articles=tmp_path / "none", weights=STEEP).build()


def test_a_second_start_loads_what_the_first_one_trained(indexer, articles, encoder, tmp_path, trainings):
    first = indexer.build()
    again = Indexer(tmp_path / "data", encoder, articles=articles, weights=STEEP).build()
    assert trainings.count == 1
    assert again.revision == first.revision
    assert answer(indexer, again, "hvad koster pas").probability == pytest.approx(
        answer(indexer, first, "hvad koster pas").probability
    )


@pytest.mark.parametrize("content", [b"", b"not a joblib file", b"\x80\x04N."])
def test_a_damaged_store_is_trained_anew(indexer, articles, encoder, tmp_path, trainings, content):
    indexer.build()
    (stored,) = (tmp_path / "data" / "index").glob("trained-*.joblib")
    stored.write_bytes(content)
    assert Indexer(tmp_path / "data", encoder, articles=articles, weights=STEEP).build().is_trained
    assert trainings.count == 2


def test_only_the_newest_training_is_kept(indexer, articles, tmp_path):
    indexer.build()
    write_article(
        articles, "pas", "da", head={"questions": [*head_of("pas", "da")["questions"], "nyt spørgsmål om rejser"]}
    )
    indexer.build()
    assert len(list((tmp_path / "data" / "index").glob("trained-*.joblib"))) == 1


def test_a_damaged_embedding_cache_is_made_anew(indexer, articles, encoder, tmp_path, trainings):
    indexer.build()
    (tmp_path / "data" / "cache" / "hash.npz").write_bytes(b"broken")
    again = Indexer(tmp_path / "data", encoder, articles=articles, weights=STEEP).build()
    assert answer(indexer, again, "hvad koster pas").article.topic == "pas"


def test_a_start_with_a_faulty_article_answers_from_the_last_good_ones(indexer, articles, encoder, tmp_path, trainings):
    indexer.build()
    path = articles / "da" / "pas.md"
    path.write_text(path.read_text(encoding="utf-8").replace("owner:", "ejer:"), encoding="utf-8")
    restarted = Indexer(tmp_path / "data", encoder, articles=articles, weights=STEEP)
    with pytest.raises(ArticlesRefused):
        restarted.build()
    index = restarted.build_last_good()
    assert index is not None
    assert answer(restarted, index, "hvad koster pas").article.topic == "pas"
    assert trainings.count == 1, "what the first start trained is loaded"


def test_without_any_good_articles_there_is_no_last_good_index(encoder, tmp_path, trainings):
    assert Indexer(tmp_path / "data", encoder, articles=tmp_path, weights=STEEP).build_last_good() is None
