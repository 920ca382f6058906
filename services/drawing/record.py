"""The record of a draw as its bundle holds it: approved replacements, appointments and target swaps, in their order."""

from __future__ import annotations

from typing import Any

from inspection.draw.record import APPOINTED, ENTRUSTED, FILLED, LEFT, RECORD, REPLACED, TARGET, record_lines
from inspection.draw.result import RESULT
from inspection.reasons import APPOINTED as BY_DEPARTMENT
from inspection.reasons import ENTRUSTED as BY_ENTRUSTMENT
from models.blobs import Digest
from models.draws import Replacement, TargetSwap
from models.store import replacements as store
from models.store import tasks as task_store
from models.tasks import Draw
from services.act import Act


async def record_of(act: Act, draw: Draw) -> bytes:
    """Write the record of a drawn draw; nothing personal: staff numbers, listed reasons, no evidence.

    That of a voided draw is kept as it stood (`voids`): the visits that it speaks of are no longer there.
    """
    if kept := draw.files.get(RECORD):
        return await act.house.blobs.get(Digest(kept))
    people, targets = await store.of_draw(act.db, draw.id)
    codes = {row.id: row.code for row in (await task_store.departments(act.db)).values()}
    where = await store.targets_of_visits(act.db, {row.visit_id for row in people})
    swapped = {row.visit_id: row.leaving for row in targets}
    rows: list[Replacement | TargetSwap] = sorted([*people, *targets], key=lambda row: row.line or 0)
    entries = [
        _target(row)
        if isinstance(row, TargetSwap)
        else _person(row, where.get(row.visit_id) or swapped.get(row.visit_id, ""), codes)
        for row in rows
    ]
    return record_lines(draw.number, await act.house.blobs.get(Digest(draw.files[RESULT])), entries)


def _person(row: Replacement, target: str, codes: dict[str, str]) -> dict[str, Any]:
    came = {BY_DEPARTMENT: APPOINTED, BY_ENTRUSTMENT: ENTRUSTED}.get(row.reason, FILLED)
    return {
        "kind": LEFT if not row.entering else REPLACED if row.leaving else came,
        "target": target,
        "department": codes[row.department_id],
        "leaving": row.leaving,
        "entering": row.entering,
        "way": row.way,
        "passed": list(row.passed),
        **_common(row),
    }


def _target(row: TargetSwap) -> dict[str, Any]:
    own = {"kind": TARGET, "target": row.leaving, "entering": row.entering, "passed": list(row.passed)}
    return {**own, "members": list(row.members), "absent": list(row.absent), **_common(row)}


def _common(row: Replacement | TargetSwap) -> dict[str, Any]:
    at = row.decided_at.isoformat() if row.decided_at else ""
    return {"reason": row.reason, "approved_by": row.decided_by or "", "at": at}
