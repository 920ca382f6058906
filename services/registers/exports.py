"""Registers out as tables, in the very columns that the import reads: what was exported can be imported unchanged (B5).

template(kind) -> XLSX with headers and notes      as_csv(act, kind) -> pieces of CSV      as_xlsx(act, kind) -> XLSX

Whom to reach at a target stays out of the file: a column that a file does not have leaves what is there.
"""

from __future__ import annotations

import asyncio
import codecs
from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import select

from inspection.errors import InvalidInputError
from inspection.tables import columns_of
from inspection.tables.categories import CATEGORIES, CODE, EXTRA_FIELDS, NONE
from inspection.tables.places import SECTIONS
from inspection.tables.targets import COLUMNS, STATUS_WORDS
from models.registers import Target
from models.sheets import write_csv, write_xlsx
from services.act import Act
from services.registers import list_exports

ROWS_AT_ONCE, CLASSES_AT_ONCE = 2_000, 20_000
PERSONAL = {"person", "phone"}
_EXPORTED = tuple(column for column in COLUMNS if column.field not in PERSONAL)
HEADERS = tuple(column.title for column in _EXPORTED)
NOTES = {
    "credit_code": "18位；没有的可填15位或13位注册号，产品、项目、行为、事业单位和社会组织可留空",
    "category": "、".join(one.word for one in CATEGORIES.values()),
    "status": "、".join(STATUS_WORDS.values()),
    "credit_class": "A、B、C 或 D",
    "trade": f"GB/T 4754，如 F5212；门类 {'、'.join(f'{key}{name}' for key, (name, *_) in SECTIONS.items())}",
    "region_code": "GB/T 2260，6位数字；留空时取信用代码第3至8位",
    "labels": "多个标签用顿号分开",
    "registered_on": "如 2026-03-01",
    "roles": "检查人员、审批人、协调员、监督员、联络员、管理员，可多个",
    "kind": "按登记机关的写法；检查人员表填 执法人员、辅助人员、专家 或 工作人员",
    "quota": "如 10%、20户、10%(20户)、三级≥50%;二级≥30%",
    "period": "如 2026年3月-11月",
    "frequency": "如 1次/年",
}


def template(kind: str) -> bytes:
    """An XLSX with the headers of this kind and one row of notes above them; InvalidInputError for no kind."""
    columns = columns_of(kind)
    if columns is None:
        raise InvalidInputError(what="导入类型", why="没有这种模板。")
    notes = [("必填。" if column.required else "") + NOTES.get(column.field, "") for column in columns]
    # Notes stand above the header, where the import takes them for title rows: a filled template is a file to import.
    return write_xlsx(notes, [[column.title for column in columns]])


async def as_csv(act: Act, kind: str, *, year: int = 0) -> AsyncIterator[bytes]:
    """A register as CSV (UTF-8 with BOM), some thousand rows at a time; `year` is for plans. InvalidInputError."""
    headers, pages = await _table(act, kind, year)
    yield write_csv(headers, ())
    async for rows in pages:
        yield await asyncio.to_thread(_body, rows)


async def as_xlsx(act: Act, kind: str, *, year: int = 0) -> bytes:
    """A register as XLSX; TooLargeError beyond Excel's rows, InvalidInputError for no kind."""
    headers, pages = await _table(act, kind, year)
    rows = [row async for page in pages for row in page]
    return await asyncio.to_thread(write_xlsx, headers, rows)


def _body(rows: list[list[str]]) -> bytes:
    return write_csv(rows[0], rows[1:]).removeprefix(codecs.BOM_UTF8)


async def _table(act: Act, kind: str, year: int) -> tuple[Sequence[str], AsyncIterator[list[list[str]]]]:
    if kind == "targets":
        return HEADERS, _pages(act)
    if kind == "credit":
        return [column.title for column in columns_of(kind) or ()], _classes(act)
    if kind not in list_exports.KINDS:
        raise InvalidInputError(what="导出类型", why="没有这种名录。")
    headers, rows = await list_exports.table(act, kind, year=year)
    return headers, _once(rows)


async def _once(rows: list[list[str]]) -> AsyncIterator[list[list[str]]]:
    if rows:
        yield rows


async def _classes(act: Act) -> AsyncIterator[list[list[str]]]:
    """Code and class of every target that has both a number and a class."""
    last = ""
    while True:
        query = select(Target.code, Target.credit_class).where(
            Target.code > last, Target.credit_class != "", Target.identifier_kind != NONE
        )
        found = (await act.db.execute(query.order_by(Target.code).limit(CLASSES_AT_ONCE))).all()
        if not found:
            return
        yield [list(row) for row in found]
        last = found[-1].code


async def _pages(act: Act) -> AsyncIterator[list[list[str]]]:
    last = ""
    while True:
        query = select(Target).where(Target.code > last).order_by(Target.code).limit(ROWS_AT_ONCE)
        found = list(await act.db.scalars(query))
        if not found:
            return
        yield [_row(one) for one in found]
        last = found[-1].code
        act.db.expunge_all()


def cells_of(target: Target) -> dict[str, str]:
    """A target as cells, by field: what an import of them would leave unchanged. Whom to reach is not among them."""
    values: dict[str, Any] = {
        **target.extra,
        **{column.field: getattr(target, column.field, "") for column in _EXPORTED if column.field not in EXTRA_FIELDS},
        "credit_code": target.code if target.identifier_kind == CODE else "",
        "registration_no": "" if target.identifier_kind in {CODE, NONE} else target.code,
        "category": CATEGORIES[target.category].word if target.category in CATEGORIES else "",
        "status": STATUS_WORDS.get(target.status, ""),
        "labels": "、".join(target.labels),
        "registered_on": target.registered_on.isoformat() if target.registered_on else "",
    }
    return {column.field: values.get(column.field, "") for column in _EXPORTED}


def _row(target: Target) -> list[str]:
    return list(cells_of(target).values())
