"""Clues from outside the draw, on both databases: checked at once, dismissed, and patterns among them (O1, O2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
import pytest_asyncio
from sqlalchemy import select

from app import samples
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from models.clues import Clue
from models.database import Database
from models.registers import Target
from models.tasks import Part, Task, VisitMember
from services.drawing import recusals, task_view
from services.field import cases
from services.field.cases import CaseOrder
from services.planning import clues, public_plans
from services.planning.clues import NewClue
from tests.conftest import Clock
from tests.office import COORDINATOR, Office, house_of

HEAD = "线索来源,来源编号,收到日期,统一社会信用代码,责任部门,反映事项,具体内容"
MARKET = "市场监督管理局"
APPROVER, OTHER = "market13", "health13"
CODES = [row[1] for row in samples.sample_targets()]


@pytest_asyncio.fixture
async def office(database: Database, clock: Clock, tmp_path) -> Office:
    return await Office(database=database, house=house_of(tmp_path), clock=clock).open()


def clue(number: int = 1, **changes: object) -> NewClue:
    fields = {
        "source": "complaint", "source_no": f"12315-{number}", "received_on": date(2026, 3, 1),
        "target_code": CODES[number], "department": MARKET, "matter": "食品过期", "content": "王某某反映",
    }  # fmt: skip
    return NewClue(**{**fields, **changes})  # type: ignore[arg-type]


async def order(office: Office, **changes: object) -> CaseOrder:
    async with office.act(APPROVER) as act:
        found = await cases.choices(act)
    fields = {
        "staff_nos": tuple(one["staff_no"] for one in found["people"][:2]),
        "item_ids": (found["items"][0]["id"],),
        "ends_on": date(2026, 3, 20),
    }
    return CaseOrder(**{**fields, **changes})  # type: ignore[arg-type]


async def test_a_complaint_is_checked_at_once_without_a_draw_and_marked_so(office: Office) -> None:
    """O1: named inspectors, a named reason, a visit like any other; not on the public plan, once only."""
    async with office.act(COORDINATOR) as act:
        row, new = await clues.enter(act, clue())
        assert (new, row.number) == (True, "线索〔2026〕1号")
        assert (await clues.enter(act, clue()))[1] is False
        before = await public_plans.public_plans(act)
    sent = await order(office)
    async with office.act(APPROVER) as act:
        visit = await cases.check(act, row.id, sent)
    async with office.act(COORDINATOR) as act:
        task = await act.db.get_one(Task, visit.task_id)
        assert (task.name, task.status, task.terms["case"]["clue"]) == ("个案检查（投诉举报）", "drawn", row.number)
        group = (await act.db.scalars(select(VisitMember).where(VisitMember.visit_id == visit.id))).all()
        assert sorted(one.leads for one in group) == [False, True]
        assert len((await act.db.scalars(select(Part).where(Part.visit_id == visit.id))).all()) == 1
        detail = await task_view.task_detail(act, task.id)
        assert (detail["draw"], len(detail["visits"])) == (None, 1)
        assert await public_plans.public_plans(act) == before
        [shown] = (await clues.listing(act))["rows"]
        assert (shown["status_text"], shown["visit_number"]) == ("已安排检查", visit.number)
    async with office.act(APPROVER) as act:
        with pytest.raises(ConflictError):
            await cases.check(act, row.id, sent)


async def test_who_may_not_check_does_not(office: Office) -> None:
    """O1, E5, B11, A3: not another department, not one alone, not who is recused, not outside the list."""
    good = await order(office)
    async with office.act(COORDINATOR) as act:
        row, _ = await clues.enter(act, clue())
        with pytest.raises(ForbiddenError):
            await cases.check(act, row.id, good)
    async with office.act(OTHER) as act:
        assert (await clues.listing(act))["rows"] == []
        with pytest.raises(NotFoundError):
            await cases.check(act, row.id, good)
    first, second = good.staff_nos
    async with office.act(APPROVER) as act:
        third = (await cases.choices(act))["people"][2]["staff_no"]
    async with office.act(APPROVER) as act:
        await recusals.declare(act, CODES[1], second, "kinship", "亲属在该企业任职")
        for changes, error in (
            ({"staff_nos": (first,)}, InvalidInputError),
            ({"staff_nos": (first, first)}, InvalidInputError),
            ({}, InvalidInputError),
            ({"staff_nos": ("X1", "X2")}, NotFoundError),
            ({"item_ids": ("x",), "staff_nos": (first, third)}, NotFoundError),
            ({"ends_on": date(2026, 3, 1)}, InvalidInputError),
        ):
            with pytest.raises(error):
                await cases.check(act, row.id, replace(good, **changes))
        assert await clues.dismiss(act, row.id, "unclear") == "dismissed"
        with pytest.raises(ConflictError):
            await clues.dismiss(act, row.id, "repeated")


async def test_a_table_brings_clues_once_and_names_what_it_could_not_take(office: Office) -> None:
    """O1: monitoring signals by the hundred; who complained stands encrypted (M1)."""
    lines = [f"数据监测预警,J{one},2026-03-0{one},{CODES[one]},{MARKET},证照到期,许可证将到期" for one in (1, 2)]
    bad = [f"数据监测预警,J3,三月,{CODES[3]},{MARKET},证照到期,", "道听途说,J4,2026-03-01,X,谁,证照到期,"]
    rows = clues.read_table("线索.csv", "\n".join([HEAD, *lines, *bad]).encode())
    for added, known in ((2, 0), (0, 2)):
        async with office.act(COORDINATOR) as act:
            report = await clues.take_table(act, rows)
        assert (report["added"], report["known"]) == (added, known)
        assert [one["row"] for one in report["rejected"]] == [4, 5]
    with pytest.raises(InvalidInputError):
        clues.read_table("线索.csv", b"a,b\n1,2\n")
    async with office.act(COORDINATOR) as act:
        stored = await (await act.db.connection()).exec_driver_sql("SELECT content FROM clues")
        assert all("许可证".encode() not in bytes(one[0]) for one in stored)


async def test_a_pattern_among_clues_becomes_a_special_plan(office: Office) -> None:
    """O2: six targets of one small region are more than chance; as many spread over all are not."""
    async with office.act(COORDINATOR) as act:
        some = list(await act.db.scalars(select(Target).where(Target.region_code != "").order_by(Target.code)))
        for one in some[:6]:
            one.region_code = "379911"
        for number, one in enumerate(some[:6]):
            await clues.enter(act, clue(number, target_code=one.code, matter="虚假宣传"))
        for number, one in enumerate(some[6::50]):
            await clues.enter(act, clue(100 + number, target_code=one.code, matter="占道经营"))
    async with office.act(APPROVER) as act:
        found = [one for one in await clues.found_patterns(act) if one["kind"] == "region"]
        assert [(one["matter"], one["key"], one["named"]) for one in found] == [("虚假宣传", "379911", 6)]
        plan = await clues.propose_plan(act, "虚假宣传", "region", "379911")
        assert (plan.kind, plan.status, plan.title) == ("special", "draft", "虚假宣传专项检查")
        assert await clues.found_patterns(act) == []
        with pytest.raises(NotFoundError):
            await clues.propose_plan(act, "虚假宣传", "region", "379911")
        planned = await act.db.scalars(select(Clue.status).where(Clue.plan_id == plan.id))
        assert set(planned) == {"planned"}
