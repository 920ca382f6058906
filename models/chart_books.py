"""Excel files whose sheets show their own numbers as native charts, nothing drawn as a picture (K5).

sheets (titles, rows, which column is drawn, with which interval) -> xlsxwriter -> bytes
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import xlsxwriter

MOST_DRAWN = 20  # bars that can still be read
_A4 = 9  # as Excel counts sizes of paper
_WIDTH, _ROW, _LEAST = 720, 26, 160  # pixels
_SPARE = (("误差线（下）", -1), ("误差线（上）", 1))  # what Excel needs beside the bounds: how far they are away
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


@dataclass(frozen=True, kw_only=True, slots=True)
class ChartSheet:
    """One sheet: `shares` are columns of rates (shown as per cent), `drawn` the one in the chart, its name in `label`.

    `low` and `high`: columns that bound the drawn rate; the chart shows them as an error bar.
    """

    name: str
    headers: Sequence[str]
    rows: Sequence[Sequence[Any]]
    label: int
    drawn: int
    shares: frozenset[int]
    low: int | None = None
    high: int | None = None


def write_chart_book(sheets: Sequence[ChartSheet]) -> bytes:
    """Write the sheets, each with its chart below its table; a sheet without rows has none."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, _OPTIONS) as book:
        share, head = book.add_format({"num_format": "0.0%"}), book.add_format({"bold": True})
        for told in sheets:
            sheet = book.add_worksheet(told.name)
            bounded = told.low is not None and told.high is not None
            sheet.write_row(0, 0, [*told.headers, *(word for word, _ in _SPARE if bounded)], head)
            for at, row in enumerate(told.rows, 1):
                for column, cell in enumerate([*row, *_distances(told, row)]):
                    is_share = column in told.shares or column >= len(row)
                    sheet.write(at, column, "—" if cell is None else cell, share if is_share else None)
            sheet.set_column(0, len(told.headers) + len(_SPARE), 12)
            sheet.set_column(told.label, told.label, 28)
            sheet.set_paper(_A4)
            sheet.set_landscape()
            sheet.fit_to_pages(1, 0)  # a sheet wide, as many long as it takes
            if told.rows:
                sheet.insert_chart(len(told.rows) + 2, 0, _chart(book, told, bounded=bounded))
    return out.getvalue()


def _distances(told: ChartSheet, row: Sequence[Any]) -> list[Any]:
    if told.low is None or told.high is None or row[told.drawn] is None:
        return []
    return [row[told.drawn] - row[told.low], row[told.high] - row[told.drawn]]


def _chart(book: Any, told: ChartSheet, *, bounded: bool) -> Any:
    last, wide = min(len(told.rows), MOST_DRAWN), len(told.headers)
    chart = book.add_chart({"type": "bar"})
    series = {
        "name": told.headers[told.drawn],
        "categories": [told.name, 1, told.label, last, told.label],
        "values": [told.name, 1, told.drawn, last, told.drawn],
        "fill": {"color": "#0f6b6b"},
        "gap": 60,
    }
    if bounded:
        below, above = ([told.name, 1, wide + one, last, wide + one] for one in (0, 1))
        series["y_error_bars"] = {"type": "custom", "minus_values": _area(below), "plus_values": _area(above)}
    chart.add_series(series)
    chart.set_title({"name": f"{told.name}：{told.headers[told.drawn]}", "name_font": {"size": 12}})
    chart.set_legend({"none": True})
    chart.set_x_axis({"min": 0, "max": 1, "num_format": "0%", "major_gridlines": {"visible": True}})
    chart.set_y_axis({"reverse": True})  # the first row on top, as in the table
    chart.set_size({"width": _WIDTH, "height": max(_LEAST, 90 + _ROW * last)})
    return chart


def _area(place: Sequence[Any]) -> str:
    name, top, left, bottom, right = place
    cell = xlsxwriter.utility.xl_rowcol_to_cell
    one, other = (cell(row, column, row_abs=True, col_abs=True) for row, column in ((top, left), (bottom, right)))
    return f"='{name}'!{one}:{other}"
