"""A time agreed upon with the owner, its invitation, and those who press for what is due (F1, F2, F4, D8)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from inspection.actors import SYSTEM, Role
from inspection.deadlines import DeadlineKind
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from models.database import Database
from models.people import Member
from models.results import Deadline
from models.store import inbox
from models.tasks import Task
from services.clock import appointments, feeds, nudges
from services.clock.appointments import NotTheLeaderError
from services.field import visits
from services.people import signin
from tests.conftest import Clock
from tests.integration.clock_play import letters, morning, open_one, the_deadline, tick, with_rules
from tests.integration.visits_play import Play, house_of

TIME = datetime(2026, 3, 5, 1, 30, tzinfo=UTC)  # Thursday, 09:30 in China


@pytest_asyncio.fixture
async def play(database: Database, clock: Clock, tmp_path: Path) -> Play:
    found = await Play(database, house_of(tmp_path / "blobs", confirm_libraries=False), clock).begin()
    return with_rules(found)


async def accepted(play: Play, *, announced: bool = True) -> str:
    visit_id = play.scene.visit.id
    async with play.act(SYSTEM) as act:
        days = {"starts_on": date(2026, 3, 2), "ends_on": date(2026, 3, 31), "announced": announced}
        await act.db.execute(update(Task).values(**days))
    async with play.act("lead-1") as act:
        await visits.accept(act, visit_id)
    return visit_id


async def fix(play: Play, at: datetime = TIME, who: str = "lead-1", note: str = "营业执照") -> None:
    async with play.act(who) as act:
        await appointments.fix(act, play.scene.visit.id, at, note)


async def open_kinds(play: Play) -> dict[str, date]:
    async with play.act(SYSTEM) as act:
        rows = await act.db.scalars(select(Deadline).where(Deadline.settled_at.is_(None)))
        return {row.kind: row.due_on for row in rows}


async def invitation(play: Play, who: str = "lead-1") -> str:
    async with play.act(who) as act:
        return (await appointments.invitation(act, play.scene.visit.id)).decode().replace("\r\n ", "")


async def test_a_time_is_agreed_moved_and_cancelled_and_everybody_hears(play: Play) -> None:
    """F1, D8, issue 6: its deadline waits from the acceptance on; group and owner hear; the calendar entry follows."""
    visit_id = await accepted(play)
    assert (await open_kinds(play))["appoint"] == date(2026, 3, 5)
    await fix(play)
    await fix(play)  # the same again is nothing new
    assert (await open_kinds(play))["appointed"] == date(2026, 3, 5)
    assert "appoint" not in await open_kinds(play)
    first = await invitation(play)
    assert "METHOD:REQUEST" in first
    assert "SEQUENCE:0\r\n" in first
    assert "DTSTART:20260305T013000Z" in first
    await fix(play, TIME + timedelta(days=1))
    assert (await open_kinds(play))["appointed"] == date(2026, 3, 6)
    assert "SEQUENCE:1\r\n" in await invitation(play)
    async with play.act("lead-1") as act:
        await appointments.cancel(act, visit_id)
    with pytest.raises(ConflictError):
        async with play.act("lead-1") as act:
            await appointments.cancel(act, visit_id)
    last = await invitation(play)
    assert "METHOD:CANCEL" in last
    assert "STATUS:CANCELLED" in last
    assert first.split("UID:")[1].split("\r\n")[0] == last.split("UID:")[1].split("\r\n")[0]
    assert {"appoint"} == {"appoint", "appointed"} & (await open_kinds(play)).keys()
    told = await letters(play, "appointment")
    group = {row.recipient for row in told}
    assert len(told) == 3 * len(group)
    assert {"lead-1"} < group
    assert len(await letters(play, "owner-appointment")) == 3


async def test_an_owner_who_is_to_hear_nothing_hears_nothing(play: Play) -> None:
    """F2, M3: an unannounced visit has a time for the group alone, and nobody is asked to call the owner."""
    await accepted(play, announced=False)
    assert "appoint" not in await open_kinds(play)
    await fix(play)
    assert await letters(play, "owner-appointment") == []
    assert len(await letters(play, "appointment")) > 1


@pytest.mark.parametrize("at", [TIME - timedelta(days=9), TIME + timedelta(days=60)], ids=["past", "after the task"])
async def test_a_time_out_of_the_task_is_refused(play: Play, at: datetime) -> None:
    """D1, D8: not in the past, not outside the days of the task, and by the leader alone."""
    await accepted(play)
    with pytest.raises(InvalidInputError):
        await fix(play, at)
    with pytest.raises(NotTheLeaderError):
        await fix(play, who="partner-1")
    with pytest.raises(NotFoundError):
        await fix(play, who="coordinator")
    assert await letters(play, "appointment") == []


async def test_the_feed_shows_the_hour_and_follows_a_move(play: Play) -> None:
    """Issue 6: the private calendar of an inspector and of the department carry the appointment."""
    await accepted(play)
    await fix(play)
    for who, whole in (("lead-1", False), ("lead-approver", True)):
        async with play.act(who) as act:
            token = (await feeds.make_link(act, whole_department=whole)).rpartition("/")[2]
        async with play.act(SYSTEM) as act:
            text = (await feeds.feed(act, token)).decode()
        assert "DTSTART:20260305T013000Z" in text
        assert text.count("BEGIN:VEVENT") == text.count("END:VEVENT")


async def test_a_liaison_presses_for_his_department_once_a_day(play: Play) -> None:
    """F4, T4: by his post he may press from the board; whoever has to do it hears, once; another department's: no."""
    await open_one(play)
    row = await the_deadline(play)
    for name, department in (("liaison", row.department_id), ("stranger", play.scene.parts["partner"].department_id)):
        async with play.act(SYSTEM) as act:
            act.db.add(Member(department_id=department, userid=name, name="演示联络员", post="联络员"))
    for _ in range(2):
        async with play.act(SYSTEM) as act:
            actor = await signin.member_actor(act.db, Member.userid == "liaison", "联络员")
            assert actor is not None
            assert actor.roles == {Role.LIAISON}
        async with play.act(actor) as act:
            await nudges.nudge(act, row.id)
    [told] = await letters(play, "nudged")
    assert told.recipient == "lead-approver"
    assert told.content["buttons"] == [{"text": "去公示结果", "path": f"/console/tasks/{play.scene.task.id}"}]
    async with play.act(SYSTEM) as act:
        stranger = await signin.member_actor(act.db, Member.userid == "stranger", "联络员")
    assert stranger is not None
    with pytest.raises(NotFoundError):
        async with play.act(stranger) as act:
            await nudges.nudge(act, row.id)
    with pytest.raises(ForbiddenError):
        async with play.act("lead-1") as act:
            await nudges.nudge(act, row.id)


async def test_the_office_presses_from_the_card_of_what_only_others_can_do(play: Play) -> None:
    """K2, D8: overdue, the office is told with a button that presses; nobody outside the group is asked to accept."""
    await open_one(play, DeadlineKind.ACCEPT, within=2)  # until Wednesday 4 March
    morning(play, "2026-03-05")
    await tick(play)
    cards = {row.recipient: row.content["buttons"] for row in await letters(play, "reminder")}
    row = await the_deadline(play, DeadlineKind.ACCEPT)
    assert cards["coordinator"] == [{"text": "催办", "key": f"nudge:{row.id}"}]
    assert {"text": "接受任务", "key": f"accept:{play.scene.visit.id}"} in cards["lead-1"]
    async with play.database.read() as db:
        actor = await inbox.actor_of(db, "coordinator", play.house.clock.liaison_post)
    assert actor is not None
    async with play.act(actor) as act:
        assert await nudges.nudge_from_card(act, row.id) == "已催办 4 人"
    async with play.act(actor) as act:
        assert await nudges.nudge_from_card(act, row.id) == "今天已催办过"
    assert sorted(await play.told("nudged")) == ["lead-1", "lead-2", "partner-1", "partner-2"]


@pytest.mark.parametrize(
    ("kind", "who", "path"),
    [
        (DeadlineKind.INSPECT, "lead-1", "/m/visits/"),
        (DeadlineKind.INSPECT, "lead-approver", "/console/clock"),
        (DeadlineKind.INSPECT, "coordinator", "/console/clock"),
        (DeadlineKind.PUBLISH, "lead-approver", "/console/tasks/"),
        (DeadlineKind.PUBLISH, "coordinator", "/console/tasks/"),
        (DeadlineKind.ACCEPT, "lead-1", "/m/visits/"),
        (DeadlineKind.ACCEPT, "coordinator", "/console/clock"),
        (DeadlineKind.PUBLISH, "liaison", "/console/clock"),
    ],
)
async def test_a_reminder_leads_where_its_reader_may_go(play: Play, kind: DeadlineKind, who: str, path: str) -> None:
    """Issue 6: each message has the button that settles it, and nobody is sent to a page that refuses him."""
    await open_one(play, kind)
    row = await the_deadline(play, kind)
    async with play.act(SYSTEM) as act:
        act.db.add(Member(department_id=row.department_id, userid="liaison", name="演示联络员", post="联络员"))
        await act.db.flush()
        audience = await nudges.audience_of(act, [row])
        assert audience.path_for(row, who).startswith(path)
        [button] = audience.open_button(row, who)
        # Whoever cannot settle it himself presses those who can, at once.
        assert (button.path or button.key) == (f"nudge:{row.id}" if path == "/console/clock" else button.path)
