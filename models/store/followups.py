"""Access to what follows a result: a department reaches its own and what came to it (I)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import Actor, Role
from inspection.errors import NotFoundError
from models.followups import FollowUp, FollowUpPhoto, FollowUpStep
from models.people import Department, Member, OwnerBinding
from models.registers import Target
from models.store.parts import PartCase, joined, part_case
from models.tasks import Part, Task, Visit

MOST_ROWS = 500
CLOSED = "closed"


@dataclass(frozen=True, kw_only=True, slots=True)
class FollowUpCase:
    """A follow-up with what it is about."""

    row: FollowUp
    target: Target
    visit: Visit
    department: Department


async def rows(db: AsyncSession, actor: Actor, *, closed: bool) -> Sequence[FollowUpCase]:
    """What the actor's department answers for or received (the office: all), the most pressing first."""
    query = _cases().where(_wall(actor), FollowUp.status == CLOSED if closed else FollowUp.status != CLOSED)
    order = (FollowUp.closed_at.desc(), FollowUp.id) if closed else (FollowUp.due_on, FollowUp.id)
    return [_case(one) for one in await db.execute(query.order_by(*order).limit(MOST_ROWS))]


async def case(db: AsyncSession, actor: Actor, followup_id: str) -> FollowUpCase:
    """One follow-up that the actor may see; NotFoundError for any other."""
    return await _one(db, _cases().where(_wall(actor), FollowUp.id == followup_id))


async def owned(db: AsyncSession, owner_id: str) -> Sequence[FollowUpCase]:
    """What the targets that an owner has bound are asked to mend, open ones first, the nearest day first."""
    query = _cases().where(_bound(owner_id), FollowUp.kind == "rectification")
    order = (FollowUp.status == CLOSED, FollowUp.due_on, FollowUp.id)
    return [_case(one) for one in await db.execute(query.order_by(*order).limit(MOST_ROWS))]


async def owned_case(db: AsyncSession, owner_id: str, followup_id: str) -> FollowUpCase:
    """One of the things that an owner is asked to mend; NotFoundError for any other."""
    query = _cases().where(_bound(owner_id), FollowUp.kind == "rectification", FollowUp.id == followup_id)
    return await _one(db, query)


async def lock(db: AsyncSession, followup_id: str) -> None:
    """Make everybody else who changes this follow-up wait."""
    await db.execute(select(FollowUp.id).where(FollowUp.id == followup_id).with_for_update())


async def steps(db: AsyncSession, followup_id: str) -> Sequence[FollowUpStep]:
    """The steps of a follow-up the actor already holds, in order."""
    query = select(FollowUpStep).where(FollowUpStep.followup_id == followup_id)
    return (await db.scalars(query.order_by(FollowUpStep.id))).all()


async def photos(db: AsyncSession, followup_id: str) -> Sequence[FollowUpPhoto]:
    """The owner's photos of a follow-up the actor already holds, in the order they came."""
    query = select(FollowUpPhoto).where(FollowUpPhoto.followup_id == followup_id)
    return (await db.scalars(query.order_by(FollowUpPhoto.id))).all()


async def photo(db: AsyncSession, followup_id: str, digest: str) -> FollowUpPhoto | None:
    """One photo of a follow-up the actor already holds."""
    where = (FollowUpPhoto.followup_id == followup_id, FollowUpPhoto.digest == digest)
    return await db.scalar(select(FollowUpPhoto).where(*where))


async def undecided(db: AsyncSession, actor: Actor) -> Sequence[PartCase]:
    """Approved or published parts of the actor's department that nothing was opened for, the newest first."""
    query = joined().where(Part.status.in_(("approved", "published")), ~exists().where(FollowUp.part_id == Part.id))
    if not actor.has(Role.COORDINATOR):
        query = query.where(Part.department_id == actor.department_id)
    found = await db.execute(query.order_by(Part.approved_at.desc(), Part.id).limit(MOST_ROWS))
    return [part_case(one) for one in found]


async def of_target(db: AsyncSession, code: str, *, closed_only: bool = True) -> Sequence[FollowUp]:
    """What was done about a target, the newest first: for its public page and for its class (H6, H8, N3)."""
    query = select(FollowUp).join(Target, Target.id == FollowUp.target_id).where(Target.code == code)
    if closed_only:
        query = query.where(FollowUp.status == CLOSED)
    return (await db.scalars(query.order_by(FollowUp.closed_at.desc(), FollowUp.id).limit(MOST_ROWS))).all()


async def members(db: AsyncSession, department_id: str) -> Sequence[Member]:
    """The active members of a department, by userid: who may be made responsible."""
    query = select(Member).where(Member.department_id == department_id, Member.active)
    return (await db.scalars(query.order_by(Member.userid))).all()


def _wall(actor: Actor) -> ColumnElement[bool]:
    if actor.has(Role.COORDINATOR):
        return FollowUp.id.is_not(None)
    return or_(FollowUp.department_id == actor.department_id, FollowUp.to_department_id == actor.department_id)


def _bound(owner_id: str) -> ColumnElement[bool]:
    mine = select(OwnerBinding.target_id).where(OwnerBinding.owner_id == owner_id)
    return FollowUp.target_id.in_(mine)


def _cases() -> Select[FollowUp, Target, Visit, Department]:
    return (
        select(FollowUp, Target, Visit, Department)
        .join(Target, Target.id == FollowUp.target_id)
        .join(Part, Part.id == FollowUp.part_id)
        .join(Visit, Visit.id == Part.visit_id)
        .join(Task, Task.id == Visit.task_id)
        .join(Department, Department.id == FollowUp.department_id)
    )


async def _one(db: AsyncSession, query: Select[FollowUp, Target, Visit, Department]) -> FollowUpCase:
    row = (await db.execute(query)).one_or_none()
    if row is None:
        raise NotFoundError(what="这项后续处理")
    return _case(row)


def _case(row: Any) -> FollowUpCase:
    return FollowUpCase(row=row[0], target=row[1], visit=row[2], department=row[3])
