"""The ledger of visits per target and year over all departments (R1, R2, R4; section 2.2), and its exemptions.

our visits + record() of what others did -> counted -> pool_of leaves out who is at his limit (excluded.tsv)
exempt() a task by one of the ten reasons -> its pool knows no limit and its visits do not count
warnings() -> targets that plans and tasks of several departments would visit too often
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import case, func, select

from inspection.actors import Role
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from inspection.policy import EXEMPTIONS
from inspection.workdays import local_date
from models.libraries import LedgerEntry, TaskExemption
from models.plans import PlanLine
from models.registers import PlanEntry, Target
from models.store import pools as pool_store
from models.store import tasks as store
from models.store.ledger import counted, year_of
from models.store.pools import Scope
from models.store.states import STATUS_WORDS, insert_ignore
from models.tasks import Task, TaskTeam, Visit
from services.act import Act

LEVELS = {"same": "本级", "upper": "上级", "lower": "下级"}
PLANNED = ("draft", "prepared", "frozen")
PAGE_SIZE = 50
MOST_WARNINGS = 200
MOST_PLANS = 200  # of one report: each is a column of its query


@dataclass(frozen=True, kw_only=True, slots=True)
class NewEntry:
    """A check that was no visit of ours. `exempt`: a key of EXEMPTIONS, or "" where it counts."""

    code: str
    body: str
    level: str
    checked_on: date
    exempt: str = ""
    note: str = ""


async def record(act: Act, new: NewEntry) -> LedgerEntry:
    """Write down a check by somebody else, or one that followed a clue at once (O1); raises InvalidInputError."""
    target_id = await act.db.scalar(select(Target.id).where(Target.code == new.code))
    if target_id is None:
        raise NotFoundError(what="这个检查对象")
    if new.level not in LEVELS:
        raise InvalidInputError(what="检查层级", why=f"应当是 {'、'.join(LEVELS)} 之一。")
    if new.exempt:
        check_reason(new.exempt, new.note)
    if new.checked_on > local_date(act.now):
        raise InvalidInputError(what="检查日期", why="不能晚于今天。")
    row = LedgerEntry(
        target_id=target_id,
        department_id=act.actor.department_id,
        body=new.body,
        level=new.level,
        year=new.checked_on.year,
        checked_on=new.checked_on,
        exempt=new.exempt,
        note=new.note,
        made_by=act.actor.member_id,
        made_at=act.now,
    )
    act.db.add(row)
    await act.db.flush()
    act.record("ledger-record", f"target:{new.code}", level=new.level, exempt=new.exempt)
    return row


async def exempt(act: Act, task_id: str, reason: str, note: str) -> None:
    """Take a task out of the yearly limit, by a named reason, before it is frozen; once, and on record."""
    task = await store.task(act.db, act.actor, task_id)
    check_reason(reason, note)
    if not act.actor.has(Role.COORDINATOR):
        raise ForbiddenError
    if task.status not in {"draft", "prepared"}:
        raise ConflictError(what="频次豁免", why=f"任务{STATUS_WORDS[task.status]}，不能再豁免。")
    made = {"made_by": act.actor.member_id, "made_at": act.now}
    if not await insert_ignore(act.db, TaskExemption, task_id=task.id, reason=reason, note=note, **made):
        raise ConflictError(what="频次豁免", why="这项任务已经登记过豁免。")
    act.record("ledger-exempt", f"task:{task.id}", reason=reason)


async def exemptions(act: Act) -> list[dict[str, Any]]:
    """The tasks outside the limit that the actor may see, newest first: by which reason, who said so."""
    tasks = {one.id: one for one in await store.tasks(act.db, act.actor)}
    query = select(TaskExemption).where(TaskExemption.task_id.in_(tasks)).order_by(TaskExemption.made_at.desc())
    rows = list(await act.db.scalars(query))
    people = await store.member_names(act.db, [one.made_by for one in rows])
    return [
        {
            "task_id": one.task_id,
            "number": tasks[one.task_id].number,
            "name": tasks[one.task_id].name,
            "reason_text": EXEMPTIONS.get(one.reason, one.reason),
            "note": one.note,
            "made_by": people.get(one.made_by, ""),
            "made_at": one.made_at,
        }
        for one in rows
    ]


def check_reason(reason: str, note: str) -> None:
    """Refuse a reason that is none of the ten, or one without a word about the case; raises InvalidInputError."""
    if reason not in EXEMPTIONS:
        raise InvalidInputError(what="豁免情形", why=f"只能是：{'、'.join(EXEMPTIONS.values())}。")
    if not note.strip():
        raise InvalidInputError(what="豁免说明", why="请写明来源或依据。")


async def of_target(act: Act, code: str, year: int) -> dict[str, Any]:
    """All checks of one target in a year: by whom, when, and whether they count."""
    target = await act.db.scalar(select(Target).where(Target.code == code))
    if target is None:
        raise NotFoundError(what="这个检查对象")
    rows = [*await _visits_of(act, target.id, year), *await _entries_of(act, target.id, year)]
    return {
        "code": target.code,
        "name": target.name,
        "year": year,
        "limit": act.house.rules.yearly_visit_limit,
        "counted": sum(one["counts"] for one in rows),
        "rows": sorted(rows, key=lambda one: str(one["on"])),
    }


async def _visits_of(act: Act, target_id: str, year: int) -> list[dict[str, Any]]:
    names = await store.departments(act.db)
    query = (
        select(Visit, Task, TaskExemption.reason)
        .join(Task, Task.id == Visit.task_id)
        .outerjoin(TaskExemption, TaskExemption.task_id == Task.id)
        .where(Visit.target_id == target_id, year_of(year))
    )
    return [
        {
            "on": task.starts_on,
            "number": visit.number,
            "what": task.name,
            "by": names[task.department_id].name,
            "level_text": LEVELS["same"],
            "exempt_text": EXEMPTIONS.get(reason or "", ""),
            "counts": reason is None,
        }
        for visit, task, reason in (await act.db.execute(query)).all()
    ]


async def _entries_of(act: Act, target_id: str, year: int) -> list[dict[str, Any]]:
    rows = await act.db.scalars(select(LedgerEntry).where(LedgerEntry.target_id == target_id, LedgerEntry.year == year))
    return [
        {
            "on": row.checked_on,
            "number": "",
            "what": row.note,
            "by": row.body,
            "level_text": LEVELS[row.level],
            "exempt_text": EXEMPTIONS.get(row.exempt, ""),
            "counts": not row.exempt,
        }
        for row in rows
    ]


async def at_least(act: Act, year: int, times: int, page: int) -> dict[str, Any]:
    """The targets with so many checks in a year or more, the most often checked first."""
    visits = counted(year)
    query = (
        select(Target.code, Target.name, visits.c.own, visits.c.together)
        .join(visits, visits.c.target_id == Target.id)
        .where(visits.c.together >= times)
    )
    total = await act.db.scalar(select(func.count()).select_from(query.subquery())) or 0
    order = query.order_by(visits.c.together.desc(), Target.code)
    found = await act.db.execute(order.offset((page - 1) * PAGE_SIZE).limit(PAGE_SIZE))
    rows = [{"code": code, "name": name, "own": own, "together": every} for code, name, own, every in found.all()]
    limit = act.house.rules.yearly_visit_limit
    return {"year": year, "limit": limit, "total": total, "page": page, "page_size": PAGE_SIZE, "rows": rows}


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """A task still to be drawn, or a line of a plan without a task yet: whom it may reach, and who goes there."""

    kind: str  # task, plan
    id: str
    name: str
    starts_on: date
    scope: Scope
    department_ids: tuple[str, ...]


async def warnings(act: Act, year: int) -> dict[str, Any]:
    """Targets that stand in so many planned tasks and plans that, with what was done, the limit is passed (R4).

    One pass over the register, whatever the number of plans. Being in a scope is not yet being drawn: `planned` says
    how often at most.
    """
    plans = [*await _tasks(act, year), *await _plan_lines(act, year)][:MOST_PLANS]
    limit = act.house.rules.yearly_visit_limit
    if not plans:
        return {"year": year, "limit": limit, "plans": 0, "rows": []}
    visits = counted(year)
    held = [case((pool_store.covers(one.scope), 1), else_=0) for one in plans]
    done = func.coalesce(visits.c.own, 0)
    query = (
        select(Target.code, Target.name, done.label("done"), *[one.label(f"t{n}") for n, one in enumerate(held)])
        .outerjoin(visits, visits.c.target_id == Target.id)
        .where(Target.status == "open")
        .subquery()
    )
    planned = sum((query.c[f"t{n}"] for n in range(1, len(held))), start=query.c.t0)
    often = select(query, planned.label("planned")).where(planned > 0, planned + query.c.done > limit)
    found = await act.db.execute(often.order_by((planned + query.c.done).desc(), query.c.code).limit(MOST_WARNINGS))
    names = await store.departments(act.db)
    shown = [
        {
            "kind": one.kind,
            "id": one.id,
            "name": one.name,
            "starts_on": one.starts_on,
            "departments": [names[id_].name for id_ in one.department_ids],
        }
        for one in plans
    ]
    rows = [
        {
            "code": row.code,
            "name": row.name,
            "done": row.done,
            "planned": row.planned,
            "tasks": [one for n, one in enumerate(shown) if getattr(row, f"t{n}")],
        }
        for row in found.all()
    ]
    return {"year": year, "limit": limit, "plans": len(plans), "rows": rows}


async def _tasks(act: Act, year: int) -> list[Planned]:
    """The tasks that are still to be drawn and that the limit binds."""
    exempted = select(TaskExemption.task_id)
    query = select(Task).where(Task.status.in_(PLANNED), year_of(year), Task.id.not_in(exempted))
    tasks = (await act.db.scalars(query.order_by(Task.starts_on, Task.id))).all()
    teams: dict[str, list[str]] = {task.id: [] for task in tasks}
    of_these = select(TaskTeam).where(TaskTeam.task_id.in_(teams)).order_by(TaskTeam.position)
    for team in await act.db.scalars(of_these):
        teams[team.task_id].append(team.department_id)
    return [
        Planned(
            kind="task",
            id=task.id,
            name=task.name,
            starts_on=task.starts_on,
            scope=Scope.from_data(task.scope),
            department_ids=tuple(teams[task.id]),
        )
        for task in tasks
    ]


async def _plan_lines(act: Act, year: int) -> list[Planned]:
    """The lines of the year's plans that say whom they are about and that no task was made from yet."""
    query = (
        select(PlanEntry, PlanLine)
        .join(PlanLine, PlanLine.entry_id == PlanEntry.id)
        .where(PlanEntry.year == year, PlanLine.withdrawn_at.is_(None))
        .where(PlanEntry.id.not_in(select(Task.plan_entry_id)))
        .order_by(PlanEntry.starts_on, PlanEntry.id)
    )
    return [
        Planned(
            kind="plan",
            id=entry.id,
            name=entry.name,
            starts_on=entry.starts_on,
            scope=Scope(keywords=tuple(line.keywords), region=line.region),
            department_ids=(entry.department_id, *entry.partner_ids),
        )
        for entry, line in (await act.db.execute(query)).all()
        if line.keywords or line.region
    ]
