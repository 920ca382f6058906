"""The steps of a deadline: on which working days around its due day somebody is reminded (K2).

due day, today, calendar -> stage_due -> the stages whose day has come; only the newest is worth sending
                         -> next_stage_on -> the day on which the row is looked at again (None: never)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inspection.workdays import Calendar

_ONE_DAY = timedelta(days=1)
URGENT = frozenset({"0", "+1"})  # due today, and the first day overdue: told at once, not with the morning's digest


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """A reminder's place: `name` is "-3", "0" or "+2" in working days around the due day; `on` is its day."""

    name: str
    on: date

    @property
    def overdue(self) -> bool:
        """Tell whether the due day has passed."""
        return self.name.startswith("+")

    @property
    def text(self) -> str:
        """Where one stands, in words for people."""
        return stage_text(self.name)


def stage_text(name: str) -> str:
    """Put "-3", "0", "+2" in words."""
    days = name.lstrip("+-")
    if name.startswith("+"):
        return f"已逾期 {days} 个工作日"
    return "今天到期" if days == "0" else f"还剩 {days} 个工作日"


def stage_due(
    due_on: date, today: date, calendar: Calendar, before: tuple[int, ...] = (7, 3, 1), overdue_days: int = 30
) -> list[Stage]:
    """Give the stages whose day is not after `today`, oldest first: before, on, and each working day after the due day.

    `before` counts working days back from the due day; after `overdue_days` working days nobody is reminded any more.
    """
    stages = [Stage(name=f"-{days}", on=_back(due_on, days, calendar)) for days in sorted(set(before), reverse=True)]
    stages.append(Stage(name="0", on=due_on))
    stages += _after(due_on, today, calendar, overdue_days)
    return [stage for stage in stages if stage.on <= today]


def next_stage_on(
    due_on: date, today: date, calendar: Calendar, before: tuple[int, ...] = (7, 3, 1), overdue_days: int = 30
) -> date | None:
    """Give the day of the first stage after `today`; None where nobody is reminded any more."""
    days = [_back(due_on, days, calendar) for days in sorted(set(before), reverse=True)] + [due_on]
    ahead = [day for day in days if day > today]
    if ahead:
        return ahead[0]
    if len(_after(due_on, today, calendar, overdue_days)) >= overdue_days:
        return None
    day = today + _ONE_DAY
    while not calendar.is_working(day):
        day += _ONE_DAY
    return day


def _back(day: date, days: int, calendar: Calendar) -> date:
    while days:
        day -= _ONE_DAY
        days -= calendar.is_working(day)
    return day


def _after(due_on: date, today: date, calendar: Calendar, limit: int) -> list[Stage]:
    stages: list[Stage] = []
    day = due_on
    while day < today and len(stages) < limit:
        day += _ONE_DAY
        if calendar.is_working(day):
            stages.append(Stage(name=f"+{len(stages) + 1}", on=day))
    return stages
