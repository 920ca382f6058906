"""The audit log's writer and reader (L2, D11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import Actor, Role
from models.people import AuditEntry


def record(db: AsyncSession, actor: Actor, now: datetime, act: str, subject: str, **detail: Any) -> None:
    """Write who did what to what, in the act's own transaction; `detail` holds no personal data."""
    db.add(
        AuditEntry(
            at=now,
            member_id=actor.member_id,
            department_id=actor.department_id,
            act=act,
            subject=subject,
            detail=detail,
        )
    )


async def entries(db: AsyncSession, actor: Actor, *, limit: int = 100, without: str = "") -> Sequence[AuditEntry]:
    """Return the newest entries that the actor may see: the office all, others their department's own."""
    query = select(AuditEntry).where(AuditEntry.act != without).order_by(AuditEntry.id.desc()).limit(limit)
    if not actor.has(Role.COORDINATOR, Role.ADMIN):
        query = query.where(AuditEntry.department_id == actor.department_id)
    return (await db.scalars(query)).all()
