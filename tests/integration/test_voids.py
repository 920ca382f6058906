"""Voiding a draw (作废): two people, a listed reason, published for good, the next draw has the next number."""

from __future__ import annotations

import asyncio
import io
import zipfile

import pytest
from sqlalchemy import select

from app import verify
from app.house import void_from_card
from inspection.actors import PUBLIC as ANYBODY
from inspection.draw.record import RECORD
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError, SuichaError
from models.draws import DrawVoid
from models.people import Grant, Inspector, Member
from models.results import Deadline, Outbox
from models.tasks import Draw, Part, Visit, VisitMember
from services.drawing import draws, replacements, tasks, voids
from services.drawing.task_view import task_detail
from services.field import visits
from services.results import publications
from tests.office import COORDINATOR, OBSERVER, SECOND, VALUES, Office

WHY = "名单导入时漏了一个街道"


async def proposed(office: Office, draw: Draw) -> str:
    async with office.act(COORDINATOR) as act:
        return (await voids.propose(act, draw.number, "pool-wrong", WHY)).id


async def approve(office: Office, void_id: str, who: str = SECOND) -> None:
    async with office.act(who) as act:
        await voids.approve(act, void_id)


async def draw_row(office: Office, number: str) -> Draw:
    return (await office.all(select(Draw).where(Draw.number == number)))[0]


async def test_a_drawn_task_is_voided_and_drawn_again(office: Office) -> None:
    """D4, D10: the voided draw keeps every byte and its number; nothing of its visits stays; the new one is next."""
    task_id, draw = await office.drawn()
    files = await office.files(draw)
    visits_before = await office.count(Visit)
    assert visits_before
    await approve(office, await proposed(office, draw))
    for table in (Visit, VisitMember, Part):
        assert await office.count(table) == 0
    assert await office.count(Deadline, Deadline.settled_at.is_(None)) == 0
    left = Outbox.kind.not_in(("second-asked", "second-decided")), Outbox.status.in_(("waiting", "held"))
    assert await office.count(Outbox, *left) == 0
    async with office.act() as act:
        task = await task_detail(act, task_id)
    assert (task["status"], task["draw"], task["voided"][0]["number"]) == ("draft", None, draw.number)
    assert await office.files(await draw_row(office, draw.number)) == {**files, RECORD: b""}

    async with office.act() as act:
        await tasks.prepare(act, task_id)
    again = await office.freeze(task_id)
    for name in VALUES:
        await office.enter(task_id, name)
    again = await office.draw(task_id)
    assert (draw.number[-4:], again.number[-4:]) == ("0001", "0002")
    assert await office.count(Visit) == visits_before
    numbers = await office.all(select(Visit.number))
    assert all("-2-" in number for number in numbers), "nobody meets an old number under another name"
    async with office.act(ANYBODY) as act:
        shown = {one.draw.number: one for one in await publications.draws(act)}
    assert shown[draw.number].void is not None
    assert shown[draw.number].void.reason == "pool-wrong"
    assert shown[again.number].void is None


async def test_what_changed_before_the_void_can_still_be_checked(office: Office) -> None:
    """D4, D10, E4: the bundle of a voided draw holds the record as it stood, and anybody finds it true."""
    _, draw = await office.drawn()
    (member, *_) = await office.all(select(VisitMember).order_by(VisitMember.visit_id, VisitMember.inspector_id))
    (number,) = await office.all(select(Inspector.staff_no).where(Inspector.id == member.inspector_id))
    heads = select(Member.userid).join(Grant, Grant.member_id == Member.id).where(Grant.role == "approver")
    (head, *_) = await office.all(heads.where(Member.department_id == member.department_id))
    async with office.act() as act:
        asked = await replacements.ask(act, member.visit_id, "health", "病假证明", number)
    async with office.act(head) as act:
        await replacements.approve(act, asked.id)
    before = await bundle(office, draw)
    assert before[RECORD].count(b"\n") == 1
    await approve(office, await proposed(office, draw))
    assert await bundle(office, draw) == before
    assert verify.check(before).findings == []


async def bundle(office: Office, draw: Draw) -> dict[str, bytes]:
    """What the console hands out of a draw."""
    async with office.act(OBSERVER) as act:
        packed = zipfile.ZipFile(io.BytesIO(await draws.bundle(act, draw.number)))
    return {name: packed.read(name) for name in packed.namelist()}


async def test_who_heard_of_it_hears_of_the_end(office: Office) -> None:
    """F3: what was not sent is withdrawn in silence; whoever may have read his card is told not to go."""
    _, draw = await office.drawn()
    async with office.act() as act:
        cards = (await act.db.scalars(select(Outbox).where(Outbox.channel == "wecom").limit(3))).all()
        for card in cards:
            card.status = "accepted"
        heard = {card.recipient for card in cards}
    await approve(office, await proposed(office, draw))
    told = await office.all(select(Outbox).where(Outbox.kind == "draw-voided"))
    assert {row.recipient for row in told} == heard
    assert all(WHY not in str(row.content) for row in told)
    assert all("名录有误" in row.content["summary"] for row in told)


async def test_the_second_coordinator_decides_on_the_card(office: Office) -> None:
    """D4, F3: asked with the listed reason, not with the words for it; the proposer has no card and no way round."""
    _, draw = await office.drawn()
    void_id = await proposed(office, draw)
    (asked,) = await office.all(select(Outbox).where(Outbox.kind == "second-asked"))
    assert asked.recipient == SECOND
    assert "名录有误" in str(asked.content)
    assert WHY not in str(asked.content), "the evidence is for the page"
    assert [one.get("key") for one in asked.content["buttons"]][:1] == [f"approve-void:{void_id}"]
    with pytest.raises(ConflictError, match="两人"):
        async with office.act(COORDINATOR) as act:
            await void_from_card(act, void_id)
    async with office.act(SECOND) as act:
        assert await void_from_card(act, void_id) == "已同意作废"
    assert (await draw_row(office, draw.number)).status == "voided"
    with pytest.raises(ConflictError):
        async with office.act(SECOND) as act:
            await void_from_card(act, void_id)


async def test_two_people_and_a_listed_reason(office: Office) -> None:
    """ASVS 2.3.5: not alone, not by an observer, not without a reason from the list and words for it."""
    task_id = await office.frozen()
    async with office.act() as act:
        draw = await publications.draws(act)
    number = draw[0].draw.number
    for who, reason, detail, error in (
        (COORDINATOR, "bad-luck", WHY, InvalidInputError),
        (COORDINATOR, "technical", "  ", InvalidInputError),
        (OBSERVER, "technical", WHY, ForbiddenError),
    ):
        with pytest.raises(error):
            async with office.act(who) as act:
                await voids.propose(act, number, reason, detail)
    void_id = await proposed(office, draw[0].draw)
    with pytest.raises(ConflictError, match="两人"):
        await approve(office, void_id, COORDINATOR)
    with pytest.raises(ConflictError, match="已有一项"):
        await proposed(office, draw[0].draw)
    async with office.act(SECOND) as act:
        await voids.decline(act, void_id)
    with pytest.raises(ConflictError):
        await approve(office, void_id)
    assert (await draw_row(office, number)).status == "frozen"
    await approve(office, await proposed(office, draw[0].draw))
    with pytest.raises(ConflictError, match="尚未冻结"):
        await office.enter(task_id, next(iter(VALUES)))


async def test_what_has_begun_is_not_voided(office: Office) -> None:
    """E1: accepting is no beginning; a part handed in is."""
    _, draw = await office.drawn()
    row = (await office.all(select(VisitMember).where(VisitMember.leads)))[0]
    leader = await office.all(select(Outbox.recipient).where(Outbox.subject == f"visit:{row.visit_id}"))
    async with office.act(leader[0]) as act:
        await visits.accept(act, row.visit_id)
    void_id = await proposed(office, draw)
    async with office.act() as act:
        part = (await act.db.scalars(select(Part).where(Part.visit_id == row.visit_id))).first()
        part.status = "submitted"
    with pytest.raises(ConflictError, match="开始检查"):
        await approve(office, void_id)
    assert (await draw_row(office, draw.number)).status == "drawn"
    assert await office.count(DrawVoid, DrawVoid.status == "proposed") == 1


async def test_64_who_void_at_once_are_one(office: Office) -> None:
    """Of 64 approvals in the same moment one voids, whichever database decides."""
    _, draw = await office.drawn()
    void_id = await proposed(office, draw)
    ends = await asyncio.gather(*(approve(office, void_id) for _ in range(64)), return_exceptions=True)
    assert sum(end is None for end in ends) == 1
    assert all(end is None or isinstance(end, SuichaError) for end in ends), ends
    assert await office.count(Draw, Draw.status == "voided") == 1
