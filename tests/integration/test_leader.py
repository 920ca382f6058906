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

from inspection.actors import SYSTEM, Role
from models.base import new_id
from models.clock import ClockLease, DigestLine
from models.database import Database
from models.people import Department, Grant, Member
from models.results import Deadline, Outbox, Reminder
from services.clock import rounds
from services.clock.leader import Leader
from tests.conftest import Clock
from tests.integration.clock_workers import LEASE_S, NOW, work
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
        self._context = multiprocessing.get_context("spawn")
        self._arguments = (url, str(folder))
        self.at_once = 25
        self.running: list[BaseProcess] = []

    def join(self) -> None:
        process = self._context.Process(target=work, args=(*self._arguments, self.at_once), daemon=True)
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


@pytest.mark.hard  # real processes under a harmed clock: on a busy machine it outlasts any limit that CI could give
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("count", "at_once", "harm_s"),
    [(300, 3, 0.6), (5_000, 25, 2.0)],
    ids=["small", "whole"],
)
async def test_four_processes_remind_once_though_leaders_die_and_freeze(
    database: Database, crowd: Crowd, count: int, at_once: int, harm_s: float
) -> None:
    """Reliability test 8: none missing, none twice, neither as reminder nor inside a message."""
    await furnish(database, count)
    crowd.at_once = at_once
    for _ in range(PROCESSES):
        crowd.join()
    chance, harmed, frozen = random.Random(20260302), 0, set[int]()  # noqa: S311 when to harm whom, no secret
    done, before = 0, -1
    while done < count:
        await asyncio.sleep(harm_s * (0.5 + chance.random()))
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
            await _freeze(pid, frozen)
    assert harmed >= 2, "nobody was harmed: the test proved nothing"
    await asyncio.sleep(LEASE_S * 2)  # whoever slept is awake again and has tried what he wanted to write
    assert await _count(database, Reminder) == await _count(database, DigestLine) == count
    async with database.read() as db:
        titles = [row.content["title"] for row in await db.scalars(select(Outbox))]
    told = [int(found[1]) if (found := ITEMS.search(title)) else 1 for title in titles]
    assert sum(told) == count


async def _freeze(pid: int, frozen: set[int]) -> None:
    """Stop a process for longer than its lease, and let it go on in the background."""
    os.kill(pid, signal.SIGSTOP)
    frozen.add(pid)

    async def thaw() -> None:
        await asyncio.sleep(LEASE_S * 2)
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


async def test_a_lease_from_before_a_restart_binds_nobody(database: Database) -> None:
    """Reliability 2.3: the monotonic clock begins anew with the machine; a lease far ahead of it is an old one."""
    if not database.is_sqlite:
        pytest.skip("PostgreSQL's lock ends with its session")
    before = Leader(database, monotonic=lambda: 1_000_000.0)
    assert await before.term() == 1
    assert await Leader(database, monotonic=lambda: 30.0).term() == 2
