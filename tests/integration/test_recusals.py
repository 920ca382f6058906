"""Recusals, rotation and what they leave short (E5, D7): in conflicts.tsv, counted when announced, never ignored."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from inspection.draw.freeze import ANNOUNCEMENT
from inspection.draw.lists import CONFLICTS, TARGETS
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from models.draws import Recusal, Shortfall
from models.people import AuditEntry, Department, Grant, Inspector, Member
from models.registers import Target
from models.store import pools
from models.tasks import Part, Task, Visit, VisitMember
from services.drawing import draws, entrustments, recusals, replacements, tasks
from services.drawing.draws import ShortTargetsError
from services.drawing.task_view import task_detail
from services.drawing.tasks import pool_of
from tests.office import COORDINATOR, DICE, OBSERVER, PUBLIC, SECOND, VALUES, Office, pools_in

WHY = "其配偶在该旅馆任职"


async def department_staff(office: Office, code: str) -> list[str]:
    query = select(Inspector.staff_no).join(Department, Department.id == Inspector.department_id)
    return await office.all(query.where(Department.code == code, Inspector.kind == "certified"))


async def candidates(office: Office, task_id: str) -> list[str]:
    async with office.act() as act:
        pool = await pool_of(act, await act.db.get(Task, task_id))
    return sorted(one.id for one in pools_in(pool).candidates)


async def declare(office: Office, code: str, staff_no: str, who: str = COORDINATOR) -> Recusal:
    async with office.act(who) as act:
        return await recusals.declare(act, code, staff_no, "kinship", WHY)


async def test_a_recusal_bars_the_pair_and_is_announced(office: Office) -> None:
    """E5: the pair stands in conflicts.tsv, its ground among the announcement's counts, nobody's name anywhere."""
    task_id = await office.task()
    code = (await candidates(office, task_id))[0]
    staff = (await department_staff(office, "market"))[0]
    await declare(office, code, staff)
    with pytest.raises(ConflictError, match="已经登记"):
        await declare(office, code, staff)
    async with office.act() as act:
        await tasks.prepare(act, task_id)
    files = await office.files(await office.freeze(task_id))
    assert f"{code}\t{staff}\n" in files[CONFLICTS].decode()
    told = json.loads(files[ANNOUNCEMENT])["conflicts"]
    assert told["reasons"]["kinship"] == 1
    assert sum(told["reasons"].values()) == told["count"]
    assert "配偶" not in files[ANNOUNCEMENT].decode()


async def test_who_may_declare_and_end(office: Office) -> None:
    """E5: an inspector for himself and nobody else; an ended one bars nobody."""
    code = (await candidates(office, await office.task()))[0]
    mine, other = "market14", (await department_staff(office, "fire"))[0]
    member = (await office.all(select(Inspector.staff_no)))[0]
    with pytest.raises((NotFoundError, ForbiddenError)):
        await declare(office, code, other, mine)
    with pytest.raises(ForbiddenError):
        await declare(office, code, other, OBSERVER)
    row = await declare(office, code, member)
    async with office.act(SECOND) as act:
        await recusals.end(act, row.id)
        assert await recusals.listing(act) == []
    assert (await declare(office, code, member)).id != row.id


async def short_task(office: Office) -> tuple[str, str]:
    """A task, and a hotel for which the fire department has nobody."""
    task_id = await office.task(ratio="1")
    code = (await candidates(office, task_id))[0]
    for staff in await department_staff(office, "fire"):
        await declare(office, code, staff)
    async with office.act() as act:
        await tasks.prepare(act, task_id)
    return task_id, code


async def test_a_short_target_is_shown_and_accepted_by_name(office: Office) -> None:
    """E5, D9: shown with why and what would mend it; frozen only knowingly, and that stands in the audit log.

    The department gets no part to hand in, the place stands open, and the group has a leader.
    """
    task_id, code = await short_task(office)
    async with office.act() as act:
        preview = (await task_detail(act, task_id))["preview"]
    assert [one["code"] for one in preview["short_targets"]] == [code]
    assert "亲属" in preview["short_targets"][0]["why"]
    assert "增派" in preview["short_targets"][0]["mend"]
    with pytest.raises(ShortTargetsError):
        await office.freeze(task_id)

    async with office.act(SECOND) as act:
        await draws.freeze(act, task_id, (DICE, PUBLIC), accept_short=True)
    told = await office.all(select(AuditEntry.detail).where(AuditEntry.act == "draw-freeze"))
    assert told[0]["short_accepted"] == 1
    for name in VALUES:
        await office.enter(task_id, name)
    draw = await office.draw(task_id)
    assert code in (await office.files(draw))[TARGETS].decode()
    async with office.act() as act:
        target = (await pools.targets_by_code(act.db, [code]))[code]
        visit = await act.db.scalar(select(Visit).where(Visit.target_id == target.id))
        fire = await act.db.scalar(select(Department).where(Department.code == "fire"))
        parts = (await act.db.scalars(select(Part.department_id).where(Part.visit_id == visit.id))).all()
        gaps = (await act.db.scalars(select(Shortfall).where(Shortfall.visit_id == visit.id))).all()
        leaders = (
            await act.db.scalars(select(VisitMember).where(VisitMember.visit_id == visit.id, VisitMember.leads))
        ).all()
    assert fire.id not in parts
    assert [(one.department_id, one.missing) for one in gaps] == [(fire.id, 2)]
    assert len(leaders) == 1


async def test_a_group_without_the_lead_department_has_a_leader(office: Office) -> None:
    """D8: where the lead department has nobody, the next department leads; the group does not wait for ever."""
    task_id = await office.task(ratio="1")
    code = (await candidates(office, task_id))[0]
    for staff in await department_staff(office, "health"):
        await declare(office, code, staff)

    async with office.act() as act:
        await tasks.prepare(act, task_id)
    async with office.act(SECOND) as act:
        await draws.freeze(act, task_id, (DICE, PUBLIC), accept_short=True)
    for name in VALUES:
        await office.enter(task_id, name)
    await office.draw(task_id)
    led = await office.all(select(VisitMember.visit_id).where(VisitMember.leads))
    assert sorted(led) == sorted(await office.all(select(Visit.id)))


async def test_nobody_at_all_is_refused(office: Office) -> None:
    """D7: a target that nobody of any department may inspect is not frozen into a group of nobody."""
    task_id = await office.task(ratio="1")
    code = (await candidates(office, task_id))[0]
    for department in ("fire", "market", "health"):
        for staff in await department_staff(office, department):
            await declare(office, code, staff)

    with pytest.raises(ConflictError, match="没有任何可派"):
        async with office.act() as act:
            await tasks.prepare(act, task_id)


async def test_rotation_by_the_last_visit(office: Office) -> None:
    """D7: who inspected a target the last time stays away the next time, where enough others are left."""
    await office.drawn(ratio="1")
    async with office.act() as act:
        for task in await act.db.scalars(select(Task)):
            task.status = "finished"
    task_id = await office.task(ratio="1")
    async with office.act() as act:
        pool = await pool_of(act, await act.db.get(Task, task_id))
    counts = pool.barred.counts()
    assert counts["rotation"] + pool.barred.relaxed == await office.count(VisitMember)
    assert pool.short_targets == (), "rotation gives way before it leaves a team short"


async def short_drawn(office: Office) -> tuple[str, str]:
    """A drawn task with a hotel that the fire department has nobody for: (visit, target code)."""
    task_id, code = await short_task(office)
    async with office.act(SECOND) as act:
        await draws.freeze(act, task_id, (DICE, PUBLIC), accept_short=True)
    for name in VALUES:
        await office.enter(task_id, name)
    await office.draw(task_id)
    visit = await office.all(select(Visit.id).join(Target, Target.id == Visit.target_id).where(Target.code == code))
    return visit[0], code


async def test_a_short_place_is_filled_later(office: Office) -> None:
    """E5: once a ground is gone the approver sends somebody; the department has a part again, the gap is smaller."""
    visit_id, _ = await short_drawn(office)
    async with office.act(COORDINATOR) as act:
        ask = await replacements.fill(act, visit_id, "fire", "回避事由已消除")
    approver = select(Member.userid).join(Grant).join(Department, Department.id == Member.department_id)
    boss = (await office.all(approver.where(Grant.role == "approver", Department.code == "fire")))[0]
    async with office.act(boss) as act:
        assert await replacements.choices(act, ask.id) == ([], None), "everybody is recused still"
    async with office.act(SECOND) as act:
        for row in await recusals.listing(act):
            await recusals.end(act, row.recusal.id)
    async with office.act(boss) as act:
        fitting, following = await replacements.choices(act, ask.id)
        assert following is None
        await replacements.approve(act, ask.id, fitting[0].staff_no)
    gap = (await office.all(select(Shortfall).where(Shortfall.visit_id == visit_id)))[0]
    assert gap.missing == 1
    assert await office.count(Part, Part.visit_id == visit_id, Part.department_id == gap.department_id) == 1


async def test_a_short_place_is_entrusted(office: Office) -> None:
    """D9: whom the office entrusts, by which document; not by a department, not where nobody is missing."""
    visit_id, _ = await short_drawn(office)
    async with office.act(COORDINATOR) as act:
        await entrustments.entrust(act, visit_id, "fire", ("省消防救援总队", "市消防救援支队", "消委〔2026〕3号"))
    gap = (await office.all(select(Shortfall).where(Shortfall.visit_id == visit_id)))[0]
    told = (gap.entrusted_from, gap.entrusted_to, gap.document, gap.missing)
    assert told == ("省消防救援总队", "市消防救援支队", "消委〔2026〕3号", 2)
    for words in (("", "某支队", "某号"), ("某总队", "某支队", "号" * 129)):
        with pytest.raises(InvalidInputError):
            async with office.act(COORDINATOR) as act:
                await entrustments.entrust(act, visit_id, "fire", words)
    for who, department, error in ((OBSERVER, "fire", ForbiddenError), (COORDINATOR, "health", ConflictError)):
        with pytest.raises(error):
            async with office.act(who) as act:
                await entrustments.entrust(act, visit_id, department, ("某总队", "某支队", "某号"))
