"""The sample office on a database: who acts in it, and a draw taken as far as a test wants it.

samples -> departments, members, items, plan, targets -> Office.task -> prepared -> frozen -> seeded -> drawn
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Table, func, insert, select

from app import samples
from inspection.actors import SYSTEM, Actor
from inspection.draw.announcement import Source, SourceKind
from inspection.draw.lists import CONFLICTS, EXCLUDED, INSPECTORS, TARGETS
from inspection.draw.pools import (
    Pools,
    conflicts_from_tsv,
    excluded_from_tsv,
    inspectors_from_tsv,
    targets_from_tsv,
)
from inspection.workdays import local_date, official_calendar
from models.base import Base
from models.blobs import LocalBlobs
from models.database import Database
from models.libraries import Leave
from models.people import Department, Inspector, Member
from models.registers import PlanEntry, Target
from models.sheets import write_csv
from models.spool import Spool
from models.store.pools import Scope
from models.tasks import Draw
from services.act import Act, House, Rules
from services.drawing import draws, tasks
from services.drawing.orders import TaskOrder
from services.drawing.tasks import Pool
from services.imports import read_file, run_import
from services.people.signin import member_actor
from tests.conftest import Clock

COORDINATOR, SECOND, OBSERVER, ADMIN = "office02", "office01", "office03", "office04"
HOTELS = "旅馆业联合抽查"  # health leads, market and fire join: three teams of two
HOTEL_SCOPE = Scope(keywords=("住宿服务",))  # 25 of the 300 sample targets, one of them deregistered
DEREGISTERED_HOTEL = samples.sample_targets()[193][1]
DICE = Source(name="监督员掷骰", kind=SourceKind.DICE, note="现场掷骰五枚")
PUBLIC = Source(name="福彩", kind=SourceKind.PUBLIC, note="冻结后第一期开奖号码；停开则用下一期")
_opened: dict[Table, list[dict[str, Any]]] = {}  # every row of an open office
VALUES = {DICE.name: "31445", PUBLIC.name: "06 31 02"}


@cache
def sample_csv(kind: str) -> bytes:
    """The sample file of this kind."""
    headers, rows = {
        "targets": (samples.TARGET_HEADERS, samples.sample_targets()),
        "inspectors": (samples.INSPECTOR_HEADERS, samples.sample_inspectors()),
        "items": (samples.ITEM_HEADERS, samples.sample_items()),
        "plan": (samples.PLAN_HEADERS, samples.sample_plan(2026)),
    }[kind]
    return write_csv(headers, rows)


def pools_in(pool: Pool) -> Pools:
    """The values of a pool's four lists."""
    return Pools(
        candidates=targets_from_tsv(pool.lists[TARGETS]),
        inspectors=inspectors_from_tsv(pool.lists[INSPECTORS]),
        conflicts=conflicts_from_tsv(pool.lists[CONFLICTS]),
        exclusions=excluded_from_tsv(pool.lists[EXCLUDED]),
    )


def house_of(folder: Path, **rules: Any) -> House:
    """A house that keeps files and takes no photos."""
    return House(
        office_name="演示区联席会议办公室",
        lead_code="JB",
        origin="http://127.0.0.1:8080",
        blobs=LocalBlobs(folder),
        spool=Spool(folder / "arriving"),
        calendar=official_calendar(),
        rules=Rules(**{"confirm_libraries": False, **rules}),  # its own tests confirm: test_confirmations
        link_key=bytes(32),
        photo_lab=None,
        font=folder,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Office:
    """The office, its database and a clock that the test moves; members are named by userid."""

    database: Database
    house: House
    clock: Clock

    @asynccontextmanager
    async def act(self, who: str | Actor = COORDINATOR) -> AsyncIterator[Act]:
        """One act in a transaction of its own."""
        async with self.database.write() as db:
            actor = await member_actor(db, Member.userid == who) if isinstance(who, str) else who
            assert actor is not None, who
            yield Act(db=db, actor=actor, now=self.clock(), house=self.house)

    async def import_file(self, kind: str, data: bytes, name: str = "样例.csv", *, dry_run: bool = False) -> Any:
        async with self.act(SYSTEM) as act:
            report = await run_import(act, read_file(kind, name, data), dry_run=dry_run)
            return report.as_data()

    async def open(self) -> Office:
        """Fill the registers: by importing the samples the first time, then with the rows that this gave."""
        if not _opened:
            await self.import_samples()
            async with self.act(SYSTEM) as act:
                for table in Base.metadata.sorted_tables:
                    written = [one for one in table.columns if not one.computed]
                    _opened[table] = [dict(row) for row in (await act.db.execute(select(*written))).mappings()]
            return self
        async with self.act(SYSTEM) as act:
            for table, rows in _opened.items():
                if rows:
                    await act.db.execute(insert(table), rows)
        return self

    async def import_samples(self) -> None:
        """Import everything there is of the samples."""
        async with self.act(SYSTEM) as act:
            for one in samples.DEPARTMENTS:
                act.db.add(Department(code=one.code, name=one.name, aliases=list(one.aliases), is_office=one.is_office))
        for kind in ("inspectors", "items", "plan", "targets"):
            assert (await self.import_file(kind, sample_csv(kind)))["rejected"] == []

    async def entry_id(self, name: str = HOTELS) -> str:
        """The plan entry of this name."""
        async with self.act(SYSTEM) as act:
            found = await act.db.scalar(select(PlanEntry.id).where(PlanEntry.name == name))
        assert found is not None
        return found

    async def task(self, plan: str = HOTELS, **order: Any) -> str:
        """A draft task of the hotels (or of another plan entry)."""
        wanted = {"plan_entry_id": await self.entry_id(plan), "scope": HOTEL_SCOPE, "ratio": "0.2", **order}
        async with self.act() as act:
            return (await tasks.create_task(act, TaskOrder(**wanted))).id

    async def prepared(self, **order: Any) -> str:
        task_id = await self.task(**order)
        async with self.act() as act:
            await tasks.prepare(act, task_id)
        return task_id

    async def freeze(self, task_id: str, who: str = SECOND, sources: tuple[Source, ...] = (DICE, PUBLIC)) -> Draw:
        async with self.act(who) as act:
            return await draws.freeze(act, task_id, sources)

    async def frozen(self, **order: Any) -> str:
        task_id = await self.prepared(**order)
        await self.freeze(task_id)
        return task_id

    async def enter(self, task_id: str, name: str, value: str | None = None) -> None:
        async with self.act(OBSERVER) as act:
            await draws.enter_value(act, task_id, name, VALUES[name] if value is None else value)

    async def seeded(self, **order: Any) -> str:
        task_id = await self.frozen(**order)
        for name in VALUES:
            await self.enter(task_id, name)
        return task_id

    async def draw(self, task_id: str) -> Draw:
        async with self.act() as act:
            return await draws.draw(act, task_id)

    async def drawn(self, **order: Any) -> tuple[str, Draw]:
        task_id = await self.seeded(**order)
        return task_id, await self.draw(task_id)

    async def files(self, draw: Draw) -> dict[str, bytes]:
        """The draw's files as they lie in the store."""
        async with self.act(SYSTEM) as act:
            return await draws.frozen_files(act, draw)

    async def count(self, table: Any, *where: Any) -> int:
        async with self.act(SYSTEM) as act:
            return await act.db.scalar(select(func.count()).select_from(table).where(*where)) or 0

    async def all(self, query: Any) -> list[Any]:
        """What a query finds."""
        async with self.act(SYSTEM) as act:
            return list((await act.db.execute(query)).scalars())

    async def leave(self, where: Any, **days: Any) -> None:
        """Send inspectors on leave, from today on if nothing else is said."""
        async with self.act(SYSTEM) as act:
            found = (await act.db.scalars(select(Inspector.id).where(where))).all()
            assert found
            when = {"starts_on": local_date(self.clock()), **days}
            for one in found:
                act.db.add(Leave(inspector_id=one, made_by="test", made_at=self.clock(), **when))

    async def change(self, table: type[Target | Inspector | Member], where: Any, **values: Any) -> None:
        """Change the rows of a register behind everybody's back, as life does."""
        async with self.act(SYSTEM) as act:
            rows = (await act.db.scalars(select(table).where(where))).all()
            assert rows
            for row in rows:
                for name, value in values.items():
                    setattr(row, name, value)
