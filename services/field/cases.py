"""个案检查: a clue is checked at once, outside the draw, by named people for a named reason, and marked so (O1).

clue -> check (two certified inspectors of its department, the items of its list) -> task and visit without a draw
The visit goes the way of every other: acceptance, evidence, approval, publication; what is public says why nobody drew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from inspection.actors import Role
from inspection.clues import SOURCES
from inspection.draw.match import Group, TeamDrawn
from inspection.errors import ForbiddenError, InvalidInputError, NotFoundError
from inspection.workdays import local_date
from models.base import new_id
from models.clues import Clue
from models.plans import Plan
from models.registers import PlanEntry, Target
from models.store import clues as store
from models.store import lists as list_store
from models.store import pools as pool_store
from models.store import recusals as recusal_store
from models.store import tasks as task_store
from models.store.pools import Available, Window
from models.store.states import advance, next_number
from models.tasks import Task, TaskItem, TaskTeam, Visit
from services.act import Act
from services.drawing import dispatch
from services.drawing.tasks import MINIMUM_TEAM, short_name


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseOrder:
    """Who checks, by which items, until when; `announced`: the owner hears of it before."""

    staff_nos: tuple[str, ...]  # the leader first
    item_ids: tuple[str, ...]
    ends_on: date
    announced: bool = False


async def check(act: Act, clue_id: str, order: CaseOrder) -> Visit:
    """Send named inspectors to a clue's target, now; the clue's department decides. Returns the visit."""
    if not act.actor.has(Role.APPROVER):
        raise ForbiddenError
    clue = await store.clue(act.db, act.actor, clue_id)
    if clue.department_id != act.actor.department_id:
        raise ForbiddenError
    today = local_date(act.now)
    if order.ends_on < today:
        raise InvalidInputError(what="检查期限", why="不能早于今天。")
    people = await _people(act, clue, order.staff_nos, order.ends_on)
    target = await act.db.get_one(Target, clue.target_id)
    task = await _task(act, clue, target, order)
    department = (await task_store.departments(act.db))[clue.department_id]
    group = Group(
        target=target.code,
        leader=order.staff_nos[0],
        teams=(TeamDrawn(department=department.code, members=order.staff_nos, short=0),),
    )
    sent = dispatch.assign(act, task, target, group, tuple(people), (1, task.number))
    await dispatch.send_out(act, task, [sent], {department.code: department})
    said = {"ended_by": act.actor.member_id, "ended_at": act.now, "visit_id": sent.visit.id}
    await advance(act.db, clue, "checked", come_from={"open"}, what="线索", **said)
    act.record("case-check", f"clue:{clue.id}", number=clue.number, visit=sent.visit.number, source=clue.source)
    return sent.visit


async def _people(act: Act, clue: Clue, staff_nos: Sequence[str], ends_on: date) -> list[Available]:
    """The named inspectors in their order: certified to the last day, of the clue's department, enough of them."""
    if len(set(staff_nos)) < MINIMUM_TEAM or len(set(staff_nos)) != len(staff_nos):
        raise InvalidInputError(what="检查人员", why=f"至少 {MINIMUM_TEAM} 名不同的执法检查人员。")
    today = local_date(act.now)
    window = Window(today=today, starts_on=today, ends_on=ends_on)
    able = {one.staff_no: one for one in await pool_store.inspectors_of(act.db, [clue.department_id], window)}
    wrong = [one for one in staff_nos if one not in able]
    if wrong:
        raise NotFoundError(what=f"本部门执法证有效至检查期限的检查人员 {'、'.join(wrong)}")
    recused = await recusal_store.declared(act.db, [able[one].id for one in staff_nos])
    target = await act.db.get_one(Target, clue.target_id)
    kept_away = [one for one in staff_nos for code, staff_no, _ in recused if (code, staff_no) == (target.code, one)]
    if kept_away:
        raise InvalidInputError(what="检查人员", why=f"{'、'.join(kept_away)} 已声明对该对象回避。")
    return [able[one] for one in staff_nos]


async def _task(act: Act, clue: Clue, target: Target, order: CaseOrder) -> Task:
    """A task of its own, drawn by nobody: what it is stands in its name and terms."""
    today = local_date(act.now)
    listed = await list_store.listed_for(act.db, {clue.department_id}, today, order.ends_on)
    items = [one for one in listed if one.id in order.item_ids]
    if not items or len(items) != len(set(order.item_ids)):
        raise NotFoundError(what="所选的抽查事项（清单之外的事项不得检查）")
    entry = await store.case_entry(act.db, clue.department_id, today.year) or await _entry(act, clue, today.year)
    short = short_name((await task_store.departments(act.db))[clue.department_id].name)
    number = await next_number(act.db, f"case/{short}/{today.year}")  # by what the number shows, so that none is twice
    task = Task(
        number=f"{short}个案〔{today.year}〕{number}号",
        department_id=clue.department_id,
        plan_entry_id=entry.id,
        name=f"个案检查（{SOURCES[clue.source]}）",
        status="drawn",
        announced=order.announced,
        starts_on=today,
        ends_on=order.ends_on,
        quota={"count": 1},
        terms={"case": {"clue": clue.number, "source": clue.source, "target": target.code}},
        team_size=len(order.staff_nos),
        created_at=act.now,
    )
    act.db.add(task)
    await act.db.flush()
    skills = sorted({one.skill for one in items if one.skill})
    act.db.add(TaskTeam(task_id=task.id, department_id=clue.department_id, position=0, skills=skills))
    for one in items:
        act.db.add(
            TaskItem(
                task_id=task.id, item_id=one.id, version_id=one.version_id, department_id=clue.department_id,
                name=one.name, basis=one.basis, form=one.form,
            )
        )  # fmt: skip
    act.record("task-create", f"task:{task.id}", number=task.number, case=clue.number)
    return task


async def _entry(act: Act, clue: Clue, year: int) -> PlanEntry:
    """The ledger's line of a department's checks without a draw; on no public plan."""
    number = await next_number(act.db, f"case-plan/{year}")
    plan = Plan(
        number=f"个案检查台账〔{year}〕{number}号",
        department_id=clue.department_id,
        year=year,
        kind="special",
        title=f"{year}年个案检查台账（不经抽取，不列入计划）",
        status="filed",
        created_at=act.now,
    )
    entry = PlanEntry(
        id=new_id(), key=store.case_key(clue.department_id, year), department_id=clue.department_id, year=year,
        name="个案检查", starts_on=date(year, 1, 1), ends_on=date(year, 12, 31), digest="",
    )  # fmt: skip
    await store.add_case_entry(act.db, plan, entry)
    return entry


async def choices(act: Act) -> dict[str, Any]:
    """Whom the actor's department may send from today, and by which items of its list."""
    today = local_date(act.now)
    own = str(act.actor.department_id)
    window = Window(today=today, starts_on=today, ends_on=today)
    able = await pool_store.inspectors_of(act.db, [own], window)
    names = await task_store.member_names(act.db, [one.member_id for one in able])
    items = await list_store.listed_for(act.db, {own}, today, today)
    return {
        "people": [
            {"staff_no": one.staff_no, "name": names.get(one.member_id, ""), "on_leave": one.on_leave} for one in able
        ],
        "items": [{"id": one.id, "name": one.name} for one in items],
    }
