"""Every kind of deadline: opened by its act, shown, reminded of where its reader can act, settled by its act (K2)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from inspection.actors import SYSTEM, Role
from inspection.deadlines import DeadlineKind
from inspection.workdays import SHANGHAI, local_date
from models.clock import DigestLine
from models.database import Database
from models.people import Member
from models.results import Deadline
from services.clock import boards
from services.clock.audiences import Audience, audience_of
from services.people.signin import member_actor
from tests.conftest import Clock
from tests.integration.clock_play import tick, with_rules
from tests.integration.deadline_stories import OF_OFFICES, OF_VISITS, the_row
from tests.integration.visits_play import FONT, Play
from tests.integration.visits_play import house_of as visiting_house
from tests.office import COORDINATOR, Office, house_of

ROUTER = (Path(__file__).parents[2] / "web/src/console/router.ts").read_text("utf-8")
GROUPS = {
    name: set(re.findall(r"'(\w+)'", some))
    for name, some in re.findall(r"const (\w+): readonly Role\[\] = \[(.*?)\]", ROUTER)
}
PAGES = {path: GROUPS[name] for path, name in re.findall(r"path: '(/[^'(]*)'[^}]*?roles: (\w+)", ROUTER, re.DOTALL)}
# The acts have their own tests on both; this table is read on one of them every time, on the other among the hard ones.
BOTH = pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.hard)], indirect=True)
PRESSES = {Role.COORDINATOR, Role.APPROVER, Role.LIAISON}


def test_every_kind_has_a_story() -> None:
    """Issue 6: a kind that nothing opens is no deadline."""
    assert OF_VISITS.keys() | OF_OFFICES.keys() == set(DeadlineKind)


def may_open(path: str, roles: Iterable[Role]) -> bool:
    """Whether somebody with these roles is let into a page of the phone or the console."""
    if path.startswith("/m/"):
        return Role.INSPECTOR in roles
    page = path.removeprefix("/console")
    page = page if page in PAGES else re.sub(r"/[^/]+$", "/:id", page)
    return bool(PAGES[page] & {one.value for one in roles})


async def lines_of(stage: Play | Office, row: Deadline) -> list[DigestLine]:
    async with stage.act(SYSTEM) as act:
        return list(await act.db.scalars(select(DigestLine).where(DigestLine.deadline_id == row.id)))


async def readers(
    stage: Play | Office, userids: Iterable[str], row: Deadline
) -> tuple[Audience, dict[str, frozenset[Role]]]:
    async with stage.act(SYSTEM) as act:
        found = {}
        for userid in userids:
            actor = await member_actor(act.db, Member.userid == userid, stage.house.clock.liaison_post)
            assert actor is not None
            found[userid] = actor.roles
        return await audience_of(act, [row]), found


async def play_through(stage: Play | Office, kind: DeadlineKind, story: object) -> None:
    """Open it, see it, be reminded of it, settle it, hear no more."""
    acts = story(stage)  # type: ignore[operator]
    subject = await anext(acts)
    await tick(stage)  # type: ignore[arg-type] what no act opens, the round does
    row = await the_row(stage, kind, subject)
    assert row is not None, "no act has opened it"
    assert row.settled_at is None
    assert row.next_on is not None
    async with stage.act("coordinator" if isinstance(stage, Play) else COORDINATOR) as act:
        assert row.id in {one["id"] for one in (await boards.board(act))["rows"]}
    stage.clock.now = datetime.combine(row.next_on, time(9), SHANGHAI)
    await tick(stage)  # type: ignore[arg-type]
    told = await lines_of(stage, row)
    assert told, "nobody was reminded"
    audience, roles = await readers(stage, {one.userid for one in told}, row)
    can_settle = 0
    for userid, held in roles.items():
        [button] = audience.open_button(row, userid)
        if button.key:
            assert held & PRESSES, f"{userid} may not press"
            continue
        assert may_open(button.path, held), f"{userid} is led to {button.path}, which is closed to him"
        can_settle += button.path not in {"/m/", "/console/clock"}
    assert can_settle, "nobody who was told can do it"
    with pytest.raises(StopAsyncIteration):
        await anext(acts)
    await tick(stage)  # type: ignore[arg-type]
    row = await the_row(stage, kind, subject)
    assert row is not None
    assert row.settled_at is not None, "its act has not settled it"
    stage.clock.now = datetime.combine(
        max(row.due_on, local_date(stage.clock.now)) + timedelta(days=7), time(9), SHANGHAI
    )
    await tick(stage)  # type: ignore[arg-type]
    assert len(await lines_of(stage, row)) == len(told), "somebody was reminded of what is done"


@BOTH
@pytest.mark.parametrize("kind", OF_VISITS, ids=lambda kind: kind.value)
async def test_a_deadline_of_a_visit_from_its_act_to_its_act(
    database: Database, clock: Clock, tmp_path: Path, kind: DeadlineKind
) -> None:
    """F1, G9, H1, H2, H4, I1-I6, I8, J2, J3, L1, B11: opened, shown, reminded of with a button that leads, settled."""
    play = await Play(database, visiting_house(tmp_path / "blobs", confirm_libraries=False), clock).begin()
    assert play.house.font == FONT
    await play_through(with_rules(play), kind, OF_VISITS[kind])


@BOTH
@pytest.mark.parametrize("kind", OF_OFFICES, ids=lambda kind: kind.value)
async def test_a_deadline_of_the_office_from_its_act_to_its_act(
    database: Database, clock: Clock, tmp_path: Path, kind: DeadlineKind
) -> None:
    """A11, B8, C5, D1, D2, F3, S1-S6: opened, shown, reminded of with a button that leads, settled."""
    office = await Office(database=database, house=house_of(tmp_path / "blobs"), clock=clock).open()
    await play_through(office, kind, OF_OFFICES[kind])
