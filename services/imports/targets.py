"""Targets into the register (B3-B6): compared by digest, written in blocks, in the transaction of the act.

batches, packed where they were read -> new: straight into targets | other: into `incoming` -> one UPDATE at the end

No row of a file is ever taken apart here, but for the people in it, who are encrypted on their way in. What vanished
from its list is counted and named, never deleted (issue 3).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.tables.bulk import RECORD, People
from models.reading import SHOWN, Batch
from models.registers import Contact, Target
from models.store.loading import Loader
from services.imports.feed import Feed
from services.imports.report import Tally

FIRST_LOAD = 10_000  # targets; below this a load drops the search indexes and builds them again
_COLUMNS = ("id", *RECORD, "digest", "source")
_INCOMING = (*RECORD, "digest")
_PEOPLE_AT_ONCE = 500


async def store_targets(db: AsyncSession, feed: Feed, tally: Tally, *, source: str, dry_run: bool) -> None:
    """Compare and write; a column that the file does not have leaves what is there."""
    loader = await Loader.open(db)
    store = _Store(db, loader, tally, source=source, present=_present(feed))
    await store.open()
    first = not dry_run and await store.is_small()
    indexes = await loader.drop_indexes() if first else []
    async with aclosing(feed.batches(loader, source)) as batches:
        async for batch in batches:
            await store.take(batch)
    await store.settle()
    await loader.build_indexes(indexes)
    if feed.unmet and not feed.is_part:
        await store.report_vanished(feed.unmet)
    await store.close()


def _present(feed: Feed) -> list[str]:
    fields = feed.fields | ({"extra"} if feed.has_extra else set())
    return [name for name in RECORD if name in fields]


class _Store:
    """One import of targets while it runs."""

    def __init__(self, db: AsyncSession, loader: Loader, tally: Tally, *, source: str, present: list[str]) -> None:
        self._db, self.loader, self._tally = db, loader, tally
        self._source, self._present = source, present
        self._renewed = 0

    async def open(self) -> None:
        """Keep other writers of the register out until the commit."""
        if not self.loader.is_sqlite:
            await self.loader.run("LOCK TABLE targets IN SHARE ROW EXCLUSIVE MODE")
        columns = ", ".join(f"{name} {'date' if name.endswith('_on') else 'text'}" for name in _INCOMING)
        await self.loader.run(f"CREATE TEMPORARY TABLE incoming ({columns})")
        await self.loader.run("CREATE TEMPORARY TABLE moved (code text)")

    async def is_small(self) -> bool:
        """Whether so little is there that its indexes are better built anew."""
        rows = await self.loader.rows("SELECT 1 FROM targets LIMIT :most", most=FIRST_LOAD)
        return len(rows) < FIRST_LOAD

    async def close(self) -> None:
        """Leave nothing behind on the connection."""
        await self.loader.run("DROP TABLE incoming")
        await self.loader.run("DROP TABLE moved")
        await self.loader.close(analyze=self._tally.added >= FIRST_LOAD)

    async def take(self, batch: Batch) -> None:
        """Write what is new, and hold what may have changed."""
        tally = self._tally
        tally.read += batch.read
        tally.unchanged += batch.unchanged
        tally.added += batch.added
        self._renewed += batch.renewed
        await asyncio.to_thread(tally.reject_all, batch.rejected)  # writing them down takes its time
        shown = tally.examples["added"]
        shown += [{"code": code, "name": name} for code, name in batch.shown[: SHOWN - len(shown)]]
        await self.loader.put_packed("targets", _COLUMNS, batch.new)
        await self.loader.put_packed("incoming", _INCOMING, batch.again)
        await self._keep_people(batch.people)

    async def settle(self) -> None:
        """Change what differs in more than its digest; the rest only takes the new digest over."""
        if not self._renewed:
            return
        columns = [name for name in self._present if name != "code"]
        differs = " OR ".join(
            [
                "i.code IN (SELECT code FROM moved)",
                *(f"{_plain('t', name)} {self._is_not} {_plain('i', name)}" for name in columns),
            ]
        )
        await self._show_changes(columns, differs)
        values = ", ".join(f"{name} = {self._value(name)}" for name in (*columns, "digest"))
        changed = await self.loader.run(
            f"UPDATE targets AS t SET {values} FROM incoming AS i WHERE t.code = i.code AND ({differs})"  # noqa: S608
        )
        await self.loader.run(
            "UPDATE targets AS t SET digest = i.digest FROM incoming AS i"
            " WHERE t.code = i.code AND t.digest <> i.digest"
        )
        self._tally.changed += changed
        self._tally.unchanged += self._renewed - changed

    @property
    def _is_not(self) -> str:
        return "IS NOT" if self.loader.is_sqlite else "IS DISTINCT FROM"

    def _value(self, name: str) -> str:
        json = name in {"labels", "extra"} and not self.loader.is_sqlite
        return f"i.{name}::json" if json else f"i.{name}"

    async def _show_changes(self, columns: Sequence[str], differs: str) -> None:
        """Name some of what changes, field by field."""
        names = ", ".join(f"{_plain('t', name)}, {_plain('i', name)}" for name in columns)
        rows = await self.loader.rows(
            f"SELECT t.code, t.name, {names} FROM targets AS t JOIN incoming AS i ON t.code = i.code"  # noqa: S608
            f" WHERE {differs} ORDER BY t.code LIMIT {SHOWN}"
        )
        for code, name, *cells in rows:
            pairs = zip(columns, cells[::2], cells[1::2], strict=True)
            fields = [
                {"field": one, "before": _shown(old), "after": _shown(new)} for one, old, new in pairs if old != new
            ]
            self._tally.examples["changed"].append({"code": code, "name": name, "fields": fields})

    async def report_vanished(self, unmet: set[str]) -> None:
        """Count the targets of this list that the file no longer has, and name some of them (never deleted)."""
        rows = await self.loader.rows("SELECT code, name FROM targets WHERE source = :source", source=self._source)
        gone = sorted((code, name) for code, name in rows if code in unmet)
        self._tally.vanished = len(gone)
        self._tally.examples["vanished"] = [{"code": code, "name": name} for code, name in gone[:SHOWN]]

    async def _keep_people(self, people: Sequence[tuple[str, str | None, str | None]]) -> None:
        """Keep whom to reach, encrypted; `moved` takes the codes whose people are others than before."""
        for start in range(0, len(people), _PEOPLE_AT_ONCE):
            named = {code: (name, phone) for code, name, phone in people[start : start + _PEOPLE_AT_ONCE]}
            moved = await self._keep_some(named)
            await self.loader.put("moved", ("code",), [(code,) for code in sorted(moved)])

    async def _keep_some(self, named: dict[str, People]) -> set[str]:
        query = (
            select(Target.code, Target.id, Contact)
            .outerjoin(Contact, Contact.target_id == Target.id)
            .where(Target.code.in_(named))
        )
        moved: dict[str, str] = {
            code: id_
            for code, id_, contact in (await self._db.execute(query)).all()
            if contact is None or (contact.name, contact.phone) != named[code]
        }
        if moved:
            await self._db.execute(delete(Contact).where(Contact.target_id.in_(moved.values())))
            values = [
                {"target_id": id_, "name": named[code][0], "phone": named[code][1]} for code, id_ in moved.items()
            ]
            await self._db.execute(insert(Contact), values)
        return set(moved)


def _plain(table: str, name: str) -> str:
    """A column as both databases compare it: JSON as its text."""
    return f"CAST({table}.{name} AS text)" if name in {"labels", "extra"} else f"{table}.{name}"


def _shown(value: Any) -> str:
    return "" if value is None else str(value)[:200]
