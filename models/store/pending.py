"""Access to files on their way: a member reaches what he sends himself, at a visit of his, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import Actor
from inspection.errors import NotFoundError
from models.field import PendingFile


async def own(db: AsyncSession, actor: Actor, visit_id: str, file_id: str, now: datetime) -> PendingFile:
    """One of the actor's own files on their way; NotFoundError for any other, and when its time is over."""
    query = select(PendingFile).where(
        PendingFile.id == file_id,
        PendingFile.visit_id == visit_id,
        PendingFile.member_id == actor.member_id,
        PendingFile.expires_at > now,
    )
    found = await db.scalar(query)
    if found is None:
        raise NotFoundError(what="这次上传")
    return found


async def of_digest(db: AsyncSession, actor: Actor, visit_id: str, digest: str) -> PendingFile | None:
    """The actor's own file of these bytes at a visit he already holds."""
    query = select(PendingFile).where(
        PendingFile.visit_id == visit_id, PendingFile.member_id == actor.member_id, PendingFile.digest == digest
    )
    return await db.scalar(query)


async def unfinished_bytes(db: AsyncSession, actor: Actor, now: datetime) -> int:
    """How many bytes the actor has announced and not yet finished."""
    query = select(func.coalesce(func.sum(PendingFile.size), 0)).where(
        PendingFile.member_id == actor.member_id, PendingFile.kept_at.is_(None), PendingFile.expires_at > now
    )
    return int(await db.scalar(query) or 0)


async def forget(db: AsyncSession, file_id: str) -> None:
    """Let a file go that is not what it was said to be; the phone may begin anew."""
    await db.execute(delete(PendingFile).where(PendingFile.id == file_id))


async def expire(db: AsyncSession, now: datetime) -> Sequence[str]:
    """Delete what has expired; returns the ids that are left."""
    await db.execute(delete(PendingFile).where(PendingFile.expires_at <= now))
    return (await db.scalars(select(PendingFile.id))).all()
