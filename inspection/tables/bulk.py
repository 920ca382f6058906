"""Targets by the thousand: the same values and the same refusals as `targets`, at a tenth of the cost (B3-B5).

block of rows -> met before? -> columns -> each read at once -> what is in doubt: `targets`, row by row -> records

A column of few different cells (status, date, trade) is read through a memory of cells; a column of codes is weighed
as one number (`codes`); a column of words is only measured. A cell that any of these does not take at a glance sends
its row through the careful way, so this module never refuses anything and never decides what a cell means.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from inspection.cells import BLANKS
from inspection.errors import InvalidInputError
from inspection.tables import targets
from inspection.tables.categories import BY_PREFIX, CODE, EXTRA_FIELDS
from inspection.tables.codes import all_right
from inspection.tables.places import PROVINCES
from inspection.tables.reading import Reading, Rejected
from inspection.tables.targets import TargetRow

RECORD = (
    "code", "identifier_kind", "category", "name", "kind", "registered_on", "business_scope", "region", "region_code",
    "address", "status", "credit_class", "trade", "labels", "extra",
)  # fmt: skip
PERSONAL = ("person", "phone")
ROWS_AT_ONCE = 512  # small, so that rows die young: Python's collector would look through long lives again and again
_REMEMBERED = 50_000  # different cells of one column
_LIMITS = {"name": targets.MAX_NAME, "address": targets.MAX_ADDRESS, "business_scope": targets.MAX_SCOPE}
_EMPTY = {"status": "open", "labels": "[]", "extra": "{}"}
_DOUBT: Any = object()

Record = tuple[str | None, ...]
People = tuple[str | None, str | None]  # whom to reach: name and telephone
Row = tuple[int, Sequence[str]]
Digest = Callable[[bytes], bytes]


@dataclass(kw_only=True, slots=True)
class Block:
    """Some hundred rows, read: `records` in the order of RECORD, the digest in hex last; `people` beside, or none."""

    unchanged: int = 0  # rows that stood in the file exactly so when it came last
    records: list[Record] = field(default_factory=list)
    people: list[People] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


def blocks(reading: Reading[TargetRow], digest: Digest, known: dict[bytes, str]) -> Iterator[Block]:
    """Read all rows of a table of targets; a code that came before is refused, wherever in the file it stood.

    `digest` seals a row as it stands in the file; `known` gives the code of a digest that is in the register, and
    loses every one that is met: a row found there says nothing new and is not read any further.
    """
    reader = _Reader(reading, digest, known)
    while rows := list(islice(reading.rows, ROWS_AT_ONCE)):
        yield reader.read(rows)


def json_of(value: object) -> str:
    """Write JSON as the database's own columns do, with sorted keys."""
    return json.dumps(value, sort_keys=True)


class _Memory(dict[str, Any]):
    """Cell -> stored value, worked out once for each different cell; what cannot be read is in doubt."""

    def __init__(self, parse: Callable[[str], Any], empty: Any) -> None:
        super().__init__()
        self._parse, self._empty = parse, empty

    def __missing__(self, cell: str) -> Any:
        words = cell.strip()
        try:
            value = self._empty if words in BLANKS else _stored(self._parse(words))
        except InvalidInputError:
            value = _DOUBT
        if len(self) < _REMEMBERED:
            self[cell] = value
        return value


def _stored(value: Any) -> Any:
    """Bring a read value to the text that the database keeps."""
    if isinstance(value, tuple):
        return json_of(list(value))
    return value if isinstance(value, str) else value.isoformat()


class _Reader:
    """The state of one file: memories of cells, codes seen."""

    def __init__(self, reading: Reading[TargetRow], digest: Digest, known: dict[bytes, str]) -> None:
        self._reading, self._digest, self._known = reading, digest, known
        self._places = reading.header.places
        self._width = len(reading.header.cells)
        self._seen: set[str] = set()
        parsers = {column.field: column.parse for column in targets.COLUMNS}
        self._memories = {
            name: _Memory(parsers[name], _EMPTY.get(name, None if name == "registered_on" else ""))
            for name in ("category", "kind", "registered_on", "region", "region_code", "status", "credit_class",
                         "trade", "labels")
            if name in self._places
        }  # fmt: skip
        self._personal = any(name in self._places for name in PERSONAL)
        self._phone = parsers["phone"]
        self._extra = [self._places[name] for name in EXTRA_FIELDS if name in self._places]

    def read(self, rows: list[Row]) -> Block:
        """Read one block: what is known is passed over, the rest is read fast, or carefully where in doubt."""
        digest = self._digest
        digests = [digest("\x1f".join(cells).encode("utf-8", "surrogatepass")) for _, cells in rows]
        block, fresh = Block(), range(len(rows))
        if self._known and not self._known.keys().isdisjoint(digests):
            fresh = self._fresh(digests)  # type: ignore[assignment]
            block.unchanged = len(rows) - len(fresh)
            rows, digests = [rows[index] for index in fresh], [digests[index] for index in fresh]
        if rows:
            self._read(block, rows, digests)
        return block

    def _fresh(self, digests: list[bytes]) -> list[int]:
        """Take the rows that are known out of the known, and give the places of the others."""
        take, fresh = self._known.pop, []
        for index, one in enumerate(digests):
            code = take(one, None)
            if code is None or code in self._seen:
                fresh.append(index)
            else:
                self._seen.add(code)
        return fresh

    def _read(self, block: Block, rows: list[Row], digests: list[bytes]) -> None:
        even = [cells for _, cells in rows if len(cells) == self._width]
        columns, doubtful = self._columns(even) if even else ([], set())
        people = self._people(even, doubtful) if self._personal and even else []
        if len(even) == len(rows) and not doubtful:
            codes = columns[0]
            if self._seen.isdisjoint(codes) and len(set(codes)) == len(codes):
                self._seen.update(codes)
                block.records, block.people = list(zip(*columns, map(bytes.hex, digests), strict=True)), people
                return
        self._carefully(block, zip(rows, digests, strict=True), columns, (people, doubtful))

    def _columns(self, cells: list[Sequence[str]]) -> tuple[list[Sequence[Any]], set[int]]:
        """Read the columns of rows of full width; the second value are the places of rows in doubt."""
        raw = list(zip(*cells, strict=True))
        doubtful: set[int] = set()
        for place in self._extra:
            doubtful.update(index for index, cell in enumerate(raw[place]) if cell.strip())
        found = {name: self._column(name, raw, doubtful) for name in RECORD[3:14]}
        codes = self._codes(raw, doubtful)
        count = len(cells)
        if "category" in self._memories:
            kinds = self._remembered("category", raw, doubtful)
            found["category"] = [
                one or BY_PREFIX.get(code[:2], "enterprise") for one, code in zip(kinds, codes, strict=True)
            ]
        else:
            found["category"] = [BY_PREFIX.get(code[:2], "enterprise") for code in codes]
        found["region_code"] = _regions(found["region_code"], codes)
        found |= {"code": codes, "identifier_kind": [CODE] * count, "extra": ["{}"] * count}
        return [found[name] for name in RECORD], doubtful

    def _codes(self, raw: list[tuple[str, ...]], doubtful: set[int]) -> list[str]:
        """Read the codes; whatever is no plain, right credit code is in doubt."""
        place = self._places.get("credit_code")
        if place is None:
            doubtful.update(range(len(raw[0])))
            return [""] * len(raw[0])
        codes = list(map(str.strip, raw[place]))
        if not all_right(codes):
            doubtful.update(index for index, code in enumerate(codes) if not all_right([code]))
        return codes

    def _column(self, name: str, raw: list[tuple[str, ...]], doubtful: set[int]) -> Sequence[Any]:
        if name in self._memories:
            return self._remembered(name, raw, doubtful)
        place = self._places.get(name)
        if place is None:
            return [_EMPTY.get(name, None if name == "registered_on" else "")] * len(raw[0])
        return _words(raw[place], _LIMITS[name], doubtful, required=name == "name")

    def _remembered(self, name: str, raw: list[tuple[str, ...]], doubtful: set[int]) -> list[Any]:
        values = list(map(self._memories[name].__getitem__, raw[self._places[name]]))
        if _DOUBT in values:
            doubtful.update(index for index, value in enumerate(values) if value is _DOUBT)
        return values

    def _people(self, cells: list[Sequence[str]], doubtful: set[int]) -> list[People]:
        """Read person and phone beside the records; None where the cell is blank."""
        person, phone = self._places.get("person"), self._places.get("phone")
        found: list[People] = []
        for index, row in enumerate(cells):
            name = row[person].strip() if person is not None else ""
            digits = row[phone].strip() if phone is not None else ""
            plain_phone = (
                len(digits) == len("13800000001") and digits.isascii() and digits.isdigit() and digits[0] == "1"
            )
            if len(name) > 64 or not name.isprintable() or not (plain_phone or digits in BLANKS):  # noqa: PLR2004 the column's limit
                doubtful.add(index)
            found.append((None if name in BLANKS else name, digits if plain_phone else None))
        return found

    # --- the careful way ---

    def _carefully(
        self,
        block: Block,
        rows: Iterable[tuple[Row, bytes]],
        columns: list[Sequence[Any]],
        beside: tuple[list[People], set[int]],
    ) -> None:
        (people, doubtful), index = beside, -1
        for (number, row), digest in rows:
            index += len(row) == self._width
            if len(row) == self._width and index not in doubtful:
                record = tuple(column[index] for column in columns)
                person = people[index] if people else (None, None)
            else:
                value = self._reading.judge(number, row)
                if not isinstance(value, TargetRow):
                    block.rejected += [value] if value else []
                    continue
                record, person = record_of(value), (value.person, value.phone)
            if record[0] in self._seen:
                block.rejected.append(self._reading.duplicate(number, row, record[0]))
                continue
            self._seen.add(record[0] or "")
            block.records.append((*record, digest.hex()))
            block.people += [person] if self._personal else []


def record_of(row: TargetRow) -> Record:
    """Bring one careful row to the order of RECORD."""
    whole = {
        **{name: getattr(row, name) or "" for name in RECORD if name not in {"registered_on", "labels", "extra"}},
        "status": row.status or "open",
        "registered_on": row.registered_on.isoformat() if row.registered_on else None,
        "labels": json_of(list(row.labels)),
        "extra": json_of(row.extra),
    }
    return tuple(whole[name] for name in RECORD)


def _regions(given: Sequence[str], codes: Sequence[str]) -> list[str]:
    return [one or (code[2:8] if code[2:4] in PROVINCES else "") for one, code in zip(given, codes, strict=True)]


def _words(cells: Sequence[str], limit: int, doubtful: set[int], *, required: bool) -> list[str]:
    """Strip a column of words; blanks become empty; the too long, the unprintable and a missing name are in doubt."""
    words = list(map(str.strip, cells))
    if not BLANKS.isdisjoint(words):
        if required:
            doubtful.update(index for index, one in enumerate(words) if one in BLANKS)
        words = ["" if one in BLANKS else one for one in words]
    if max(map(len, words)) > limit or not all(map(str.isprintable, words)):
        # A line break inside a cell is not printable either, and the careful way lets it pass.
        doubtful.update(index for index, one in enumerate(words) if len(one) > limit or not one.isprintable())
    return words
