"""Deadlines and reminders: each stage once, the newest only, to those who can act (H2, K2; reliability tests 8, 9)."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select

from inspection.actors import SYSTEM
from inspection.deadlines import KINDS, Count, DeadlineKind, due_after
from inspection.workdays import local_date
from models.database import Database
from models.results import Deadline
from models.store import deadlines as deadline_store
from scheduler.clock import Tick, build_scheduler
from services.clock import calendars, deadlines
from services.clock.audiences import audience_of
from tests.conftest import Clock
from tests.integration.clock_play import (
    letters,
    morning,
    open_one,
    stages,
    term_of,
    the_deadline,
    tick,
    told,
    with_rules,
)
from tests.integration.visits_play import Play, house_of


@pytest_asyncio.fixture
async def play(database: Database, clock: Clock, tmp_path: Path) -> Play:
    found = await Play(database, house_of(tmp_path / "blobs", confirm_libraries=False), clock).begin()
    return with_rules(found)


async def test_a_deadline_is_opened_once_and_keeps_its_day(play: Play) -> None:
    """H2: 20 working days from 2026-03-02 is 2026-03-30; asking again does not move it."""
    assert await open_one(play)
    play.clock.advance(days=5)
    assert not await open_one(play)
    async with play.act(SYSTEM) as act:
        [row] = await act.db.scalars(select(Deadline))
    assert (row.due_on, row.provisional) == (date(2026, 3, 30), False)
    assert (row.start_on, row.days, row.next_on) == (date(2026, 3, 2), 20, date(2026, 3, 19))


async def test_every_stage_comes_once_on_its_day(play: Play) -> None:
    """Reliability 2.3: -7, -3, -1, on the day, and each working day after it; weekends are silent."""
    await open_one(play)
    for _ in range(31 * 3):
        play.clock.advance(hours=8)
        await tick(play)
    assert await stages(play) == [(one, False) for one in ("-7", "-3", "-1", "0", "+1", "+2", "+3")]


async def test_after_a_long_silence_one_message_comes_and_says_it_is_late(play: Play) -> None:
    """Reliability test 9: down for days, then one reminder for each deadline, marked late, not one for each day."""
    await open_one(play)
    morning(play, "2026-03-28")  # a Saturday: the stage of Friday is still to be told, on Monday morning
    assert await tick(play) == 1
    assert await tick(play) == 0
    assert await stages(play) == [("-1", True)]
    assert await told(play) == []


async def test_a_step_that_comes_late_says_so(play: Play) -> None:
    """Reliability test 9: started again on a working day, it goes out at once and says why."""
    await open_one(play)
    morning(play, "2026-03-20")  # a Friday; the step of Thursday was missed
    assert await tick(play) == 1
    [row] = await letters(play)
    assert ["说明", "本提醒因系统停运补发"] in row.content["facts"]
    assert row.not_before == play.clock.now


async def test_many_clocks_remind_once(play: Play) -> None:
    """Reliability test 8: whoever runs the clock, a reminder goes out once."""
    await open_one(play)
    morning(play, "2026-03-27")
    term = await term_of(play)
    assert sorted(await asyncio.gather(*(tick(play, term) for _ in range(6)))) == [0, 0, 0, 0, 0, 1]
    assert await told(play) == ["lead-approver"]


async def test_a_leader_who_was_overtaken_writes_nothing(play: Play) -> None:
    """Reliability test 8: the term of before is refused, whatever it wants to write."""
    await open_one(play)
    stale = await term_of(play)
    newer = await term_of(play)
    morning(play, "2026-03-27")
    assert await tick(play, stale) == 0
    assert await stages(play) == []
    assert await tick(play, newer) == 1


async def test_what_is_settled_is_silent(play: Play) -> None:
    await open_one(play)
    async with play.act(SYSTEM) as act:
        assert await deadlines.settle(act, DeadlineKind.PUBLISH, f"part:{play.scene.parts['lead'].id}")
        assert not await deadlines.settle(act, DeadlineKind.PUBLISH, f"part:{play.scene.parts['lead'].id}")
    play.clock.advance(days=60)
    assert await tick(play) == 0


async def test_what_is_settled_before_the_morning_is_in_no_digest(play: Play) -> None:
    """K2: a step of tonight that is done before half past eight bothers nobody."""
    await open_one(play)
    play.clock.advance(days=17)
    play.clock.now = play.clock.now.replace(hour=17)  # 01:00 in China on the day of step -7
    assert await tick(play) == 1
    async with play.act(SYSTEM) as act:
        await deadlines.settle(act, DeadlineKind.PUBLISH, f"part:{play.scene.parts['lead'].id}")
    play.clock.advance(hours=8)
    await tick(play)
    assert await told(play) == []


@pytest.mark.parametrize(
    ("kind", "told_first"),
    [
        (DeadlineKind.ACCEPT, ["lead-1", "lead-2", "partner-1"]),
        (DeadlineKind.INSPECT, ["lead-1", "lead-2", "partner-1", "partner-2"]),
        (DeadlineKind.CONFIRM, ["lead-1"]),
        (DeadlineKind.APPROVE, ["lead-approver"]),
        (DeadlineKind.PUBLISH, ["lead-approver"]),
    ],
)
async def test_those_who_can_act_are_told_and_later_those_above(
    play: Play, kind: DeadlineKind, told_first: list[str]
) -> None:
    """K2: from the first day overdue the head and the office hear of it; who has accepted is not asked to accept."""
    await play.accept("partner-2")
    await open_one(play, kind, within=5)
    morning(play, "2026-03-09")
    assert await tick(play) == 1
    assert await told(play) == told_first
    before = await told(play)
    play.clock.advance(days=1)
    assert await tick(play) == 1
    assert sorted((await told(play))[len(before) :]) == sorted({*told_first, "lead-approver", "coordinator"})


async def test_a_deadline_that_begins_anew_reminds_anew(play: Play) -> None:
    """H1: a part sent back and handed in again has its own days for approval."""
    await open_one(play, DeadlineKind.APPROVE, within=2)
    morning(play, "2026-03-04")
    assert await tick(play) == 1
    async with play.act(SYSTEM) as act:
        await deadlines.settle(act, DeadlineKind.APPROVE, f"part:{play.scene.parts['lead'].id}")
    assert await open_one(play, DeadlineKind.APPROVE, within=2)
    morning(play, "2026-03-06")
    assert await tick(play) == 1
    assert await told(play) == ["lead-approver", "lead-approver"]


async def test_an_act_that_fails_leaves_neither_reminder_nor_message(play: Play) -> None:
    """Reliability 2.3: the reminder and its message are one transaction."""
    await open_one(play)
    morning(play, "2026-03-30")

    async def broken() -> None:
        async with play.act(SYSTEM) as act:
            assert (await deadlines.remind_some(act)).reminders == 1
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await broken()
    assert await stages(play) == []
    assert await told(play) == []
    assert await tick(play) == 1


@pytest.mark.parametrize(
    "jumps",
    [
        [timedelta(hours=-1)],
        [timedelta(days=1)],
        [timedelta(days=-30)],
        [timedelta(days=20)],
        [timedelta(days=30)],
        [timedelta(hours=-1), timedelta(days=1), timedelta(days=-30), timedelta(days=20), timedelta(days=10)],
    ],
    ids=["an hour back", "a day ahead", "a month back", "twenty days ahead", "a month ahead", "all of them"],
)
async def test_a_clock_that_jumps_sends_nothing_twice_early_or_never(play: Play, jumps: list[timedelta]) -> None:
    """Reliability test 11: no step before its day, none twice, none out of order, and what was due came in the end."""
    for kind in (DeadlineKind.PUBLISH, DeadlineKind.APPROVE, DeadlineKind.INSPECT):
        await open_one(play, kind, within=15)  # due on 2026-03-23
    term, pending = await term_of(play), list(jumps)
    seen: list[tuple[date, list[tuple[str, bool]]]] = []
    for days in range(1, 90):
        play.clock.advance(hours=24)
        if days % 4 == 0 and pending:
            play.clock.now += pending.pop(0)
        if await tick(play, term):
            seen.append((local_date(play.clock.now), await stages(play)))
        if not pending and play.clock.now.date() > date(2026, 3, 27):
            break
    names = [stage for stage, _ in seen[-1][1]]
    assert len(names) == len({*names}) * 3, "each step at most once for each of the three"
    places = [int(one) for one in names]
    assert places == sorted(places)
    assert places[-1] >= 1, "the due day has passed and was spoken of"
    due = date(2026, 3, 23)
    for day, known in seen:
        assert all(int(stage) < 0 or day >= due for stage, _ in known)


async def test_the_scheduler_is_a_tick_that_drops_nothing() -> None:
    """Reliability 2.3: no grace time that drops, missed ticks become one, none overlaps itself."""
    came = asyncio.Event()

    async def work() -> None:
        came.set()

    scheduler = build_scheduler([Tick(name="reminders", every_s=0.01, work=work)])
    scheduler.start()
    try:
        await asyncio.wait_for(came.wait(), 5)
        [job] = scheduler.get_jobs()
        assert (job.id, job.coalesce, job.misfire_grace_time, job.max_instances) == ("reminders", True, None, 1)
    finally:
        scheduler.shutdown(wait=False)


async def test_every_kind_that_is_counted_opens_by_its_own_rule(play: Play) -> None:
    """H2, S, I8, J2, L1: one door for all; what is about one of several things of a part says what it is about."""
    part = play.scene.parts["lead"]
    subject = f"part:{part.id}/1"
    async with play.act(SYSTEM) as act:
        for kind in DeadlineKind:
            within = deadlines.days_of(act, kind)
            assert bool(within) == (KINDS[kind].count is not Count.GIVEN)
            assert await deadlines.begin(act, kind, subject, part.department_id)
            assert not await deadlines.begin(act, kind, subject, part.department_id)
            row = await deadline_store.find(act.db, kind.value, subject)
            assert row is not None
            assert row.due_on == due_after(kind, deadlines.today(act), within, play.house.calendar).due_on
            audience = await audience_of(act, [row])
            assert audience.subjects[subject].visit_number == play.scene.visit.number
            assert audience.of(row, "+2")


async def test_a_period_in_days_counts_free_days_and_is_recounted_as_such(play: Play) -> None:
    """I8, H2: 15 days from Monday 2 March end on Tuesday 17 March; a local holiday then moves the last day alone."""
    async with play.act(SYSTEM) as act:
        part = play.scene.parts["lead"]
        await deadlines.begin(act, DeadlineKind.RECTIFY, f"part:{part.id}/1", part.department_id)
    assert (await the_deadline(play, DeadlineKind.RECTIFY)).due_on == date(2026, 3, 17)
    for day in (date(2026, 3, 10), date(2026, 3, 17)):
        async with play.act("coordinator") as act:
            await calendars.set_day(act, day, working=False, reason="演示〔2026〕1号")
    await tick(play)
    assert (await the_deadline(play, DeadlineKind.RECTIFY)).due_on == date(2026, 3, 18)
