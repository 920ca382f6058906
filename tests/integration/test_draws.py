"""Laws of the draw's life, on both databases (D2-D8, F1-F3, B11, R1, R3, L2; reliability test 3)."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app import verify
from inspection.draw.refusals import SeedValueError
from inspection.draw.result import run_draw
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError, SuichaError
from models.blobs import DamagedBlobError
from models.people import AuditEntry, Department, Grant, Inspector, Member
from models.registers import Target
from models.results import Deadline, Outbox
from models.store import tasks as store
from models.tasks import Draw, Part, SeedValue, Task, Visit, VisitMember
from services.drawing import dispatch, draws, tasks
from tests.office import (
    COORDINATOR,
    DEREGISTERED_HOTEL,
    DICE,
    HOTEL_SCOPE,
    OBSERVER,
    PUBLIC,
    SECOND,
    VALUES,
    Office,
    house_of,
)

DRAWN = 6  # hotels: 20 % of 24, each class rounded up
TEAMS, TEAM = 3, 2


async def nothing_was_drawn(office: Office) -> None:
    assert set(await office.all(select(Draw.status))) <= {"frozen"}
    assert not set(await office.all(select(Task.status))) & {"drawn"}
    for table in (Visit, VisitMember, Part, Outbox, Deadline):
        assert await office.count(table) == 0, table
    assert await office.count(AuditEntry, AuditEntry.act.in_(("draw", "dispatch"))) == 0


def lines(data: bytes) -> list[list[str]]:
    return [line.split("\t") for line in data.decode().splitlines()]


# --- who, when, in which order ---


async def test_two_people_freeze(office: Office) -> None:
    """2.3.5: who prepared the pool cannot freeze it; somebody else can."""
    task_id = await office.prepared()
    with pytest.raises(ConflictError, match="两人"):
        await office.freeze(task_id, COORDINATOR)
    assert await office.count(Draw) == 0
    assert (await office.freeze(task_id, SECOND)).number == "JB-2026-0001"


async def test_steps_come_in_their_order(office: Office) -> None:
    """2.3.1: no freeze of a draft, no value and no draw before the freeze, no second freeze."""
    task_id = await office.task()
    with pytest.raises(ConflictError):
        await office.freeze(task_id)
    with pytest.raises(ConflictError):
        await office.enter(task_id, DICE.name)
    with pytest.raises(ConflictError):
        await office.draw(task_id)
    frozen = await office.frozen()
    with pytest.raises(ConflictError):
        await office.freeze(frozen)
    assert await office.count(Draw) == 1


async def test_no_draw_before_every_value_is_in(office: Office) -> None:
    """D2: with no value, or with the room's alone, nothing is drawn."""
    task_id = await office.frozen()
    with pytest.raises(SeedValueError, match="还没有录入"):
        await office.draw(task_id)
    await office.enter(task_id, DICE.name)
    with pytest.raises(SeedValueError, match=PUBLIC.name):
        await office.draw(task_id)
    await nothing_was_drawn(office)


async def test_values_come_once_and_the_world_speaks_last(office: Office) -> None:
    """D2: public before dice, a value twice, an unannounced source, the server's own: all refused."""
    task_id = await office.frozen()
    with pytest.raises(SeedValueError, match="须等"):
        await office.enter(task_id, PUBLIC.name)
    await office.enter(task_id, DICE.name)
    for name in (DICE.name, draws.SYSTEM_SOURCE, "没有公告过的来源"):
        with pytest.raises(SeedValueError):
            await office.enter(task_id, name, "66666")
    assert await office.all(select(SeedValue.value)) == [VALUES[DICE.name]]


async def test_of_many_who_enter_a_value_at_once_one_is_heard(office: Office) -> None:
    """D2: sixteen dice for one source: one value stands, fifteen are told that it does."""
    task_id = await office.frozen()
    told = await asyncio.gather(
        *(office.enter(task_id, DICE.name, str(number)) for number in range(16)), return_exceptions=True
    )
    assert Counter(type(one) for one in told) == {type(None): 1, SeedValueError: 15}
    assert await office.all(select(SeedValue.value)) == [str(told.index(None))]


async def test_of_many_who_freeze_at_once_one_freezes(office: Office) -> None:
    """D4: one draw, one number, and the next draw has the next number."""
    task_id = await office.prepared()
    told = await asyncio.gather(*(office.freeze(task_id) for _ in range(12)), return_exceptions=True)
    assert Counter(type(one) for one in told) == {Draw: 1, ConflictError: 11}
    await office.frozen()
    assert await office.all(select(Draw.number).order_by(Draw.number)) == ["JB-2026-0001", "JB-2026-0002"]


async def test_of_64_who_draw_at_once_one_draws(office: Office) -> None:
    """D2, D4: one result, one set of visits, one set of messages; nobody gets an error that is not ours."""
    task_id = await office.seeded()
    told = await asyncio.gather(*(office.draw(task_id) for _ in range(64)), return_exceptions=True)
    assert Counter(type(one) for one in told) == {Draw: 1, ConflictError: 63}
    assert await office.count(Visit) == DRAWN
    assert await office.count(Outbox) == DRAWN * (TEAMS * TEAM + 1)
    assert await office.count(AuditEntry, AuditEntry.act == "draw") == 1


async def test_a_freeze_that_fails_leaves_no_gap(office: Office) -> None:
    """D2: the number of a freeze that was rolled back is given again."""
    task_id = await office.prepared()
    twice = (DICE, DICE)
    with pytest.raises(SuichaError):
        await office.freeze(task_id, sources=twice)
    with pytest.raises(RuntimeError):
        async with office.act(SECOND) as act:
            assert (await draws.freeze(act, task_id, [DICE])).number == "JB-2026-0001"
            raise RuntimeError
    assert (await office.freeze(task_id)).number == "JB-2026-0001"


async def test_nobody_adds_a_source_of_the_servers(office: Office) -> None:
    """D2: the server's committed value is the only one of its kind, and never alone."""
    task_id = await office.prepared()
    system = draws.Source(name="甲", kind=draws.SourceKind.SYSTEM, commitment="0" * 64)
    same_name = draws.Source(name=draws.SYSTEM_SOURCE, kind=draws.SourceKind.DICE)
    for sources in ((system,), (same_name,), ()):
        with pytest.raises((InvalidInputError, SuichaError)):
            await office.freeze(task_id, sources=sources)
    assert await office.count(Draw) == 0


@pytest.mark.parametrize("seed", [1, 2])
async def test_no_walk_through_life_breaks_its_laws(office: Office, tmp_path: Path, seed: int) -> None:
    """Reliability 3: whoever tries whatever in whatever order: two people, every value, one result, no gap, checked.

    Every step is refused by a sentence of ours or goes through; nothing else ever happens.
    """
    chance = random.Random(seed)  # noqa: S311 the same walk at every run
    all_tasks = [await office.task() for _ in range(3)]
    for _ in range(60):
        step, who, task_id = chance.choice(STEPS), chance.choice((COORDINATOR, SECOND)), chance.choice(all_tasks)
        with contextlib.suppress(SuichaError):
            async with office.act(who) as act:
                await step(act, task_id)
    drawn = await office.all(select(Draw).where(Draw.status == "drawn"))
    numbers = await office.all(select(Draw.number).order_by(Draw.number))
    assert drawn, "the walk came nowhere"
    assert numbers == [f"JB-2026-{number:04d}" for number in range(1, len(numbers) + 1)]
    assert await office.count(AuditEntry, AuditEntry.act == "draw") == len(drawn)
    assert set(await office.all(select(Visit.task_id))) == {draw.task_id for draw in drawn}
    for draw in drawn:
        (tmp_path / draw.number).write_bytes(await bundle(office, draw.number))
        assert verify.main([str(tmp_path / draw.number)]) == 0
    await each_was_frozen_by_another(office)


async def each_was_frozen_by_another(office: Office) -> None:
    freezes = await office.all(select(AuditEntry).where(AuditEntry.act == "draw-freeze"))
    for freeze in freezes:
        prepared_by = select(Task.prepared_by).join(Draw, Draw.task_id == Task.id)
        assert await office.all(prepared_by.where(Draw.id == freeze.subject.removeprefix("draw:"))) != [
            freeze.member_id
        ]


STEPS = (
    tasks.prepare,
    lambda act, task_id: draws.freeze(act, task_id, [PUBLIC, DICE]),
    lambda act, task_id: draws.enter_value(act, task_id, DICE.name, "31445"),
    lambda act, task_id: draws.enter_value(act, task_id, PUBLIC.name, "06 31 02"),
    draws.draw,
)


# --- what is frozen stands ---


async def test_what_is_frozen_is_what_is_stored(office: Office) -> None:
    """D4: every file lies under its own SHA-256, the announcement's is the fingerprint, and the secret is not in it."""
    await office.frozen()
    (draw,) = await office.all(select(Draw))
    files = await office.files(draw)
    assert {name: hashlib.sha256(data).hexdigest() for name, data in files.items()} == draw.files
    assert draw.fingerprint == draw.files["announcement.json"]
    assert not any(draw.secret in data.decode() or draw.master in data.decode() for data in files.values())


async def test_a_damaged_list_is_not_drawn_from(office: Office, tmp_path: Path) -> None:
    """D4: one byte changed on the disk, and the draw is refused instead of changed."""
    task_id = await office.seeded()
    (draw,) = await office.all(select(Draw))
    digest = draw.files["targets.tsv"]
    stored = tmp_path / "blobs" / digest[:2] / digest[2:4] / digest
    stored.chmod(0o600)
    stored.write_bytes(stored.read_bytes().replace(b"9", b"8", 1))
    with pytest.raises(DamagedBlobError):
        await office.draw(task_id)
    await nothing_was_drawn(office)


async def test_a_real_draw_passes_the_stand_alone_checker(office: Office, tmp_path: Path) -> None:
    """D2, D10: and a register that changes afterwards changes not one byte of the bundle."""
    _, draw = await office.drawn()
    before = await bundle(office, draw.number)
    (tmp_path / "bundle.zip").write_bytes(before)
    assert verify.main([str(tmp_path / "bundle.zip")]) == 0
    await office.change(Target, Target.status == "open", status="revoked", name="改名后的企业", credit_class="D")
    await office.change(Inspector, Inspector.kind == "certified", certificate_expires=date(2020, 1, 1))
    await office.leave(Inspector.kind == "certified")
    assert await bundle(office, draw.number) == before


async def bundle(office: Office, number: str, who: str = OBSERVER) -> bytes:
    async with office.act(who) as act:
        return await draws.bundle(act, number)


async def test_the_frozen_list_is_drawn_whatever_became_of_it(office: Office) -> None:
    """D4: people leave and move, targets close between freeze and draw; the result is that of the frozen files."""
    task_id = await office.seeded()
    education = (await office.all(select(Department.id).where(Department.code == "education")))[0]
    await office.change(Member, Member.userid.like("fire%"), active=False)
    await office.change(Inspector, Inspector.staff_no.like("HEALTH%"), department_id=education)
    await office.change(Target, Target.business_scope.contains("住宿服务"), status="deregistered")
    draw = await office.draw(task_id)
    result = run_draw(await office.files(draw))
    drawn = select(Target.code).join(Visit, Visit.target_id == Target.id).order_by(Visit.position)
    assert await office.all(drawn) == [group.target for group in result.groups]
    async with office.act() as act:
        codes = {one.id: one.code for one in (await store.departments(act.db)).values()}
    assert Counter(codes[one] for one in await office.all(select(VisitMember.department_id))) == {
        "health": DRAWN * TEAM,
        "market": DRAWN * TEAM,
        "fire": DRAWN * TEAM,
    }


async def test_the_bundle_is_for_those_who_watch(office: Office) -> None:
    """D4: the lists with names of targets are no matter of every inspector."""
    _, draw = await office.drawn()
    assert await bundle(office, draw.number, COORDINATOR) == await bundle(office, draw.number)
    with pytest.raises(ForbiddenError):
        await bundle(office, draw.number, "health01")


# --- who may be drawn ---


async def test_only_the_certified_and_present_are_drawn(office: Office) -> None:
    """B11, 国办发〔2024〕54号: no assistants, experts, staff, leavers, expired certificates; the last day counts."""
    ends_on = date(2026, 11, 30)
    for number, values in {
        "HEALTH01": {"certificate_expires": ends_on},
        "HEALTH02": {"certificate_expires": ends_on - timedelta(days=1)},
        "HEALTH03": {"certificate_expires": None},
    }.items():
        await office.change(Inspector, Inspector.staff_no == number, **values)
    await office.leave(Inspector.staff_no == "HEALTH04")
    await office.change(Member, Member.userid == "health05", active=False)
    async with office.act() as act:
        member = await act.db.scalar(select(Member.id).where(Member.userid == "health06"))
        await act.db.delete(await act.db.get_one(Grant, (member, "inspector")))
    _, draw = await office.drawn(ratio="1")
    files = await office.files(draw)
    listed = {number for number, department, _ in lines(files["inspectors.tsv"]) if department == "health"}
    assert listed == {f"HEALTH{number:02d}" for number in (1, 4, 7, 8, 9, 10)}
    assert lines(files["conflicts.tsv"]) == [["*", "HEALTH04"]]
    sent = set(await office.all(select(Inspector.staff_no).join(VisitMember, VisitMember.inspector_id == Inspector.id)))
    assert {one for one in sent if one.startswith("HEALTH")} == {f"HEALTH{number:02d}" for number in (1, 7, 8, 9, 10)}
    assert not {one for one in sent if one[-2:] in {"11", "12", "13", "14"}}


async def test_groups_are_whole(office: Office) -> None:
    """D7, D8, R3: two of each department with the skill asked for, nobody twice, one leader, of the lead department."""
    await office.drawn()
    members = await office.all(select(VisitMember))
    skilled = dict.fromkeys(await office.all(select(Inspector.id).where(Inspector.kind == "certified")))
    async with office.act() as act:
        codes = {one.id: one.code for one in (await store.departments(act.db)).values()}
    for visit_id in {one.visit_id for one in members}:
        group = [one for one in members if one.visit_id == visit_id]
        assert Counter(codes[one.department_id] for one in group) == {"health": TEAM, "market": TEAM, "fire": TEAM}
        assert len({one.member_id for one in group}) == len(group)
        assert all(one.inspector_id in skilled for one in group)
        assert [codes[one.department_id] for one in group if one.leads] == ["health"]


async def test_the_excluded_are_named_with_their_reason(office: Office, tmp_path: Path) -> None:
    """R1: the deregistered, and who was drawn as often as the year allows, stand in excluded.tsv and in no visit."""
    strict = Office(
        database=office.database, house=house_of(tmp_path / "blobs", yearly_visit_limit=1), clock=office.clock
    )
    await strict.drawn()
    first = set(await strict.all(select(Target.code).join(Visit, Visit.target_id == Target.id)))
    _, draw = await strict.drawn(ratio="1")
    excluded = lines((await strict.files(draw))["excluded.tsv"])
    assert {code: reason for code, reason in excluded} == {  # noqa: C416 says what a line is
        DEREGISTERED_HOTEL: "deregistered",
        **dict.fromkeys(first, "yearly-limit"),
    }
    visits = Counter(await strict.all(select(Target.code).join(Visit, Visit.target_id == Target.id)))
    assert set(visits.values()) == {1}
    assert len(visits) == 24


# --- what follows ---


async def test_a_draw_tells_everybody_concerned(office: Office) -> None:
    """F1, F3, D5: one letter a member, the leader's another, the owner's held until somebody binds the target."""
    await office.drawn()
    kinds = Counter(await office.all(select(Outbox.kind)))
    assert kinds == {"assigned-leader": DRAWN, "assigned-member": DRAWN * (TEAMS * TEAM - 1), "owner-visit": DRAWN}
    rows = await office.all(select(Outbox))
    assert {(row.channel, row.status) for row in rows} == {("wecom", "waiting"), ("wechat", "held")}
    assert len({row.document_no for row in rows}) == len(rows)
    leaders = {(row.subject, row.recipient) for row in rows if row.kind == "assigned-leader"}
    async with office.act() as act:
        query = select(VisitMember.visit_id, Member.userid).join(Member).where(VisitMember.leads)
        assert leaders == {(f"visit:{visit}", userid) for visit, userid in (await act.db.execute(query)).all()}
    assert Counter(await office.all(select(Deadline.kind))) == {"accept-visit": DRAWN, "inspect": DRAWN}
    assert await office.count(Part) == DRAWN * TEAMS


async def test_an_unannounced_task_tells_no_owner(office: Office) -> None:
    """F2: no row for an owner anywhere, not even one that is held; the inspectors hear of it all the same."""
    await office.drawn(announced=False)
    assert set(await office.all(select(Outbox.channel))) == {"wecom"}
    assert "owner-visit" not in await office.all(select(Outbox.kind))
    assert await office.count(Outbox) == DRAWN * TEAMS * TEAM


async def test_a_dispatch_that_fails_leaves_neither_draw_nor_messages(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D5: messages are rows of the draw's own commit; the next try gives what the seed decided long ago."""
    task_id = await office.seeded()
    tell, calls = dispatch.tell_owner, iter(range(DRAWN))

    async def fail_at_the_last(*args: object, **kwargs: object) -> bool:
        if next(calls) == DRAWN - 1:
            raise OSError
        return await tell(*args, **kwargs)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(dispatch, "tell_owner", fail_at_the_last)
        with pytest.raises(OSError):
            await office.draw(task_id)
    await nothing_was_drawn(office)
    draw = await office.draw(task_id)
    assert draw.counts["drawn"] == await office.count(Visit) == DRAWN


async def test_the_whole_life_is_on_record(office: Office) -> None:
    """L2, D11: every step has its row: who, when, and what can be held against the files."""
    _, draw = await office.drawn()
    rows = await office.all(select(AuditEntry).where(AuditEntry.subject == f"draw:{draw.id}").order_by(AuditEntry.id))
    assert [row.act for row in rows] == ["draw-freeze", "draw-value", "draw-value", "draw", "dispatch"]
    assert rows[0].detail["fingerprint"] == draw.fingerprint
    assert [row.detail["value"] for row in rows[1:3]] == list(VALUES.values())
    assert rows[3].detail["result"] == draw.files["result.json"]
    who = {userid: member for userid, member in await people(office)}  # noqa: C416
    assert [row.member_id for row in rows] == [
        who[one] for one in (SECOND, OBSERVER, OBSERVER, COORDINATOR, COORDINATOR)
    ]


async def people(office: Office) -> list[tuple[str, str]]:
    async with office.act() as act:
        return [(userid, id_) for userid, id_ in (await act.db.execute(select(Member.userid, Member.id))).all()]


async def test_a_scope_that_shrank_to_nobody_is_not_frozen(office: Office) -> None:
    """D4: the pool is taken at the freeze, not before: what closed since the preparation is not in it."""
    task_id = await office.prepared()
    await office.change(Target, Target.business_scope.contains(HOTEL_SCOPE.keywords[0]), status="deregistered")
    with pytest.raises(ConflictError):
        await office.freeze(task_id)
    assert await office.count(Draw) == 0
