"""A process that runs the clock, as one of many on one database, until somebody ends it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from inspection.actors import SYSTEM
from models.base import KEYS
from models.database import Database
from services.act import Act
from services.clock import rounds
from services.clock.leader import Leader
from tests.office import house_of

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # a Monday, 09:00 in China
BREATH_S = 0.03  # between two transactions, so that a signal finds the work half done


def work(url: str, folder: str, at_once: int, lease_s: float) -> None:
    """Ask for the lead and play rounds of `at_once` rows a transaction, for ever."""
    KEYS.load({"1": bytes(32)}, "1")
    asyncio.run(_work(url, Path(folder), at_once, lease_s))


async def _work(url: str, folder: Path, at_once: int, lease_s: float) -> None:
    database, house = Database(url), house_of(folder)
    leader = Leader(database, lease_s=lease_s)

    @asynccontextmanager
    async def open_act() -> AsyncIterator[Act]:
        async with database.write() as db:
            yield Act(db=db, actor=SYSTEM, now=NOW, house=house)
        await asyncio.sleep(BREATH_S)

    async def beat() -> None:
        while True:
            await leader.term()
            await asyncio.sleep(lease_s / 4)

    async with asyncio.TaskGroup() as group:
        group.create_task(beat())
        while True:
            term = await leader.term()
            if term is not None:
                # The server ends a transaction that slept: that tick is lost, the next one comes.
                with suppress(DBAPIError):
                    await rounds.play(open_act, term, at_once=at_once, lease_s=lease_s)
            await asyncio.sleep(0.1)
