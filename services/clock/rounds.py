"""One round of the clock: each step in a transaction of its own, each behind the fence of the leader's term.

calendar changed? -> recompute + tell ; standing duties ; held notices ; rows that are due, some at a time
the morning -> archives past their day ; digest

A leader that dies between two steps leaves nothing half: the next one finds the same rows. A round never runs for a
time before the last one seen (a clock set back): it waits until the clock has caught up, and the board says so.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from models.store import leader
from models.store.leader import Fenced
from services.act import Act
from services.clock import calendars, deadlines, digests, standing
from services.people import fallbacks
from services.planning import plans
from services.results import disposal

OpenAct = Callable[[], AbstractAsyncContextManager[Act]]


async def play(open_act: OpenAct, term: int, at_once: int = deadlines.AT_ONCE, lease_s: float = leader.LEASE_S) -> int:
    """Do all that is due now, as the leader of this term, `at_once` rows a transaction; return how many reminders.

    0 if another leads by now, or the clock stands before what was seen: then nothing at all is written.
    """
    if not await _keep_up(open_act, term, lease_s):
        return 0
    new, looked = 0, 1
    while looked:
        async with open_act() as act:
            if await leader.fence(act.db, term, act.now, lease_s) is None:
                return new
            some = await deadlines.remind_some(act, at_once)
            new, looked = new + some.reminders, some.rows
    async with open_act() as act:
        fenced = await leader.fence(act.db, term, act.now, lease_s)
        if fenced is not None and await digests.morning_due(act, fenced.digested_on):
            await disposal.expect(act)
            await digests.morning(act)
            await leader.remember(act.db, digested_on=deadlines.today(act))
    return new


async def _keep_up(open_act: OpenAct, term: int, lease_s: float) -> bool:
    async with open_act() as act:
        fenced = await leader.fence(act.db, term, act.now, lease_s)
        if fenced is None:
            return False
        await _recompute(act, fenced)
        await standing.keep_up(act)
        await plans.expect_next_year(act)
        await fallbacks.hand_on_held(act)
    return True


async def _recompute(act: Act, fenced: Fenced) -> None:
    version = (await calendars.calendar_of(act)).version()
    if version == fenced.calendar:
        return
    moved = await calendars.recompute(act)
    if moved:
        await digests.tell_moved(act, moved)
    await leader.remember(act.db, calendar=version)
