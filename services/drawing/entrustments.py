"""委托执法 (D9): a place that nobody of a department fits is inspected by another, by a document; it is on every paper.

short place -> entrust(authority, to, document) -> on page and paper
    -> `to` works on this platform: its approver is asked -> name_people() -> they sit in the group for the department
       that entrusts: its form, its part, its approver, since what they do is done in its name
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from inspection.actors import Role
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from inspection.notices import Button, Notice, NoticeKind
from inspection.reasons import ENTRUSTED, said
from inspection.workdays import local_date
from models.draws import Shortfall
from models.people import Department
from models.registers import Target
from models.store import pools as pool_store
from models.store import recusals as recusal_store
from models.store import replacements as store
from models.store import tasks as task_store
from models.store.pools import Available, Window
from models.store.replacements import VisitCase
from models.tasks import Visit
from services.act import Act
from services.drawing import appointments, replacements
from services.drawing.standins import bench

WORDS = 128
PATH = "/console/changes"


@dataclass(frozen=True, kw_only=True, slots=True)
class Open:
    """An entrusted place that the actor may name people for."""

    case: VisitCase
    gap: Shortfall
    department: Department  # whose place it is


async def entrust(act: Act, visit_id: str, department_code: str, words: tuple[str, str, str]) -> None:
    """Note that a place nobody fits is entrusted; `words`: by which authority, to whom, which document.

    It stands on every page and paper of the visit from now on. Where `to` is a department of this platform, by its
    name or another that it goes by, its approvers are asked to name who goes.
    """
    if not act.actor.has(Role.COORDINATOR):
        raise ForbiddenError
    named = zip(words, ("委托机关", "受委托部门", "委托文书编号"), strict=True)
    authority, to, document = (said(text, what) for text, what in named)
    if max(len(authority), len(to), len(document)) > WORDS:
        raise InvalidInputError(what="委托执法", why=f"机关、部门名称和文书编号各不超过 {WORDS} 字。")
    case = await store.visit_case(act.db, visit_id)
    everybody = (await task_store.departments(act.db)).values()
    own = next((one for one in everybody if one.code == department_code), None)
    gap = await store.shortfall(act.db, visit_id, own.id if own else "")
    if own is None or gap is None or not gap.missing:
        raise ConflictError(what="检查组", why="该部门没有缺员。")
    here = next((one for one in everybody if to in (one.name, *one.aliases)), None)
    if here is own:
        raise InvalidInputError(what="受委托部门", why="不能委托给缺员的部门本身，请申请补员。")
    gap.entrusted_from, gap.entrusted_to, gap.document = authority, here.name if here else to, document
    gap.entrusted_department_id = here.id if here else None
    gap.entrusted_by, gap.entrusted_at = act.actor.member_id, act.now
    act.record(
        "entrust", f"visit:{visit_id}", number=case.visit.number, department=department_code, by=authority, to=to
    )
    if here:
        await _tell(act, case, gap, own, here)


async def listing(act: Act) -> list[dict[str, Any]]:
    """The entrusted places that wait for people: of the actor's own department, or all for the office."""
    query = (
        select(Shortfall, Visit, Target.name, Department)
        .join(Visit, Visit.id == Shortfall.visit_id)
        .join(Target, Target.id == Visit.target_id)
        .join(Department, Department.id == Shortfall.department_id)
        .where(Shortfall.entrusted_department_id.is_not(None), Shortfall.missing > 0)
        .order_by(Shortfall.entrusted_at, Visit.number)
    )
    if not act.actor.has(Role.COORDINATOR):
        query = query.where(Shortfall.entrusted_department_id == act.actor.department_id)
    return [
        {
            "visit": visit.id,
            "visit_number": visit.number,
            "target_name": target,
            "department": department.name,
            "code": department.code,
            "missing": gap.missing,
            "entrusted_from": gap.entrusted_from,
            "entrusted_to": gap.entrusted_to,
            "document": gap.document,
            "decide": _decides(act, gap),
        }
        for gap, visit, target, department in await act.db.execute(query)
    ]


async def choices(act: Act, visit_id: str, department_code: str) -> list[dict[str, Any]]:
    """Whom the entrusted department may name; those first who have the skills that the place asks for."""
    found = await _open(act, visit_id, department_code)
    fitting = await _fitting(act, found)
    names = await store.people_names(act.db, set(fitting))
    wanted = set((await bench(act, found.case.task, found.case.draw)).team(department_code).skills)
    rows = sorted((not wanted <= set(one.skills), number) for number, one in fitting.items())
    return [{"staff_no": number, "name": names[number], "skilled": not lacking} for lacking, number in rows]


async def name_people(act: Act, visit_id: str, department_code: str, staff_numbers: Sequence[str]) -> list[str]:
    """Name the entrusted department's inspectors for a place, all at once, as its approver; gives their numbers.

    They enter the form of the department that entrusts and it approves. InvalidInputError for too few, too many, or
    somebody who may not inspect this target.
    """
    found = await _open(act, visit_id, department_code)
    await store.lock_draw(act.db, found.case.draw.id)
    appointments.check_number(staff_numbers, found.gap.missing)
    fitting = await _fitting(act, found)
    if not set(staff_numbers) <= set(fitting):
        raise InvalidInputError(what="选派人员", why="请从符合条件、在岗且无须回避的人员中选择。")
    people = [replace(fitting[one], department_id=found.department.id) for one in staff_numbers]
    await appointments.seat(act, found.case, found.department, found.gap, people, ENTRUSTED)
    act.record(
        "entrusted-people",
        f"visit:{visit_id}",
        number=found.case.visit.number,
        department=department_code,
        people=[*staff_numbers],
    )
    return list(staff_numbers)


async def _open(act: Act, visit_id: str, department_code: str) -> Open:
    case = await store.visit_case(act.db, visit_id)
    department = next(
        (one for one in (await task_store.departments(act.db)).values() if one.code == department_code), None
    )
    gap = await store.shortfall(act.db, visit_id, department.id) if department else None
    if department is None or gap is None or not _decides(act, gap):
        raise NotFoundError(what="这次检查")
    if not gap.missing:
        raise ConflictError(what="选派人员", why="受委托的人员已经选派。")
    return Open(case=case, gap=gap, department=department)


def _decides(act: Act, gap: Shortfall) -> bool:
    own = gap.entrusted_department_id
    return own is not None and act.actor.has(Role.APPROVER) and act.actor.department_id == own


async def _fitting(act: Act, found: Open) -> dict[str, Available]:
    """The entrusted department's certified inspectors: here, free, not recused.

    Their skills are known by their own department's items, so they are shown and not asked for: that they can do it
    is what the document says.
    """
    case, to = found.case, found.gap.entrusted_department_id or ""
    window = Window(today=local_date(act.now), starts_on=case.task.starts_on, ends_on=case.task.ends_on)
    people = await pool_store.inspectors_of(act.db, [to], window)
    declared = await recusal_store.declared(act.db, [one.id for one in people])
    out = {inspector for target, inspector, _ in declared if target == case.target.code}
    out |= await replacements.ever_in_group(act, case)
    return {one.staff_no: one for one in people if one.staff_no not in out and not one.on_leave}


async def _tell(act: Act, case: VisitCase, gap: Shortfall, own: Department, to: Department) -> None:
    notice = Notice(
        kind=NoticeKind.ENTRUSTED,
        document_no=f"{case.visit.number}-委托-{own.code}",
        title="受委托实施检查，请选派检查人员",
        summary=f"{own.name}没有可派的人员，{gap.entrusted_from}委托贵部门实施。请选派 {gap.missing} 名执法检查人员。",
        facts=(
            ("检查对象", case.target.name),
            ("检查时间", f"{case.task.starts_on} 至 {case.task.ends_on}"),
            ("委托文书", gap.document),
            ("检查编号", case.visit.number),
        ),
        path=PATH,
        buttons=(Button(path=PATH, text="选派人员"),),
    )
    key = f"entrusted/{case.visit.id}/{own.id}/{gap.document}"
    await replacements.ask_approvers(act, notice, to.id, case.visit.id, key)
