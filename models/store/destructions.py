"""Access to the registers of what was destroyed, and to what of them everybody is told (L1).

proposed -> lines -> approved: files one by one -> done ; a subject -> number and day of the register that it went by
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.errors import DestroyedError, NotFoundError
from inspection.workdays import local_date
from models.disposal import Destruction, DestructionFile, DestructionItem
from models.store.blob_references import DESTROYED

MOST_ROWS = 500
AT_ONCE = 500


async def destruction(db: AsyncSession, destruction_id: str) -> Destruction:
    """One register; NotFoundError."""
    found = await db.get(Destruction, destruction_id)
    if found is None:
        raise NotFoundError(what="这份销毁清册")
    return found


async def register(db: AsyncSession) -> Sequence[Destruction]:
    """All registers, the newest first."""
    return (await db.scalars(select(Destruction).order_by(Destruction.id.desc()).limit(MOST_ROWS))).all()


async def items(db: AsyncSession, destruction_id: str) -> Sequence[DestructionItem]:
    """The lines of a register in their order."""
    query = select(DestructionItem).where(DestructionItem.destruction_id == destruction_id)
    return (await db.scalars(query.order_by(DestructionItem.position))).all()


async def gone_files(db: AsyncSession, destruction_id: str) -> Sequence[DestructionFile]:
    """The stored files of a register by line."""
    query = select(DestructionFile).where(DestructionFile.destruction_id == destruction_id)
    return (
        await db.scalars(query.order_by(DestructionFile.position, DestructionFile.kind, DestructionFile.digest))
    ).all()


async def counts(db: AsyncSession, destruction_ids: Collection[str]) -> dict[str, dict[str, int]]:
    """How many lines each register has, and how many files by outcome ("": not gone yet)."""
    found: dict[str, dict[str, int]] = {one: {} for one in destruction_ids}
    lines = select(DestructionItem.destruction_id, func.count()).group_by(DestructionItem.destruction_id)
    for name, count in await db.execute(lines.where(DestructionItem.destruction_id.in_(destruction_ids))):
        found[name]["items"] = count
    table = DestructionFile
    by_outcome = select(table.destruction_id, table.outcome, func.count()).group_by(table.destruction_id, table.outcome)
    for name, outcome, count in await db.execute(by_outcome.where(table.destruction_id.in_(destruction_ids))):
        found[name][outcome or "open"] = count
    return found


async def standing(db: AsyncSession, subjects: Collection[str]) -> dict[str, str]:
    """The status of the register that each of these subjects stands in, where it stands in one."""
    found: dict[str, str] = {}
    query = select(DestructionItem.stands_for, Destruction.status).join(
        Destruction, Destruction.id == DestructionItem.destruction_id
    )
    for some in in_pieces(sorted(subjects)):
        found |= {subject: status for subject, status in
                  await db.execute(query.where(DestructionItem.stands_for.in_(some))) if subject}  # fmt: skip
    return found


async def destroyed(db: AsyncSession, subjects: Collection[str]) -> dict[str, Destruction]:
    """The register that each of these subjects was destroyed by; none: it was not."""
    found: dict[str, Destruction] = {}
    query = (
        select(DestructionItem.stands_for, Destruction)
        .join(Destruction, Destruction.id == DestructionItem.destruction_id)
        .where(Destruction.status.in_(DESTROYED))
    )
    for some in in_pieces(sorted(subjects)):
        found |= {subject: row for subject, row in
                  await db.execute(query.where(DestructionItem.stands_for.in_(some))) if subject}  # fmt: skip
    return found


async def gone_of(db: AsyncSession, subjects: Collection[str]) -> dict[str, dict[str, Any]]:
    """Number and day of the register that each of these subjects was destroyed by; who is not in it was not."""
    return {
        subject: {"number": row.number, "on": local_date(row.decided_at or row.proposed_at)}
        for subject, row in (await destroyed(db, subjects)).items()
    }


async def gone(db: AsyncSession, *subjects: str) -> dict[str, Any] | None:
    """The same of the first of these that was destroyed, for whoever looks for its papers; None: all is there."""
    return next(iter((await gone_of(db, subjects)).values()), None)


async def refuse_destroyed(db: AsyncSession, what: str, *subjects: str) -> None:
    """Raise DestroyedError, with number and day of the register, where one of these was destroyed."""
    if (told := await gone(db, *subjects)) is not None:
        raise DestroyedError(what=what, **told)


async def clear(db: AsyncSession, destruction_id: str) -> None:
    """Take a declined register's claim off its subjects: they may be proposed again."""
    await db.execute(
        update(DestructionItem).where(DestructionItem.destruction_id == destruction_id).values(stands_for=None)
    )


async def approved(db: AsyncSession) -> str | None:
    """The oldest register whose files are being removed, by its id."""
    query = select(Destruction.id).where(Destruction.status == "approved").order_by(Destruction.id).limit(1)
    return await db.scalar(query)


async def open_files(db: AsyncSession, destruction_id: str, limit: int) -> Sequence[DestructionFile]:
    """Some files of a register that are not settled yet."""
    table = DestructionFile
    query = select(table).where(table.destruction_id == destruction_id, table.outcome == "")
    return (await db.scalars(query.order_by(table.digest).limit(limit))).all()


async def settle(db: AsyncSession, destruction_id: str, outcomes: Mapping[str, str], now: datetime) -> None:
    """Write what became of these files, by digest; who was first is kept."""
    for outcome in sorted(set(outcomes.values())):
        digests = [digest for digest, value in outcomes.items() if value == outcome]
        table = DestructionFile
        await db.execute(
            update(table)
            .where(table.destruction_id == destruction_id, table.digest.in_(digests), table.outcome == "")
            .values(outcome=outcome, settled_at=now)
            .execution_options(synchronize_session=False)
        )


def in_pieces(ids: Sequence[str]) -> list[Sequence[str]]:
    """The ids in pieces that a statement takes."""
    return [ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)]
