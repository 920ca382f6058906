"""Item lists and plans into the office (A1, A5, C1, C2), with their departments found by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.cells import Quota
from inspection.checklists import standard_form
from inspection.tables import ItemRow, PlanRow, Rejected
from models.registers import Item, PlanEntry
from services.imports.people import Directory
from services.imports.report import Outcome, Tally, digest_of

_ADDED_LATER = ("ratio", "frequency", "publication", "sub_item", "code", "note")  # in a digest only where filled


async def store_items(
    db: AsyncSession, rows: Iterable[ItemRow | Rejected], tally: Tally, owner: str | None = None
) -> Tally:
    """Compare and write items; one without a form of its own gets the standard form made from its words.

    `owner` is the department that the title names: the form of a department's own list has no column for it (A2).
    """
    directory = await Directory.load(db, tally)
    for row in rows:
        lead = owner if isinstance(row, Rejected) else row.lead or owner
        if isinstance(row, Rejected):
            tally.reject(row)
        elif lead is None:
            tally.reject(_missing(row.row, "发起部门", row.raw))
        else:
            values = await _item_values(db, directory, row, lead)
            tally.count(await _put(db, Item, digest_of(list_identity(row.identity)), values))
    return tally


async def _item_values(db: AsyncSession, directory: Directory, row: ItemRow, words: str) -> dict[str, Any]:
    lead = await directory.find_or_add(db, words)
    content = row.content or row.name
    return {
        "department_id": lead.id,
        "domain": row.domain or row.name,
        "name": row.name,
        "subject": row.subject or "",
        "partner_ids": [(await directory.find_or_add(db, words)).id for words in row.partners],
        "item_class": row.item_class.value if row.item_class else "",
        "level": "、".join(sorted(level.value for level in row.level)),
        "basis": row.basis or "",
        "content": content,
        "method": row.method or "",
        "skill": row.skill or "",
        "ratio": "；".join(quota.raw for quota in row.quota),
        "frequency": row.frequency.raw if row.frequency else "",
        "publication": row.publication or "",
        "sub_item": row.sub_item or "",
        "code": row.code or "",
        "note": row.note or "",
        "form": standard_form(row.name, content, row.basis or "").as_data(),
    }


async def store_plan(db: AsyncSession, rows: Iterable[PlanRow | Rejected], tally: Tally) -> Tally:
    """Compare and write plan entries."""
    directory = await Directory.load(db, tally)
    for row in rows:
        if isinstance(row, Rejected):
            tally.reject(row)
            continue
        values = await _plan_values(db, directory, row)
        tally.count(await _put(db, PlanEntry, digest_of(list_identity(row.identity)), values))
    return tally


async def _plan_values(db: AsyncSession, directory: Directory, row: PlanRow) -> dict[str, Any]:
    starts_on, ends_on = row.period
    lead = await directory.find_or_add(db, row.lead)
    return {
        "department_id": lead.id,
        "year": starts_on.year,
        "name": row.name,
        "item_text": row.item_text or "",
        "scope_text": row.scope_text or "",
        "quota": quota_data(row.quota),
        "frequency": row.frequency.raw if row.frequency else "",
        "risk_note": row.risk_note or "",
        "method": row.method or "",
        "mode": row.mode.raw if row.mode else "",
        "starts_on": starts_on,
        "ends_on": ends_on,
        "partner_ids": [(await directory.find_or_add(db, words)).id for words in row.partners],
    }


def quota_data(quotas: Sequence[Quota]) -> dict[str, Any]:
    """The plan's quota as data: figures that hold for all, and the cell as written."""
    whole = [quota for quota in quotas if not quota.group]
    ratio = next((f"{quota.ratio:f}" for quota in whole if quota.ratio is not None), None)
    count = next((quota.count for quota in whole if quota.count is not None), None)
    return {"ratio": ratio, "count": count, "raw": "；".join(quota.raw for quota in quotas)}


def list_identity(identity: Sequence[object]) -> dict[str, Any]:
    """An identity as something that can be digested."""
    return {str(place): part for place, part in enumerate(identity)}


async def _put(db: AsyncSession, table: type[Item | PlanEntry], key: str, values: dict[str, Any]) -> Outcome:
    digest = digest_of({name: value for name, value in values.items() if value or name not in _ADDED_LATER})
    found: Item | PlanEntry | None = await db.scalar(select(table).where(table.key == key))
    if found is None:
        db.add(table(key=key, digest=digest, **values))
        await db.flush()
        return Outcome.ADDED
    if found.digest == digest:
        return Outcome.UNCHANGED
    for name, value in {**values, "digest": digest}.items():
        setattr(found, name, value)
    await db.flush()
    return Outcome.CHANGED


def _missing(row: int, field: str, raw: Sequence[str]) -> Rejected:
    return Rejected(row=row, field=field, value="", reason="必填，不能为空", raw=tuple(raw))
