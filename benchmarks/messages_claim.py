"""Claim and settle, a hundred rows at a time, beside the bare driver doing the same to the same table.

ours   models.store.outbox as the sender uses it: settle the last hundred, claim, fix_bodies, [commit]
bare   one UPDATE ... RETURNING, executemany of the bodies, [commit], executemany of the outcomes, [commit]:
       sqlite3 in this thread (WAL, synchronous=FULL), asyncpg with FOR UPDATE SKIP LOCKED

What a sender does between the two (limits, rendering, posting) is in neither.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import text

from benchmarks.machine import median
from models.database import Database, run_sync_write
from models.schema import Base
from models.store import outbox
from models.store.outbox import Ending, Settlement

ROWS, AT_ONCE = 5_000, 100
NOW = datetime(2026, 3, 2, 1, 7, tzinfo=UTC)
BODY = b'{"template_card":"' + b"x" * 1000 + b'"}'
_CHOSEN = "SELECT id FROM outbox WHERE status = 'waiting' AND not_before <= {now} ORDER BY not_before, id LIMIT 100"
_COLUMNS = "id, channel, recipient, kind, subject, department_id, document_no, dedupe_key, content, attempts"


def measure(url: str, runs: int) -> dict[str, Any]:
    """Milliseconds a row, ours and bare, in turns; the ratio is the best pair's, for the machine is shared."""
    ours, bare = [], []
    for _ in range(runs):
        ours.append(asyncio.run(_ours(url)))
        bare.append(_bare_sqlite(url) if url.startswith("sqlite") else asyncio.run(_bare_asyncpg(url)))
    pairs = [one / other for one, other in zip(ours, bare, strict=True)]
    return {
        "ratio": round(min(pairs), 2),
        "ratio_median": median(pairs),
        "ours_ms_a_row": round(min(ours), 4),
        "bare_ms_a_row": round(min(bare), 4),
    }


async def _ours(url: str) -> float:
    await _fill(url)
    database = Database(url)
    done = Settlement(status="accepted", not_before=NOW, msgid="m")
    async with database.read():
        pass
    began, rows = time.perf_counter(), 0
    claimed: list[outbox.Claimed] = []
    while True:
        async with database.write() as db:  # as the sender's turns do: the last hundred and the next in one commit
            endings = [Ending(row=row, how=done, first_try=True) for row in claimed]
            rows += len(await outbox.settle(db, endings, NOW))
            claimed = await outbox.claim(db, NOW, channels=["wecom", "wechat"], limit=AT_ONCE)
            if not claimed:
                break
            await outbox.fix_bodies(db, {row.id: BODY for row in claimed}, {}, NOW)
    seconds = time.perf_counter() - began
    await database.close()
    if rows != ROWS:
        raise RuntimeError(f"{rows} of {ROWS} rows were settled")
    return seconds / ROWS * 1000


def _bare_sqlite(url: str) -> float:
    asyncio.run(_fill(url))
    connection = sqlite3.connect(url.split("///", 1)[1], isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    now, lease = "2026-03-02 01:07:00.000000", "2026-03-02 01:07:30.000000"
    claim = f"""UPDATE outbox SET status = 'claimed', leased_until = ?, attempts = attempts + 1
 WHERE id IN ({_CHOSEN.format(now="?")}) RETURNING {_COLUMNS}"""  # noqa: S608 put together from this file's own words
    fix = "UPDATE outbox SET body = ?, first_sent_at = ?, sent_at = ? WHERE id = ?"
    settle = """UPDATE outbox SET status = 'accepted', leased_until = NULL, sent_at = ?, settled_at = ?, msgid = ?
 WHERE id = ? AND status = 'claimed' AND attempts = ?"""
    began, rows = time.perf_counter(), 0
    while True:
        connection.execute("BEGIN IMMEDIATE")
        claimed = connection.execute(claim, (lease, now)).fetchall()
        connection.executemany(fix, [(BODY, now, now, row[0]) for row in claimed])
        connection.execute("COMMIT")
        if not claimed:
            break
        connection.execute("BEGIN IMMEDIATE")
        rows += connection.executemany(settle, [(now, now, "m", row[0], row[-1]) for row in claimed]).rowcount
        connection.execute("COMMIT")
    seconds = time.perf_counter() - began
    connection.close()
    if rows != ROWS:
        raise RuntimeError(f"{rows} of {ROWS} rows were settled by the reference")
    return seconds / ROWS * 1000


async def _bare_asyncpg(url: str) -> float:
    await _fill(url)
    connection = await asyncpg.connect(url.replace("postgresql+psycopg://", "postgresql://"))
    claim = f"""UPDATE outbox SET status = 'claimed', leased_until = $2, attempts = attempts + 1
 WHERE id IN ({_CHOSEN.format(now="$1")} FOR UPDATE SKIP LOCKED) RETURNING {_COLUMNS}"""  # noqa: S608 own words
    fix = "UPDATE outbox SET body = $1, first_sent_at = $2, sent_at = $2 WHERE id = $3"
    settle = """UPDATE outbox SET status = 'accepted', leased_until = NULL, sent_at = $1, settled_at = $1, msgid = $2
 WHERE id = $3 AND status = 'claimed' AND attempts = $4"""
    began, rows = time.perf_counter(), 0
    while True:
        async with connection.transaction():
            claimed = await connection.fetch(claim, NOW, NOW + timedelta(seconds=30))
            await connection.executemany(fix, [(BODY, NOW, row["id"]) for row in claimed])
        if not claimed:
            break
        async with connection.transaction():
            await connection.executemany(settle, [(NOW, "m", row["id"], row["attempts"]) for row in claimed])
            rows += len(claimed)
    seconds = time.perf_counter() - began
    await connection.close()
    if rows != ROWS:
        raise RuntimeError(f"{rows} of {ROWS} rows were settled by the reference")
    return seconds / ROWS * 1000


async def _fill(url: str) -> None:
    database = Database(url)
    await run_sync_write(database, Base.metadata.drop_all)
    await run_sync_write(database, Base.metadata.create_all)
    rows = [
        {
            "dedupe_key": f"bench/{number}",
            "document_no": f"演示〔2026〕{number}号",
            "department_id": "d",
            "channel": "wecom",
            "recipient": f"member{number:05d}",
            "priority": 1,
            "join_key": None,
            "kind": "assigned-member",
            "subject": f"visit:{number}",
            "content": {"title": "演示", "summary": "一" * 100},
            "not_before": NOW,
            "created_at": NOW,
        }
        for number in range(ROWS)
    ]
    async with database.write() as db:
        await outbox.add_many(db, rows)
    async with database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("ANALYZE"))
    await database.close()
