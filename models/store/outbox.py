"""The outbox's rows: added with an act, claimed by one sender, settled once.

waiting -> withdraw, before anybody claimed it
waiting -> claim (lease, attempts + 1) -> fix_body -> [commit, POST] -> settle -> accepted | refused | unknown | dead
                                                                              -> waiting (later) for a retry
A claim whose lease has run out is claimed anew; `attempts` is the fencing token: a sender that was overtaken settles
nothing. Nothing here speaks to WeCom, and nothing here renders.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Table, and_, case, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import Actor, Role
from models.people import Member, Owner
from models.results import Outbox

AS_TEXT = "/text"  # ends the key of a row that is a refused card's text
ROWS_AT_ONCE = 500  # 18 columns each: far below SQLite's 32,766 and PostgreSQL's 65,535 parameters
LEASE = timedelta(seconds=60)


@dataclass(frozen=True, kw_only=True, slots=True)
class Settlement:
    """How one try ended; `sent` False: the other side certainly did not take it."""

    status: str  # accepted, refused, unknown, dead, waiting
    not_before: datetime
    sent: bool = True
    msgid: str | None = None
    response_code: str | None = None
    error: str = ""


async def add_many(db: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert rows, leaving out those whose `dedupe_key` is there; return how many are new."""
    insert = sqlite.insert if db.get_bind().dialect.name == "sqlite" else postgresql.insert
    table = cast("Table", Outbox.__table__)
    added = 0
    for start in range(0, len(rows), ROWS_AT_ONCE):
        some = [dict(row) for row in rows[start : start + ROWS_AT_ONCE]]
        new = await db.execute(insert(table).values(some).on_conflict_do_nothing().returning(Outbox.id))
        added += len(new.all())
    return added


async def claim(
    db: AsyncSession,
    now: datetime,
    *,
    channels: Collection[str],
    limit: int = 100,
    lease: timedelta = LEASE,
) -> Sequence[Outbox]:
    """Take up to `limit` due rows of these channels for `lease`; of two senders never both get a row."""
    query = select(Outbox).where(_due(now, channels)).order_by(Outbox.not_before, Outbox.id).limit(limit)
    # SQLite leaves FOR UPDATE out; there the whole transaction is the only writer (BEGIN IMMEDIATE).
    rows = (await db.scalars(query.with_for_update(skip_locked=True))).all()
    for row in rows:
        row.status, row.leased_until, row.attempts = "claimed", now + lease, row.attempts + 1
    return rows


async def is_due(db: AsyncSession, now: datetime, channels: Collection[str]) -> bool:
    """Tell whether `claim` would find something; reads only, so that looking wakes nobody."""
    return bool(await db.scalar(select(exists().where(_due(now, channels)))))


def fix_body(row: Outbox, body: bytes, now: datetime) -> None:
    """Fix the bytes of a claimed row before its first POST; RuntimeError for a second body under one key."""
    if row.body is not None and row.body != body:
        raise RuntimeError("a message never has two bodies under one key")
    row.body = body
    if row.first_sent_at is None:
        row.first_sent_at = now


async def settle(db: AsyncSession, row: Outbox, now: datetime, end: Settlement, *, first_try: bool) -> bool:
    """Write how a claimed row's try ended; False if another sender has overtaken this one.

    `first_try` with a certain "not taken" forgets `first_sent_at`: the 4 h of the duplicate check have not begun.
    """
    final = end.status != "waiting"
    values: dict[str, Any] = {
        "status": end.status,
        "not_before": end.not_before,
        "leased_until": None,
        "settled_at": now if final else None,
        "msgid": end.msgid,
        "response_code": end.response_code,
        "last_error": end.error,
    }
    if first_try and not end.sent:
        values["first_sent_at"] = None
    result: CursorResult[Any] = await db.execute(  # type: ignore[assignment]
        update(Outbox)
        .where(Outbox.id == row.id, Outbox.status == "claimed", Outbox.attempts == row.attempts)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return result.rowcount == 1


def give_back(row: Outbox, not_before: datetime) -> None:
    """Return a row just claimed, untried: a rate limit says later."""
    row.status, row.leased_until, row.attempts, row.not_before = "waiting", None, row.attempts - 1, not_before


async def withdraw(db: AsyncSession, subjects: Sequence[str], now: datetime, recipient: str = "") -> None:
    """Take back what is not on its way yet about these subjects (to one recipient, or all); what is out stays out."""
    to = (Outbox.recipient == recipient,) if recipient else ()
    for start in range(0, len(subjects), ROWS_AT_ONCE):
        await db.execute(
            update(Outbox)
            .where(Outbox.subject.in_(subjects[start : start + ROWS_AT_ONCE]), Outbox.status.in_(("waiting", "held")))
            .where(*to)
            .values(status="withdrawn", settled_at=now)
            .execution_options(synchronize_session=False)
        )


async def reached(db: AsyncSession, subjects: Sequence[str], kinds: Collection[str]) -> set[tuple[str, str]]:
    """Who heard, or may have heard, of these subjects by messages of these kinds: (subject, recipient)."""
    found: set[tuple[str, str]] = set()
    for start in range(0, len(subjects), ROWS_AT_ONCE):
        query = select(Outbox.subject, Outbox.recipient).where(
            Outbox.subject.in_(subjects[start : start + ROWS_AT_ONCE]),
            Outbox.kind.in_(kinds),
            Outbox.status.in_(("claimed", "accepted", "unknown")) | (Outbox.attempts > 0),
        )
        found.update((row.subject, row.recipient) for row in await db.execute(query))
    return found


async def sent_since(
    db: AsyncSession, recipients: Collection[str], minute_ago: datetime, hour_ago: datetime
) -> dict[str, tuple[int, int]]:
    """Count what each recipient was sent: (since `minute_ago`, since `hour_ago`)."""
    query = (
        select(
            Outbox.recipient,
            func.sum(case((Outbox.first_sent_at > minute_ago, 1), else_=0)),
            func.count(),
        )
        .where(Outbox.recipient.in_(recipients), Outbox.first_sent_at > hour_ago)
        .group_by(Outbox.recipient)
    )
    return {recipient: (int(minute), hour) for recipient, minute, hour in await db.execute(query)}


async def text_readers(db: AsyncSession, userids: Collection[str]) -> frozenset[str]:
    """Of these members, those who are sent plain text."""
    return frozenset(await db.scalars(select(Member.userid).where(Member.userid.in_(userids), Member.wants_text)))


async def openids(db: AsyncSession, owner_ids: Collection[str]) -> dict[str, str]:
    """The openids of these owners; read for the sending alone, never stored beside a message."""
    found = await db.execute(select(Owner.id, Owner.openid).where(Owner.id.in_(owner_ids)))
    return {row.id: row.openid for row in found}


async def counts_by_status(db: AsyncSession) -> dict[str, int]:
    """How many rows stand in each status, for the dashboard."""
    found = await db.execute(select(Outbox.status, func.count().label("rows")).group_by(Outbox.status))
    return {row.status: row.rows for row in found}


async def list_for_console(db: AsyncSession, actor: Actor, *, status: str = "", limit: int = 100) -> Sequence[Outbox]:
    """The newest messages that the actor may see: the office all, others their department's own."""
    query = select(Outbox).order_by(Outbox.id.desc()).limit(limit)
    if status:
        query = query.where(Outbox.status == status)
    if not actor.has(Role.COORDINATOR, Role.ADMIN):
        query = query.where(Outbox.department_id == actor.department_id)
    return (await db.scalars(query)).all()


def _due(now: datetime, channels: Collection[str]) -> ColumnElement[bool]:
    waiting = and_(Outbox.status == "waiting", Outbox.not_before <= now)
    abandoned = and_(Outbox.status == "claimed", Outbox.leased_until < now)
    return and_(or_(waiting, abandoned), Outbox.channel.in_(channels))
