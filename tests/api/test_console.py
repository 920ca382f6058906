"""What the console shows, to whom, and how much of it (K1, K4, L2, M1, T3)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app import samples
from inspection.actors import SYSTEM
from models.registers import PlanEntry
from services.drawing.orders import TaskOrder
from services.drawing.tasks import create_task
from services.registers import search
from tests.api.conftest import Building, answer, ok
from tests.office import ADMIN, COORDINATOR, HOTELS, OBSERVER

PAGE = 50


async def test_the_overview_counts_what_is_there(house: Building) -> None:
    """K1: registers, visits, deadlines by day, messages by status, the latest acts in Chinese words."""
    await house.office.drawn()
    seen = await ok(await house.as_member(COORDINATOR), "GET", "/api/console/overview")
    assert seen["counts"] == {
        "targets": 300,
        "inspectors": 60,
        "items": 14,
        "plan_entries": 7,
        "tasks": 1,
        "visits": 6,
        "published": 0,
        "overdue": 0,
    }
    assert seen["messages"]["waiting"] == 36
    assert seen["messages"]["held"] == 6
    assert seen["deadlines"] == sorted(seen["deadlines"], key=lambda one: str(one["due_on"]))
    assert all(one["subject_text"].startswith("演示") and not one["overdue"] for one in seen["deadlines"])
    # A sign-in is on record, but no news.
    assert [one["act_text"] for one in seen["recent"][:3]] == ["派发任务", "随机抽取", "录入随机数"]
    assert {(one["who"], one["department"]) for one in seen["recent"]} <= {
        ("演示甲一", "联席会议办公室"),
        ("演示甲二", "联席会议办公室"),
        ("演示甲三", "联席会议办公室"),
        ("系统", ""),
    }


async def test_deadlines_become_overdue_with_the_day(house: Building) -> None:
    """K2: the day after is overdue, the day itself is not."""
    await house.office.drawn()
    browser = await house.as_member(COORDINATOR)
    (due, *_) = (await ok(browser, "GET", "/api/console/overview"))["deadlines"]
    assert due["due_on"] == "2026-03-04"  # two working days to accept
    for days, overdue in ((2, 0), (1, 6)):
        house.office.clock.advance(days=days)
        browser = await house.as_member(COORDINATOR)
        assert (await ok(browser, "GET", "/api/console/overview"))["counts"]["overdue"] == overdue


async def test_the_register_is_paged_and_searched(house: Building) -> None:
    """B4: by name, by the beginning of the code, by region and status; every target once over all pages."""
    browser = await house.as_member(COORDINATOR)
    seen: list[str] = []
    for page in range(1, 8):
        found = await ok(browser, "GET", "/api/console/targets", params={"page": page})
        assert (found["total"], found["page_size"]) == (300, PAGE)
        seen += [one["code"] for one in found["rows"]]
    assert len(set(seen)) == len(seen) == 300
    rows = samples.sample_targets()
    for query, wanted in (
        ({"q": rows[4][1]}, 1),
        ({"q": "宾馆"}, sum("宾馆" in row[0] for row in rows)),
        ({"status": "deregistered"}, 3),
        ({"region": "北辰镇"}, sum(row[5] == "北辰镇" for row in rows)),
        ({"q": "没有这家"}, 0),
    ):
        assert (await ok(browser, "GET", "/api/console/targets", params=query))["total"] == wanted, query


async def test_pages_go_on_behind_what_is_counted(house: Building, monkeypatch: pytest.MonkeyPatch) -> None:
    """B6, B9: from each page to the next, every target once and in order, however few of them are counted."""
    browser = await house.as_member(COORDINATOR)
    for counted in (70, 10_000):
        monkeypatch.setattr(search, "COUNTED", counted)
        seen: list[str] = []
        after: str | None = ""
        while after is not None:
            found = await ok(browser, "GET", "/api/console/targets", params={"after": after, "status": "open"})
            assert (found["total"], found["more_than_total"]) == (min(counted, 297), counted < 297)
            seen += [one["code"] for one in found["rows"]]
            after = found["next"]
        assert len(set(seen)) == len(seen) == 297
    gone = await ok(browser, "GET", "/api/console/targets", params={"after": seen[-1], "status": "open"})
    assert (gone["rows"], gone["next"], gone["total"]) == ([], None, 297)


async def test_lists_of_people_hold_what_the_work_needs(house: Building) -> None:
    """M1: no telephone and no certificate number in the library's list; an approver sees his own department."""
    coordinator, approver = await house.as_member(COORDINATOR), await house.as_member("fire13")
    rows = (await ok(coordinator, "GET", "/api/console/inspectors"))["rows"]
    assert len(rows) == 60
    text = str(rows)
    assert not [row for row in samples.sample_inspectors() for cell in (row[5], row[7]) if cell and cell in text]
    own = (await ok(approver, "GET", "/api/console/inspectors"))["rows"]
    assert {one["department"] for one in own} == {"消防救援大队"}
    assert len(own) == 12


async def test_items_and_plan_name_their_departments(house: Building) -> None:
    """A2, C2: the list and the plan with their partners, and the tasks made from each entry."""
    task_id = await house.office.task()
    browser = await house.as_member(ADMIN)
    items = (await ok(browser, "GET", "/api/console/items"))["rows"]
    assert len(items) == 14
    assert {one["department"] for one in items} == {one.name for one in samples.DEPARTMENTS[1:]}
    plan = {one["name"]: one for one in (await ok(browser, "GET", "/api/console/plan"))["rows"]}
    assert [one["id"] for one in plan[HOTELS]["tasks"]] == [task_id]
    assert plan[HOTELS]["partners"] == ["市场监督管理局", "消防救援大队"]
    assert plan["2026年餐饮服务联合抽查"]["quota_text"] == "10%(20户)"


async def test_a_task_from_a_ratio_of_the_plan_can_be_looked_at(house: Building) -> None:
    """C1, D1: every entry of the plan that names a figure becomes a task that its page can show."""
    browser = await house.as_member(COORDINATOR)
    async with house.office.act() as act:
        entries = [
            one.id for one in await act.db.scalars(select(PlanEntry)) if one.quota["ratio"] or one.quota["count"]
        ]
        made = [(await create_task(act, TaskOrder(plan_entry_id=one))).id for one in entries]
    assert len(made) == 6
    for task_id in made:
        shown = await ok(browser, "GET", f"/api/console/tasks/{task_id}")
        assert shown["quota_text"]
        assert shown["preview"]["to_draw"] > 0
    assert [one["id"] for one in (await ok(browser, "GET", "/api/console/tasks"))["rows"]] == made[::-1]


async def test_messages_are_the_offices_alone(house: Building) -> None:
    """T3, M1: the outbox by status; an approver, an observer and an administrator read no messages."""
    await house.office.drawn()
    browser = await house.as_member(COORDINATOR)
    every = await ok(browser, "GET", "/api/console/messages")
    assert every["counts"]["waiting"] == 36
    held = await ok(browser, "GET", "/api/console/messages", params={"status": "held"})
    assert len(held["rows"]) == 6
    for userid in ("health13", OBSERVER, ADMIN):
        assert (await answer(await house.as_member(userid), "GET", "/api/console/messages"))[0] == 403


async def test_the_audit_names_who_did_what(house: Building) -> None:
    """L2: newest first, with name and department; what the system did is the system's."""
    await house.office.drawn()
    browser = await house.as_member(COORDINATOR)
    rows = (await ok(browser, "GET", "/api/console/audit", params={"limit": 1000}))["rows"]
    assert [row["at"] for row in rows] == sorted((row["at"] for row in rows), reverse=True)
    freeze = next(row for row in rows if row["act"] == "draw-freeze")
    assert (freeze["who"], freeze["department"], freeze["act_text"]) == ("演示甲一", "联席会议办公室", "冻结名单")
    assert {row["who"] for row in rows if row["act"] == "import"} == {"系统"}
    assert len((await ok(browser, "GET", "/api/console/audit", params={"limit": 1}))["rows"]) == 1


async def test_the_demos_clock_moves_forward_only(house: Building) -> None:
    """K2: a moment or so many days, not both, not backwards, not for ever; where everything is, for everybody."""
    browser = await house.as_member(ADMIN)
    before = house.office.clock()
    for body in ({}, {"days": 0}, {"days": 401}, {"days": 1, "to": "2026-03-05T09:00:00+08:00"}, {"to": "2026-03-05"}):
        assert (await answer(browser, "POST", "/api/demo/clock", json=body))[0] == 422, body
    assert house.office.clock() == before
    assert (await ok(browser, "POST", "/api/demo/clock", json={"days": 3}))["reminders"] == 0
    assert (house.office.clock() - before).days == 3
    where = await ok(house.browser(), "GET", "/api/demo/where")
    assert where["sandbox_url"] == house.sandbox.base_url


async def test_a_sign_in_is_on_record(house: Building) -> None:
    """L2: who came in and when; the system itself never signs in."""
    browser = await house.as_member("fire13")
    (row, *_) = (await ok(browser, "GET", "/api/console/audit"))["rows"]
    assert (row["act"], row["department"]) == ("sign-in", "消防救援大队")
    assert SYSTEM.member_id not in row["subject"]
