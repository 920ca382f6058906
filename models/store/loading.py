"""Many rows in one transaction: COPY on PostgreSQL, executemany on SQLite, both on the session's own connection.

AsyncSession -> Loader -> put(table, columns, rows) ... run(statement) -> commit belongs to whoever opened the session

The driver's connection is used directly because SQLAlchemy spends more on a row than the database does (ADR 0007).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import Connection, Index, text
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.tables.packing import COPY_OPTIONS, pack, unpack
from models.registers import Target

CACHE_KIB = 96 << 10  # SQLite's pages in memory while it loads; its own 2 MB would write every page many times
_DEFAULT_CACHE_KIB = 2_000
_LOOKED_AT = 1_000  # rows of each index that SQLite's ANALYZE looks at
_FETCHED = 5_000
_UNIQUE_CODE = "uq_targets_code"  # SQLite cannot drop it


class Loader:
    """The driver's own way of writing many rows, inside the session's transaction."""

    def __init__(self, db: AsyncSession, driver: Any, *, is_sqlite: bool) -> None:
        self._db, self._driver = db, driver
        self.is_sqlite, self._is_wide = is_sqlite, False

    @classmethod
    async def open(cls, db: AsyncSession) -> Loader:
        """Find the driver's connection of this session."""
        connection = await db.connection()
        raw = (await connection.get_raw_connection()).driver_connection
        return cls(db, raw, is_sqlite=connection.dialect.name == "sqlite")

    async def close(self, *, analyze: bool = False) -> None:
        """Give the memory back; `analyze` tells the planner of the database what there is now."""
        if analyze:
            if self.is_sqlite:
                await self.run(f"PRAGMA analysis_limit={_LOOKED_AT}")
            await self.run("ANALYZE targets")
        if self._is_wide:
            await self.run(f"PRAGMA cache_size=-{_DEFAULT_CACHE_KIB}")
            await self.run("PRAGMA shrink_memory")  # a smaller cache alone gives nothing back

    async def run(self, statement: str, **values: Any) -> int:
        """Run one statement; the number of rows it changed."""
        result: Any = await self._db.execute(text(statement), values)
        return int(result.rowcount)

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        """Run a query and give all its rows."""
        return list((await self._db.execute(text(statement), values)).all())

    async def pairs(self, first: str, second: str) -> AsyncIterator[str]:
        """Give two columns of every target as lines with a tab between, some thousand lines at once.

        The database joins them: a row on its way costs more than what stands in it. SQLite does so by its own row
        numbers, PostgreSQL by the last two characters of the first.
        """
        if self.is_sqlite:
            ((last,),) = await self.rows("SELECT coalesce(max(rowid), 0) FROM targets")
            joined = f"SELECT group_concat({first} || char(9) || {second}, char(10)) FROM targets"  # noqa: S608 names of ours
            for start in range(0, last + 1, _FETCHED):
                between = f"{joined} WHERE rowid BETWEEN :first AND :last"
                for (piece,) in await self.rows(between, first=start, last=start + _FETCHED - 1):
                    if piece:
                        yield piece
            return
        joined = f"SELECT string_agg({first} || chr(9) || {second}, chr(10)) FROM targets GROUP BY right({first}, 2)"  # noqa: S608
        async for (piece,) in await self._db.stream(text(joined)):
            yield piece

    async def put(self, table: str, columns: Sequence[str], rows: Sequence[tuple[str | None, ...]]) -> None:
        """Add rows to a table; None is NULL."""
        await self.put_packed(table, columns, await asyncio.to_thread(pack, rows, self.is_sqlite))

    async def put_packed(self, table: str, columns: Sequence[str], pieces: Sequence[bytes]) -> None:
        """Add rows that `pack` has packed for this database."""
        names = ", ".join(columns)
        if not pieces:
            return
        if self.is_sqlite:
            if not self._is_wide:  # not before there is something to write: mere reading would fill it for nothing
                await self.run(f"PRAGMA cache_size=-{CACHE_KIB}")
                self._is_wide = True
            insert = f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 names of ours
            for piece in pieces:
                await self._driver.executemany(insert, await asyncio.to_thread(unpack, piece))
            return
        statement = f"COPY {table} ({names}) FROM STDIN WITH ({COPY_OPTIONS})"
        async with self._driver.cursor() as cursor, cursor.copy(statement) as copy:
            for piece in pieces:
                await copy.write(piece)

    async def drop_indexes(self) -> list[Index]:
        """Take the register's search indexes off before a first load; a sorted build later costs a tenth."""
        indexes = [index for index in Target.__table__.indexes if not index.unique]  # type: ignore[attr-defined]
        await self._on_indexes(indexes, build=False)
        if not self.is_sqlite:
            await self.run(f"ALTER TABLE targets DROP CONSTRAINT {_UNIQUE_CODE}")
        return indexes

    async def build_indexes(self, indexes: Sequence[Index]) -> None:
        """Build them again, in the same transaction."""
        if indexes and not self.is_sqlite:
            await self.run(f"ALTER TABLE targets ADD CONSTRAINT {_UNIQUE_CODE} UNIQUE (code)")
        await self._on_indexes(indexes, build=True)

    async def _on_indexes(self, indexes: Sequence[Index], *, build: bool) -> None:
        def work(connection: Connection) -> None:
            for index in indexes:
                (index.create if build else index.drop)(connection)

        await (await self._db.connection()).run_sync(work)
