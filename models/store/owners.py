"""Access for owners: a visit is theirs when they bound its target, and is there for them only once they may know of it.

announced task, or its code was scanned at the door -> visible; else it answers like one that never was (F2, M3)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from inspection.actors import Actor
from inspection.errors import NotFoundError
from inspection.other_items import MARK
from models.draws import Shortfall
from models.field import AddedItem
from models.owners import Door, NoticeRecord, OwnerCredit, OwnerQuestion
from models.people import Department, Inspector, Member, OwnerBinding
from models.registers import Target
from models.store.states import insert_ignore
from models.tasks import Part, Task, TaskItem, TaskTeam, Visit, VisitMember

FOR_EVER, ONCE, SPENT, REFUSED = "for-ever", "once", "spent", "refused"


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnerVisit:
    """A visit as the inspected enterprise may know it."""

    visit: Visit
    task: Task
    target: Target


@dataclass(frozen=True, kw_only=True, slots=True)
class Comer:
    """Somebody who comes: shown with name and certificate, as he must show himself (国办发〔2024〕54号)."""

    id: str  # the inspector's, for what the enterprise says of him
    name: str
    department: str
    certificate_no: str | None
    certified: bool
    leads: bool


def may_be_known() -> ColumnElement[bool]:
    """Whether a visit (joined with its task) may be known outside the office."""
    return or_(Task.announced, exists().where(Door.visit_id == Visit.id, Door.scanned_at.is_not(None)))


async def own_visit(db: AsyncSession, actor: Actor, visit_id: str) -> OwnerVisit:
    """One of the owner's visits; NotFoundError for any other, and for one that he may not know of."""
    row = (await db.execute(_own(actor).where(Visit.id == visit_id))).one_or_none()
    if row is None:
        raise NotFoundError(what="这次检查")
    return OwnerVisit(visit=row[0], task=row[1], target=row[2])


async def own_visits(db: AsyncSession, actor: Actor) -> Sequence[OwnerVisit]:
    """The owner's visits that he may know of, newest first."""
    rows = await db.execute(_own(actor).order_by(Task.starts_on.desc(), Visit.id.desc()))
    return [OwnerVisit(visit=visit, task=task, target=target) for visit, task, target in rows]


async def by_notice_code(db: AsyncSession, code: str) -> OwnerVisit:
    """The visit whose notice carries this code, if it may be known; NotFoundError looks alike for all others."""
    query = _visits().where(Visit.notice_code == code.strip().upper(), may_be_known())
    row = (await db.execute(query)).one_or_none()
    if row is None:
        raise NotFoundError(what="这个通知编码")
    return OwnerVisit(visit=row[0], task=row[1], target=row[2])


async def by_door(db: AsyncSession, code: str, now: datetime) -> tuple[OwnerVisit, Door]:
    """The visit whose code is shown at a door at this moment; NotFoundError for a wrong or an old one."""
    row = (
        await db.execute(
            select(Visit, Task, Target, Door)
            .join(Task, Task.id == Visit.task_id)
            .join(Target, Target.id == Visit.target_id)
            .join(Door, Door.visit_id == Visit.id)
            .where(Door.code == code.strip().upper(), Door.expires_at > now)
        )
    ).one_or_none()
    if row is None:
        raise NotFoundError(what="这个入企码，或它已过期")
    return OwnerVisit(visit=row[0], task=row[1], target=row[2]), row[3]


async def comers(db: AsyncSession, visit_id: str) -> Sequence[Comer]:
    """Who comes, the leader and his department first; for a visit the caller already holds.

    Whose department was entrusted with another's part is named with both: his badge shows his own (D9).
    """
    home = aliased(Department)
    of_member = (Shortfall.visit_id == VisitMember.visit_id) & (Shortfall.department_id == VisitMember.department_id)
    query = (
        select(VisitMember.leads, Inspector, Member.name, Department.name, home.name)
        .join(Inspector, Inspector.id == VisitMember.inspector_id)
        .join(Member, Member.id == VisitMember.member_id)
        .join(Department, Department.id == VisitMember.department_id)
        .outerjoin(Shortfall, of_member & (Shortfall.entrusted_department_id == Inspector.department_id))
        .outerjoin(home, home.id == Shortfall.entrusted_department_id)
        .where(VisitMember.visit_id == visit_id)
        .order_by(VisitMember.leads.desc(), Department.code, Inspector.staff_no)
    )
    found = [
        Comer(
            id=one.id,
            name=name,
            department=f"{department}（{own}受委托）" if own else department,
            certificate_no=one.certificate_no,
            certified=one.kind == "certified",
            leads=leads,
        )
        for leads, one, name, department, own in await db.execute(query)
    ]
    return sorted(found, key=lambda one: one.department != found[0].department)


async def items(db: AsyncSession, visit: Visit) -> Sequence[tuple[str, str, str]]:
    """What is inspected, by the departments that take part in this visit: (department, item, legal basis).

    Behind what was drawn stands what was added on the spot: the enterprise reads it like the rest.
    """
    query = (
        select(Department.name, TaskItem.name, TaskItem.basis, TaskItem.item_id)
        .join(TaskItem, TaskItem.department_id == Department.id)
        .join(Part, (Part.department_id == Department.id) & (Part.visit_id == visit.id))
        .outerjoin(TaskTeam, (TaskTeam.task_id == visit.task_id) & (TaskTeam.department_id == Department.id))
        .where(TaskItem.task_id == visit.task_id)
        .order_by(TaskTeam.position, TaskItem.id)
    )
    own = visit.item_ids
    added = (
        select(Department.name, AddedItem.name, AddedItem.basis)
        .join(AddedItem, AddedItem.department_id == Department.id)
        .where(AddedItem.visit_id == visit.id, AddedItem.dropped_at.is_(None))
        .order_by(AddedItem.added_at, AddedItem.id)
    )
    drawn = [
        (department, item, basis)
        for department, item, basis, item_id in await db.execute(query)
        if not own or item_id in own
    ]
    return [*drawn, *((department, f"{item}{MARK}", basis) for department, item, basis in await db.execute(added))]


async def records(db: AsyncSession, visit_id: str) -> Sequence[NoticeRecord]:
    """How the enterprise came to know of a visit that the caller already holds, oldest first."""
    query = select(NoticeRecord).where(NoticeRecord.visit_id == visit_id)
    return (await db.scalars(query.order_by(NoticeRecord.at, NoticeRecord.id))).all()


async def questions(db: AsyncSession, visit_id: str) -> Sequence[OwnerQuestion]:
    """What was asked about a visit that the caller already holds, oldest first."""
    query = select(OwnerQuestion).where(OwnerQuestion.visit_id == visit_id)
    return (await db.scalars(query.order_by(OwnerQuestion.asked_at, OwnerQuestion.id))).all()


async def leader_userid(db: AsyncSession, visit_id: str) -> str | None:
    """Whom WeCom calls the leader of a visit that the caller already holds."""
    query = select(Member.userid).join(VisitMember, VisitMember.member_id == Member.id)
    return await db.scalar(query.where(VisitMember.visit_id == visit_id, VisitMember.leads, Member.active))


async def add_credit(
    db: AsyncSession, owner_id: str, template: str, kind: str, now: datetime, outbox_id: str | None = None
) -> bool:
    """Add a line to the ledger; False if this message is in it already."""
    amount = {ONCE: 1, SPENT: -1}.get(kind, 0)
    values = {"owner_id": owner_id, "template": template, "kind": kind, "amount": amount, "at": now}
    return await insert_ignore(db, OwnerCredit, outbox_id=outbox_id, **values)


async def credit(db: AsyncSession, owner_id: str, template: str) -> tuple[int, bool]:
    """What the ledger says an owner still takes: (messages allowed once, allowed for ever).

    A refusal by WeChat ends all that was allowed before it.
    """
    own = (OwnerCredit.owner_id == owner_id, OwnerCredit.template == template)
    ended = await db.scalar(select(func.max(OwnerCredit.id)).where(*own, OwnerCredit.kind == REFUSED)) or ""
    since = (*own, OwnerCredit.id > ended)
    left = await db.scalar(select(func.sum(OwnerCredit.amount)).where(*since)) or 0
    for_ever = await db.scalar(select(OwnerCredit.id).where(*since, OwnerCredit.kind == FOR_EVER).limit(1))
    return max(0, int(left)), for_ever is not None


def _visits() -> Select[Visit, Task, Target]:
    return select(Visit, Task, Target).join(Task, Task.id == Visit.task_id).join(Target, Target.id == Visit.target_id)


def _own(actor: Actor) -> Select[Visit, Task, Target]:
    bound = select(OwnerBinding.target_id).where(OwnerBinding.owner_id == actor.member_id)
    return _visits().where(Visit.target_id.in_(bound), may_be_known())
