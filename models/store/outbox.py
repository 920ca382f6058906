"""The outbox's rows: added with an act, claimed by one sender, settled once.

waiting -> withdraw, before anybody claimed it
waiting -> claim (lease, attempts + 1) -> fix_bodies -> [commit, POST] -> settle -> accepted | refused | unknown | dead
                                                                                -> waiting (later) for a retry
A claim whose lease has run out is claimed anew; `attempts` is the fencing token: a sender that was overtaken settles
nothing. On PostgreSQL one sender claims at a time (an advisory lock), as on SQLite, so that limits counted in one claim
are right for all of them. Nothing here speaks to WeCom, and nothing here renders.

Hundreds of rows go through here at once (`outbox_sql`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Row,
    Select,
    Table,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import Actor, Role
from inspection.notices import Channel, NoticeKind, Priority
from models.people import Member
from models.results import Outbox
from models.store import outbox_sql

AS_TEXT = "/text"  # ends the key of a row that is a refused card's text
ROWS_AT_ONCE = 500  # 20 columns each: far below SQLite's 32,766 and PostgreSQL's 65,535 parameters
LEASE = timedelta(seconds=30)
MOST_RECEIVERS = 1000  # of one request (WeCom 90236)
_CLAIM_LOCK = 0x53756963  # any number that nobody else locks by
_ROWS: Table = cast("Table", Outbox.__table__)
_NOW, _UNTIL = bindparam("now", type_=_ROWS.c.not_before.type), bindparam("until", type_=_ROWS.c.not_before.type)
When = datetime | BindParameter[datetime]


@dataclass(frozen=True, kw_only=True, slots=True)
class Claimed:
    """A row that this sender holds, as far as sending needs it. `wants_text`: its member sees no cards."""

    id: str
    channel: str
    recipient: str
    kind: str
    subject: str
    department_id: str
    document_no: str
    dedupe_key: str
    priority: int
    content: dict[str, Any]
    attempts: int
    leased_until: datetime
    first_sent_at: datetime | None
    body: bytes | None
    join_key: str | None
    parcel: str | None
    last_error: str
    wants_text: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Settlement:
    """How one try ended; `sent` False: the other side certainly did not take it."""

    status: str  # accepted, refused, unknown, dead, waiting
    not_before: datetime
    sent: bool = True
    msgid: str | None = None
    response_code: str | None = None
    error: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """A claimed row and how its try ended. `first_try`: no earlier try can have been taken."""

    row: Claimed
    how: Settlement
    first_try: bool


async def add_many(db: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert rows, leaving out those whose `dedupe_key` is there; return how many are new."""
    insert = sqlite.insert if outbox_sql.is_lite(db) else postgresql.insert
    added = 0
    for start in range(0, len(rows), ROWS_AT_ONCE):
        some = [dict(row) for row in rows[start : start + ROWS_AT_ONCE]]
        new = await db.execute(insert(_ROWS).on_conflict_do_nothing().returning(_ROWS.c.id), some)
        added += len(new.all())
    return added


async def claim(
    db: AsyncSession,
    now: datetime,
    *,
    channels: Collection[str],
    limit: int = 100,
    lease: timedelta = LEASE,
    priorities: Collection[int] = tuple(Priority),
) -> list[Claimed]:
    """Take up to `limit` due rows for `lease`, urgent ones first; of two senders never both get a row.

    Of a joined request the row that holds the body comes here alone; `followers` brings the others.
    """
    await _one_claimer(db)
    changed = _claiming(tuple(channels), tuple(sorted(priorities)), limit, outbox_sql.is_lite(db))
    found = await db.execute(changed, {"now": now, "until": now + lease})
    rows = sorted(found.all(), key=lambda row: (row.priority, row.not_before, row.id))
    return [_claimed(row, now + lease) for row in rows]


@lru_cache(maxsize=64)
def _claiming(channels: tuple[str, ...], priorities: tuple[int, ...], limit: int, lite: bool) -> Any:  # noqa: FBT001 cached
    """The claim's statement, made once: making it costs as much as running it."""
    chosen = _due_ids(_NOW, channels, priorities, limit).subquery()
    ids = select(chosen.c.id).order_by(chosen.c.rank, chosen.c.not_before, chosen.c.id).limit(limit)
    changed = (
        update(_ROWS)
        .where(_ROWS.c.id.in_(ids))
        .values(status="claimed", leased_until=_UNTIL, attempts=_ROWS.c.attempts + 1)
        .returning(*_CLAIMED)
    )
    if lite:
        return changed
    # Somebody may have withdrawn a row meanwhile; on SQLite nobody else writes.
    return changed.where(_ROWS.c.status.in_(("waiting", "claimed")))


async def followers(
    db: AsyncSession, leaders: Collection[str], now: datetime, lease: timedelta = LEASE
) -> list[Claimed]:
    """Claim the other receivers of joined requests that were tried before, with the rows that hold their bodies."""
    changed = (
        update(_ROWS)
        .where(_ROWS.c.parcel.in_(leaders), _ROWS.c.id != _ROWS.c.parcel, _ROWS.c.status.in_(("waiting", "claimed")))
        .values(status="claimed", leased_until=now + lease, attempts=_ROWS.c.attempts + 1)
        .returning(*_CLAIMED)
    )
    return [_claimed(row, now + lease) for row in (await db.execute(changed)).all()]


async def equals(db: AsyncSession, row: Claimed, now: datetime, limit: int, lease: timedelta = LEASE) -> list[Claimed]:
    """Claim due rows that say word for word the same to others and were never tried: up to `limit`."""
    same = (
        select(_ROWS.c.id)
        .where(_ROWS.c.join_key == row.join_key, _ROWS.c.parcel.is_(None), _ROWS.c.first_sent_at.is_(None))
        .where(_ROWS.c.status == "waiting", _ROWS.c.not_before <= now, _ROWS.c.channel == row.channel)
        .order_by(_ROWS.c.id)
        .limit(limit)
    )
    changed = (
        update(_ROWS)
        .where(_ROWS.c.id.in_(same), _ROWS.c.status == "waiting")
        .values(status="claimed", leased_until=now + lease, attempts=_ROWS.c.attempts + 1)
        .returning(*_CLAIMED)
    )
    return [_claimed(row, now + lease) for row in (await db.execute(changed)).all()]


async def is_due(db: AsyncSession, now: datetime, channels: Collection[str]) -> bool:
    """Tell whether `claim` would find something; reads only, so that looking wakes nobody."""
    due = _due_ids(now, channels, list(Priority), 1).subquery()
    return bool(await db.scalar(select(exists().where(due.c.id.is_not(None)))))


async def many_due(db: AsyncSession, now: datetime, priorities: Collection[int], many: int) -> bool:
    """Tell whether more than `many` rows of these priorities are due."""
    some = select(_ROWS.c.id).where(_waiting(now), _ROWS.c.priority.in_(priorities)).limit(many + 1).subquery()
    return (await db.scalar(select(func.count()).select_from(some)) or 0) > many


async def fix_bodies(
    db: AsyncSession, bodies: Mapping[str, bytes | None], parcels: Mapping[str, str], now: datetime
) -> None:
    """Write the bytes of claimed rows before their first POST, and when they are tried; committed before any POST.

    `bodies`: row id -> bytes, None for a row whose request another row holds (`parcels`: row id -> that row's id).
    A body that is there is never replaced: no key ever has two bodies.
    """
    rows = [(one, body, parcels.get(one)) for one, body in bodies.items()]
    await outbox_sql.fix(db, rows, now)


async def settle(db: AsyncSession, endings: Sequence[Ending], now: datetime) -> set[str]:
    """Write how claimed rows' tries ended; return the ids that were written: the others were overtaken.

    A first try with a certain "not taken" forgets `first_sent_at`: the 4 h of the duplicate check have not begun.
    """
    if not endings:
        return set()
    rows = [
        (
            end.row.id,
            end.row.attempts,
            end.how.status,
            end.how.not_before,
            int(end.how.status != "waiting"),
            int(end.first_try and not end.how.sent),
            end.how.msgid,
            end.how.response_code,
            end.how.error,
        )
        for end in endings
    ]
    return await outbox_sql.settle(db, rows, now)


async def give_back(db: AsyncSession, ids: Collection[str], not_before: datetime) -> None:
    """Return rows just claimed, untried: a limit says later."""
    await db.execute(
        update(_ROWS)
        .where(_ROWS.c.id.in_(ids), _ROWS.c.status == "claimed")
        .values(status="waiting", leased_until=None, attempts=_ROWS.c.attempts - 1, not_before=not_before)
    )


async def close(db: AsyncSession, ids: Collection[str], now: datetime, status: str, error: str) -> None:
    """End claimed rows that are not tried (again)."""
    await db.execute(
        update(_ROWS)
        .where(_ROWS.c.id.in_(ids), _ROWS.c.status == "claimed")
        .values(status=status, leased_until=None, settled_at=now, last_error=error)
    )


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
    """Count what each member was sent or is being sent: (since `minute_ago`, since `hour_ago`).

    A row under way counts as of this moment, whenever it was claimed: nobody knows yet when WeCom takes it.
    """
    under_way = Outbox.status == "claimed"
    query = (
        select(
            Outbox.recipient,
            func.sum(case((or_(Outbox.sent_at > minute_ago, under_way), 1), else_=0)),
            func.count(),
        )
        .where(Outbox.recipient.in_(recipients), Outbox.sent_at > hour_ago, Outbox.channel == Channel.WECOM.value)
        .group_by(Outbox.recipient)
    )
    return {recipient: (int(minute), hour) for recipient, minute, hour in await db.execute(query)}


async def counts_by_status(db: AsyncSession) -> dict[str, int]:
    """How many rows stand in each status, for the dashboard."""
    query = select(Outbox.status, func.count().label("rows")).where(_TOLD).group_by(Outbox.status)
    found = await db.execute(query)
    return {row.status: row.rows for row in found}


async def list_for_console(db: AsyncSession, actor: Actor, *, status: str = "", limit: int = 100) -> Sequence[Outbox]:
    """The newest messages that the actor may see: the office all, others their department's own."""
    query = select(Outbox).where(_TOLD).order_by(Outbox.id.desc()).limit(limit)
    if status:
        query = query.where(Outbox.status == status)
    if not actor.has(Role.COORDINATOR, Role.ADMIN):
        query = query.where(Outbox.department_id == actor.department_id)
    return (await db.scalars(query)).all()


_CLAIMED = (
    _ROWS.c.id,
    _ROWS.c.channel,
    _ROWS.c.recipient,
    _ROWS.c.kind,
    _ROWS.c.subject,
    _ROWS.c.department_id,
    _ROWS.c.document_no,
    _ROWS.c.dedupe_key,
    _ROWS.c.priority,
    _ROWS.c.content,
    _ROWS.c.attempts,
    _ROWS.c.not_before,
    _ROWS.c.first_sent_at,
    _ROWS.c.body,
    _ROWS.c.join_key,
    _ROWS.c.parcel,
    _ROWS.c.last_error,
    select(Member.wants_text)
    .where(Member.userid == _ROWS.c.recipient)
    .correlate(_ROWS)
    .scalar_subquery()
    .label("wants_text"),
)


_NAMES = tuple(column.key for column in _CLAIMED)
_TOLD = Outbox.kind != NoticeKind.CHAT_ANSWER.value  # what people are told of; answers are between app and asker


async def _one_claimer(db: AsyncSession) -> None:
    if not outbox_sql.is_lite(db):  # there the transaction is the only writer anyway
        await db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CLAIM_LOCK})


def _claimed(row: Row[Any], leased_until: datetime) -> Claimed:
    values = dict(zip(_NAMES, row, strict=True))
    values["wants_text"] = bool(values["wants_text"])
    del values["not_before"]
    return Claimed(**values, leased_until=leased_until)


def _due_ids(now: When, channels: Collection[str], priorities: Sequence[int], limit: int) -> Any:
    """Ids by rank: each part walks one index as far as it must, however many rows wait for tomorrow."""
    abandoned = and_(_ROWS.c.status == "claimed", _ROWS.c.leased_until < now)
    parts: list[Select[Any]] = [_part(-1, abandoned, channels, limit)]
    parts += [_part(one, and_(_waiting(now), _ROWS.c.priority == one), channels, limit) for one in priorities]
    return union_all(*(select(part.subquery()) for part in parts))


def _part(rank: int, where: ColumnElement[bool], channels: Collection[str], limit: int) -> Select[Any]:
    leads = or_(_ROWS.c.parcel.is_(None), _ROWS.c.parcel == _ROWS.c.id)
    return (
        select(_ROWS.c.id, literal(rank).label("rank"), _ROWS.c.not_before)
        .where(where, _ROWS.c.channel.in_(channels), leads)
        .order_by(_ROWS.c.not_before, _ROWS.c.id)
        .limit(limit)
    )


def _waiting(now: When) -> ColumnElement[bool]:
    return and_(_ROWS.c.status == "waiting", _ROWS.c.not_before <= now)
