"""What follows a result: opened by somebody, counted, answered, ended; and what must not happen (I1-I8)."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from inspection.actors import PUBLIC, Actor
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from inspection.followups import FollowUpKind, Order
from models.database import Database
from models.followups import FollowUp, FollowUpPhoto
from models.results import Deadline
from services.people import owners, signin
from services.results import followup_view, followups, rectifications
from services.results.followups import ElsewhereError, NewFollowUp
from tests.conftest import Clock
from tests.integration.visits_play import Play, house_of, photo_bytes

FOUND = {"results": ["corrected"], "measures": ["order", "notify"], "result_detail": "灭火器过期，已责令更换。"}


@pytest_asyncio.fixture
async def play(database: Database, clock: Clock, tmp_path: Path) -> Play:
    found = await Play(database, house_of(tmp_path / "blobs"), clock).begin()
    await found.accept()
    await found.submit("lead-1", await found.filled("lead-1", **FOUND))
    await found.submit("partner-1")
    await found.confirm()
    return found


async def opened(play: Play, kind: FollowUpKind, who: str = "lead-approver", **order: Any) -> FollowUp:
    days = {"due_on": order.pop("due_on", None)}
    words = {"demand": "更换灭火器并拍照报送", **order}
    responsible = f"{who.partition('-')[0]}-1"
    part = play.scene.parts["lead"].id
    async with play.act(who) as act:
        new = NewFollowUp(part_id=part, kind=kind, order=Order(**words), responsible=responsible, **days)
        return await followups.open_followup(act, new)


async def owner_of(play: Play, openid: str = "oDemoOwner0000000009") -> Actor:
    async with play.act(PUBLIC) as act:
        _, token = await signin.sign_in_owner(act, openid)
    async with play.act(PUBLIC) as act:
        found = await signin.actor_of(act.db, token, act.now)
    assert found is not None
    return found


async def bound(play: Play) -> Actor:
    owner = await owner_of(play)
    async with play.act(owner) as act:
        await owners.bind(act, play.scene.visit.notice_code)
    return owner


async def send_photo(play: Play, owner: Actor, followup_id: str, data: bytes) -> bool:
    digest = hashlib.sha256(data).hexdigest()
    async with play.act(owner) as act:
        stamp = await rectifications.expect(act, followup_id, digest, data)
    photo = await rectifications.develop(play.house, data, digest, stamp)
    async with play.act(owner) as act:
        return await rectifications.keep(act, followup_id, photo)


async def due(play: Play) -> dict[str, tuple[date, bool]]:
    """The deadlines of follow-ups by kind: (day, is it open)."""
    async with play.act("coordinator") as act:
        rows = await act.db.scalars(select(Deadline).where(Deadline.subject.contains("/")))
        return {row.kind: (row.due_on, row.settled_at is None) for row in rows}


async def test_nothing_follows_before_approval_and_nothing_by_itself(play: Play) -> None:
    """I1, I4: a result asks about kinds; it opens none, and nobody opens one before the result is approved."""
    with pytest.raises(ConflictError):
        await opened(play, FollowUpKind.RECTIFICATION)
    await play.approve("lead")
    await play.approve("partner")
    async with play.act("lead-approver") as act:
        board = await followup_view.board(act, closed=False)
    assert board["rows"] == []
    [asked] = board["proposals"]  # the partner found nothing: nothing is asked, and nothing stays open
    assert (asked["kinds"], asked["mine"]) == (["rectification", "transfer"], True)


async def test_a_rectification_from_order_to_recheck(play: Play) -> None:
    """I8: a day, the owner's photo, a first re-check that fails, a second that passes; every step stays."""
    await play.approve("lead")
    owner = await bound(play)
    row = await opened(play, FollowUpKind.RECTIFICATION)
    assert (await due(play))["rectify"] == (date(2026, 3, 17), True)
    assert await play.told("followup-opened") == ["lead-1"]
    assert len(await play.told("owner-rectify")) == 1
    async with play.act(owner) as act:
        with pytest.raises(ConflictError):
            await rectifications.hand_in(act, row.id, "已更换")
    assert await send_photo(play, owner, row.id, photo_bytes("mended"))
    assert not await send_photo(play, owner, row.id, photo_bytes("mended"))
    async with play.act(owner) as act:
        assert await rectifications.hand_in(act, row.id, "已更换全部灭火器") == "handed-in"
    found = await due(play)
    assert (found["rectify"][1], found["recheck"]) == (False, (date(2026, 3, 16), True))
    with pytest.raises(ConflictError):
        await send_photo(play, owner, row.id, photo_bytes("later"))
    async with play.act("lead-1") as act:
        status = await followups.recheck(act, row.id, passed=False, note="仍有一具过期", due_on=date(2026, 3, 20))
    assert status == "open"
    assert (await due(play))["rectify"] == (date(2026, 3, 20), True)
    async with play.act(owner) as act:
        await rectifications.hand_in(act, row.id, "剩余一具已更换")
    async with play.act("lead-approver") as act:
        assert await followups.recheck(act, row.id, passed=True, note="复查合格") == "closed"
        detail = await followup_view.detail(act, row.id)
    assert [one["what"] for one in detail["steps"]] == ["提出", "企业报送整改", "复查未通过", "企业报送整改", "办结"]
    assert (detail["outcome_text"], len(detail["photos"])) == ("复查合格", 1)
    assert not any(is_open for _, is_open in (await due(play)).values())


async def test_an_owner_reaches_his_own_rectifications_alone(play: Play) -> None:
    """M1, I8: a stranger finds neither the order nor the photo; a transfer is nobody's but the departments'."""
    await play.approve("lead")
    owner, stranger = await bound(play), await owner_of(play, "oDemoOwner0000000010")
    row = await opened(play, FollowUpKind.RECTIFICATION)
    other = await opened(play, FollowUpKind.CASE)
    await send_photo(play, owner, row.id, photo_bytes("mine"))
    async with play.act(stranger) as act:
        assert await rectifications.own(act) == []
        with pytest.raises(NotFoundError):
            await rectifications.hand_in(act, row.id, "不是我的")
        with pytest.raises(NotFoundError):
            await rectifications.copy_for_owner(act, row.id, hashlib.sha256(photo_bytes("mine")).hexdigest(), "thumb")
    async with play.act(owner) as act:
        assert [one.case.row.id for one in await rectifications.own(act)] == [row.id]
        with pytest.raises(NotFoundError):
            await rectifications.hand_in(act, other.id, "不是整改")
    async with play.act("partner-approver") as act:
        with pytest.raises(NotFoundError):
            await rectifications.copy_for_desk(act, row.id, hashlib.sha256(photo_bytes("mine")).hexdigest(), "thumb")


async def test_a_transfer_says_what_was_handed_over_and_is_answered_by_who_got_it(play: Play) -> None:
    """I2: to another department, with a list; its approver answers, the sender is told, nobody else can end it."""
    await play.approve("lead")
    partner = str(play.scene.actors["partner-1"].department_id)
    with pytest.raises(InvalidInputError):
        await opened(play, FollowUpKind.TRANSFER, department_id=partner)
    row = await opened(play, FollowUpKind.TRANSFER, department_id=partner, handed=("现场笔录", "照片 3 张"))
    assert await play.told("followup-opened") == ["lead-1", "partner-approver"]
    async with play.act("lead-approver") as act:
        with pytest.raises(ElsewhereError):
            await followups.close(act, row.id, "taken", "自己替对方答复")
    async with play.act("partner-approver") as act:
        [seen] = (await followup_view.board(act, closed=False))["rows"]
        assert (seen["handed"], seen["can"]["close"]) == (["现场笔录", "照片 3 张"], True)
        assert await followups.close(act, row.id, "taken", "已受理，将另案检查") == "closed"
    assert await play.told("followup-answered") == ["lead-1", "lead-approver"]
    assert (await due(play))["answer-transfer"] == (date(2026, 3, 16), False)


@pytest.mark.parametrize(
    ("kind", "order", "outcome"),
    [
        (FollowUpKind.JUSTICE, {"body": "演示区公安分局", "handed": ("案卷一册",)}, "taken"),
        (FollowUpKind.CASE, {}, "punished"),
        (FollowUpKind.ABNORMAL_LIST, {}, "listed"),
        (FollowUpKind.KEY_LIST, {}, "listed"),
    ],
)
async def test_what_stands_under_a_name_has_a_documents_number(
    play: Play, kind: FollowUpKind, order: dict[str, Any], outcome: str
) -> None:
    """I3, I4, I5, H8: justice, case, lists end with a decision's number; an outcome of another kind is refused."""
    await play.approve("lead")
    row = await opened(play, kind, **order)
    async with play.act("lead-approver") as act:
        with pytest.raises(InvalidInputError):
            await followups.close(act, row.id, outcome, "已决定")
        with pytest.raises(InvalidInputError):
            await followups.close(act, row.id, "passed", "已决定", "演示〔2026〕1号")
        assert await followups.close(act, row.id, outcome, "已决定", "演示〔2026〕1号") == "closed"
        with pytest.raises(ConflictError):
            await followups.close(act, row.id, outcome, "再决定", "演示〔2026〕2号")


async def test_dishonesty_names_one_of_three_grounds(play: Play) -> None:
    """I6: non-cooperation, a penalty, a failed statutory check; no fourth, and none for other kinds."""
    await play.approve("lead")
    for ground in ("", "bad-mood"):
        with pytest.raises(InvalidInputError):
            await opened(play, FollowUpKind.DISHONESTY, ground=ground)
    with pytest.raises(InvalidInputError):
        await opened(play, FollowUpKind.CASE, ground="penalty")
    for ground in ("non-cooperation", "penalty", "failed-check"):
        assert (await opened(play, FollowUpKind.DISHONESTY, ground=ground)).ground == ground


async def test_nobody_opens_for_another_department(play: Play) -> None:
    """I1: 谁管辖谁负责; who is responsible is of the own department."""
    await play.approve("lead")
    with pytest.raises(NotFoundError):
        await opened(play, FollowUpKind.CASE, who="partner-approver")
    async with play.act("lead-approver") as act:
        new = NewFollowUp(
            part_id=play.scene.parts["lead"].id,
            kind=FollowUpKind.CASE,
            order=Order(demand="立案"),
            responsible="partner-1",
        )
        with pytest.raises(InvalidInputError):
            await followups.open_followup(act, new)
    row = await opened(play, FollowUpKind.RECTIFICATION)
    async with play.act("lead-2") as act:  # of the department, but not responsible
        with pytest.raises(ForbiddenError):
            await followups.recheck(act, row.id, passed=True, note="路过看了看")


async def test_another_day_needs_a_reason_and_lies_later(play: Play) -> None:
    """I8: the day moves on record, never backwards."""
    await play.approve("lead")
    row = await opened(play, FollowUpKind.RECTIFICATION, due_on=date(2026, 3, 10))
    async with play.act("lead-approver") as act:
        with pytest.raises(InvalidInputError):
            await followups.extend(act, row.id, date(2026, 3, 9), "提前")
        with pytest.raises(InvalidInputError):
            await followups.extend(act, row.id, date(2026, 3, 20), " ")
        assert await followups.extend(act, row.id, date(2026, 3, 20), "配件到货晚") == date(2026, 3, 20)
    assert (await due(play))["rectify"] == (date(2026, 3, 20), True)


async def test_of_many_who_close_one_gets_through(play: Play) -> None:
    """K4: closed once."""
    await play.approve("lead")
    row = await opened(play, FollowUpKind.CASE)

    async def close() -> str:
        async with play.act("lead-approver") as act:
            return await followups.close(act, row.id, "withdrawn", "情节轻微")

    ends = await asyncio.gather(*(close() for _ in range(6)), return_exceptions=True)
    assert ends.count("closed") == 1
    assert sum(isinstance(one, ConflictError) for one in ends) == 5
    async with play.act("coordinator") as act:
        assert len((await act.db.scalars(select(FollowUpPhoto))).all()) == 0
