"""Connections and units of work.

    async with database.write() as db:   one transaction: all of it or nothing; on SQLite one writer at a time
    async with database.read() as db:    sees, and cannot change: the database itself refuses a write

SQLite: WAL, synchronous=FULL, foreign keys on, BEGIN IMMEDIATE for writers (the driver's default loses updates in
silence). PostgreSQL: READ COMMITTED, readers in READ ONLY transactions.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import configure_mappers
from sqlalchemy.pool import PoolResetState

from models import heap, one_hop
from models.one_hop import Begin

BUSY_TIMEOUT_MS = 15_000
# A connection of PostgreSQL is a process there: what was opened in a rush is kept, and the warm ones are used first.
_KEPT: dict[str, Any] = {"pool_size": 15, "max_overflow": 0, "pool_use_lifo": True}
_PUBLIC = "suicha_public"
_MUCH = "suicha_much"
AfterCommit = Callable[[], None]


class Database:
    """An engine with the two ways to use it.

    `on_commit` callbacks run after a write that went through, `on_public` ones only after one that changed what public
    pages show.
    """

    def __init__(self, url: str) -> None:
        """Open nothing yet; `url` is SQLAlchemy's, with the aiosqlite or psycopg driver."""
        configure_mappers()  # 40 ms that the first request would hold the loop for
        self.is_sqlite = url.startswith("sqlite")
        # hide_parameters: an error that reaches a log must not bring the row's values with it.
        self.engine = (
            _sqlite_engine(url)
            if self.is_sqlite
            else create_async_engine(url, pool_pre_ping=True, hide_parameters=True, **_KEPT)
        )
        self._one_writer = asyncio.Lock()
        self.on_commit: list[AfterCommit] = []
        self.on_public: list[AfterCommit] = []

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """Begin a transaction that may change things; commits at the end, rolls back on any error."""
        async with self._writer(), AsyncSession(self.engine, expire_on_commit=False) as db, db.begin():
            yield db
        if _MUCH in db.info:
            await asyncio.to_thread(heap.give_back)
        for callback in [*self.on_commit, *(self.on_public if _PUBLIC in db.info else ())]:
            callback()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """Begin a transaction that cannot change anything."""
        async with self.engine.connect() as connection:
            await connection.execution_options(suicha_read=True)
            async with AsyncSession(connection, expire_on_commit=False) as db:
                if not self.is_sqlite:
                    await db.execute(text("SET TRANSACTION READ ONLY"))
                yield db
                await db.rollback()

    async def close(self) -> None:
        """Give all connections back."""
        await self.engine.dispose()

    @asynccontextmanager
    async def _writer(self) -> AsyncIterator[None]:
        # Within one process waiting on a lock is fairer and cheaper than SQLite's busy polling.
        if not self.is_sqlite:
            yield
            return
        async with self._one_writer:
            yield


def changes_public(db: AsyncSession) -> None:
    """Say that this transaction changes what public pages show: those kept in memory are dropped once it commits."""
    db.info[_PUBLIC] = True


def moves_much(db: AsyncSession) -> None:
    """Say that this transaction takes much memory: once it commits, what it freed goes back to the system.

    Not before: until then SQLite holds the pages that were changed.
    """
    db.info[_MUCH] = True


async def uncompiled(db: AsyncSession) -> None:
    """Have PostgreSQL compile no query of this transaction: that took 20 to 60 ms of one search."""
    if db.get_bind().dialect.name == "postgresql":
        await db.execute(text("SET LOCAL jit = off"))


def _sqlite_engine(url: str) -> AsyncEngine:
    engine = create_async_engine(
        url,
        connect_args={"isolation_level": None, "async_creator_fn": one_hop.connect},
        hide_parameters=True,
        pool_reset_on_return=None,  # see _reset
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_TIMEOUT_MS}"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "reset")
    def _reset(connection: Any, _record: Any, state: PoolResetState) -> None:
        # The pool's own rollback is a trip to the connection's thread each time; mostly everything has ended already.
        connection.driver_connection.take_begin()
        if not state.terminate_only and connection.driver_connection.is_in_transaction:
            connection.rollback()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        reading = bool(connection.get_execution_options().get("suicha_read"))
        connection.connection.driver_connection.begin_with_next(Begin.READ if reading else Begin.WRITE)  # type: ignore[union-attr]

    return engine


async def run_sync_write(database: Database, work: Callable[[Connection], None]) -> None:
    """Run synchronous work (metadata, migrations) in one write transaction."""
    async with database.engine.begin() as connection:
        await connection.run_sync(work)


async def run_sync_reshape(database: Database, work: Callable[[Connection], None]) -> None:
    """Run migrations in one write transaction; on SQLite without foreign keys, which are all checked before it commits.

    SQLite changes a table by copying it and dropping the old one, and rows elsewhere that refer to it would forbid that
    (https://www.sqlite.org/lang_altertable.html, section 7). The switch is deaf inside a transaction.
    """
    if not database.is_sqlite:
        await run_sync_write(database, work)
        return
    async with database.engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        await driver.execute_fetchall("PRAGMA foreign_keys=OFF")
        try:
            async with connection.begin():
                await connection.run_sync(work)
                astray: Any = (await connection.exec_driver_sql("PRAGMA foreign_key_check")).first()
                if astray is not None:
                    raise RuntimeError(f"after the migration a row of {astray[0]} refers to nothing in {astray[2]}")
        finally:
            await driver.execute_fetchall("PRAGMA foreign_keys=ON")
