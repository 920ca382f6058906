"""Access to recusals, and to who inspected a target last (E5)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import Actor, Role
from inspection.errors import NotFoundError
from models.draws import Recusal
from models.people import Department, Inspector, Member
from models.registers import Target
from models.tasks import Visit, VisitMember


@dataclass(frozen=True, kw_only=True, slots=True)
class RecusalRow:
    """A recusal with whom and what it is about."""

    recusal: Recusal
    target: Target
    staff_no: str
    name: str
    department: str


async def declared(db: AsyncSession, inspector_ids: Collection[str]) -> list[tuple[str, str, str]]:
    """The recusals in force of these inspectors: (target code, staff number, ground), oldest first."""
    query = (
        select(Target.code, Inspector.staff_no, Recusal.ground)
        .join(Recusal, Recusal.target_id == Target.id)
        .join(Inspector, Inspector.id == Recusal.inspector_id)
        .where(Recusal.ended_at.is_(None), Inspector.id.in_(inspector_ids))
        .order_by(Recusal.id)
    )
    return [(code, staff_no, ground) for code, staff_no, ground in await db.execute(query)]


async def last_inspected(db: AsyncSession, inspector_ids: Collection[str]) -> dict[str, set[str]]:
    """By target code, which of these inspectors were in the group of its newest visit (ids are in order of time)."""
    newest = select(func.max(Visit.id).label("id")).group_by(Visit.target_id).subquery()
    query = (
        select(Target.code, Inspector.staff_no)
        .join(Visit, Visit.target_id == Target.id)
        .join(newest, newest.c.id == Visit.id)
        .join(VisitMember, VisitMember.visit_id == Visit.id)
        .join(Inspector, Inspector.id == VisitMember.inspector_id)
        .where(Inspector.id.in_(inspector_ids))
    )
    found: dict[str, set[str]] = {}
    for code, staff_no in await db.execute(query):
        found.setdefault(code, set()).add(staff_no)
    return found


async def last_pairs(db: AsyncSession, inspector_ids: Collection[str]) -> set[frozenset[str]]:
    """The pairs (staff numbers) of one department that went to a target together in the newest task of each."""
    task = (
        select(VisitMember.inspector_id, func.max(Visit.task_id).label("task_id"))
        .join(Visit, Visit.id == VisitMember.visit_id)
        .where(VisitMember.inspector_id.in_(inspector_ids))
        .group_by(VisitMember.inspector_id)
        .subquery()
    )
    query = (
        select(Visit.id, VisitMember.department_id, Inspector.staff_no)
        .join(VisitMember, VisitMember.visit_id == Visit.id)
        .join(task, (task.c.inspector_id == VisitMember.inspector_id) & (task.c.task_id == Visit.task_id))
        .join(Inspector, Inspector.id == VisitMember.inspector_id)
    )
    groups: dict[tuple[str, str], set[str]] = {}
    for visit_id, department_id, staff_no in await db.execute(query):
        groups.setdefault((visit_id, department_id), set()).add(staff_no)
    return {frozenset(pair) for some in groups.values() for pair in combinations(sorted(some), 2)}


async def inspector(db: AsyncSession, actor: Actor, staff_no: str) -> Inspector:
    """An inspector whose recusals the actor may declare: any for the office, his department's for an approver, himself.

    NotFoundError for any other.
    """
    found = await db.scalar(select(Inspector).where(Inspector.staff_no == staff_no))
    if found is None or not (
        actor.has(Role.COORDINATOR)
        or (actor.has(Role.APPROVER) and found.department_id == actor.department_id)
        or found.member_id == actor.member_id
    ):
        raise NotFoundError(what="这名执法检查人员")
    return found


async def own_staff_no(db: AsyncSession, actor: Actor) -> str:
    """The actor's own staff number; NotFoundError for who is no inspector."""
    found = await db.scalar(select(Inspector.staff_no).where(Inspector.member_id == actor.member_id))
    if found is None:
        raise NotFoundError(what="您的执法检查人员信息")
    return found


async def target(db: AsyncSession, code: str) -> Target:
    """A target by its code; NotFoundError."""
    found = await db.scalar(select(Target).where(Target.code == code))
    if found is None:
        raise NotFoundError(what="这个检查对象")
    return found


async def rows(db: AsyncSession, actor: Actor, *, recusal_id: str = "") -> Sequence[RecusalRow]:
    """The recusals in force that the actor may see, newest first: the office all, a department its own's."""
    query = (
        select(Recusal, Target, Inspector.staff_no, Member.name, Department.name)
        .join(Target, Target.id == Recusal.target_id)
        .join(Inspector, Inspector.id == Recusal.inspector_id)
        .join(Member, Member.id == Inspector.member_id)
        .join(Department, Department.id == Inspector.department_id)
        .where(Recusal.ended_at.is_(None))
        .order_by(Recusal.id.desc())
        .limit(500)
    )
    if recusal_id:
        query = query.where(Recusal.id == recusal_id)
    if not actor.has(Role.COORDINATOR):
        query = query.where(Inspector.department_id == actor.department_id)
    return [
        RecusalRow(recusal=recusal, target=target_row, staff_no=staff_no, name=name, department=department)
        for recusal, target_row, staff_no, name, department in await db.execute(query)
    ]
