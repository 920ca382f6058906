"""Notices that wait for their enterprise to bind itself: which of them have waited too long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.results import Outbox

AT_ONCE = 200


async def hand_on(db: AsyncSession, before: datetime, mark: str, limit: int = AT_ONCE) -> Sequence[Outbox]:
    """Mark the notices held since before then, so that nobody is handed one a second time; the oldest first."""
    waits = (Outbox.status == "held", Outbox.last_error == "", Outbox.created_at <= before)
    some = select(Outbox.id).where(*waits).order_by(Outbox.created_at, Outbox.id).limit(limit)
    changed = update(Outbox).where(Outbox.id.in_(some), *waits).values(last_error=mark).returning(Outbox)
    return (await db.scalars(changed.execution_options(synchronize_session=False))).all()
