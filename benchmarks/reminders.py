"""What a tick of the clock costs: a scan over a million open deadlines, and five thousand reminders in one pass.

made-up deadlines by SQL -> store.due (whole way: statement, fetch, rows) -> remind_some ; bare insert of the same rows

scan_ms_*    median of `store.due`, whole way through the driver: no less than the database's own time
ratio_write  one whole pass (scan, steps, reminders, next days, commit) over a bare insert of its reminders, the worse
"""

from __future__ import annotations

import asyncio
import os
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import delete, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.machine import POSTGRES, folder, log, machine, median
from inspection.actors import SYSTEM
from inspection.workdays import official_calendar
from models.base import KEYS
from models.blobs import LocalBlobs
from models.database import Database, run_sync_write
from models.people import Department
from models.results import Deadline, Reminder
from models.schema import Base
from models.spool import Spool
from models.store import deadlines as store
from services.act import Act, House, Rules
from services.clock import deadlines

ROWS, RUNS = 1_000_000, 5
DUE = 5_000
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # a Monday, 09:00 in China
TODAY, IN_THREE_DAYS = date(2026, 3, 2), date(2026, 3, 5)
_PG_NAME = f"suicha_bench_reminders_{os.getpid()}"
_COLUMNS = "id, kind, subject, department_id, due_on, provisional, created_at, calendar, next_on"
_VALUES = """SELECT {id}, 'publish', 'part:' || i, :department,
 CASE WHEN i % :every = 0 THEN {three} ELSE {far} END, {no}, {made}, '',
 CASE WHEN i % :every = 0 THEN {today} ELSE {later} END"""
_SQLITE = f"""INSERT INTO deadlines ({_COLUMNS})
 WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows) {_VALUES} FROM n""".format(  # noqa: S608 put together from this file's own words
    id="printf('%032x', i)",
    three="'2026-03-05'",
    far="date('2026-03-20', '+' || (i % 300) || ' days')",
    no="0",
    made="'2026-01-05 01:00:00.000000'",
    today="'2026-03-02'",
    later="date('2026-03-03', '+' || (i % 300) || ' days')",
)
_POSTGRES = f"""INSERT INTO deadlines ({_COLUMNS}) {_VALUES} FROM generate_series(1, :rows) AS i""".format(
    id="lpad(to_hex(i), 32, '0')",
    three="DATE '2026-03-05'",
    far="DATE '2026-03-20' + (i % 300)",
    no="FALSE",
    made="TIMESTAMPTZ '2026-01-05 01:00:00Z'",
    today="DATE '2026-03-02'",
    later="DATE '2026-03-03' + (i % 300)",
)


def run(rows: int = ROWS, runs: int = RUNS) -> dict[str, Any]:
    """Measure both databases; a PostgreSQL that does not answer leaves its figures empty."""
    KEYS.load({"1": bytes(32)}, "1")
    sqlite = asyncio.run(_sqlite(rows, runs))
    postgres = _postgres(rows, runs)
    ratios = [one["ratio_write"] for one in (sqlite, postgres) if one]
    return {
        "rows": rows,
        "due": sqlite["due"],
        "scan_ms_sqlite": sqlite["scan_ms"],
        "scan_ms_pg": postgres["scan_ms"] if postgres else None,
        "ratio_write": max(ratios),
        "sqlite": sqlite,
        "postgres": postgres,
        "machine": machine(),
    }


async def _sqlite(rows: int, runs: int) -> dict[str, Any]:
    path = folder() / "reminders.db"
    _forget(path)
    try:
        return await _measure(Database(f"sqlite+aiosqlite:///{path}"), rows, runs)
    finally:
        _forget(path)


def _forget(path: Path) -> None:
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)


def _postgres(rows: int, runs: int) -> dict[str, Any] | None:
    try:
        admin = psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError:
        log("PostgreSQL does not answer: its figures are left out")
        return None
    with admin:
        admin.execute(f'CREATE DATABASE "{_PG_NAME}"')
        try:
            url = POSTGRES.rsplit("/", 1)[0].replace("postgresql://", "postgresql+psycopg://")
            return asyncio.run(_measure(Database(f"{url}/{_PG_NAME}"), rows, runs))
        finally:
            admin.execute(f'DROP DATABASE "{_PG_NAME}" WITH (FORCE)')


async def _measure(database: Database, rows: int, runs: int) -> dict[str, Any]:
    try:
        await _fill(database, rows)
        scans, found = [], 0
        for _ in range(runs + 1):
            async with database.read() as db:
                began = time.perf_counter()
                found = len(await store.due(db, TODAY, DUE))
                scans.append((time.perf_counter() - began) * 1000)
        passes = [await _one_pass(database) for _ in range(runs)]
        bare = [await _bare_insert(database) for _ in range(runs)]
        return {
            "due": found,
            "scan_ms": median(scans[1:]),
            "plan": await _plan(database),
            "pass_ms": median([one * 1000 for one in passes]),
            "bare_insert_ms": median([one * 1000 for one in bare]),
            "ratio_write": median([one / other for one, other in zip(passes, bare, strict=True)]),
        }
    finally:
        await database.close()


async def _fill(database: Database, rows: int) -> None:
    log(f"{'SQLite' if database.is_sqlite else 'PostgreSQL'}: {rows:,} deadlines ...")
    await run_sync_write(database, Base.metadata.create_all)
    async with database.write() as db:
        department = Department(code="BENCH", name="演示部门")
        db.add(department)
        await db.flush()
        every = max(1, rows // DUE)
        values = {"rows": rows, "department": department.id, "every": every}
        await db.execute(text(_SQLITE if database.is_sqlite else _POSTGRES), values)
    async with database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("ANALYZE"))


async def _one_pass(database: Database) -> float:
    """Seconds of one whole pass over what is due; everything is as before afterwards."""
    house = _house()
    began = time.perf_counter()
    async with database.write() as db:
        looked = await deadlines.remind_some(Act(db=db, actor=SYSTEM, now=NOW, house=house), DUE)
    seconds = time.perf_counter() - began
    async with database.write() as db:
        if looked.reminders != await _again(db):
            raise RuntimeError("a pass wrote something else than what was due")
    return seconds


async def _again(db: AsyncSession) -> int:
    ids = (await db.scalars(select(Reminder.deadline_id))).all()
    await db.execute(delete(Reminder))
    await store.look_again(db, TODAY, ids)
    return len(ids)


async def _bare_insert(database: Database) -> float:
    """Seconds of inserting the same reminder rows, with nothing around it."""
    async with database.read() as db:
        ids = (await db.scalars(select(Deadline.id).where(Deadline.due_on == IN_THREE_DAYS).limit(DUE))).all()
    rows = [{"deadline_id": one, "stage": "-3", "at": NOW, "late": False, "waits": True} for one in ids]
    began = time.perf_counter()
    async with database.write() as db:
        await db.execute(insert(Reminder.__table__), rows)  # type: ignore[arg-type]  # a declared table is one
    seconds = time.perf_counter() - began
    async with database.write() as db:
        await db.execute(delete(Reminder))
    return seconds


async def _plan(database: Database) -> str:
    """How the database finds what is due: an index has to stand here."""
    explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
    query = (
        "SELECT id FROM deadlines WHERE settled_at IS NULL AND next_on <= '2026-03-02' ORDER BY next_on, id LIMIT 5000"
    )
    async with database.read() as db:
        rows = (await db.execute(text(f"{explain} {query}"))).all()
    return "; ".join(str(row[-1]).strip() for row in rows)


def _house() -> House:
    return House(
        office_name="演示",
        lead_code="YS",
        origin="http://127.0.0.1",
        blobs=LocalBlobs(folder()),
        spool=Spool(folder() / "arriving"),
        calendar=official_calendar(),
        rules=Rules(),
        link_key=bytes(32),
        photo_lab=None,
        font=folder(),
    )
