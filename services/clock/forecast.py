"""The plan's year ahead as a calendar and a load by department and week, before anything is drawn (C1, C2, R4).

plan entries (count, or ratio of the base) -> Block -> inspection.loads.weeks_of -> weeks that will break
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from sqlalchemy import func, select

from inspection.loads import Block, Week, weeks_of
from inspection.workdays import local_date
from models.people import Inspector, Member
from models.plans import PlanLine
from models.registers import PlanEntry, Target
from models.store import tasks as task_store
from models.store.pools import Scope, covers
from services.act import Act
from services.clock.calendars import calendar_of


async def forecast(act: Act, year: int) -> dict[str, Any]:
    """Entries and weeks of a year; `unknown` are entries of whose size the plan says nothing that can be counted."""
    names = {one: row.name for one, row in (await task_store.departments(act.db)).items()}
    entries = (
        await act.db.execute(
            select(PlanEntry, PlanLine)
            .outerjoin(PlanLine, PlanLine.entry_id == PlanEntry.id)
            .where(PlanEntry.year == year, PlanLine.withdrawn_at.is_(None))
            .order_by(PlanEntry.starts_on, PlanEntry.id)
        )
    ).all()
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
