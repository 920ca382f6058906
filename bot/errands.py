"""What the bot does beside sending and answering: cards changed, things sent to the app fetched, team chats made.

wake (something was worked) or tick -> each errand's work() in turn -> until none finds anything
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from bot.rounds import rounds

TICK_S = 2.0
Errand = Callable[[], Awaitable[int]]

log = structlog.get_logger(__name__)


class Errands:
    """Runs errands one after the other; one that fails waits for the next round and holds up no other."""

    def __init__(self, errands: Sequence[Errand]) -> None:
        """Run none yet."""
        self._errands = errands

    async def run(self, stop: asyncio.Event, wake: asyncio.Event) -> None:
        """Work until `stop`; `wake` says that there may be something, a tick looks anyway."""
        await rounds(self.work, stop, wake, every_s=TICK_S)

    async def work(self) -> int:
        """One round; returns how much was looked at."""
        return sum([await self._one(errand) for errand in self._errands])

    async def _one(self, errand: Errand) -> int:
        try:
            return await errand()
        except Exception as error:  # noqa: BLE001 - a database that is away for a moment must not end all errands
            log.error("errand interrupted", error=type(error).__name__)  # noqa: TRY400 - a trace may hold personal data
            return 0
