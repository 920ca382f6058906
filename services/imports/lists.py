"""Item lists and plans into the office (A1, A5, C1, C2), with their departments found by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.cells import Level, Quota, levels
from inspection.checklists import standard_form
from inspection.errors import InvalidInputError
from inspection.item_rules import ItemBody
from inspection.tables import ItemRow, PlanRow, Rejected
from models.lists import ItemVersion
from models.registers import Item, PlanEntry
from models.store import lists as store
from services.imports.people import Directory
from services.imports.report import Outcome, Tally, digest_of

# What makes a row this one and not another, where its key says nothing.
_SAME: dict[Any, tuple[str, ...]] = {
    Item: ("department_id", "domain", "name", "subject", "sub_item"),
    PlanEntry: ("department_id", "year", "name", "item_text", "scope_text"),
}
_NOT_SHOWN = {"form", "partner_ids", "department_id"}  # not in words that a person knows
_ADDED_LATER = ("ratio", "frequency", "publication", "sub_item", "code", "note")  # in a digest only where filled


async def store_items(
    db: AsyncSession, rows: Iterable[ItemRow | Rejected], tally: Tally, owner: str | None = None
) -> Tally:
    """Compare and write items; one without a form of its own gets the standard form made from its words.

    `owner` is the department that the title names: the form of a department's own list has no column for it (A2).
    """
    directory, standing = await Directory.load(db, tally), await _standing(db)
    for row in rows:
        if isinstance(row, Rejected):
            tally.reject(row)
        elif (row.lead or owner) is None:
            tally.reject(_missing(row.row, "发起部门", row.raw))
        else:
            values = await _item_values(db, directory, row, row.lead or owner or "")
            await _put_item(db, digest_of(list_identity(row.identity)), values, standing.get(_words_of(values)), tally)
    return tally


async def _standing(db: AsyncSession) -> dict[tuple[str, ...], ItemVersion]:
    """The joint list as last published, by what identifies an item: it may have been changed since it was imported."""
    joint = await store.joint_list(db)
    versions = await store.in_force_on(db, date.max, joint.id) if joint else []
    return {_words_of({**_body(one), "department_id": one.department_id}): one for one in versions}


def _body(version: ItemVersion) -> dict[str, Any]:
    """A version's words with what an import fills in where a cell is blank."""
    body, name = version.body, version.body["name"]
    return {**body, "domain": body.get("domain") or name, "content": body.get("content") or name}


def _words_of(values: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(values.get(name, "")) for name in _SAME[Item])


async def _put_item(
    db: AsyncSession, key: str, values: dict[str, Any], version: ItemVersion | None, tally: Tally
) -> None:
    """Put an item; one that says what the version in force says is unchanged, whoever wrote that version."""
    if version is None:
        await _put(db, Item, key, values, tally)
        return
    found = await db.get_one(Item, version.item_id)
    if found.digest != _digest(values) and _says(version, values):
        tally.count(Outcome.UNCHANGED)
        return
    standard = standard_form(*(str(version.body.get(name, "")) for name in ("name", "content", "basis")))
    kept = {} if version.form == standard.as_data() else {"form": version.form}  # a form of its own stays (A13)
    await _put(db, Item, found.key, values | kept, tally)


def _says(version: ItemVersion, values: Mapping[str, Any]) -> bool:
    body = ItemBody.from_data(_body(version))
    beside = version.department_id == values["department_id"] and list(version.partner_ids) == values["partner_ids"]
    words = [name for name in ItemBody.__dataclass_fields__ if name in values and name != "level"]
    return beside and _levels(body.level) == _levels(values["level"]) and all(
        getattr(body, name) == values[name] for name in words
    )  # fmt: skip


def _levels(words: str) -> frozenset[str]:
    """Levels by value, whether the import wrote them or a person did in words."""
    known = {one.value for one in Level}
    parts = [part for part in words.split("、") if part]
    if set(parts) <= known:
        return frozenset(parts)
    try:
        return frozenset(one.value for one in levels(words))
    except InvalidInputError:
        return frozenset(parts)


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
        await _put(db, PlanEntry, digest_of(list_identity(row.identity)), values, tally)
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


async def _put(db: AsyncSession, table: type[Item | PlanEntry], key: str, values: dict[str, Any], tally: Tally) -> None:
    """Add a row, or change what differs; found by its key, or by its words where a person wrote it or another title."""
    digest = _digest(values)
    found: Item | PlanEntry | None = await db.scalar(select(table).where(table.key == key))
    if found is None:
        same = [getattr(table, name) == values[name] for name in _SAME[table]]
        found = await db.scalar(select(table).where(*same).order_by(table.id).limit(1))
    if found is None:
        db.add(table(key=key, digest=digest, **values))
        await db.flush()
        tally.count(Outcome.ADDED)
        tally.show("added", "", values["name"])
        return
    different = {name: value for name, value in values.items() if getattr(found, name) != value}
    if found.digest == digest or not different:
        tally.count(Outcome.UNCHANGED)
        return
    shown = [(name, getattr(found, name), value) for name, value in different.items() if name not in _NOT_SHOWN]
    for name, value in {**different, "digest": digest}.items():
        setattr(found, name, value)
    await db.flush()
    tally.count(Outcome.CHANGED)
    tally.show("changed", "", values["name"], shown)


def _digest(values: Mapping[str, Any]) -> str:
    return digest_of({name: value for name, value in values.items() if value or name not in _ADDED_LATER})


def _missing(row: int, field: str, raw: Sequence[str]) -> Rejected:
    return Rejected(row=row, field=field, value="", reason="必填，不能为空", raw=tuple(raw))
