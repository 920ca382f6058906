"""What a published result says, field by field, as the national publicity system has them (H5, H6, 2.4).

approved part + exceptions by hand -> body_of -> personal data masked by rule -> exactly what the public page shows
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from inspection.clues import SOURCES
from inspection.disclosure import shown
from inspection.other_items import MARK
from inspection.outcomes import measure_text, result_text
from inspection.workdays import local_date
from models.corrections import PublicationHold
from models.registers import PlanEntry
from models.results import Deadline
from models.store import companions, disclosures
from models.store import visits as visit_store
from models.store.parts import PartCase
from models.tasks import Task
from services.act import Act

DIRECTED, UNDIRECTED = "定向", "不定向"
Named = tuple[str, str]  # an item of a task or of a visit: its id there, and its name


@dataclass(frozen=True, kw_only=True, slots=True)
class Around:
    """What the results of one task share."""

    items: Mapping[str, Sequence[Named]]  # by department
    draw_number: str
    plan_name: str
    plan_number: str
    task_code: str
    entrusted: Mapping[str, Sequence[str]] = field(default_factory=dict)  # by visit: 委托执法, in words (D9)
    experts: Mapping[str, Sequence[str]] = field(default_factory=dict)  # by visit: how many of which department (B14)
    added: Mapping[tuple[str, str], Sequence[Named]] = field(default_factory=dict)  # on the spot, by visit, department


async def added_on_the_spot(act: Act, task: Task) -> dict[tuple[str, str], list[Named]]:
    """What the groups of a task added on the spot, by visit and department, named as the public reads it."""
    found: dict[tuple[str, str], list[Named]] = {}
    for item, _ in await visit_store.added_items(act.db, task_id=task.id):
        found.setdefault((item.visit_id, item.department_id), []).append((item.id, f"{item.name}{MARK}"))
    return found


async def around(act: Act, task: Task, items: Mapping[str, Sequence[Named]], draw_number: str) -> Around:
    """Gather what the results of a task share; its national numbers are given now, if they were not before."""
    entry = await act.db.get_one(PlanEntry, task.plan_entry_id)
    entrusted: dict[str, list[str]] = {}
    for one in await companions.entrusted(act.db, task_id=task.id):
        entrusted.setdefault(one.visit_id, []).append(one.words())
    experts: dict[str, list[companions.Expert]] = {}
    for expert in await companions.experts(act.db, task_id=task.id):
        experts.setdefault(expert.visit_id, []).append(expert)
    area, day = act.house.rules.area_code, task.starts_on
    return Around(
        items=items,
        added=await added_on_the_spot(act, task),
        draw_number=draw_number,
        plan_name=entry.name,
        plan_number=await disclosures.national_number(act.db, f"plan:{entry.id}", f"{area}{entry.year}"),
        task_code=await disclosures.national_number(act.db, f"task:{task.id}", f"{area}{day:%Y%m%d}"),
        entrusted=entrusted,
        experts={visit_id: companions.nameless(some) for visit_id, some in experts.items()},
    )


def body_of(act: Act, case: PartCase, shared: Around, deadline: Deadline | None) -> dict[str, Any]:
    """Exactly what the page shows, before anything is masked: no person's name, no free words, no risk class (M2)."""
    manifest, today = case.submission.manifest, local_date(act.now)
    items = _items_of(case, shared)
    done = None if case.visit.ended_at is None else local_date(case.visit.ended_at).isoformat()
    return {
        "number": f"{case.visit.number}-{case.department.code}",
        "visit_number": case.visit.number,
        "plan_name": shared.plan_name,
        "plan_number": shared.plan_number,
        "task_name": case.task.name,
        "task_number": case.task.number,
        "task_code": shared.task_code,
        "case": SOURCES[case.task.terms["case"]["source"]] if "case" in case.task.terms else "",
        "check_type": DIRECTED if _is_directed(case.task) else UNDIRECTED,
        "target_name": case.target.name,
        "target_code": case.target.code,
        "region_code": case.target.region_code,
        "department": case.department.name,
        "items": [name for _, name in items],
        "inspected_on": done,
        "published_on": today.isoformat(),
        "due_on": deadline.due_on.isoformat() if deadline else None,
        "late": is_late(today, deadline),
        "draw_number": shared.draw_number,
        "version": 1,
        **({"entrusted": list(told)} if (told := shared.entrusted.get(case.visit.id)) else {}),
        **({"experts": list(some)} if (some := shared.experts.get(case.visit.id)) else {}),
        **_of_items(manifest, [item_id for item_id, _ in items]),
        **outcome(manifest["results"], manifest["measures"]),
    }


def _is_directed(task: Task) -> bool:
    """Tell whether the task looked at one kind of targets (定向); merged items have a scope each."""
    scopes = [task.scope, *(one["scope"] for one in task.terms.get("merge", ()))]
    return "case" in task.terms or any(
        scope.get(one) for scope in scopes for one in ("keywords", "region", "library_id")
    )


def _items_of(case: PartCase, shared: Around) -> list[Named]:
    """What the part was about: what was drawn and covers this target, then what was added there."""
    covering = {one["name"] for one in case.task.terms.get("merge", ()) if one["item_id"] in case.visit.item_ids}
    drawn = [one for one in shared.items.get(case.department.id, ()) if not covering or one[1] in covering]
    return [*drawn, *shared.added.get((case.visit.id, case.department.id), ())]


def _of_items(manifest: Mapping[str, Any], ids: Sequence[str]) -> dict[str, Any]:
    """The codes of each item, in the order of `items`; nothing where the department's are those of each item."""
    said = {one["task_item_id"]: list(one["results"]) for one in manifest.get("item_results", ())}
    return {"item_results": [said.get(one, list(manifest["results"])) for one in ids]} if said else {}


def outcome(results: Collection[str], measures: Collection[str]) -> dict[str, Any]:
    """The fields that tell a result: codes and words."""
    return {
        "results": list(results),
        "measures": list(measures),
        "result_text": result_text(results),
        "measure_text": measure_text(measures),
        "problem_free": list(results) == ["none"],
    }


def masked(body: Mapping[str, Any], hold: PublicationHold | None) -> dict[str, Any]:
    """The body as anybody may see it."""
    made, _ = shown(body, hold.fields if hold else (), hold.words if hold else ())
    return made


def is_late(published_on: date, deadline: Deadline | None) -> bool:
    """Tell whether a result came out after its last day (H2, K2)."""
    return deadline is not None and published_on > deadline.due_on
