"""A drawn target replaced by the next reserve (D4, E1-E5), in every way of drawing, and all told whom it concerns."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from sqlalchemy import select

from app import verify
from app.house import swap_from_card
from inspection.draw.announcement import Mode
from inspection.draw.record import RECORD
from inspection.draw.result import RESULT
from inspection.errors import ConflictError
from inspection.quotas import region_of
from models.chat import CardChange
from models.draws import Shortfall, TargetSwap
from models.people import Department, Inspector, Member
from models.registers import Target
from models.results import Outbox
from models.tasks import Draw, Part, Task, Visit, VisitMember
from services.drawing import appointments, draws, replacements, target_swaps
from services.drawing.standins import bench
from tests.integration.test_kinds import NORTH, SOUTH, merged, regions
from tests.integration.test_replacements import WHY, approver, ask, first_visit
from tests.office import COORDINATOR, OBSERVER, SECOND, Office


async def bundle(office: Office, draw: Draw) -> dict[str, bytes]:
    """All files of the bundle, after the stand-alone checker has found nothing in it."""
    async with office.act(OBSERVER) as act:
        data = await draws.bundle(act, draw.number)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert verify.check(files).findings == []
    return files


async def swapped(office: Office, visit: Visit) -> TargetSwap:
    async with office.act(COORDINATOR) as act:
        row = await target_swaps.propose(act, visit.id, "moved", WHY)
    async with office.act(SECOND) as act:
        return await target_swaps.approve(act, row.id)


async def new_visit(office: Office, row: TargetSwap) -> Visit:
    (found,) = await office.all(select(Visit).join(Target).where(Target.code == row.entering))
    return found


async def departments_of(office: Office, visit: Visit) -> set[str]:
    query = select(Department.code).join(Part, Part.department_id == Department.id)
    return set(await office.all(query.where(Part.visit_id == visit.id)))


async def visit_where(office: Office, draw: Draw, where: str) -> Visit:
    """A visit of a target whose stratum ends so, and has reserves."""
    result = json.loads((await office.files(draw))[RESULT])
    fit = [
        one["target"]
        for one in result["drawn"]
        if region_of(one["stratum"]) == where and result["reserves"].get(one["stratum"])
    ]
    (found,) = await office.all(select(Visit).join(Target).where(Target.code == fit[0]))
    return found


async def test_of_merged_items_each_department_of_the_reserve_sends_its_own(office: Office) -> None:
    """C10, D4, D7: a reserve of the same set of items; its departments, its items, and a record that checks."""
    _, draw = await office.drawn(**await merged(office))
    items = json.loads((await office.files(draw))["announcement.json"])["items"]
    for where in ("1+2", "2"):
        visit = await visit_where(office, draw, where)
        row = await swapped(office, visit)
        new = await new_visit(office, row)
        assert await departments_of(office, new) == {items[key]["department"] for key in where.split("+")}
        assert (new.item_ids, len(row.members)) == (visit.item_ids, 2 * len(where.split("+")))
        people = select(Inspector.staff_no).join(VisitMember, VisitMember.inspector_id == Inspector.id)
        assert set(await office.all(people.where(VisitMember.visit_id == new.id))) == set(row.members)
        files = await bundle(office, draw)
        lines = [json.loads(line) for line in files[RECORD].splitlines()]
        assert (lines[-1]["entering"], lines[-1]["members"]) == (row.entering, row.members)
    favour = {**lines[0], "members": lines[0]["members"][::-1]}
    forged = json.dumps(favour, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    ((_, what),) = verify.check({**files, RECORD: forged}).findings
    assert "检查组应为" in what


async def test_dispatched_down_the_reserve_is_the_lower_offices(office: Office) -> None:
    """D4, D6: of the same region, inspected by that region's department alone, whose visit it is."""
    await regions(office)
    _, draw = await office.drawn(lower={"market": NORTH, "fire": SOUTH})
    row = await swapped(office, await visit_where(office, draw, SOUTH))
    new = await new_visit(office, row)
    assert await departments_of(office, new) == {"fire"}
    assert (await office.all(select(Department.code).where(Department.id == new.department_id))) == ["fire"]
    await bundle(office, draw)


async def test_where_targets_alone_were_drawn_the_departments_name_who_goes(office: Office) -> None:
    """D4, P1: the reserve's places stand open as the others do; naming its people is in the record and checks."""
    _, draw = await office.drawn(mode=Mode.TARGETS)
    visit, *_ = await office.all(select(Visit).order_by(Visit.position))
    row = await swapped(office, visit)
    new = await new_visit(office, row)
    assert row.members == []
    assert await office.count(VisitMember, VisitMember.visit_id == new.id) == 0
    assert set(await office.all(select(Shortfall.missing).where(Shortfall.visit_id == new.id))) == {2}
    boss = await approver(office, "health", "")
    async with office.act(boss) as act:
        rows = await appointments.choices(act, new.id, "health")
        await appointments.appoint(act, new.id, "health", [str(one["staff_no"]) for one in rows[:2]])
    files = await bundle(office, draw)
    assert [json.loads(line)["kind"] for line in files[RECORD].splitlines()] == ["target", "appointed", "appointed"]


async def test_who_is_on_leave_is_named_and_the_checker_counts_him_out(office: Office) -> None:
    """D4, E5: whoever could not come into the new group stands in its line; without him the group would be another."""
    _, draw = await office.drawn()
    visit, _, _ = await first_visit(office)
    async with office.act() as act:
        ready = await bench(act, await act.db.get(Task, visit.task_id), await act.db.get(Draw, draw.id))
        old = await act.db.get(Target, visit.target_id)
    stratum = next(one["stratum"] for one in ready.result["drawn"] if one["target"] == old.code)
    first = ready.new_group(ready.result["reserves"][stratum][0], stratum).members()[0]
    (member,) = await office.all(select(Inspector.member_id).where(Inspector.staff_no == first))
    await office.change(Member, Member.id == member, active=False)
    row = await swapped(office, visit)
    assert first in row.absent
    assert first not in row.members
    files = await bundle(office, draw)
    (line,) = files[RECORD].splitlines()
    hidden = line.replace(json.dumps(row.absent, separators=(",", ":")).encode(), b"[]")
    assert hidden != line
    ((_, what),) = verify.check({**files, RECORD: hidden + b"\n"}).findings
    assert "检查组应为" in what


async def test_the_second_coordinator_is_asked_in_the_chat_and_all_are_told(office: Office) -> None:
    """D4, F1, F3: a card to the others and not to who proposed; pressed, old and new group, owners and he are told."""
    await office.drawn()
    visit, _, leader = await first_visit(office)
    await office.change(Outbox, Outbox.subject == f"visit:{visit.id}", status="accepted")
    async with office.act(COORDINATOR) as act:
        row = await target_swaps.propose(act, visit.id, "deregistered", WHY)
    asked = await office.all(select(Outbox).where(Outbox.kind == "second-asked"))
    assert {one.recipient for one in asked} == {SECOND}
    assert WHY not in json.dumps(asked[0].content, ensure_ascii=False), "the evidence is for the page"
    button, page = asked[0].content["buttons"]
    assert (button["key"], page["path"]) == (f"approve-swap:{row.id}", "/console/changes")
    with pytest.raises(ConflictError, match="两人"):
        async with office.act(COORDINATOR) as act:
            await swap_from_card(act, row.id)
    async with office.act(SECOND) as act:
        assert await swap_from_card(act, row.id) == "已同意更换"
    told = await office.all(select(Outbox).where(Outbox.kind.in_(("second-decided", "draw-voided"))))
    assert {COORDINATOR, leader} <= {one.recipient for one in told}
    new = await new_visit(office, (await office.all(select(TargetSwap)))[0])
    assert await office.count(Outbox, Outbox.subject == f"visit:{new.id}", Outbox.kind.startswith("assigned")) == 6
    assert await office.count(Outbox, Outbox.subject == f"visit:{new.id}", Outbox.kind == "owner-visit") == 1
    assert await office.count(CardChange) > 0


async def test_the_record_follows_the_lock_not_the_clock(office: Office) -> None:
    """E4: who decided a second earlier but waited for another's decision comes after it: no line slips in between."""
    _, draw = await office.drawn()
    visit, _, userid = await first_visit(office)
    request = await ask(office, visit, userid)
    boss = await approver(office, "health", userid)
    async with office.act(boss) as act:
        await replacements.approve(act, request)
    before = (await bundle(office, draw))[RECORD]
    office.clock.advance(seconds=-1)
    (last,) = await office.all(select(Visit).order_by(Visit.position.desc()).limit(1))
    await swapped(office, last)
    after: Any = (await bundle(office, draw))[RECORD]
    assert after.startswith(before)
    assert len(after.splitlines()) == 2
