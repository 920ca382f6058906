"""The inspectors' library (B11-B14): papers, skills, leave; who is drawn, and who never is."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from inspection.errors import ConflictError, InvalidInputError, NotFoundError
from models.libraries import Leave, SkillLink
from models.people import AuditEntry, Inspector
from models.store import tasks as store
from models.store.pools import Window, is_away
from services.drawing import tasks
from services.people import overview
from services.registers import inspectors
from services.registers.inspectors import Edit, NewCertificate
from tests.office import ADMIN, COORDINATOR, Office, pools_in

HEALTH = "health13"
TODAY = date(2026, 3, 2)
ENDS = date(2026, 11, 30)


async def pool_of(office: Office, task_id: str) -> dict[str, bool]:
    """Who is in the pool of a task, by staff number, and whether he is barred from every target."""
    async with office.act() as act:
        pool = await tasks.pool_of(act, await store.task(act.db, act.actor, task_id))
    barred = {one.inspector for one in pools_in(pool).conflicts if one.target == "*"}
    return {one.id: one.id in barred for one in pools_in(pool).inspectors}


async def certificate(office: Office, staff_no: str, expires_on: date, kind: str = "国家证") -> str:
    async with office.act(HEALTH) as act:
        new = NewCertificate(kind=kind, number="演示证0001", issuer="演示司法局", expires_on=expires_on)
        return (await inspectors.add_certificate(act, staff_no, new)).id


async def test_any_valid_certificate_will_do(office: Office) -> None:
    """B11: one of several certificates that is good to the last day of the task; a withdrawn one is none."""
    await office.change(Inspector, Inspector.staff_no == "HEALTH01", certificate_expires=date(2026, 1, 1))
    task_id = await office.task()
    assert "HEALTH01" not in await pool_of(office, task_id)
    await certificate(office, "HEALTH01", ENDS - timedelta(days=1), kind="省证")
    assert "HEALTH01" not in await pool_of(office, task_id)
    good = await certificate(office, "HEALTH01", ENDS)
    assert "HEALTH01" in await pool_of(office, task_id)
    with pytest.raises(ConflictError, match="国家证"):
        await certificate(office, "HEALTH01", ENDS)
    async with office.act(HEALTH) as act:
        await inspectors.withdraw_certificate(act, "HEALTH01", good)
    assert "HEALTH01" not in await pool_of(office, task_id)
    async with office.act(HEALTH) as act:
        with pytest.raises(ConflictError, match="已经注销"):
            await inspectors.withdraw_certificate(act, "HEALTH01", good)
        shown = await inspectors.card(act, "HEALTH01")
    assert [one["valid"] for one in shown["certificates"]].count(True) == 1  # the province's, until the day before
    assert all("****" in one["number"] for one in shown["certificates"])


async def test_assistants_and_experts_are_never_drawn_nor_counted(office: Office) -> None:
    """B14, 国办发〔2024〕54号: whatever papers somebody writes down for them."""
    for staff_no in ("HEALTH11", "HEALTH12"):
        with pytest.raises(ConflictError, match="没有执法证"):
            await certificate(office, staff_no, date(2030, 1, 1))
        async with office.act(HEALTH) as act:
            await inspectors.edit(act, staff_no, Edit(certificate_no="X1", certificate_expires=date(2030, 1, 1)))
    found = await pool_of(office, await office.task())
    assert not {"HEALTH11", "HEALTH12"} & found.keys()


@pytest.mark.parametrize(
    ("days", "barred"),
    [
        ({}, True),  # from today, no end known
        ({"ends_on": TODAY}, True),  # away on the day of the draw, when visits are to be accepted
        ({"starts_on": TODAY - timedelta(days=9), "ends_on": TODAY - timedelta(days=1)}, False),  # back again
        (
            {"starts_on": TODAY + timedelta(days=1), "ends_on": TODAY + timedelta(days=7)},
            False,
        ),  # a week of nine months
        ({"starts_on": TODAY + timedelta(days=1), "ends_on": ENDS}, True),  # away for nearly all of it
        ({"starts_on": ENDS + timedelta(days=1)}, False),  # only afterwards
    ],
)
async def test_leave_is_from_a_day_to_a_day(office: Office, days: dict[str, date], barred: bool) -> None:  # noqa: FBT001 a column of the table
    """B11, E5: who is away on the day of the draw, or for half of the task's days, is barred; others are drawn."""
    task_id = await office.task()
    await office.leave(Inspector.staff_no == "HEALTH01", **days)
    assert (await pool_of(office, task_id))["HEALTH01"] is barred


spans = st.tuples(st.integers(-40, 80), st.integers(0, 40)).map(
    lambda pair: (TODAY + timedelta(days=pair[0]), TODAY + timedelta(days=pair[0] + pair[1]))
)


@given(st.lists(spans, max_size=4), spans)
def test_more_leave_never_brings_anybody_back(periods: list[tuple[date, date]], more: tuple[date, date]) -> None:
    """B11: a further leave never makes somebody available; no leave never bars."""
    window = Window(today=TODAY, starts_on=TODAY, ends_on=TODAY + timedelta(days=30))
    assert not is_away(periods, window) or is_away([*periods, more], window)
    assert not is_away([], window)


async def test_leave_is_kept_in_order(office: Office) -> None:
    """B9: no overlap, no end before the beginning; 销假 shortens or takes back, never prolongs; all on record."""
    async with office.act(HEALTH) as act:
        leave = await inspectors.add_leave(act, "HEALTH01", TODAY, TODAY + timedelta(days=9), "年休假")
        with pytest.raises(ConflictError, match="重叠"):
            await inspectors.add_leave(act, "HEALTH01", TODAY + timedelta(days=9), None, "")
        with pytest.raises(InvalidInputError, match="早于"):
            await inspectors.add_leave(act, "HEALTH02", TODAY, TODAY - timedelta(days=1), "")
        with pytest.raises(ConflictError, match="延长"):
            await inspectors.end_leave(act, "HEALTH01", leave.id, TODAY + timedelta(days=10))
        await inspectors.end_leave(act, "HEALTH01", leave.id, TODAY + timedelta(days=3))
        assert [one["ends_on"] for one in (await inspectors.card(act, "HEALTH01"))["leaves"]] == [
            TODAY + timedelta(days=3)
        ]
        shown = {one["staff_no"]: one["on_leave"] for one in await overview.inspectors(act)}
        assert (shown["HEALTH01"], shown["HEALTH02"]) == (True, False)
        with pytest.raises(NotFoundError):
            await inspectors.end_leave(act, "HEALTH02", leave.id, TODAY)
        await inspectors.end_leave(act, "HEALTH01", leave.id, TODAY - timedelta(days=1))
    assert await office.count(Leave) == 0
    acts = await office.all(select(AuditEntry.act).where(AuditEntry.subject == "inspector:HEALTH01"))
    assert sorted(acts) == ["leave-add", "leave-end", "leave-end"]


async def test_a_qualification_counts_as_a_skill(office: Office) -> None:
    """B13: a link makes who holds the qualification fit for items that ask for the skill; taken back, no longer."""
    async with office.act(HEALTH) as act:
        await inspectors.edit(act, "HEALTH01", Edit(skills=("公共卫生医师",)))
    task_id = await office.task()

    async def skills() -> tuple[str, ...]:
        async with office.act() as act:
            pool = await tasks.pool_of(act, await store.task(act.db, act.actor, task_id))
        return next(one.skills for one in pools_in(pool).inspectors if one.id == "HEALTH01")

    assert await skills() == ("公共卫生医师",)
    async with office.act() as act:
        assert await inspectors.link_skill(act, "公共卫生医师", "卫生")
        assert not await inspectors.link_skill(act, "公共卫生医师", "卫生")
    assert set(await skills()) == {"公共卫生医师", "卫生"}
    async with office.act() as act:
        rows = {one["skill"]: one for one in await inspectors.skill_map(act)}
        assert rows["卫生"]["qualifications"] == ["公共卫生医师"]
        assert "旅馆卫生管理检查" in {one["name"] for one in rows["卫生"]["items"]}
        await inspectors.unlink_skill(act, "公共卫生医师", "卫生")
        with pytest.raises(NotFoundError):
            await inspectors.unlink_skill(act, "公共卫生医师", "卫生")
    assert await skills() == ("公共卫生医师",)
    assert await office.count(SkillLink) == 0


async def test_an_edit_names_fields_never_contents(office: Office) -> None:
    """B9, L2, M1: what changed is on record by its name; an edit that changes nothing leaves no trace."""
    async with office.act(HEALTH) as act:
        await inspectors.edit(act, "HEALTH01", Edit(post="副科长", certificate_no="演示证9999"))
        await inspectors.edit(act, "HEALTH01", Edit(post="副科长"))
    (entry,) = await office.all(select(AuditEntry).where(AuditEntry.act == "inspector-edit"))
    assert entry.detail == {"fields": ["certificate_no", "post"]}


@pytest.mark.parametrize(
    "changes",
    [Edit(kind="boss"), Edit(skills=("两 个",)), Edit(skills=("食品,卫生",))],
)
async def test_an_edit_that_no_draw_could_read_is_refused(office: Office, changes: Edit) -> None:
    """B13: words of skills go into the frozen list as they are."""
    async with office.act(HEALTH) as act:
        with pytest.raises(InvalidInputError):
            await inspectors.edit(act, "HEALTH01", changes)


async def test_an_assistant_becomes_certified_with_a_certificate_only(office: Office) -> None:
    """B11: nobody is promoted without papers."""
    async with office.act(HEALTH) as act:
        with pytest.raises(InvalidInputError, match="执法证"):
            await inspectors.edit(act, "HEALTH11", Edit(kind="certified"))
    async with office.act(HEALTH) as act:
        papers: dict[str, Any] = {"certificate_no": "演示证7777", "certificate_expires": date(2030, 1, 1)}
        await inspectors.edit(act, "HEALTH11", Edit(kind="certified", skills=("卫生",), **papers))
    assert "HEALTH11" in await pool_of(office, await office.task())


async def test_a_department_keeps_its_own(office: Office) -> None:
    """B9: others' inspectors are not found; the office keeps all; an administrator looks and changes nothing."""
    async with office.act(HEALTH) as act:
        for attempt in (inspectors.card(act, "FIRE01"), inspectors.edit(act, "FIRE01", Edit(post="x"))):
            with pytest.raises(NotFoundError):
                await attempt
    async with office.act(COORDINATOR) as act:
        await inspectors.edit(act, "FIRE01", Edit(post="中队长"))
    async with office.act(ADMIN) as act:
        assert (await inspectors.card(act, "FIRE01"))["post"] == "中队长"
        with pytest.raises(NotFoundError):
            await inspectors.edit(act, "FIRE01", Edit(post="x"))


async def test_papers_that_end_are_listed(office: Office) -> None:
    """B11: who has none that is good on a day, a department's own; a further certificate takes him off the list."""
    await office.change(Inspector, Inspector.staff_no.in_(["HEALTH01", "FIRE01"]), certificate_expires=date(2026, 5, 1))
    async with office.act(HEALTH) as act:
        assert await inspectors.expiring(act, date(2026, 5, 1)) == []
        assert [one["staff_no"] for one in await inspectors.expiring(act, date(2026, 5, 2))] == ["HEALTH01"]
    await certificate(office, "HEALTH01", date(2027, 1, 1))
    async with office.act(COORDINATOR) as act:
        assert [one["staff_no"] for one in await inspectors.expiring(act, date(2026, 5, 2))] == ["FIRE01"]
