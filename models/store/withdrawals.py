"""Visits that are taken back before they began: a voided draw's, or one whose target was replaced.

lock -> refuse those that have begun -> rows gone; what was drawn stays in the draw's own files and in the audit log
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.clock import Appointment
from models.draws import Shortfall
from models.people import Member
from models.registers import Target
from models.results import Deadline
from models.store.outbox import ROWS_AT_ONCE
from models.tasks import Evidence, Part, Visit, VisitMember


async def of_task(db: AsyncSession, task_id: str) -> Sequence[Visit]:
    """All visits of a task, locked: nobody hands in anything for them until this transaction ends."""
    return (await db.scalars(select(Visit).where(Visit.task_id == task_id).with_for_update())).all()


async def begun(db: AsyncSession, visit_ids: Sequence[str]) -> int:
    """How many of these visits have begun: a photo taken or a part handed in. Accepting alone is not beginning."""
    found = 0
    for start in range(0, len(visit_ids), ROWS_AT_ONCE):
        some = visit_ids[start : start + ROWS_AT_ONCE]
        begun_one = or_(
            Visit.status.not_in(("assigned", "accepted")),
            exists().where(Evidence.visit_id == Visit.id),
            exists().where(Part.visit_id == Visit.id, Part.status != "open"),
        )
        found += len((await db.scalars(select(Visit.id).where(Visit.id.in_(some), begun_one))).all())
    return found


async def userids(db: AsyncSession, visit_ids: Sequence[str]) -> dict[str, set[str]]:
    """The members of these visits' groups, by visit."""
    found: dict[str, set[str]] = {}
    for start in range(0, len(visit_ids), ROWS_AT_ONCE):
        query = select(VisitMember.visit_id, Member.userid).join(Member, Member.id == VisitMember.member_id)
        for visit_id, userid in await db.execute(
            query.where(VisitMember.visit_id.in_(visit_ids[start : start + ROWS_AT_ONCE]))
        ):
            found.setdefault(visit_id, set()).add(userid)
    return found


async def target_names(db: AsyncSession, target_ids: Sequence[str]) -> dict[str, str]:
    """The names of these targets, by id."""
    found: dict[str, str] = {}
    for start in range(0, len(target_ids), ROWS_AT_ONCE):
        query = select(Target.id, Target.name).where(Target.id.in_(target_ids[start : start + ROWS_AT_ONCE]))
        found |= {row.id: row.name for row in await db.execute(query)}
    return found


async def remove(db: AsyncSession, visit_ids: Sequence[str], now: object) -> None:
    """Take visits away with their groups, parts and open deadlines."""
    for start in range(0, len(visit_ids), ROWS_AT_ONCE):
        some = visit_ids[start : start + ROWS_AT_ONCE]
        parts = (await db.scalars(select(Part.id).where(Part.visit_id.in_(some)))).all()
        subjects = [*(f"visit:{one}" for one in some), *(f"part:{one}" for one in parts)]
        await db.execute(
            update(Deadline)
            .where(Deadline.subject.in_(subjects), Deadline.settled_at.is_(None))
            .values(settled_at=now)
            .execution_options(synchronize_session=False)
        )
        for table in (VisitMember, Part, Shortfall, Appointment):
            await db.execute(delete(table).where(table.visit_id.in_(some)).execution_options(synchronize_session=False))
        await db.execute(delete(Visit).where(Visit.id.in_(some)).execution_options(synchronize_session="fetch"))
