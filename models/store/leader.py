"""One leader of the clock at a time, whatever dies, freezes or comes back (reliability 2.2, test 8).

PostgreSQL: an advisory lock on a connection of its own. The server ends that connection when nothing was heard on it
            for LEASE_S, so a frozen leader loses the lock without anybody's judging it.
SQLite:     the lease row itself, renewed within LEASE_S of the machine's monotonic clock, which nobody can set.
Both:       whoever begins to lead raises the row's term; `fence` makes every write of a tick ask for that term first,
            so that a leader who was overtaken while he slept writes nothing.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from models.clock import ClockLease
from models.store.states import insert_ignore

CLOCK = "clock"
LEASE_S = 15.0
LOCK_KEY = 0x5C1_0C  # any number that nothing else in this database locks


@dataclass(frozen=True, kw_only=True, slots=True)
class Fenced:
    """What a tick that may write finds in the lease."""

    digested_on: date | None
    calendar: str


class AdvisoryLock:
    """PostgreSQL's session lock on a connection of its own."""

    def __init__(self, engine: AsyncEngine, lease_s: float = LEASE_S) -> None:
        """Hold nothing yet."""
        self._engine = engine
        self._lease_ms = int(lease_s * 1000)
        self._connection: AsyncConnection | None = None
        self._locked = False

    async def hold(self) -> bool:
        """Take the lock, or make sure that it is still held (the heartbeat); False if another has it."""
        try:
            if self._connection is None:
                self._connection = await self._open()
            if self._locked:
                await self._connection.execute(text("SELECT 1"))
            else:
                query = text("SELECT pg_try_advisory_lock(:key)")
                self._locked = bool(await self._connection.scalar(query, {"key": LOCK_KEY}))
        except DBAPIError:
            await self.release()  # the server ended the connection, and with it the lock
        return self._locked

    async def _open(self) -> AsyncConnection:
        connection = await self._engine.connect()
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text(f"SET idle_session_timeout = '{self._lease_ms}ms'"))
        return connection

    async def release(self) -> None:
        """Give the lock back and end its connection: a pooled one would keep the timeout."""
        connection, self._connection, locked, self._locked = self._connection, None, self._locked, False
        if connection is not None:
            if locked:  # a busy server notices only after a while that a connection has ended
                with suppress(DBAPIError):
                    await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK_KEY})
            await connection.invalidate()
            await connection.close()


async def raise_term(db: AsyncSession, holder: str) -> int:
    """Begin to lead: give the new term, higher than every one before."""
    await insert_ignore(db, ClockLease, name=CLOCK, term=0, holder="", until_s=0.0, calendar="")
    term = await db.scalar(
        update(ClockLease)
        .where(ClockLease.name == CLOCK)
        .values(term=ClockLease.term + 1, holder=holder)
        .returning(ClockLease.term)
        .execution_options(synchronize_session=False)
    )
    if term is None:
        raise RuntimeError("the lease vanished inside its own transaction")
    return term


async def current_term(db: AsyncSession) -> int | None:
    """The term whose writes pass the fence; None if nobody has led yet."""
    return await db.scalar(select(ClockLease.term).where(ClockLease.name == CLOCK))


async def lease_is_free(db: AsyncSession, now_s: float, lease_s: float) -> bool:
    """Tell whether the lease row has run out; one that ends further ahead than a lease is from before a restart."""
    until = await db.scalar(select(ClockLease.until_s).where(ClockLease.name == CLOCK))
    return until is None or not now_s < until <= now_s + lease_s


async def take_lease(db: AsyncSession, holder: str, now_s: float, lease_s: float) -> int | None:
    """Take the lease row if it has run out; the new term, or None if another was faster."""
    if not await lease_is_free(db, now_s, lease_s):
        return None
    term = await raise_term(db, holder)
    await renew_lease(db, term, now_s + lease_s)
    return term


async def renew_lease(db: AsyncSession, term: int, until_s: float) -> bool:
    """Hold the lease until then; False if another leads by now."""
    renewed = await db.scalar(
        update(ClockLease)
        .where(ClockLease.name == CLOCK, ClockLease.term == term)
        .values(until_s=until_s)
        .returning(ClockLease.term)
        .execution_options(synchronize_session=False)
    )
    return renewed is not None


async def end_lease(db: AsyncSession, term: int) -> None:
    """Stop leading in good order: the next one need not wait."""
    await db.execute(
        update(ClockLease)
        .where(ClockLease.name == CLOCK, ClockLease.term == term)
        .values(until_s=0.0)
        .execution_options(synchronize_session=False)
    )


async def fence(db: AsyncSession, term: int, now: datetime, lease_s: float = LEASE_S) -> Fenced | None:
    """Let a write of this term pass, and keep all others waiting until it commits; None: it must not be.

    It must not be where another leads by now, or where `now` is before what the last tick saw: a clock set back would
    make a step that is past look like the newest one. A leader who freezes right here would keep the lease row locked
    for as long as he sleeps; so PostgreSQL ends a transaction in which nothing has been asked for `lease_s`.
    """
    if db.get_bind().dialect.name != "sqlite":
        patience = {"ms": f"{int(lease_s * 1000)}ms"}
        await db.execute(text("SELECT set_config('idle_in_transaction_session_timeout', :ms, true)"), patience)
    query = (
        update(ClockLease)
        .where(ClockLease.name == CLOCK, ClockLease.term == term)
        .where(or_(ClockLease.ticked_at.is_(None), ClockLease.ticked_at <= now))
        .values(ticked_at=now)
        .returning(ClockLease.digested_on, ClockLease.calendar)
        .execution_options(synchronize_session=False)
    )
    row = (await db.execute(query)).one_or_none()
    return None if row is None else Fenced(digested_on=row.digested_on, calendar=row.calendar)


async def remember(db: AsyncSession, **values: object) -> None:
    """Write what a tick did into the lease: `digested_on`, `calendar`, or `ticked_at` that a person sets right."""
    await db.execute(
        update(ClockLease).where(ClockLease.name == CLOCK).values(**values).execution_options(synchronize_session=False)
    )


async def lease(db: AsyncSession) -> ClockLease | None:
    """The lease as it stands, for the board."""
    return await db.get(ClockLease, CLOCK)
