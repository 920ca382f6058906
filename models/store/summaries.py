"""Access to what a visit's group says under its summary (G9)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Select, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import Actor
from models.people import Member
from models.tasks import SummarySignature, Visit, VisitMember


async def of_summary(db: AsyncSession, visit: Visit) -> dict[str, SummarySignature]:
    """What was said under the summary that stands, by inspector."""
    return {row.inspector_id: row for row in await db.scalars(_said(visit))}


async def one(db: AsyncSession, visit: Visit, inspector_id: str) -> SummarySignature | None:
    """What one of the group said under the summary that stands."""
    return await db.scalar(_said(visit).where(SummarySignature.inspector_id == inspector_id))


async def said_by(db: AsyncSession, actor: Actor, visit_ids: Collection[str]) -> frozenset[str]:
    """Of these visits, those under whose standing summary the actor's word is written."""
    query = (
        select(SummarySignature.visit_id)
        .join(Visit, Visit.id == SummarySignature.visit_id)
        .join(VisitMember, (VisitMember.visit_id == Visit.id) & (VisitMember.member_id == actor.member_id))
        .where(SummarySignature.inspector_id == VisitMember.inspector_id, Visit.id.in_(visit_ids))
        .where(SummarySignature.summary_digest == Visit.summary_digest)
    )
    return frozenset(await db.scalars(query))


async def unsigned(db: AsyncSession, visit: Visit) -> Sequence[str]:
    """The inspectors of the group who are still here and have said nothing under the summary that stands."""
    said = exists().where(
        SummarySignature.visit_id == VisitMember.visit_id,
        SummarySignature.inspector_id == VisitMember.inspector_id,
        SummarySignature.summary_digest == visit.summary_digest,
    )
    query = select(VisitMember.inspector_id).join(Member, Member.id == VisitMember.member_id)
    return (await db.scalars(query.where(VisitMember.visit_id == visit.id, Member.active, ~said))).all()


def _said(visit: Visit) -> Select[SummarySignature]:
    same = SummarySignature.summary_digest == visit.summary_digest
    return select(SummarySignature).where(SummarySignature.visit_id == visit.id, same)
