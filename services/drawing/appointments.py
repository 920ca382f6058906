"""Appointing people where none were drawn, and experts where enough were (P1, B14).

单随机: targets drawn, every place open -> appoint() by the department's approver -> group, part, letters; in the record
group complete -> add_expert(): comes along, is told, is never counted and never signs (国办发〔2024〕54号)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select

from inspection.actors import Role
from inspection.draw.announcement import Mode
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from inspection.notices import Notice, NoticeKind
from inspection.reasons import APPOINTED
from models.base import new_id
from models.draws import Replacement, Shortfall, VisitExpert
from models.people import Department, Inspector, Member
from models.store import replacements as store
from models.store import tasks as task_store
from models.store.pools import Available
from models.store.replacements import VisitCase
from models.store.states import insert_ignore
from models.tasks import Part, VisitMember
from services.act import Act
from services.drawing.dispatch import Assignment, letters
from services.drawing.standins import bench
from services.people.notices import Letter, tell_many

CHOSEN = "chosen"


async def appoint(act: Act, visit_id: str, department_code: str, staff_numbers: Sequence[str]) -> list[str]:
    """Appoint the inspectors of a department for a drawn target, all places at once; gives their staff numbers.

    Only where targets alone were drawn; by the department's approver or the office. ConflictError where nobody is
    missing, InvalidInputError for too few, too many, or somebody who may not inspect this target.
    """
    case, department = await _case(act, visit_id, department_code)
    if Mode(case.task.mode) is not Mode.TARGETS:
        raise ConflictError(what="选派人员", why="本次抽取已随机选派检查人员，变动请走更换。")
    await store.lock_draw(act.db, case.draw.id)
    gap = await store.shortfall(act.db, visit_id, department.id)
    if gap is None or not gap.missing:
        raise ConflictError(what="选派人员", why="该部门的人员已经选派。")
    if gap.entrusted_department_id:
        raise ConflictError(what="选派人员", why=f"已委托{gap.entrusted_to}实施，由其选派。")
    check_number(staff_numbers, gap.missing)
    ready = await bench(act, case.task, case.draw)
    group = {number for number, _ in await store.group(act.db, visit_id)}
    fitting = {one.staff_no: one for one in ready.choices(ready.team(department_code), case.target.code, group)}
    if not set(staff_numbers) <= set(fitting):
        raise InvalidInputError(what="选派人员", why="请从符合条件、在岗且无须回避的人员中选择。")
    people = [replace(fitting[one], department_id=department.id) for one in staff_numbers]
    await seat(act, case, department, gap, people, APPOINTED)
    act.record(
        "appoint", f"visit:{visit_id}", number=case.visit.number, department=department_code, people=[*staff_numbers]
    )
    return list(staff_numbers)


async def choices(act: Act, visit_id: str, department_code: str) -> list[dict[str, object]]:
    """Whom a department may appoint for a visit, those with fewest places first."""
    case, _ = await _case(act, visit_id, department_code)
    ready = await bench(act, case.task, case.draw)
    group = {number for number, _ in await store.group(act.db, visit_id)}
    some = ready.choices(ready.team(department_code), case.target.code, group)
    names = await store.people_names(act.db, {one.staff_no for one in some})
    rows = sorted((ready.loads[one.staff_no], one.staff_no) for one in some)
    return [{"staff_no": number, "name": names[number], "load": load} for load, number in rows]


async def _case(act: Act, visit_id: str, department_code: str) -> tuple[VisitCase, Department]:
    case = await store.visit_case(act.db, visit_id)
    departments = {one.code: one for one in (await task_store.departments(act.db)).values()}
    found = departments.get(department_code)
    own = found is not None and act.actor.has(Role.APPROVER) and act.actor.department_id == found.id
    if found is None or not (own or act.actor.has(Role.COORDINATOR)):
        raise NotFoundError(what="这次检查")
    return case, found


def check_number(staff_numbers: Sequence[str], missing: int) -> None:
    """Raise InvalidInputError unless as many different people are named as places are open."""
    if len(set(staff_numbers)) != missing or len(staff_numbers) != missing:
        raise InvalidInputError(what="选派人员", why=f"须选派 {missing} 名不同的执法检查人员。")


async def seat(
    act: Act, case: VisitCase, department: Department, gap: Shortfall, people: Sequence[Available], reason: str
) -> None:
    """Put people into the group for a department; the first of the task's lead department, or of all, leads it."""
    seated = list(await act.db.scalars(select(VisitMember).where(VisitMember.visit_id == case.visit.id)))
    led = next((one for one in seated if one.leads), None)
    leads = led is None or (department.id == case.task.department_id and led.department_id != department.id)
    if led is not None and leads:
        led.leads = False
    line = await store.next_line(act.db, case.draw.id)
    for number, one in enumerate(people):
        member = VisitMember(
            visit_id=case.visit.id,
            inspector_id=one.id,
            member_id=one.member_id,
            department_id=department.id,
            leads=leads and number == 0,
        )
        act.db.add(member)
        act.db.add(_row(act, case, one, reason, line + number))
    gap.missing = 0
    if await store.part(act.db, case.visit.id, department.id) is None:
        act.db.add(Part(visit_id=case.visit.id, department_id=department.id))
    await act.db.flush()
    everybody = {one.code: one for one in (await task_store.departments(act.db)).values()}
    leader = people[0].staff_no if leads else None
    new = Assignment(visit=case.visit, target=case.target, people=tuple(people), leader=leader, short={})
    await tell_many(act, list(letters(case.task, new, everybody)))


def _row(act: Act, case: VisitCase, one: Available, reason: str, line: int) -> Replacement:
    """The line of the record: who came in, and that he was named, not drawn."""
    return Replacement(
        id=new_id(),
        draw_id=case.draw.id,
        visit_id=case.visit.id,
        visit_number=case.visit.number,
        department_id=one.department_id,
        status="approved",
        entering=one.staff_no,
        way=CHOSEN,
        passed=[],
        line=line,
        reason=reason,
        evidence="",
        asked_by=act.actor.member_id,
        asked_at=act.now,
        decided_by=act.actor.member_id,
        decided_at=act.now,
    )


async def add_expert(act: Act, visit_id: str, staff_no: str) -> VisitExpert:
    """Let an expert or assistant come along, once his visit has its certified inspectors; for the office.

    ConflictError while places are open or the visit is handed in; InvalidInputError for a certified inspector.
    """
    if not act.actor.has(Role.COORDINATOR):
        raise ForbiddenError
    case = await store.visit_case(act.db, visit_id)
    if case.visit.status not in {"assigned", "accepted"}:
        raise ConflictError(what="检查组", why="检查结果已经提交，不能再加入专家。")
    gaps = select(Shortfall.missing).where(
        Shortfall.visit_id == visit_id, Shortfall.missing > 0, Shortfall.entrusted_to == ""
    )
    if await act.db.scalar(gaps.limit(1)):
        raise ConflictError(what="检查组", why="执法检查人员尚未满足规定人数，专家不能顶替，请先补足。")
    query = select(Inspector, Member.userid).join(Member, Member.id == Inspector.member_id)
    row = (await act.db.execute(query.where(Inspector.staff_no == staff_no, Member.active.is_(True)))).one_or_none()
    if row is None:
        raise NotFoundError(what="这名专家")
    if row[0].kind == "certified":
        raise InvalidInputError(what="专家", why="执法检查人员由抽取产生，不能作为专家加入。")
    new = await insert_ignore(
        act.db,
        VisitExpert,
        visit_id=visit_id,
        inspector_id=row[0].id,
        department_id=row[0].department_id,
        added_by=act.actor.member_id,
        added_at=act.now,
    )
    if not new:
        raise ConflictError(what="检查组", why="这名专家已经加入。")
    act.record("expert-add", f"visit:{visit_id}", number=case.visit.number, expert=staff_no)
    await tell_many(act, [_expert_letter(case, row[0], row[1])])
    return await act.db.get_one(VisitExpert, (visit_id, row[0].id))


async def expert_choices(act: Act, visit_id: str) -> list[dict[str, str]]:
    """The experts and assistants who might come along and do not yet; for the office."""
    if not act.actor.has(Role.COORDINATOR):
        raise ForbiddenError
    here = select(VisitExpert.inspector_id).where(VisitExpert.visit_id == visit_id)
    query = (
        select(Inspector.staff_no, Member, Department.name)
        .join(Member, Member.id == Inspector.member_id)
        .join(Department, Department.id == Inspector.department_id)
        .where(Inspector.kind != "certified", Member.active.is_(True), Inspector.id.not_in(here))
        .order_by(Department.code, Inspector.staff_no)
    )
    found = (await act.db.execute(query)).all()
    return [{"staff_no": no, "name": member.name, "department": department} for no, member, department in found]


def _expert_letter(case: VisitCase, one: Inspector, userid: str) -> Letter:
    notice = Notice(
        kind=NoticeKind.REPLACED,
        document_no=f"{case.visit.number}-专家-{one.staff_no}",
        title="请您作为专家协助检查",
        summary="您协助执法检查人员，不单独开展检查，不在检查结果上代签。日程请听从组长安排。",
        facts=(("检查对象", case.target.name), ("地址", case.target.address or "—"), ("检查编号", case.visit.number)),
        path="/m/",
    )
    return Letter(
        userid=userid,
        notice=notice,
        department_id=one.department_id,
        subject=f"visit:{case.visit.id}",
        dedupe_key=f"expert/{case.visit.id}/{one.staff_no}",
    )
