"""Access to answers as they were typed, and to a visit's events; the actor already holds the visit."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.field import TypedAnswer, VisitEvent
from models.people import Member


async def of_part(db: AsyncSession, part_id: str) -> Sequence[TypedAnswer]:
    """Every version typed for a part, in the order in which they came."""
    query = select(TypedAnswer).where(TypedAnswer.part_id == part_id)
    return (await db.scalars(query.order_by(TypedAnswer.received_at, TypedAnswer.id))).all()


async def names(db: AsyncSession, member_ids: Collection[str]) -> dict[str, str]:
    """How these members are called, by id."""
    query = select(Member.id, Member.name).where(Member.id.in_(member_ids))
    return {row.id: row.name for row in await db.execute(query)}


async def events(db: AsyncSession, visit_id: str) -> Sequence[VisitEvent]:
    """The events of a visit, the first one first."""
    return (await db.scalars(select(VisitEvent).where(VisitEvent.visit_id == visit_id).order_by(VisitEvent.seq))).all()


async def last_event(db: AsyncSession, visit_id: str) -> VisitEvent | None:
    """The newest event of a visit."""
    query = select(VisitEvent).where(VisitEvent.visit_id == visit_id).order_by(VisitEvent.seq.desc()).limit(1)
    return await db.scalar(query)
