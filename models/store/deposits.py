"""Access to who has stored which file ahead of what it will be attached to (models.field.Deposit)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import Actor
from models.field import Deposit
from models.store.states import insert_ignore


async def add(db: AsyncSession, actor: Actor, place: str, digest: str, at: datetime) -> bool:
    """Keep that the actor stored these bytes for this place; tell whether that is new."""
    return await insert_ignore(db, Deposit, member_id=actor.member_id, place=place, digest=digest, stored_at=at)


async def own(db: AsyncSession, actor: Actor, place: str, digest: str) -> bool:
    """Tell whether the actor himself stored these bytes, and for this very place."""
    query = select(Deposit.digest).where(
        Deposit.member_id == actor.member_id, Deposit.place == place, Deposit.digest == digest
    )
    return await db.scalar(query) is not None
