"""Item lists at work on both databases: versions, walls, claiming, filing, and what a task may inspect (A1-A15)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app import samples
from inspection.deadlines import DeadlineKind
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from inspection.item_rules import Guide, ItemBody
from models.lists import ItemVersion, ListChange
from models.people import AuditEntry, Department, Member
from models.registers import Item
from models.results import Deadline, Outbox
from models.sheets import write_csv
from models.store import lists as store
from models.tasks import Task, TaskItem
from services.act import Rules
from services.clock import deadlines
from services.drawing import task_view, tasks
from services.planning import item_lists, list_view
from services.planning.item_lists import ItemOrder
from services.planning.reviews import Review
from tests.office import ADMIN, COORDINATOR, HOTELS, OBSERVER, Office

HEALTH, MARKET = "health13", "market13"  # approvers of their departments
TODAY = date(2026, 3, 2)
HOTEL_ITEM = "旅馆卫生管理检查"
BODY = ItemBody(
    name="公共场所空气质量检查", item_class="一般", basis="公共场所卫生管理条例", ratio="5%", frequency="1次/年"
)


def with_rules(office: Office, **rules: Any) -> Office:
    return replace(office, house=replace(office.house, rules=Rules(**rules)))


async def new_list(office: Office, who: str = HEALTH, kind: str = "department", name: str = "本部门清单") -> str:
    async with office.act(who) as act:
        return (await item_lists.create_list(act, name, kind)).id


async def drafted(office: Office, list_id: str, body: ItemBody = BODY, who: str = HEALTH, **order: Any) -> str:
    """Draft an item; gives the item's id."""
    async with office.act(who) as act:
        return (await item_lists.draft_items(act, list_id, [ItemOrder(body=body, **order)]))[0].item_id


async def published(
    office: Office, list_id: str, valid_from: date = TODAY, who: str = HEALTH, review: Review | None = None
) -> item_lists.Published:
    async with office.act(who) as act:
        return await item_lists.publish(act, list_id, valid_from, "依据新法规调整", review)


async def changed(office: Office, list_id: str, item_id: str, body: ItemBody, who: str = HEALTH) -> None:
    async with office.act(who) as act:
        await item_lists.draft_change(act, list_id, item_id, ItemOrder(body=body))


async def joint(office: Office) -> str:
    async with office.act() as act:
        found = await store.joint_list(act.db)
    assert found is not None
    return found.id


async def department_id(office: Office, code: str) -> str:
    return (await office.all(select(Department.id).where(Department.code == code)))[0]


async def detail(office: Office, list_id: str, on: date | None = None, who: str = COORDINATOR) -> dict[str, Any]:
    async with office.act(who) as act:
        return await list_view.list_detail(act, list_id, on)


async def hotel_task(office: Office, **order: Any) -> str:
    return await office.task(HOTELS, **order)


async def version_of(office: Office, task_id: str, name: str = HOTEL_ITEM) -> ItemVersion:
    query = select(ItemVersion).join(TaskItem, TaskItem.version_id == ItemVersion.id)
    return (await office.all(query.where(TaskItem.task_id == task_id, TaskItem.name == name)))[0]


async def hotel_item(office: Office) -> str:
    return (await office.all(select(Item.id).where(Item.name == HOTEL_ITEM)))[0]


# --- from a table to a list ---


async def test_an_imported_table_is_the_joint_list_in_force(office: Office) -> None:
    """A5, A10: every row of the office's table is version 1, in force since New Year, and asks for no filing."""
    found = await detail(office, await joint(office))
    assert (found["kind"], len(found["rows"]), found["drafts"]) == ("joint", len(samples.sample_items()), 0)
    assert {(row["number"], row["valid_from"]) for row in found["rows"]} == {(1, date(2026, 1, 1))}
    assert [(one["number"], one["filed"]) for one in found["changes"]] == [(1, True)]
    assert await office.count(Deadline, Deadline.kind == DeadlineKind.FILE_LIST.value) == 0


async def test_a_table_that_changes_an_item_makes_a_new_version(office: Office) -> None:
    """A10, A11: only what differs gets one, from today on, and the change waits to be filed."""
    rows = [list(row) for row in samples.sample_items()]
    rows[0][9] = "检查内容按新办法调整"
    await office.import_file("items", write_csv(samples.ITEM_HEADERS, rows))
    await office.import_file("items", write_csv(samples.ITEM_HEADERS, rows))
    newer = await office.all(select(ItemVersion).where(ItemVersion.number > 1))
    assert [(one.number, one.valid_from, one.body["content"]) for one in newer] == [(2, TODAY, "检查内容按新办法调整")]
    assert await office.count(ListChange) == 2
    assert await office.count(Deadline, Deadline.kind == "file-list", Deadline.settled_at.is_(None)) == 1


async def test_a_table_tried_only_leaves_no_version(office: Office) -> None:
    """A10: a dry run changes nothing, versions included."""
    rows = [list(row) for row in samples.sample_items()]
    rows[0][9] = "试一试"
    await office.import_file("items", write_csv(samples.ITEM_HEADERS, rows), dry_run=True)
    assert await office.count(ItemVersion, ItemVersion.number > 1) == 0


async def test_what_was_changed_by_hand_survives_the_same_table(office: Office) -> None:
    """A10: importing the unchanged file again does not take a published change back."""
    list_id, item_id = await joint(office), await hotel_item(office)
    await changed(office, list_id, item_id, ItemBody(name=HOTEL_ITEM, content="新内容"), who=COORDINATOR)
    await published(office, list_id, who=COORDINATOR)
    await office.import_file("items", write_csv(samples.ITEM_HEADERS, samples.sample_items()))
    assert await office.count(ItemVersion, ItemVersion.item_id == item_id) == 2


# --- drafts, publications, filing ---


async def test_every_column_is_kept(office: Office) -> None:
    """A1, A2, A8, A9, A12, A13: what is written down is what the list then says, and in whose name."""
    list_id, market = await new_list(office), await department_id(office, "market")
    body = ItemBody(
        name="事项",
        domain="领域",
        sub_item="子项",
        code="07",
        basis="依据",
        subject="对象",
        content="内容",
        method="实地核查",
        ratio="10%(20户)",
        frequency="1次/年",
        ratio_source="上级规定",
        publication="公示系统",
        item_class="一般",
        level="县级",
        skill="卫生",
        batches=True,
        note="备注",
        guide=Guide(steps="流程", approval="权限", publication="程序", filing="归档", drawing="摇号"),
    )
    form = {"version": "1", "title": "检查表", "questions": [{"id": "q", "text": "是否合格？", "kind": "yesno"}]}
    await drafted(office, list_id, body, partner_ids=(market,), form=form)
    await published(office, list_id)
    row = (await detail(office, list_id))["rows"][0]
    assert {name: row[name] for name in body.as_data()} == body.as_data()
    assert (row["department"], row["partners"], row["guide_gaps"]) == ("卫生健康局", ["市场监督管理局"], [])
    assert [one["id"] for one in row["form"]["questions"]] == ["q"]


async def test_a_draft_is_inspected_by_nobody(office: Office) -> None:
    """A3: an item is inspected from its publication's day on, not before, and not after its removal's day."""
    list_id = await new_list(office)
    item_id = await drafted(office, list_id)
    others = await office.all(select(Item.id).where(Item.name == HOTEL_ITEM))
    window = {"starts_on": date(2026, 4, 1), "ends_on": date(2026, 6, 30)}
    chosen = {"item_ids": (item_id, *others), **window}
    with pytest.raises(NotFoundError, match="清单之外"):
        await hotel_task(office, **chosen)
    await published(office, list_id, date(2026, 4, 2))
    with pytest.raises(NotFoundError, match="清单之外"):
        await hotel_task(office, ratio="0.05", **chosen)
    later = {**chosen, "starts_on": date(2026, 4, 2)}
    assert await hotel_task(office, ratio="0.05", **later)
    async with office.act(HEALTH) as act:
        await item_lists.withdraw(act, list_id, item_id)
    assert await hotel_task(office, ratio="0.05", **later)  # a draft removal removes nothing
    await published(office, list_id, date(2026, 6, 30))
    with pytest.raises(NotFoundError, match="清单之外"):
        await hotel_task(office, ratio="0.05", **later)
    assert await hotel_task(office, ratio="0.05", **{**later, "ends_on": date(2026, 6, 29)})


async def test_a_task_keeps_the_version_it_was_made_with(office: Office) -> None:
    """A10: a later change reaches later tasks only, and an earlier task goes on with its own words."""
    list_id, item_id = await joint(office), await hotel_item(office)
    old = await hotel_task(office)
    health, market, fire = [await department_id(office, code) for code in ("health", "market", "fire")]
    order = ItemOrder(body=ItemBody(name=HOTEL_ITEM, basis="新依据"), department_id=health, partner_ids=(market, fire))
    async with office.act() as act:
        await item_lists.draft_change(act, list_id, item_id, order)
    await published(office, list_id, who=COORDINATOR)
    new = await hotel_task(office)
    assert (await version_of(office, old)).number == 1
    assert (await version_of(office, new)).number == 2
    basis = select(TaskItem.basis).where(TaskItem.name == HOTEL_ITEM)
    assert set(await office.all(basis.where(TaskItem.task_id == new))) == {"新依据"}
    assert "新依据" not in await office.all(basis.where(TaskItem.task_id == old))
    async with office.act() as act:
        assert (await tasks.prepare(act, old)).status == "prepared"


async def test_a_task_whose_item_left_the_list_is_not_frozen(office: Office) -> None:
    """A3: between making and freezing a task the list may have lost its item."""
    list_id, item_id = await joint(office), await hotel_item(office)
    task_id = await hotel_task(office, item_ids=(item_id,))
    async with office.act() as act:
        await item_lists.withdraw(act, list_id, item_id)
    await published(office, list_id, who=COORDINATOR)
    with pytest.raises(ConflictError, match=HOTEL_ITEM):
        async with office.act() as act:
            await tasks.prepare(act, task_id)
    assert await office.count(Task, Task.status == "draft") == 1


async def test_a_task_that_lost_an_item_after_it_was_prepared_is_not_frozen(office: Office) -> None:
    """A3, D4: the second person's freeze asks the list anew, and the console says why before anybody tries."""
    list_id, item_id = await joint(office), await hotel_item(office)
    task_id = await office.prepared()
    async with office.act() as act:
        await item_lists.withdraw(act, list_id, item_id)
    await published(office, list_id, who=COORDINATOR)
    with pytest.raises(ConflictError, match=HOTEL_ITEM):
        await office.freeze(task_id)
    async with office.act() as act:
        assert HOTEL_ITEM in str((await task_view.task_detail(act, task_id))["preview"]["short_risk"])


async def test_the_past_cannot_be_rewritten(office: Office) -> None:
    """A10: nothing takes effect on a day that is over, and what is published is neither thrown away nor edited."""
    list_id = await new_list(office)
    await drafted(office, list_id)
    with pytest.raises(InvalidInputError, match="生效日期"):
        await published(office, list_id, date(2026, 3, 1))
    await published(office, list_id)
    version = (await office.all(select(ItemVersion).where(ItemVersion.list_id == list_id)))[0]
    with pytest.raises(ConflictError, match="已公布"):
        async with office.act(HEALTH) as act:
            await item_lists.discard(act, version.id)
    with pytest.raises(ConflictError, match="没有待公布"):
        await published(office, list_id)


async def test_the_history_of_an_item(office: Office) -> None:
    """A10: each day shows the list of that day; the history says what changed."""
    list_id = await new_list(office)
    item_id = await drafted(office, list_id)
    await published(office, list_id)
    await changed(office, list_id, item_id, replace(BODY, ratio="3%"))
    await changed(office, list_id, item_id, replace(BODY, ratio="2%"))  # in the first draft's place
    await published(office, list_id, date(2026, 5, 1))
    async with office.act(MARKET) as act:
        rows = await list_view.history(act, item_id)
    assert [(row["number"], row["ratio"], row["changed"]) for row in rows] == [(1, "5%", []), (2, "2%", ["抽查比例"])]
    for on, ratio in ((date(2026, 4, 30), "5%"), (date(2026, 5, 1), "2%")):
        assert [row["ratio"] for row in (await detail(office, list_id, on))["rows"]] == [ratio]
    assert (await detail(office, list_id, date(2026, 3, 1)))["rows"] == []


async def test_a_draft_thrown_away_leaves_nothing(office: Office) -> None:
    """A3: an item that was never published is gone with its draft; a published one keeps its version."""
    list_id = await new_list(office)
    item_id = await drafted(office, list_id)
    for _ in range(2):
        version = (await office.all(select(ItemVersion).where(ItemVersion.item_id == item_id)))[-1]
        async with office.act(HEALTH) as act:
            await item_lists.discard(act, version.id)
        if await office.count(Item, Item.id == item_id) == 0:
            item_id = await drafted(office, list_id)
            await published(office, list_id)
            await changed(office, list_id, item_id, replace(BODY, ratio="3%"))
    assert await office.count(ItemVersion, ItemVersion.list_id == list_id) == 1


async def test_a_change_is_filed_once_and_reminded_until_then(office: Office) -> None:
    """A11: date and number; ten working days by default; the department is reminded, and no more once it is filed."""
    list_id = await new_list(office)
    await drafted(office, list_id)
    change_id = (await published(office, list_id)).change.id
    deadline = (await office.all(select(Deadline).where(Deadline.kind == "file-list")))[0]
    assert (deadline.due_on, deadline.settled_at) == (date(2026, 3, 16), None)
    office.clock.advance(days=15)  # one day too late
    async with office.act() as act:
        assert (await deadlines.remind_some(act)).reminders == 1
    told = await office.all(select(Outbox.recipient).where(Outbox.kind == "reminder"))
    approvers = await office.all(select(Member.userid).where(Member.userid.startswith("health1")))
    assert set(told) & set(approvers)
    for who, error in ((HEALTH, ForbiddenError), (ADMIN, ForbiddenError)):
        with pytest.raises(error):
            await filed(office, change_id, who=who)
    for day in (date(2026, 3, 1), date(2026, 3, 18)):
        with pytest.raises(InvalidInputError, match="备案日期"):
            await filed(office, change_id, day)
    await filed(office, change_id)
    with pytest.raises(ConflictError, match="备案"):
        await filed(office, change_id)
    shown = (await detail(office, list_id))["changes"][0]
    assert (shown["filed_on"], shown["filing_number"], shown["filed"]) == (date(2026, 3, 17), "备〔2026〕5号", True)
    office.clock.advance(days=7)
    async with office.act() as act:
        assert (await deadlines.remind_some(act)).reminders == 0


async def filed(office: Office, change_id: str, on: date = date(2026, 3, 17), who: str = COORDINATOR) -> None:
    async with office.act(who) as act:
        await item_lists.file_change(act, change_id, on, "备〔2026〕5号")


async def test_two_publications_at_once_are_two_numbers(office: Office) -> None:
    """A10: whoever comes second finds nothing left to publish; no number is given twice."""
    list_id = await new_list(office)
    await drafted(office, list_id)
    done = await asyncio.gather(*(published(office, list_id) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(one, item_lists.Published) for one in done) == 1
    assert all(isinstance(one, item_lists.Published | ConflictError) for one in done)
    assert await office.all(select(ListChange.number).where(ListChange.list_id == list_id)) == [1]


async def test_of_many_filings_one_is_kept(office: Office) -> None:
    """A11: a filing has one date and one number, whoever enters it at the same moment."""
    list_id = await new_list(office)
    await drafted(office, list_id)
    change_id = (await published(office, list_id)).change.id
    done = await asyncio.gather(*(filed(office, change_id, TODAY) for _ in range(4)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["ConflictError"] * 3 + ["NoneType"]


# --- classes and caps ---


async def test_general_items_over_the_cap_reach_no_list(office: Office) -> None:
    """A7: neither as a new item nor as a change."""
    list_id = await new_list(office)
    with pytest.raises(InvalidInputError, match="超过上限 20%"):
        await drafted(office, list_id, replace(BODY, ratio="25%"))
    item_id = await drafted(office, list_id)
    with pytest.raises(InvalidInputError, match="频次"):
        await changed(office, list_id, item_id, replace(BODY, frequency="每季度1次"))
    assert await drafted(office, list_id, replace(BODY, name="重点事项", item_class="重点", ratio="100%"))


async def test_a_cap_lowered_later_holds_at_publication(office: Office) -> None:
    """A7: the rules of the day of publication count."""
    list_id = await new_list(office)
    await drafted(office, list_id)
    with pytest.raises(InvalidInputError, match="超过上限 1%"):
        await published(with_rules(office, general_ratio_cap="0.01"), list_id)
    assert await office.count(ListChange, ListChange.list_id == list_id) == 0


async def test_too_many_key_items_warn_or_are_refused(office: Office) -> None:
    """A7: the number of 重点 items is controlled; a setting says whether by a word or by a wall."""
    list_id = await new_list(office)
    await drafted(office, list_id, replace(BODY, item_class="重点"))
    with pytest.raises(ConflictError, match="重点检查事项 1 项"):
        await published(with_rules(office, key_items_over="refuse"), list_id)
    assert await office.count(ListChange, ListChange.list_id == list_id) == 0
    assert "重点检查事项 1 项" in (await published(office, list_id)).warnings[0]
    assert "超过控制比例 50%" in (await detail(office, list_id))["warnings"][0]


# --- review ---


async def test_a_list_is_reviewed_before_it_is_published(office: Office) -> None:
    """S7: where the office names a reviewer it collects and publishes with his opinion; a department does not alone."""
    list_id = await new_list(office)
    await drafted(office, list_id)
    strict = with_rules(office, list_review_by="演示区司法局")
    opinion = Review(on=TODAY, number="演法审〔2026〕3号")
    with pytest.raises(ForbiddenError):
        await published(strict, list_id, review=opinion)
    for review, words in (
        (None, "须经演示区司法局审查"),
        (replace(opinion, number=" "), "审查日期和文号"),
        (replace(opinion, on=TODAY + timedelta(days=1)), "不能晚于今天"),
    ):
        with pytest.raises(InvalidInputError, match=words):
            await published(strict, list_id, who=COORDINATOR, review=review)
    assert await office.count(ListChange, ListChange.list_id == list_id) == 0
    assert [(await detail(strict, list_id, who=who))["can"]["publish"] for who in (HEALTH, COORDINATOR)] == [
        False,
        True,
    ]
    await published(strict, list_id, who=COORDINATOR, review=opinion)
    (change,) = (await detail(strict, list_id))["changes"]
    shown = {key: change[key] for key in ("reviewed_by", "reviewed_on", "review_number")}
    assert shown == {"reviewed_by": "演示区司法局", "reviewed_on": TODAY, "review_number": "演法审〔2026〕3号"}


async def test_without_a_reviewer_each_department_publishes_its_own(office: Office) -> None:
    """S7: a setting: by default nobody reviews, the office does not publish for a department."""
    list_id = await new_list(office)
    await drafted(office, list_id)
    with pytest.raises(ForbiddenError):
        await published(office, list_id, who=COORDINATOR)
    done = await published(office, list_id, review=Review(on=TODAY, number="1"))
    assert (done.change.reviewed_by, done.change.reviewed_on, done.change.review_number) == ("", None, "")


async def test_a_task_keeps_to_the_ratio_of_the_list(office: Office) -> None:
    """A7: a general item that the list gives 5% is not drawn from at 6%."""
    list_id = await new_list(office)
    item_id = await drafted(office, list_id)
    await published(office, list_id)
    chosen = (item_id, *await office.all(select(Item.id).where(Item.name == HOTEL_ITEM)))
    with pytest.raises(InvalidInputError, match="5%"):
        await hotel_task(office, item_ids=chosen, ratio="0.06")
    assert await hotel_task(office, item_ids=chosen, ratio="0.05")


# --- walls ---


async def test_nobody_writes_another_departments_list(office: Office) -> None:
    """A1, T4: its own approver alone, not another's, not the office, not the administrator."""
    list_id = await new_list(office)
    item_id = await drafted(office, list_id)
    version = (await office.all(select(ItemVersion).where(ItemVersion.item_id == item_id)))[0]
    for who in (MARKET, COORDINATOR, ADMIN, OBSERVER, "health01"):
        for attempt in (
            lambda who: drafted(office, list_id, who=who),
            lambda who: changed(office, list_id, item_id, BODY, who=who),
            lambda who: published(office, list_id, who=who),
        ):
            with pytest.raises(ForbiddenError):
                await attempt(who)
        with pytest.raises(ForbiddenError):
            async with office.act(who) as act:
                await item_lists.discard(act, version.id)
    for who, kind in ((HEALTH, "joint"), (HEALTH, "upper"), (ADMIN, "department"), (OBSERVER, "joint")):
        with pytest.raises(ForbiddenError):
            await new_list(office, who, kind, "越权清单")
    assert await office.count(ItemVersion, ItemVersion.list_id == list_id) == 1


async def test_drafts_are_read_by_the_keeper_and_the_office(office: Office) -> None:
    """A1: what is not published yet is nobody else's to read; what is published is everybody's."""
    list_id = await new_list(office)
    await drafted(office, list_id)
    seen = {who: len((await detail(office, list_id, who=who))["draft_rows"]) for who in (HEALTH, COORDINATOR, MARKET)}
    assert seen == {HEALTH: 1, COORDINATOR: 1, MARKET: 0}
    await published(office, list_id)
    assert len((await detail(office, list_id, who=MARKET))["rows"]) == 1


async def test_a_departments_list_holds_its_own_items(office: Office) -> None:
    """A1: the 主体 of an item on a department's list is that department; a joint list names any."""
    list_id, market = await new_list(office), await department_id(office, "market")
    with pytest.raises(InvalidInputError, match="本部门"):
        await drafted(office, list_id, department_id=market)
    for stranger in ({"department_id": "0" * 32}, {"partner_ids": ("0" * 32,)}):
        with pytest.raises(NotFoundError, match="部门"):
            await drafted(office, await joint(office), who=COORDINATOR, **stranger)
    assert await drafted(office, await joint(office), who=COORDINATOR, department_id=market)


async def test_an_item_is_changed_on_its_own_list_only(office: Office) -> None:
    """A10: another list's item is not found, and what left the list comes back as a new item only."""
    mine = await new_list(office)
    with pytest.raises(NotFoundError):
        await changed(office, mine, await hotel_item(office), BODY)
    item_id = await drafted(office, mine)
    with pytest.raises(ConflictError, match="尚未公布"):
        async with office.act(HEALTH) as act:
            await item_lists.withdraw(act, mine, item_id)
    await published(office, mine)
    async with office.act(HEALTH) as act:
        await item_lists.withdraw(act, mine, item_id)
    await published(office, mine)
    with pytest.raises(ConflictError, match="已从清单中取消"):
        await changed(office, mine, item_id, BODY)


async def test_one_name_once_a_department(office: Office) -> None:
    """A1: two lists of one name would not be told apart; another department may use the name."""
    await new_list(office)
    with pytest.raises(ConflictError, match="已有"):
        await new_list(office)
    assert await new_list(office, MARKET)


@pytest.mark.parametrize(
    "form",
    [
        {"version": "1"},
        {"version": "1", "title": "t", "questions": []},
        {"version": "1", "title": "t", "questions": ["x"]},
        {"version": "1", "title": "t", "questions": [{"id": "q", "text": "x", "kind": "poem"}]},
        {"version": "1", "title": "t", "questions": [{"id": "q", "text": "x", "kind": "yesno"}] * 2},
        {"version": "1", "title": "t", "questions": [{"id": "q", "text": "x", "kind": "number", "min": "much"}]},
    ],
)
async def test_a_broken_form_is_refused(office: Office, form: dict[str, Any]) -> None:
    """A13: one form for each item, and one that a phone can fill."""
    with pytest.raises(InvalidInputError, match="检查表"):
        await drafted(office, await new_list(office), form=form)


# --- claiming ---


async def upper_list(office: Office) -> tuple[str, dict[str, str]]:
    """A list from above with two published items: its id, and version ids by name."""
    list_id = await new_list(office, COORDINATOR, "upper", "省级清单")
    for name in ("甲事项", "乙事项"):
        await drafted(office, list_id, replace(BODY, name=name), who=COORDINATOR)
    await published(office, list_id, who=COORDINATOR)
    rows = (await detail(office, list_id))["rows"]
    return list_id, {row["name"]: row["version_id"] for row in rows}


async def claimed(office: Office, list_id: str, *version_ids: str, who: str = HEALTH) -> list[str]:
    async with office.act(who) as act:
        return [one.item_id for one in await item_lists.claim(act, list_id, version_ids)]


async def compared(office: Office, own: str, upper: str) -> dict[str, str]:
    async with office.act(HEALTH) as act:
        return {row["name"]: row["state"] for row in await list_view.comparison(act, own, upper)}


async def test_claiming_from_above(office: Office) -> None:
    """A4: unclaimed, claimed as it is, adjusted here, changed above, withdrawn above: the comparison says which."""
    upper, above = await upper_list(office)
    own = await new_list(office)
    await drafted(office, own, replace(BODY, name="自有事项"))
    assert await compared(office, own, upper) == {"自有事项": "own", "甲事项": "unclaimed", "乙事项": "unclaimed"}
    async with office.act(HEALTH) as act:
        rows = await list_view.comparison(act, own, upper)
    whose = {row["name"]: (row["department"], row["concerns"]) for row in rows}
    assert whose["自有事项"] == ("卫生健康局", True)
    assert whose["甲事项"] == ("联席会议办公室", False)
    first, second = await claimed(office, own, above["甲事项"], above["乙事项"])
    await changed(office, own, second, replace(BODY, name="乙事项", ratio="2%"))
    await published(office, own)
    assert await compared(office, own, upper) == {"自有事项": "own", "甲事项": "same", "乙事项": "adjusted"}
    upper_item = (await office.all(select(ItemVersion.item_id).where(ItemVersion.id == above["甲事项"])))[0]
    await changed(office, upper, upper_item, replace(BODY, name="甲事项", basis="新条例"), who=COORDINATOR)
    await published(office, upper, who=COORDINATOR)
    assert (await compared(office, own, upper))["甲事项"] == "outdated"
    newest = {row["name"]: row["version_id"] for row in (await detail(office, upper))["rows"]}
    assert await claimed(office, own, newest["甲事项"]) == [first]  # the same item again, as its next version
    assert (await compared(office, own, upper))["甲事项"] == "same"
    async with office.act() as act:
        await item_lists.withdraw(act, upper, upper_item)
    await published(office, upper, who=COORDINATOR)
    assert (await compared(office, own, upper))["甲事项"] == "withdrawn"


async def test_an_item_from_above_is_nobodys_before_it_is_claimed(office: Office) -> None:
    """A3, A4: the upper list is what is claimed from; by itself it lets nobody inspect."""
    upper, above = await upper_list(office)
    departments = await office.all(select(Department.id))
    async with office.act() as act:
        names = {one.name for one in await store.listed_for(act.db, departments, TODAY, TODAY)}
    assert not {"甲事项", "乙事项"} & names
    own = await new_list(office)
    await claimed(office, own, above["甲事项"])
    await published(office, own)
    async with office.act() as act:
        names = {one.name for one in await store.listed_for(act.db, departments, TODAY, TODAY)}
    assert "甲事项" in names
    assert "乙事项" not in names
    assert upper


async def test_only_published_items_of_office_lists_are_claimed(office: Office) -> None:
    """A4: neither a draft, nor another department's item, nor what an upper list has dropped."""
    own, market = await new_list(office), await new_list(office, MARKET)
    foreign = await drafted(office, market, who=MARKET)
    await published(office, market, who=MARKET)
    upper, above = await upper_list(office)
    draft = await drafted(office, upper, replace(BODY, name="草稿事项"), who=COORDINATOR)
    for item_id in (foreign, draft):
        version_id = (await office.all(select(ItemVersion.id).where(ItemVersion.item_id == item_id)))[0]
        with pytest.raises(NotFoundError):
            await claimed(office, own, version_id)
    with pytest.raises(ConflictError, match="上级清单"):
        await claimed(office, upper, above["甲事项"], who=COORDINATOR)
    assert await office.count(ItemVersion, ItemVersion.list_id == own) == 0


# --- coverage of duties, leniency, traces ---


async def test_a_list_that_covers_less_than_all_duties_says_so(office: Office) -> None:
    """A14: listed items over all enforcement duties, 100% being the aim."""
    async with office.act(HEALTH) as act:
        list_id = (await item_lists.create_list(act, "清单", "department", duties=2)).id
    await drafted(office, list_id)
    await published(office, list_id)
    found = await detail(office, list_id)
    assert found["coverage"] == 0.5
    assert "覆盖率" in found["warnings"][0]


async def test_the_leniency_list(office: Office) -> None:
    """A15: a department's own acts, in force from a day to a day; nobody ends another's, and nobody twice."""
    async with office.act(HEALTH) as act:
        row = await item_lists.add_leniency(act, "未公示卫生信誉度", "条例", "首次且及时改正", TODAY)
        assert len(await list_view.leniency_rows(act, TODAY)) == 1
        assert await list_view.leniency_rows(act, date(2026, 3, 1)) == []
    for who, day, error in (
        (MARKET, TODAY, ForbiddenError),
        (HEALTH, date(2026, 3, 1), InvalidInputError),
    ):
        with pytest.raises(error):
            async with office.act(who) as act:
                await item_lists.end_leniency(act, row.id, day)
    async with office.act(HEALTH) as act:
        await item_lists.end_leniency(act, row.id, date(2026, 6, 1))
    with pytest.raises(ConflictError):
        async with office.act(HEALTH) as act:
            await item_lists.end_leniency(act, row.id, date(2026, 7, 1))
    async with office.act(HEALTH) as act:
        assert len(await list_view.leniency_rows(act, date(2026, 5, 31))) == 1
        assert await list_view.leniency_rows(act, date(2026, 6, 1)) == []


async def test_every_act_leaves_its_trace(office: Office) -> None:
    """L2, A11: who wrote, published and filed, in the acts' own transactions."""
    list_id = await new_list(office)
    await drafted(office, list_id)
    await filed(office, (await published(office, list_id)).change.id, TODAY)
    query = select(AuditEntry.act).where(AuditEntry.subject == f"list:{list_id}").order_by(AuditEntry.id)
    assert await office.all(query) == ["list-create", "item-draft", "list-publish", "list-file"]
    assert await office.all(select(func.count(ListChange.published_by)).where(ListChange.list_id == list_id)) == [1]
