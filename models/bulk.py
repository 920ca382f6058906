"""Threads for what is written, hashed and flushed in bulk: few, and apart from those that everybody shares.

await in_bulk(work, ...)   waits for its turn behind other bulk, never before or among anybody's small waits

asyncio's own threads are few as well (six on two cores). Were evidence written there, a rush of it would stand before
every picture that somebody wants to see (ADR 0024).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Found = TypeVar("Found")

THREADS = 4  # a disk serves some at once, and they wait for it rather than compute
_BULK = ThreadPoolExecutor(THREADS, thread_name_prefix="bulk")


async def in_bulk(work: Callable[Given, Found], *args: Given.args, **kwargs: Given.kwargs) -> Found:
    """Run `work` in one of the threads; raises what it raises."""
    return await asyncio.get_running_loop().run_in_executor(_BULK, partial(work, *args, **kwargs))
