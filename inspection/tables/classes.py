"""Credit classes by the thousand, compared with those of the register (N1, N3): the same refusals as `credit`.

block of rows -> codes all right, new to the file, in the register? -> compared as columns: ClassBlock
                 anything else                                      -> row by row the careful way, which alone decides
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from inspection.cells import BLANKS
from inspection.errors import InvalidInputError
from inspection.tables.codes import all_right
from inspection.tables.credit import CreditRow
from inspection.tables.reading import Reading, Rejected
from inspection.tables.targets import credit_class

ROWS_AT_ONCE = 512
UNKNOWN = "检查对象名录库中没有这个代码；请先导入检查对象"
_MET = "met"  # no class: what a code has in the register's place once the file has named it

Row = tuple[int, Sequence[str]]
Change = tuple[str, str, str]  # code, class before, class now


@dataclass(kw_only=True, slots=True)
class ClassBlock:
    """Some hundred rows, read: which classes are others than before, and which rows stay out."""

    unchanged: int = 0
    changes: list[Change] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


def class_blocks(reading: Reading[CreditRow], known: dict[str, str]) -> Iterator[ClassBlock]:
    """Read all rows of a table of classes; a code that came before, or that nobody has, is refused.

    `known` is code -> class of the register. It is used up: a code that was met is marked there, for a second set of a
    million codes would be as much memory again.
    """
    reader = _Reader(reading, known)
    while rows := list(islice(reading.rows, ROWS_AT_ONCE)):
        yield reader.read(rows)


class _Reader:
    """The state of one file: classes of the register, a memory of cells."""

    def __init__(self, reading: Reading[CreditRow], known: dict[str, str]) -> None:
        self._reading, self._known = reading, known
        self._classes: dict[str, str] = {}
        places = reading.header.places
        self._code, self._class, self._width = places["code"], places["credit_class"], len(reading.header.cells)

    def read(self, rows: list[Row]) -> ClassBlock:
        """Compare a block of rows."""
        return self._at_once([cells for _, cells in rows]) or self._carefully(rows)

    def _at_once(self, rows: list[Sequence[str]]) -> ClassBlock | None:
        """Compare plain rows as columns; None where any of them wants a closer look."""
        if set(map(len, rows)) != {self._width}:
            return None
        codes = [row[self._code].strip() for row in rows]
        if not all_right(codes) or len(set(codes)) != len(codes):
            return None
        classes = [self._class_of(row[self._class]) for row in rows]
        before = list(map(self._known.get, codes))
        if None in before or _MET in before or "" in classes:
            return None
        triples = zip(codes, before, classes, strict=True)
        changes = [(code, old, new) for code, old, new in triples if old is not None and new != old]
        self._known.update(dict.fromkeys(codes, _MET))
        return ClassBlock(unchanged=len(rows) - len(changes), changes=changes)

    def _class_of(self, cell: str) -> str:
        """The class of a cell through a memory of cells; empty where it is none."""
        if cell not in self._classes:
            try:
                self._classes[cell] = "" if cell.strip() in BLANKS else credit_class(cell.strip())
            except InvalidInputError:
                return ""
        return self._classes[cell]

    def _carefully(self, rows: list[Row]) -> ClassBlock:
        block = ClassBlock()
        for number, cells in rows:
            row = self._reading.judge(number, cells)
            if isinstance(row, CreditRow):
                self._take(block, row, cells)
            elif row is not None:
                block.rejected.append(row)
        return block

    def _take(self, block: ClassBlock, row: CreditRow, cells: Sequence[str]) -> None:
        before = self._known.get(row.code)
        if before is None:
            field, raw = "统一社会信用代码", tuple(row.raw)
            block.rejected.append(Rejected(row=row.row, field=field, value=row.code, reason=UNKNOWN, raw=raw))
            return
        if before == _MET:
            block.rejected.append(self._reading.duplicate(row.row, cells, row.code))
            return
        self._known[row.code] = _MET
        if before == row.credit_class:
            block.unchanged += 1
        else:
            block.changes.append((row.code, before, row.credit_class))
