"""The coordinator's daily board: what is due, overdue, done, by department; the clock's own health (K1, K4).

deadlines -> counts by department ; the most pressing rows with those who hear of them ; leader, last tick, digest
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, func, select

from inspection.actors import Role
from inspection.deadlines import KINDS, DeadlineKind, PauseReason
from inspection.errors import ConflictError, ForbiddenError
from inspection.ladders import parse_ladder
from inspection.workdays import SHANGHAI, add_working_days, local_date
from models.results import Deadline
from models.store import deadlines as store
from models.store import leader
from models.store import tasks as task_store
from services.act import Act
from services.clock import deadlines, pauses
from services.clock.audiences import audience_of
from services.clock.calendars import calendar_of

SHOWN = 200
SOON = 3  # working days
STALE = timedelta(minutes=5)


async def board(act: Act) -> dict[str, Any]:
    """Everything on the page; a department sees its own."""
    return {
        "today": local_date(act.now),
        "departments": await _departments(act),
        "rows": await _pressing(act),
        "clock": await health(act),
        "pause_reasons": [{"value": one.value, "text": one.text} for one in PauseReason],
    }


async def health(act: Act) -> dict[str, Any]:
    """Whether the clock runs: the last tick, the leader's term, and whether the machine's time went back."""
    lease = await leader.lease(act.db)
    ticked_at = lease.ticked_at if lease else None
    behind = ticked_at is not None and ticked_at > act.now
    return {
        "term": lease.term if lease else 0,
        "ticked_at": ticked_at,
        "digested_on": lease.digested_on if lease else None,
        "behind": behind,
        "stale": ticked_at is None or act.now - ticked_at > STALE,
        "digest_at": f"{act.house.clock.digest_at:%H:%M}",
        "quiet": f"{act.house.clock.quiet_from:%H:%M} – {act.house.clock.quiet_until:%H:%M}",
        "can_set_right": behind and act.actor.has(Role.COORDINATOR, Role.ADMIN),
    }


async def set_right(act: Act) -> None:
    """Say that the clock is right now, after it had run ahead: rounds go on from here.

    Steps of the days that have not been yet are taken back, so that each comes on its real day.
    """
    if not act.actor.has(Role.COORDINATOR, Role.ADMIN):
        raise ForbiddenError
    found = await leader.lease(act.db)
    if found is None or found.ticked_at is None or found.ticked_at <= act.now:
        raise ConflictError(what="系统时钟", why="没有倒退，无须校正。")
    before = found.ticked_at
    day = local_date(act.now)
    digested_on = min(found.digested_on, day) if found.digested_on else None
    await leader.remember(act.db, ticked_at=act.now, digested_on=digested_on)
    await store.take_back(act.db, act.now, day)
    act.record("clock-set-right", "clock:clock", number=str(before))


def kinds(act: Act) -> list[dict[str, Any]]:
    """Every kind of deadline with its start, days, steps and ladder, as this office has set them."""
    return [
        {
            "kind": kind.value,
            "text": rule.text,
            "starts": rule.starts,
            "source": rule.source,
            "days": deadlines.days_of(act, kind) or None,
            "unit": rule.count.text,
            "setting": f"rules.{rule.days}" if rule.days else f"clock.days.{kind.value}" if rule.within else "",
            "steps": list(act.house.clock.steps_of(kind)),
            "ladder": [step.text for step in parse_ladder(act.house.clock.ladder_of(kind))],
            "pauses": sorted(one.text for one in rule.pauses),
        }
        for kind, rule in KINDS.items()
    ]


def own(act: Act) -> list[ColumnElement[bool]]:
    """The wall: the office sees all, others their department's own."""
    if act.actor.has(Role.COORDINATOR, Role.ADMIN):
        return []
    return [Deadline.department_id == act.actor.department_id]


async def _departments(act: Act) -> list[dict[str, Any]]:
    today, calendar = local_date(act.now), await calendar_of(act)
    soon = add_working_days(today, SOON, calendar).due_on
    since = datetime.combine(today, time.min, SHANGHAI).astimezone(UTC)
    open_now = (
        select(
            Deadline.department_id,
            func.count().label("open"),
            _sum(Deadline.due_on < today).label("overdue"),
            _sum(Deadline.due_on == today).label("today"),
            _sum((Deadline.due_on > today) & (Deadline.due_on <= soon)).label("soon"),
            _sum(Deadline.paused_on.is_not(None)).label("paused"),
        )
        .where(Deadline.settled_at.is_(None), *own(act))
        .group_by(Deadline.department_id)
    )
    done = select(Deadline.department_id, func.count()).where(Deadline.settled_at >= since, *own(act))
    rows = await act.db.execute(done.group_by(Deadline.department_id))
    settled = {one: count for one, count in rows.all()}  # noqa: C416 a Row is no pair to mypy
    counts = {row.department_id: row for row in (await act.db.execute(open_now)).all()}
    names = await task_store.departments(act.db)
    columns = ("open", "overdue", "today", "soon", "paused")
    return [
        {
            "department": department.name,
            **{name: int(getattr(counts[one], name)) if one in counts else 0 for name in columns},
            "done_today": settled.get(one, 0),
        }
        for one, department in names.items()
        if not own(act) or one == act.actor.department_id
    ]


def _sum(what: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((what, 1), else_=0)), 0)


async def _pressing(act: Act) -> list[dict[str, Any]]:
    query = select(Deadline).where(Deadline.settled_at.is_(None), *own(act)).order_by(Deadline.due_on, Deadline.id)
    rows: Sequence[Deadline] = (await act.db.scalars(query.limit(SHOWN))).all()
    audience, names = await audience_of(act, rows), await task_store.departments(act.db)
    held = await pauses.of_deadline(act, [row.id for row in rows])
    today = local_date(act.now)
    return [
        {
            "id": row.id,
            "text": DeadlineKind(row.kind).text,
            "about": audience.subjects[row.subject].target_name,
            "number": audience.subjects[row.subject].visit_number,
            "department": names[row.department_id].name,
            "due_on": row.due_on,
            "provisional": row.provisional,
            "overdue": row.due_on < today and row.paused_on is None,
            "next_on": row.next_on,
            "paused": held.get(row.id),
            "can_pause": _may_stop(act, row) and row.paused_on is None and row.due_on >= today,
            "can_nudge": row.paused_on is None and act.actor.has(Role.COORDINATOR, Role.APPROVER, Role.LIAISON),
            "can_resume": _may_stop(act, row) and row.paused_on is not None,
            "pause_reasons": [one.value for one in KINDS[DeadlineKind(row.kind)].pauses],
        }
        for row in rows
        if row.subject in audience.subjects
    ]


def _may_stop(act: Act, row: Deadline) -> bool:
    if not KINDS[DeadlineKind(row.kind)].pauses:
        return False
    return act.actor.has(Role.COORDINATOR) or (
        act.actor.has(Role.APPROVER) and row.department_id == act.actor.department_id
    )
