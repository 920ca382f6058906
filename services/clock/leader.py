"""Who runs the clock: any number of processes ask, one leads (reliability 2.2, 2.3).

beat (every few seconds) -> term() -> the term while this process leads, None while another does
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable

from models.base import new_id
from models.database import Database
from models.store import leader as store
from models.store.leader import LEASE_S, AdvisoryLock

BEAT_SECONDS = 5.0


class Leader:
    """This process's candidature. `monotonic` counts seconds that nobody can set back."""

    def __init__(
        self, database: Database, monotonic: Callable[[], float] = time.monotonic, lease_s: float = LEASE_S
    ) -> None:
        """Lead nothing yet; a leader that is not heard of for `lease_s` is none any more."""
        self._lease_s = lease_s
        self._database = database
        self._monotonic = monotonic
        self._holder = f"{os.getpid()}-{new_id()[-12:]}"
        self._term: int | None = None
        self._lock = AdvisoryLock(database.engine, lease_s)
        self._one_at_a_time = asyncio.Lock()

    async def term(self) -> int | None:
        """Lead if nobody else does; the term, or None. Also the heartbeat that keeps the lead."""
        async with self._one_at_a_time:
            self._term = await (self._by_lease() if self._database.is_sqlite else self._by_lock())
            return self._term

    async def close(self) -> None:
        """Stop leading, so that another need not wait."""
        async with self._one_at_a_time:
            term, self._term = self._term, None
            if self._database.is_sqlite:
                if term is not None:
                    async with self._database.write() as db:
                        await store.end_lease(db, term)
            else:
                await self._lock.release()

    async def _by_lock(self) -> int | None:
        if not await self._lock.hold():
            return None
        # The lock alone does not make a leader: one who lost it while he waited to raise the term raises it after its
        # next holder did. The holder whose term is overtaken so raises it again; else all would wait for him for ever.
        async with self._database.read() as db:
            if self._term is not None and await store.current_term(db) == self._term:
                return self._term
        async with self._database.write() as db:
            return await store.raise_term(db, self._holder)

    async def _by_lease(self) -> int | None:
        now_s = self._monotonic()
        if self._term is not None:
            async with self._database.write() as db:
                if await store.renew_lease(db, self._term, now_s + self._lease_s):
                    return self._term
        async with self._database.read() as db:
            if not await store.lease_is_free(db, now_s, self._lease_s):
                return None
        async with self._database.write() as db:
            return await store.take_lease(db, self._holder, self._monotonic(), self._lease_s)
