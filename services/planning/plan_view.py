"""Plans as the console shows them: the way they went, their entries, every revision, what may be done next (C3-C6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from inspection.actors import Role
from inspection.deadlines import DeadlineKind
from inspection.workdays import local_date
from models.people import Department
from models.plans import Plan, PlanRevision
from models.store import deadlines as deadline_store
from models.store import lists as list_store
from models.store import plans as store
from models.store import tasks as task_store
from models.store.plans import Placed
from models.store.states import STATUS_WORDS
from services.act import Act
from services.planning.plans import KINDS, LINE_FIELDS, snapshot, subject, warnings

PROPOSAL_WORDS = {"submitted": "待决定", "approved": "已同意", "returned": "未同意"}
STEP_WORDS = {"draft": "建立", "published": "公布", "adjusted": "调整", "filed": "备案", "approved": "联席会议审议通过"}


async def plan_rows(act: Act, year: int) -> list[dict[str, Any]]:
    """The plans of a year (0: all) that the actor may read."""
    return [await _plan_row(act, one) for one in await store.plans(act.db, act.actor, year)]


async def _plan_row(act: Act, plan: Plan) -> dict[str, Any]:
    names = await task_store.departments(act.db)
    filing = await deadline_store.find(act.db, DeadlineKind.FILE_PLAN.value, subject(plan))
    due = filing.due_on if filing and filing.settled_at is None else None
    shown = (
        "id", "number", "year", "kind", "joint", "imported", "title", "status", "department_id", "filed_on",
        "filing_number",
    )  # fmt: skip
    department = names[plan.department_id].name
    return {
        **{name: getattr(plan, name) for name in shown},
        "kind_text": KINDS[plan.kind],
        "status_text": STATUS_WORDS[plan.status],
        "department": department,
        "published_at": plan.published_at,
        "filing_due": due,
        "filing_overdue": due is not None and due < local_date(act.now),
        "warnings": warnings(plan, department, act.house.rules),
        "stands": plan.status in store.SETTLED,
        "can": _can(act, plan),
    }


def _can(act: Act, plan: Plan) -> dict[str, bool]:
    office, signs = act.actor.has(Role.COORDINATOR), store.signs(act.actor, plan)
    written = plan.status in {"draft", "returned"}
    return {
        "edit": store.keeps(act.actor, plan) and written,
        "submit": signs and written,
        "take_back": signs and plan.status == "submitted",
        "collect": office and plan.status == "submitted",
        "send_back": office and plan.status in {"submitted", "collected"},
        "approve": office and plan.status == "collected",
        "file": office and plan.status == "approved",
        "publish": (office or signs) and plan.status in store.SETTLED and plan.published_at is None,
        "adjust": office and plan.status in store.SETTLED,
    }


async def plan_detail(act: Act, plan_id: str) -> dict[str, Any]:
    """One plan with its entries and its way: who did which step, when (C4, L2)."""
    plan = await store.plan(act.db, act.actor, plan_id)
    found = await store.placed(act.db, plan_id=plan.id)
    steps = await store.steps(act.db, plan.id)
    people = await task_store.member_names(act.db, [one.member_id for one in steps])
    names = await task_store.departments(act.db)
    return {
        **await _plan_row(act, plan),
        "entries": await _entry_rows(act, found),
        "steps": [
            {
                "status": one.status,
                "status_text": STEP_WORDS.get(one.status, STATUS_WORDS.get(one.status, one.status)),
                "at": one.at,
                "who": people.get(one.member_id, "系统"),
                "department": names[one.department_id].name if one.department_id in names else "",
                "note": one.note,
            }
            for one in steps
        ],
    }


async def _entry_rows(act: Act, found: Sequence[Placed]) -> list[dict[str, Any]]:
    names = {one.id: one.name for one in (await task_store.departments(act.db)).values()}
    ids = [one.entry.id for one in found]
    tasks, revisions = await store.tasks_of(act.db, ids), await store.revisions(act.db, ids)
    return [_entry_row(one, names, tasks, len(revisions.get(one.entry.id, []))) for one in found]


def _entry_row(found: Placed, names: dict[str, str], tasks: dict[str, int], revisions: int) -> dict[str, Any]:
    entry, line = found.entry, found.line
    shown = ("id", "year", "name", "item_text", "scope_text", "frequency", "risk_note", "method", "mode")
    return {
        **{name: getattr(entry, name) for name in (*shown, "starts_on", "ends_on", "department_id", "partner_ids")},
        **{name: getattr(line, name) if line else None for name in LINE_FIELDS},
        "quota_text": entry.quota.get("raw", ""),
        "department": names[entry.department_id],
        "partners": [names[one] for one in entry.partner_ids if one in names],
        "withdrawn": line is not None and line.withdrawn_at is not None,
        "merged_into": line.merged_into if line else None,
        "revisions": revisions,
        "tasks": tasks.get(entry.id, 0),
    }


async def entry_history(act: Act, entry_id: str) -> list[dict[str, Any]]:
    """Every revision of an entry, oldest first: what the plan said before each adjustment stays to be read (C6)."""
    await store.entry(act.db, act.actor, entry_id)
    rows = (await store.revisions(act.db, [entry_id])).get(entry_id, [])
    people = await task_store.member_names(act.db, [one.member_id for one in rows])
    names = {one.id: one.name for one in (await task_store.departments(act.db)).values()}
    named = {id_ for one in rows for id_ in one.values.get("item_ids", ())}
    items = await list_store.item_names(act.db, named)
    return [_revision_row(one, people, names, items) for one in rows]


def _revision_row(
    row: PlanRevision, people: dict[str, str], names: dict[str, str], items: dict[str, str]
) -> dict[str, Any]:
    values = dict(row.values)
    values["items"] = [items[one] for one in values.pop("item_ids", ()) if one in items]
    values["quota_text"] = values.pop("quota").get("raw", "")
    values["department"] = names.get(values["department_id"], "")
    values["partners"] = [names[one] for one in values["partner_ids"] if one in names]
    who = people.get(row.member_id, "系统")
    return {"number": row.number, "reason": row.reason, "at": row.at, "who": who, "values": values}


async def proposal_rows(act: Act) -> list[dict[str, Any]]:
    """Adjustments asked for, newest first."""
    names = await task_store.departments(act.db)
    rows = await store.proposals(act.db, act.actor)
    placed = {one.entry.id: one for one in await store.placed(act.db, ids=[one.entry_id for one in rows])}
    shown = [dict(one.changes) for one in rows]
    now = [_same_fields(placed.get(one.entry_id), one.changes) for one in rows]
    items = await list_store.item_names(act.db, {id_ for one in (*shown, *now) for id_ in one.get("item_ids", ())})
    people = await task_store.member_names(act.db, [one.member_id for one in rows])
    return [
        {
            "id": one.id,
            "entry_id": one.entry_id,
            "entry": placed[one.entry_id].entry.name if one.entry_id in placed else "",
            "department": names[one.department_id].name,
            "changes": _in_words(changes, names, items),
            "before": _in_words(before, names, items),
            "reason": one.reason,
            "who": people.get(one.member_id, ""),
            "status": one.status,
            "status_text": PROPOSAL_WORDS[one.status],
            "at": one.at,
        }
        for one, changes, before in zip(rows, shown, now, strict=True)
    ]


def _same_fields(found: Placed | None, changes: Mapping[str, Any]) -> dict[str, Any]:
    """An entry's own values of the fields that a proposal would change."""
    values = snapshot(found) if found else {}
    values["quota"] = values.get("quota", {}).get("raw", "")
    return {name: values[name] for name in changes if name in values}


def _in_words(values: dict[str, Any], names: Mapping[str, Department], items: Mapping[str, str]) -> dict[str, Any]:
    """Values with names where they hold ids."""
    words = dict(values)
    if "item_ids" in words:
        words["items"] = [items[one] for one in words.pop("item_ids") if one in items]
    if "partner_ids" in words:
        words["partners"] = [names[one].name for one in words.pop("partner_ids") if one in names]
    return words
