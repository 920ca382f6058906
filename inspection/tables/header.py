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
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

LOOK_AT = 30  # rows; nobody writes a longer preface above a table
MAX_COLUMNS = 16_384  # Excel's own
UNKNOWN_SHOWN = 100  # names of columns that nobody reads, in a report
_SHOWN = 12  # names in an error sentence
_IGNORED = frozenset({"序号", "编号", "备注", "行号", "未导入原因"})  # ours in a rejects file, or never data
_REMARK = re.compile(r"\([^)]*\)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column that a kind of table may have.

    `title` is how we write it, `names` how others do; `parse` turns a non-blank cell into its value and raises
    InvalidInputError; `required` columns must be in the header and filled in every row; `personal` cells are masked in
    reports; `is_day` cells may be a spreadsheet's bare number of a day.
    """

    field: str
    title: str
    names: tuple[str, ...] = ()
    parse: Callable[[str], Any]
    required: bool = False
    personal: bool = False
    is_day: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """Where the columns stand: `row` from 1, `places` field -> index from 0, `unknown` the names nobody reads."""

    row: int
    cells: tuple[str, ...]
    places: Mapping[str, int]
    unknown: tuple[str, ...]
    above: tuple[str, ...]  # non-empty cells of the title rows, which may name the year or the office
    notes: tuple[str, ...] = ()  # what whoever sent the file should know: which of two like columns is read


def find_header(
    rows: Iterator[tuple[int, Sequence[str]]], columns: Sequence[Column], one_of: Sequence[str] = ()
) -> Header:
    """Take numbered rows up to and including the header; the iterator then stands at the first data row.

    `one_of`: fields of which the header must name at least one. Raises InvalidInputError naming what was found and
    what was expected.
    """
    meanings = _meanings(columns)
    above: list[str] = []
    best: tuple[int, Sequence[str]] = (-1, ())
    for number, row in rows:
        if len(row) > MAX_COLUMNS:
            raise InvalidInputError(what=f"第{number}行", why=f"有{len(row)}列，超过上限{MAX_COLUMNS}列")
        found = _candidates(row, meanings)
        if _is_header(found, columns, one_of):
            return _header(number, row, found, {column.field: column.title for column in columns}, above)
        if any(row):
            best = max(best, (len(found), row), key=lambda pair: pair[0])
        above.extend(cell.strip() for cell in row if cell.strip())
        if number >= LOOK_AT:
            break
    raise _wrong_header(best[1], columns, set(_candidates(best[1], meanings)), one_of)


def fit(rows: Iterable[Sequence[str]], columns: Sequence[Column], one_of: Sequence[str] = ()) -> frozenset[str]:
    """The fields that the first header of this kind among these rows names; none where no row is one."""
    meanings = _meanings(columns)
    for row in rows:
        found = _candidates(row, meanings)
        if _is_header(found, columns, one_of):
            return frozenset(found)
    return frozenset()


def _is_header(found: Collection[str], columns: Sequence[Column], one_of: Sequence[str]) -> bool:
    named = not one_of or any(field in found for field in one_of)
    return bool(found) and named and all(column.field in found for column in columns if column.required)


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


def _candidates(row: Sequence[str], meanings: Mapping[str, tuple[int, str]]) -> dict[str, list[int]]:
    """The places of each field, the one to be read first: the better name, and of two alike the left one."""
    ranked: dict[str, list[tuple[int, int]]] = {}
    for index, cell in enumerate(row):
        title = normal(cell)
        meaning = meanings.get(title) or meanings.get(_REMARK.sub("", title))
        if meaning:
            ranked.setdefault(meaning[1], []).append((meaning[0], index))
    return {field: [index for _, index in sorted(some)] for field, some in ranked.items()}


def _header(
    number: int, row: Sequence[str], found: Mapping[str, list[int]], titles: Mapping[str, str], above: Sequence[str]
) -> Header:
    places = {field: some[0] for field, some in found.items()}
    used = set(places.values())
    unknown = [
        cell.strip()
        for index, cell in enumerate(row)
        if index not in used and cell.strip() and normal(cell) not in _IGNORED
    ]
    notes = [_doubled(titles[field], row, some) for field, some in found.items() if len(some) > 1]
    if len(unknown) > UNKNOWN_SHOWN:
        notes.append(f"没有使用的列共 {len(unknown)} 列，只列出前 {UNKNOWN_SHOWN} 列")
    return Header(
        row=number,
        cells=tuple(row),
        places=places,
        unknown=tuple(unknown[:UNKNOWN_SHOWN]),
        above=tuple(above),
        notes=tuple(notes),
    )


def _doubled(title: str, row: Sequence[str], places: Sequence[int]) -> str:
    """Say which of several columns of one meaning is read."""
    taken, *left = (f"{column_letters(place)} 列“{row[place].strip()[:20]}”" for place in places)
    return f"有 {len(places)} 列都是“{title}”：读取的是 {taken}，没有读取 {'、'.join(left[:_SHOWN])}"


def column_letters(place: int) -> str:
    """A column as a spreadsheet calls it: 0 is A, 26 is AA."""
    letters, rest = "", place + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return letters


def _wrong_header(
    row: Sequence[str], columns: Sequence[Column], found: set[str], one_of: Sequence[str]
) -> InvalidInputError:
    seen = [cell.strip()[:20] for cell in row if cell.strip()]
    if not seen:
        return InvalidInputError(what="表格", why="没有内容")
    lacking = [column.title for column in columns if column.required and column.field not in found]
    if one_of and not found.intersection(one_of):
        lacking.append("或".join(column.title for column in columns if column.field in one_of))
    missing = "、".join(lacking)
    expected = "、".join(column.title for column in columns[:_SHOWN])
    shown = "、".join(seen[:_SHOWN]) + ("…" if len(seen) > _SHOWN else "")
    return InvalidInputError(
        what="表头", why=f"没有找到{missing}；文件里最像表头的一行是“{shown}”，应有的列是“{expected}”等"
    )
