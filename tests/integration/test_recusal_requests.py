"""An enterprise asks that an inspector stay away (E5): decided by his department, with a reason, in time."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from sqlalchemy import select

from app import verify
from app.house import recuse_by_request
from inspection.actors import Actor
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from models.draws import Recusal, RecusalRequest, Replacement, Shortfall
from models.people import AuditEntry, Inspector, Member
from models.results import Deadline, Outbox
from models.tasks import Part, Visit, VisitMember
from services.drawing import draws, entrustments, recusal_requests, replacements
from services.field import visits
from services.people import owners
from tests.integration.test_owners import bind, sign_in
from tests.integration.test_replacements import approver, first_visit, group_of
from tests.office import COORDINATOR, SECOND, Office

WORDS = "与我单位负责人张某系表兄弟，附户口簿复印件"


async def known(office: Office, visit: Visit) -> Actor:
    """An owner who has bound the target."""
    owner = await sign_in(office)
    await bind(office, owner, visit.notice_code)
    return owner


async def person(office: Office, staff_no: str) -> str:
    (found,) = await office.all(select(Inspector.id).where(Inspector.staff_no == staff_no))
    return str(found)


async def ask(office: Office, owner: Actor, visit: Visit, staff_no: str, ground: str = "kinship") -> str:
    whom = await person(office, staff_no)
    async with office.act(owner) as act:
        return (await recusal_requests.ask(act, visit.id, whom, ground, WORDS)).id


async def told(office: Office, owner: Actor, visit: Visit) -> dict[str, object]:
    async with office.act(owner) as act:
        (found,) = (await owners.visit(act, visit.id))["recusals"]
    return found


async def test_granted_he_leaves_and_the_next_in_order_comes(office: Office) -> None:
    """E4, E5: recused for good, replaced by the protocol, told to enterprise and group; the record grows and checks."""
    _, draw = await office.drawn()
    visit, leader, userid = await first_visit(office)
    owner = await known(office, visit)
    request = await ask(office, owner, visit, leader)
    (due,) = await office.all(select(Deadline).where(Deadline.kind == "decide-recusal"))
    assert due.due_on.isoformat() == "2026-03-05", "three working days from Monday"
    card = (await office.all(select(Outbox).where(Outbox.kind == "recusal-asked")))[0]
    assert [one["key"] for one in card.content["buttons"] if "key" in one] == [f"approve-recusal:{request}"]
    assert WORDS not in json.dumps(card.content, ensure_ascii=False), "what he wrote stays out of messages"
    boss = await approver(office, "health", userid)
    async with office.act(boss) as act:
        (row,) = await recusal_requests.listing(act)
        assert (row["decide"], row["words"], row["due_on"]) == (True, WORDS, due.due_on)
        following = (await recusal_requests.choices(act, request))["next"]["staff_no"]
        assert await recuse_by_request(act, request) == "已同意回避"
    group = await group_of(office, visit)
    assert following in group
    assert leader not in group
    with pytest.raises(NotFoundError):
        async with office.act(userid) as act:
            await visits.visit_detail(act, visit.id)
    answer = await told(office, owner, visit)
    assert (answer["status_text"], answer["answer"]) == ("已同意", recusal_requests.AGREED)
    kinds = await office.all(select(Outbox.kind).where(Outbox.dedupe_key.contains(request)))
    assert "owner-recusal" in kinds
    assert userid in await office.all(select(Outbox.recipient).where(Outbox.kind == "replaced"))
    (recusal,) = await office.all(select(Recusal))
    assert (recusal.ground, recusal.ended_at) == ("owner-request", None)
    assert await office.count(Deadline, Deadline.kind == "decide-recusal", Deadline.settled_at.is_(None)) == 0
    async with office.act(SECOND) as act:
        archive = zipfile.ZipFile(io.BytesIO(await draws.bundle(act, draw.number)))
    files = {name: archive.read(name) for name in archive.namelist()}
    (line,) = files["record.jsonl"].decode().splitlines()
    assert (json.loads(line)["kind"], json.loads(line)["entering"]) == ("replaced", following)
    assert WORDS not in line
    assert not verify.check(files).findings


async def test_declined_the_enterprise_reads_why_and_asks_no_second_time(office: Office) -> None:
    """E5: not without a reason; the group stays; the same person is not asked about again."""
    await office.drawn()
    visit, leader, userid = await first_visit(office)
    owner = await known(office, visit)
    request = await ask(office, owner, visit, leader)
    before, boss = await group_of(office, visit), await approver(office, "health", userid)
    with pytest.raises(InvalidInputError):
        async with office.act(boss) as act:
            await recusal_requests.decline(act, request, " ")
    async with office.act(boss) as act:
        await recusal_requests.decline(act, request, "经核实不存在亲属关系。")
    assert await group_of(office, visit) == before
    assert (await told(office, owner, visit))["answer"] == "经核实不存在亲属关系。"
    assert await office.count(Recusal) == await office.count(Replacement) == 0
    with pytest.raises(ConflictError, match="当前状态"):
        async with office.act(boss) as act:
            await recusal_requests.approve(act, request)
    with pytest.raises(ConflictError, match="已经"):
        await ask(office, owner, visit, leader)


async def test_who_may_ask_and_who_decides(office: Office) -> None:
    """E5, F2: only of his own visit's group and with a listed ground; his department alone decides, not he."""
    await office.drawn()
    visit, leader, userid = await first_visit(office)
    owner, stranger = await known(office, visit), await sign_in(office, "oSomebodyElse")
    other = (
        await office.all(select(Inspector.staff_no).where(Inspector.staff_no.not_in(await group_of(office, visit))))
    )[0]
    for who, staff_no, ground, error in (
        (stranger, leader, "kinship", NotFoundError),
        (owner, other, "kinship", NotFoundError),
        (owner, leader, "dislike", InvalidInputError),
    ):
        with pytest.raises(error):
            await ask(office, who, visit, staff_no, ground)
    request = await ask(office, owner, visit, leader)
    with pytest.raises(ConflictError):
        await ask(office, owner, visit, leader)
    boss_of_others = await approver(office, "fire", userid)
    for who, error in ((boss_of_others, NotFoundError), (COORDINATOR, ForbiddenError), (userid, ForbiddenError)):
        with pytest.raises(error):
            async with office.act(who) as act:
                await recusal_requests.approve(act, request)
    async with office.act(boss_of_others) as act:
        assert await recusal_requests.listing(act) == []
    async with office.act(COORDINATOR) as act:
        (row,) = await recusal_requests.listing(act)
    assert not row["decide"]
    assert await office.count(RecusalRequest, RecusalRequest.status == "asked") == 1


async def test_an_unannounced_visit_is_not_there_to_ask_about(office: Office) -> None:
    """F2: before the door nobody outside knows who comes, so nobody asks."""
    await office.drawn(announced=False)
    visit, leader, _ = await first_visit(office)
    owner = await sign_in(office)
    with pytest.raises(NotFoundError):
        await ask(office, owner, visit, leader)


async def test_where_nobody_else_can_come_his_place_stands_open(office: Office) -> None:
    """D9, E5: a recusal that is granted holds; the place is to be filled or entrusted, and another leads."""
    await office.drawn()
    visit, leader, userid = await first_visit(office)
    owner, boss = await known(office, visit), await approver(office, "health", userid)
    here = set(await office.all(select(VisitMember.inspector_id).where(VisitMember.visit_id == visit.id)))
    (health,) = await office.all(select(Member.department_id).where(Member.userid == userid))
    others = Inspector.id.not_in(here) & (Inspector.department_id == health)
    await office.leave(others)
    own_wish = None
    async with office.act(userid) as act:
        own_wish = (await replacements.ask(act, visit.id, "work-conflict", "另有任务")).id
    request = await ask(office, owner, visit, leader)
    async with office.act(boss) as act:
        assert (await recusal_requests.choices(act, request))["next"] is None
        await recusal_requests.approve(act, request, "同意，另行委托。")
    assert leader not in await group_of(office, visit)
    (gap,) = await office.all(select(Shortfall))
    assert (gap.visit_id, gap.missing) == (visit.id, 1)
    leads = await office.all(select(VisitMember).where(VisitMember.visit_id == visit.id, VisitMember.leads))
    assert len(leads) == 1
    assert await office.count(Part, Part.visit_id == visit.id) == 3, "one of the department is left: its part stays"
    (row,) = await office.all(select(Replacement))
    assert (row.id, row.status, row.entering, row.way) == (own_wish, "approved", "", "nobody")
    async with office.act(COORDINATOR) as act:
        await entrustments.entrust(act, visit.id, "health", ("省卫生健康委", "市卫生健康委", "委托〔2026〕3号"))
    assert await office.count(AuditEntry, AuditEntry.act == "replacement-open") == 1


async def test_what_is_handed_in_is_done(office: Office) -> None:
    """E5: once the part is in, nobody is taken out of the group that made it."""
    await office.drawn()
    visit, leader, _ = await first_visit(office)
    owner = await known(office, visit)
    await office.change(Visit, Visit.id == visit.id, status="submitted")
    with pytest.raises(ConflictError, match="已经提交"):
        await ask(office, owner, visit, leader)
