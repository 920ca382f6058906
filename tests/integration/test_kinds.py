"""All kinds of draw on both databases: what each draws, what it leaves alone, and that its bundle checks."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from app import verify
from inspection.draw.announcement import Mode
from inspection.errors import ConflictError, InvalidInputError, NotFoundError
from inspection.quotas import class_of, region_of
from models.draws import Shortfall
from models.people import Department, Member
from models.registers import Item, Target
from models.results import Outbox
from models.store import owners as owner_store
from models.store.pools import Scope
from models.tasks import Draw, Part, Task, Visit, VisitMember
from services.drawing import batches, lowers, task_view, tasks, voids
from services.drawing.orders import MergedItem, TaskOrder
from services.field import visits
from tests.office import COORDINATOR, DEREGISTERED_HOTEL, SECOND, Office, pools_in

HOTELS = 24
NORTH, SOUTH = "370102", "370103"


def groups_of(files: dict[str, bytes], name: str) -> list[Any]:
    """The groups of a part."""
    return list(json.loads(files[f"{lowers.FOLDER}{name}/result.json"])["groups"])


def json_of(files: dict[str, bytes], name: str) -> Any:
    return json.loads(files[name])


async def checked(office: Office, draw: Draw) -> dict[str, bytes]:
    """The bundle, after the stand-alone checker has found nothing in it or in its parts."""
    files = await office.files(draw)
    report = verify.check(files)
    assert not report.findings
    told = [line.split("：")[0] for line in report.lines if line.startswith("派发")]
    assert sorted(told) == [f"派发 {name}" for name in lowers.names_of(draw)]
    return files


async def hotels(office: Office) -> list[str]:
    """The codes of all hotels, in their order."""
    return await office.all(select(Target.code).where(Target.business_scope.contains("住宿服务")).order_by(Target.code))


async def item_id(office: Office, name: str) -> str:
    (found,) = await office.all(select(Item.id).where(Item.name == name))
    return str(found)


# --- one of the two at random ---


async def test_targets_only_leaves_every_place_to_the_departments(office: Office) -> None:
    """P1: targets are drawn by quota, no inspector is; each place stands open, nobody is told to go anywhere."""
    task_id, draw = await office.drawn(mode=Mode.TARGETS)
    files = await checked(office, draw)
    assert json_of(files, "announcement.json")["mode"] == "targets"
    assert (files["inspectors.tsv"], json_of(files, "result.json")["groups"]) == (b"", [])
    visits = await office.count(Visit)
    assert visits == len(json_of(files, "result.json")["drawn"]) == 6
    assert await office.count(VisitMember) == await office.count(Part) == 0
    assert set(await office.all(select(Shortfall.missing))) == {2}
    assert await office.count(Shortfall) == visits * 3
    assert {one.channel for one in await office.all(select(Outbox))} == {"wechat"}  # the owners alone
    async with office.act() as act:
        shown = await task_view.task_detail(act, task_id)
    assert shown["kind_text"] == "单随机：只抽检查对象"


async def test_inspectors_only_checks_everybody(office: Office) -> None:
    """P2: a statutory full check draws who inspects and in which order, and leaves no target out but for a reason."""
    _, draw = await office.drawn(mode=Mode.INSPECTORS, ratio=None)
    files = await checked(office, draw)
    result = json_of(files, "result.json")
    assert len(result["drawn"]) == len(result["groups"]) == await office.count(Visit) == HOTELS
    assert files["excluded.tsv"].decode() == f"{DEREGISTERED_HOTEL}\tderegistered\n"
    loads = Counter(one for group in result["groups"] for team in group["teams"] for one in team["members"])
    by_team = {"market": [], "health": [], "fire": []}
    for line in files["inspectors.tsv"].decode().splitlines():
        number, department, _ = line.split("\t")
        if loads[number]:
            by_team[department].append(loads[number])
    assert all(max(some) - min(some) <= 1 for some in by_team.values())


# --- the order of batches ---


async def order_drawn(office: Office, **how: Any) -> tuple[str, Draw]:
    return await office.drawn(mode=Mode.ORDER, ratio=None, **(how or {"batch_size": 10}))


async def test_an_order_sends_nobody_out_and_its_batches_do(office: Office) -> None:
    """A8: all are in the order; the announcement told the batches before the seed; each batch is drawn on its own."""
    task_id, draw = await order_drawn(office)
    files = await checked(office, draw)
    told, order = json_of(files, "announcement.json"), [one["target"] for one in json_of(files, "result.json")["drawn"]]
    assert (told["mode"], len(order), told["teams"]) == ("order", HOTELS, [])
    assert [one["count"] for one in told["batches"]] == [10, 10, 4]
    assert await office.count(Visit) == await office.count(Outbox) == 0

    async with office.act() as act:
        batch = (await batches.open_batch(act, task_id, 2)).id
        await tasks.prepare(act, batch)
    with pytest.raises(ConflictError, match="已经建立"):
        async with office.act() as act:
            await batches.open_batch(act, task_id, 2)
    await office.freeze(batch)
    for name in ("监督员掷骰", "福彩"):
        await office.enter(batch, name)
    below = json_of(await checked(office, await office.draw(batch)), "result.json")
    assert {one["target"] for one in below["drawn"]} == set(order[10:20])
    assert await office.count(Visit, Visit.task_id == batch) == 10
    async with office.act() as act:
        shown = (await task_view.task_detail(act, task_id))["batches"]
    assert [(one["number"], one["count"], one["task_id"]) for one in shown] == [
        (1, 10, None),
        (2, 10, batch),
        (3, 4, None),
    ]


async def test_who_left_since_keeps_his_place_empty(office: Office) -> None:
    """A8: a target of the batch that was deregistered is excluded with its reason; nobody moves up from the next."""
    task_id, draw = await order_drawn(office)
    order = [one["target"] for one in json_of(await office.files(draw), "result.json")["drawn"]]
    await office.change(Target, Target.code == order[0], status="deregistered", name="不在关键字内")
    async with office.act() as act:
        task = await batches.open_batch(act, task_id, 1)
        pool = await tasks.pool_of(act, task)
    assert {one.id for one in pools_in(pool).candidates} == set(order[1:10])
    assert [(one.id, one.reason) for one in pools_in(pool).exclusions] == [(order[0], "deregistered")]


async def test_an_order_that_a_batch_rests_on_is_not_voided(office: Office) -> None:
    """A8: once a batch is frozen the order stands; before that a void takes its batches with it."""
    task_id, draw = await order_drawn(office)
    async with office.act() as act:
        batch = (await batches.open_batch(act, task_id, 1)).id
        await tasks.prepare(act, batch)
    await office.freeze(batch)
    with pytest.raises(ConflictError, match="1 个批次"):
        await void(office, draw)
    assert (await office.all(select(Draw.status).where(Draw.id == draw.id))) == ["drawn"]


async def test_a_voided_order_takes_its_draft_batches_along(office: Office) -> None:
    """A8: the batch of a voided order cannot be frozen; the new order makes it anew."""
    task_id, draw = await order_drawn(office)
    async with office.act() as act:
        batch = (await batches.open_batch(act, task_id, 1)).id
    await void(office, draw)
    with pytest.raises(ConflictError, match="作废"):
        async with office.act() as act:
            await tasks.prepare(act, batch)
    async with office.act() as act:
        await tasks.prepare(act, task_id)
    await office.freeze(task_id)
    for name in ("监督员掷骰", "福彩"):
        await office.enter(task_id, name)
    again = await office.draw(task_id)
    async with office.act() as act:
        assert (await batches.open_batch(act, task_id, 1)).id == batch
        await tasks.prepare(act, batch)
    assert again.number != draw.number


async def void(office: Office, draw: Draw) -> None:
    async with office.act() as act:
        row = await voids.propose(act, draw.number, "technical", "演示")
    async with office.act(SECOND) as act:
        await voids.approve(act, row.id)


async def test_batches_by_dates(office: Office) -> None:
    """A8: batches may begin on given days; a day outside the task's is refused."""
    days = (date(2026, 3, 2), date(2026, 6, 1))
    task_id, _ = await order_drawn(office, batch_days=days)
    async with office.act() as act:
        shown = (await task_view.task_detail(act, task_id))["batches"]
    assert [one["starts_on"] for one in shown] == list(days)
    assert sum(one["count"] for one in shown) == HOTELS
    with pytest.raises(InvalidInputError, match="开始日期"):
        await office.task(mode=Mode.ORDER, ratio=None, batch_days=(date(2025, 1, 1),))


async def test_more_batches_than_days_are_said_before_the_freeze(office: Office) -> None:
    """A8, D1: the page names what does not fit as soon as the task is there, and nobody can prepare it."""
    days = {"starts_on": date(2026, 3, 2), "ends_on": date(2026, 3, 6)}
    task_id = await office.task(mode=Mode.ORDER, ratio=None, batch_size=1, **days)
    async with office.act() as act:
        (said,) = (await task_view.task_detail(act, task_id))["preview"]["short_risk"]
        assert f"{HOTELS} 批需要至少 {HOTELS} 天，只有 5 天" in said
        with pytest.raises(ConflictError, match="只有 5 天"):
            await tasks.prepare(act, task_id)


# --- several items over one target ---


async def merged(office: Office) -> dict[str, Any]:
    """Hygiene of all hotels, fire safety of all who serve meals, be it a hotel or not."""
    for code in (await hotels(office))[::3]:
        await office.change(Target, Target.code == code, business_scope="住宿服务")
    hygiene, fire = await item_id(office, "旅馆卫生管理检查"), await item_id(office, "旅馆消防安全检查")
    return {
        "ratio": None,
        "merge": (
            MergedItem(item_id=hygiene, ratio="0.2", scope=Scope(keywords=("住宿服务",))),
            MergedItem(item_id=fire, ratio="0.5", scope=Scope(keywords=("餐饮服务",))),
        ),
    }


async def test_several_items_are_drawn_once_and_each_department_sends_its_own(office: Office) -> None:
    """C10, D1, R4: one visit a target whatever its items; the highest ratio counts; whose item it is comes along."""
    _, draw = await office.drawn(**await merged(office))
    files = await checked(office, draw)
    told, result = json_of(files, "announcement.json"), json_of(files, "result.json")
    assert told["items"]["2"] == {"name": "旅馆消防安全检查", "department": "fire"}
    sets = {one["target"]: region_of(one["stratum"]) for one in result["drawn"]}
    assert set(sets.values()) == {"1", "2", "1+2"}
    assert len(sets) == await office.count(Visit)
    both = sum(one["count"] for one in told["strata"] if region_of(one["stratum"]) == "1+2")
    assert Counter(sets.values())["1+2"] >= both / 2
    assert lowers.names_of(draw) == ["fire", "health"]
    rows = await office.all(
        select(Target.code)
        .join(Visit, Visit.target_id == Target.id)
        .join(Part, Part.visit_id == Visit.id)
        .join(Department, Department.id == Part.department_id)
        .where(Department.code == "fire")
    )
    assert sorted(rows) == sorted(target for target, items in sets.items() if "2" in items)
    for name in lowers.names_of(draw):
        assert all(len(team["members"]) == 2 for group in groups_of(files, name) for team in group["teams"])


async def test_a_target_of_one_merged_item_is_inspected_by_its_form_alone(office: Office) -> None:
    """C10, G4: two items of one department, each with its own scope: form and notice are of those that cover it."""
    await merged(office)
    names = {"1": "旅馆卫生管理检查", "2": "游泳场馆水质与卫生检查"}
    scopes = {"1": Scope(keywords=("住宿服务",)), "2": Scope(keywords=("餐饮服务",))}
    ids = {key: await item_id(office, name) for key, name in names.items()}
    merged_items = tuple(MergedItem(item_id=ids[key], ratio="0.5", scope=scopes[key]) for key in names)
    _, draw = await office.drawn(ratio=None, merge=merged_items)
    result = json_of(await checked(office, draw), "result.json")
    sets = {one["target"]: region_of(one["stratum"]) for one in result["drawn"]}
    assert set(sets.values()) == {"1", "2", "1+2"}
    leads = (
        select(VisitMember.visit_id, Member.userid, Target.code)
        .join(Member, Member.id == VisitMember.member_id)
        .join(Visit, Visit.id == VisitMember.visit_id)
        .join(Target, Target.id == Visit.target_id)
        .where(VisitMember.leads)
    )
    async with office.act() as act:
        rows = [(row[0], row[1], row[2]) for row in await act.db.execute(leads)]
    assert {code for *_, code in rows} == set(sets)
    for visit_id, userid, code in rows:
        own = {names[key] for key in sets[code].split("+")}
        async with office.act(userid) as act:
            assert {one["name"] for one in (await visits.visit_detail(act, visit_id)).items} == own
            told = await owner_store.items(act.db, await act.db.get_one(Visit, visit_id))
        assert {name for _, name, _ in told} == own


async def test_a_department_with_two_merged_items_sees_both_forms(office: Office) -> None:
    """C10, G4: two items of one department over one target are one part with both forms, for each of its people."""
    hygiene, pools = await item_id(office, "旅馆卫生管理检查"), await item_id(office, "游泳场馆水质与卫生检查")
    scope = Scope(keywords=("住宿服务",))
    merged_items = tuple(MergedItem(item_id=one, ratio="0.2", scope=scope) for one in (hygiene, pools))
    _, draw = await office.drawn(ratio=None, merge=merged_items)
    files = await checked(office, draw)
    assert {region_of(one["stratum"]) for one in json_of(files, "result.json")["drawn"]} == {"1+2"}
    visit_id, *_ = await office.all(select(VisitMember.visit_id).where(VisitMember.leads))
    leads = (VisitMember.visit_id == visit_id, VisitMember.leads)
    (userid,) = await office.all(select(Member.userid).join(VisitMember).where(*leads))
    async with office.act(userid) as act:
        found = await visits.visit_detail(act, visit_id)
    assert {one["name"] for one in found.items} == {"旅馆卫生管理检查", "游泳场馆水质与卫生检查"}
    assert all(one["form"]["questions"] for one in found.items)
    assert len(found.parts) == 1


async def test_what_does_not_go_together_is_refused(office: Office) -> None:
    """D1: one item is no merging, an unlisted one is not found, batches are for orders, merging is for double draws."""
    terms = await merged(office)
    for wrong in (
        {**terms, "merge": terms["merge"][:1]},
        {**terms, "merge": (terms["merge"][0],) * 2},
        {**terms, "mode": Mode.TARGETS},
        {**terms, "lower": {"fire": NORTH}},
        {"mode": Mode.ORDER},
        {"batch_size": 5},
        {"mode": Mode.ORDER, "batch_size": 0},
        {"classes": {"E": 3}},
        {"classes": {"A": -1}},
        {"classes": {}},
        {"each_region": -1},
        {"lower": {"nobody": NORTH}},
        {"lower": {"fire": "999"}},
        {**terms, "merge": (terms["merge"][0], MergedItem(item_id=terms["merge"][1].item_id, ratio="1.5"))},
    ):
        with pytest.raises(InvalidInputError):
            await office.task(**wrong)
    with pytest.raises(NotFoundError, match="清单之外"):
        await office.task(**{**terms, "merge": (terms["merge"][0], MergedItem(item_id="0" * 32, ratio="0.1"))})
    assert await office.count(Task) == 0


# --- drawn above, dispatched down ---


async def regions(office: Office) -> None:
    """Half of the hotels in the north, the others in the south."""
    codes = await hotels(office)
    for number, code in enumerate(codes):
        await office.change(Target, Target.code == code, region_code=(NORTH, SOUTH)[number % 2])


async def test_drawn_above_and_matched_below_from_the_same_seed(office: Office) -> None:
    """D6, D7: each lower department inspects its region's targets with its own people, as the draw above implies."""
    await regions(office)
    task_id, draw = await office.drawn(lower={"market": NORTH, "fire": SOUTH})
    files = await checked(office, draw)
    assert json_of(files, "announcement.json")["mode"] == "targets"
    assert lowers.names_of(draw) == ["fire", "market"]
    where = {one["target"]: region_of(one["stratum"]) for one in json_of(files, "result.json")["drawn"]}
    assert set(where.values()) == {NORTH, SOUTH}
    seen = []
    for name, region in (("market", NORTH), ("fire", SOUTH)):
        for group in groups_of(files, name):
            assert where[group["target"]] == region
            assert [team["department"] for team in group["teams"]] == [name]
            seen.append(group["target"])
    assert sorted(seen) == sorted(where)
    own = await office.all(select(Department.code).join(Visit, Visit.department_id == Department.id))
    assert Counter(own) == Counter({"market": seen_in(where, NORTH), "fire": seen_in(where, SOUTH)})
    async with office.act() as act:
        shown = await task_view.task_detail(act, task_id)
    assert "按区域派发" in shown["kind_text"]


def seen_in(where: dict[str, str], region: str) -> int:
    return sum(1 for one in where.values() if one == region)


async def test_a_target_in_nobodys_region_stops_the_freeze(office: Office) -> None:
    """D6: no target is drawn that no lower department is competent for: the page says so before the freeze."""
    await regions(office)
    task_id = await office.task(lower={"market": NORTH, "fire": "370104"})
    with pytest.raises(ConflictError, match="不在任何下级部门的区域内"):
        async with office.act() as act:
            await tasks.prepare(act, task_id)


# --- how many ---


async def strata_of(office: Office, **order: Any) -> dict[str, dict[str, int]]:
    task_id = await office.task(**order)
    async with office.act() as act:
        pool = await tasks.pool_of(act, await act.db.get_one(Task, task_id))
    counts = Counter(one.stratum for one in pools_in(pool).candidates)
    return {label: {"count": counts[label], "quota": quota} for label, quota in pool.quotas.items()}


async def test_so_many_of_each_class(office: Office) -> None:
    """C12, D3: each class gives its number, or all it has; a class without a number gives none."""
    for code in (await hotels(office))[:3]:
        await office.change(Target, Target.code == code, credit_class="D", status="open")
    found = await strata_of(office, ratio=None, classes={"A": 2, "D": 50})
    assert {class_of(label): one["quota"] for label, one in found.items() if one["quota"]} == {"A": 2, "D": 3}


async def test_every_region_gives_its_least(office: Office) -> None:
    """D3: a small region is not forgotten, and the ratio is not rounded up in every region."""
    await regions(office)
    alone = await office.all(select(Target.code).where(Target.region_code == SOUTH).order_by(Target.code))
    for code in alone[3:]:
        await office.change(Target, Target.code == code, region_code=NORTH)
    found = await strata_of(office, ratio="0.2", each_region=2)
    by_region = Counter[str]()
    for label, one in found.items():
        by_region[region_of(label)] += one["quota"]
    assert by_region[SOUTH] >= 2
    assert sum(by_region.values()) <= 6 + 2


async def test_a_number_follows_the_factors_of_the_classes(house_with_factors: Office) -> None:
    """C12, N1: with factors, a fixed number too takes more of the worse classes, and is drawn to the last."""
    for code in (await hotels(house_with_factors))[:6]:
        await house_with_factors.change(Target, Target.code == code, credit_class="D", status="open")
    found = await strata_of(house_with_factors, ratio=None, count=8)
    assert sum(one["quota"] for one in found.values()) == 8
    share = {class_of(label): one["quota"] / one["count"] for label, one in found.items() if one["count"]}
    assert share["D"] > share["A"]


@pytest.fixture
def house_with_factors(office: Office) -> Office:
    rules = replace(office.house.rules, class_ratio_factor={"A": "0.5", "B": "1", "C": "2", "D": "4"})
    return replace(office, house=replace(office.house, rules=rules))


async def test_a_small_pool_gives_at_least_two(office: Office) -> None:
    """D3: up to ten targets at least two are drawn, as the office has set."""
    codes = await hotels(office)
    for code in codes[6:]:
        await office.change(Target, Target.code == code, business_scope="食品销售")
    found = await strata_of(office, ratio="0.01")
    assert sum(one["count"] for one in found.values()) <= 10
    assert sum(one["quota"] for one in found.values()) >= 2


async def test_the_order_is_checked_for_who_may_give_it(office: Office) -> None:
    """A3: a merged item of a department that is not of the plan entry is refused by name."""
    hygiene, air = await item_id(office, "旅馆卫生管理检查"), await item_id(office, "餐饮油烟排放检查")
    entry = await office.entry_id()
    merge = (MergedItem(item_id=hygiene, ratio="0.1"), MergedItem(item_id=air, ratio="0.1"))
    with pytest.raises((InvalidInputError, NotFoundError)):
        async with office.act(COORDINATOR) as act:
            await tasks.create_task(act, TaskOrder(plan_entry_id=entry, merge=merge))
