"""Access to papers written on the spot; the caller already holds the visit."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.errors import NotFoundError
from inspection.site_papers import KINDS
from models.field import SitePaper
from models.people import Department


async def by_request(db: AsyncSession, request_id: str, visit_id: str) -> SitePaper | None:
    """The paper that this request has made at this visit."""
    return await db.scalar(select(SitePaper).where(SitePaper.request_id == request_id, SitePaper.visit_id == visit_id))


async def by_number(db: AsyncSession, number: str) -> SitePaper | None:
    """The paper of this number, whoever asks: he holds it in his hands."""
    return await db.scalar(select(SitePaper).where(SitePaper.number == number))


async def of_visit(db: AsyncSession, visit_id: str) -> Sequence[SitePaper]:
    """Every paper of a visit, in the order in which they were written."""
    query = select(SitePaper).where(SitePaper.visit_id == visit_id).order_by(SitePaper.made_at, SitePaper.id)
    return (await db.scalars(query)).all()


async def one(db: AsyncSession, visit_id: str, paper_id: str, *, foreign: bool = True) -> SitePaper:
    """One paper of a visit; NotFoundError, and for what others wrote where `foreign` is False."""
    found = await db.scalar(select(SitePaper).where(SitePaper.id == paper_id, SitePaper.visit_id == visit_id))
    if found is None or (KINDS[found.kind].foreign and not foreign):
        raise NotFoundError(what="这份文书")
    return found


async def department(db: AsyncSession, department_id: str) -> Department:
    """Who writes it."""
    return await db.get_one(Department, department_id)
