"""Access to replacements of people and of targets; a department's approver reaches his own department's."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import Actor, Role
from inspection.errors import NotFoundError
from models.draws import Replacement, Shortfall, TargetSwap
from models.people import Department, Inspector, Member
from models.registers import Target
from models.tasks import Draw, Part, Task, Visit, VisitMember


@dataclass(frozen=True, kw_only=True, slots=True)
class VisitCase:
    """A visit that somebody is to be replaced in."""

    visit: Visit
    task: Task
    target: Target
    draw: Draw


async def visit_case(db: AsyncSession, visit_id: str) -> VisitCase:
    """A visit with its task, target and draw, the visit locked; the caller asks whether the actor may."""
    row = (
        await db.execute(
            select(Visit, Task, Target, Draw)
            .join(Task, Task.id == Visit.task_id)
            .join(Target, Target.id == Visit.target_id)
            .join(Draw, Draw.task_id == Task.id)
            .where(Visit.id == visit_id, Draw.status == "drawn")
            .with_for_update(of=Visit)
        )
    ).one_or_none()
    if row is None:
        raise NotFoundError(what="这次检查")
    return VisitCase(visit=row[0], task=row[1], target=row[2], draw=row[3])


async def member_of(db: AsyncSession, visit_id: str, staff_no: str) -> tuple[VisitMember, str] | None:
    """Somebody of a visit's group and his userid, by staff number."""
    row = (
        await db.execute(
            select(VisitMember, Member.userid)
            .join(Inspector, Inspector.id == VisitMember.inspector_id)
            .join(Member, Member.id == VisitMember.member_id)
            .where(VisitMember.visit_id == visit_id, Inspector.staff_no == staff_no)
        )
    ).one_or_none()
    return (row[0], row[1]) if row else None


async def seat(db: AsyncSession, visit_id: str, inspector_id: str) -> VisitMember | None:
    """Somebody's place in a visit's group, by the inspector."""
    return await db.get(VisitMember, (visit_id, inspector_id))


async def group(db: AsyncSession, visit_id: str) -> list[tuple[str, str]]:
    """The staff numbers and userids of a visit's group."""
    query = (
        select(Inspector.staff_no, Member.userid)
        .join(VisitMember, VisitMember.inspector_id == Inspector.id)
        .join(Member, Member.id == Inspector.member_id)
        .where(VisitMember.visit_id == visit_id)
    )
    return [(staff_no, userid) for staff_no, userid in await db.execute(query)]


async def remove_member(db: AsyncSession, visit_id: str, inspector_id: str) -> None:
    """Take somebody out of a group: from the next request on the visit is not his."""
    await db.execute(
        delete(VisitMember)
        .where(VisitMember.visit_id == visit_id, VisitMember.inspector_id == inspector_id)
        .execution_options(synchronize_session="fetch")
    )


async def part(db: AsyncSession, visit_id: str, department_id: str) -> Part | None:
    """A department's part of a visit, if it has one."""
    return await db.scalar(select(Part).where(Part.visit_id == visit_id, Part.department_id == department_id))


async def shortfall(db: AsyncSession, visit_id: str, department_id: str) -> Shortfall | None:
    """The places of a department that nobody fills."""
    return await db.get(Shortfall, (visit_id, department_id))


async def replacement(db: AsyncSession, actor: Actor, replacement_id: str) -> Replacement:
    """A request of the approver's own department, or any for the office; NotFoundError."""
    found = await db.get(Replacement, replacement_id)
    if found is None or not (actor.has(Role.COORDINATOR) or found.department_id == actor.department_id):
        raise NotFoundError(what="这项更换申请")
    return found


async def of_draw(db: AsyncSession, draw_id: str) -> tuple[Sequence[Replacement], Sequence[TargetSwap]]:
    """All that was replaced in a draw so far, in the order of its record."""
    people = select(Replacement).where(Replacement.draw_id == draw_id, Replacement.status == "approved")
    targets = select(TargetSwap).where(TargetSwap.draw_id == draw_id, TargetSwap.status == "approved")
    return (
        (await db.scalars(people.order_by(Replacement.line))).all(),
        (await db.scalars(targets.order_by(TargetSwap.line))).all(),
    )


async def lock_draw(db: AsyncSession, draw_id: str) -> None:
    """Make replacements of one draw follow one another: each one's load counts for the next."""
    await db.execute(select(Draw.id).where(Draw.id == draw_id).with_for_update())


async def next_line(db: AsyncSession, draw_id: str) -> int:
    """The number of the next line of a draw's record, for one who holds its lock.

    Not by the clock: of two who decide at once, the one who waited for the lock has the earlier hour and comes later.
    """
    found = 0
    for row in (Replacement, TargetSwap):
        found = max(found, await db.scalar(select(func.max(row.line)).where(row.draw_id == draw_id)) or 0)
    return found + 1


async def requests(db: AsyncSession, actor: Actor) -> Sequence[tuple[Replacement, str]]:
    """The newest requests that the actor may see, the open ones first, with the department's name."""
    query = select(Replacement, Department.name).join(Department, Department.id == Replacement.department_id)
    if not actor.has(Role.COORDINATOR):
        query = query.where(or_(Replacement.department_id == actor.department_id))
    query = query.order_by(Replacement.open_for.is_(None), Replacement.id.desc()).limit(300)
    return [(row, name) for row, name in await db.execute(query)]


async def swaps(db: AsyncSession) -> Sequence[TargetSwap]:
    """The newest proposals to replace a target, the open ones first."""
    query = select(TargetSwap).order_by(TargetSwap.open_for.is_(None), TargetSwap.id.desc())
    return (await db.scalars(query.limit(300))).all()


async def swap(db: AsyncSession, swap_id: str) -> TargetSwap:
    """A proposal to replace a target; NotFoundError."""
    found = await db.get(TargetSwap, swap_id)
    if found is None:
        raise NotFoundError(what="这项检查对象更换")
    return found


async def people_names(db: AsyncSession, staff_numbers: set[str]) -> dict[str, str]:
    """Names by staff number, for those who hold a record that names them."""
    query = select(Inspector.staff_no, Member).join(Member, Member.id == Inspector.member_id)
    return {no: member.name for no, member in await db.execute(query.where(Inspector.staff_no.in_(staff_numbers)))}


async def drawn_targets(db: AsyncSession, task_id: str) -> set[str]:
    """The codes of all targets that a task has visits for."""
    query = select(Target.code).join(Visit, Visit.target_id == Target.id).where(Visit.task_id == task_id)
    return set(await db.scalars(query))


async def targets_of_visits(db: AsyncSession, visit_ids: Collection[str]) -> dict[str, str]:
    """The target codes of visits, by visit; one that was taken back is left out."""
    query = select(Visit.id, Target.code).join(Target, Target.id == Visit.target_id).where(Visit.id.in_(visit_ids))
    return {visit_id: code for visit_id, code in await db.execute(query)}  # noqa: C416 a Row is no pair to mypy


async def last_position(db: AsyncSession, task_id: str) -> int:
    """The greatest position that a visit of the task has."""
    query = select(Visit.position).where(Visit.task_id == task_id).order_by(Visit.position.desc()).limit(1)
    return await db.scalar(query) or 0
