"""The clock around the reminders: calendar, ladders, leave, digests at their hour, pauses, snoozes, standing duties."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from inspection.actors import SYSTEM
from inspection.deadlines import DeadlineKind, PauseReason
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from inspection.workdays import SHANGHAI
from models.clock import ClockLease, DeadlinePause, DigestLine
from models.database import Database
from models.libraries import Leave
from models.people import AuditEntry, Inspector, Member
from models.results import Deadline
from models.tasks import Task
from services.clock import boards, bulletins, calendars, deadlines, pauses
from services.clock.pauses import TooLateToWaitError
from tests.conftest import Clock
from tests.integration.clock_play import letters, morning, open_one, stages, the_deadline, tick, told, with_rules
from tests.integration.visits_play import Play, house_of


@pytest_asyncio.fixture
async def play(database: Database, clock: Clock, tmp_path: Path) -> Play:
    found = await Play(database, house_of(tmp_path / "blobs", confirm_libraries=False), clock).begin()
    return with_rules(found)


async def acts(play: Play) -> list[str]:
    async with play.act(SYSTEM) as act:
        return list(await act.db.scalars(select(AuditEntry.act).order_by(AuditEntry.id)))


async def set_day(play: Play, day: str, *, working: bool | None, who: str = "coordinator") -> None:
    async with play.act(who) as act:
        await calendars.set_day(act, date.fromisoformat(day), working=working, reason="演示〔2026〕1号")


async def test_a_local_holiday_moves_the_day_and_everybody_hears_of_it_once(play: Play) -> None:
    """H2, reliability test 10: recomputed by the next tick, audited, one message to who has to do it."""
    await open_one(play)
    await tick(play)
    await set_day(play, "2026-03-20", working=False)
    for _ in range(2):
        await tick(play)
    row = await the_deadline(play)
    assert (row.due_on, row.provisional) == (date(2026, 3, 31), False)
    [letter] = await letters(play, "deadline-moved")
    assert letter.recipient == "lead-approver"
    assert letter.content["facts"] == [
        ["03-31", "原 03-30 " + letter.content["facts"][0][1].partition(" ")[2].partition(" ")[2]]
    ]
    assert {"calendar-day", "deadlines-moved"} <= set(await acts(play))
    await set_day(play, "2026-03-20", working=None)
    await tick(play)
    assert (await the_deadline(play)).due_on == date(2026, 3, 30)


async def test_an_emergency_shift_on_a_sunday_counts(play: Play) -> None:
    """H2: a day on which the office works after all."""
    await set_day(play, "2026-03-08", working=True)
    await open_one(play)
    assert (await the_deadline(play)).due_on == date(2026, 3, 27)


async def test_a_provisional_day_is_certain_once_its_year_is_announced(play: Play) -> None:
    """H2: the office enters next year's days before the library has them; the rows say so, and people are told."""
    morning(play, "2026-12-10")
    await open_one(play)
    await tick(play)
    before = await the_deadline(play)
    assert before.provisional
    await set_day(play, "2027-01-01", working=False)
    async with play.act("coordinator") as act:
        await calendars.announce_year(act, 2027, known=True)
    await tick(play)
    after = await the_deadline(play)
    assert (after.provisional, after.due_on > before.due_on) == (False, True)
    assert len(await letters(play, "deadline-moved")) == 1


@pytest.mark.parametrize("day", ["2024-12-31", "2030-01-01"])
async def test_days_out_of_reach_are_refused(play: Play, day: str) -> None:
    with pytest.raises(InvalidInputError):
        await set_day(play, day, working=False)


async def test_only_the_office_changes_the_calendar(play: Play) -> None:
    """T4: an approver reads it."""
    with pytest.raises(ForbiddenError):
        await set_day(play, "2026-03-20", working=False, who="lead-approver")


async def test_fifteen_deadlines_are_one_message_in_the_morning(play: Play) -> None:
    """K2: nothing by night, nothing before half past eight, then one digest a person with what stands where."""
    async with play.act(SYSTEM) as act:
        for number in range(15):
            await deadlines.open_deadline(
                act, DeadlineKind.MAKE_PLAN, f"plan-year:{3000 + number}", play.scene.parts["lead"].department_id,
                deadlines.today(act), 12 + number % 3,
            )  # fmt: skip
    for at in (time(0, 1), time(7, 59), time(8, 29)):
        morning(play, "2026-03-06", at)  # ten working days before some of them
        await tick(play)
        assert await told(play) == []
    for at in (time(8, 30), time(8, 31), time(12, 0)):
        morning(play, "2026-03-06", at)
        await tick(play)
    [letter] = await letters(play)
    assert letter.kind == "digest"
    assert letter.recipient == "coordinator"
    assert letter.content["title"].startswith("待办 ")
    assert 1 < len(letter.content["facts"]) <= 6
    assert letter.content["buttons"] == [
        {"text": "去办理", "path": letter.content["path"]},
        {"key": "snooze:2026-03-06", "text": "下个工作日再提醒"},
    ]


async def test_what_is_due_today_comes_at_once_but_not_at_night(play: Play) -> None:
    """K2: at midnight the message is written, and held back until the quiet hours end."""
    await open_one(play, within=5)
    morning(play, "2026-03-09", time(0, 5))
    await tick(play)
    [letter] = await letters(play)
    assert letter.content["urgent"]
    assert letter.not_before.astimezone(SHANGHAI).strftime("%m-%d %H:%M") == "03-09 08:00"


async def test_a_restart_at_night_waits_for_the_morning(play: Play) -> None:
    """K2: nothing at night, even where much is late."""
    await open_one(play)
    morning(play, "2026-03-19", time(21, 0))
    await tick(play)
    assert await told(play) == []
    morning(play, "2026-03-20", time(8, 30))
    await tick(play)
    assert await told(play) == ["lead-approver"]


async def test_leave_shifts_the_person_never_the_deadline(play: Play) -> None:
    """K2: the leader is away; the next of the ladder who is there hears of it; the day stands."""
    await open_one(play, DeadlineKind.CONFIRM, within=5)
    due = (await the_deadline(play, DeadlineKind.CONFIRM)).due_on
    async with play.act(SYSTEM) as act:
        leader = await act.db.scalar(select(Inspector).where(Inspector.staff_no == "LEAD-1"))
        assert leader is not None
        days = {"starts_on": date(2026, 3, 1), "ends_on": date(2026, 3, 31)}
        act.db.add(Leave(inspector_id=leader.id, made_by="test", made_at=act.now, **days))
    morning(play, "2026-03-09")
    await tick(play)
    assert await told(play) == ["lead-approver"]
    assert (await the_deadline(play, DeadlineKind.CONFIRM)).due_on == due


async def test_the_liaison_hears_from_the_due_day_on(play: Play) -> None:
    """F4: known by the post in the members' list."""
    async with play.act(SYSTEM) as act:
        department = play.scene.parts["lead"].department_id
        act.db.add(Member(department_id=department, userid="liaison", name="演示联络员", post="联络员"))
    await open_one(play, within=5)
    morning(play, "2026-03-06")
    await tick(play)
    assert await told(play) == ["lead-approver"]
    morning(play, "2026-03-09")
    await tick(play)
    assert (await told(play))[1:] == ["lead-approver", "liaison"]


async def test_steps_and_ladders_are_settings(play: Play) -> None:
    """Issue 6: another office reminds two days before, and its office first."""
    with_rules(play, steps={"publish": (2,)}, ladders={"publish": ("office", "approver@+1")})
    await open_one(play, within=5)
    for day in ("2026-03-03", "2026-03-04", "2026-03-05", "2026-03-06"):
        morning(play, day)
        await tick(play)
    assert await stages(play) == [("-2", False)]
    assert await told(play) == ["coordinator"]


async def pause(
    play: Play, reason: PauseReason = PauseReason.FORCE_MAJEURE, who: str = "lead-approver"
) -> DeadlinePause:
    row = await the_deadline(play)
    async with play.act(who) as act:
        return await pauses.pause(act, row.id, reason, "台风停工，应急响应通知一份", "演示应急〔2026〕1号")


async def test_a_pause_keeps_the_days_and_gives_them_back(play: Play) -> None:
    """K2: force majeure: silent while it lasts, the working days that were left counted from the day it ends."""
    await open_one(play)  # due on 2026-03-30
    morning(play, "2026-03-16")
    made = await pause(play)
    assert made.days_left == 10
    for day in ("2026-03-19", "2026-03-30", "2026-04-02"):
        morning(play, day)
        await tick(play)
    assert await told(play) == []
    async with play.act("coordinator") as act:
        assert await pauses.resume(act, (await act.db.scalars(select(Deadline.id))).one()) == date(2026, 4, 17)
    assert {"deadline-pause", "deadline-resume"} <= set(await acts(play))
    told_of = await letters(play, "deadline-paused")
    stopped = [row for row in told_of if "暂停" in row.content["title"]]
    goes_on = [row for row in told_of if "恢复" in row.content["title"]]
    assert {"lead-1", "coordinator"} <= {row.recipient for row in stopped}  # the group and the office, not himself
    assert "lead-approver" not in {row.recipient for row in stopped}
    assert "lead-approver" in {row.recipient for row in goes_on}
    assert "不可抗力" in stopped[0].content["title"]
    assert "演示应急〔2026〕1号" in stopped[0].content["summary"]
    assert all("2026-04-17" in row.content["summary"] for row in goes_on)
    morning(play, "2026-04-16")
    await tick(play)
    assert await told(play) == ["lead-approver"]


async def test_a_pause_is_refused_where_law_does_not_allow_it(play: Play) -> None:
    """K2: a closed target does not stop what is done at a desk; nothing is paused after the fact, or by another."""
    await open_one(play)
    with pytest.raises(ConflictError):
        await pause(play, PauseReason.TARGET_CLOSED)
    with pytest.raises(NotFoundError):
        await pause(play, who="partner-approver")
    with pytest.raises(ForbiddenError):
        await pause(play, who="lead-1")
    morning(play, "2026-03-31")
    with pytest.raises(ConflictError):
        await pause(play)


async def snooze(play: Play, what: str, who: str = "lead-approver") -> str:
    async with play.act(who) as act:
        return await pauses.snooze_from_card(act, what)


async def test_a_snooze_from_the_card_comes_back_next_working_morning(play: Play) -> None:
    """Issue 6: put off by the person, not past the deadline; the deadline and all others are as before."""
    await open_one(play)
    morning(play, "2026-03-20")  # a Friday, step -7 of yesterday
    await tick(play)
    row = await the_deadline(play)
    with pytest.raises(NotFoundError):
        await snooze(play, row.id, "partner-approver")  # who was never told of it
    assert await snooze(play, row.id) == "下个工作日提醒"
    for day in ("2026-03-21", "2026-03-23"):
        morning(play, day)
        await tick(play)
    assert await told(play) == ["lead-approver", "lead-approver"]
    assert (await letters(play))[1].content["title"] == "公示检查结果：还剩 5 个工作日"
    morning(play, "2026-03-27")  # the day before the last: tomorrow it is due
    await tick(play)
    with pytest.raises(TooLateToWaitError):
        await snooze(play, row.id)
    with pytest.raises(TooLateToWaitError):
        await snooze(play, "2026-03-27")
    with pytest.raises(NotFoundError):
        await snooze(play, "2026-99-99")


async def test_standing_duties_come_and_go_with_the_rows(play: Play) -> None:
    """B11, D1: a certificate that ends soon, a task that lies; renewed and frozen they are gone without a word."""
    async with play.act(SYSTEM) as act:
        await act.db.execute(
            update(Inspector).where(Inspector.staff_no == "LEAD-2").values(certificate_expires=date(2026, 3, 30))
        )
        await act.db.execute(update(Task).values(status="draft"))
    await tick(play)
    morning(play, "2026-03-16")
    await tick(play)
    assert sorted(set(await told(play))) == ["coordinator", "lead-2"]
    kinds = {DeadlineKind.RENEW_CERTIFICATE, DeadlineKind.FREEZE_TASK}
    for kind in kinds:
        assert (await the_deadline(play, kind)).settled_at is None
    async with play.act(SYSTEM) as act:
        await act.db.execute(
            update(Inspector).where(Inspector.staff_no == "LEAD-2").values(certificate_expires=date(2029, 3, 30))
        )
        await act.db.execute(update(Task).values(status="finished"))
    await tick(play)
    for kind in kinds:
        assert (await the_deadline(play, kind)).settled_at is not None


async def test_a_clock_that_ran_ahead_is_put_right_by_a_person(play: Play) -> None:
    """Reliability test 11: rounds wait for a clock that went back; a coordinator may say that it is right now."""
    await open_one(play)
    morning(play, "2026-04-20")
    await tick(play)
    early = len(await told(play))
    morning(play, "2026-03-02")
    await tick(play)
    async with play.act("coordinator") as act:
        assert (await boards.health(act))["behind"]
        await boards.set_right(act)
        assert not (await boards.health(act))["behind"]
        with pytest.raises(ConflictError):
            await boards.set_right(act)
    await open_one(play, DeadlineKind.APPROVE, within=2)
    for day in ("2026-03-04", "2026-03-19"):  # the new one is due, and the old one's step -7 comes on its real day
        morning(play, day)
        await tick(play)
    assert len(await told(play)) == early + 3  # a day overdue reaches the office too
    assert await stages(play) == [("0", False), ("+11", False), ("-7", False)]


async def test_the_board_counts_and_keeps_the_wall(play: Play) -> None:
    """K1, K4: the office sees every department, a department its own."""
    await open_one(play, within=5)
    await open_one(play, DeadlineKind.INSPECT, within=2)
    morning(play, "2026-03-09")
    async with play.act("coordinator") as act:
        seen = await boards.board(act)
    rows = {row["department"]: row for row in seen["departments"]}
    assert len(rows) == 2
    lead = rows["演示区市场监督管理局"]
    assert (lead["open"], lead["overdue"], lead["today"]) == (2, 1, 1)
    assert [row["overdue"] for row in seen["rows"]] == [True, False]
    async with play.act("partner-approver") as act:
        assert [row["department"] for row in (await boards.board(act))["departments"]] == ["演示区卫生健康局"]
        assert (await boards.board(act))["rows"] == []


async def test_the_bulletin_counts_what_was_done_in_time(play: Play) -> None:
    """S2 art. 25, K1-K3: due, in time, late, overdue, with rates and ranks; one minute past midnight is late."""
    await open_one(play, within=3)  # due on 2026-03-05
    await open_one(play, DeadlineKind.APPROVE, within=3)
    await open_one(play, DeadlineKind.INSPECT, within=4)  # due on Friday, left lying
    part, end = play.scene.parts["lead"], {DeadlineKind.PUBLISH: time(23, 59), DeadlineKind.APPROVE: time(0, 1)}
    for kind, at in end.items():
        morning(play, "2026-03-05" if kind is DeadlineKind.PUBLISH else "2026-03-06", at)
        async with play.act(SYSTEM) as act:
            await deadlines.settle(act, kind, f"part:{part.id}")
    morning(play, "2026-03-10")
    async with play.act("coordinator") as act:
        seen = await bulletins.bulletin(act, date(2026, 3, 4))
    [first, second] = seen["rows"]
    counts = ("rank", "due", "in_time", "late", "open", "overdue", "rate")
    assert [first[name] for name in counts] == [1, 3, 1, 1, 1, 1, 33.3]
    assert [second[name] for name in counts] == [None, 0, 0, 0, 0, 0, None]
    assert (seen["first"], seen["last"], seen["running"]) == (date(2026, 3, 2), date(2026, 3, 8), False)
    assert seen["whole"]["due"] == 3


async def test_the_lease_and_the_lines_are_kept(play: Play) -> None:
    """L2: who was told of what on which day can be read years later."""
    await open_one(play, within=5)
    morning(play, "2026-03-09")
    await tick(play)
    async with play.act(SYSTEM) as act:
        [line] = await act.db.scalars(select(DigestLine))
        lease = await act.db.scalar(select(ClockLease))
    assert (line.userid, line.stage, line.late, line.day) == ("lead-approver", "0", False, date(2026, 3, 9))
    assert lease is not None
    assert lease.ticked_at == play.clock.now
