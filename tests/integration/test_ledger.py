"""Differentiation and the yearly limit as a draw meets them (N1-N4, R1, R2, R4, C12; section 2.2)."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import select

from inspection.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from inspection.policy import EXEMPTIONS, policy_data, standard
from models.libraries import LedgerEntry, RiskPolicy, TaskExemption
from models.people import AuditEntry
from models.plans import PlanLine
from models.registers import Target
from models.store import tasks as store
from models.tasks import TaskItem, Visit
from services.drawing import tasks
from services.drawing.tasks import Pool
from services.registers import ledger, policies
from services.registers.ledger import NewEntry
from tests.office import COORDINATOR, SECOND, Office, pools_in

STANDARD = policy_data(standard({"A": "0.5", "B": "1", "C": "2", "D": "4"}))
HOTEL = Target.business_scope.contains("住宿服务") & (Target.status == "open")


async def pool_of(office: Office, task_id: str) -> Pool:
    async with office.act() as act:
        return await tasks.pool_of(act, await store.task(act.db, act.actor, task_id))


async def hotel(office: Office, **values: Any) -> str:
    """One of the hotels, changed as a test wants it; gives its code."""
    code: str = (await office.all(select(Target.code).where(HOTEL).order_by(Target.code).limit(1)))[0]
    if values:
        await office.change(Target, Target.code == code, **values)
    return code


async def entry(office: Office, code: str, who: str = COORDINATOR, **values: Any) -> None:
    wanted = {"body": "省市场监管局", "level": "same", "checked_on": date(2026, 2, 1), **values}
    async with office.act(who) as act:
        await ledger.record(act, NewEntry(code=code, **wanted))


def reason_of(pool: Pool, code: str) -> str:
    return next((one.reason for one in pools_in(pool).exclusions if one.id == code), "")


async def policy(office: Office, item_id: str | None = None, region: str = "", **changes: Any) -> str:
    async with office.act() as act:
        return (await policies.make_policy(act, "演示政策", {**STANDARD, **changes}, item_id, region)).id


# --- the yearly limit (R1, R2) ---


async def test_visits_of_all_departments_count(office: Office) -> None:
    """R1: two visits in the year, whoever led them, leave a target out; the frozen file names it with the reason."""
    code = await hotel(office)
    await entry(office, code, who="market13")
    assert reason_of(await pool_of(office, await office.task()), code) == ""
    await entry(office, code, who="health13")
    _, draw = await office.drawn(ratio="1")
    files = await office.files(draw)
    assert f"{code}\tyearly-limit\n" in files["excluded.tsv"].decode()
    assert code not in files["targets.tsv"].decode()
    assert code not in await office.all(select(Target.code).join(Visit, Visit.target_id == Target.id))


async def test_another_year_does_not_count(office: Office) -> None:
    """R1: the ledger is of a year."""
    code = await hotel(office)
    for _ in range(3):
        await entry(office, code, checked_on=date(2025, 12, 31))
    assert reason_of(await pool_of(office, await office.task()), code) == ""


@pytest.mark.parametrize("reason", list(EXEMPTIONS))
async def test_the_ten_exemptions_do_not_count(office: Office, reason: str) -> None:
    """R1, 2.2: a check by one of the ten reasons is written down and counts toward no limit."""
    code = await hotel(office)
    for _ in range(3):
        await entry(office, code, exempt=reason, note="投诉单第1号")
    assert reason_of(await pool_of(office, await office.task()), code) == ""
    async with office.act() as act:
        shown = await ledger.of_target(act, code, 2026)
    assert (len(shown["rows"]), shown["counted"]) == (3, 0)
    assert {one["exempt_text"] for one in shown["rows"]} == {EXEMPTIONS[reason]}


async def test_all_levels_together_have_a_limit_of_their_own(office: Office) -> None:
    """2.2: two a level, four together, by the policy table; other levels' checks do not use up ours."""
    code = await hotel(office)
    for level in ("upper", "upper", "lower", "lower"):
        await entry(office, code, level=level)
    assert reason_of(await pool_of(office, await office.task()), code) == ""
    await policy(office, together=4)
    assert reason_of(await pool_of(office, await office.task()), code) == "yearly-limit-together"


async def test_a_label_raises_the_limit(office: Office) -> None:
    """R2: whom N1 names may be visited once more."""
    code = await hotel(office, labels=["列入经营异常名录"])
    for _ in range(2):
        await entry(office, code)
    assert reason_of(await pool_of(office, await office.task()), code) == ""
    await entry(office, code)
    assert reason_of(await pool_of(office, await office.task()), code) == "yearly-limit"


async def test_an_exempt_task_knows_no_limit(office: Office) -> None:
    """R1, 2.2: by a named reason, by the office, before the freeze, once; its visits do not count afterwards."""
    code = await hotel(office)
    for _ in range(2):
        await entry(office, code)
    task_id = await office.task()
    async with office.act() as act:
        with pytest.raises(InvalidInputError, match="只能是"):
            await ledger.exempt(act, task_id, "bored", "没有理由")
        with pytest.raises(InvalidInputError, match="来源或依据"):
            await ledger.exempt(act, task_id, "assigned", "  ")
        await ledger.exempt(act, task_id, "assigned", "省局交办〔2026〕1号")
        with pytest.raises(ConflictError, match="已经登记"):
            await ledger.exempt(act, task_id, "urgent", "再来一次")
    assert reason_of(await pool_of(office, task_id), code) == ""
    drawn_id, _ = await office.drawn(ratio="1")
    async with office.act() as act:
        with pytest.raises(ConflictError, match="已抽取"):
            await ledger.exempt(act, drawn_id, "urgent", "抽完才想起来")
    assert await office.all(select(TaskExemption.reason)) == ["assigned"]


async def test_only_the_office_exempts(office: Office) -> None:
    """2.2: a department cannot take its own task out of the limit."""
    task_id = await office.task()
    async with office.act("health13") as act:
        with pytest.raises(ForbiddenError):
            await ledger.exempt(act, task_id, "urgent", "自己说的")


async def test_what_is_no_check_is_refused(office: Office) -> None:
    """R1: no unknown target, level, reason, no day to come; nothing is written."""
    code = await hotel(office)
    for values in (
        {"level": "moon"},
        {"exempt": "bored", "note": "x"},
        {"exempt": "media", "note": ""},
        {"checked_on": date(2026, 3, 3)},
    ):
        with pytest.raises(InvalidInputError):
            await entry(office, code, **values)
    with pytest.raises(NotFoundError):
        await entry(office, "nobody")
    assert await office.count(LedgerEntry) == 0


# --- planned too often (R4) ---


async def test_who_is_planned_too_often_is_told_of(office: Office) -> None:
    """R4: targets in more planned tasks than the limit leaves room for, with the departments; exempt tasks are none."""
    for _ in range(2):
        await office.task()
    async with office.act() as act:
        assert (await ledger.warnings(act, 2026))["rows"] == []
    code = await hotel(office)
    await entry(office, code)
    async with office.act() as act:
        (row,) = (await ledger.warnings(act, 2026))["rows"]
        assert (row["code"], row["done"], row["planned"], len(row["tasks"])) == (code, 1, 2, 2)
        assert row["tasks"][0]["departments"] == ["卫生健康局", "市场监督管理局", "消防救援大队"]
    third = await office.task()
    async with office.act() as act:
        found = await ledger.warnings(act, 2026)
        assert len(found["rows"]) == len(await office_codes(act))
        assert found["rows"][0]["code"] == code
        await ledger.exempt(act, third, "urgent", "上级要求")
        assert len((await ledger.warnings(act, 2026))["rows"]) == 1
        assert (await ledger.warnings(act, 2025))["rows"] == []


async def test_a_plan_without_a_task_counts_as_well(office: Office) -> None:
    """R4: lines of plans that say whom they reach are warned of before a task is made from them; withdrawn ones not."""
    async with office.act() as act:
        lines = (await act.db.scalars(select(PlanLine).order_by(PlanLine.entry_id).limit(3))).all()
        for one in lines:
            one.keywords = ["住宿服务"]
        await act.db.flush()
        found = await ledger.warnings(act, 2026)
        assert {one["kind"] for one in found["rows"][0]["tasks"]} == {"plan"}
        assert (found["plans"], found["rows"][0]["planned"], len(found["rows"])) == (3, 3, len(await office_codes(act)))
        lines[0].withdrawn_at = act.now
        await act.db.flush()
        assert (await ledger.warnings(act, 2026))["rows"] == []


async def office_codes(act: Any) -> list[str]:
    return list(await act.db.scalars(select(Target.code).where(HOTEL)))


async def test_the_ledger_lists_the_most_visited(office: Office) -> None:
    """R1, K4: over all departments, the most often checked first."""
    code = await hotel(office)
    await entry(office, code)
    await entry(office, code, level="upper")
    async with office.act() as act:
        found = await ledger.at_least(act, 2026, 1, 1)
    assert found["rows"] == [{"code": code, "name": found["rows"][0]["name"], "own": 1, "together": 2}]
    assert (found["total"], found["limit"]) == (1, 2)


# --- policy tables (N1, N2, C12) ---


async def test_labels_make_strata_and_tickets(office: Office) -> None:
    """N1, C12: who is marked stands in a stratum of his own with more tickets, drawn at a higher ratio."""
    code = await hotel(office, labels=["严重违法失信企业"], credit_class="B")
    pool = await pool_of(office, await office.task(ratio="0.1"))
    (found,) = [one for one in pools_in(pool).candidates if one.id == code]
    assert (found.stratum, found.tickets) == ("B+serious", 4)
    assert pool.quotas["B+serious"] == 1
    plain = [one for one in pools_in(pool).candidates if one.stratum == "B"]
    assert all(one.tickets == 1 for one in plain)


async def test_a_table_holds_for_its_item_and_region(office: Office) -> None:
    """C12: the table of a task's item holds, one of another item does not; a region has strata of its own."""
    await office.change(Target, Target.id.is_not(None), region_code="379999")
    await hotel(office, credit_class="D")
    task_id = await office.task(ratio="0.1")
    item_id = (await office.all(select(TaskItem.item_id).where(TaskItem.task_id == task_id)))[0]
    other = (await office.all(select(TaskItem.item_id).where(TaskItem.item_id != item_id).limit(1)))[0]
    assert other != item_id
    before = (await pool_of(office, task_id)).quotas
    classes = {**STANDARD["classes"], "D": {"factor": "10", "tickets": 9}}
    await policy(office, region="379999", classes=classes)
    pool = await pool_of(office, task_id)
    assert {one.stratum[-7:] for one in pools_in(pool).candidates} == {"~379999"}
    assert pool.quotas["D~379999"] == sum(one.stratum == "D~379999" for one in pools_in(pool).candidates)
    await policy(office, item_id=item_id)
    assert (await pool_of(office, task_id)).quotas.keys() == before.keys()


async def test_good_credit_lowers_to_the_floor(office: Office) -> None:
    """N2: a factor of nothing still leaves the floor: every class is covered."""
    classes = {**STANDARD["classes"], "A": {"factor": "0", "tickets": 1}}
    await policy(office, classes=classes, floor="0.02")
    pool = await pool_of(office, await office.task(ratio="0.1"))
    assert pool.quotas["A"] == 1


async def test_a_table_is_replaced_never_changed(office: Office) -> None:
    """N, L2: a new table ends the old one for the same item and region; both stay; ending brings the standard back."""
    first = await policy(office)
    second = await policy(office)
    third = await policy(office, region="370000")
    async with office.act() as act:
        shown = await policies.policy_rows(act)
        assert {one["id"]: one["in_force"] for one in shown["rows"]} == {first: False, second: True, third: True}
        await policies.end_policy(act, second)
        with pytest.raises(ConflictError):
            await policies.end_policy(act, first)
    assert await office.count(RiskPolicy) == 3
    acts = await office.all(select(AuditEntry.act).where(AuditEntry.act.like("policy-%")))
    assert sorted(acts) == ["policy-end", "policy-make", "policy-make", "policy-make"]


async def test_a_table_against_the_law_is_not_put_in_force(office: Office) -> None:
    """N1: a worse class with a lower ratio is refused, and the table in force stays."""
    await policy(office)
    with pytest.raises(InvalidInputError, match="D 类"):
        await policy(office, classes={**STANDARD["classes"], "D": {"factor": "0.1"}})
    with pytest.raises(NotFoundError):
        await policy(office, item_id="0" * 32)
    assert await office.count(RiskPolicy, RiskPolicy.ended_at.is_(None)) == 1


async def test_a_verdict_is_explained(office: Office) -> None:
    """C12, K6: for any target: stratum, tickets, ratio, limit, visits so far, and the reasons in words."""
    code = await hotel(office, labels=["投诉举报多"], credit_class="C")
    await entry(office, code)
    async with office.act() as act:
        found = await policies.explain(act, code, "", "0.05")
        assert found["why"] == ["信用风险C类", "投诉举报多"]
        assert (found["stratum"], found["tickets"], found["ratio"]) == ("C+complaints", 4, 0.1)
        assert (found["limit"], found["visits"], found["left_out"]) == (3, 1, "")
        for bad in ("2", "1e-9", "x", "1/0", "-1"):
            with pytest.raises(InvalidInputError):
                await policies.explain(act, code, "", bad)


async def test_who_may_not_is_not_asked(office: Office) -> None:
    """A second coordinator sees what the first one did: one ledger, one set of tables."""
    await policy(office)
    async with office.act(SECOND) as act:
        assert len((await policies.policy_rows(act))["rows"]) == 1
    assert Fraction(STANDARD["classes"]["A"]["factor"]) == Fraction(1, 2)
