"""Rounds of a worker: at once when it is woken, and every few seconds in case nobody woke it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress


async def rounds(
    work: Callable[[], Awaitable[object]], stop: asyncio.Event, wake: asyncio.Event, *, every_s: float
) -> None:
    """Do `work` again and again until `stop`; `wake` says that there may be something, a tick looks anyway."""
    while not stop.is_set():
        wake.clear()
        await work()
        with suppress(TimeoutError):
            await asyncio.wait_for(wake.wait(), every_s)
