"""Who wants to hear of what later, and what everybody was told: rows of the digests (issue 6).

snooze from a card -> Snooze(until) -> asleep until its morning -> waking -> woken, once
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import Row, Table, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from models.clock import DigestLine, Snooze
from models.results import Deadline

_ROWS_AT_ONCE = 2_000


async def keep_lines(db: AsyncSession, day: date, lines: Sequence[Mapping[str, object]]) -> None:
    """Write what was told on a day (userid, deadline_id, stage, late); what stands there already stays."""
    insert = sqlite.insert if db.get_bind().dialect.name == "sqlite" else postgresql.insert
    table = cast("Table", DigestLine.__table__)
    for start in range(0, len(lines), _ROWS_AT_ONCE):
        some = [{"day": day, **line} for line in lines[start : start + _ROWS_AT_ONCE]]
        await db.execute(insert(table).values(some).on_conflict_do_nothing())


async def lines_of(db: AsyncSession, userid: str, day: date) -> Sequence[Deadline]:
    """The open deadlines that a person was told of on a day, nearest first."""
    query = (
        select(Deadline)
        .join(DigestLine, DigestLine.deadline_id == Deadline.id)
        .where(DigestLine.userid == userid, DigestLine.day == day, Deadline.settled_at.is_(None))
        .distinct()
        .order_by(Deadline.due_on, Deadline.id)
    )
    return (await db.scalars(query)).all()


async def was_told(db: AsyncSession, userid: str, deadline_id: str) -> bool:
    """Tell whether this person was ever told of this deadline: only such a one may put it off."""
    query = select(DigestLine.day).where(DigestLine.userid == userid, DigestLine.deadline_id == deadline_id)
    return await db.scalar(query.limit(1)) is not None


async def snooze(db: AsyncSession, deadline_id: str, userid: str, until: date, now: datetime) -> None:
    """Let a person hear of a deadline on the morning of `until` and not before; once more puts it off further."""
    insert = sqlite.insert if db.get_bind().dialect.name == "sqlite" else postgresql.insert
    values: dict[str, Any] = {"until": until, "made_at": now, "woken_on": None}
    query = insert(Snooze).values(deadline_id=deadline_id, userid=userid, **values)
    await db.execute(query.on_conflict_do_update(index_elements=["deadline_id", "userid"], set_=values))


async def asleep(db: AsyncSession) -> frozenset[tuple[str, str]]:
    """(deadline id, userid) of all who put something off and were not woken yet: nothing else reaches them of it."""
    rows = await db.execute(select(Snooze.deadline_id, Snooze.userid).where(Snooze.woken_on.is_(None)))
    return frozenset((row.deadline_id, row.userid) for row in rows)


async def waking(db: AsyncSession, today: date) -> Sequence[Row[Snooze, Deadline]]:
    """The snoozes whose morning has come, with the deadline, if that is still open."""
    query = (
        select(Snooze, Deadline)
        .join(Deadline, Deadline.id == Snooze.deadline_id)
        .where(Snooze.woken_on.is_(None), Snooze.until <= today)
        .where(Deadline.settled_at.is_(None), Deadline.paused_on.is_(None))
    )
    return (await db.execute(query)).all()


async def wake(db: AsyncSession, today: date) -> None:
    """Those whose morning has come have had it."""
    await db.execute(
        update(Snooze)
        .where(Snooze.woken_on.is_(None), Snooze.until <= today)
        .values(woken_on=today)
        .execution_options(synchronize_session=False)
    )
