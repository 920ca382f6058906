"""The archive of a whole task: asked for at the desk, made in the background, one visit after the other (L1, L2).

order (row) -> make_next (tick): visit by visit read, written, counted -> bundles -> volume.pdf -> sealed -> archive

Each visit is read in a transaction of its own and written to the ZIP on disk: memory holds one visit at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import structlog

from inspection.actors import Actor, DepartmentId, MemberId, Role
from inspection.errors import ConflictError, SuichaError
from inspection.retention import class_text, keep_until, longest
from inspection.workdays import local_date
from models.archives import Archive, ArchiveOrder
from models.database import Database
from models.store import archives as store
from models.store import destructions
from services.act import Act, House
from services.results import archives, sealing, task_volume, volume

LEASE = timedelta(minutes=10)  # renewed with every visit: who does not renew is taken to be lost
FULL = "服务器磁盘空间不足，请联系系统管理员"
DEFECT = "程序内部出现错误，请联系系统管理员"
log = structlog.get_logger(__name__)


async def order(act: Act, task_id: str) -> ArchiveOrder:
    """Ask for a finished task's archive; while one is under way, that one is the answer. ConflictError before."""
    task = await store.task(act.db, act.actor, task_id)
    if task.status != "finished":
        raise ConflictError(what="任务立卷", why="任务的检查结果尚未全部公示。")
    visits = await store.visits_of(act.db, task.id)
    about = [f"task:{task.id}", *(f"visit:{one}" for one in visits)]
    await destructions.refuse_destroyed(act.db, f"任务 {task.number} 的案卷（或其中一部分）", *about)
    under_way = (await store.orders_of(act.db, [task.id])).get(task.id)
    if under_way is not None and under_way.status in {"waiting", "running"}:
        return under_way
    row = ArchiveOrder(
        task_id=task.id,
        total=len(visits),
        asked_by=act.actor.member_id,
        department_id=act.actor.department_id,
        asked_at=act.now,
    )
    act.db.add(row)
    await act.db.flush()
    act.record("archive-order", f"task:{task.id}", number=task.number, visits=row.total)
    return row


class Maker:
    """Makes what was ordered; several processes may have one, an order is taken by one of them."""

    def __init__(self, database: Database, house: House, clock: Callable[[], datetime]) -> None:
        """Open nothing yet."""
        self._database, self._house, self._clock = database, house, clock

    async def make_next(self) -> int:
        """Make the oldest order that nobody works on; gives how many were taken."""
        async with self._database.write() as db:
            row = await store.order_due(db, self._clock())
            if row is None:
                return 0
            row.status, row.done, row.leased_until = "running", 0, self._clock() + LEASE
        try:
            await self._make(row)
        except SuichaError as error:
            await self._fail(row, f"{error.sentence()}{error.action}")
        except OSError as error:
            log.exception("archive not written", errno=error.errno)
            await self._fail(row, f"{FULL}（{error.strerror}）。")
        except Exception:
            log.exception("archive not made")
            await self._fail(row, f"{DEFECT}。")
        return 1

    async def _make(self, row: ArchiveOrder) -> None:
        async with sealing.volume() as made:
            async with self._database.read() as db:
                act = self._act(db, row)
                task = await store.task(db, act.actor, row.task_id)
                words, stored, written = await task_volume.contents(act, task)
                visits = await store.visits_of(db, row.task_id)
            for path, digest in sorted(stored.items()):
                await made.copy(path, self._house.blobs, digest)
            for path, data in sorted(written.items()):
                await made.add(path, data)
            lines, classes = [], []
            for visit_id in visits:
                line, name = await self._visit(row, visit_id, made)
                lines.append(line)
                classes.append(name)
                await self._count(row)
            term = longest(classes)
            until = keep_until(term, local_date(self._clock()))
            await self._bind(
                {**words, "visits": lines}, made, {"retention": class_text(term), "until": until or "永久"}
            )
            async with self._database.write() as db:
                named = await archives.label(self._act(db, row), words["task"]["number"], f"task:{row.task_id}")
            told = {"kind": "task", "task_number": words["task"]["number"]}
            kept = await archives.put(self._house, made, named, told, (term, until))
        async with self._database.write() as db:
            await self._settle(self._act(db, row), row, kept)

    async def _visit(self, row: ArchiveOrder, visit_id: str, made: sealing.Volume) -> tuple[dict[str, Any], str]:
        async with self._database.read() as db:
            found = await archives.gather(self._act(db, row), visit_id, with_draws=False)
        folder = f"visits/{found.words['visit']['number']}/"
        before = len(made.index)
        await archives.bind(self._house, found, made, folder)
        # Its own are the last: to look through a large task's whole index for every visit would take hours.
        own = list(islice(reversed(made.index.values()), len(made.index) - before))
        whole = sum(size for size, _ in own)
        sha = made.index[f"{folder}volume.pdf"][1]
        return task_volume.line_of(folder, found.words, files=len(own), size=whole, sha=sha), found.retention

    async def _bind(self, words: dict[str, Any], made: sealing.Volume, term: dict[str, Any]) -> None:
        for name, value in sorted(words.items()):
            await made.add(f"data/{name}.json", sealing.as_json(value))
        index = [[path, *said] for path, said in sorted(made.index.items()) if not path.startswith("visits/")]
        told = {**words["task"], **term}
        made_pdf = await volume.pdf(told, words, index, self._house.font, task_volume.TEMPLATE)
        await made.add("volume.pdf", made_pdf)

    async def _settle(self, act: Act, row: ArchiveOrder, kept: Archive) -> None:
        kept.task_id = row.task_id
        await archives.keep(act, kept, f"task:{row.task_id}")
        held = await act.db.get_one(ArchiveOrder, row.id)
        held.status, held.archive_id, held.done, held.trouble = "done", kept.id, held.total, ""

    async def _count(self, row: ArchiveOrder) -> None:
        async with self._database.write() as db:
            held = await db.get_one(ArchiveOrder, row.id)
            held.done, held.leased_until = held.done + 1, self._clock() + LEASE

    async def _fail(self, row: ArchiveOrder, why: str) -> None:
        async with self._database.write() as db:
            held = await db.get_one(ArchiveOrder, row.id)
            held.status, held.trouble = "failed", why

    def _act(self, db: Any, row: ArchiveOrder) -> Act:
        """The act of whoever ordered: that he may have all of the task was decided when he did."""
        actor = Actor(
            member_id=MemberId(row.asked_by),
            department_id=DepartmentId(row.department_id),
            roles=frozenset({Role.COORDINATOR}),
        )
        return Act(db=db, actor=actor, now=self._clock(), house=self._house)
