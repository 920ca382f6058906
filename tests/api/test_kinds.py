"""Every kind of draw over real HTTP, from the order to the checked bundle (A8, C10, C12, D3, D6, P1, P2)."""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from app import verify
from handlers.edge import EDGE
from inspection.draw.freeze import ANNOUNCEMENT
from inspection.draw.result import RESULT
from inspection.quotas import region_of
from models.registers import Item, Target
from tests.api.conftest import Building, answer, ok
from tests.api.test_draw_life import SOURCES, make_task, refused
from tests.office import COORDINATOR, DICE, PUBLIC, SECOND, VALUES

NORTH, SOUTH = "370102", "370103"
HOTELS = 24


async def drawn(house: Building, path: str) -> dict[str, bytes]:
    """Take a task to its draw as two coordinators do; gives the files of its bundle, checked."""
    first, second = await house.as_member(COORDINATOR), await house.as_member(SECOND)
    await ok(first, "POST", f"{path}/prepare", json={})
    await ok(second, "POST", f"{path}/freeze", json=SOURCES)
    for name in (DICE.name, PUBLIC.name):
        await ok(second, "POST", f"{path}/seed", json={"source": name, "value": VALUES[name]})
    await ok(first, "POST", f"{path}/draw", json={})
    draw = (await ok(first, "GET", path))["draw"]
    _, minutes = await answer(first, "GET", f"/api/console/draws/{draw['number']}/minutes.pdf")
    assert minutes.startswith(b"%PDF-"), "of every kind"
    _, data = await answer(first, "GET", draw["bundle_url"])
    packed = zipfile.ZipFile(io.BytesIO(data))
    files = {name: packed.read(name) for name in packed.namelist()}
    assert verify.check(files).findings == []
    return files


async def one_of(house: Building, **order: Any) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Draw one task; gives the announcement, the result, and the task as the console shows it."""
    desk = await house.as_member(COORDINATOR)
    path = await make_task(house, desk, **order)
    files = await drawn(house, path)
    return json.loads(files[ANNOUNCEMENT]), json.loads(files[RESULT]), await ok(desk, "GET", path)


async def public_page(house: Building, shown: dict[str, Any]) -> str:
    """What anybody reads of a task's draw."""
    status, page = await answer(house.browser(), "GET", f"/public/draws/{shown['draw']['number']}")
    assert status == 200
    return str(page.decode())


async def change_hotels(house: Building, place: slice, **values: Any) -> None:
    query = select(Target.code).where(Target.business_scope.contains("住宿服务"), Target.status == "open")
    codes = (await house.office.all(query.order_by(Target.code)))[place]
    await house.office.change(Target, Target.code.in_(codes), **values)


async def test_one_of_the_two_at_random(house: Building) -> None:
    """P1, P2: only targets, then only inspectors; what is not drawn is empty, and the page says so."""
    told, result, shown = await one_of(house, mode="targets", ratio="0.2")
    assert (told["mode"], told["inspectors"]["count"], result["groups"]) == ("targets", 0, [])
    assert shown["kind_text"] == "单随机：只抽检查对象"
    assert {gap["missing"] for visit in shown["visits"] for gap in visit["short"]} == {2}
    desk = await house.as_member(COORDINATOR)
    wall = await ok(desk, "GET", f"/api/console/tasks/{shown['id']}/room")
    assert (wall["draw"]["groupless"], wall["outcome"]["rows"][0]["teams"]) == ("检查人员由各部门选派", [])
    assert wall["draw"]["counts"]["inspectors"] == told["inspectors"]["count"] == 0
    told, result, shown = await one_of(house, mode="inspectors")
    assert len(result["groups"]) == told["targets"]["count"] == len(shown["visits"])
    assert all(visit["leader"] for visit in shown["visits"])


async def test_the_batches_of_a_year_from_one_order(house: Building) -> None:
    """A8: an order by size and one by days; each batch is a task of its own, made once, and drawn on its own."""
    told, _, shown = await one_of(house, mode="order", batch_size=10)
    assert [one["count"] for one in told["batches"]] == [one["count"] for one in shown["batches"]] == [10, 10, 4]
    desk = await house.as_member(COORDINATOR)
    wall = await ok(desk, "GET", f"/api/console/tasks/{shown['id']}/room")
    batches = [row["batch"].partition("（")[0] for row in wall["outcome"]["rows"]]
    assert batches == ["第 1 批"] * 10 + ["第 2 批"] * 10 + ["第 3 批"] * 4
    assert (wall["draw"]["done_text"], wall["draw"]["groupless"]) == ("排定次序", "检查人员在各批次中另行抽取")
    assert (wall["draw"]["counts"]["batches"], wall["draw"]["counts"]["inspectors"]) == (3, 0)
    page = await public_page(house, shown)
    for words in ("只抽检查批次顺序", "第 1 批：10 户", "第 3 批：4 户", "检查人员在各批次中另行抽取"):
        assert words in page
    assert "人员名单校验值" not in page, "nobody's list was frozen"
    path = f"/api/console/tasks/{shown['id']}/batches"
    made = await ok(desk, "POST", f"{path}/1", json={})
    await refused(desk, f"{path}/1", {})
    await refused(desk, f"{path}/x", {})
    files = await drawn(house, f"/api/console/tasks/{made['id']}")
    assert len(json.loads(files[RESULT])["drawn"]) == 10
    assert (await ok(desk, "GET", f"/api/console/tasks/{made['id']}"))["parent_id"] == shown["id"]


async def test_batches_that_begin_on_given_days(house: Building) -> None:
    """A8: announced before the seed in proportion to their days, none lost; a batch's task has its days."""
    days = ["2026-03-02", "2026-04-01"]
    told, result, shown = await one_of(house, mode="order", batch_days=days, ends_on="2026-05-31")
    assert shown["kind_text"] == "只抽检查批次顺序"
    assert [one["starts_on"] for one in shown["batches"]] == days
    assert [one["count"] for one in told["batches"]] == [one["count"] for one in shown["batches"]]
    assert sum(one["count"] for one in shown["batches"]) == len(result["drawn"])
    desk = await house.as_member(COORDINATOR)
    made = await ok(desk, "POST", f"/api/console/tasks/{shown['id']}/batches/2", json={})
    batch = await ok(desk, "GET", f"/api/console/tasks/{made['id']}")
    assert (batch["starts_on"], batch["ends_on"]) == ("2026-04-01", "2026-05-31")
    assert batch["preview"]["candidates"] == shown["batches"][1]["count"]


async def test_several_items_over_one_target(house: Building) -> None:
    """C10, D1: two items of two departments, one visit a target, the higher ratio, a part for each department."""
    await change_hotels(house, slice(0, 8), business_scope="住宿服务")
    hygiene, fire = [
        (await house.office.all(select(Item.id).where(Item.name == name)))[0]
        for name in ("旅馆卫生管理检查", "旅馆消防安全检查")
    ]
    merge = [
        {"item_id": hygiene, "ratio": "0.2", "keywords": ["住宿服务"]},
        {"item_id": fire, "ratio": "0.5", "keywords": ["餐饮服务"]},
    ]
    told, result, shown = await one_of(house, merge=merge, keywords=[])
    assert [one["name"] for one in told["lower"]] == ["health", "fire"]
    assert {region_of(one["stratum"]) for one in result["drawn"]} == {"1", "2", "1+2"}
    assert len(shown["visits"]) == len(result["drawn"])
    assert shown["draw"]["parts"] == ["fire", "health"]
    assert "2 个事项合并抽取" in shown["kind_text"]
    page = await public_page(house, shown)
    assert shown["kind_text"] in page
    for name in ("卫生健康局", "消防救援大队"):
        assert f"{name}：每组 2 人" in page


async def test_drawn_above_and_dispatched_down(house: Building) -> None:
    """D6: each lower department matches its own people for its own region; its visits are its own."""
    await change_hotels(house, slice(0, 12), region_code=NORTH)
    await change_hotels(house, slice(12, None), region_code=SOUTH)
    told, result, shown = await one_of(house, ratio="0.5", lower={"market": NORTH, "fire": SOUTH})
    where = {one["target"]: region_of(one["stratum"]) for one in result["drawn"]}
    names = {NORTH: "市场监督管理局", SOUTH: "消防救援大队"}
    for visit in shown["visits"]:
        assert {one["department"] for one in visit["members"]} == {names[where[visit["target_code"]]]}
    assert {one["name"] for one in told["lower"]} == {"market", "fire"}
    assert {team["region"] for team in shown["teams"]} == {NORTH, SOUTH}
    page = await public_page(house, shown)
    assert shown["kind_text"] in page
    for one in told["lower"]:
        name = {"market": names[NORTH], "fire": names[SOUTH]}[one["name"]]
        assert f"{name}：每组 2 人" in page
        assert f"人员名单校验值（{name}）" in page
        assert one["inspectors"]["sha256"] in page
    desk = await house.as_member(COORDINATOR)
    rows = (await ok(desk, "GET", f"/api/console/draws/{shown['draw']['number']}/loads"))["rows"]
    assert {row["department"]: row["places"] for row in rows} == {
        names[region]: 2 * count for region, count in Counter(where.values()).items()
    }
    assert all(row["is_best"] and row["best_most"] == row["most"] for row in rows)


@pytest.mark.parametrize(
    ("order", "by_class"),
    [
        ({"count": 7}, None),
        ({"classes": {"A": 2, "D": 50}}, {"A": 2, "D": 3}),
        ({"ratio": "0.1", "each_region": 2}, None),
    ],
)
async def test_how_many(house: Building, order: dict[str, Any], by_class: dict[str, int] | None) -> None:
    """C12, D3: a fixed number; so many of each class; at least so many of every region."""
    await change_hotels(house, slice(None), credit_class="A", region_code=NORTH)
    await change_hotels(house, slice(0, 3), credit_class="D", region_code=SOUTH)
    told, result, _ = await one_of(house, **order)
    found = Counter(one["stratum"].partition("@")[0] for one in result["drawn"])
    regions = Counter(region_of(one["stratum"]) for one in result["drawn"])
    assert len(result["drawn"]) == order.get("count", len(result["drawn"]))
    assert by_class in (None, dict(found))
    assert "each_region" not in order or min(regions[NORTH], regions[SOUTH]) >= order["each_region"]
    assert told["scope"]["count"] == HOTELS + 1  # one of them deregistered, with its reason


@pytest.mark.parametrize(
    ("rules", "drawn"), [({}, 2), ({"small_pool_at_least": 4}, 4), ({"small_pool": 5, "small_pool_at_least": 4}, 1)]
)
async def test_a_small_pool(house: Building, rules: dict[str, int], drawn: int) -> None:
    """D3: of up to ten targets at least two are drawn, however small the ratio; both numbers are settings."""
    edge = house.app[EDGE]
    ruled = replace(edge.house, rules=replace(edge.house.rules, **rules))
    object.__setattr__(edge, "house", ruled)  # frozen for everybody but a test of the setting
    await change_hotels(house, slice(None), credit_class="A")
    await change_hotels(house, slice(6, None), business_scope="食品销售")
    _, result, _ = await one_of(house, ratio="0.01")
    assert len(result["drawn"]) == drawn
