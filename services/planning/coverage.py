"""Coverage of a year's plans: items never planned, departments without a joint check, figures (C7, C8, A14, K7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import select

from inspection.actors import Role
from inspection.item_matching import Listed, Match, Planned, best, match
from inspection.plan_rules import Line, without_joint
from inspection.workdays import local_date
from models.lists import ItemVersion
from models.people import Department
from models.store import lists as list_store
from models.store import plans as store
from models.store import tasks as task_store
from models.store.plans import Placed
from models.tasks import Task, TaskTeam
from services.act import Act
from services.planning.plan_changes import line_of


async def coverage(act: Act, year: int) -> dict[str, Any]:
    """What the plans of a year cover, over all departments or (for a department) over its own.

    Only entries that stand count: approved or imported, not withdrawn. Each item says which entry plans it and how
    that was found; what only may be the same is a suggestion and does not count. A department with nothing shows as
    nothing; the office itself inspects nobody and shows only where it takes part.
    """
    names = await task_store.departments(act.db)
    placed = [one for one in await store.placed(act.db, year=year) if one.settled]
    lines, plans = [line_of(one) for one in placed], [planned_of(one) for one in placed]
    versions = await list_store.in_force_on(act.db, local_date(act.now))
    items = {one.item_id: listed_of(one) for one in versions}
    matched = {item_id: best(plans, item) for item_id, item in items.items()}
    sure = {item_id for item_id, one in matched.items() if one is not None and one.certain}
    titles = {one.entry.id: one.entry.name for one in placed}
    made = await _made_joint(act, year)
    shown = _shown(act, names, items.values(), lines)
    mine = {one.id for one in shown}
    rows = [_item_row(one, names, matched[one.item_id], titles) for one in versions if _of(one) & mine]
    lonely = set(without_joint([one.id for one in shown], lines))
    return {
        "year": year,
        "items": len(rows),
        "planned_items": sum(one["planned"] for one in rows),
        "rows": rows,
        "never_planned": [one for one in rows if not one["planned"]],
        "departments": sorted(
            (_department_row(one, list(items.values()), sure, lines, made) for one in shown), key=_gap
        ),
        "without_joint": [one.name for one in shown if one.id in lonely],
        "without_joint_made": [one.name for one in shown if not made.get(one.id)],
    }


def _shown(act: Act, names: dict[str, Department], items: Iterable[Listed], lines: Sequence[Line]) -> list[Department]:
    listed, planned = (one.departments for one in items), (one.departments for one in lines)
    busy = {id_ for ids in chain(listed, planned) for id_ in ids}
    everyone = act.actor.has(Role.COORDINATOR, Role.ADMIN)
    seen = [one for one in names.values() if everyone or one.id == act.actor.department_id]
    return [one for one in seen if not one.is_office or one.id in busy]


async def matched_items(act: Act, found: Placed) -> list[str]:
    """The items in force that an entry's words name for certain: what a further one is added to."""
    versions = await list_store.in_force_on(act.db, local_date(act.now))
    line = planned_of(found)
    pairs = ((one.item_id, match(line, listed_of(one))) for one in versions)
    return [item_id for item_id, one in pairs if one is not None and one.certain]


def planned_of(found: Placed) -> Planned:
    """An entry as matching sees it; departments by id."""
    entry, line = found.entry, found.line
    return Planned(
        id=entry.id,
        departments=frozenset({entry.department_id, *entry.partner_ids}),
        name=entry.name,
        item_text=entry.item_text,
        scope_text=entry.scope_text,
        item_ids=frozenset(line.item_ids if line else ()),
    )


def listed_of(version: ItemVersion) -> Listed:
    """A version as matching sees it."""
    body = version.body
    said = {name: str(body.get(name, "")) for name in ("domain", "subject", "code")}
    return Listed(id=version.item_id, departments=_of(version), name=body["name"], **said)


def _of(version: ItemVersion) -> frozenset[str]:
    return frozenset({version.department_id, *version.partner_ids})


def _item_row(
    version: ItemVersion, names: dict[str, Department], found: Match | None, titles: dict[str, str]
) -> dict[str, Any]:
    body = version.body
    return {
        "item_id": version.item_id,
        "name": body["name"],
        "domain": body.get("domain", ""),
        "code": body.get("code", ""),
        "department": names[version.department_id].name,
        "item_class": body.get("item_class", ""),
        "planned": found is not None and found.certain,
        "entry_id": found.line_id if found else None,
        "entry": titles[found.line_id] if found else "",
        "how": found.how.value if found else None,
        "how_text": found.how.text if found else "",
        "shared": found.shared if found else "",
    }


def _department_row(
    one: Department, items: list[Listed], sure: set[str], lines: list[Line], made: dict[str, int]
) -> dict[str, Any]:
    own = [item for item in items if one.id in item.departments]
    mine = [line for line in lines if one.id in line.departments]
    return {
        "department": one.name,
        "items": len(own),
        "planned_items": sum(item.id in sure for item in own),
        "entries": len(mine),
        "joint_planned": sum(line.joint for line in mine),
        "joint_made": made.get(one.id, 0),
    }


def _gap(row: dict[str, Any]) -> tuple[bool, float, str]:
    """Order departments by what they leave unplanned; those without an item of their own come last."""
    items = row["items"]
    return not items, row["planned_items"] / items if items else 0.0, row["department"]


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
