"""The draw's life as a state machine, on both databases: whatever people try, in whatever order (D2-D8, E1-E5).

rules: make (every kind), prepare, freeze, value, draw, open a batch, void and replace (ask, decide), each by whoever
held after every step: no result without an earlier commitment and two people; gapless numbers; nothing frozen changes
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from app import verify
from inspection.draw.announcement import Mode
from inspection.draw.freeze import ANNOUNCEMENT
from inspection.draw.record import RECORD
from inspection.draw.seed import SEED
from inspection.draw.text import sha256_hex
from inspection.errors import SuichaError
from models.database import Database, run_sync_write
from models.draws import DrawVoid, Replacement
from models.people import AuditEntry, Grant, Inspector, Member
from models.schema import Base
from models.tasks import Draw, Task, Visit, VisitMember
from services.drawing import batches, draws, replacements, tasks, voids
from services.drawing.record import record_of
from tests.conftest import Clock, delete_all
from tests.office import COORDINATOR, DICE, OBSERVER, PUBLIC, SECOND, VALUES, Office, house_of

PEOPLE = st.sampled_from((COORDINATOR, SECOND, OBSERVER))
PLACE = st.integers(min_value=0, max_value=99)
MOST_TASKS = 2
KINDS: tuple[dict[str, Any], ...] = (
    {},
    {"mode": Mode.TARGETS},
    {"mode": Mode.INSPECTORS},
    {"mode": Mode.ORDER, "batch_size": 10},
    {"lower": {"market": "370000", "fire": "110000"}},
)


@dataclass(kw_only=True)
class Ground:
    """Where machines run: a folder, and the database that each begins anew."""

    folder: Path
    postgres: str = ""
    machines: int = 0
    template: Path | None = field(default=None)


def machine_on(ground: Ground) -> type[RuleBasedStateMachine]:  # noqa: C901 one class, many small rules
    """A machine whose every run starts in a fresh sample office on this ground."""

    class DrawLife(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.runner = asyncio.Runner()
            self.clock = Clock(datetime(2026, 3, 2, 1, 0, tzinfo=UTC))
            self.office = self.run(opened(ground, self.clock))
            self.tasks: list[str] = []
            self.frozen: dict[str, dict[str, str]] = {}

        def run(self, work: Coroutine[Any, Any, Any]) -> Any:
            return self.runner.run(work)

        def attempt(self, who: str, work: Any) -> Any:
            """One act by somebody; a refusal is an answer like any other, anything else is a defect."""
            self.clock.advance(minutes=1)

            async def act() -> Any:
                async with self.office.act(who) as one:
                    return await work(one)

            try:
                return self.run(act())
            except SuichaError:
                return None

        def pick(self, rows: list[Any], place: int) -> Any:
            return rows[place % len(rows)] if rows else None

        def all(self, query: Any) -> list[Any]:
            return self.run(self.office.all(query))

        @precondition(lambda self: len(self.tasks) < MOST_TASKS)
        @rule(kind=st.sampled_from(KINDS))
        def make(self, kind: dict[str, Any]) -> None:
            self.clock.advance(minutes=1)
            self.tasks.append(self.run(self.office.task(**kind)))

        @precondition(lambda self: self.tasks)
        @rule(place=PLACE, number=st.integers(0, 4))
        def open_batch(self, place: int, number: int) -> None:
            task_id = self.pick(self.tasks, place)
            made = self.attempt(COORDINATOR, lambda act: batches.open_batch(act, task_id, number))
            if made is not None and made.id not in self.tasks:
                self.tasks.append(made.id)

        @precondition(lambda self: self.tasks)
        @rule(who=PEOPLE, place=PLACE)
        def prepare(self, who: str, place: int) -> None:
            self.attempt(who, lambda act: tasks.prepare(act, self.pick(self.tasks, place)))

        @precondition(lambda self: self.tasks)
        @rule(who=PEOPLE, place=PLACE)
        def freeze(self, who: str, place: int) -> None:
            task_id = self.pick(self.tasks, place)
            draw = self.attempt(who, lambda act: draws.freeze(act, task_id, (DICE, PUBLIC), accept_short=True))
            if draw is not None:
                self.frozen[draw.number] = dict(draw.files)

        @precondition(lambda self: self.frozen)
        @rule(place=PLACE, name=st.sampled_from(tuple(VALUES)))
        def value(self, place: int, name: str) -> None:
            task_id = self.pick(self.tasks, place)
            self.attempt(OBSERVER, lambda act: draws.enter_value(act, task_id, name, VALUES[name]))

        @precondition(lambda self: self.frozen)
        @rule(place=PLACE, who=PEOPLE)
        def draw(self, place: int, who: str) -> None:
            task_id = self.pick(self.tasks, place)
            self.attempt(who, lambda act: draws.draw(act, task_id))

        @precondition(lambda self: self.tasks)
        @rule(place=PLACE)
        def go_on_to_the_draw(self, place: int) -> None:
            """What an office does on a good day; lives that are only tried at random seldom come so far."""
            task_id = self.pick(self.tasks, place)
            self.attempt(COORDINATOR, lambda act: tasks.prepare(act, task_id))
            self.freeze(SECOND, place)
            for name in VALUES:
                self.value(place, name)
            self.draw(place, COORDINATOR)

        @precondition(lambda self: self.frozen)
        @rule(place=PLACE, who=PEOPLE)
        def propose_void(self, place: int, who: str) -> None:
            number = self.pick(sorted(self.frozen), place)
            self.attempt(who, lambda act: voids.propose(act, number, "technical", "演练"))

        @precondition(lambda self: self.frozen)
        @rule(place=PLACE, who=PEOPLE, yes=st.booleans())
        def decide_void(self, place: int, who: str, yes: bool) -> None:  # noqa: FBT001 hypothesis names it
            row = self.pick(self.all(select(DrawVoid.id).order_by(DrawVoid.id)), place)
            if row:
                self.attempt(who, lambda act: (voids.approve if yes else voids.decline)(act, row))

        @precondition(lambda self: self.frozen)
        @rule(place=PLACE)
        def go_on_to_the_void(self, place: int) -> None:
            """What two people agree on; a draw that others changed before it too."""
            self.propose_void(place, COORDINATOR)
            for row in self.all(select(DrawVoid.id).where(DrawVoid.status == "proposed")):
                self.attempt(SECOND, lambda act, row=row: voids.approve(act, row))

        @precondition(lambda self: self.frozen)
        @rule(place=PLACE, decide=PLACE)
        def replace(self, place: int, decide: int) -> None:
            query = select(VisitMember.visit_id, Inspector.staff_no).join(Inspector).order_by(VisitMember.visit_id)
            member = self.pick(self.run(self.pairs(query)), place)
            if member is None:
                return
            visit_id, staff_no = member
            asked = self.attempt(
                COORDINATOR, lambda act: replacements.ask(act, visit_id, "health", "病假证明", staff_no)
            )
            if asked:
                heads = select(Member.userid).join(Grant, Grant.member_id == Member.id).order_by(Member.userid)
                own = heads.where(Grant.role == "approver", Member.department_id == asked.department_id)
                self.attempt(
                    self.pick([*self.all(own), COORDINATOR], decide), lambda act: replacements.approve(act, asked.id)
                )

        async def pairs(self, query: Any) -> list[tuple[str, str]]:
            async with self.office.act() as act:
                return [(one, other) for one, other in await act.db.execute(query)]

        @invariant()
        def holds(self) -> None:
            self.run(lawful(self.office, self.frozen))

        def teardown(self) -> None:
            self.run(self.office.database.close())
            self.runner.close()

    return DrawLife


async def opened(ground: Ground, clock: Clock) -> Office:
    """A fresh sample office: a copy of a file, or the same tables emptied and filled again."""
    ground.machines += 1
    house = house_of(ground.folder / f"blobs{ground.machines}")
    if ground.postgres:
        database = Database(ground.postgres)
        await delete_all(database)
        return await Office(database=database, house=house, clock=clock).open()
    if ground.template is None:
        ground.template = ground.folder / "template.db"
        first = Database(f"sqlite+aiosqlite:///{ground.template}")
        await run_sync_write(first, Base.metadata.create_all)
        await Office(database=first, house=house, clock=clock).open()
        await first.close()
    file = ground.folder / f"office{ground.machines}.db"
    shutil.copy(ground.template, file)
    return Office(database=Database(f"sqlite+aiosqlite:///{file}"), house=house, clock=clock)


async def lawful(office: Office, frozen: dict[str, dict[str, str]]) -> None:
    """Everything that holds whatever was done."""
    async with office.act() as act:
        rows = (await act.db.scalars(select(Draw).order_by(Draw.number))).all()
        jobs = {row.id: row for row in await act.db.scalars(select(Task))}
        acts = (await act.db.scalars(select(AuditEntry).order_by(AuditEntry.id))).all()
        voided = {row.draw_id: row for row in await act.db.scalars(select(DrawVoid)) if row.status == "approved"}
        visits = (await act.db.scalars(select(Visit.task_id))).all()
        changes = (await act.db.scalars(select(Replacement).where(Replacement.status == "approved"))).all()
        values = {row.id: await draws.store.seed_values(act.db, row.id) for row in rows}
        files = {row.id: await draws.frozen_files(act, row) for row in rows}
        records = {row.id: await record_of(act, row) for row in rows if row.drawn_at is not None}
    assert [row.number[-4:] for row in rows] == [f"{n:04d}" for n in range(1, len(rows) + 1)], "gapless"
    for row in rows:
        told = frozen[row.number]
        assert {name: row.files[name] for name in told} == told, "nothing frozen changes"
        announced = json.loads(files[row.id][ANNOUNCEMENT])
        assert sha256_hex(files[row.id][ANNOUNCEMENT]) == row.fingerprint
        assert announced["sources"][0]["commitment"] == sha256_hex(bytes.fromhex(row.secret))
        assert (row.status == "voided") == (row.id in voided)
        first, second = _two_people(acts, row)
        assert first != second, "frozen by a second person"
        assert (row.drawn_at is None) == (SEED not in files[row.id])
        if row.drawn_at is not None:
            assert row.frozen_at < row.drawn_at
            assert values[row.id] == VALUES, "no result before every value was in"
            assert verify.check({**files[row.id], RECORD: records[row.id]}).findings == [], "anybody may check it"
    for void in voided.values():
        assert void.proposed_by != void.decided_by, "voided by a second person"
    alive = {row.task_id: row for row in rows if row.status != "voided"}
    assert len(alive) == sum(row.status != "voided" for row in rows), "one draw of a task stands"
    for task_id, task in jobs.items():
        status = alive[task_id].status if task_id in alive else ""
        assert (task.status in {"frozen", "drawn"}) == bool(status)
        assert status in {"", task.status}
        sent_out = status == "drawn" and Mode(task.mode) is not Mode.ORDER
        assert visits.count(task_id) == (alive[task_id].counts["drawn"] if sent_out else 0)
        if task.parent_id and status:
            assert alive[task.parent_id].number == task.terms["order"], "a frozen batch rests on an order that stands"
    assert all(row.asked_by != row.decided_by and row.leaving != row.entering for row in changes)


def _two_people(acts: Any, row: Draw) -> tuple[str, str]:
    """Who prepared and who froze, by the audit log, the freeze after the preparing."""
    freeze = next(one for one in acts if one.act == "draw-freeze" and one.subject == f"draw:{row.id}")
    before = [one for one in acts if one.act == "task-prepare" and one.subject == f"task:{row.task_id}"]
    prepared = [one for one in before if one.id < freeze.id][-1]
    return prepared.member_id, freeze.member_id


def play(ground: Ground, runs: int, steps: int) -> None:
    chosen = settings(
        max_examples=runs,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        print_blob=True,
    )
    run_state_machine_as_test(machine_on(ground), settings=chosen)


def ground_of(kind: str, request: pytest.FixtureRequest, folder: Path) -> Ground:
    if kind == "sqlite":
        return Ground(folder=folder)
    url = request.getfixturevalue("empty_postgres_url")

    async def make() -> None:
        database = Database(url)
        await run_sync_write(database, Base.metadata.create_all)
        await database.close()

    asyncio.run(make())
    return Ground(folder=folder, postgres=url)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_few_lives(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """D2-D8: a few lives of the draw, every time."""
    play(ground_of(kind, request, tmp_path), 2, 20)


@pytest.mark.hard
@pytest.mark.timeout(14_400)
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_two_thousand_lives(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """D2-D8: 2,000 lives of the draw on each database (`make test-hard`)."""
    play(ground_of(kind, request, tmp_path), 2_000, 40)
