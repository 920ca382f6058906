"""Working days of the People's Republic: weekends, public holidays and make-up days (调休).

tables of the library + overrides -> `Calendar` -> `add_working_days(start, n)` -> `Deadline(due_on, provisional)`

The State Council announces a year's holidays in the autumn before. A deadline that reaches past what is announced is
still given, by weekends alone, and says of itself that it is provisional; guessing in silence would be a false promise.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING

from chinese_calendar.constants import holidays, workdays

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# China has kept one fixed offset since 1991, so no time-zone database has to be read.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")

_ONE_DAY = timedelta(days=1)
_SATURDAY = 5
# The notice for year Y also moves the last days of Y-1 (2018-12-29 was worked for 2019); never before the 29th so far.
_LAST_SETTLED_DAY = 28


@dataclass(frozen=True, kw_only=True, slots=True)
class Deadline:
    """A day until which something is to be done (H2)."""

    due_on: date  # the last day, in Shanghai
    provisional: bool  # True: reaches past the announced holidays, to be computed anew once they are out


@dataclass(frozen=True, kw_only=True, slots=True)
class Calendar:
    """Which days are worked; days in neither set follow their weekday."""

    announced: frozenset[int]  # years whose holidays are known in full
    free: frozenset[date]
    worked: frozenset[date]

    def is_working(self, day: date) -> bool:
        """Tell whether offices work on this day; outside the announced years by the weekday alone."""
        return day in self.worked or (day.weekday() < _SATURDAY and day not in self.free)

    def is_settled(self, day: date) -> bool:
        """Tell whether no announcement still to come can change this day."""
        last_days = day.month == 12 and day.day > _LAST_SETTLED_DAY  # noqa: PLR2004 - December
        return day.year in self.announced and (not last_days or day.year + 1 in self.announced)

    def with_days(self, days: Mapping[date, bool], announced: Iterable[int] = ()) -> Calendar:
        """Lay the office's own days over this calendar (local holidays False, emergency shifts True).

        `announced`: years that the office says it has entered in full, before the library has them.
        """
        if not days and not announced:
            return self
        free = {day for day, working in days.items() if not working}
        worked = {day for day, working in days.items() if working}
        return Calendar(
            announced=self.announced.union(announced),
            free=(self.free - worked) | free,
            worked=(self.worked - free) | worked,
        )

    def version(self) -> str:
        """Name the table by its content (16 hex digits), to be kept beside each deadline computed from it."""
        return _version(self)


@lru_cache(maxsize=8)  # asked for with every deadline that is opened
def _version(calendar: Calendar) -> str:
    parts = (
        *(str(year) for year in sorted(calendar.announced)),
        *(f"-{day}" for day in sorted(calendar.free)),
        *(f"+{day}" for day in sorted(calendar.worked)),
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def official_calendar(overrides: Mapping[date, bool] | None = None, announced: Iterable[int] = ()) -> Calendar:
    """Build the calendar from the State Council's notices, as the library `chinesecalendar` keeps them.

    `overrides` says of single days whether they are worked, against the notices (a flood, a notice changed, a year
    newer than the library); `announced` names further years that the overrides cover in full.
    """
    table = dict.fromkeys(holidays, False) | dict.fromkeys(workdays, True) | dict(overrides or {})
    known = range(min(holidays).year, max(holidays).year + 1)
    return Calendar(
        announced=frozenset(known) | frozenset(announced),
        free=frozenset(day for day, working in table.items() if not working),
        worked=frozenset(day for day, working in table.items() if working),
    )


def add_working_days(start: date, days: int, calendar: Calendar) -> Deadline:
    """Count `days` working days on from `start`, the day after it being the first (H2: 20 working days).

    `start` is a day in Shanghai (`local_date`); 0 days is the start itself. Never fails for years not announced.
    Raises ValueError for a negative count or for a datetime, whose day would depend on its zone.
    """
    if days < 0 or isinstance(start, datetime):
        raise ValueError("a plain day and a count of at least 0 are needed")
    day, settled = start, True
    while days:
        day += _ONE_DAY
        days -= calendar.is_working(day)
        settled = settled and calendar.is_settled(day)
    return Deadline(due_on=day, provisional=not settled)


def add_calendar_days(start: date, days: int, calendar: Calendar) -> Deadline:
    """Count `days` days on from `start`, free ones too; a last day that is free moves to the next working day.

    So the Civil Code counts periods in days (art. 201, 203). 0 days is the start itself, moved likewise.
    Raises ValueError as `add_working_days` does.
    """
    if days < 0 or isinstance(start, datetime):
        raise ValueError("a plain day and a count of at least 0 are needed")
    day = start + timedelta(days=days)
    settled = calendar.is_settled(day)
    while not calendar.is_working(day):
        day += _ONE_DAY
        settled = settled and calendar.is_settled(day)
    return Deadline(due_on=day, provisional=not settled)


def working_days_between(start: date, end: date, calendar: Calendar) -> int:
    """Count the working days after `start` up to and with `end`; 0 if `end` is not later."""
    count, day = 0, start
    while day < end:
        day += _ONE_DAY
        count += calendar.is_working(day)
    return count


def month_span(first: date) -> tuple[datetime, datetime]:
    """When the month that begins on this day begins and ends, as moments."""
    following = (first + timedelta(days=32)).replace(day=1)
    begin = datetime(first.year, first.month, 1, tzinfo=SHANGHAI)
    return begin, datetime(following.year, following.month, 1, tzinfo=SHANGHAI)


def local_date(now: datetime) -> date:
    """Give the day in Shanghai at this moment; ValueError for a moment without a zone, which would be a guess."""
    if now.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return now.astimezone(SHANGHAI).date()
