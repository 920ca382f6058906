"""Replacing an inspector over real HTTP, both ways that the settings know (E1-E5)."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import pytest

from app import verify
from handlers.edge import EDGE
from tests.api.conftest import Building, answer, ok
from tests.api.test_draw_life import refused
from tests.office import COORDINATOR

HEALTH_HEAD = "health13"  # approves for the department that leads the hotels


@pytest.mark.parametrize("way", ["next-in-order", "chosen"])
async def test_both_ways_of_replacing(house: Building, way: str) -> None:
    """E3, E4: asked by the office, shown to the department's approver with who may come, decided once."""
    edge = house.app[EDGE]
    ruled = replace(edge.house, rules=replace(edge.house.rules, replacement=way))
    object.__setattr__(edge, "house", ruled)  # frozen for everybody but a test of the setting
    task_id, draw = await house.office.drawn()
    desk, head = await house.as_member(COORDINATOR), await house.as_member(HEALTH_HEAD)
    visit = (await ok(desk, "GET", f"/api/console/tasks/{task_id}"))["visits"][0]
    leaving = next(one for one in visit["members"] if one["leads"])
    asked = {"reason": "health", "evidence": "病假证明", "staff_no": leaving["no"]}
    await ok(desk, "POST", f"/api/console/visits/{visit['id']}/replacement", json=asked)
    shown = await ok(head, "GET", "/api/console/changes")
    (row,) = shown["people"]
    assert (shown["way"], row["decide"], row["status"]) == (way, True, "asked")
    path = f"/api/console/replacements/{row['id']}"
    choices = await ok(head, "GET", f"{path}/choices")
    assert choices["next"]["staff_no"] in {one["staff_no"] for one in choices["rows"]}
    favourite = next(one["staff_no"] for one in choices["rows"] if one["staff_no"] != choices["next"]["staff_no"])
    wrong, right = (favourite, "") if way == "next-in-order" else ("", favourite)
    await refused(head, f"{path}/approve", {"staff_no": wrong}, status=422)
    await ok(head, "POST", f"{path}/approve", json={"staff_no": right})
    await refused(head, f"{path}/approve", {"staff_no": right})
    now = {one["no"] for one in (await ok(desk, "GET", f"/api/console/tasks/{task_id}"))["visits"][0]["members"]}
    entered = right or choices["next"]["staff_no"]
    assert (leaving["no"] in now, entered in now) == (False, True)
    _, data = await answer(desk, "GET", f"/api/console/draws/{draw.number}/bundle")
    packed = zipfile.ZipFile(io.BytesIO(data))
    report = verify.check({name: packed.read(name) for name in packed.namelist()})
    assert report.findings == []
    assert any(line.startswith("变动记录：1 条") for line in report.lines)
