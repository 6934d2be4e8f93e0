"""The municipality's own configuration: names, teams, opening hours. Read from ``config/municipality.yml``."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import holidays
import yaml
from opening_hours import OpeningHours

from connectors.types import Language

_WEEKDAYS_DA = ("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag")
_WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class ConfigurationError(Exception):
    """``config/municipality.yml`` is missing something or holds something wrong; says what."""


@dataclass(frozen=True, slots=True)
class Team:
    """A unit of employees that answers the topics it owns."""

    slug: str
    name: str
    name_en: str

    def in_language(self, language: str) -> str:
        """Its name as shown to a reader of ``language``."""
        return self.name_en if language == "en" else self.name


class Calendar:
    """When people answer: one set of hours for every promise Klara makes."""

    def __init__(self, hours: str, time_zone: str) -> None:
        self.zone = ZoneInfo(time_zone)
        self._hours = OpeningHours(hours, timezone=self.zone, country="DK", coords=None)
        self._holidays = holidays.country_holidays("DK")

    def is_open(self, at: datetime) -> bool:
        """Whether the contact centre answers at this moment."""
        return bool(self._hours.is_open(at.astimezone(self.zone)))

    def next_opening(self, after: datetime) -> datetime | None:
        """When it opens next; ``after`` itself if it is open then; None if never."""
        local = after.astimezone(self.zone)
        if self._hours.is_open(local):
            return local
        change = self._hours.next_change(local)
        while change is not None and not self._hours.is_open(change):
            change = self._hours.next_change(change)
        return change.astimezone(self.zone) if change else None

    def closes_at(self, at: datetime) -> datetime | None:
        """When it closes, if it is open at ``at``."""
        local = at.astimezone(self.zone)
        return self._hours.next_change(local) if self._hours.is_open(local) else None

    def is_working_day(self, day: date) -> bool:
        """Monday to Friday, no public holiday, and some opening hours that day."""
        if day.weekday() >= 5 or day in self._holidays:
            return False
        noon = datetime(day.year, day.month, day.day, 11, tzinfo=self.zone)
        return self.is_open(noon)

    def working_days_after(self, start: datetime, days: int) -> datetime:
        """End of the day that lies ``days`` working days after ``start``; the day of ``start`` does not count."""
        day = start.astimezone(self.zone).date()
        left = days
        while left > 0:
            day += timedelta(days=1)
            if self.is_working_day(day):
                left -= 1
        return datetime(day.year, day.month, day.day, 23, 59, tzinfo=self.zone)

    def describe(self, moment: datetime, language: Language, now: datetime) -> str:
        """A moment as people say it: "i dag kl. 9", "mandag kl. 9", "mandag den 4. januar kl. 9"."""
        local = moment.astimezone(self.zone)
        today = now.astimezone(self.zone).date()
        ahead = (local.date() - today).days
        clock = f"{local.hour}" if local.minute == 0 else f"{local.hour}.{local.minute:02d}"
        if language == "en":
            day = {0: "today", 1: "tomorrow"}.get(ahead) or "on " + _WEEKDAYS_EN[local.weekday()]
            if ahead > 6:
                day += f" {local.day} {local:%B}"
            return f"{day} at {local.hour}:{local.minute:02d}"
        day = {0: "i dag", 1: "i morgen"}.get(ahead) or _WEEKDAYS_DA[local.weekday()]
        if ahead > 6:
            day += f" den {local.day}. {_MONTHS_DA[local.month - 1]}"
        return f"{day} kl. {clock}"


_MONTHS_DA = (
    "januar", "februar", "marts", "april", "maj", "juni",
    "juli", "august", "september", "oktober", "november", "december",
)  # fmt: skip


def say_date(day: date, language: Language) -> str:
    """A date in words: "4. januar 2027"."""
    if language == "en":
        return f"{day.day} {day:%B %Y}"
    return f"{day.day}. {_MONTHS_DA[day.month - 1]} {day.year}"


@dataclass(frozen=True, slots=True)
class Municipality:
    """Who Klara speaks for."""

    name: str
    name_en: str
    receipt_prefix: str
    phone: str
    website: str
    privacy_notice: str
    working_days_to_answer: int
    opening_hours: str
    teams: dict[str, Team]
    default_team: Team
    calendar: Calendar

    def team(self, slug: str | None) -> Team:
        """The team with this slug, or the default one."""
        return self.teams.get(slug or "", self.default_team)

    def name_in(self, language: str) -> str:
        """The municipality's name for a reader of ``language``."""
        return self.name_en if language == "en" else self.name


def read_municipality(path: Path, hours: str | None = None) -> Municipality:
    """Read the configuration; ``hours`` replaces its opening hours.

    Raises:
        ConfigurationError: If the file is missing, or a field is missing or wrong.
    """
    try:
        data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        teams = {slug: Team(slug, t["name"], t["name_en"]) for slug, t in data["teams"].items()}
        return Municipality(
            name=data["name"],
            name_en=data["name_en"],
            receipt_prefix=data["receipt_prefix"],
            phone=data["phone"],
            website=data["website"],
            privacy_notice=data["privacy_notice"],
            working_days_to_answer=int(data["working_days_to_answer"]),
            opening_hours=hours or data["opening_hours"],
            teams=teams,
            default_team=teams[data["default_team"]],
            calendar=Calendar(hours or data["opening_hours"], data["time_zone"]),
        )
    except FileNotFoundError as error:
        raise ConfigurationError(f"{path} does not exist") from error
    except KeyError as error:
        raise ConfigurationError(f"{path}: missing or unknown: {error}") from error
    except Exception as error:
        raise ConfigurationError(f"{path}: {error}") from error
