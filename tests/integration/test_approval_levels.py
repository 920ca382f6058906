"""Approval in several levels, as the office has set them, from the console or the card (H1)."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select

from inspection.actors import Actor, MemberId, Role
from inspection.errors import ConflictError, ForbiddenError
from models.database import Database
from models.people import Grant, Member
from models.results import Deadline, Outbox
from models.tasks import Part
from services.results import approvals, publications
from services.results.approvals import ApprovedBeforeError, OtherPostError
from tests.conftest import Clock
from tests.integration.visits_play import Play, house_of

LEVELS = ("科室负责人", "分管负责人")


@pytest_asyncio.fixture
async def play(database: Database, clock: Clock, tmp_path: Path) -> Play:
    """A department with a first and a second level: lead-approver, and lead-chief above him."""
    found = await Play(database, house_of(tmp_path / "blobs", approval_levels=LEVELS), clock).begin()
    first = found.scene.actors["lead-approver"]
    async with found.act("coordinator") as act:
        (await act.db.get_one(Member, first.member_id)).post = LEVELS[0]
        chief = Member(department_id=first.department_id, userid="lead-chief", name="演示分管", post=LEVELS[1])
        act.db.add(chief)
        await act.db.flush()
        act.db.add(Grant(member_id=chief.id, role=Role.APPROVER.value))
        found.scene.actors["lead-chief"] = Actor(
            member_id=MemberId(chief.id), department_id=first.department_id, roles=first.roles
        )
    await found.confirmed()
    return found


async def approve(play: Play, who: str) -> str:
    async with play.act(who) as act:
        return await approvals.approve(act, play.scene.parts["lead"].id)


async def test_a_result_is_approved_when_every_level_has_said_yes(play: Play) -> None:
    """H1: the first level's yes publishes nothing; the next is told and counted; then it is approved."""
    async with play.act("coordinator") as act:
        asked = await act.db.execute(select(Outbox.recipient, Outbox.content).where(Outbox.kind == "approval-due"))
        of_lead = [(to, said["summary"]) for to, said in asked if to.startswith("lead")]
    assert of_lead == [("lead-approver", "请审核本部门检查结果，通过后送下一级审批。")]  # the chief waits for his turn
    assert await approve(play, "lead-approver") == "submitted"
    async with play.act("coordinator") as act:
        assert await publications.publish_task(act, play.scene.task.id) == 0
        rows = (await act.db.scalars(select(Deadline).where(Deadline.kind == "approve-next"))).all()
        told = await act.db.scalars(select(Outbox).where(Outbox.document_no.contains("2级")))
        cards = [(one.recipient, one.content["buttons"][0]["key"]) for one in told]
    assert [(row.due_on, row.settled_at) for row in rows] == [(date(2026, 3, 9), None)]
    assert cards == [("lead-chief", f"approve-part:{play.scene.parts['lead'].id}")]
    async with play.act("lead-chief") as act:
        [waiting] = await approvals.waiting(act)
        assert (waiting.level, waiting.levels, waiting.post) == (2, 2, "分管负责人")
        assert (waiting.due_on, waiting.why_not) == (date(2026, 3, 9), "")
    async with play.act("lead-approver") as act:
        [waiting] = await approvals.waiting(act)
        assert "另一位审批人" in waiting.why_not  # he is told so before he presses
    async with play.act("lead-chief") as act:
        assert await approvals.approve_from_card(act, play.scene.parts["lead"].id) == "已通过"
    part = await play.row(Part, play.scene.parts["lead"].id)
    assert (part.status, part.approved_by) == ("approved", play.scene.actors["lead-chief"].member_id)
    async with play.act("coordinator") as act:
        open_ones = select(Deadline).where(
            Deadline.kind.in_(("approve", "approve-next")), Deadline.settled_at.is_(None)
        )
        left = (await act.db.scalars(open_ones)).all()
    assert {row.subject for row in left} == {f"part:{play.scene.parts['partner'].id}"}


async def test_nobody_stands_in_for_another_level(play: Play) -> None:
    """H1: not the chief at the first, not the first twice, not an inspector from a card, never two at once."""
    with pytest.raises(OtherPostError):
        await approve(play, "lead-chief")
    with pytest.raises(ForbiddenError):
        await approve(play, "lead-2")
    ends = await asyncio.gather(*(approve(play, "lead-approver") for _ in range(5)), return_exceptions=True)
    assert ends.count("submitted") == 1
    assert sum(isinstance(one, ApprovedBeforeError) for one in ends) == 4


async def test_sent_back_from_any_level_all_begin_anew(play: Play) -> None:
    """H1: the second level sends back with a reason; what is mended starts at the first level."""
    await approve(play, "lead-approver")
    async with play.act("lead-chief") as act:
        await approvals.send_back(act, play.scene.parts["lead"].id, "请补拍照片")
    with pytest.raises(ConflictError):
        await approve(play, "lead-chief")
    await play.submit("lead-1")
    await play.confirm()
    async with play.act("lead-approver") as act:
        [waiting] = await approvals.waiting(act)
    assert (waiting.level, waiting.levels) == (1, 2)
    assert await approve(play, "lead-approver") == "submitted"
    assert await approve(play, "lead-chief") == "approved"
