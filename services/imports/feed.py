"""A file on its way into a register: what its header has, and of the large kinds its batches, read beside the loop.

ReadFile -> Feed -> batches(): Order and what is known to the reader, Batch, Batch, ... from it (one read ahead)
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Any

from inspection.tables import Header, Reading
from inspection.tables.categories import EXTRA_FIELDS
from models.reading import BATCHED, Batch, Ending, Order, Work, in_thread
from models.sheets import Position
from models.store.loading import Loader
from services.imports.rejects import REASON

Progress = Callable[[int, int, int], None]  # (done, of) in bytes of a text file, in rows of a workbook; rows done


def no_progress(_done: int, _of: int, _rows: int) -> None:
    """Tell nobody."""


@dataclass(kw_only=True, slots=True)
class Feed:
    """The rows of a file on their way: which fields it has, whether it is only part of a list, its batches."""

    kind: str
    name: str
    header: Header
    position: Position
    key: bytes
    reading: Reading[Any] | None = None  # the open file, where it is read in this process
    work: Work | None = None  # a child that has opened the file, where it is not
    progress: Progress = no_progress
    unmet: set[str] = field(default_factory=set)  # after the last batch: codes of the register that the file lacks

    @property
    def fields(self) -> set[str]:
        """The fields that this file has columns for."""
        return set(self.header.places)

    @property
    def has_extra(self) -> bool:
        """Whether any column holds what only some categories have."""
        return not self.fields.isdisjoint(EXTRA_FIELDS)

    @property
    def is_part(self) -> bool:
        """Whether these are mended rejects: what else was in their list is still there."""
        return REASON in self.header.cells

    async def batches(self, loader: Loader, source: str = "") -> AsyncGenerator[Batch, None]:
        """Give batches, the next one being read meanwhile; then `unmet` is known. Raises what the reading refuses."""
        work = self.work or in_thread(self.name, self._open(), self.position)
        coming, rows = asyncio.create_task(self._begin(work, loader, source)), 0
        try:
            while not isinstance(got := await coming, Ending):
                coming = asyncio.create_task(asyncio.to_thread(work.receive))
                yield got
                rows += got.read + len(got.rejected)
                self.progress(got.reached, self.position.of, rows)
            self.unmet = got.unmet
        finally:
            work.stop()
            await asyncio.gather(coming, return_exceptions=True)
            await asyncio.to_thread(work.close)

    def _open(self) -> Reading[Any]:
        if self.reading is None:
            raise RuntimeError("neither a child nor this process reads this file")
        return self.reading

    async def _begin(self, work: Work, loader: Loader, source: str) -> Batch | Ending:
        order = Order(kind=self.kind, key=self.key, source=source, for_sqlite=loader.is_sqlite)
        await asyncio.to_thread(work.send, order)
        async for piece in loader.pairs(*BATCHED[self.kind]):
            await asyncio.to_thread(work.send, piece)
        await asyncio.to_thread(work.send, "")
        got: Batch | Ending = await asyncio.to_thread(work.receive)
        return got
