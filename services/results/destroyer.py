"""Removes the stored files of what two people decided to destroy: after their commit, and as often as it takes (L1).

approved register -> some files -> shared with a living record? kept : removed -> outcome written -> ... -> done

Killed anywhere, the next one goes on: what has no outcome yet is asked about and removed again, which is harmless.
Several processes may have one; they do the same twice.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from inspection.actors import SYSTEM
from inspection.errors import SuichaError
from models.blobs import Digest
from models.database import Database
from models.erasing import Eraser
from models.store import audit, blob_references
from models.store import destructions as store
from models.store.states import advance

AT_ONCE = 100
log = structlog.get_logger(__name__)


class Destroyer:
    """The only one in the house who is handed an `Eraser`."""

    def __init__(self, database: Database, eraser: Eraser, clock: Callable[[], datetime]) -> None:
        """Do nothing yet."""
        self._database, self._eraser, self._clock = database, eraser, clock

    async def work(self) -> int:
        """Finish the oldest approved register, or go as far as the store lets; gives how many files were settled."""
        settled = 0
        async with self._database.read() as db:
            register_id = await store.approved(db)
        if register_id is None:
            return 0
        try:
            while some := await self._some(register_id):
                settled += some
        except (OSError, SuichaError) as error:
            log.warning("files not destroyed", register=register_id, error=type(error).__name__)
            await self._note(register_id, f"文件存储没有完成删除（{_why(error)}），稍后自动继续。")
        else:
            await self._finish(register_id)
        return settled

    async def _some(self, register_id: str) -> int:
        """Ask, remove, write down; what is shared is asked right before, so that hardly anybody comes between."""
        async with self._database.read() as db:
            digests = [one.digest for one in await store.open_files(db, register_id, AT_ONCE)]
            shared = await blob_references.referred(db, digests, self._clock()) if digests else set()
        for digest in digests:
            if digest not in shared:
                await self._eraser.remove(Digest(digest))
        outcomes = {digest: "kept" if digest in shared else "removed" for digest in digests}
        async with self._database.write() as db:
            await store.settle(db, register_id, outcomes, self._clock())
        return len(digests)

    async def _finish(self, register_id: str) -> None:
        async with self._database.write() as db:
            held = await store.destruction(db, register_id)
            if held.status != "approved":
                return  # another process was as fast
            now = self._clock()
            await advance(db, held, "done", come_from={"approved"}, what="销毁清册", done_at=now, trouble="")
            counts = (await store.counts(db, [register_id]))[register_id]
            detail = {"number": held.number, "removed": counts.get("removed", 0), "kept": counts.get("kept", 0)}
            audit.record(db, SYSTEM, now, "destruction-done", f"destruction:{register_id}", **detail)

    async def _note(self, register_id: str, trouble: str) -> None:
        async with self._database.write() as db:
            (await store.destruction(db, register_id)).trouble = trouble


def _why(error: Exception) -> str:
    if isinstance(error, SuichaError):
        return error.sentence().rstrip("。")
    return str(getattr(error, "strerror", None) or type(error).__name__)
