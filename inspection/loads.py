"""The year ahead by weeks: how many visits fall on each inspector, and which weeks will break (C1, R4).

Block (visits of a plan entry over its days) -> spread over working days -> by department and week -> load -> breaks
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inspection.workdays import Calendar

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """The visits of one plan entry, in which each of these departments sends a team."""

    name: str
    visits: int
    first: date
    last: date
    departments: tuple[str, ...]
    team_size: int = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Week:
    """A department's week: `load` is visits an inspector."""

    monday: date
    visits: Fraction
    working_days: int
    load: Fraction
    breaks: bool


def weeks_of(
    blocks: Sequence[Block],
    inspectors: Mapping[str, int],
    year: int,
    calendar: Calendar,
    visits_a_week: int,
) -> dict[str, list[Week]]:
    """Spread each block evenly over its working days and give every department its weeks of the year.

    A week breaks when an inspector would have to make more visits than `visits_a_week`, less in a short week; a
    department without inspectors breaks with the first visit.
    """
    days = _by_day(blocks, calendar)
    return {
        department: [
            _week(monday, days.get(department, {}), people, calendar, visits_a_week) for monday in _mondays(year)
        ]
        for department, people in inspectors.items()
    }


def _by_day(blocks: Iterable[Block], calendar: Calendar) -> dict[str, dict[date, Fraction]]:
    """Person-visits by department and day."""
    found: dict[str, dict[date, Fraction]] = {}
    for block in blocks:
        days = [day for day in _days(block.first, block.last) if calendar.is_working(day)]
        for department in block.departments if days else ():
            of = found.setdefault(department, {})
            for day in days:
                of[day] = of.get(day, Fraction(0)) + Fraction(block.visits * block.team_size, len(days))
    return found


def _week(monday: date, days: Mapping[date, Fraction], people: int, calendar: Calendar, visits_a_week: int) -> Week:
    week = list(_days(monday, monday + 6 * _ONE_DAY))
    visits = sum((days.get(day, Fraction(0)) for day in week), Fraction(0))
    working = sum(calendar.is_working(day) for day in week)
    load = visits / people if people else visits
    most = Fraction(visits_a_week * working, 5) if people else Fraction(0)
    return Week(monday=monday, visits=visits, working_days=working, load=load, breaks=load > most)


def _mondays(year: int) -> list[date]:
    first = date(year, 1, 1)
    monday = first - timedelta(days=first.weekday())
    return [day for day in _days(monday, date(year, 12, 31)) if day.weekday() == 0]


def _days(first: date, last: date) -> Iterable[date]:
    for number in range((last - first).days + 1):
        yield first + number * _ONE_DAY
