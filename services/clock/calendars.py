"""The calendar that deadlines are counted by: the State Council's table, and this office's own days over it (H2).

LocalDay + AnnouncedYear rows -> calendar_of(act), read once an act
a row changes, or the library does -> recompute (by the clock's next tick) -> due days moved, everybody told once
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import delete, select, update

from inspection import workdays
from inspection.actors import Role
from inspection.deadlines import DeadlineKind, due_after
from inspection.errors import ForbiddenError, InvalidInputError
from inspection.workdays import Calendar, local_date
from models.clock import AnnouncedYear, LocalDay
from models.results import Deadline
from models.store import deadlines as store
from services.act import Act

_KEY = "suicha.calendar"
MOST_YEARS_AHEAD = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """A deadline whose day is another now, or is no longer provisional."""

    row: Deadline
    before: date


async def calendar_of(act: Act) -> Calendar:
    """The calendar of this act: read once in its transaction."""
    found = act.db.info.get(_KEY)
    if found is None:
        days = {row.day: row.working for row in await act.db.scalars(select(LocalDay))}
        years = set(await act.db.scalars(select(AnnouncedYear.year)))
        found = act.db.info[_KEY] = act.house.calendar.with_days(days, years)
    assert isinstance(found, Calendar)  # noqa: S101 a session's `info` holds anything
    return found


async def set_day(act: Act, day: date, *, working: bool | None, reason: str) -> None:
    """Say that the office works or rests on a day; `working` None takes the word back. Coordinators and admins."""
    _refuse_others(act)
    reason = reason.strip()
    today = local_date(act.now)
    if not reason or len(reason) > 128:  # noqa: PLR2004 the column's length
        raise InvalidInputError(what="说明", why="请写明依据（通知文号或事由），不超过 128 字。")
    if not today.replace(day=1).year - 1 <= day.year <= today.year + MOST_YEARS_AHEAD:
        raise InvalidInputError(what="日期", why="应当在去年到三年之内。")
    await act.db.execute(delete(LocalDay).where(LocalDay.day == day))
    if working is not None:
        act.db.add(LocalDay(day=day, working=working, reason=reason, made_by=act.actor.member_id, made_at=act.now))
    act.db.info.pop(_KEY, None)
    what = "rescinded" if working is None else "working" if working else "free"
    act.record("calendar-day", f"day:{day}", number=str(day), what=what, reason=reason)


async def announce_year(act: Act, year: int, *, known: bool) -> None:
    """Say that a year's days are entered in full, so that its deadlines are no longer provisional; or take it back."""
    _refuse_others(act)
    if not local_date(act.now).year <= year <= local_date(act.now).year + MOST_YEARS_AHEAD:
        raise InvalidInputError(what="年度", why="应当是今年到三年之内的年度。")
    await act.db.execute(delete(AnnouncedYear).where(AnnouncedYear.year == year))
    if known:
        act.db.add(AnnouncedYear(year=year, made_by=act.actor.member_id, made_at=act.now))
    act.db.info.pop(_KEY, None)
    act.record("calendar-year", f"year:{year}", number=str(year), known=known)


async def shown(act: Act) -> dict[str, Any]:
    """The office's own days and the years that are known, for the console."""
    calendar = await calendar_of(act)
    rows = await act.db.scalars(select(LocalDay).order_by(LocalDay.day.desc()))
    return {
        "version": calendar.version(),
        "years": sorted(calendar.announced)[-4:],
        "own_years": sorted(await act.db.scalars(select(AnnouncedYear.year))),
        "days": [{"day": row.day, "working": row.working, "reason": row.reason} for row in rows],
        "can_edit": act.actor.has(Role.COORDINATOR, Role.ADMIN),
    }


async def recompute(act: Act) -> Sequence[Moved]:
    """Count every open deadline anew that was counted by another calendar; return those that are different now.

    By group of equal (start, days): a million rows have few. A paused one is counted anew when it goes on.
    """
    calendar = await calendar_of(act)
    version = calendar.version()
    counted = (Deadline.settled_at.is_(None), Deadline.days.is_not(None), Deadline.paused_on.is_(None))
    groups = await act.db.execute(
        select(Deadline.kind, Deadline.start_on, Deadline.days)
        .where(*counted, Deadline.calendar != version)
        .distinct()
        .order_by(Deadline.start_on, Deadline.days, Deadline.kind)
    )
    moved: list[Moved] = []
    for kind, start_on, days in groups.all():
        if start_on is not None and days is not None:
            moved += await _recount(act, kind, due_after(DeadlineKind(kind), start_on, days, calendar), start_on, days)
    await act.db.execute(
        update(Deadline)
        .where(Deadline.settled_at.is_(None), Deadline.calendar != version, Deadline.paused_on.is_(None))
        # Its steps are counted in working days too: the next tick looks at each row once.
        .values(calendar=version, next_on=local_date(act.now))
        .execution_options(synchronize_session=False)
    )
    await store.forget_reminders(act.db, [one.row.id for one in moved if one.row.due_on != one.before])
    if moved:
        act.record("deadlines-moved", f"calendar:{version}", number=version, deadlines=len(moved))
    return moved


async def _recount(act: Act, kind: str, due: workdays.Deadline, start_on: date, days: int) -> list[Moved]:
    rows = await act.db.scalars(
        select(Deadline).where(
            Deadline.settled_at.is_(None),
            Deadline.paused_on.is_(None),
            Deadline.kind == kind,
            Deadline.start_on == start_on,
            Deadline.days == days,
            (Deadline.due_on != due.due_on) | (Deadline.provisional != due.provisional),
        )
    )
    moved = []
    for row in rows:
        moved.append(Moved(row=row, before=row.due_on))
        row.due_on, row.provisional = due.due_on, due.provisional
    await act.db.flush()
    return moved


def _refuse_others(act: Act) -> None:
    if not act.actor.has(Role.COORDINATOR, Role.ADMIN):
        raise ForbiddenError
