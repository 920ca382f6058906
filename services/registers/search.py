"""Searching the register of targets, page by page, at the size of a province (B6, B9).

TargetFilter -> conditions on the columns of one index -> the keys of a page, in that index's order -> its rows

Pages come in the order of the index, so a page is read and never sorted. The total is exact up to COUNTED and said to
be more beyond it: counting a million for a number that nobody reads is most of what a page would cost. Both come from
one statement: a rare word has the whole index read, and twice would be twice as long.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_

from inspection.errors import InvalidInputError
from inspection.tables.categories import CATEGORIES
from inspection.tables.places import PROVINCES, trade_text
from inspection.tables.targets import STATUS_WORDS
from models.database import uncompiled
from models.registers import Target
from services.act import Act

PAGE_SIZE = 50
COUNTED = 10_000
SURELY_CODE = 8  # letters and digits in a row
_BY_NAME = {name: code for code, name in PROVINCES.items()}
_KEY = (Target.region_code, Target.trade, Target.credit_class, Target.status, Target.code)
_SHOWN = (
    "code", "identifier_kind", "category", "name", "kind", "region", "region_code", "address", "status",
    "credit_class", "trade", "labels",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class TargetFilter:
    """What to look for; what is empty does not count.

    `q` is part of a name or the beginning of a code; `region` a region code or its beginning, a province's name, or
    words of region or address; `trade` a trade code or its beginning.
    """

    q: str = ""
    region: str = ""
    trade: str = ""
    credit_class: str = ""
    status: str = ""
    category: str = ""

    def conditions(self) -> list[ColumnElement[bool]]:
        """The filter as conditions; InvalidInputError for a status or category that does not exist."""
        _refuse_unknown("状态", self.status, STATUS_WORDS)
        _refuse_unknown("类别", self.category, CATEGORIES)
        found = [*_region(self.region), *_beginning(Target.trade, self.trade.upper())]
        for column, value in (
            (Target.credit_class, self.credit_class.upper()),
            (Target.status, self.status),
            (Target.category, self.category),
        ):
            found += [column == value] if value else []
        if self.q:
            found += _words(self.q)
        return found


async def targets(act: Act, wanted: TargetFilter, *, page: int = 1, after: str = "") -> dict[str, Any]:
    """A page of the register: by number, or what comes after the target `after` (its code), which is never slow."""
    conditions = wanted.conditions()
    codes, counted = await _found(act, conditions, page=page, after=after)
    return {
        "total": min(counted, COUNTED),
        "more_than_total": counted > COUNTED,
        "page": page,
        "page_size": PAGE_SIZE,
        "next": codes[PAGE_SIZE - 1] if len(codes) > PAGE_SIZE else None,
        "rows": await _rows(act, codes[:PAGE_SIZE]),
    }


async def _found(act: Act, conditions: list[ColumnElement[bool]], *, page: int, after: str) -> tuple[list[str], int]:
    """The codes of a page, one more where there is one, and how many there are: a rare word is looked for once."""
    start = 0 if after else (page - 1) * PAGE_SIZE
    most = max(COUNTED, start + PAGE_SIZE) + 1
    found = select(*_KEY).where(*conditions).order_by(*_KEY).limit(most).cte("found")
    count = select(func.count()).select_from(found)
    key = (await act.db.execute(select(*_KEY).where(Target.code == after))).first() if after else None
    wanted = select(found.c.code, count.scalar_subquery()).order_by(*found.c).offset(start).limit(PAGE_SIZE + 1)
    if key:
        wanted = wanted.where(_behind(found.c, key))
    await uncompiled(act.db)
    rows = (await act.db.execute(wanted)).all()
    counted = rows[0][1] if rows else 0
    if not rows and (start or key):
        counted = await act.db.scalar(count) or 0
    if not key or counted < most or len(rows) > PAGE_SIZE:
        return [code for code, _ in rows], counted
    # The page lies behind what was counted.
    further = select(Target.code).where(*conditions, _behind(Target, key)).order_by(*_KEY).limit(PAGE_SIZE + 1)
    return list(await act.db.scalars(further)), counted


async def _rows(act: Act, codes: list[str]) -> list[dict[str, Any]]:
    found = {row.code: row for row in await act.db.scalars(select(Target).where(Target.code.in_(codes)))}
    return [shown(found[code]) for code in codes]


def shown(row: Target) -> dict[str, Any]:
    """One target as the console shows it."""
    return {
        **{name: getattr(row, name) for name in _SHOWN},
        "status_text": STATUS_WORDS.get(row.status, row.status),
        "category_text": CATEGORIES[row.category].word if row.category in CATEGORIES else row.category,
        "trade_text": trade_text(row.trade),
    }


def _behind(table: Any, key: Sequence[str]) -> ColumnElement[bool]:
    """Whatever stands behind this target in the order of pages."""
    return and_(tuple_(*(getattr(table, one.key) for one in _KEY)) > tuple_(*key), table.region_code >= key[0])


def _region(words: str) -> list[ColumnElement[bool]]:
    prefix = _BY_NAME.get(words.removesuffix("省").removesuffix("市"), words)
    if not words or (prefix.isascii() and prefix.isdigit()):
        return _beginning(Target.region_code, prefix)
    return [or_(Target.region.contains(words, autoescape=True), Target.address.contains(words, autoescape=True))]


def _beginning(column: Any, prefix: str) -> list[ColumnElement[bool]]:
    """A tree of codes as a range, which an index can follow on both databases."""
    return [column >= prefix, column < prefix[:-1] + chr(ord(prefix[-1]) + 1)] if prefix else []


def _words(words: str) -> list[ColumnElement[bool]]:
    """Part of a name or the beginning of a code; what is long enough to be nothing but a code is looked up as one."""
    if not (words.isascii() and words.replace("-", "").isalnum()):
        return [Target.name.contains(words, autoescape=True)]
    code = _beginning(Target.code, words.upper())
    return code if len(words) >= SURELY_CODE else [or_(Target.name.contains(words, autoescape=True), and_(*code))]


def _refuse_unknown(what: str, value: str, known: Any) -> None:
    if value and value not in known:
        raise InvalidInputError(what=what, why=f"应当是 {'、'.join(known)} 之一。")
