"""The queue to the provincial platform: added with a publication, claimed, settled; the outbox's habits in small.

add -> claim (lease, attempts + 1) -> [commit, ask or POST] -> settle, fenced by `attempts`
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import Actor, Role
from inspection.errors import NotFoundError
from models.province import ProvinceCheck, ProvinceRecord
from models.store.states import insert_ignore

LEASE = timedelta(seconds=60)


@dataclass(frozen=True, kw_only=True, slots=True)
class Settlement:
    """How one try ended."""

    status: str  # accepted, refused, unknown, waiting
    not_before: datetime
    receipt: str = ""
    error: str = ""


async def add(db: AsyncSession, **values: Any) -> None:
    """Put a record into the queue, once for ever."""
    await insert_ignore(db, ProvinceRecord, **values)


async def is_due(db: AsyncSession, now: datetime) -> bool:
    """Tell whether `claim` would find something; reads only."""
    return await db.scalar(select(ProvinceRecord.id).where(_due(now)).limit(1)) is not None


async def claim(db: AsyncSession, now: datetime, limit: int) -> Sequence[ProvinceRecord]:
    """Take due records for a while, the oldest first; of two couriers never both get one."""
    some = (
        select(ProvinceRecord.id).where(_due(now)).order_by(ProvinceRecord.not_before, ProvinceRecord.id).limit(limit)
    )
    taken = await db.scalars(
        update(ProvinceRecord)
        .where(ProvinceRecord.id.in_(some), _due(now))
        .values(status="claimed", leased_until=now + LEASE, sent_at=now, attempts=ProvinceRecord.attempts + 1)
        .returning(ProvinceRecord)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return taken.all()


async def settle(db: AsyncSession, row: ProvinceRecord, how: Settlement, now: datetime) -> bool:
    """Write how a claimed record's try ended; False: another courier had taken it over."""
    found = await db.scalar(
        update(ProvinceRecord)
        .where(ProvinceRecord.id == row.id, ProvinceRecord.status == "claimed", ProvinceRecord.attempts == row.attempts)
        .values(
            status=how.status,
            not_before=how.not_before,
            leased_until=None,
            settled_at=now if how.status in {"accepted", "refused"} else None,
            receipt=how.receipt,
            error=how.error,
        )
        .returning(ProvinceRecord.id)
        .execution_options(synchronize_session=False)
    )
    return found is not None


async def move(db: AsyncSession, keys: Collection[str], come_from: Collection[str], **values: Any) -> list[str]:
    """Change the records of these keys that stand in one of these statuses; gives the keys that were."""
    found = await db.scalars(
        update(ProvinceRecord)
        .where(ProvinceRecord.key.in_(keys), ProvinceRecord.status.in_(come_from))
        .values(**values)
        .returning(ProvinceRecord.key)
        .execution_options(synchronize_session=False)
    )
    return sorted(found.all())


async def own(db: AsyncSession, actor: Actor, record_id: str) -> ProvinceRecord:
    """One record that the actor may see; NotFoundError for any other."""
    found = await db.get(ProvinceRecord, record_id)
    if found is None or not (actor.has(Role.COORDINATOR) or found.department_id == actor.department_id):
        raise NotFoundError(what="这条上报记录")
    return found


async def newest(db: AsyncSession, actor: Actor, status: str, limit: int = 200) -> Sequence[ProvinceRecord]:
    """The newest records that the actor may see."""
    query = select(ProvinceRecord).order_by(ProvinceRecord.id.desc()).limit(limit)
    if status:
        query = query.where(ProvinceRecord.status == status)
    if not actor.has(Role.COORDINATOR):
        query = query.where(ProvinceRecord.department_id == actor.department_id)
    return (await db.scalars(query)).all()


async def counts(db: AsyncSession, actor: Actor) -> dict[str, int]:
    """How many records that the actor may see stand in each status."""
    query = select(ProvinceRecord.status, func.count().label("rows")).group_by(ProvinceRecord.status)
    if not actor.has(Role.COORDINATOR):
        query = query.where(ProvinceRecord.department_id == actor.department_id)
    return {row.status: row.rows for row in await db.execute(query)}


async def digests(db: AsyncSession) -> dict[str, tuple[str, str]]:
    """Every record's status and digest by key, for a comparison."""
    query = select(ProvinceRecord.key, ProvinceRecord.status, ProvinceRecord.digest)
    return {key: (status, digest) for key, status, digest in await db.execute(query)}


async def last_check(db: AsyncSession) -> ProvinceCheck | None:
    """The newest comparison."""
    return await db.scalar(select(ProvinceCheck).order_by(ProvinceCheck.id.desc()).limit(1))


def _due(now: datetime) -> Any:
    waits = and_(ProvinceRecord.status.in_(("waiting", "unknown")), ProvinceRecord.not_before <= now)
    return or_(waits, and_(ProvinceRecord.status == "claimed", ProvinceRecord.leased_until < now))
