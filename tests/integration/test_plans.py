"""Plans at work on both databases: the approval chain, filing, adjustment with history, merging, coverage (C1-C12)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from app import samples
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from inspection.item_rules import ItemBody
from models.people import AuditEntry, Department
from models.plans import Plan, PlanLine, PlanRevision
from models.registers import Item, PlanEntry
from models.results import Deadline, Outbox
from models.sheets import write_csv
from models.store import plans as store
from models.tasks import Task
from services.act import Act, Rules
from services.clock import deadlines, digests
from services.people import overview
from services.planning import coverage, item_lists, merging, naming, plan_changes, plan_view, plans, public_plans
from services.planning.item_lists import ItemOrder
from services.planning.plans import EntryOrder
from tests.office import ADMIN, COORDINATOR, HOTELS, OBSERVER, Office

HEALTH, MARKET, EDUCATION = "health13", "market13", "education13"
TODAY = date(2026, 3, 2)
LINE = EntryOrder(
    name="公共场所卫生抽查",
    starts_on=date(2026, 5, 1),
    ends_on=date(2026, 9, 30),
    quota="10%(20户)",
    scope_text="公共场所",
)
NAMED = replace(LINE, item_text="旅馆卫生管理检查")  # says which item it is about: tasks can be made from it


async def new_plan(office: Office, who: str = HEALTH, kind: str = "annual", **values: Any) -> str:
    async with office.act(who) as act:
        return (await plans.create_plan(act, "", values.pop("year", 2026), kind, **values)).id


async def add(office: Office, plan_id: str, order: EntryOrder = LINE, who: str = HEALTH) -> str:
    async with office.act(who) as act:
        return (await plans.add_entries(act, plan_id, [order]))[0]


async def step(office: Office, name: str, plan_id: str, *words: Any, who: str = COORDINATOR) -> str:
    """One step of a plan's way; gives the status it leads to."""
    async with office.act(who) as act:
        return (await getattr(plans, name)(act, plan_id, *words)).status


async def approved(office: Office, order: EntryOrder = LINE, who: str = HEALTH, **values: Any) -> tuple[str, str]:
    """A plan with one entry that the joint meeting has passed."""
    plan_id = await new_plan(office, who, **values)
    entry_id = await add(office, plan_id, order, who)
    await step(office, "submit", plan_id, who=who)
    await step(office, "collect", plan_id)
    await step(office, "approve", plan_id, "第一次联席会议纪要")
    return plan_id, entry_id


async def filing(office: Office, plan_id: str) -> Deadline:
    query = select(Deadline).where(Deadline.subject == f"plan:{plan_id}", Deadline.kind == "file-plan")
    return (await office.all(query))[0]


async def detail(office: Office, plan_id: str, who: str = COORDINATOR) -> dict[str, Any]:
    async with office.act(who) as act:
        return await plan_view.plan_detail(act, plan_id)


async def history(office: Office, entry_id: str) -> list[dict[str, Any]]:
    async with office.act(MARKET) as act:
        return await plan_view.entry_history(act, entry_id)


async def department_id(office: Office, code: str) -> str:
    return (await office.all(select(Department.id).where(Department.code == code)))[0]


# --- imported plans ---


async def test_an_imported_plan_is_filed_and_public(office: Office) -> None:
    """C4, C5: the office's table is a plan that went its way on paper; tasks are made from it at once."""
    found = (await office.all(select(Plan)))[0]
    assert (found.status, found.imported, found.published_at is not None) == ("filed", True, True)
    assert await office.count(PlanLine) == len(samples.sample_plan(2026)) == await office.count(PlanRevision)
    assert await office.count(Deadline) == 0
    assert await office.task()


async def test_a_table_that_changes_an_entry_keeps_the_old_one(office: Office) -> None:
    """C6: the old version stays visible when the office imports a changed table; the same table adds nothing."""
    rows = [list(row) for row in samples.sample_plan(2026)]
    rows[1][3] = "30%"
    for _ in range(2):
        await office.import_file("plan", write_csv(samples.PLAN_HEADERS, rows))
    found = await history(office, await office.entry_id(HOTELS))
    assert [(row["number"], row["values"]["quota_text"]) for row in found] == [(1, "20%"), (2, "30%")]


# --- the way of a plan ---


async def test_the_way_of_a_plan(office: Office) -> None:
    """C4, L2: department, office, joint meeting, filing: every step with who and when."""
    plan_id, _ = await approved(office)
    assert await step(office, "file", plan_id, TODAY, "备〔2026〕1号") == "filed"
    assert await step(office, "publish", plan_id, who=HEALTH) == "filed"
    found = await detail(office, plan_id, MARKET)
    steps = [(one["status"], one["department"]) for one in found["steps"]]
    office_name = samples.OFFICE.name
    assert steps == [
        ("draft", "卫生健康局"),
        ("submitted", "卫生健康局"),
        ("collected", office_name),
        ("approved", office_name),
        ("filed", office_name),
        ("published", "卫生健康局"),
    ]
    assert all(one["who"] and one["at"] for one in found["steps"])
    assert (found["filed_on"], found["filing_number"]) == (TODAY, "备〔2026〕1号")


async def test_no_step_is_left_out_or_done_twice(office: Office) -> None:
    """C4: from each status exactly its own steps lead on; everything else is refused and changes nothing."""
    plan_id = await new_plan(office)
    with pytest.raises(ConflictError, match="还没有任何条目"):
        await step(office, "submit", plan_id, who=HEALTH)
    await add(office, plan_id)
    words = {"approve": ("纪要",), "file": (TODAY, "1号"), "send_back": ("不全",)}
    way = ("submit", "collect", "send_back", "submit", "collect", "approve", "file")
    allowed = {"submitted": {"collect", "send_back"}, "collected": {"approve", "send_back"}, "approved": {"file"}}
    status = "draft"
    for name in way:
        may = allowed.get(status, {"submit"} if status in {"draft", "returned"} else set())
        for other in {"submit", "collect", "approve", "file", "send_back"} - may:
            with pytest.raises(ConflictError):
                await step(
                    office, other, plan_id, *words.get(other, ()), who=HEALTH if other == "submit" else COORDINATOR
                )
        status = await step(
            office, name, plan_id, *words.get(name, ()), who=HEALTH if name == "submit" else COORDINATOR
        )
    assert status == "filed"


async def test_of_many_who_decide_at_once_one_gets_through(office: Office) -> None:
    """C4: a plan is collected once, whoever presses how often."""
    plan_id = await new_plan(office)
    await add(office, plan_id)
    await step(office, "submit", plan_id, who=HEALTH)
    done = await asyncio.gather(*(step(office, "collect", plan_id) for _ in range(5)), return_exceptions=True)
    assert sum(one == "collected" for one in done) == 1
    assert all(one == "collected" or isinstance(one, ConflictError) for one in done)


async def test_a_plan_is_published_once_by_many(office: Office) -> None:
    """C5: the day of publication is that of the first who pressed."""
    plan_id, _ = await approved(office)
    done = await asyncio.gather(*(step(office, "publish", plan_id) for _ in range(4)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["ConflictError"] * 3 + ["str"]


async def test_who_may_do_what(office: Office) -> None:
    """C4, T4: a department makes and submits its own; the office alone carries it on; nobody reads another's draft."""
    plan_id = await new_plan(office)
    await add(office, plan_id)
    for who in (MARKET, "health01"):
        if who == MARKET:
            with pytest.raises(NotFoundError):
                await detail(office, plan_id, who)
        with pytest.raises((NotFoundError, ForbiddenError)):
            await add(office, plan_id, who=who)
        with pytest.raises((NotFoundError, ForbiddenError)):
            await step(office, "submit", plan_id, who=who)
    for who in (COORDINATOR, ADMIN, OBSERVER):
        with pytest.raises(ForbiddenError):
            await add(office, plan_id, who=who)
    await step(office, "submit", plan_id, who=HEALTH)
    for name, *words in (("collect",), ("send_back", "x"), ("approve", "x"), ("file", TODAY, "1")):
        for who in (HEALTH, ADMIN):
            with pytest.raises(ForbiddenError):
                await step(office, name, plan_id, *words, who=who)
    for who, joint in ((HEALTH, True), (ADMIN, False), (OBSERVER, True)):
        with pytest.raises(ForbiddenError):
            await new_plan(office, who, joint=joint)
    assert (await office.all(select(Plan.status).where(Plan.id == plan_id))) == ["submitted"]


async def test_a_submitted_plan_is_not_edited(office: Office) -> None:
    """C4: what the office reads is what was handed in; given back, it can be mended."""
    plan_id = await new_plan(office)
    entry_id = await add(office, plan_id)
    await step(office, "submit", plan_id, who=HEALTH)
    for attempt in (add(office, plan_id), rewrite(office, entry_id), removed(office, entry_id)):
        with pytest.raises(ConflictError):
            await attempt
    await step(office, "send_back", plan_id, "比例不明")
    await rewrite(office, entry_id)
    assert [one["quota_text"] for one in (await detail(office, plan_id, HEALTH))["entries"]] == ["5%"]
    await removed(office, entry_id)
    assert (await detail(office, plan_id, HEALTH))["entries"] == []


async def rewrite(office: Office, entry_id: str, **values: Any) -> None:
    async with office.act(HEALTH) as act:
        await plans.replace_entry(act, entry_id, replace(LINE, **{"quota": "5%", **values}))


async def removed(office: Office, entry_id: str) -> None:
    async with office.act(HEALTH) as act:
        await plans.remove_entry(act, entry_id)


async def test_what_no_plan_may_say(office: Office) -> None:
    """C1, C2, C11, A3: a window in the plan's year, a readable quota, known departments and items, a known form."""
    plan_id, market = await new_plan(office), await department_id(office, "market")
    for wrong, error in (
        ({"ends_on": date(2026, 4, 30)}, InvalidInputError),
        ({"starts_on": date(2025, 5, 1)}, InvalidInputError),
        ({"quota": "若干"}, InvalidInputError),
        ({"quota": "150%"}, InvalidInputError),
        ({"name": " "}, InvalidInputError),
        ({"form": "运动式检查"}, InvalidInputError),
        ({"department_id": market}, InvalidInputError),
        ({"partner_ids": ("0" * 32,)}, NotFoundError),
        ({"item_ids": ("0" * 32,)}, NotFoundError),
    ):
        with pytest.raises(error):
            await add(office, plan_id, replace(LINE, **wrong))
    assert await office.count(PlanLine, PlanLine.plan_id == plan_id) == 0
    assert await add(office, plan_id, replace(LINE, partner_ids=(market,), form="综合联查"))


# --- tasks need an approved plan ---


async def test_a_task_needs_an_approved_plan(office: Office) -> None:
    """C4: nothing is inspected by a plan that the joint meeting has not passed, unless the office's rules say so."""
    plan_id = await new_plan(office)
    entry_id = await add(office, plan_id, NAMED)
    with pytest.raises(ConflictError, match="尚未经联席会议审议通过"):
        await office.task(plan_entry_id=entry_id)
    loose = replace(office, house=replace(office.house, rules=Rules(plan_must_be_approved=False)))
    assert await loose.task(plan_entry_id=entry_id)
    for name, who, *words in (("submit", HEALTH), ("collect", COORDINATOR)):
        await step(office, name, plan_id, *words, who=who)
        with pytest.raises(ConflictError):
            await office.task(plan_entry_id=entry_id)
    await step(office, "approve", plan_id, "纪要")
    assert await office.task(plan_entry_id=entry_id)


async def test_only_what_stands_is_offered_for_tasks(office: Office) -> None:
    """C4: the console's plan holds approved and imported entries; a draft of another department is not in it."""
    plan_id = await new_plan(office)
    await add(office, plan_id)
    async with office.act(MARKET) as act:
        assert LINE.name not in {row["name"] for row in await overview.plan(act)}
    await approved(office, replace(LINE, name="已通过的抽查"))
    async with office.act(MARKET) as act:
        assert "已通过的抽查" in {row["name"] for row in await overview.plan(act)}


async def test_the_public_reads_published_plans_only(office: Office) -> None:
    """C5: an approved plan is public from its publication on, and once."""
    plan_id, _ = await approved(office)
    assert LINE.name not in await public(office)
    await step(office, "publish", plan_id)
    assert LINE.name in await public(office)
    with pytest.raises(ConflictError, match="已经公布"):
        await step(office, "publish", plan_id)
    draft = await new_plan(office)
    with pytest.raises(ConflictError, match="审批通过后"):
        await step(office, "publish", draft, who=HEALTH)


async def test_the_public_reads_every_adjustment(office: Office) -> None:
    """C6, H6: what changed after the publication, why and when; what changed before it had been said to nobody."""
    plan_id, entry_id = await approved(office)
    async with office.act() as act:
        await plan_changes.adjust(act, entry_id, {"frequency": "1次/年"}, "会前修改")
    await step(office, "publish", plan_id)
    office.clock.advance(days=1)
    async with office.act() as act:
        await plan_changes.adjust(act, entry_id, {"quota": "三级≥50%;二级≥30%", "ends_on": "2026-10-31"}, "人手不足")
    async with office.act() as act:
        (plan,) = [one for one in await public_plans.public_plans(act) if one["number"] == await number(act, plan_id)]
        (entry,) = plan["entries"]
        (told,) = entry["adjustments"]
    assert (told["reason"], entry["quota_text"]) == ("人手不足", "三级≥50%;二级≥30%")
    assert [one["title"] for one in told["changes"]] == ["抽查比例或数量", "结束日期"]
    async with office.act() as act:
        await plan_changes.withdraw(act, entry_id, "机构改革")
    async with office.act() as act:
        (plan,) = [one for one in await public_plans.public_plans(act) if one["number"] == await number(act, plan_id)]
    assert plan["entries"][0]["withdrawn"]
    assert plan["entries"][0]["adjustments"][-1]["changes"] == [{"title": "取消", "before": "空", "after": "是"}]


async def number(act: Act, plan_id: str) -> str:
    return (await act.db.get_one(Plan, plan_id)).number


async def public(office: Office) -> set[str]:
    async with office.act() as act:
        return {one["name"] for plan in await public_plans.public_plans(act) for one in plan["entries"]}


# --- deadlines ---


async def test_annual_plans_are_filed_by_a_day_of_the_year(office: Office) -> None:
    """S1, S3: 31 January by default, overdue when it is past; settled by the filing alone."""
    plan_id, _ = await approved(office)
    found = await filing(office, plan_id)
    assert (found.due_on, found.settled_at) == (date(2026, 1, 31), None)
    assert (await detail(office, plan_id))["filing_overdue"]
    with pytest.raises(InvalidInputError):
        await step(office, "file", plan_id, date(2026, 3, 3), "1号")
    await step(office, "file", plan_id, TODAY, "1号")
    assert (await filing(office, plan_id)).settled_at is not None
    early = replace(office, house=replace(office.house, rules=Rules(annual_plan_filed_by="01-15")))
    assert (await filing(office, await new_plan(early))).due_on == date(2026, 1, 15)


async def test_special_plans_are_filed_a_month_before_they_start(office: Office) -> None:
    """S4: counted from the first start, and anew when the plan is handed in with another one."""
    plan_id = await new_plan(office, kind="special")
    entry_id = await add(office, plan_id)
    await step(office, "submit", plan_id, who=HEALTH)
    assert (await filing(office, plan_id)).due_on == date(2026, 4, 1)
    await step(office, "send_back", plan_id, "改期")
    await rewrite(office, entry_id, starts_on=date(2026, 6, 10))
    await step(office, "submit", plan_id, who=HEALTH)
    assert (await filing(office, plan_id)).due_on == date(2026, 5, 10)


async def test_the_plan_that_is_not_filed_is_reminded(office: Office) -> None:
    """S4, K2: the department's approver hears of it before the day, with the plan's number and name."""
    plan_id = await new_plan(office, kind="special")
    await add(office, plan_id)
    await step(office, "submit", plan_id, who=HEALTH)
    office.clock.now = datetime(2026, 3, 31, 1, 0, tzinfo=UTC)
    async with office.act() as act:
        assert (await deadlines.remind_some(act)).reminders == 1
        await digests.morning(act)
    told = await office.all(select(Outbox).where(Outbox.kind == "reminder"))
    assert HEALTH in {row.recipient for row in told}
    assert {row.subject for row in told} == {f"plan:{plan_id}"}
    assert any("计划编号" in str(row.content["facts"]) for row in told)


async def test_next_years_joint_plan_is_asked_for_in_time(office: Office) -> None:
    """S2: by 31 December, on the desk sixty days before, once; gone as soon as the plan is approved."""

    async def expected() -> list[Deadline]:
        async with office.act() as act:
            await plans.expect_next_year(act)
        return await office.all(select(Deadline).where(Deadline.kind == "make-plan"))

    assert await expected() == []
    office.clock.now = datetime(2026, 11, 5, 1, 0, tzinfo=UTC)
    found = [*await expected(), *await expected()]
    assert {(one.subject, one.due_on) for one in found} == {("plan-year:2027", date(2026, 12, 31))}
    order = replace(LINE, starts_on=date(2027, 5, 1), ends_on=date(2027, 9, 1))
    await approved(office, order, COORDINATOR, year=2027, joint=True)
    assert (await expected())[0].settled_at is not None


async def test_special_plans_of_unusual_initiators_are_warned_of(office: Office) -> None:
    """O4: preferred, not demanded: a word, no wall."""
    seen = {
        who: (await detail(office, await new_plan(office, who, "special")))["warnings"] for who in (MARKET, EDUCATION)
    }
    assert seen[MARKET] == []
    assert "市场监管" in seen[EDUCATION][0]


# --- adjustment ---


async def adjust(
    office: Office, entry_id: str, reason: str = "工作需要", who: str = COORDINATOR, **changes: Any
) -> None:
    async with office.act(who) as act:
        await plan_changes.adjust(act, entry_id, changes, reason)


async def test_an_adjustment_keeps_what_was(office: Office) -> None:
    """C6: the old words stay with date and reason, and the plan is to be filed again."""
    plan_id, entry_id = await approved(office)
    await step(office, "file", plan_id, TODAY, "1号")
    await adjust(office, entry_id, quota="5%", ends_on="2026-10-31")
    found = await history(office, entry_id)
    assert [(row["values"]["quota_text"], row["values"]["ends_on"]) for row in found] == [
        ("10%(20户)", "2026-09-30"),
        ("5%", "2026-10-31"),
    ]
    assert found[-1]["reason"] == "工作需要"
    assert (await detail(office, plan_id))["status"] == "approved"
    assert (await filing(office, plan_id)).due_on == date(2026, 3, 16)
    assert await step(office, "file", plan_id, TODAY, "2号") == "filed"


async def test_an_imported_entry_is_adjusted_too(office: Office) -> None:
    """C6: a plan from a table has a history like any other, and the same table does not undo the adjustment."""
    entry_id = await office.entry_id()
    await adjust(office, entry_id, quota="15%")
    await office.import_file("plan", write_csv(samples.PLAN_HEADERS, samples.sample_plan(2026)))
    assert [row["values"]["quota_text"] for row in await history(office, entry_id)] == ["20%", "15%"]


async def test_what_is_no_adjustment(office: Office) -> None:
    """C6: no reason, no change, no such field, a plan not passed yet, or somebody else's act."""
    plan_id, entry_id = await approved(office)
    assert plan_id
    open_entry = await add(office, await new_plan(office))
    for entry, who, reason, changes, error in (
        (entry_id, COORDINATOR, " ", {"quota": "5%"}, InvalidInputError),
        (entry_id, COORDINATOR, "x", {"quota": LINE.quota}, InvalidInputError),
        (entry_id, COORDINATOR, "x", {}, InvalidInputError),
        (entry_id, COORDINATOR, "x", {"key": "1"}, InvalidInputError),
        (entry_id, COORDINATOR, "x", {"ends_on": "soon"}, InvalidInputError),
        (entry_id, COORDINATOR, "x", {"starts_on": "2027-01-01"}, InvalidInputError),
        (open_entry, COORDINATOR, "x", {"quota": "5%"}, ConflictError),
        (entry_id, HEALTH, "x", {"quota": "5%"}, ForbiddenError),
        (entry_id, ADMIN, "x", {"quota": "5%"}, ForbiddenError),
    ):
        with pytest.raises(error):
            await adjust(office, entry, reason, who, **changes)
    assert len(await history(office, entry_id)) == 1


async def test_an_entry_with_a_task_is_not_withdrawn(office: Office) -> None:
    """C6: what is under way stays on the plan; what is not may go, and then gives no task."""
    plan_id, entry_id = await approved(office, NAMED)
    task_id = await office.task(plan_entry_id=entry_id)
    with pytest.raises(ConflictError, match="已经建立任务"):
        await withdrawn(office, entry_id)
    other = (await approved(office, replace(LINE, name="另一条")))[1]
    await withdrawn(office, other)
    with pytest.raises(ConflictError, match="已经取消"):
        await office.task(plan_entry_id=other)
    with pytest.raises(ConflictError, match="已经取消"):
        await withdrawn(office, other)
    assert [row["values"]["withdrawn"] for row in await history(office, other)] == [False, True]
    assert plan_id
    assert task_id


async def withdrawn(office: Office, entry_id: str) -> None:
    async with office.act() as act:
        await plan_changes.withdraw(act, entry_id, "任务取消")


async def test_a_department_proposes_and_the_office_decides(office: Office) -> None:
    """C6, C9: only those who lead or join the entry ask; an answer is given once; refused changes nothing."""
    _, entry_id = await approved(office)

    async def propose(who: str) -> str:
        async with office.act(who) as act:
            return (await plan_changes.propose(act, entry_id, {"quota": "5%"}, "人手不足")).id

    async def decide(proposal_id: str, *, accept: bool, who: str = COORDINATOR) -> None:
        async with office.act(who) as act:
            await plan_changes.decide(act, proposal_id, accept=accept)

    with pytest.raises(ForbiddenError):
        await propose(EDUCATION)
    first, second = await propose(HEALTH), await propose(HEALTH)
    with pytest.raises(ForbiddenError):
        await decide(first, accept=True, who=HEALTH)
    await decide(first, accept=False)
    assert len(await history(office, entry_id)) == 1
    with pytest.raises(ConflictError):
        await decide(first, accept=True)
    await decide(second, accept=True)
    assert [row["values"]["quota_text"] for row in await history(office, entry_id)] == ["10%(20户)", "5%"]
    async with office.act(HEALTH) as act:
        assert [row["status"] for row in await plan_view.proposal_rows(act)] == ["approved", "returned"]
    async with office.act(MARKET) as act:
        assert await plan_view.proposal_rows(act) == []


# --- merging ---


async def two(office: Office, **second: Any) -> tuple[str, str]:
    first = (await approved(office, replace(LINE, keywords=("宾馆",))))[1]
    order = replace(LINE, name="宾馆消防抽查", scope_text="宾馆", **{"keywords": ("宾馆",), **second})
    return first, (await approved(office, order, MARKET))[1]


async def merges(office: Office) -> list[set[str]]:
    async with office.act() as act:
        return [set(row["ids"]) for row in await merging.merge_rows(act, 2026)]


async def merged(office: Office, *entry_ids: str, who: str = COORDINATOR) -> None:
    async with office.act(who) as act:
        await plan_changes.merge(act, entry_ids, "同一对象一次检查")


async def test_the_same_targets_at_the_same_time_are_one_visit(office: Office) -> None:
    """C10: proposed, merged into the first with all departments and the shared days; the other points to it."""
    first, second = await two(office, starts_on=date(2026, 6, 1), ends_on=date(2026, 12, 31))
    assert {first, second} in await merges(office)
    await merged(office, first, second)
    entry = (await office.all(select(PlanEntry).where(PlanEntry.id == first)))[0]
    assert (entry.starts_on, entry.ends_on) == (date(2026, 6, 1), date(2026, 9, 30))
    assert entry.partner_ids == [await department_id(office, "market")]
    line = (await office.all(select(PlanLine).where(PlanLine.entry_id == second)))[0]
    assert (line.merged_into, line.withdrawn_at is not None) == (first, True)
    assert not any(second in group for group in await merges(office))
    with pytest.raises(ConflictError):
        await office.task(plan_entry_id=second)
    assert [len(await history(office, one)) for one in (first, second)] == [2, 2]


async def test_what_is_not_merged(office: Office) -> None:
    """C10: no shared days, a task made already, one entry alone, or not the office's act."""
    first, second = await two(office, starts_on=date(2026, 10, 1), ends_on=date(2026, 12, 31))
    assert not any(second in group for group in await merges(office))
    with pytest.raises(ConflictError, match="没有重叠"):
        await merged(office, first, second)
    third = (await approved(office, replace(NAMED, name="第三条")))[1]
    for ids, who, error in (
        ((first,), COORDINATOR, InvalidInputError),
        ((first, first), COORDINATOR, InvalidInputError),
        ((first, "0" * 32), COORDINATOR, NotFoundError),
        ((first, third), HEALTH, ForbiddenError),
    ):
        with pytest.raises(error):
            await merged(office, *ids, who=who)
    await office.task(plan_entry_id=third)
    with pytest.raises(ConflictError, match="已经建立任务"):
        await merged(office, first, third)
    assert await office.count(PlanLine, PlanLine.withdrawn_at.is_not(None)) == 0


async def declined(office: Office, ids: set[str], who: str = COORDINATOR, reason: str = "时段可以错开") -> None:
    async with office.act(who) as act:
        await merging.decline(act, 2026, sorted(ids), reason)


async def decisions(office: Office) -> list[tuple[set[str], str | None]]:
    async with office.act() as act:
        rows = await merging.merge_rows(act, 2026)
    return [(set(row["ids"]), row["declined"] and row["declined"]["reason"]) for row in rows]


async def test_the_office_decides_against_a_merge(office: Office) -> None:
    """C10: not proposed anew, with reason and once; what is not proposed, or is not the office's act, is refused."""
    pair = set(await two(office))
    assert (pair, None) in await decisions(office)
    for ids, who, reason, error in (
        (pair, HEALTH, "x", ForbiddenError),
        (pair, COORDINATOR, " ", InvalidInputError),
        ({*pair, "0" * 32}, COORDINATOR, "x", NotFoundError),
    ):
        with pytest.raises(error):
            await declined(office, ids, who, reason)
    assert (pair, None) in await decisions(office)
    await declined(office, pair)
    await declined(office, pair, reason="再点一次")
    assert (await decisions(office))[-1] == (pair, "时段可以错开")
    assert await office.count(AuditEntry, AuditEntry.act == "plan-merge-decline") == 1
    third = (await approved(office, replace(LINE, name="宾馆治安抽查", keywords=("宾馆",))))[1]
    assert ({*pair, third}, None) in await decisions(office)  # another group is another question
    await merged(office, *pair)  # a mind may be changed
    assert not any(pair <= ids for ids, _ in await decisions(office))


# --- coverage ---


async def report(office: Office, who: str = COORDINATOR) -> dict[str, Any]:
    async with office.act(who) as act:
        return await coverage.coverage(act, 2026)


async def test_items_that_nobody_plans_are_reported(office: Office) -> None:
    """C7: a new item on a list is uncovered until an approved entry plans it; drafts of plans cover nothing."""
    async with office.act(HEALTH) as act:
        row = await item_lists.create_list(act, "本部门清单", "department")
        item_id = (await item_lists.draft_items(act, row.id, [ItemOrder(body=ItemBody(name="放射诊疗检查"))]))[
            0
        ].item_id
        await item_lists.publish(act, row.id, TODAY, "新增")
    assert "放射诊疗检查" in {one["name"] for one in (await report(office))["never_planned"]}
    plan_id = await new_plan(office)
    await add(office, plan_id, replace(LINE, item_ids=(item_id,)))
    assert "放射诊疗检查" in {one["name"] for one in (await report(office))["never_planned"]}
    await approved(office, replace(LINE, item_ids=(item_id,)))
    found = await report(office)
    assert "放射诊疗检查" not in {one["name"] for one in found["never_planned"]}
    assert found["items"] - found["planned_items"] == len(found["never_planned"])


async def test_departments_without_a_joint_check_are_reported(office: Office) -> None:
    """C8, K7: planned and made are two things; every department that inspects stands in it, with nothing too."""
    found = await report(office)
    every = {one.name for one in samples.DEPARTMENTS if not one.is_office}
    assert {row["department"] for row in found["departments"]} == every
    assert found["without_joint"] == []
    assert set(found["without_joint_made"]) == every
    await office.drawn()
    found = await report(office)
    made = {row["department"] for row in found["departments"] if row["joint_made"]}
    assert made == {"卫生健康局", "市场监督管理局", "消防救援大队"}
    assert not made & set(found["without_joint_made"])


async def test_the_office_says_which_item_an_entry_is_about(office: Office) -> None:
    """C7, C6: what may be the same covers nothing until the office says so; the plan is not filed anew by it."""
    async with office.act(HEALTH) as act:
        row = await item_lists.create_list(act, "本部门清单", "department")
        body = ItemBody(name="公共浴室水质卫生检查", subject="公共浴室、游泳场馆")
        item_id = (await item_lists.draft_items(act, row.id, [ItemOrder(body=body)]))[0].item_id
        await item_lists.publish(act, row.id, TODAY, "新增")
    (plan_id, entry_id) = await approved(office, replace(LINE, name="沐浴场所抽查", scope_text="游泳场馆、公共浴室"))
    (missing,) = [one for one in (await report(office))["never_planned"] if one["item_id"] == item_id]
    assert (missing["how"], missing["entry_id"], missing["planned"]) == ("maybe", entry_id, False)
    status = (await detail(office, plan_id))["status"]
    for who, ids, error in (
        (HEALTH, [item_id], ForbiddenError),
        (COORDINATOR, [], InvalidInputError),
        (COORDINATOR, ["0" * 32], NotFoundError),
    ):
        with pytest.raises(error):
            async with office.act(who) as act:
                await naming.name_items(act, entry_id, ids)
    for _ in range(2):  # twice is harmless
        async with office.act() as act:
            assert item_id in await naming.name_items(act, entry_id, [item_id])
    assert item_id not in {one["item_id"] for one in (await report(office))["never_planned"]}
    assert (await detail(office, plan_id))["status"] == status
    async with office.act() as act:
        reasons = [one["reason"] for one in await plan_view.entry_history(act, entry_id)]
    assert reasons == ["审批通过", "对应抽查事项"]


async def test_a_department_reads_its_own_coverage(office: Office) -> None:
    """K7, T4: the office sees all departments, an approver his own."""
    found = await report(office, HEALTH)
    assert [row["department"] for row in found["departments"]] == ["卫生健康局"]
    assert found["items"] < (await report(office))["items"]


async def test_entries_of_before_stand_as_filed(office: Office) -> None:
    """C4: an entry that no plan holds was imported before plans were kept: tasks go on from it."""
    entry_id = await office.entry_id()
    async with office.act() as act:
        found = (await store.placed(act.db, ids=[entry_id]))[0]
        await act.db.delete(found.line)
    assert await office.task()
    assert HOTELS in await public(office)
    assert await office.count(Task) == 1
    assert await office.count(Item) == len(samples.sample_items())
