"""What happened, told to every page that listens (server-sent events).

core publishes -> one bounded queue per listener -> page writes a line | a listener too slow is told to reload all
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

Note = dict[str, str]
MOST_WAITING = 1000
RELOAD: Note = {"kind": "reload"}


class Feed:
    """Fans notes out to listeners; never blocks and never grows without bound."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[Note | None]] = set()

    def publish(self, kind: str, **fields: str) -> None:
        """Tell all listeners; `kind` is message, change, contact, delivery or owner."""
        for queue in self._listeners:
            if queue.full():
                _empty(queue)
                queue.put_nowait(RELOAD)
            else:
                queue.put_nowait({"kind": kind, **fields})

    @contextmanager
    def listen(self) -> Iterator[asyncio.Queue[Note | None]]:
        """Give a queue of notes; None on it means that the server closes."""
        queue: asyncio.Queue[Note | None] = asyncio.Queue(MOST_WAITING)
        self._listeners.add(queue)
        try:
            yield queue
        finally:
            self._listeners.discard(queue)

    def close(self) -> None:
        """Send every listener home."""
        for queue in self._listeners:
            _empty(queue)
            queue.put_nowait(None)


def _empty(queue: asyncio.Queue[Note | None]) -> None:
    while not queue.empty():
        queue.get_nowait()
