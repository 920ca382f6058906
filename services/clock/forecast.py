"""The plan's year ahead as a calendar and a load by department and week, before anything is drawn (C1, C2, R4).

plan entries (count, or ratio of the base) -> Block -> inspection.loads.weeks_of -> weeks that will break
"""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy import Select, func, select

from inspection.loads import Block, Week, weeks_of
from inspection.workdays import local_date
from models.people import Inspector, Member
from models.plans import PlanLine
from models.registers import PlanEntry, Target
from models.store import tasks as task_store
from models.store.pools import Scope, covers
from models.tasks import Task
from services.act import Act
from services.clock.calendars import calendar_of

BEFORE_THE_DRAW = frozenset({"draft", "prepared", "frozen"})


async def forecast(act: Act, year: int) -> dict[str, Any]:
    """Entries and weeks of a year; `unknown` are entries of whose size the plan says nothing that can be counted."""
    names = {one: row.name for one, row in (await task_store.departments(act.db)).items()}
    query = _with_line().where(PlanEntry.year == year)
    entries = [(entry, line) for entry, line in await act.db.execute(query)]
    sized = [(entry, await _visits(act, entry, line)) for entry, line in entries]
    people = await _inspectors(act)
    blocks = [_block(entry, visits) for entry, visits in sized if visits]
    inspectors = {one: people.get(one, 0) for one in names}
    weeks = weeks_of(blocks, inspectors, year, await calendar_of(act), act.house.clock.visits_a_week)
    return {
        "year": year,
        "today": local_date(act.now),
        "visits_a_week": act.house.clock.visits_a_week,
        "entries": [_entry(entry, visits, names) for entry, visits in sized],
        "unknown": [entry.name for entry, visits in sized if visits is None],
        "departments": [
            {"department": names[one], "inspectors": inspectors[one], "weeks": [_week(week) for week in some]}
            for one, some in weeks.items()
            if any(week.visits for week in some)
        ],
    }


async def around_task(act: Act, task_id: str, visits: int) -> dict[str, Any]:
    """The weeks of a task that is not drawn yet, with what the plan puts into them beside it, by department (C1, R4).

    The task's own plan entry counts as `visits` (as its page previews them; once frozen, what will be drawn), over the
    days that are left of the task.
    """
    task = await task_store.task(act.db, act.actor, task_id)
    today = local_date(act.now)
    first, last = max(task.starts_on, today), task.ends_on
    empty: dict[str, Any] = {"visits_a_week": act.house.clock.visits_a_week, "departments": []}
    if task.status not in BEFORE_THE_DRAW or last < first:
        return empty
    teams = [team.department for team in await task_store.teams(act.db, task.id)]
    blocks = [await _own_block(act, task, visits, first, tuple(one.id for one in teams))]
    for entry, line in await _entries(act, first, last):
        others = await _visits(act, entry, line) if entry.id != task.plan_entry_id else None
        if others:
            blocks.append(_block(entry, others))
    people = await _inspectors(act)
    inspectors = {one.id: people.get(one.id, 0) for one in teams}
    calendar = await calendar_of(act)
    weeks = {one: list[Week]() for one in inspectors}
    for year in range(first.year, last.year + 1):
        for one, some in weeks_of(blocks, inspectors, year, calendar, act.house.clock.visits_a_week).items():
            known = {week.monday for week in weeks[one]}
            weeks[one] += [week for week in some if week.monday not in known and _meets(week, first, last)]
    return {
        **empty,
        "departments": [
            {"department": one.name, "inspectors": inspectors[one.id], "weeks": [_week(week) for week in weeks[one.id]]}
            for one in teams
        ],
    }


async def _entries(act: Act, first: date, last: date) -> list[tuple[PlanEntry, PlanLine | None]]:
    query = _with_line().where(PlanEntry.starts_on <= last, PlanEntry.ends_on >= first)
    return [(entry, line) for entry, line in await act.db.execute(query)]


def _with_line() -> Select[PlanEntry, PlanLine]:
    query = select(PlanEntry, PlanLine).outerjoin(PlanLine, PlanLine.entry_id == PlanEntry.id)
    return query.where(PlanLine.withdrawn_at.is_(None)).order_by(PlanEntry.starts_on, PlanEntry.id)


def _meets(week: Week, first: date, last: date) -> bool:
    return week.monday <= last and week.monday + timedelta(days=6) >= first


async def _own_block(act: Act, task: Task, visits: int, first: date, departments: tuple[str, ...]) -> Block:
    draw = await task_store.draw_of(act.db, task.id)
    return Block(
        name=task.name,
        visits=int(draw.counts["to_draw"]) if draw is not None else visits,
        first=first,
        last=task.ends_on,
        departments=departments,
        team_size=task.team_size,
    )


async def _visits(act: Act, entry: PlanEntry, line: PlanLine | None) -> int | None:
    """How many visits an entry means: its number, else its ratio of the base that is given or found; None: unknown."""
    count, ratio = entry.quota.get("count"), entry.quota.get("ratio")
    if count:
        return int(count)
    if not ratio:
        return None
    base = line.base_count if line is not None else None
    if base is None:
        base = await _base(act, line)
    return -(-base * Fraction(ratio) // 1)


async def _base(act: Act, line: PlanLine | None) -> int:
    """The open targets of the register that an entry covers; without words, or without a line, it covers all."""
    scope = Scope(keywords=tuple(line.keywords), region=line.region) if line is not None else Scope()
    query = select(func.count()).select_from(Target).where(covers(scope), Target.status == "open")
    return await act.db.scalar(query) or 0


async def _inspectors(act: Act) -> dict[str, int]:
    query = (
        select(Inspector.department_id, func.count())
        .join(Member, Member.id == Inspector.member_id)
        .where(Inspector.kind == "certified", Member.active)
        .group_by(Inspector.department_id)
    )
    return {one: count for one, count in (await act.db.execute(query)).all()}  # noqa: C416 a Row is no pair to mypy


def _block(entry: PlanEntry, visits: int) -> Block:
    departments = tuple(dict.fromkeys([entry.department_id, *entry.partner_ids]))
    return Block(name=entry.name, visits=visits, first=entry.starts_on, last=entry.ends_on, departments=departments)


def _entry(entry: PlanEntry, visits: int | None, names: dict[str, str]) -> dict[str, Any]:
    return {
        "name": entry.name,
        "starts_on": entry.starts_on,
        "ends_on": entry.ends_on,
        "visits": visits,
        "department": names[entry.department_id],
        "partners": [names[one] for one in entry.partner_ids if one in names],
    }


def _week(week: Week) -> dict[str, Any]:
    return {
        "monday": week.monday,
        "visits": round(float(week.visits), 1),
        "working_days": week.working_days,
        "load": round(float(week.load), 2),
        "breaks": week.breaks,
    }
