"""Corrections as the console shows them (J2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inspection.errors import NotFoundError
from inspection.outcomes import result_text
from models.blobs import Digest
from models.store import destructions
from models.store import disclosures as store
from models.store import tasks as task_store
from models.store.disclosures import CorrectionCase
from models.store.publications import by_number
from services.act import Act
from services.results.corrections import GROUNDS, is_head

STATUS_WORDS = {"asked": "待签字", "signed": "已更正", "declined": "未同意"}
FIELD_WORDS = {
    "results": "检查结果",
    "item_results": "各事项结果",
    "measures": "后续处置",
    "target_name": "检查对象名称",
    "inspected_on": "检查完成日期",
    "items": "抽查事项",
}


async def rows(act: Act) -> dict[str, Any]:
    """The corrections the actor may see, and the grounds there are."""
    found = await store.corrections(act.db, act.actor)
    people = await task_store.member_names(
        act.db, [one for case in found for one in (case.row.asked_by, case.row.decided_by)]
    )
    head = await is_head(act)
    return {
        "rows": [_row(act, one, people, head=head) for one in found],
        "grounds": [{"code": code, "text": text} for code, text in GROUNDS.items()],
        "signed_by": list(act.house.rules.correction_signed_by),
    }


async def correctable(act: Act, number: str) -> dict[str, Any]:
    """A published result of the actor's own department; NotFoundError for any other."""
    found = await by_number(act.db, number)
    if found.department_id != act.actor.department_id:
        raise NotFoundError(what="这份已公示的结果")
    return {"number": found.number, "version": found.version, "body": found.body}


async def evidence(act: Act, correction_id: str, digest: str) -> Digest:
    """A file of a correction that the actor may see; NotFoundError."""
    for case in await store.corrections(act.db, act.actor):
        if case.row.id == correction_id and digest in case.row.evidence:
            await destructions.refuse_destroyed(act.db, "这份材料", f"visit:{case.publication.visit_id}")
            return Digest(digest)
    raise NotFoundError(what="这份材料")


def _row(act: Act, case: CorrectionCase, people: dict[str, str], *, head: bool) -> dict[str, Any]:
    row, body = case.row, case.publication.body
    waits = row.status == "asked" and row.department_id == act.actor.department_id
    return {
        "id": row.id,
        "number": case.publication.number,
        "target_name": case.publication.target_name,
        "department": case.department.name,
        "status": row.status,
        "status_text": STATUS_WORDS[row.status],
        "ground_text": GROUNDS[row.ground],
        "reason": row.reason,
        "changes": [
            {
                "field": FIELD_WORDS[name],
                "before": _value(name, body.get(name), body["items"]) if row.status == "asked" else None,
                "after": _value(name, value, row.changes.get("items", body["items"])),
            }
            for name, value in row.changes.items()
        ],
        "evidence": row.evidence,
        "asked_by": people.get(row.asked_by, ""),
        "asked_at": row.asked_at,
        "decided_by": people.get(row.decided_by or "", ""),
        "decided_at": row.decided_at,
        "note": row.decided_note,
        "version": row.version,
        "can_sign": waits and head and row.asked_by != act.actor.member_id,
    }


def _value(name: str, value: Any, items: Sequence[str]) -> Any:
    """A value as it is shown: what each item came to, in words beside its name."""
    if name != "item_results" or not value:
        return value
    return [f"{item}：{result_text(codes)}" for item, codes in zip(items, value, strict=False)]
