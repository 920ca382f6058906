"""Coverage of a year's plans: items never planned, departments without a joint check, figures (C7, C8, A14, K7)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from inspection.actors import Role
from inspection.plan_rules import Line, Listed, covers, never_planned, without_joint
from inspection.workdays import local_date
from models.lists import ItemVersion
from models.people import Department
from models.store import lists as list_store
from models.store import plans as store
from models.store import tasks as task_store
from models.tasks import Task, TaskTeam
from services.act import Act
from services.planning.plan_changes import line_of


async def coverage(act: Act, year: int) -> dict[str, Any]:
    """What the plans of a year cover, over all departments or (for a department) over its own.

    Only entries that stand count: approved or imported, not withdrawn. A department with nothing shows as nothing.
    """
    names = await task_store.departments(act.db)
    lines = [line_of(one) for one in await store.placed(act.db, year=year) if one.settled]
    versions = await list_store.in_force_on(act.db, local_date(act.now))
    items = [_listed(one) for one in versions]
    missing = {one.id for one in never_planned(items, lines)}
    made = await _made_joint(act, year)
    everyone = act.actor.has(Role.COORDINATOR, Role.ADMIN)
    shown = [one for one in names.values() if everyone or one.id == act.actor.department_id]
    mine = {one.id for one in shown}
    lonely = set(without_joint([one.id for one in shown], lines))
    seen = [one for one in items if one.departments & mine]
    return {
        "year": year,
        "items": len(seen),
        "planned_items": sum(one.id not in missing for one in seen),
        "never_planned": [_item_row(one, names) for one in versions if one.item_id in missing and _of(one) & mine],
        "departments": [_department_row(one, items, lines, made) for one in shown],
        "without_joint": [one.name for one in shown if one.id in lonely],
        "without_joint_made": [one.name for one in shown if not made.get(one.id)],
    }


def _listed(version: ItemVersion) -> Listed:
    body = version.body
    return Listed(id=version.item_id, departments=_of(version), name=body["name"], domain=body.get("domain", ""))


def _of(version: ItemVersion) -> frozenset[str]:
    return frozenset({version.department_id, *version.partner_ids})


def _item_row(version: ItemVersion, names: dict[str, Department]) -> dict[str, Any]:
    body = version.body
    return {
        "item_id": version.item_id,
        "name": body["name"],
        "domain": body.get("domain", ""),
        "department": names[version.department_id].name,
        "item_class": body.get("item_class", ""),
    }


def _department_row(one: Department, items: list[Listed], lines: list[Line], made: dict[str, int]) -> dict[str, Any]:
    own = [item for item in items if one.id in item.departments]
    mine = [line for line in lines if one.id in line.departments]
    return {
        "department": one.name,
        "items": len(own),
        "planned_items": sum(any(covers(line, item) for line in lines) for item in own),
        "entries": len(mine),
        "joint_planned": sum(line.joint for line in mine),
        "joint_made": made.get(one.id, 0),
    }


async def _made_joint(act: Act, year: int) -> dict[str, int]:
    """Count, by department, the drawn tasks of the year's plans in which more than one department takes part."""
    query = (
        select(TaskTeam.task_id, TaskTeam.department_id)
        .join(Task, Task.id == TaskTeam.task_id)
        .where(Task.status.in_(("drawn", "finished")), Task.plan_entry_id.in_(await _entry_ids(act, year)))
    )
    teams: dict[str, set[str]] = {}
    for task_id, department_id in (await act.db.execute(query)).all():
        teams.setdefault(task_id, set()).add(department_id)
    found: dict[str, int] = {}
    for department_ids in teams.values():
        for one in department_ids if len(department_ids) > 1 else ():
            found[one] = found.get(one, 0) + 1
    return found


async def _entry_ids(act: Act, year: int) -> list[str]:
    return [one.entry.id for one in await store.placed(act.db, year=year)]
