"""Many processes, one clock: each reminder exactly once, whoever is killed or frozen (reliability tests 8, 9)."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import re
import signal
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import SYSTEM, Role
from models.base import new_id
from models.clock import ClockLease, DigestLine
from models.database import Database
from models.people import Department, Grant, Member
from models.results import Deadline, Outbox, Reminder
from models.store import leader as store
from services.clock import rounds
from services.clock.leader import Leader
from tests.conftest import Clock
from tests.integration.clock_workers import NOW, work
from tests.office import Office, house_of

PROCESSES = 4
TODAY = date(2026, 3, 2)
ITEMS = re.compile(r"待办 (\d+) 项")


async def furnish(database: Database, count: int, due_on: date = TODAY, next_on: date = TODAY) -> None:
    """An office of one coordinator, who is told of `count` deadlines."""
    async with database.write() as db:
        office = Department(code="OFFICE", name="演示联席办", is_office=True)
        db.add(office)
        await db.flush()
        member = Member(department_id=office.id, userid="coordinator", name="演示协调员")
        db.add(member)
        await db.flush()
        db.add(Grant(member_id=member.id, role=Role.COORDINATOR.value))
        rows = [
            {
                "id": new_id(),
                "kind": "make-plan",
                "subject": f"plan-year:{10_000 + number}",
                "department_id": office.id,
                "due_on": due_on,
                "created_at": NOW - timedelta(days=60),
                "next_on": next_on,
            }
            for number in range(count)
        ]
        await db.execute(insert(Deadline), rows)


class Crowd:
    """Processes that run the clock; the one that dies is replaced."""

    def __init__(self, url: str, folder: Path) -> None:
        # A server of forks that has imported everything: one who was killed is replaced at once, not after seconds.
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.integration.clock_workers"])
        self._arguments = (url, str(folder))
        self.at_once, self.lease_s = 25, 2.0
        self.running: list[BaseProcess] = []

    def join(self) -> None:
        process = self._context.Process(target=work, args=(*self._arguments, self.at_once, self.lease_s), daemon=True)
        process.start()
        self.running.append(process)

    def kill(self, pid: int) -> None:
        for process in self.running:
            if process.pid == pid:
                process.kill()
                process.join()
                self.running.remove(process)
                self.join()
                return

    def end(self) -> None:
        for process in self.running:
            process.kill()
            process.join()


@pytest.fixture
def crowd(database: Database, tmp_path: Path) -> Iterator[Crowd]:
    found = Crowd(database.engine.url.render_as_string(hide_password=False), tmp_path / "blobs")
    yield found
    found.end()


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("count", "at_once", "lease_s"),
    [(300, 15, 1.0), pytest.param(5_000, 25, 2.0, marks=pytest.mark.hard)],
    ids=["small", "whole"],
)
async def test_four_processes_remind_once_though_leaders_die_and_freeze(
    database: Database, crowd: Crowd, count: int, at_once: int, lease_s: float
) -> None:
    """Reliability test 8: none missing, none twice, neither as reminder nor inside a message."""
    await furnish(database, count)
    crowd.at_once, crowd.lease_s = at_once, lease_s
    for _ in range(PROCESSES):
        crowd.join()
    chance, harmed, frozen = random.Random(20260302), 0, set[int]()  # noqa: S311 when to harm whom, no secret
    done, before = 0, -1
    while done < count:
        await asyncio.sleep(lease_s * (0.5 + chance.random()))
        done = await _count(database, Reminder)
        pid = await _leader_pid(database)
        if done == before or pid is None or pid in frozen or not done:
            before = done
            continue
        before = done
        harmed += 1
        if harmed % 2:
            crowd.kill(pid)
        else:
            await _freeze(pid, frozen, lease_s)
    assert harmed >= 2, "nobody was harmed: the test proved nothing"
    await asyncio.sleep(lease_s * 2)  # whoever slept is awake again and has tried what he wanted to write
    assert await _count(database, Reminder) == await _count(database, DigestLine) == count
    async with database.read() as db:
        titles = [row.content["title"] for row in await db.scalars(select(Outbox))]
    told = [int(found[1]) if (found := ITEMS.search(title)) else 1 for title in titles]
    assert sum(told) == count


async def _freeze(pid: int, frozen: set[int], lease_s: float) -> None:
    """Stop a process for longer than its lease, and let it go on in the background."""
    os.kill(pid, signal.SIGSTOP)
    frozen.add(pid)

    async def thaw() -> None:
        await asyncio.sleep(lease_s * 2)
        os.kill(pid, signal.SIGCONT)
        frozen.discard(pid)

    THAWING.add(task := asyncio.create_task(thaw()))
    task.add_done_callback(THAWING.discard)


THAWING: set[asyncio.Task[None]] = set()


async def _count(database: Database, table: type[Reminder | DigestLine]) -> int:
    async with database.read() as db:
        return await db.scalar(select(func.count()).select_from(table)) or 0


async def _leader_pid(database: Database) -> int | None:
    async with database.read() as db:
        holder = await db.scalar(select(ClockLease.holder))
    return int(holder.partition("-")[0]) if holder else None


async def test_three_days_down_and_everything_comes_marked_late(database: Database, tmp_path: Path) -> None:
    """Reliability test 9: 500 of 500 in the first round, each late, in one message a person."""
    await furnish(database, 500, due_on=date(2026, 3, 9), next_on=date(2026, 2, 27))
    clock = Clock(datetime(2026, 3, 3, 1, 0, tzinfo=UTC))  # step -5 and -10 of MAKE_PLAN fell into the silence
    office = Office(database=database, house=house_of(tmp_path), clock=clock)
    leader = Leader(database)
    began = asyncio.get_running_loop().time()
    term = await leader.term()
    assert term is not None
    assert await rounds.play(lambda: office.act(SYSTEM), term) == 500
    assert asyncio.get_running_loop().time() - began < 60
    async with database.read() as db:
        assert await db.scalar(select(func.count()).select_from(Reminder).where(Reminder.late)) == 500
        [row] = await db.scalars(select(Outbox))
        assert row.content["title"].startswith("待办 500 项")
        assert "补发" in row.content["summary"]
        assert row.not_before == clock.now
    await leader.close()


async def test_the_second_waits_and_follows_at_once(database: Database) -> None:
    """Reliability 2.2: one leader at a time; one that stops in good order is followed without waiting."""
    first, second = Leader(database), Leader(database)
    one = await first.term()
    assert one is not None
    assert await second.term() is None
    assert await first.term() == one
    await first.close()
    two = await second.term()
    assert two is not None
    assert two > one
    assert await first.term() is None
    await second.close()
    await first.close()


async def test_a_term_raised_by_one_who_is_too_late_stops_nobody(database: Database) -> None:
    """Reliability 2.2: whoever holds the lock raises the term above a latecomer's, or no round would pass any more."""
    first = Leader(database)
    one = await first.term()
    assert one is not None
    async with database.write() as db:
        late = await store.raise_term(db, "late")
    after = [await first.term() for _ in range(3)]
    if database.is_sqlite:
        assert after == [None, None, None]  # the lease row itself says who leads: it is the latecomer, for a lease
    else:
        assert after == [late + 1] * 3
    async with database.write() as db:
        assert await store.fence(db, one, NOW) is None
    await first.close()


async def test_a_leader_who_freezes_inside_a_transaction_holds_up_nobody(database: Database) -> None:
    """Reliability 2.2: the server ends what sleeps with the lease row locked; what it had written is not there."""
    if database.is_sqlite:
        pytest.skip("a file's writer that is stopped stops all writers; it must be ended by whoever runs the house")
    async with database.write() as db:
        term = await store.raise_term(db, "asleep")
    async with database.engine.connect() as asleep, AsyncSession(asleep) as db:
        assert await store.fence(db, term, NOW, lease_s=0.3)
        await store.remember(db, digested_on=TODAY)
        async with database.write() as other:
            assert await store.raise_term(other, "awake") == term + 1  # waits for the row until the server frees it
        with pytest.raises(DBAPIError):
            await db.commit()
    async with database.read() as db:
        found = await store.lease(db)
        assert found is not None
        assert (found.holder, found.digested_on) == ("awake", None)


async def test_a_lease_from_before_a_restart_binds_nobody(database: Database) -> None:
    """Reliability 2.3: the monotonic clock begins anew with the machine; a lease far ahead of it is an old one."""
    if not database.is_sqlite:
        pytest.skip("PostgreSQL's lock ends with its session")
    before = Leader(database, monotonic=lambda: 1_000_000.0)
    assert await before.term() == 1
    assert await Leader(database, monotonic=lambda: 30.0).term() == 2
