"""Replacements as the console shows them: who asks, who would come, how it ended; and the rate of substitution."""

from __future__ import annotations

from typing import Any

from inspection.actors import Role
from inspection.reasons import CHANGE_REASONS, TARGET_REASONS
from models.draws import Replacement, TargetSwap
from models.store import replacements as store
from models.store import tasks as task_store
from models.store.pools import targets_by_code
from models.store.states import STATUS_WORDS
from services.act import Act
from services.drawing import replacements


async def changes(act: Act) -> dict[str, Any]:
    """All requests that the actor may see; those about targets for the office alone."""
    rows = await store.requests(act.db, act.actor)
    names = await store.people_names(act.db, {no for row, _ in rows for no in (row.leaving, row.entering) if no})
    office = act.actor.has(Role.COORDINATOR)
    swaps = await store.swaps(act.db) if office else ()
    return {
        "people": [await _person(act, row, department, names) for row, department in rows],
        "targets": await _targets(act, list(swaps)),
    }


async def _person(act: Act, row: Replacement, department: str, names: dict[str, str]) -> dict[str, Any]:
    own = act.actor.has(Role.APPROVER) and row.department_id == act.actor.department_id
    return {
        "id": row.id,
        "visit_number": row.visit_number,
        "department": department,
        "leaving": names.get(row.leaving, ""),
        "entering": names.get(row.entering, ""),
        "reason_text": CHANGE_REASONS[row.reason],
        "evidence": row.evidence,
        "way": row.way,
        "status": row.status,
        "status_text": STATUS_WORDS[row.status],
        "asked_at": row.asked_at,
        "decided_at": row.decided_at,
        "decide": own and row.status == "asked" and row.asked_by != act.actor.member_id,
    }


async def _targets(act: Act, rows: list[TargetSwap]) -> list[dict[str, Any]]:
    found = await targets_by_code(act.db, [code for row in rows for code in (row.leaving, row.entering) if code])
    names = {code: target.name for code, target in found.items()}
    return [
        {
            "id": row.id,
            "visit_number": row.visit_number,
            "leaving": names.get(row.leaving, row.leaving),
            "entering": names.get(row.entering, row.entering),
            "reason_text": TARGET_REASONS[row.reason],
            "evidence": row.evidence,
            "status": row.status,
            "status_text": STATUS_WORDS[row.status],
            "proposed_at": row.proposed_at,
            "decide": row.status == "proposed" and row.proposed_by != act.actor.member_id,
        }
        for row in rows
    ]


async def choices(act: Act, replacement_id: str) -> dict[str, Any]:
    """Whom the approver may choose from, and who is next in order."""
    fitting, following = await replacements.choices(act, replacement_id)
    numbers = {one.staff_no for one in fitting} | ({following} if following else set())
    names = await store.people_names(act.db, numbers)
    return {
        "next": {"staff_no": following, "name": names[following]} if following else None,
        "rows": [{"staff_no": one.staff_no, "name": names[one.staff_no]} for one in fitting],
    }


async def of_task(act: Act, task_id: str, places: int) -> dict[str, Any] | None:
    """What a task's draw had replaced so far: how many of how many places, and targets."""
    draw = await task_store.draw_of(act.db, task_id)
    if draw is None:
        return None
    people, targets = await store.of_draw(act.db, draw.id)
    replaced = sum(1 for one in people if one.leaving)
    return {
        "places": places,
        "replaced": replaced,
        "filled": len(people) - replaced,
        "targets": len(targets),
        "rate": round(replaced / places, 4) if places else 0,
    }
