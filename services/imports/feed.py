"""A file on its way into a register: what its header has, and for targets its batches, read beside the loop.

ReadFile -> Feed -> batches(): Order and known digests to the reader, Batch, Batch, ... from it (one read ahead)
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Any

from inspection.errors import UnavailableError
from inspection.tables import Reading
from inspection.tables.categories import EXTRA_FIELDS
from models.sheets import Position
from models.store.loading import Loader
from services.imports.reading import Batch, Ending, Order, Refusal, Work, in_thread
from services.imports.rejects import REASON

Progress = Callable[[int, int], None]  # (done, of) in bytes of a text file, in rows of a workbook


def no_progress(_done: int, _of: int) -> None:
    """Tell nobody."""


@dataclass(kw_only=True, slots=True)
class Feed:
    """The rows of a file on their way: which fields it has, whether it is only part of a list, its batches."""

    reading: Reading[Any]
    position: Position
    key: bytes
    progress: Progress = no_progress
    work: Work | None = None  # a child that has opened the file already
    unmet: set[str] = field(default_factory=set)  # after the last batch: codes of the register that the file lacks

    @property
    def fields(self) -> set[str]:
        """The fields that this file has columns for."""
        return set(self.reading.header.places)

    @property
    def has_extra(self) -> bool:
        """Whether any column holds what only some categories have."""
        return not self.fields.isdisjoint(EXTRA_FIELDS)

    @property
    def is_part(self) -> bool:
        """Whether these are mended rejects: what else was in their list is still there."""
        return REASON in self.reading.header.cells

    async def batches(self, loader: Loader, source: str) -> AsyncGenerator[Batch, None]:
        """Give batches, the next one being read meanwhile; then `unmet` is known. Raises what the reading refuses."""
        work = self.work or in_thread(self.reading, self.position)
        coming = asyncio.create_task(self._begin(work, loader, source))
        try:
            while not isinstance(got := await coming, Ending):
                coming = asyncio.create_task(asyncio.to_thread(_receive, work))
                yield got
                self.progress(got.reached, self.position.of)
            self.unmet = got.unmet
        finally:
            work.stop()
            await asyncio.gather(coming, return_exceptions=True)
            await asyncio.to_thread(work.close)

    async def _begin(self, work: Work, loader: Loader, source: str) -> Batch | Ending:
        await asyncio.to_thread(work.line.send, Order(key=self.key, source=source, for_sqlite=loader.is_sqlite))
        async for piece in loader.pairs("digest", "code"):
            await asyncio.to_thread(work.line.send, piece)
        await asyncio.to_thread(work.line.send, "")
        return await asyncio.to_thread(_receive, work)


def _receive(work: Work) -> Batch | Ending:
    try:
        got = work.line.recv()
    except (EOFError, OSError) as error:
        raise UnavailableError(what="读取文件的进程") from error
    if isinstance(got, Refusal):
        raise got.error(**got.params)
    return got  # type: ignore[no-any-return]  # only these are ever sent
