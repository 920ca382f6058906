"""Read a table row by row: each becomes a value or a rejection with row, field and reason; none vanishes in silence.

rows -> find_header -> per row: cells -> parse by column -> build -> duplicate? -> value | Rejected     (lazy)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from inspection.cells import BLANKS, text, unreadable
from inspection.errors import InvalidInputError
from inspection.tables.header import Column, Header, find_header

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

T = TypeVar("T")
_SHOWN = 80  # characters of a refused cell in a report
_BARE_DAY = re.compile(r"[1-9]\d{3,4}", re.ASCII)
_FIRST_DAY = 10_000  # what `cells.day` takes for a day: from 1927 on; a bare year (2019) stays what it is


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejected:
    """A row that stays out, and why. `row` counts from 1 in the file; `raw` is the row, to be mended and sent again.

    `raw` may hold personal data: it belongs into the file handed back to the sender and not into a stored report.
    """

    row: int
    field: str
    value: str
    reason: str
    raw: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape(Generic[T]):
    """What a kind of table is made of: its columns, how a row's values become T, and what may not come twice."""

    columns: tuple[Column, ...]
    build: Callable[..., T]
    identity: Callable[[T], Hashable]
    identity_title: str
    one_of: tuple[str, ...] = ()  # fields of which a header must name at least one


class Reading(Generic[T]):
    """A table being read: `header` is known at once, the rows come lazily and once."""

    def __init__(self, rows: Iterable[Sequence[str]], shape: Shape[T]) -> None:
        self._rows: Iterator[tuple[int, Sequence[str]]] = enumerate(rows, start=1)
        self._shape = shape
        self.header: Header = find_header(self._rows, shape.columns, shape.one_of)
        places = self.header.places
        self._cells = [
            (column.field, places[column.field], column.parse, column)
            for column in shape.columns
            if column.field in places
        ]

    def __iter__(self) -> Iterator[T | Rejected]:
        """Yield every row below the header that is not blank, in the order of the file."""
        identity = self._shape.identity
        seen: set[Hashable] = set()
        for number, row in self._rows:
            value = self.judge(number, row)
            if value is None or isinstance(value, Rejected):
                if value is not None:
                    yield value
                continue
            key = identity(value)
            if key in seen:
                yield self.duplicate(number, row, key)
                continue
            seen.add(key)
            yield value

    def add_days(self, days: int) -> None:
        """Take bare numbers in columns of days for days so much later: the workbook counts from another first day."""
        places = [place for _, place, _, column in self._cells if column.is_day]
        if days and places:
            self._rows = ((number, _later(row, places, days)) for number, row in self._rows)

    @property
    def rows(self) -> Iterator[tuple[int, Sequence[str]]]:
        """The numbered rows not yet taken, for who reads them in blocks."""
        return self._rows

    def judge(self, number: int, row: Sequence[str]) -> T | Rejected | None:
        """Turn one row into its value or its rejection; None for a blank row or the header printed again."""
        width = len(self.header.cells)
        if len(row) != width:
            if not any(row):
                return None
            row = [*row, *[""] * (width - len(row))]  # a short row lacks its last, blank cells
        value = self._read(number, row)
        if isinstance(value, Rejected) and (not any(map(str.strip, row)) or tuple(row) == self.header.cells):
            return None
        return value

    def _read(self, number: int, row: Sequence[str]) -> T | Rejected:
        """Turn one row into its value; the first cell that cannot be read rejects it."""
        values: dict[str, Any] = {}
        column = self._shape.columns[0]
        cell = ""
        try:
            for field, place, parse, column in self._cells:
                cell = row[place]
                words = cell.strip()
                if words not in BLANKS:  # text() of a cell, written out: this line runs for every cell of a province
                    values[field] = parse(words)
                elif column.required:
                    return self._rejected(number, row, column, cell, "必填，不能为空")
            if len(row) > len(self.header.cells) and any(map(text, row[len(self.header.cells) :])):
                return self._rejected(number, row, column, cell, "这一行的格子比表头多，可能有未加引号的逗号")
            return self._shape.build(row=number, raw=row, **values)
        except InvalidInputError as error:
            return self._rejected(number, row, self._named(error, column), None, str(error.params["why"]))

    def _named(self, error: InvalidInputError, column: Column) -> Column:
        """Find the column an error speaks of: `build` names a title, a parser the cell just read."""
        return next((one for one in self._shape.columns if one.title == error.params["what"]), column)

    def _rejected(self, number: int, row: Sequence[str], column: Column, cell: str | None, reason: str) -> Rejected:
        if cell is None:
            place = self.header.places.get(column.field)
            cell = "" if place is None else row[place]
        shown = f"{cell.strip()[:3]}****" if column.personal and cell.strip() else cell.strip()[:_SHOWN]
        return Rejected(row=number, field=column.title, value=shown, reason=reason, raw=tuple(row))

    def duplicate(self, number: int, row: Sequence[str], key: Hashable) -> Rejected:
        """Reject a row whose identity stood in the file before."""
        shown = (
            key
            if isinstance(key, str)
            else "、".join(str(part) for part in key if part)
            if isinstance(key, tuple)
            else ""
        )
        return Rejected(
            row=number,
            field=self._shape.identity_title,
            value=str(shown)[:_SHOWN],
            reason="与文件中前面的一行重复",
            raw=tuple(row),
        )


def _later(row: Sequence[str], places: Sequence[int], days: int) -> Sequence[str]:
    cells = list(row)
    for place in places:
        if place < len(cells) and _BARE_DAY.fullmatch(cells[place].strip()):
            later = int(cells[place]) + days
            cells[place] = str(later) if later >= _FIRST_DAY else cells[place]
    return cells


def limited(limit: int) -> Callable[[str], str]:
    """Make a parser that keeps words as written, up to `limit` characters."""

    def parse(words: str) -> str:
        if len(words) > limit:
            raise unreadable(f"有{len(words)}字，超过上限{limit}字")
        return words

    return parse
