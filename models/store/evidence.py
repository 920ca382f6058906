"""Access to evidence: the visit's group, the department's approvers, and the office (G10)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import Actor, Role
from inspection.errors import NotFoundError
from models.tasks import Evidence, VisitMember


async def find(db: AsyncSession, visit_id: str, digest: str) -> Evidence | None:
    """A piece of evidence of a visit the actor already holds."""
    return await db.scalar(select(Evidence).where(Evidence.visit_id == visit_id, Evidence.digest == digest))


async def of_visit(db: AsyncSession, visit_id: str, department_id: str) -> Sequence[Evidence]:
    """What a department has collected at a visit the actor already holds, in the order it came."""
    query = select(Evidence).where(Evidence.visit_id == visit_id, Evidence.department_id == department_id)
    return (await db.scalars(query.order_by(Evidence.id))).all()


async def kinds(db: AsyncSession, visit_id: str, digests: Collection[str]) -> dict[str, str]:
    """Of these digests, those that the visit has, each with its kind."""
    query = select(Evidence.digest, Evidence.kind).where(Evidence.visit_id == visit_id, Evidence.digest.in_(digests))
    return {row.digest: row.kind for row in await db.execute(query)}


async def visible(db: AsyncSession, actor: Actor, visit_id: str, digest: str) -> Evidence:
    """A piece of evidence that the actor may look at; NotFoundError otherwise.

    Its visit's group (shared between departments, H9), the approvers of the department it belongs to, the office.
    """
    query = select(Evidence).where(Evidence.visit_id == visit_id, Evidence.digest == digest)
    if not actor.has(Role.COORDINATOR):
        mine = select(VisitMember.visit_id).where(VisitMember.member_id == actor.member_id)
        walls: list[ColumnElement[bool]] = [Evidence.visit_id.in_(mine)]
        if actor.has(Role.APPROVER):
            walls.append(Evidence.department_id == actor.department_id)
        query = query.where(or_(*walls))
    found = await db.scalar(query)
    if found is None:
        raise NotFoundError(what="这份证据")
    return found
