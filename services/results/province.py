"""The provincial platform: what is published goes there by itself, once, and both sides are compared (T1, T2, H5).

publish, sign of a correction -> send (a row, in the same transaction) -> bot.province delivers -> receipt
compare: keys and digests of both sides -> missing there: sent again; differing: for a person; extra there: shown
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from inspection.actors import Role
from inspection.errors import ConflictError, ForbiddenError
from inspection.province import COLUMNS, digest_of, key_of, packed, record_of, rows_of
from inspection.workdays import month_span
from models.province import ProvinceCheck, ProvinceRecord
from models.sheets import write_csv, write_xlsx
from models.store import province as store
from models.store import public
from services.act import Act

STATUS_WORDS = {
    "waiting": "待上报",
    "claimed": "上报中",
    "accepted": "省平台已接收",
    "refused": "被退回",
    "unknown": "结果不明，正在核实",
}
RETRIED = {"waiting", "unknown", "refused"}
MOST_SHOWN = 50  # keys of one sort that a comparison keeps


async def send(act: Act, department_id: str, body: Mapping[str, Any]) -> None:
    """Put a published result into the queue, where the office has a platform; its bytes never change."""
    if not act.house.province:
        return
    data = packed(record_of(body))
    await store.add(
        act.db,
        key=key_of(body),
        department_id=department_id,
        target_name=body["target_name"],
        body=data,
        digest=digest_of(data),
        not_before=act.now,
        created_at=act.now,
    )


async def queue(act: Act, status: str) -> dict[str, Any]:
    """The records that the actor may see, how many stand where, and the last comparison."""
    check = await store.last_check(act.db)
    return {
        "connected": act.house.province,
        "counts": await store.counts(act.db, act.actor),
        "words": STATUS_WORDS,
        "rows": [_shown(one) for one in await store.newest(act.db, act.actor, status)],
        "check": None if check is None else {"at": check.at, "ours": check.ours, "theirs": check.theirs, **check.found},
    }


async def retry(act: Act, record_id: str) -> str:
    """Send a record at once that waits, was refused or is not known to have arrived; ConflictError for others."""
    row = await store.own(act.db, act.actor, record_id)
    moved = await store.move(
        act.db, [row.key], RETRIED, status="waiting", not_before=act.now, error="", settled_at=None
    )
    if not moved:
        raise ConflictError(what="这条上报", why="它已被省平台接收，或正在上报。")
    act.record("province-retry", f"province:{row.id}", key=row.key)
    return "waiting"


async def compare(act: Act, theirs: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """Hold what the platform says it has (key -> digest, receipt) against what we know; gives what was found."""
    if not act.actor.has(Role.COORDINATOR):
        raise ForbiddenError
    ours = await store.digests(act.db)
    accepted = {key: digest for key, (status, digest) in ours.items() if status == "accepted"}
    there = {key: digest for key, (digest, _) in theirs.items()}
    missing = await store.move(
        act.db, sorted(accepted.keys() - there.keys()), {"accepted"}, status="waiting", not_before=act.now,
        error="对账发现省平台没有这条记录，重新上报", settled_at=None,
    )  # fmt: skip
    other = sorted(key for key, (_, digest) in ours.items() if there.get(key, digest) != digest)
    differing = await store.move(
        act.db, other, {"accepted", "waiting", "unknown"}, status="refused", settled_at=act.now,
        error="省平台上的内容与本系统不一致，请与省平台核对",
    )  # fmt: skip
    late = []
    for key in sorted(there.keys() & ours.keys() - accepted.keys()):
        if there[key] == ours[key][1]:
            said = {"status": "accepted", "settled_at": act.now, "error": "", "receipt": theirs[key][1]}
            late += await store.move(act.db, [key], RETRIED, **said)
    found = {"missing": missing, "differing": differing, "late": late, "extra": sorted(there.keys() - ours.keys())}
    counted = {f"{name}_count": len(keys) for name, keys in found.items()}
    kept = {name: keys[:MOST_SHOWN] for name, keys in found.items()} | counted
    act.db.add(ProvinceCheck(at=act.now, member_id=act.actor.member_id, ours=len(ours), theirs=len(there), found=kept))
    act.record("province-compare", "province:all", ours=len(ours), theirs=len(there), **counted)
    return {"ours": len(ours), "theirs": len(there), **kept}


async def table(act: Act, month: str, form: str) -> bytes:
    """What was published in a month ("2026-03") in the platform's table layout, as CSV or XLSX."""
    bodies: Sequence[Mapping[str, Any]] = await public.between(act.db, *month_span(date.fromisoformat(f"{month}-01")))
    write = write_xlsx if form == "xlsx" else write_csv
    return write(list(COLUMNS.values()), rows_of(bodies))


def _shown(row: ProvinceRecord) -> dict[str, Any]:
    names = (
        "id",
        "key",
        "target_name",
        "status",
        "attempts",
        "created_at",
        "sent_at",
        "settled_at",
        "receipt",
        "error",
    )
    return {name: getattr(row, name) for name in names} | {"can_retry": row.status in RETRIED}
