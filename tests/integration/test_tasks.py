"""From a plan entry to a pool that may be frozen: laws of tasks (A3, A10, C1, D1, R1, R3)."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest
from sqlalchemy import select

from app import samples
from inspection.errors import ConflictError, InvalidInputError, NotFoundError
from models.people import AuditEntry, Inspector, Member
from models.registers import Item, Target
from models.sheets import write_csv
from models.store import tasks as store
from models.store.pools import Scope
from models.tasks import Task, TaskItem, TaskTeam
from services.drawing import task_view, tasks
from services.drawing.orders import TaskOrder
from services.drawing.tasks import ItemsNotNamedError
from services.planning import naming
from tests.office import ADMIN, COORDINATOR, DEREGISTERED_HOTEL, OBSERVER, SECOND, Office, pools_in


async def test_a_task_is_made_from_the_plan(office: Office) -> None:
    """D1: name, window, departments (the lead first) and one listed item of each department."""
    task_id = await office.task()
    async with office.act() as act:
        task = await store.task(act.db, act.actor, task_id)
        teams = await store.teams(act.db, task_id)
        items = await store.items(act.db, task_id)
    assert (task.status, task.announced, task.team_size) == ("draft", True, 2)
    assert (task.starts_on, task.ends_on) == (date(2026, 1, 1), date(2026, 11, 30))
    assert [one.department.code for one in teams] == ["health", "market", "fire"]
    assert {one.department_id for one in items} == {one.department.id for one in teams}
    assert all(one.form["questions"] for one in items)
    assert "旅馆卫生管理检查" in {one.name for one in items}


async def test_only_listed_items_may_be_inspected(office: Office) -> None:
    """A3: an item that is on no list, or on the list of departments that do not take part, is refused."""
    education = await office.all(select(Item.id).where(Item.name == "校外培训机构办学情况检查"))
    for item_ids in (("0" * 32,), tuple(education)):
        with pytest.raises((NotFoundError, InvalidInputError)):
            await office.task(item_ids=item_ids)
    assert await office.count(Task) == 0


HOTEL_ITEMS = ("旅馆卫生管理检查", "旅馆消防安全检查")
VAGUE = "旅馆业专项抽查"  # says what is looked at, and names no item


async def vague_plan(office: Office, item_text: str = "旅馆卫生与消防情况") -> None:
    """A plan entry whose words no item bears."""
    row = [
        VAGUE,
        item_text,
        "各类旅馆",
        "20%",
        "1次/年",
        "",
        "实地核查",
        "2026年",
        "卫健局",
        "市监局、消防大队",
        "县抽县查",
    ]
    assert (await office.import_file("plan", write_csv(samples.PLAN_HEADERS, [row])))["added"] == 1


async def test_the_items_are_those_that_the_plan_names(office: Office) -> None:
    """A3: each department inspects by what the plan names of its own, else by what it takes part in; nothing else."""
    task_id = await office.task()
    async with office.act() as act:
        names = {row.department.id: row.department.code for row in await store.teams(act.db, task_id)}
        teams = {row.department.code: list(row.skills) for row in await store.teams(act.db, task_id)}
        items = {(names[one.department_id], one.name) for one in await store.items(act.db, task_id)}
    assert items == {("health", HOTEL_ITEMS[0]), ("market", HOTEL_ITEMS[0]), ("fire", HOTEL_ITEMS[1])}
    assert teams == {"health": ["卫生"], "market": [], "fire": ["消防"]}  # a partner brings its own people's trade


async def test_no_item_is_guessed(office: Office) -> None:
    """A3: a plan that names no item makes no task until the office names it, for this plan or for this task alone."""
    await vague_plan(office)
    with pytest.raises(ItemsNotNamedError, match="旅馆业专项抽查”没有写明卫生健康局、市场监督管理局、消防救援大队检查"):
        await office.task(VAGUE)
    assert [await office.count(table) for table in (Task, TaskTeam, TaskItem)] == [0, 0, 0]
    chosen = tuple(await office.all(select(Item.id).where(Item.name.in_(HOTEL_ITEMS))))
    assert await office.task(VAGUE, item_ids=chosen)  # somebody chose, for this task
    entry_id = await office.entry_id(VAGUE)
    async with office.act() as act:
        await naming.name_items(act, entry_id, chosen)
    task_id = await office.task(VAGUE)  # the plan names them now
    async with office.act() as act:
        assert {one.item_id for one in await store.items(act.db, task_id)} == set(chosen)
        await tasks.prepare(act, task_id)


async def test_a_name_of_two_items_is_a_question(office: Office) -> None:
    """A3: where a department has two items of the name that the plan writes, nobody decides between them."""
    row = next(list(row) for row in samples.sample_items() if row[2] == HOTEL_ITEMS[0])
    row[3] = "民宿"
    assert (await office.import_file("items", write_csv(samples.ITEM_HEADERS, [row])))["added"] == 1
    with pytest.raises(ItemsNotNamedError, match="没有写明卫生健康局"):
        await office.task()


async def test_a_department_without_an_item_is_refused_by_name(office: Office) -> None:
    """A3: chosen items must cover every department of the task, else the sentence says which is missing."""
    health = await office.all(select(Item.id).where(Item.name == "旅馆卫生管理检查"))
    with pytest.raises(InvalidInputError, match="消防救援大队"):
        await office.task(
            item_ids=tuple(await office.all(select(Item.id).where(Item.name == "游泳场馆水质与卫生检查")))
        )
    assert await office.task(item_ids=tuple(health))  # fire and market take part in this one


async def test_a_ratio_is_a_decimal_of_the_pool(office: Office) -> None:
    """D1: what is no share from 0 to 1 is refused, and never costs memory."""
    for ratio in ("0", "1.5", "-0.1", "1/0", "1/20", "1e-999999999", "五成", "", "０.１", "0.1 ", "nan"):
        with pytest.raises(InvalidInputError, match="抽查比例"):
            await office.task(ratio=ratio)


async def test_orders_that_cannot_be_carried_out(office: Office) -> None:
    """R3: never fewer than two a department; a window runs forward; somebody names the figure."""
    orders: dict[str, dict[str, object]] = {
        "每组人数": {"team_size": 1},
        "检查时间": {"starts_on": date(2026, 6, 2), "ends_on": date(2026, 6, 1)},
        "抽查比例或数量": {"ratio": None, "count": 0},
        "计划里没有": {"plan": "学校食堂联合抽查", "ratio": None},  # 中学≥50%;小学≥30%: no figure for all
    }
    for what, order in orders.items():
        with pytest.raises(InvalidInputError, match=what):
            await office.task(**order)
    assert await office.count(Task) == 0


async def test_the_plan_gives_the_figure_where_the_order_names_none(office: Office) -> None:
    """C1: 20 % as the plan says; of 24 hotels in four classes each class is rounded up."""
    task_id = await office.task(ratio=None)
    async with office.act() as act:
        task = await store.task(act.db, act.actor, task_id)
        pool = await tasks.pool_of(act, task)
    assert task.quota == {"ratio": "0.2"}
    assert sum(pool.quotas.values()) >= 24 * 0.2


async def test_numbers_have_no_gaps(office: Office) -> None:
    """D1: twelve at once get twelve numbers in a row, a refused one leaves none out."""
    entry = await office.entry_id()

    async def make() -> str:
        async with office.act() as act:
            order = TaskOrder(plan_entry_id=entry, ratio="0.2")
            return (await tasks.create_task(act, order)).number

    with pytest.raises(InvalidInputError):
        await office.task(starts_on=date(2027, 1, 1))  # refused after its number was taken
    numbers = await asyncio.gather(*(make() for _ in range(12)))
    assert sorted(numbers) == sorted(f"卫生健康抽查〔2026〕{number}号" for number in range(1, 13))


async def test_a_pool_of_nobody_is_not_prepared(office: Office) -> None:
    """D1: nothing to draw from is said before anybody comes to the draw."""
    task_id = await office.task(scope=Scope(keywords=("没有这种行业",)))
    async with office.act() as act:
        with pytest.raises(ConflictError, match="没有可抽取"):
            await tasks.prepare(act, task_id)


async def test_a_department_that_is_short_is_named(office: Office) -> None:
    """R3: with one fitting inspector left of fire, the pool is not prepared and the preview says why."""
    task_id = await office.task()
    await office.leave(Inspector.staff_no.like("FIRE%") & (Inspector.staff_no != "FIRE01"))
    async with office.act() as act:
        with pytest.raises(ConflictError, match="消防救援大队"):
            await tasks.prepare(act, task_id)
    async with office.act() as act:
        shown = await task_view.task_detail(act, task_id)
    assert shown["preview"]["short_risk"]
    assert {one["department"]: one["fitting"] for one in shown["teams"]}["消防救援大队"] == 1


async def test_prepare_happens_once(office: Office) -> None:
    """D4: a prepared task is not prepared again, and stays with who prepared it."""
    task_id = await office.prepared()
    async with office.act(SECOND) as act:
        with pytest.raises(ConflictError):
            await tasks.prepare(act, task_id)
    async with office.act() as act:
        task = await store.task(act.db, act.actor, task_id)
        assert task.prepared_by == act.actor.member_id


async def test_the_preview_adds_up(office: Office) -> None:
    """D1: in scope = candidates + excluded, the deregistered named in words."""
    task_id = await office.task()
    async with office.act() as act:
        preview = (await task_view.task_detail(act, task_id))["preview"]
    assert preview["in_scope"] == preview["candidates"] + sum(preview["excluded"].values()) == 25
    assert preview["excluded"] == {"已注销": 1}


async def test_the_deregistered_are_no_candidates(office: Office) -> None:
    """R1, D7: what is no longer open is excluded with its reason, whatever the status."""
    other = (
        await office.all(select(Target.code).where(Target.business_scope.contains("住宿服务"), Target.status == "open"))
    )[:2]
    await office.change(Target, Target.code == other[0], status="revoked")
    await office.change(Target, Target.code == other[1], status="moved")
    task_id = await office.task()
    async with office.act() as act:
        pool = await tasks.pool_of(act, await store.task(act.db, act.actor, task_id))
    reasons = {one.id: one.reason for one in pools_in(pool).exclusions}
    assert reasons == {DEREGISTERED_HOTEL: "deregistered", other[0]: "revoked", other[1]: "moved"}
    assert not reasons.keys() & {one.id for one in pools_in(pool).candidates}


async def test_department_wall_of_tasks(office: Office) -> None:
    """T3: a department sees the tasks it takes part in; another's answers exactly like one that is not there."""
    task_id = await office.task()
    for who in (COORDINATOR, OBSERVER, ADMIN, "health13", "market13", "fire13"):
        async with office.act(who) as act:
            assert (await task_view.task_detail(act, task_id))["id"] == task_id
    for who in ("ecology13", "education13"):
        async with office.act(who) as act:
            assert await task_view.task_rows(act) == []
            answers = []
            for asked in (task_id, "0" * 32):
                with pytest.raises(NotFoundError) as refused:
                    await task_view.task_detail(act, asked)
                answers.append(str(refused.value))
        assert answers[0] == answers[1]


async def test_a_later_list_does_not_reach_a_task(office: Office) -> None:
    """A10: the form stands as it was when the task was made."""
    await office.task()
    before = await office.all(select(TaskItem.form).order_by(TaskItem.id))
    rows = [[*row[:9], "全新的内容是否齐全", *row[10:]] for row in samples.sample_items()]
    report = await office.import_file("items", write_csv(samples.ITEM_HEADERS, rows))
    assert report["changed"] == len(rows)
    assert await office.all(select(TaskItem.form).order_by(TaskItem.id)) == before


async def test_who_made_it_is_on_record(office: Office) -> None:
    """L2: creating and preparing leave an audit row each, with who and when."""
    task_id = await office.prepared()
    rows = await office.all(select(AuditEntry).where(AuditEntry.subject == f"task:{task_id}").order_by(AuditEntry.id))
    member = (await office.all(select(Member.id).where(Member.userid == COORDINATOR)))[0]
    assert [(row.act, row.member_id, row.at) for row in rows] == [
        ("task-create", member, office.clock()),
        ("task-prepare", member, office.clock()),
    ]


async def test_a_refused_task_leaves_nothing(office: Office) -> None:
    """2.3.3: one transaction: no teams, items or audit rows of a task that was refused."""
    with pytest.raises(InvalidInputError):
        await office.task(starts_on=date(2027, 1, 1))
    for table in (Task, TaskTeam, TaskItem):
        assert await office.count(table) == 0
    assert await office.count(AuditEntry, AuditEntry.act == "task-create") == 0
