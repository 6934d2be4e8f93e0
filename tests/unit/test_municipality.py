"""The municipality's calendar: every promise Klara makes rests on it."""

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from connectors.municipality import Calendar, ConfigurationError, read_municipality, say_date
from connectors.settings import ROOT

CONFIG = ROOT / "config" / "municipality.yml"
ZONE = ZoneInfo("Europe/Copenhagen")
CALENDAR = read_municipality(CONFIG).calendar


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


OPEN = [
    ("2026-11-23 09:00", True),  # a Monday
    ("2026-11-23 08:59", False),
    ("2026-11-23 15:59", True),
    ("2026-11-23 16:00", False),
    ("2026-11-26 17:59", True),  # Thursday
    ("2026-11-27 13:59", True),  # Friday
    ("2026-11-27 14:00", False),
    ("2026-11-28 12:00", False),  # Saturday
    ("2026-04-02 12:00", False),  # Maundy Thursday
    ("2026-04-03 12:00", False),  # Good Friday
    ("2026-04-06 12:00", False),  # Easter Monday
    ("2026-04-07 12:00", True),
    ("2026-05-01 12:00", True),  # was Great Prayer Day until 2023
    ("2026-05-14 12:00", False),  # Ascension Day
    ("2026-05-15 12:00", True),
    ("2026-05-25 12:00", False),  # Whit Monday
    ("2026-06-05 12:00", False),  # Constitution Day
    ("2026-12-23 12:00", True),
    ("2026-12-24 12:00", False),
    ("2026-12-25 12:00", False),
    ("2026-12-28 12:00", True),
    ("2026-12-31 12:00", False),
    ("2027-01-01 12:00", False),
    ("2027-03-26 12:00", False),  # Good Friday of another year
]


@pytest.mark.parametrize(("moment", "is_open"), OPEN)
def test_it_is_open_when_the_municipality_says_so(moment, is_open):
    assert CALENDAR.is_open(at(moment)) is is_open


NEXT = [
    ("2026-11-23 10:00", "2026-11-23 10:00"),  # open now
    ("2026-11-23 03:00", "2026-11-23 09:00"),
    ("2026-11-27 14:00", "2026-11-30 09:00"),  # over the weekend
    ("2026-04-01 16:00", "2026-04-07 09:00"),  # over Easter
    ("2026-06-04 18:00", "2026-06-08 09:00"),  # over Constitution Day
    ("2026-12-23 16:00", "2026-12-28 09:00"),  # over Christmas
    ("2026-12-30 16:00", "2027-01-04 09:00"),  # over New Year
    ("2026-03-28 12:00", "2026-03-30 09:00"),  # over the change to summer time
    ("2026-10-24 12:00", "2026-10-26 09:00"),  # over the change to winter time
]


@pytest.mark.parametrize(("after", "opening"), NEXT)
def test_next_opening(after, opening):
    assert CALENDAR.next_opening(at(after)) == at(opening)


@pytest.mark.parametrize(("after", "hours"), [("2026-03-28 09:00", 47), ("2026-10-24 09:00", 49)])
def test_the_clock_change_makes_the_weekend_an_hour_shorter_or_longer(after, hours):
    opening = CALENDAR.next_opening(at(after))
    assert opening is not None
    assert opening.timestamp() - at(after).timestamp() == hours * 3600
    assert (opening.hour, opening.minute) == (9, 0)


def test_hours_that_lie_across_a_clock_change_are_local_hours():
    night = Calendar("Su 00:00-06:00", "Europe/Copenhagen")
    for sunday in ("2026-03-29", "2026-10-25"):
        assert night.is_open(at(f"{sunday} 05:59"))
        assert not night.is_open(at(f"{sunday} 06:00"))
        assert night.closes_at(at(f"{sunday} 00:30")) == at(f"{sunday} 06:00")


@pytest.mark.parametrize(
    ("moment", "closes"),
    [("2026-11-26 10:00", "2026-11-26 18:00"), ("2026-11-27 13:59", "2026-11-27 14:00"), ("2026-11-28 10:00", None)],
)
def test_when_it_closes(moment, closes):
    assert CALENDAR.closes_at(at(moment)) == (at(closes) if closes else None)


def test_a_moment_in_another_zone_is_the_same_moment():
    assert CALENDAR.is_open(datetime(2026, 11, 23, 8, 0, tzinfo=ZoneInfo("UTC")))  # 9 in Copenhagen
    assert not CALENDAR.is_open(datetime(2026, 7, 6, 14, 0, tzinfo=ZoneInfo("UTC")))  # 16 in Copenhagen


def test_what_never_opens_has_no_next_opening():
    assert Calendar("off", "Europe/Copenhagen").next_opening(at("2026-11-23 10:00")) is None


def test_what_never_closes_does_not_say_when():
    always = Calendar("24/7", "Europe/Copenhagen")
    assert always.is_open(at("2026-12-25 03:00"))
    assert always.closes_at(at("2026-12-25 03:00")) is None


WORKING = [
    ("2026-11-23 10:00", 1, date(2026, 11, 24)),
    ("2026-11-27 23:30", 1, date(2026, 11, 30)),
    ("2026-11-23 10:00", 10, date(2026, 12, 7)),
    ("2026-04-01 10:00", 1, date(2026, 4, 7)),
    ("2026-04-01 10:00", 10, date(2026, 4, 20)),
    ("2026-06-04 10:00", 1, date(2026, 6, 8)),
    ("2026-12-23 10:00", 1, date(2026, 12, 28)),
    ("2026-12-23 10:00", 4, date(2027, 1, 4)),  # 28, 29, 30 and 4 January
    ("2026-12-30 10:00", 1, date(2027, 1, 4)),
    ("2026-03-27 10:00", 1, date(2026, 3, 30)),
    ("2026-10-23 10:00", 1, date(2026, 10, 26)),
]


@pytest.mark.parametrize(("start", "days", "end"), WORKING)
def test_a_promise_of_so_many_working_days_ends_on_the_right_day(start, days, end):
    promised = CALENDAR.working_days_after(at(start), days)
    assert promised == datetime(end.year, end.month, end.day, 23, 59, tzinfo=ZONE)


def test_a_promise_counts_from_the_local_day():
    half_past_midnight = datetime(2026, 11, 23, 23, 30, tzinfo=ZoneInfo("UTC"))
    assert CALENDAR.working_days_after(half_past_midnight, 1).date() == date(2026, 11, 25)


def test_a_public_holiday_is_no_working_day_even_where_chat_is_always_open():
    always = Calendar("24/7", "Europe/Copenhagen")
    assert [always.is_working_day(date(2026, 12, day)) for day in (24, 25, 28)] == [True, False, True]


@given(st.datetimes(datetime(2024, 1, 1), datetime(2035, 1, 1)), st.integers(1, 30))
def test_a_promised_day_is_a_working_day_and_just_so_many_lie_between(start, days):
    promised = CALENDAR.working_days_after(start.replace(tzinfo=ZONE), days).date()
    assert CALENDAR.is_working_day(promised)
    ahead = (start.date() + timedelta(days=n) for n in range(1, (promised - start.date()).days + 1))
    assert sum(CALENDAR.is_working_day(day) for day in ahead) == days


@given(st.datetimes(datetime(2024, 1, 1), datetime(2035, 1, 1)))
def test_at_the_next_opening_it_is_open_and_before_it_is_not(moment):
    start = moment.replace(tzinfo=ZONE)
    opening = CALENDAR.next_opening(start)
    assert opening is not None
    assert CALENDAR.is_open(opening)
    if not CALENDAR.is_open(start):
        assert not CALENDAR.is_open(opening - timedelta(minutes=1))


SAID = [
    ("2026-11-23 09:00", "da", "i dag kl. 9"),
    ("2026-11-23 09:30", "da", "i dag kl. 9.30"),
    ("2026-11-24 09:00", "da", "i morgen kl. 9"),
    ("2026-11-27 14:00", "da", "fredag kl. 14"),
    ("2027-01-04 09:00", "da", "mandag den 4. januar kl. 9"),
    ("2026-11-23 09:00", "en", "today at 9:00"),
    ("2026-11-24 09:05", "en", "tomorrow at 9:05"),
    ("2026-11-27 14:00", "en", "on Friday at 14:00"),
    ("2027-01-04 09:00", "en", "on Monday 4 January at 9:00"),
]


@pytest.mark.parametrize(("moment", "language", "said"), SAID)
def test_a_moment_is_said_as_people_say_it(moment, language, said):
    assert CALENDAR.describe(at(moment), language, at("2026-11-23 08:00")) == said


def test_a_date_is_said_in_words():
    assert say_date(date(2027, 1, 4), "da") == "4. januar 2027"
    assert say_date(date(2027, 1, 4), "en") == "4 January 2027"


def test_an_unknown_team_is_the_default_one():
    municipality = read_municipality(CONFIG)
    assert municipality.team("parkering").in_language("en") == "Parking"
    assert municipality.team(None) is municipality.team("nedlagt") is municipality.default_team


FAULTS = {
    "no name": {"name": None},
    "no teams": {"teams": None},
    "an unknown default team": {"default_team": "ingen"},
    "a team without an English name": {"teams": {"x": {"name": "X"}}, "default_team": "x"},
    "hours nobody can read": {"opening_hours": "ni til fire"},
    "an unknown zone": {"time_zone": "Europe/Valby"},
    "a promise in words": {"working_days_to_answer": "ti"},
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_faulty_configuration_is_told_at_start(tmp_path: Path, name):
    data = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    for key, value in FAULTS[name].items():
        if value is None:
            del data[key]
        else:
            data[key] = value
    path = tmp_path / "municipality.yml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"municipality\.yml"):
        read_municipality(path)


def test_a_missing_configuration_is_told_at_start(tmp_path):
    with pytest.raises(ConfigurationError, match="does not exist"):
        read_municipality(tmp_path / "none.yml")
