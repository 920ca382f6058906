"""Credit classes of a whole register (N1, N3): by code, one UPDATE for all that differ.

rows -> known class? -> the same: nothing | another: into `incoming` -> one UPDATE     (unknown code: rejected, B4)

A block whose codes are all right and new to the file is compared as columns; any other goes row by row the careful way,
which alone decides what a cell means and how a refusal is worded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import islice

from sqlalchemy.ext.asyncio import AsyncSession

from inspection.cells import BLANKS
from inspection.errors import InvalidInputError
from inspection.tables import CreditRow, Reading, Rejected
from inspection.tables.codes import all_right
from inspection.tables.targets import credit_class
from models.reading import SHOWN
from models.store.loading import Loader
from services.imports.feed import Feed
from services.imports.report import Tally

ROWS_AT_ONCE = 512
BLOCKS_AT_ONCE = 40  # between two looks at the loop
UNKNOWN = "检查对象名录库中没有这个代码；请先导入检查对象"

Row = tuple[int, Sequence[str]]
Change = tuple[str, str]  # code, class


async def store_credit(db: AsyncSession, feed: Feed, tally: Tally) -> None:
    """Compare and write the classes; who is not in the register is rejected, not made."""
    loader = await Loader.open(db)
    if not loader.is_sqlite:
        await loader.run("LOCK TABLE targets IN SHARE ROW EXCLUSIVE MODE")
    known: dict[str, str] = {}
    async for piece in loader.pairs("code", "credit_class"):
        known.update(line.split("\t") for line in piece.split("\n"))  # type: ignore[misc]  # always two
    await loader.run("CREATE TEMPORARY TABLE incoming (code text PRIMARY KEY, credit_class text)")
    judge = _Judge(feed.rows(), known, tally)
    while (changed := await asyncio.to_thread(judge.some)) is not None:
        await loader.put("incoming", ("code", "credit_class"), changed)
        feed.tell(tally.read)
    await loader.run("UPDATE targets AS t SET credit_class = i.credit_class FROM incoming AS i WHERE t.code = i.code")
    await loader.run("DROP TABLE incoming")
    await loader.close()


class _Judge:
    """Compares the rows of one file with the register, some thousand at a time (in a thread)."""

    def __init__(self, reading: Reading[CreditRow], known: dict[str, str], tally: Tally) -> None:
        self._reading, self._known, self._tally = reading, known, tally
        self._seen: set[str] = set()
        self._classes: dict[str, str] = {}
        places = reading.header.places
        self._code, self._class, self._width = places["code"], places["credit_class"], len(reading.header.cells)

    def some(self) -> list[Change] | None:
        """Count the next rows; give those that have to be written, None at the end of the file."""
        changed: list[Change] = []
        for number in range(BLOCKS_AT_ONCE):
            rows = list(islice(self._reading.rows, ROWS_AT_ONCE))
            if not rows:
                return changed if number else None
            found = self._at_once([cells for _, cells in rows])
            changed += self._carefully(rows) if found is None else found
        return changed

    def _at_once(self, rows: list[Sequence[str]]) -> list[Change] | None:
        """Compare a block of plain rows; None where any of them wants a closer look."""
        if set(map(len, rows)) != {self._width}:
            return None
        codes = [row[self._code].strip() for row in rows]
        if not all_right(codes) or len(set(codes)) != len(codes) or not self._seen.isdisjoint(codes):
            return None
        classes = [self._read(row[self._class]) for row in rows]
        before = list(map(self._known.get, codes))
        if None in before or "" in classes:
            return None
        self._seen.update(codes)
        changed = [(code, new) for code, new, old in zip(codes, classes, before, strict=True) if new != old]
        self._tally.read += len(rows)
        self._tally.unchanged += len(rows) - len(changed)
        self._count(changed)
        return changed

    def _read(self, cell: str) -> str:
        """The class of a cell through a memory of cells; empty where it is none."""
        if cell not in self._classes:
            try:
                self._classes[cell] = "" if cell.strip() in BLANKS else credit_class(cell.strip())
            except InvalidInputError:
                return ""
        return self._classes[cell]

    def _carefully(self, rows: list[Row]) -> list[Change]:
        changed: list[Change] = []
        for number, cells in rows:
            row = self._reading.judge(number, cells)
            if isinstance(row, CreditRow):
                row = self._refused(row, cells)
            if isinstance(row, Rejected):
                self._tally.reject(row)
            elif row is not None:
                self._seen.add(row.code)
                self._tally.read += 1
                if self._known[row.code] == row.credit_class:
                    self._tally.unchanged += 1
                else:
                    changed.append((row.code, row.credit_class))
        self._count(changed)
        return changed

    def _refused(self, row: CreditRow, cells: Sequence[str]) -> CreditRow | Rejected:
        if row.code in self._seen:
            return self._reading.duplicate(row.row, cells, row.code)
        if row.code in self._known:
            return row
        return Rejected(row=row.row, field="统一社会信用代码", value=row.code, reason=UNKNOWN, raw=tuple(row.raw))

    def _count(self, changed: list[Change]) -> None:
        self._tally.changed += len(changed)
        shown = self._tally.examples["changed"]
        for code, new in changed[: SHOWN - len(shown)]:
            change = {"field": "credit_class", "before": self._known[code], "after": new}
            shown.append({"code": code, "name": "", "fields": [change]})
