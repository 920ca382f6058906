"""Replacing people and targets (E1-E5): by the protocol or by choice, by two, told, never in result.json."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest
from sqlalchemy import select

from app.house import approve_from_card, recuse_from_card, replace_from_card
from inspection.draw.lists import TARGETS
from inspection.draw.match import next_replacement
from inspection.draw.result import RESULT, read_roster
from inspection.errors import ConflictError, InvalidInputError, NotFoundError, SuichaError
from models.draws import Replacement, TargetSwap
from models.people import Department, Grant, Inspector, Member
from models.registers import Target
from models.results import Outbox
from models.tasks import Draw, Task, Visit, VisitMember
from services.drawing import draws, replacements, target_swaps
from services.drawing.standins import bench
from services.field import visits
from tests.office import COORDINATOR, SECOND, Office

WHY = "该时段另有专项行动，附单位证明"


async def first_visit(office: Office) -> tuple[Visit, str, str]:
    """A visit with its leader's staff number and userid."""
    async with office.act() as act:
        row = (
            await act.db.execute(
                select(Visit, Inspector.staff_no, Member.userid)
                .join(VisitMember, VisitMember.visit_id == Visit.id)
                .join(Inspector, Inspector.id == VisitMember.inspector_id)
                .join(Member, Member.id == VisitMember.member_id)
                .where(VisitMember.leads)
                .order_by(Visit.position)
            )
        ).first()
    return row[0], row[1], row[2]


async def approver(office: Office, code: str, without: str) -> str:
    """An approver of the department who is not this member."""
    query = (
        select(Member.userid)
        .join(Grant, Grant.member_id == Member.id)
        .join(Department, Department.id == Member.department_id)
        .where(Grant.role == "approver", Department.code == code, Member.userid != without)
    )
    return (await office.all(query))[0]


async def group_of(office: Office, visit: Visit) -> set[str]:
    query = select(Inspector.staff_no).join(VisitMember, VisitMember.inspector_id == Inspector.id)
    return set(await office.all(query.where(VisitMember.visit_id == visit.id)))


async def ask(office: Office, visit: Visit, userid: str, reason: str = "work-conflict") -> str:
    async with office.act(userid) as act:
        return (await replacements.ask(act, visit.id, reason, WHY)).id


async def test_the_next_in_order_comes(office: Office) -> None:
    """E4: by the protocol; the old one loses the visit at once, the new one leads it, result.json is as it was."""
    _, draw = await office.drawn()
    visit, leader, userid = await first_visit(office)
    files = await office.files(draw)
    async with office.act() as act:
        ready = await bench(act, await act.db.get(Task, visit.task_id), await act.db.get(Draw, draw.id))
        target = await act.db.get(Target, visit.target_id)
    result = json.loads(files[RESULT])
    expected = next_replacement(
        result["seed"],
        ready.team("health"),
        read_roster(files),
        target.code,
        await group_of(office, visit),
        ready.loads,
    )
    async with office.act(userid) as act:
        await visits.accept(act, visit.id)
    request = await ask(office, visit, userid)
    boss = await approver(office, "health", userid)
    async with office.act(boss) as act:
        row = await replacements.approve(act, request)
    assert (row.leaving, row.entering, row.way) == (leader, expected, "next-in-order")
    group = await group_of(office, visit)
    assert expected in group
    assert leader not in group
    with pytest.raises(NotFoundError):
        async with office.act(userid) as act:
            await visits.visit_detail(act, visit.id)
    entering = (await office.all(select(Member.userid).join(Inspector).where(Inspector.staff_no == expected)))[0]
    async with office.act(entering) as act:
        assert (await visits.visit_detail(act, visit.id)).own.member.leads
        assert await visits.accept(act, visit.id) == "accepted", "the new leader sets the schedule anew"
    assert await office.files(draw) == files
    told = {one.recipient for one in await office.all(select(Outbox).where(Outbox.kind == "replaced"))}
    assert userid in told
    assert len(told) == len(group), "the old one and everybody else of the group; the new one has a card of his own"


async def test_asked_once_and_decided_by_another(office: Office) -> None:
    """E2, E3: a listed reason with words for it; one open request; not one's own approver; of many at once one."""
    await office.drawn()
    visit, leader, userid = await first_visit(office)
    for reason, words in (("tired", WHY), ("health", " ")):
        with pytest.raises(InvalidInputError):
            async with office.act(userid) as act:
                await replacements.ask(act, visit.id, reason, words)
    outsider = (await office.all(select(Member.userid).where(Member.userid.startswith("ecology"))))[0]
    with pytest.raises(NotFoundError):
        async with office.act(outsider) as act:
            await replacements.ask(act, visit.id, "health", WHY, leader)
    request = await ask(office, visit, userid)
    with pytest.raises(ConflictError, match="已有一项"):
        await ask(office, visit, userid)
    with pytest.raises(SuichaError):
        async with office.act(userid) as act:
            await replacements.approve(act, request)
    with pytest.raises(NotFoundError):
        async with office.act(await approver(office, "fire", "")) as act:
            await replacements.approve(act, request)
    boss = await approver(office, "health", userid)

    async def one() -> None:
        async with office.act(boss) as act:
            await replacements.approve(act, request)

    ends = await asyncio.gather(*(one() for _ in range(16)), return_exceptions=True)
    assert sum(end is None for end in ends) == 1, ends
    assert all(end is None or isinstance(end, SuichaError) for end in ends), ends
    assert len(await group_of(office, visit)) == 6


async def test_chosen_by_the_approver(office: Office) -> None:
    """E4, the other way: from those who fit, and nobody else; nobody is proposed by the machine."""
    house = replace(office.house, rules=replace(office.house.rules, replacement="chosen"))
    office = Office(database=office.database, house=house, clock=office.clock)
    await office.drawn()
    visit, _, userid = await first_visit(office)
    request = await ask(office, visit, userid, "health")
    boss = await approver(office, "health", userid)
    async with office.act(boss) as act:
        fitting, _ = await replacements.choices(act, request)
    group = await group_of(office, visit)
    assert fitting
    assert not group & {one.staff_no for one in fitting}
    for wrong in ("", next(iter(group)), "NOBODY"):
        with pytest.raises(InvalidInputError):
            async with office.act(boss) as act:
                await replacements.approve(act, request, wrong)
    async with office.act(boss) as act:
        row = await replacements.approve(act, request, fitting[-1].staff_no)
    assert (row.entering, row.way) == (fitting[-1].staff_no, "chosen")


async def test_a_declined_request_changes_nothing(office: Office) -> None:
    """E1: not replaced in principle; and he may ask again with a better reason."""
    await office.drawn()
    visit, _, userid = await first_visit(office)
    before = await group_of(office, visit)
    request = await ask(office, visit, userid)
    async with office.act(await approver(office, "health", userid)) as act:
        await replacements.decline(act, request)
    assert await group_of(office, visit) == before
    await ask(office, visit, userid, "health")
    assert await office.count(Replacement) == 2


async def test_a_target_that_is_no_more(office: Office) -> None:
    """D4: the next reserve that is open still, a group by the protocol, two people; the old visit is taken back."""
    _, draw = await office.drawn()
    visit, _, _ = await first_visit(office)
    result = json.loads((await office.files(draw))[RESULT])
    async with office.act(COORDINATOR) as act:
        old = await act.db.get(Target, visit.target_id)
        swap = await target_swaps.propose(act, visit.id, "deregistered", WHY)
    stratum = next(one["stratum"] for one in result["drawn"] if one["target"] == old.code)
    reserves = result["reserves"][stratum]
    await office.change(Target, Target.code == reserves[0], status="deregistered")
    with pytest.raises(ConflictError, match="两人"):
        async with office.act(COORDINATOR) as act:
            await target_swaps.approve(act, swap.id)
    async with office.act(SECOND) as act:
        row = await target_swaps.approve(act, swap.id)
    assert (row.entering, row.passed) == (reserves[1], [reserves[0]])
    assert await office.count(Visit, Visit.id == visit.id) == 0
    new = (await office.all(select(Visit).join(Target).where(Target.code == row.entering)))[0]
    assert await group_of(office, new) == set(row.members)
    assert len(row.members) == 6
    assert new.number != visit.number
    assert await office.count(TargetSwap, TargetSwap.open_for.is_not(None)) == 0
    async with office.act() as act:
        files = await draws.frozen_files(act, draw)
    assert json.loads(files[RESULT]) == result
    assert row.entering in files[TARGETS].decode()


async def test_from_the_cards(office: Office) -> None:
    """E2, E3, F3: the buttons of the assignment card ask, the approver's button approves; both cards carry them."""
    await office.drawn()
    visit, leader, userid = await first_visit(office)
    card = (await office.all(select(Outbox).where(Outbox.subject == f"visit:{visit.id}", Outbox.recipient == userid)))[
        0
    ]
    assert [one["key"] for one in card.content["buttons"]] == [
        f"accept:{visit.id}",
        f"replace:{visit.id}",
        f"recuse:{visit.id}",
    ]
    async with office.act(userid) as act:
        assert await recuse_from_card(act, visit.id) == "已声明回避"
    with pytest.raises(ConflictError):
        async with office.act(userid) as act:
            await replace_from_card(act, visit.id)
    request = (await office.all(select(Replacement)))[0]
    assert (request.reason, request.leaving) == ("recusal", leader)
    boss = await approver(office, "health", userid)
    asked = (await office.all(select(Outbox).where(Outbox.kind == "replacement-asked", Outbox.recipient == boss)))[0]
    key = asked.content["buttons"][0]["key"]
    async with office.act(boss) as act:
        assert await approve_from_card(act, key.partition(":")[2]) == "已批准更换"
    assert leader not in await group_of(office, visit)
