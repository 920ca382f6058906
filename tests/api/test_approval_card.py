"""Approval from the card in the chat (H1)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from inspection.actors import SYSTEM
from inspection.notices import Button, Notice, NoticeKind
from models.people import Grant, Member
from models.tasks import Part, Submission, Visit, VisitMember
from services.people.notices import tell_member
from tests.api.chat_play import Chat
from tests.api.conftest import Building


@pytest.fixture
def chat(house: Building) -> Chat:
    house.sandbox.state.connect(callback_url=f"{house.url}/wecom/callback", trusted_origin=house.url)
    return Chat(house)


async def test_a_result_is_approved_from_the_card(chat: Chat) -> None:
    """H1: the approver's card in the chat approves his department's part and nobody else's; pressed twice is once."""
    (visit, *_) = await chat.drawn(ratio="0.1")
    async with chat.house.office.act(SYSTEM) as act:
        part = await act.db.scalar(
            select(Part).where(Part.visit_id == visit.id, Part.department_id == visit.department_id)
        )
        assert part is not None
        member = (await act.db.scalars(select(VisitMember).where(VisitMember.visit_id == visit.id))).first()
        assert member is not None
        manifest = {"results": ["none"], "measures": ["nothing"]}
        sent = Submission(
            id="0" * 36,
            part_id=part.id,
            department_id=part.department_id,
            member_id=member.member_id,
            manifest_digest="0" * 64,
            manifest=manifest,
            received_at=act.now,
        )
        act.db.add(sent)
        await act.db.flush()
        part.submission_id, part.status = sent.id, "submitted"
        (await act.db.get_one(Visit, visit.id)).status = "confirmed"
        where = (Member.department_id == part.department_id, Grant.role == "approver")
        approver = await act.db.scalar(select(Member.userid).join(Grant).where(*where))
        letter = Notice(
            kind=NoticeKind.APPROVAL_DUE,
            document_no="待审批-1",
            title="有一份检查结果待您审批",
            buttons=(Button(key=f"approve-part:{part.id}", text="审批通过"),),
        )
        assert approver is not None
        where_about = {"department_id": part.department_id, "subject": f"part:{part.id}", "dedupe_key": "due/1"}
        await tell_member(act, approver, letter, **where_about)
    await chat.settle()
    card = chat.card(approver, "有一份检查结果待您审批")
    await chat.press(approver, card, f"approve-part:{part.id}")
    async with chat.house.office.act(SYSTEM) as act:
        now = await act.db.get_one(Part, part.id)
        assert (now.status, now.submission_id) == ("approved", sent.id)
    assert card.replaced_by == "已通过"
