"""Approval and publication: what must happen, and above all what must not (H1, H3, H5, J1)."""

from __future__ import annotations

import asyncio
import json
from datetime import date
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from inspection.actors import PUBLIC, Actor, Role
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from models.base import new_ids
from models.database import Database
from models.results import Deadline, Publication
from models.tasks import Evidence, Part, Task, Visit
from services.field import evidence, visits
from services.results import approvals, public_view, publications
from services.results.approvals import OwnWorkError
from tests.conftest import Clock
from tests.integration.visits_play import Play, house_of


@pytest_asyncio.fixture
async def play(database: Database, clock: Clock, tmp_path: Path) -> Play:
    return await Play(database, house_of(tmp_path / "blobs"), clock).begin()


async def publish(play: Play, who: str | Actor = "coordinator") -> int:
    async with play.act(who) as act:
        return await publications.publish_task(act, play.scene.task.id)


async def published(play: Play) -> int:
    async with play.act("coordinator") as act:
        return await act.db.scalar(select(func.count()).select_from(Publication)) or 0


async def test_an_approver_sees_his_own_departments_confirmed_parts(play: Play) -> None:
    """H1: with the answers in words, the owner's name, and the day by which he must have judged."""
    await play.accept()
    await play.submit("lead-1")
    await play.submit("partner-1")
    async with play.act("lead-approver") as act:
        assert await approvals.waiting(act) == []
    await play.confirm()
    async with play.act("lead-approver") as act:
        [waiting] = await approvals.waiting(act)
    assert waiting.case.part.id == play.scene.parts["lead"].id
    assert waiting.manifest["owner_signature"]["name"] == "演示店主"
    assert {line.value_text for line in waiting.answers} == {"是"}
    assert waiting.due_on == date(2026, 3, 16)


async def test_nobody_approves_another_departments_part(play: Play) -> None:
    """H1: each department approves its own; another's is not even found."""
    await play.confirmed()
    async with play.act("partner-approver") as act:
        with pytest.raises(NotFoundError):
            await approvals.approve(act, play.scene.parts["lead"].id)
        with pytest.raises(NotFoundError):
            await approvals.send_back(act, play.scene.parts["lead"].id, "不属于我")


async def test_nothing_is_approved_before_the_leader_confirmed(play: Play) -> None:
    await play.accept()
    await play.submit("lead-1")
    with pytest.raises(ConflictError):
        await play.approve("lead")


async def test_nobody_approves_what_he_submitted(play: Play) -> None:
    """H1: an approver who is also an inspector needs another approver."""
    await play.confirmed()
    own = play.scene.actors["lead-1"]
    both = Actor(
        member_id=own.member_id, department_id=own.department_id, roles=frozenset({Role.INSPECTOR, Role.APPROVER})
    )
    async with play.act(both) as act:
        with pytest.raises(OwnWorkError):
            await approvals.approve(act, play.scene.parts["lead"].id)


async def test_of_many_who_approve_one_gets_through(play: Play) -> None:
    await play.confirmed()
    ends = await asyncio.gather(*(play.approve("lead") for _ in range(8)), return_exceptions=True)
    assert ends.count("approved") == 1
    assert sum(isinstance(one, ConflictError) for one in ends) == 7


async def test_a_part_sent_back_is_mended_and_confirmed_anew(play: Play) -> None:
    """H1: with a reason, told to who submitted it; the legal days do not begin again (H2)."""
    await play.confirmed()
    async with play.act("partner-approver") as act:
        with pytest.raises(InvalidInputError):
            await approvals.send_back(act, play.scene.parts["partner"].id, "  ")
        await approvals.send_back(act, play.scene.parts["partner"].id, "照片看不清，请补拍。")
    part = await play.row(Part, play.scene.parts["partner"].id)
    assert (part.status, part.returned_reason) == ("returned", "照片看不清，请补拍。")
    assert (await play.row(Visit, play.scene.visit.id)).status == "accepted"
    assert await play.told("part-returned") == ["partner-1"]
    with pytest.raises(ConflictError):
        await play.approve("lead")
    play.clock.advance(days=2)
    await play.submit("partner-1")
    await play.confirm()
    await play.approve("lead")
    await play.approve("partner")
    async with play.act("coordinator") as act:
        rows = (await act.db.scalars(select(Deadline).where(Deadline.kind == "publish"))).all()
    assert {row.due_on for row in rows} == {date(2026, 3, 30)}
    assert await publish(play) == 2


async def test_nothing_is_published_before_approval_and_nothing_twice(play: Play) -> None:
    """H3, J1: submitted and confirmed is not approved; a published result is published once."""
    await play.confirmed()
    assert await publish(play) == 0
    assert await published(play) == 0
    await play.approve("lead")
    assert await publish(play) == 1
    assert await publish(play) == 0
    assert (await play.row(Visit, play.scene.visit.id)).status == "confirmed"
    await play.approve("partner")
    ends = await asyncio.gather(*(publish(play) for _ in range(6)))
    assert sorted(ends) == [0, 0, 0, 0, 0, 1]
    assert await published(play) == 2
    assert (await play.row(Visit, play.scene.visit.id)).status == "published"
    assert (await play.row(Task, play.scene.task.id)).status == "finished"
    async with play.act("coordinator") as act:
        left = await act.db.scalars(select(Deadline.kind).where(Deadline.settled_at.is_(None)))
        assert set(left) == {"sign", "archive"}  # what stays to be done of a published visit


async def test_an_approver_publishes_his_own_departments_alone(play: Play) -> None:
    """H3: 谁检查、谁录入、谁公开."""
    await play.confirmed()
    await play.approve("lead")
    await play.approve("partner")
    assert await publish(play, "partner-approver") == 1
    assert (await play.row(Part, play.scene.parts["lead"].id)).status == "approved"
    assert (await play.row(Part, play.scene.parts["partner"].id)).status == "published"
    assert await play.told("published") == ["partner-1", "partner-2"]


@pytest.mark.parametrize("who", ["lead-1", PUBLIC])
async def test_nobody_else_publishes(play: Play, who: str | Actor) -> None:
    with pytest.raises(ForbiddenError):
        await publish(play, who)


async def test_a_department_that_has_no_part_finds_no_task(play: Play) -> None:
    stranger = Actor(
        member_id=play.scene.actors["lead-1"].member_id,
        department_id=play.scene.actors["partner-1"].member_id,  # type: ignore[arg-type]
        roles=frozenset({Role.APPROVER}),
    )
    with pytest.raises(NotFoundError):
        await publish(play, stranger)


async def test_what_is_public_names_no_person(play: Play) -> None:
    """M2, H7: neither inspector nor owner nor free words; the result, the department, the days."""
    await play.accept()
    await play.submit("lead-1", await play.filled("lead-1", result_detail="李四身份证号不公开", note="内部"))
    await play.submit("partner-1")
    await play.confirm()
    await play.approve("lead")
    await publish(play)
    number = f"{play.scene.visit.number}-lead"
    async with play.act(PUBLIC) as act:
        found, others = await publications.result(act, number)
        total, rows = await publications.search(act, play.scene.target.name, 1)
        body = json.dumps(found.body, ensure_ascii=False)
    assert others == []
    assert (total, [row["number"] for row in rows]) == (1, [number])
    assert found.body["result_text"] == "未发现问题"
    assert (found.body["due_on"], found.body["late"]) == ("2026-03-30", False)
    for secret in ("演示店主", "演示人员", "李四", "内部", "LEAD-1"):
        assert secret not in body


async def test_what_comes_after_its_last_day_says_so(play: Play) -> None:
    """K2: late is late, and public."""
    await play.confirmed()
    await play.approve("lead")
    play.clock.advance(days=40)
    await publish(play)
    async with play.act(PUBLIC) as act:
        found, _ = await publications.result(act, f"{play.scene.visit.number}-lead")
    assert found.body["late"] is True


async def test_the_public_finds_only_what_is_published(play: Play) -> None:
    """M3: a target under inspection is not named before its result is public; `%` finds nothing of its own."""
    await play.confirmed()
    await play.approve("lead")
    async with play.act(PUBLIC) as act:
        assert (await publications.search(act, play.scene.target.name, 1))[0] == 0
        with pytest.raises(NotFoundError):
            await publications.result(act, f"{play.scene.visit.number}-lead")
    await publish(play)
    async with play.act(PUBLIC) as act:
        assert (await publications.search(act, play.scene.target.code.lower(), 1))[0] == 1
        assert (await publications.search(act, "%", 1))[0] == 0
        with pytest.raises(NotFoundError):
            await publications.result(act, f"{play.scene.visit.number}-partner")


async def test_departments_share_results_and_evidence_with_each_other(play: Play) -> None:
    """H9: the group opens the other department's photo, and its published result stands in the target's file."""
    await play.confirmed()
    for code in ("lead", "partner"):
        await play.approve(code)
    await publish(play)
    visit_id = play.scene.visit.id
    async with play.database.read() as db:
        of_lead = (Evidence.kind == "photo", Evidence.department_id == play.scene.items["lead"].department_id)
        photo = await db.scalar(select(Evidence.digest).where(*of_lead)) or ""
    async with play.act("partner-1") as act:
        shown, media = await evidence.copy_of(act, visit_id, photo, "display")
        assert (media, await play.house.blobs.has(shown)) == ("image/jpeg", True)
        history = (await visits.visit_detail(act, visit_id)).history
        told = {department: one.body["result_text"] for one, department in history}
    assert told == {"演示区市场监督管理局": "未发现问题", "演示区卫生健康局": "未发现问题"}
    async with play.act("partner-approver") as act:  # he has no part in the visit itself: what is public, not the photo
        with pytest.raises(NotFoundError):
            await evidence.copy_of(act, visit_id, photo, "display")


async def test_results_of_one_visit_stand_together_in_order(play: Play) -> None:
    """H6: in the list of newest results the departments of a visit follow each other by code, whatever their ids."""
    await play.confirmed()
    for code in ("partner", "lead"):
        await play.approve(code)
    await publish(play)
    async with play.act(PUBLIC) as act:
        _, listed = await publications.search(act, "", 1)
        of_code = (await public_view.enterprise(act, play.scene.target.code))["rows"]
    number = play.scene.visit.number
    assert [one["number"] for one in listed] == [f"{number}-lead", f"{number}-partner"]
    assert [one["number"] for one in of_code] == [f"{number}-lead", f"{number}-partner"]
    ids = new_ids(300)
    assert (sorted(ids), len(set(ids)), {len(one) for one in ids}) == (ids, 300, {32})
