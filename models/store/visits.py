"""Access to visits: an inspector reaches the visits he was drawn for and no other ("not yours" is "not found")."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import Actor
from inspection.errors import NotFoundError
from models.field import AddedItem
from models.people import Department, Inspector, Member
from models.registers import Contact, Item, Target
from models.tasks import Part, Task, TaskItem, Visit, VisitMember


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnVisit:
    """A visit as one of its group holds it; `part` is that of the inspector's own department (H3)."""

    visit: Visit
    task: Task
    target: Target
    member: VisitMember
    part: Part


@dataclass(frozen=True, kw_only=True, slots=True)
class Colleague:
    """Somebody of a visit's group."""

    member_id: str
    inspector_id: str
    userid: str
    staff_no: str
    certified: bool  # holds a valid enforcement certificate's post: only these sign for the state
    name: str
    mobile: str | None
    department_id: str
    department: str
    leads: bool
    accepted: bool


async def own_visits(db: AsyncSession, actor: Actor) -> Sequence[OwnVisit]:
    """The visits that the actor was drawn for, the nearest end first."""
    rows = await db.execute(_own(actor).order_by(Task.ends_on, Visit.task_id, Visit.position))
    return [_own_visit(row) for row in rows]


async def own_visit(db: AsyncSession, actor: Actor, visit_id: str) -> OwnVisit:
    """One of the actor's visits; NotFoundError if there is none, or it is somebody else's."""
    row = (await db.execute(_own(actor).where(Visit.id == visit_id))).one_or_none()
    if row is None:
        raise NotFoundError(what="这次检查")
    return _own_visit(row)


async def lock(db: AsyncSession, visit_id: str) -> None:
    """Make everybody else who changes this visit or its parts wait; SQLite has one writer anyway."""
    await db.execute(select(Visit.id).where(Visit.id == visit_id).with_for_update())


async def lock_task(db: AsyncSession, task_id: str) -> None:
    """Make everybody else who asks whether a task's visits are all done wait."""
    await db.execute(select(Task.id).where(Task.id == task_id).with_for_update())


async def mark_accepted(db: AsyncSession, member: VisitMember, now: datetime) -> bool:
    """Note that this one of the group accepts; False if he had before."""
    result: CursorResult[Any] = await db.execute(  # type: ignore[assignment]
        update(VisitMember)
        .where(VisitMember.visit_id == member.visit_id, VisitMember.inspector_id == member.inspector_id)
        .where(VisitMember.accepted_at.is_(None))
        .values(accepted_at=now)
        .execution_options(synchronize_session=False)
    )
    return result.rowcount == 1


async def group(db: AsyncSession, visit_id: str) -> Sequence[Colleague]:
    """Everybody in the group of a visit the actor already holds, the leader first."""
    query = (
        select(VisitMember, Inspector.staff_no, Inspector.kind, Member, Department.name)
        .join(Inspector, Inspector.id == VisitMember.inspector_id)
        .join(Member, Member.id == VisitMember.member_id)
        .join(Department, Department.id == VisitMember.department_id)
        .where(VisitMember.visit_id == visit_id)
        .order_by(VisitMember.leads.desc(), Department.code, Inspector.staff_no)
    )
    return [
        Colleague(
            member_id=member.id,
            inspector_id=row.inspector_id,
            userid=member.userid,
            staff_no=staff_no,
            certified=kind == "certified",
            name=member.name,
            mobile=member.mobile,
            department_id=row.department_id,
            department=department,
            leads=row.leads,
            accepted=row.accepted_at is not None,
        )
        for row, staff_no, kind, member, department in await db.execute(query)
    ]


async def items(
    db: AsyncSession, task_id: str, department_id: str, visit: Visit | None = None
) -> Sequence[tuple[TaskItem | AddedItem, str]]:
    """A department's items of a task the actor already holds, each with what it looks at (A1 内容).

    `visit`: only those that cover its target, where several were merged, and those added on the spot.
    """
    query = (
        select(TaskItem, Item.content)
        .join(Item, Item.id == TaskItem.item_id)
        .where(TaskItem.task_id == task_id, TaskItem.department_id == department_id)
        .order_by(TaskItem.id)
    )
    own = visit.item_ids if visit is not None else []
    drawn = [(item, content) for item, content in await db.execute(query) if not own or item.item_id in own]
    return [*drawn, *(await added_items(db, [visit.id], department_id=department_id) if visit is not None else [])]


async def added_items(
    db: AsyncSession, visit_ids: Collection[str] = (), *, department_id: str = "", task_id: str = ""
) -> Sequence[tuple[AddedItem, str]]:
    """What was added on the spot and stands, each with its content: at these visits, or at all of a task."""
    query = (
        select(AddedItem, Item.content)
        .join(Item, Item.id == AddedItem.item_id)
        .where(AddedItem.dropped_at.is_(None))
        .order_by(AddedItem.added_at, AddedItem.id)
    )
    if task_id:
        query = query.join(Visit, Visit.id == AddedItem.visit_id).where(Visit.task_id == task_id)
    else:
        query = query.where(AddedItem.visit_id.in_(visit_ids))
    if department_id:
        query = query.where(AddedItem.department_id == department_id)
    return [(item, content) for item, content in await db.execute(query)]


async def contact(db: AsyncSession, target_id: str) -> Contact | None:
    """Whom to reach at the target of a visit the actor already holds."""
    return await db.get(Contact, target_id)


async def unfinished_visits(db: AsyncSession, task_id: str) -> int:
    """How many visits of a task have not ended yet."""
    query = select(func.count()).select_from(Visit).where(Visit.task_id == task_id, Visit.ended_at.is_(None))
    return await db.scalar(query) or 0


def _own(actor: Actor) -> Select[Visit, Task, Target, VisitMember, Part]:
    return (
        select(Visit, Task, Target, VisitMember, Part)
        .join(VisitMember, VisitMember.visit_id == Visit.id)
        .join(Task, Task.id == Visit.task_id)
        .join(Target, Target.id == Visit.target_id)
        .join(Part, (Part.visit_id == Visit.id) & (Part.department_id == VisitMember.department_id))
        .where(VisitMember.member_id == actor.member_id)
    )


def _own_visit(row: Any) -> OwnVisit:
    visit, task, target, member, part = row
    return OwnVisit(visit=visit, task=task, target=target, member=member, part=part)
