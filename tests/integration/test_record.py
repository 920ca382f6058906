"""The record that grows after a draw (E1-E5), people appointed where none were drawn (P1), experts (B14), pairs."""

from __future__ import annotations

import io
import json
import zipfile
from itertools import combinations

import pytest
from sqlalchemy import select

from app import verify
from inspection.actors import SYSTEM
from inspection.draw.announcement import Mode
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from models.draws import Shortfall, VisitExpert
from models.people import Inspector
from models.tasks import Draw, Part, Task, Visit, VisitMember
from services.drawing import appointments, draws, replacements, target_swaps, tasks
from tests.integration.test_replacements import approver, ask, first_visit
from tests.office import COORDINATOR, OBSERVER, SECOND, Office

RECORD = "record.jsonl"


async def bundle(office: Office, draw: Draw) -> dict[str, bytes]:
    async with office.act(OBSERVER) as act:
        data = await draws.bundle(act, draw.number)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist() if "/" not in name}


async def replaced(office: Office) -> None:
    visit, _, userid = await first_visit(office)
    request = await ask(office, visit, userid)
    async with office.act(await approver(office, "health", userid)) as act:
        await replacements.approve(act, request)


async def test_the_record_grows_and_is_checked(office: Office) -> None:
    """E4: every later bundle begins with the earlier record; the checker follows the chain and who came next."""
    _, draw = await office.drawn()
    assert (await bundle(office, draw))[RECORD] == b""
    await replaced(office)
    first = (await bundle(office, draw))[RECORD]
    (last,) = await office.all(select(Visit).order_by(Visit.position.desc()).limit(1))
    async with office.act() as act:
        swap = await target_swaps.propose(act, last.id, "moved", "登记机关已变更")
    async with office.act(SECOND) as act:
        await target_swaps.approve(act, swap.id)
    await replaced(office)
    files = await bundle(office, draw)
    assert files[RECORD].startswith(first)
    assert [json.loads(line)["kind"] for line in files[RECORD].splitlines()] == ["replaced", "target", "replaced"]
    assert not verify.check(files).findings

    lines = files[RECORD].splitlines(keepends=True)
    group = json.loads(files["result.json"])["groups"][0]
    stranger = next(
        number
        for number in (line.split("\t")[0] for line in files["inspectors.tsv"].decode().splitlines())
        if number.startswith("HEALTH") and number != json.loads(lines[0])["entering"]
        if number not in {one for team in group["teams"] for one in team["members"]}
    )
    favour = json.dumps({**json.loads(lines[0]), "entering": stranger}, ensure_ascii=False).encode() + b"\n"
    for wrong, why in (
        (lines[1:], "不相连"),
        ([lines[0], lines[2]], "不相连"),
        ([lines[1], lines[0], lines[2]], "不相连"),
        ([lines[0].replace(b"work-conflict", b"health"), *lines[1:]], "不相连"),
        ([favour], "不是次序上的下一位"),
    ):
        (found,) = verify.check({**files, RECORD: b"".join(wrong)}).findings
        assert why in found[1]


async def test_a_department_names_who_goes_where_targets_alone_were_drawn(office: Office) -> None:
    """P1: all places at once, by the department's approver or the office; in the record, and told; a leader leads."""
    _, draw = await office.drawn(mode=Mode.TARGETS)
    (visit,) = await office.all(select(Visit).order_by(Visit.position).limit(1))
    boss = await approver(office, "health", "")
    async with office.act(boss) as act:
        rows = await appointments.choices(act, visit.id, "health")
    two = [str(one["staff_no"]) for one in rows[:2]]
    for who, department, some, error in (
        (boss, "fire", two, NotFoundError),
        (OBSERVER, "health", two, NotFoundError),
        (boss, "health", two[:1], InvalidInputError),
        (boss, "health", [two[0], two[0]], InvalidInputError),
        (boss, "health", [two[0], "FIRE01"], InvalidInputError),
    ):
        with pytest.raises(error):
            async with office.act(who) as act:
                await appointments.appoint(act, visit.id, department, some)
    async with office.act(boss) as act:
        await appointments.appoint(act, visit.id, "health", two)
    with pytest.raises(ConflictError, match="已经选派"):
        async with office.act(boss) as act:
            await appointments.appoint(act, visit.id, "health", two)
    leads = await office.all(select(VisitMember.leads).where(VisitMember.visit_id == visit.id))
    assert sorted(leads) == [False, True]
    assert await office.count(Part, Part.visit_id == visit.id) == 1
    files = await bundle(office, draw)
    assert [json.loads(line)["kind"] for line in files[RECORD].splitlines()] == ["appointed", "appointed"]
    assert not verify.check(files).findings


async def test_who_was_drawn_is_not_named_instead(office: Office) -> None:
    """E1: in a double draw nobody is named; a change goes by replacement."""
    await office.drawn()
    (visit,) = await office.all(select(Visit).order_by(Visit.position).limit(1))
    with pytest.raises(ConflictError, match="走更换"):
        async with office.act(COORDINATOR) as act:
            await appointments.appoint(act, visit.id, "health", ["HEALTH01", "HEALTH02"])


async def test_an_expert_comes_after_the_minimum_and_never_counts(office: Office) -> None:
    """B14, R3: only beside a full group, once, no certified inspector, by the office; the group stays as it is."""
    await office.drawn()
    (visit,) = await office.all(select(Visit).order_by(Visit.position).limit(1))
    (expert,) = await office.all(select(Inspector.staff_no).where(Inspector.kind == "expert").limit(1))
    (officer,) = await office.all(select(Inspector.staff_no).where(Inspector.kind == "certified").limit(1))
    before = await office.count(VisitMember)
    for who, number, error in (
        (OBSERVER, expert, ForbiddenError),
        (COORDINATOR, officer, InvalidInputError),
        (COORDINATOR, "nobody", NotFoundError),
    ):
        with pytest.raises(error):
            async with office.act(who) as act:
                await appointments.add_expert(act, visit.id, number)
    async with office.act() as act:
        await appointments.add_expert(act, visit.id, expert)
    with pytest.raises(ConflictError, match="已经加入"):
        async with office.act() as act:
            await appointments.add_expert(act, visit.id, expert)
    assert (await office.count(VisitExpert), await office.count(VisitMember)) == (1, before)
    async with office.act(SYSTEM) as act:
        act.db.add(Shortfall(visit_id=visit.id, department_id=visit.department_id, missing=1))
    (other,) = await office.all(select(Inspector.staff_no).where(Inspector.kind == "expert").offset(1).limit(1))
    with pytest.raises(ConflictError, match="专家不能顶替"):
        async with office.act() as act:
            await appointments.add_expert(act, visit.id, other)


async def test_the_same_pair_does_not_come_again(office: Office) -> None:
    """D7: people who went together in the last draw do not in the next, where enough others are left."""
    task_id, draw = await office.drawn()
    former = pairs(json.loads((await office.files(draw))["result.json"]))
    async with office.act(SYSTEM) as act:
        (await act.db.get_one(Task, task_id)).status = "finished"
    _, again = await office.drawn()
    files = await office.files(again)
    assert json.loads(files["announcement.json"])["conflicts"]["reasons"]["pair"] > 0
    assert not verify.check(files).findings
    assert not former & pairs(json.loads(files["result.json"]))
    async with office.act() as act:
        pool = await tasks.pool_of(act, await act.db.get_one(Task, task_id))
    assert pool.short_targets == ()


def pairs(result: dict) -> set[frozenset[str]]:
    members = [team["members"] for group in result["groups"] for team in group["teams"]]
    return {frozenset(pair) for some in members for pair in combinations(some, 2)}
