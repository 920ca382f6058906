"""Find the header of a table by what its names mean, not by where they stand (B5).

rows -> title rows skipped -> the first row that names every required column -> Header (field -> place, unknown names)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inspection.cells import plain
from inspection.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_LOOK_AT = 30  # rows; nobody writes a longer preface above a table
_SHOWN = 12  # names in an error sentence
_IGNORED = frozenset({"序号", "编号", "备注", "行号", "未导入原因"})  # ours in a rejects file, or never data
_REMARK = re.compile(r"\([^)]*\)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column that a kind of table may have.

    `title` is how we write it, `names` how others do; `parse` turns a non-blank cell into its value and raises
    InvalidInputError; `required` columns must be in the header and filled in every row; `personal` cells are masked in
    reports.
    """

    field: str
    title: str
    names: tuple[str, ...] = ()
    parse: Callable[[str], Any]
    required: bool = False
    personal: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """Where the columns stand: `row` from 1, `places` field -> index from 0, `unknown` the names nobody reads."""

    row: int
    cells: tuple[str, ...]
    places: Mapping[str, int]
    unknown: tuple[str, ...]
    above: tuple[str, ...]  # non-empty cells of the title rows, which may name the year or the office


def find_header(
    rows: Iterator[tuple[int, Sequence[str]]], columns: Sequence[Column], one_of: Sequence[str] = ()
) -> Header:
    """Take numbered rows up to and including the header; the iterator then stands at the first data row.

    `one_of`: fields of which the header must name at least one. Raises InvalidInputError naming what was found and
    what was expected.
    """
    meanings = _meanings(columns)
    required = [column.field for column in columns if column.required]
    above: list[str] = []
    best: tuple[int, Sequence[str]] = (-1, ())
    for number, row in rows:
        places = _places(row, meanings)
        named = not one_of or any(field in places for field in one_of)
        if places and named and all(field in places for field in required):
            return _header(number, row, places, above)
        if any(row):
            best = max(best, (len(places), row), key=lambda pair: pair[0])
        above.extend(cell.strip() for cell in row if cell.strip())
        if number >= _LOOK_AT:
            break
    raise _wrong_header(best[1], columns, set(_places(best[1], meanings)), one_of)


def normal(title: str) -> str:
    """Bring a header name to one form: half width, no blanks, no asterisk or colon."""
    return plain(title).strip("*:").lower()


def _meanings(columns: Sequence[Column]) -> dict[str, tuple[int, str]]:
    """Map each normal name to (rank among the names of its field, field): the lower rank wins a field."""
    found: dict[str, tuple[int, str]] = {}
    for column in columns:
        for rank, name in enumerate((column.title, *column.names, column.field)):
            found.setdefault(normal(name), (rank, column.field))
    return found


def _places(row: Sequence[str], meanings: Mapping[str, tuple[int, str]]) -> dict[str, int]:
    ranked: dict[str, tuple[int, int]] = {}
    for index, cell in enumerate(row):
        title = normal(cell)
        meaning = meanings.get(title) or meanings.get(_REMARK.sub("", title))
        if meaning and (meaning[1] not in ranked or meaning[0] < ranked[meaning[1]][0]):
            ranked[meaning[1]] = (meaning[0], index)
    return {field: index for field, (_, index) in ranked.items()}


def _header(number: int, row: Sequence[str], places: Mapping[str, int], above: Sequence[str]) -> Header:
    used = set(places.values())
    unknown = tuple(
        cell.strip()
        for index, cell in enumerate(row)
        if index not in used and cell.strip() and normal(cell) not in _IGNORED
    )
    return Header(row=number, cells=tuple(row), places=dict(places), unknown=unknown, above=tuple(above))


def _wrong_header(
    row: Sequence[str], columns: Sequence[Column], found: set[str], one_of: Sequence[str]
) -> InvalidInputError:
    seen = [cell.strip()[:20] for cell in row if cell.strip()]
    if not seen:
        return InvalidInputError(what="文件", why="没有内容")
    lacking = [column.title for column in columns if column.required and column.field not in found]
    if one_of and not found.intersection(one_of):
        lacking.append("或".join(column.title for column in columns if column.field in one_of))
    missing = "、".join(lacking)
    expected = "、".join(column.title for column in columns[:_SHOWN])
    shown = "、".join(seen[:_SHOWN]) + ("…" if len(seen) > _SHOWN else "")
    return InvalidInputError(
        what="表头", why=f"没有找到{missing}；文件里最像表头的一行是“{shown}”，应有的列是“{expected}”等"
    )
