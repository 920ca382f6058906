"""The clock played by hand: one round whenever a test says so, as the leader of a new term."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import select

from inspection.actors import SYSTEM
from inspection.clock_rules import ClockRules
from inspection.deadlines import DeadlineKind
from inspection.workdays import SHANGHAI
from models.results import Deadline, Outbox, Reminder
from models.store import leader
from services.act import Act
from services.clock import deadlines, rounds
from tests.integration.visits_play import Play


def with_rules(play: Play, **rules: Any) -> Play:
    """The same play under other rules of the clock."""
    play.house = replace(play.house, clock=ClockRules(**rules))
    return play


async def term_of(play: Play) -> int:
    async with play.act(SYSTEM) as act:
        return await leader.raise_term(act.db, "test")


async def tick(play: Play, term: int | None = None) -> int:
    """One round; how many reminders were new."""

    def open_act() -> AbstractAsyncContextManager[Act]:
        return play.act(SYSTEM)

    return await rounds.play(open_act, await term_of(play) if term is None else term)


def morning(play: Play, day: str, at: time = time(9, 0)) -> None:
    """Move the clock to a day, in the morning if nothing else is said."""
    play.clock.now = datetime.combine(date.fromisoformat(day), at, SHANGHAI)


async def open_one(play: Play, kind: DeadlineKind = DeadlineKind.PUBLISH, within: int = 20) -> bool:
    of_visit = kind in {DeadlineKind.ACCEPT, DeadlineKind.INSPECT, DeadlineKind.CONFIRM}
    part = play.scene.parts["lead"]
    subject = f"visit:{play.scene.visit.id}" if of_visit else f"part:{part.id}"
    async with play.act(SYSTEM) as act:
        return await deadlines.open_deadline(act, kind, subject, part.department_id, deadlines.today(act), within)


async def stages(play: Play) -> list[tuple[str, bool]]:
    async with play.act(SYSTEM) as act:
        rows = await act.db.scalars(select(Reminder).order_by(Reminder.at))
        return [(row.stage, row.late) for row in rows]


async def the_deadline(play: Play, kind: DeadlineKind = DeadlineKind.PUBLISH) -> Deadline:
    async with play.act(SYSTEM) as act:
        found = await act.db.scalar(select(Deadline).where(Deadline.kind == kind.value))
        assert found is not None
        return found


async def letters(play: Play, kind: str = "") -> list[Outbox]:
    """What was written of reminders, digests and moved days, in order."""
    async with play.act(SYSTEM) as act:
        wanted = [kind] if kind else ["reminder", "digest", "deadline-moved"]
        query = select(Outbox).where(Outbox.kind.in_(wanted)).order_by(Outbox.created_at, Outbox.recipient)
        return list(await act.db.scalars(query))


async def told(play: Play) -> list[str]:
    return [row.recipient for row in await letters(play)]
