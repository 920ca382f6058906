"""抽查计划: annual and special plans as counties and cities publish them (C1, C2).

rows -> the plan's year (argument, title rows, or the one year all its periods name) -> Reading of PlanRow | Rejected
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from inspection.cells import (
    DrawMode,
    Frequency,
    Quota,
    draw_mode,
    frequency,
    names,
    period,
    plain,
    quotas,
    unreadable,
    year_in,
)
from inspection.errors import InvalidInputError
from inspection.tables.header import Column, find_header
from inspection.tables.reading import Reading, Shape, limited

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanRow:
    """One line of a plan. `period` is (first day, last day), both included; departments are as written."""

    row: int
    raw: Sequence[str]
    name: str
    period: tuple[date, date]
    lead: str
    partners: tuple[str, ...] = ()
    item_text: str | None = None
    scope_text: str | None = None
    quota: tuple[Quota, ...] = ()
    frequency: Frequency | None = None
    risk_note: str | None = None
    method: str | None = None
    mode: DrawMode | None = None

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes it this line of the plan and not another."""
        return (self.name, self.item_text, self.scope_text, self.lead, self.period[0].year)


def _count(words: str) -> Quota:
    found = re.fullmatch(r"(\d+)(?:\.0+)?[户家个件批]?", plain(words))
    if not found or not int(found[1]):
        raise unreadable("抽查数量应为大于0的整数")
    return Quota(raw=words, count=int(found[1]))


def _ratio_and_frequency(words: str) -> tuple[tuple[Quota, ...], Frequency | None]:
    """Read a cell that holds both (`10%，1次/年`): a part that speaks of times is the frequency."""
    parts = [part for part in re.split(r"[;；,，、\s]+", words) if part]
    times = [part for part in parts if "次" in part]
    return quotas(";".join(part for part in parts if part not in times)), frequency(times[0]) if times else None


def _columns(year: int | None) -> tuple[Column, ...]:
    return (
        Column(
            field="name",
            title="任务名称",
            names=("抽查任务名称", "抽查任务", "计划名称", "抽查计划名称"),
            parse=limited(256),
            required=True,
        ),
        Column(
            field="item_text", title="抽查事项", names=("抽查事项名称", "检查事项", "事项名称"), parse=limited(20_000)
        ),
        Column(
            field="scope_text",
            title="抽查对象范围",
            names=("检查对象范围", "被抽查对象的范围", "被抽查对象范围", "检查对象", "抽查对象", "抽查范围"),
            parse=limited(512),
        ),
        Column(field="quota", title="抽查比例", names=("比例", "抽查比例(%)", "抽查基数(户)和比例"), parse=quotas),
        Column(
            field="both", title="抽查比例及频次", names=("抽查比例和频次", "抽查比例、频次"), parse=_ratio_and_frequency
        ),
        Column(field="count", title="抽查数量", names=("抽查目标数", "抽查户数", "检查户数"), parse=_count),
        Column(field="frequency", title="抽查频次", names=("频次", "检查频次"), parse=frequency),
        Column(
            field="risk_note",
            title="信用风险分类要求",
            names=("智慧监管(信用风险分类)要求", "智慧监管要求", "信用风险分类", "差异化监管要求"),
            parse=limited(2_000),
        ),
        Column(field="method", title="检查方式", names=("抽查方式", "核查方式"), parse=limited(128)),
        Column(
            field="period",
            title="起止时间",
            names=("抽查时限", "实施检查时间", "检查时间", "抽查时间", "实施时间", "检查时限", "起止日期"),
            parse=partial(period, year=year),
            required=True,
        ),
        Column(
            field="lead", title="发起部门", names=("牵头部门", "牵头单位", "发起单位"), parse=limited(64), required=True
        ),
        Column(field="partners", title="配合部门", names=("参与部门", "联合部门", "配合单位", "参与单位"), parse=names),
        Column(field="mode", title="抽查检查模式", names=("抽查模式", "检查模式"), parse=draw_mode),
    )


COLUMNS = _columns(None)


def _build(*, row: int, raw: Sequence[str], **values: Any) -> PlanRow:
    """Bring ratio, number and frequency together from the columns the office uses; a line needs a quota (C1)."""
    both, times = values.pop("both", ((), None))
    counted = (values.pop("count"),) if "count" in values else ()
    quota = values.pop("quota", ()) + both + counted
    if not quota:
        raise InvalidInputError(what="抽查比例", why="必填，不能为空（比例或数量）")
    values.setdefault("frequency", times)
    return PlanRow(row=row, raw=raw, quota=quota, **values)


def read_plan(rows: Iterable[Sequence[str]], year: int | None = None) -> Reading[PlanRow]:
    """Read a plan. `year` is for periods that name none; else the title's year counts, or the one all rows name.

    Raises InvalidInputError at once where no row is a header; the same line twice is refused.
    """
    kept = list(rows)  # a plan is short, and its year may stand in any row
    known = year or _year_of(kept)
    shape = Shape(columns=_columns(known), build=_build, identity=lambda line: line.identity, identity_title="任务名称")
    return Reading(kept, shape)


def _year_of(rows: Sequence[Sequence[str]]) -> int | None:
    header = find_header(iter(enumerate(rows, start=1)), COLUMNS)
    titled = [found for found in map(year_in, header.above) if found]
    if titled:
        return titled[0]
    place = header.places["period"]
    named = {year_in(row[place]) for row in rows[header.row :] if len(row) > place} - {None}
    return named.pop() if len(named) == 1 else None
