"""Item lists as the console and the public see them: in force, drafts, history, comparison (A2, A4, A7, A10-A14)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date
from typing import Any

from inspection.actors import Role
from inspection.cells import level_text
from inspection.deadlines import DeadlineKind
from inspection.item_rules import (
    ITEM_WORDS,
    ClaimState,
    ItemBody,
    claim_state,
    differences,
    guide_gaps,
    in_force,
    key_share_warning,
    list_coverage,
)
from inspection.workdays import local_date
from models.lists import ItemList, ItemVersion, ListChange
from models.people import Department
from models.store import deadlines as deadline_store
from models.store import lists as store
from models.store import tasks as task_store
from services.act import Act
from services.planning.item_lists import caps_of
from services.planning.reviews import publisher

KIND_WORDS = {"department": "部门清单", "joint": "联合清单", "upper": "上级清单"}
Names = Mapping[str, Department]


async def list_rows(act: Act) -> list[dict[str, Any]]:
    """All lists with how many items are in force today, what waits to be published, what to be filed."""
    names = await task_store.departments(act.db)
    return [await _list_row(act, row, names) for row in await store.item_lists(act.db)]


async def _list_row(act: Act, row: ItemList, names: Names) -> dict[str, Any]:
    now = await store.in_force_on(act.db, local_date(act.now), row.id)
    changes = await store.changes(act.db, row.id)
    coverage = list_coverage(len(now), row.duties)
    return {
        "id": row.id,
        "name": row.name,
        "kind": row.kind,
        "kind_text": KIND_WORDS[row.kind],
        "department": names[row.department_id].name,
        "department_id": row.department_id,
        "level": row.level,
        "duties": row.duties,
        "coverage": None if coverage is None else float(coverage),
        "items": len(now),
        "key_items": sum(one.body.get("item_class") == "重点" for one in now),
        "drafts": len(await store.drafts(act.db, row.id)) if sees_drafts(act, row) else 0,
        "unfiled": sum(not is_filed(one) for one in changes),
        "warnings": _warnings(act, row, now),
        "review_by": act.house.rules.list_review_by,
        "can": {
            "edit": store.keeps(act.actor, row),
            "publish": publisher(act)(act.actor, row),
            "file": act.actor.has(Role.COORDINATOR),
            "hand_in": may_hand_in(act, row),
        },
    }


def _warnings(act: Act, row: ItemList, now: list[ItemVersion]) -> list[str]:
    found = [key_share_warning([one.body.get("item_class", "") for one in now], caps_of(act.house.rules))]
    if row.duties and len(now) < row.duties:
        found.append(f"清单 {len(now)} 项，少于执法检查事项 {row.duties} 项，清单覆盖率未达到 100%")
    return [one for one in found if one]


def sees_drafts(act: Act, row: ItemList) -> bool:
    """Tell whether the actor may see what is not published yet: who keeps the list, and the office."""
    return store.keeps(act.actor, row) or act.actor.has(Role.COORDINATOR, Role.ADMIN)


def may_hand_in(act: Act, row: ItemList) -> bool:
    """Tell whether the actor may make the papers of a filing: the list's own department, and the office (L3)."""
    if row.kind == "upper":
        return False
    own = row.department_id == act.actor.department_id and act.actor.has(Role.APPROVER, Role.LIAISON)
    return own or act.actor.has(Role.COORDINATOR)


def is_filed(change: ListChange) -> bool:
    """Tell whether a change needs no more filing: it was filed, or it was the table that the office began with."""
    return change.filed_on is not None or (change.imported and change.number == 1)


async def list_detail(act: Act, list_id: str, on: date | None) -> dict[str, Any]:
    """One list as it holds on a day (today): items, drafts for those who may see them, changes with their filing."""
    row = await store.item_list(act.db, list_id)
    names = await task_store.departments(act.db)
    day = on or local_date(act.now)
    drafts = await store.drafts(act.db, row.id) if sees_drafts(act, row) else []
    return {
        **await _list_row(act, row, names),
        "on": day,
        "caps": asdict(caps_of(act.house.rules)),
        "rows": [version_row(one, names) for one in await store.in_force_on(act.db, day, row.id)],
        "draft_rows": [version_row(one, names) for one in drafts],
        "changes": [await _change_row(act, one) for one in await store.changes(act.db, row.id)],
    }


async def _change_row(act: Act, change: ListChange) -> dict[str, Any]:
    people = await task_store.member_names(act.db, [change.published_by, change.filed_by])
    filing = await deadline_store.find(act.db, DeadlineKind.FILE_LIST.value, f"list-change:{change.id}")
    due = filing.due_on if filing and filing.settled_at is None else None
    shown = (
        "id", "number", "reason", "imported", "valid_from", "published_at", "filed_on", "filing_number",
        "reviewed_by", "reviewed_on", "review_number",
    )  # fmt: skip
    return {
        **{name: getattr(change, name) for name in shown},
        "published_by": people.get(change.published_by, "系统"),
        "filed_by": people.get(change.filed_by or ""),
        "filed": is_filed(change),
        "filing_due": due,
        "filing_overdue": due is not None and due < local_date(act.now),
    }


def _body(version: ItemVersion) -> ItemBody:
    """What a version says, in words for people."""
    body = ItemBody.from_data(version.body)
    return replace(body, level=level_text(body.level))


def version_row(version: ItemVersion, names: Names) -> dict[str, Any]:
    """One version with every column."""
    body = _body(version)
    return {
        "item_id": version.item_id,
        "version_id": version.id,
        "number": version.number,
        "status": version.status,
        "removed": version.removed,
        "valid_from": version.valid_from,
        "department": names[version.department_id].name,
        "department_id": version.department_id,
        "partners": [names[one].name for one in version.partner_ids if one in names],
        "partner_ids": version.partner_ids,
        "claimed_from": version.claimed_from,
        **asdict(body),
        "guide_gaps": list(guide_gaps(body)),
        "form": version.form,
    }


async def history(act: Act, item_id: str) -> list[dict[str, Any]]:
    """Every published version of an item, oldest first, with what changed in each (A10)."""
    names = await task_store.departments(act.db)
    rows: list[dict[str, Any]] = []
    before: ItemBody | None = None
    for version in await store.published(act.db, item_id=item_id):
        body = _body(version)
        changed = [ITEM_WORDS[one.field] for one in differences(body, before)] if before else []
        rows.append({**version_row(version, names), "changed": changed})
        before = body
    return rows


async def comparison(act: Act, own_id: str, upper_id: str) -> list[dict[str, Any]]:
    """Hold a list against the one it claims from: what is unclaimed, the same, adjusted, outdated, gone, own (A4)."""
    own_list, upper_list = await store.item_list(act.db, own_id), await store.item_list(act.db, upper_id)
    today = local_date(act.now)
    grouped = store.by_item(await store.published(act.db, list_id=upper_list.id))
    upper_now = {item_id: in_force(versions, today) for item_id, versions in grouped.items()}
    came_from = {one.id: one for versions in grouped.values() for one in versions}
    rows, claimed = [], set()
    for version in await _standing(act, own_list, today):
        origin = came_from.get(version.claimed_from or "")
        if origin:
            claimed.add(origin.item_id)
        rows.append(_compared(version, origin, upper_now.get(origin.item_id) if origin else None))
    free = [one for item_id, one in upper_now.items() if one and item_id not in claimed]
    rows += [_comparison_row(ClaimState.UNCLAIMED, None, one) for one in free]
    names = await task_store.departments(act.db)
    return [{**_concerns(row.pop("whose"), own_list, names), **row} for row in rows]


def _concerns(version: ItemVersion, own_list: ItemList, names: Names) -> dict[str, Any]:
    """Whose item it is, and whether the list's department takes part: a department claims its own first."""
    shared = {version.department_id, *version.partner_ids}
    return {"department": names[version.department_id].name, "concerns": own_list.department_id in shared}


async def _standing(act: Act, row: ItemList, today: date) -> list[ItemVersion]:
    """What the list holds or is about to hold: in force today, a draft or a version still to come in its place."""
    found = {one.item_id: one for one in await store.in_force_on(act.db, today, row.id)}
    found |= {one.item_id: one for one in await store.in_force_on(act.db, date.max, row.id)}
    if sees_drafts(act, row):
        found |= {one.item_id: one for one in await store.drafts(act.db, row.id) if not one.removed}
    return list(found.values())


def _compared(own: ItemVersion, origin: ItemVersion | None, upper: ItemVersion | None) -> dict[str, Any]:
    if origin is None:
        return _comparison_row(ClaimState.OWN, own, None)
    upper_body = _body(upper) if upper else None
    state = claim_state(_body(own), _body(origin), upper_body)
    return _comparison_row(state, own, upper)


def _comparison_row(state: ClaimState, own: ItemVersion | None, upper: ItemVersion | None) -> dict[str, Any]:
    both = differences(_body(own), _body(upper)) if own and upper else ()
    some = own or upper
    return {
        "whose": upper or own,
        "state": state.value,
        "state_text": state.text,
        "name": some.body["name"] if some else "",
        "item_id": own.item_id if own else None,
        "upper_version_id": upper.id if upper else None,
        "differences": [asdict(one) for one in both],
    }


async def leniency_rows(act: Act, on: date | None = None) -> list[dict[str, Any]]:
    """The 免罚清单 (A15)."""
    names = await task_store.departments(act.db)
    shown = ("id", "conduct", "basis", "conditions", "valid_from", "ended_on")
    return [
        {
            **{name: getattr(one, name) for name in shown},
            "department": names[one.department_id].name,
            "mine": act.actor.has(Role.COORDINATOR)
            or (act.actor.has(Role.APPROVER) and one.department_id == act.actor.department_id),
        }
        for one in await store.leniencies(act.db, on)
    ]


async def public_lists(act: Act) -> list[dict[str, Any]]:
    """What anybody may read: lists with their items in force today, their last change, the 免罚清单 apart (A10, H6)."""
    names, today = await task_store.departments(act.db), local_date(act.now)
    found = []
    for row in await store.item_lists(act.db):
        items = await store.in_force_on(act.db, today, row.id)
        if row.kind == "upper" or not items:
            continue
        begun = [one for one in await store.changes(act.db, row.id) if one.valid_from <= today]
        found.append(
            {
                "name": row.name,
                "department": names[row.department_id].name,
                "changed": begun[0] if begun else None,
                "rows": [version_row(one, names) for one in items],
            }
        )
    return found


def today(act: Act) -> date:
    """The act's day in China."""
    return local_date(act.now)
