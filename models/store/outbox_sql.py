"""The two statements that change a hundred rows of the outbox at once, for both databases.

PostgreSQL: rows as one JSON parameter -> json_to_recordset -> UPDATE ... FROM ... RETURNING
SQLite: one prepared UPDATE, run for each row in one trip to its thread; taking JSON apart costs it more than twice that
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_FIELDS = {
    "fix": {"id": "varchar", "body": "text", "parcel": "varchar"},
    "settle": {
        "id": "varchar",
        "attempts": "int",
        "status": "varchar",
        "not_before": "timestamptz",
        "final": "int",
        "forget": "int",
        "msgid": "varchar",
        "response_code": "varchar",
        "error": "text",
    },
}
_CHANGES = {
    "fix": """UPDATE outbox SET body = coalesce(outbox.body, {bytes}), parcel = coalesce(outbox.parcel, {v}parcel),
 sent_at = {now}, first_sent_at = coalesce(outbox.first_sent_at, {now})
 {source} WHERE outbox.id = {v}id AND {status} = 'claimed'""",
    "settle": """UPDATE outbox SET status = {v}status, not_before = {v}not_before, leased_until = NULL,
 sent_at = CASE WHEN {v}forget = 1 THEN NULL ELSE {now} END, settled_at = CASE WHEN {v}final = 1 THEN {now} END,
 msgid = {v}msgid, response_code = {v}response_code, last_error = {v}error,
 first_sent_at = CASE WHEN {v}forget = 1 THEN NULL ELSE outbox.first_sent_at END
 {source} WHERE outbox.id = {v}id AND {status} = 'claimed' AND outbox.attempts = {v}attempts""",
}
_HELD = "SELECT id, attempts FROM outbox WHERE id IN (SELECT value FROM json_each(?)) AND +status = 'claimed'"


def _for_sqlite(what: str) -> str:
    # the plus: not by the index of states, but by the id
    written = _CHANGES[what].format(v=":", now=":now", source="", bytes=":body", status="+outbox.status")
    for place, name in enumerate((*_FIELDS[what], "now"), start=1):
        written = written.replace(f":{name}", f"?{place}")
    return written


def _for_postgres(what: str) -> str:
    columns = ", ".join(f"{name} {kind}" for name, kind in _FIELDS[what].items())
    source = f"FROM json_to_recordset(CAST(:rows AS json)) AS v({columns})"
    now, as_bytes = "CAST(:now AS timestamptz)", "convert_to(v.body, 'UTF8')"
    return _CHANGES[what].format(v="v.", now=now, source=source, bytes=as_bytes, status="outbox.status")


_SQLITE = {what: _for_sqlite(what) for what in _FIELDS}
_POSTGRES = {
    "fix": text(_for_postgres("fix")),
    "settle": text(f"{_for_postgres('settle')} RETURNING outbox.id"),
}


async def fix(db: AsyncSession, rows: Sequence[tuple[str, bytes | None, str | None]], now: datetime) -> None:
    """Fix bodies: (id, body, parcel) of claimed rows; what is there already stays."""
    if is_lite(db):
        await _run_each(db, "fix", [(*row, _stored(now)) for row in rows])
    else:
        await db.execute(_POSTGRES["fix"], {"rows": _json("fix", rows), "now": now})


async def settle(db: AsyncSession, rows: Sequence[tuple[Any, ...]], now: datetime) -> set[str]:
    """Settle rows as `_FIELDS["settle"]` orders them; return the ids of those still held by the same claim."""
    if not is_lite(db):
        found = await db.execute(_POSTGRES["settle"], {"rows": _json("settle", rows), "now": now})
        return {row.id for row in found}
    # Many at once return nothing, so who is still held is asked before: between the two nobody else writes.
    ids = json.dumps([row[0] for row in rows])
    held = {tuple(row) for row in await (await db.connection()).exec_driver_sql(_HELD, (ids,))}
    ours = [(*row[:3], _stored(row[3]), *row[4:], _stored(now)) for row in rows if row[:2] in held]
    if ours:
        await _run_each(db, "settle", ours)
    return {row[0] for row in ours}


def is_lite(db: AsyncSession) -> bool:
    """Whether this is SQLite."""
    return db.get_bind().dialect.name == "sqlite"


async def _run_each(db: AsyncSession, what: str, rows: Sequence[tuple[Any, ...]]) -> None:
    await (await db.connection()).exec_driver_sql(_SQLITE[what], rows)


def _json(what: str, rows: Sequence[tuple[Any, ...]]) -> str:
    named = [dict(zip(_FIELDS[what], row, strict=True)) for row in rows]
    return json.dumps(named, ensure_ascii=False, default=_in_json)


def _in_json(value: datetime | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value.isoformat()


@lru_cache(maxsize=1024)  # a hundred rows settle at few moments
def _stored(at: datetime) -> str:
    """A time as SQLite's rows hold it."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
