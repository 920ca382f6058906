"""Plans as anybody may read them (C5, H6): what holds, when it was filed, and every adjustment since (C6).

published plans -> by year -> entries as they stand, withdrawn ones too, with what each adjustment changed and why
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from inspection.plan_rules import changed_columns
from models.plans import Plan, PlanRevision
from models.store import plans as store
from models.store import tasks as task_store
from models.store.plans import Placed
from services.act import Act
from services.planning.plans import KINDS

_SHOWN = ("name", "item_text", "scope_text", "frequency", "method", "mode", "starts_on", "ends_on")


async def public_plans(act: Act) -> list[dict[str, Any]]:
    """The published plans, the newest year first and joint ones first in it; entries of before plans were kept too."""
    names = {one.id: one.name for one in (await task_store.departments(act.db)).values()}
    found = [one for one in await store.placed(act.db) if one.plan is None or one.plan.published_at is not None]
    revisions = await store.revisions(act.db, [one.entry.id for one in found])
    titles = {one.entry.id: one.entry.name for one in found}
    plans: dict[tuple[int, str], dict[str, Any]] = {}
    for one in found:
        key = (one.entry.year, one.plan.id if one.plan else "")
        plan = plans.setdefault(key, _plan(one.plan, one.entry.year, names))
        plan["entries"].append(_entry(one, names, revisions.get(one.entry.id, []), titles))
    return sorted(plans.values(), key=lambda one: (-one["year"], not one["joint"], one["number"]))


def _plan(plan: Plan | None, year: int, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "year": year,
        "number": plan.number if plan else "",
        "title": plan.title if plan else f"{year}年度抽查计划",
        "kind_text": KINDS[plan.kind if plan else "annual"],
        "joint": plan is None or plan.joint,
        "department": names[plan.department_id] if plan else "",
        "published_at": plan.published_at if plan else None,
        "filed_on": plan.filed_on if plan else None,
        "filing_number": plan.filing_number if plan else "",
        "entries": [],
    }


def _entry(
    found: Placed, names: Mapping[str, str], rows: Sequence[PlanRevision], titles: Mapping[str, str]
) -> dict[str, Any]:
    entry, line = found.entry, found.line
    return {
        **{name: getattr(entry, name) for name in _SHOWN},
        "form": line.form if line else "",
        "quota_text": entry.quota.get("raw") or "",
        "department": names[entry.department_id],
        "partners": [names[one] for one in entry.partner_ids if one in names],
        "withdrawn": line is not None and line.withdrawn_at is not None,
        "merged_into": titles.get(line.merged_into or "", "") if line else "",
        "adjustments": _adjustments(rows, names, found.plan),
    }


def _adjustments(rows: Sequence[PlanRevision], names: Mapping[str, str], plan: Plan | None) -> list[dict[str, Any]]:
    """What changed after the plan was public: before that, it had not been said to anybody."""
    since = plan.published_at if plan else None
    told = []
    for before, after in pairwise(rows):
        changes = changed_columns(before.values, after.values, names)
        if changes and (since is None or after.at > since):
            told.append({"at": after.at, "reason": after.reason, "changes": changes})
    return told
