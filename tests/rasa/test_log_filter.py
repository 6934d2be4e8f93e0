"""No log line of Rasa's carries what a citizen wrote."""

import json
import logging

import pytest
import structlog

from bot import log_filter

TEXT = 'jeg hedder "Ragnhild" Æbelø\n2. linje'


@pytest.fixture(autouse=True)
def filtered():
    before = logging.getLogRecordFactory()
    processors = structlog.get_config()["processors"]
    kept = list(processors)
    log_filter.install()
    yield
    logging.setLogRecordFactory(before)
    processors[:] = kept


@pytest.mark.parametrize(
    "form", [TEXT, json.dumps({"text": TEXT}), json.dumps({"text": TEXT}, ensure_ascii=False), repr({"text": TEXT})]
)
def test_the_current_text_is_taken_out_in_every_form(caplog, form):
    with log_filter.hidden(TEXT):
        logging.getLogger("rasa.made.later").error("body: %s", form)

    assert "Ragnhild" not in caplog.text
    assert "[text]" in caplog.text


def test_an_exception_is_logged_by_type_and_place_only(caplog):
    try:
        try:
            raise ValueError("Ragnhild")
        except ValueError as error:
            raise RuntimeError("about Ragnhild") from error
    except RuntimeError:
        logging.getLogger("rasa").exception("failed")

    for told in ("RuntimeError", "ValueError", __file__):
        assert told in caplog.text
    assert "Ragnhild" not in caplog.text


def test_structured_events_keep_their_name_and_lose_their_values(capsys):
    structlog.get_logger().error("rest.message.received.failure", text=TEXT, tracker_states=[TEXT])

    out = capsys.readouterr().out
    assert "rest.message.received.failure" in out
    assert "Ragnhild" not in out


def test_lines_without_the_text_stay_as_they_are(caplog):
    with log_filter.hidden("ja"):
        logging.getLogger("rasa").error("january %d%%", 5)

    assert "january 5%" in caplog.text


def test_installing_twice_wraps_once():
    once = logging.getLogRecordFactory()
    log_filter.install()

    assert logging.getLogRecordFactory() is once
