"""Deadlines: opened and settled with the act that begins or ends them; the clock only asks what is due (H2, K2).

draw, submit, confirm -> open_deadline ... settle <- accept, submit, confirm, approve, publish
tick -> remind_some -> rows whose day has come: the newest step of each, once -> told at once, or in the next digest
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from inspection.deadlines import KINDS, DeadlineKind, due_after
from inspection.stages import URGENT, Stage, next_stage_on, stage_due
from inspection.workdays import Calendar, Deadline, local_date
from models.base import new_id
from models.store import deadlines as store
from services.act import Act
from services.clock import digests
from services.clock.calendars import calendar_of

AT_ONCE = 5_000  # rows of one transaction of a tick: the leader that dies leaves little to do again


async def begin(act: Act, kind: DeadlineKind, subject: str, department_id: str, *, start: date | None = None) -> bool:
    """Open a deadline by its kind's own rule, from `start` (local; None: today) on; False if it is open already.

    `subject`: "visit:ID" or "part:ID", with "/..." behind it where a visit or part has several of the kind.
    """
    return await open_deadline(act, kind, subject, department_id, start or local_date(act.now), days_of(act, kind))


def days_of(act: Act, kind: DeadlineKind) -> int:
    """Within how many days a deadline of this kind is due, as this office has set it; 0: its day is given."""
    named = KINDS[kind].days
    return int(getattr(act.house.rules, named)) if named else act.house.clock.days_of(kind)


async def open_deadline(
    act: Act, kind: DeadlineKind, subject: str, department_id: str, start: date, within: int
) -> bool:
    """Open a deadline `within` days (as its kind counts them) after `start` (local); False if it is open already."""
    until = due_after(kind, start, within, await calendar_of(act))
    return await _open(act, kind, subject, department_id, until, start_on=start, days=within)


async def open_on(act: Act, kind: DeadlineKind, subject: str, department_id: str, due: Deadline | date) -> bool:
    """Open a deadline for a day that is already known (a task's last day); False if it is open already."""
    until = due if isinstance(due, Deadline) else Deadline(due_on=due, provisional=False)
    return await _open(act, kind, subject, department_id, until, start_on=None, days=None)


async def _open(
    act: Act, kind: DeadlineKind, subject: str, department_id: str, until: Deadline, **counted: Any
) -> bool:
    calendar, rules, today_ = await calendar_of(act), act.house.clock, local_date(act.now)
    return await store.open_or_reopen(
        act.db,
        id=new_id(),
        kind=kind.value,
        subject=subject,
        department_id=department_id,
        due_on=until.due_on,
        provisional=until.provisional,
        created_at=act.now,
        calendar=calendar.version(),
        # Its first step is one that comes after today: of today the act that opens it tells by itself.
        next_on=next_stage_on(until.due_on, today_, calendar, rules.steps_of(kind), rules.overdue_days),
        **counted,
    )


async def settle(act: Act, kind: DeadlineKind, subject: str) -> bool:
    """Close a deadline, because what it waited for is done; False if none was open."""
    return await store.settle(act.db, kind.value, subject, act.now)


@dataclass(frozen=True, kw_only=True, slots=True)
class Looked:
    """What one look at the due rows did: `rows` looked at, `reminders` new."""

    rows: int
    reminders: int


async def remind_some(act: Act, limit: int = AT_ONCE) -> Looked:
    """Look at up to `limit` rows whose day has come: remind of the newest step of each, once.

    A step that should have come on an earlier day comes now and is marked late. What is due today or one day overdue
    is told at once; the rest waits for the morning's digest.
    """
    today_, steps = local_date(act.now), _Steps(await calendar_of(act), local_date(act.now), act)
    rows = await store.due(act.db, today_, limit)
    reminders, look_on = [], dict[date | None, list[str]]()
    for row in rows:
        stage, following = steps.of(row.kind, row.due_on, local_date(row.created_at))
        look_on.setdefault(following, []).append(row.id)
        if stage is not None:
            waits = stage.name not in URGENT
            late = stage.on < today_
            reminders.append({"deadline_id": row.id, "stage": stage.name, "at": act.now, "late": late, "waits": waits})
    new = await store.add_reminders(act.db, reminders)
    for day, ids in look_on.items():
        await store.look_again(act.db, day, ids)
    urgent = [one for one in reminders if not one["waits"] and (one["deadline_id"], one["stage"]) in new]
    await _tell_urgent(act, urgent)
    return Looked(rows=len(rows), reminders=len(new))


async def _tell_urgent(act: Act, reminders: Sequence[dict[str, Any]]) -> None:
    if not reminders:
        return
    rows = await store.by_ids(act.db, [one["deadline_id"] for one in reminders])
    lines = [
        digests.Line(row=rows[one["deadline_id"]], stage=one["stage"], late=one["late"])
        for one in reminders
        if rows[one["deadline_id"]].settled_at is None
    ]
    await digests.tell(act, lines, urgent=True)


class _Steps:
    """The steps of a day, computed once for all rows that share kind and due day."""

    def __init__(self, calendar: Calendar, today: date, act: Act) -> None:
        self._calendar, self._today, self._rules = calendar, today, act.house.clock
        self._known: dict[tuple[str, date], tuple[list[Stage], date | None]] = {}

    def of(self, kind: str, due_on: date, opened_on: date) -> tuple[Stage | None, date | None]:
        """The newest step that came after the row was opened, and the day to look again."""
        found = self._known.get((kind, due_on))
        if found is None:
            before = self._rules.steps_of(DeadlineKind(kind))
            about = (due_on, self._today, self._calendar, before, self._rules.overdue_days)
            found = self._known[kind, due_on] = (stage_due(*about), next_stage_on(*about))
        stages, following = found
        newest = stages[-1] if stages and stages[-1].on > opened_on else None
        return newest, following


def today(act: Act) -> date:
    """The act's day in China, from which working days are counted."""
    return local_date(act.now)
