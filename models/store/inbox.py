"""The inbox's rows: kept once as they came, worked once, each in its own transaction.

callback -> keep (a repeat changes nothing) -> [answered] -> next_waiting -> finish -> done | ignored | failed
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import Table, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import Actor, DepartmentId, MemberId, Role
from models.people import Grant, Member
from models.results import Inbox
from models.tasks import Visit

_ROWS: Table = cast("Table", Inbox.__table__)
# Made once: WeCom waits for each of these, and making the statement costs as much as running it.
_KEEP = {
    dialect.__name__.rpartition(".")[2]: dialect.insert(_ROWS).on_conflict_do_nothing().returning(_ROWS.c.digest)
    for dialect in (postgresql, sqlite)
}


async def keep(db: AsyncSession, *, digest: str, event_key: str, kind: str, payload: str, now: datetime) -> bool:
    """Store a callback; False if the same ciphertext or the same happening is there already."""
    statement = _KEEP[db.get_bind().dialect.name]
    row = {"digest": digest, "event_key": event_key, "received_at": now, "kind": kind, "payload": payload}
    return (await db.execute(statement, row)).first() is not None


async def waiting(db: AsyncSession, limit: int = 100) -> Sequence[str]:
    """The digests of the rows to work, oldest first."""
    query = select(Inbox.digest).where(Inbox.status == "waiting").order_by(Inbox.received_at, Inbox.digest)
    return (await db.scalars(query.limit(limit))).all()


async def take(db: AsyncSession, digest: str) -> Inbox | None:
    """Lock a waiting row until the transaction ends; None if somebody else has it or had it."""
    query = select(Inbox).where(Inbox.digest == digest, Inbox.status == "waiting")
    return await db.scalar(query.with_for_update(skip_locked=True))


async def finish(db: AsyncSession, digest: str, status: str, outcome: str) -> None:
    """Close a row that still waits; `outcome` is a code or a word for the log, never personal data."""
    await db.execute(
        update(Inbox)
        .where(Inbox.digest == digest, Inbox.status == "waiting")
        .values(status=status, outcome=outcome)
        .execution_options(synchronize_session=False)
    )


async def actor_of(db: AsyncSession, userid: str, liaison_post: str = "") -> Actor | None:
    """The active member with this userid and the roles held at this moment, by grant or post; None for anybody else."""
    member = await db.scalar(select(Member).where(Member.userid == userid, Member.active))
    if member is None:
        return None
    roles = await db.scalars(select(Grant.role).where(Grant.member_id == member.id))
    by_post = {Role.LIAISON} if liaison_post and member.post == liaison_post else set[Role]()
    return Actor(
        member_id=MemberId(member.id),
        department_id=DepartmentId(member.department_id),
        roles=frozenset(by_post | {Role(role) for role in roles}),
    )


async def counts_by_status(db: AsyncSession) -> dict[str, int]:
    """How many rows stand in each status, for the dashboard."""
    found = await db.execute(select(Inbox.status, func.count().label("rows")).group_by(Inbox.status))
    return {row.status: row.rows for row in found}


async def actor_by_id(db: AsyncSession, member_id: str) -> Actor | None:
    """The active member with this id and the roles held at this moment; None for anybody else."""
    userid = await userid_of(db, member_id)
    return await actor_of(db, userid) if userid else None


async def userid_of(db: AsyncSession, member_id: str) -> str:
    """The userid of an active member, "" for nobody."""
    return await db.scalar(select(Member.userid).where(Member.id == member_id, Member.active)) or ""


async def visit_number(db: AsyncSession, visit_id: str) -> str:
    """A visit's number for the receipt of one who has just added to it, "" if it is gone."""
    return await db.scalar(select(Visit.number).where(Visit.id == visit_id)) or ""
