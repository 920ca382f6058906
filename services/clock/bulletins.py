"""The weekly bulletin (通报): per department due, done, overdue, rates, and the ranking (S2 art. 25, K1-K3).

any day of a week -> Monday to Sunday -> tallies of the platform's own rows (K1) -> ranked -> page, print, API
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select

from inspection.rankings import Tally, ranked
from inspection.workdays import SHANGHAI, local_date
from models.results import Deadline
from models.store import tasks as task_store
from services.act import Act

_WEEK = timedelta(days=7)


async def bulletin(act: Act, day: date) -> dict[str, Any]:
    """The bulletin of the week that `day` lies in, every department even with nothing; public inside the office."""
    first = day - timedelta(days=day.weekday())
    last = first + _WEEK - timedelta(days=1)
    rows = ranked(await _tallies(act, first, min(last, local_date(act.now))))
    whole = _whole([tally for _, tally in rows])
    return {
        "first": first,
        "last": last,
        "running": last >= local_date(act.now),
        "rows": [_row(rank, tally) for rank, tally in rows],
        "whole": _row(None, whole),
    }


async def _tallies(act: Act, first: date, last: date) -> list[Tally]:
    """Counts as they stood at the end of `last`: what was done later was not done then."""
    end = datetime.combine(last + timedelta(days=1), time.min, SHANGHAI).astimezone(UTC)
    # A deadline's own day ends at midnight in China, eight hours before it does in UTC.
    done = (Deadline.settled_at.is_not(None)) & (Deadline.settled_at < end)
    in_time = done & _settled_by_due_day(act)
    within = Deadline.due_on.between(first, last)
    # Today's are not overdue before the day is over.
    past = Deadline.due_on < (last if last >= local_date(act.now) else last + timedelta(days=1))
    query = (
        select(
            Deadline.department_id,
            _sum(within),
            _sum(within & in_time),
            _sum(within & done & ~in_time),
            _sum(past & ~done & Deadline.paused_on.is_(None)),
        )
        .where(Deadline.due_on <= last, Deadline.created_at < end)
        .where(or_(Deadline.due_on >= first, Deadline.settled_at.is_(None), Deadline.settled_at >= end))
        .group_by(Deadline.department_id)
    )
    counts = {one: [int(value) for value in values] for one, *values in (await act.db.execute(query)).all()}
    return [
        Tally(department=department.name, due=due, in_time=punctual, late=late, overdue=overdue)
        for one, department in (await task_store.departments(act.db)).items()
        for due, punctual, late, overdue in [counts.get(one, [0, 0, 0, 0])]
    ]


def _settled_by_due_day(act: Act) -> ColumnElement[bool]:
    if act.db.get_bind().dialect.name == "sqlite":
        return func.date(Deadline.settled_at, "+8 hours") <= Deadline.due_on
    return func.date(func.timezone("Asia/Shanghai", Deadline.settled_at)) <= Deadline.due_on


def _sum(what: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((what, 1), else_=0)), 0)


def _whole(tallies: Sequence[Tally]) -> Tally:
    return Tally(
        department="合计",
        due=sum(one.due for one in tallies),
        in_time=sum(one.in_time for one in tallies),
        late=sum(one.late for one in tallies),
        overdue=sum(one.overdue for one in tallies),
    )


def _row(rank: int | None, tally: Tally) -> dict[str, Any]:
    return {
        "rank": rank,
        "department": tally.department,
        "due": tally.due,
        "in_time": tally.in_time,
        "late": tally.late,
        "open": tally.open,
        "overdue": tally.overdue,
        "rate": _percent(tally.rate),
        "done_rate": _percent(tally.done_rate),
    }


def _percent(rate: Fraction | None) -> float | None:
    """Per cent with one decimal, rounded down: 99.96 is not a hundred."""
    return None if rate is None else int(rate * 1000) / 10
