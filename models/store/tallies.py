"""How much was sent of late by all processes together: what WeCom limits by corp (90312).

room -> how much may go now ; count -> so much goes, in the claim's own transaction, before anything is sent
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Table, and_, case, delete, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.workdays import local_date
from models.results import SendTally

SLOT_S = 10
MINUTE_SLOTS, HOUR_SLOTS = 7, 361  # one more than a minute and an hour: the oldest slot may lie half inside
CALLS = "calls"


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What WeCom takes of one corp: calls of message/send, and receivers of one app (accounts x 200 a day)."""

    calls_a_minute: int = 10_000
    calls_an_hour: int = 150_000
    persons_a_day: int = 200_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """How many calls and how many receivers may go at this moment."""

    calls: int
    persons: int


async def room(db: AsyncSession, now: datetime, limits: Limits) -> Room:
    """What is left of the limits; right for several senders only under the claim's lock."""
    slot, today = _slot(now), _today(now)
    of_minute = case((SendTally.slot > slot - MINUTE_SLOTS, SendTally.count), else_=0)
    query = (
        select(SendTally.scope, func.sum(of_minute).label("minute"), func.sum(SendTally.count).label("all"))
        .where(or_(and_(SendTally.scope == CALLS, SendTally.slot > slot - HOUR_SLOTS), SendTally.scope == today))
        .group_by(SendTally.scope)
    )
    minute = hour = persons = 0
    for scope, of_slots, whole in await db.execute(query):
        if scope == CALLS:
            minute, hour = int(of_slots), int(whole)
        else:
            persons = int(whole)
    calls = min(limits.calls_a_minute - minute, limits.calls_an_hour - hour)
    return Room(calls=max(0, calls), persons=max(0, limits.persons_a_day - persons))


async def count(db: AsyncSession, now: datetime, *, calls: int, persons: int) -> None:
    """Add what goes out now; once an hour the slots that nobody asks for any more are dropped."""
    insert = sqlite.insert if db.get_bind().dialect.name == "sqlite" else postgresql.insert
    table: Table = SendTally.__table__  # type: ignore[assignment]
    slot = _slot(now)
    new = insert(table).values(
        [{"scope": CALLS, "slot": slot, "count": calls}, {"scope": _today(now), "slot": 0, "count": persons}]
    )
    added = await db.execute(
        new.on_conflict_do_update(
            index_elements=["scope", "slot"], set_={"count": table.c.count + new.excluded.count}
        ).returning(table.c.scope, table.c.count)
    )
    is_new_slot = (CALLS, calls) in {(scope, sent) for scope, sent in added}
    if is_new_slot and slot % HOUR_SLOTS == 0:
        await db.execute(delete(SendTally).where(SendTally.scope == CALLS, SendTally.slot < slot - HOUR_SLOTS))


def _slot(now: datetime) -> int:
    return int(now.timestamp()) // SLOT_S


def _today(now: datetime) -> str:
    return f"persons/{local_date(now)}"
