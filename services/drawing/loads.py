"""How evenly a draw spread the work over its people, for the task's page and the minutes (D7, E5).

frozen lists + result of the draw and its parts -> inspection.draw.spread, team by team -> rows to show
"""

from __future__ import annotations

import asyncio
from typing import Any

from inspection.draw.spread import Spread, spread
from inspection.errors import ConflictError
from models.store import tasks as store
from models.tasks import Draw
from services.act import Act
from services.drawing.standins import Frozen, frozen_people


async def loads_of(act: Act, number: str) -> list[dict[str, Any]]:
    """The loads of a drawn draw by its number; ConflictError before, NotFoundError for a number never given."""
    draw = await store.draw_by_number(act.db, act.actor, number)
    if draw.drawn_at is None:
        raise ConflictError(what="人员负荷", why="尚未抽取。")
    return await rows_of(act, draw)


async def rows_of(act: Act, draw: Draw) -> list[dict[str, Any]]:
    """The loads of a drawn draw as it matched them, replacements left aside; none where it matched nobody."""
    frozen = await frozen_people(act, draw)
    names = {one.code: one.name for one in (await store.departments(act.db)).values()}
    found = await asyncio.to_thread(_measure, frozen)
    return [
        {
            "department": names.get(one.department, one.department),
            "people": one.people,
            "places": one.places,
            "short": one.short,
            "least": one.least,
            "most": one.most,
            "best_least": one.best_least,
            "best_most": one.best_most,
            "is_best": one.is_best,
            "loads": [[load, people] for load, people in one.loads.items()],
        }
        for one in found
    ]


def _measure(frozen: Frozen) -> list[Spread]:
    members: dict[str, dict[str, list[str]]] = {}
    for group in frozen.groups:
        for team in group["teams"]:
            members.setdefault(team["department"], {})[group["target"]] = team["members"]
    return [
        spread(team, frozen.people, members[team.department]) for team in frozen.teams if team.department in members
    ]
