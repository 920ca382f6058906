"""The figures of a period, as numbers for the console's charts and as tables (K)."""

from __future__ import annotations

from datetime import date
from typing import Any

from aiohttp import web

from handlers.downloads import XLSX, download
from handlers.edge import Call, Routes, roles
from inspection.actors import Role
from inspection.errors import InvalidInputError
from services.results import figures, figures_paper

SEES = roles(Role.COORDINATOR, Role.APPROVER, Role.LIAISON)
routes = Routes()


@routes.get("/api/console/figures", roles=SEES)
async def get_figures(call: Call) -> Any:
    """All figures of a period."""
    return await figures.figures(call.act, *_period(call))


@routes.get("/api/console/figures/bulletin.pdf", roles=SEES)
async def get_figures_bulletin(call: Call) -> web.Response:
    """The bulletin of a period, with charts, as PDF."""
    first, last = _period(call)
    return download(f"通报-{first}-{last}.pdf", await figures_paper.bulletin(call.act, first, last), "application/pdf")


@routes.get("/api/console/figures/{table}.xlsx", roles=SEES)
async def get_figures_table(call: Call) -> web.Response:
    """The departments or the groups of a period as a table; "charts": all of them, each with its chart."""
    first, last = _period(call)
    if call.path["table"] == "charts":
        data = await figures_paper.chart_book(call.act, first, last)
    else:
        data = await figures.workbook(call.act, first, last, call.path["table"])
    return download(f"统计分析-{first}-{last}.xlsx", data, XLSX)


def _period(call: Call) -> tuple[date, date]:
    try:
        return date.fromisoformat(call.query("first")), date.fromisoformat(call.query("last"))
    except ValueError:
        raise InvalidInputError(what="统计期间", why="应当写成 2026-01-01 这样。") from None
