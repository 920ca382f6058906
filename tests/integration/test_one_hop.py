"""SQLite by one trip to its thread for a statement: the same rows, the same errors, nothing left open."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from models.database import Database
from models.one_hop import AT_ONCE, Connection

MANY = 2 * AT_ONCE + 7


@pytest_asyncio.fixture
async def lite(tmp_path: Path) -> AsyncIterator[Database]:
    found = Database(f"sqlite+aiosqlite:///{tmp_path / 'x.db'}")
    async with found.write() as db:
        await db.execute(text("CREATE TABLE t (n INTEGER PRIMARY KEY, words TEXT NOT NULL)"))
        await db.execute(text("INSERT INTO t VALUES (:n, 'x')"), [{"n": n} for n in range(MANY)])
    yield found
    await found.close()


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is done in a connection's thread, from now on."""
    found: list[str] = []
    before = Connection.in_its_thread
    ends = {"commit": Connection.commit, "rollback": Connection.rollback}

    async def counted(self: Connection, work: Callable[..., Any], *args: Any) -> Any:
        found.append(work.__name__)
        return await before(self, work, *args)

    def ending(name: str) -> Callable[[Connection], Any]:
        async def end(self: Connection) -> None:
            if self._to_begin is None:  # else nothing was begun, and there is no trip
                found.append(name)
            await ends[name](self)

        return end

    monkeypatch.setattr(Connection, "in_its_thread", counted)
    for name in ends:
        monkeypatch.setattr(Connection, name, ending(name))
    return found


async def test_all_rows_come_at_once_or_as_a_stream(lite: Database) -> None:
    """Performance.md: the first rows come along, the rest when they are asked for, each once and in order."""
    query = text("SELECT n FROM t ORDER BY n")
    async with lite.read() as db:
        assert list(await db.scalars(query)) == list(range(MANY))
        assert list(await db.scalars(text("SELECT n FROM t WHERE n < 0"))) == []
        some = [list(part) async for part in (await db.stream_scalars(query)).partitions(300)]
        assert [n for part in some for n in part] == list(range(MANY))
        first = await db.stream_scalars(query)
        assert await first.first() == 0  # left in its middle, and closed
        assert await db.scalar(text("SELECT count(*) FROM t")) == MANY


async def test_a_change_says_how_many_rows_it_changed(lite: Database) -> None:
    """House rule: state changes are told by their row counts, with RETURNING and without."""
    async with lite.write() as db:
        changed = await db.execute(text("UPDATE t SET words = 'y' WHERE n < 5"))
        assert changed.rowcount == 5  # type: ignore[attr-defined]
        returned = await db.execute(text("UPDATE t SET words = 'z' WHERE n < 3 RETURNING n"))
        assert sorted(row.n for row in returned) == [0, 1, 2]


async def test_a_write_is_two_trips_and_a_read_is_two(lite: Database, trips: list[str]) -> None:
    """Performance.md: trips cost more than most statements: the statement with its begin, the end, nothing besides."""
    async with lite.write() as db:
        await db.execute(text("UPDATE t SET words = 'w' WHERE n = 1"))
    trips.clear()
    async with lite.write() as db:
        await db.execute(text("UPDATE t SET words = 'w' WHERE n = 2 RETURNING n"))
    assert trips == ["_run", "commit"]
    async with lite.read() as db:
        await db.execute(text("SELECT 1"))
    trips.clear()
    async with lite.read() as db:
        await db.execute(text("SELECT 1"))
    assert trips == ["_run", "rollback"]


async def test_an_error_leaves_nothing_open_and_nothing_written(lite: Database) -> None:
    """Reliability 2.3: rolled back as it should be, whatever the pool's own reset leaves out."""

    async def fail() -> None:
        async with lite.write() as db:
            await db.execute(text("UPDATE t SET words = 'gone' WHERE n = 1"))
            await db.execute(text("INSERT INTO t VALUES (1, 'twice')"))

    async def be_cancelled() -> None:
        async with lite.write() as db:
            await db.execute(text("UPDATE t SET words = 'gone' WHERE n = 2"))
            await asyncio.sleep(3600)

    for _ in range(3):
        with pytest.raises(IntegrityError):
            await fail()
        task = asyncio.create_task(be_cancelled())
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    async with lite.write() as db:
        assert await db.scalar(text("SELECT count(*) FROM t WHERE words = 'gone'")) == 0
        await db.execute(text("UPDATE t SET words = 'kept' WHERE n = 1"))
    async with lite.read() as db:
        assert await db.scalar(text("SELECT words FROM t WHERE n = 1")) == "kept"


async def test_nothing_done_is_no_trip_and_a_taken_lock_lets_nothing_run_outside(
    lite: Database, trips: list[str], tmp_path: Path
) -> None:
    """ADR 0019: a transaction begins with its first statement, or nothing of it happens at all."""
    async with lite.write() as db:
        await db.execute(text("PRAGMA busy_timeout=0"))
    trips.clear()
    async with lite.write() as db:
        await db.connection()
    async with lite.read() as db:
        await db.connection()
    assert trips == []
    other = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    async with lite.write() as db:
        for _ in range(2):  # whoever goes on after the error is still not outside
            with pytest.raises(OperationalError, match="locked"):
                await db.execute(text("UPDATE t SET words = 'stray'"))
    other.execute("ROLLBACK")
    other.close()
    async with lite.read() as db:
        assert await db.scalar(text("SELECT count(*) FROM t WHERE words = 'stray'")) == 0
        with pytest.raises(OperationalError, match="readonly"):
            await db.execute(text("UPDATE t SET words = 'stray'"))
