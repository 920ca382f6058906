"""What members sent to the app: kept as it came, given to a visit, fetched and stored, closed once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.chat import Arrival, ChatItem


async def asking(db: AsyncSession, member_id: str) -> Sequence[ChatItem]:
    """What this member sent and has not said the visit of, oldest first."""
    query = select(ChatItem).where(ChatItem.member_id == member_id, ChatItem.status == "asking")
    return (await db.scalars(query.order_by(ChatItem.received_at, ChatItem.id))).all()


async def last_visit(db: AsyncSession, member_id: str, since: datetime) -> str | None:
    """The visit that this member's latest thing since then went to."""
    query = (
        select(ChatItem.visit_id)
        .where(ChatItem.member_id == member_id, ChatItem.received_at >= since, ChatItem.visit_id.is_not(None))
        .order_by(ChatItem.received_at.desc(), ChatItem.id.desc())
    )
    return await db.scalar(query.limit(1))


async def give(db: AsyncSession, member_id: str, visit_id: str, now: datetime) -> int:
    """Give everything of this member that still asks to a visit; returns how many."""
    result: CursorResult[Any] = await db.execute(  # type: ignore[assignment]
        update(ChatItem)
        .where(ChatItem.member_id == member_id, ChatItem.status == "asking")
        .values(status="waiting", visit_id=visit_id, not_before=now)
        .execution_options(synchronize_session=False)
    )
    return result.rowcount


async def due(db: AsyncSession, now: datetime, limit: int = 20) -> Sequence[ChatItem]:
    """What is to be fetched now, oldest first."""
    query = select(ChatItem).where(ChatItem.status == "waiting", ChatItem.not_before <= now)
    return (await db.scalars(query.order_by(ChatItem.received_at, ChatItem.id).limit(limit))).all()


async def stale(db: AsyncSession, before: datetime, limit: int = 20) -> Sequence[ChatItem]:
    """What was asked about and never answered until WeCom forgets it."""
    query = select(ChatItem).where(ChatItem.status == "asking", ChatItem.received_at < before)
    return (await db.scalars(query.limit(limit))).all()


async def later(db: AsyncSession, item_id: str, not_before: datetime, outcome: str) -> None:
    """Try again later."""
    await _from(db, item_id, ("waiting",), attempts=ChatItem.attempts + 1, not_before=not_before, outcome=outcome)


async def close(
    db: AsyncSession, item_id: str, status: str, outcome: str, digest: str | None = None, *, to_tell: str = ""
) -> bool:
    """End an item: kept, refused or expired, with what its sender is to be told; False if another has ended it."""
    values = {"status": status, "outcome": outcome[:64], "digest": digest, "to_tell": to_tell}
    return await _from(db, item_id, ("waiting", "asking"), **values)


async def untold(db: AsyncSession) -> Sequence[ChatItem]:
    """What ended and was not told yet, oldest first."""
    query = select(ChatItem).where(ChatItem.to_tell != "").order_by(ChatItem.received_at, ChatItem.id)
    return (await db.scalars(query)).all()


async def told(db: AsyncSession, item_ids: Sequence[str]) -> list[str]:
    """Note that these are told, in the transaction that tells; returns those that nobody had told before."""
    changed = update(ChatItem).where(ChatItem.id.in_(item_ids), ChatItem.to_tell != "").values(to_tell="")
    found = await db.scalars(changed.returning(ChatItem.id).execution_options(synchronize_session=False))
    return list(found)


async def arrival(db: AsyncSession, visit_id: str, member_id: str) -> Arrival | None:
    """When and where this member arrived."""
    return await db.get(Arrival, (visit_id, member_id))


async def _from(db: AsyncSession, item_id: str, statuses: Sequence[str], **values: object) -> bool:
    result: CursorResult[Any] = await db.execute(  # type: ignore[assignment]
        update(ChatItem)
        .where(ChatItem.id == item_id, ChatItem.status.in_(statuses))
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return result.rowcount == 1
