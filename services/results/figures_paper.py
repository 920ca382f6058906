"""The figures of a period on paper: the bulletin as PDF with charts, and the tables as XLSX with charts (K1, K3, K5).

figures of a period -> JSON -> bulletin.typ (typst, PDF/A-2b, the office's own font) -> bytes
                    -> a sheet of departments, one of each grouping -> XLSX with native charts
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from inspection.workdays import local_date
from models.chart_books import ChartSheet, write_chart_book
from services.act import Act
from services.people import typeset
from services.results.figures import DEPARTMENT_COLUMNS, GROUP_COLUMNS, GROUPS, figures, marks

TEMPLATE = Path(__file__).with_name("bulletin.typ")
MOST_SHOWN = 20  # groups of a chart


async def bulletin(act: Act, first: date, last: date) -> bytes:
    """The bulletin of a period as PDF, for print and file; InvalidInputError for a period that is none."""
    found = await figures(act, first, last)
    data = {
        "office": act.house.office_name,
        "first": _day(first),
        "last": _day(last),
        "made_on": _day(local_date(act.now)),
        "running": last >= local_date(act.now),
        "departments": found["departments"],
        "estimate": found["estimate"],
        "joint": found["joint"],
        "coverage": found["coverage"],
        "groups": [
            {"text": text, "rows": found["groups"][by][:MOST_SHOWN], "all": len(found["groups"][by])}
            for by, text in GROUPS.items()
        ],
        "told": _told(found),
    }
    return await typeset.pdf(TEMPLATE, data, act.house.font, archival=True)


async def chart_book(act: Act, first: date, last: date) -> bytes:
    """All figures of a period as one XLSX with a chart a sheet."""
    found = await figures(act, first, last)
    columns = list(DEPARTMENT_COLUMNS)
    sheets = [
        ChartSheet(
            name="部门完成情况",
            headers=list(DEPARTMENT_COLUMNS.values()),
            rows=[[one[name] for name in columns] for one in found["departments"]],
            label=columns.index("department"),
            drawn=columns.index("rate"),
            shares=frozenset({columns.index("rate"), columns.index("finished_rate")}),
        )
    ]
    columns = [name for name in GROUP_COLUMNS if name != "group"]
    at = {name: columns.index(name) for name in columns}
    sheets += [
        ChartSheet(
            name=f"问题率（按{text}）",
            headers=[GROUP_COLUMNS[name] for name in columns],
            rows=[
                [marks(one) if name == "mark" else one[name] for name in columns] for one in found["groups"][by]
            ],
            label=at["key"],
            drawn=at["share"],
            shares=frozenset({at["share"], at["low"], at["high"]}),
            low=at["low"],
            high=at["high"],
        )
        for by, text in GROUPS.items()
    ]  # fmt: skip
    return await asyncio.to_thread(write_chart_book, sheets)


def _told(found: Mapping[str, Any]) -> list[str]:
    """What stands out, as sentences; what is not more than chance is not said."""
    said = []
    for by, text in GROUPS.items():
        for one in found["groups"][by]:
            if words := marks(one):
                rate = f"{one['share']:.1%}（{one['hits']}/{one['seen']}）"
                said.append(f"{text}“{one['key']}”问题率 {rate}，{words}，超出偶然。")
    late = [f"{one['department']} {one['overdue']} 件" for one in found["departments"] if one["overdue"]]
    if late:
        said.append(f"逾期未完成：{'、'.join(late)}，按未完成抽查任务计。")
    return said


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
