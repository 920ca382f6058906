"""SQLite under asyncio with one trip to its thread for a statement, where aiosqlite takes four.

begin -> only noted -> execute -> [the connection's thread: begin, execute, fetch, close] -> description and rows

aiosqlite goes to its thread for the cursor, the execution, the rows and the closing. Each trip costs more than most
statements (shared performance.md), and under load the loop has other things to do before each of them is heard of.
SQLAlchemy takes a connection of our own by its documented `async_creator_fn`; this one differs in its cursors alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any, Self

import aiosqlite

AT_ONCE = 1000  # rows brought along; a stream of millions comes on by as many


class Begin(Enum):
    """How a transaction begins: one that the database lets change nothing, or the only writer."""

    READ = "BEGIN"
    WRITE = "BEGIN IMMEDIATE"


class _Cursor:
    """What SQLAlchemy uses of an aiosqlite cursor."""

    arraysize = AT_ONCE

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._open: sqlite3.Cursor | None = None  # while there may be more rows
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, operation: str, parameters: Iterable[Any] = ()) -> Self:
        """Run one statement and bring its first rows."""
        await self._connection.in_its_thread(self._run, self._connection.take_begin(), operation, parameters)
        return self

    async def executemany(self, operation: str, parameters: Iterable[Iterable[Any]]) -> Self:
        """Run one statement for each of these."""
        await self._connection.in_its_thread(self._run_many, self._connection.take_begin(), operation, parameters)
        return self

    async def fetchall(self) -> Sequence[Any]:
        """All rows that are left."""
        if self._open is not None:
            self._rows += await self._connection.in_its_thread(self._rest, self._open)
        rows, self._rows = self._rows, []
        return rows

    async def fetchmany(self, size: int | None = None) -> Sequence[Any]:
        """The next rows."""
        size = size or AT_ONCE
        if len(self._rows) < size and self._open is not None:
            self._rows += await self._connection.in_its_thread(self._more, self._open, size - len(self._rows))
        rows, self._rows = self._rows[:size], self._rows[size:]
        return rows

    async def fetchone(self) -> Any:
        """The next row, None after the last."""
        rows = await self.fetchmany(1)
        return rows[0] if rows else None

    async def close(self) -> None:
        """Be done with it; where all rows have come, it is closed already."""
        if self._open is not None:
            open_, self._open = self._open, None
            await self._connection.in_its_thread(open_.close)

    def _run(self, begin: Begin | None, operation: str, parameters: Any) -> None:
        cursor = self._connection.begun(begin).execute(operation, parameters)
        self._note(cursor)
        if cursor.description is not None:
            self._open = cursor
            self._rows = self._more(cursor, AT_ONCE)
        else:
            cursor.close()

    def _run_many(self, begin: Begin | None, operation: str, parameters: Any) -> None:
        cursor = self._connection.begun(begin).executemany(operation, parameters)
        self._note(cursor)
        cursor.close()

    def _note(self, cursor: sqlite3.Cursor) -> None:
        self.description, self.rowcount, self.lastrowid = cursor.description, cursor.rowcount, cursor.lastrowid

    def _more(self, cursor: sqlite3.Cursor, size: int) -> list[Any]:
        rows = cursor.fetchmany(size)
        if len(rows) < size:
            self._end(cursor)
        return rows

    def _rest(self, cursor: sqlite3.Cursor) -> list[Any]:
        rows = cursor.fetchall()
        self._end(cursor)
        return rows

    def _end(self, cursor: sqlite3.Cursor) -> None:
        self.rowcount = cursor.rowcount  # of UPDATE ... RETURNING it is known at the end
        self._open = None
        cursor.close()


class Connection(aiosqlite.Connection):
    """aiosqlite's connection, but for its cursors, and that a transaction begins with its first statement."""

    _to_begin: Begin | None = None
    _reads_only: bool | None = None  # known to its thread

    def begin_with_next(self, how: Begin) -> None:
        """Begin in the trip of the next statement."""
        self._to_begin = how

    def take_begin(self) -> Begin | None:
        """What the next trip has to begin; taken here, not in the thread: a rollback may come before that trip."""
        found, self._to_begin = self._to_begin, None
        return found

    def begun(self, begin: Begin | None) -> sqlite3.Connection:
        """The connection itself, for its own thread alone, in the transaction that was to be begun."""
        if begin is not None:
            try:
                if self._reads_only is not (begin is Begin.READ):
                    self._conn.execute(f"PRAGMA query_only={'ON' if begin is Begin.READ else 'OFF'}")
                    self._reads_only = begin is Begin.READ
                self._conn.execute(begin.value)
            except sqlite3.Error:
                self._to_begin = begin  # locked: a further statement never runs outside
                raise
        return self._conn

    async def commit(self) -> None:
        """End well; where nothing was done, nothing has begun."""
        if self.take_begin() is None:
            await super().commit()

    async def rollback(self) -> None:
        """Take back; where nothing was done, nothing has begun."""
        if self.take_begin() is None:
            await super().rollback()

    def cursor(self) -> _Cursor:  # type: ignore[override]
        """Give a cursor; nothing happens in the thread yet."""
        return _Cursor(self)

    async def in_its_thread(self, work: Any, *args: Any) -> Any:
        """Run `work` in the connection's thread."""
        return await self._execute(work, *args)  # type: ignore[no-untyped-call]

    @property
    def is_in_transaction(self) -> bool:
        """Whether something is begun and not ended; asks nobody."""
        return self._connection is not None and self._connection.in_transaction


async def connect(database: str, **arguments: Any) -> Connection:
    """Open a connection; `arguments` are those of sqlite3.connect."""
    found = Connection(lambda: sqlite3.connect(database, **arguments), iter_chunk_size=AT_ONCE)
    found._thread.daemon = True  # noqa: SLF001 as SQLAlchemy does it with aiosqlite's own
    await found
    return found
