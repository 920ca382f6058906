"""The figures through their doors, on both databases: charts as numbers, the bulletin as PDF, the workbook (K)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import openpyxl
import pytest_asyncio

from handlers import figures
from handlers.edge import SESSION_COOKIE
from models.database import Database
from services.results import publications
from tests.api.public_server import Http, http_of
from tests.conftest import Clock
from tests.integration.test_figures import drawn
from tests.integration.visits_play import Play, house_of

AT = "/api/console/figures"
MARCH = "first=2026-03-01&last=2026-03-31"


@pytest_asyncio.fixture
async def http(database: Database, clock: Clock, tmp_path: Path) -> AsyncIterator[Http]:
    play = await Play(database, house_of(tmp_path / "blobs"), clock).begin()
    await play.confirmed()
    for code in ("lead", "partner"):
        await play.approve(code)
    async with play.act("coordinator") as act:
        await publications.publish_task(act, play.scene.task.id)
    await drawn(play)
    async with http_of(play, figures.routes) as found:
        yield found


async def taken(http: Http, path: str, who: str) -> tuple[int, bytes, str]:
    """Download a file: (status, bytes, its type)."""
    headers = {"Cookie": f"{SESSION_COOKIE}={await http.token(who)}"}
    async with http.session.get(http.url(path), headers=headers) as answer:
        return answer.status, await answer.read(), answer.content_type


async def test_figures_leave_the_house_as_charts(http: Http) -> None:
    """K1, K3, K5: one period as numbers, as a workbook with a chart a sheet, as the bulletin; nobody below may."""
    status, told, _ = await http.call("GET", f"{AT}?{MARCH}", "coordinator")
    [row] = told["groups"]["class"]
    assert (status, row["key"], row["hits"], told["estimate"]["population"]) == (200, "C", 0, 10)
    status, data, kind = await taken(http, f"{AT}/bulletin.pdf?{MARCH}", "lead-approver")
    assert (status, kind, data[:5], b"pdfaid" in data) == (200, "application/pdf", b"%PDF-", True)
    status, data, _ = await taken(http, f"{AT}/charts.xlsx?{MARCH}", "coordinator")
    names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    assert (status, sum(one.startswith("xl/charts/chart") for one in names)) == (200, 6)
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames == [
        "部门完成情况",
        *(f"问题率（按{one}）" for one in ("行业门类", "行业大类", "区域", "信用风险分类", "抽查事项")),
    ]
    for sheet in book.worksheets:  # printed, it is one sheet wide
        assert (sheet.page_setup.orientation, sheet.page_setup.fitToWidth or 1) == ("landscape", 1)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
    departments = {row[0]: row for row in book.worksheets[0].iter_rows(min_row=2, values_only=True)}
    assert departments["演示区市场监督管理局"][1:9] == (
        1,
        0,
        1,
        1,
        0,
        1,
        1,
        1,
    )  # numbers, so that a chart can draw them
    [titles, cells] = book["问题率（按信用风险分类）"].iter_rows(values_only=True)
    found = dict(zip(titles, cells, strict=True))
    assert (found["名称"], found["检查数"], found["问题率"]) == ("C", 1, 0)
    assert found["误差线（上）"] == found["95%上限"] == row["high"]
    for path in ("", "/bulletin.pdf", "/charts.xlsx"):
        assert (await http.call("GET", f"{AT}{path}?{MARCH}", "lead-1"))[0] == 403
        assert (await http.call("GET", f"{AT}{path}?first=x&last=2026-03-31", "coordinator"))[0] == 422
        assert (await http.call("GET", f"{AT}{path}?first=2024-01-01&last=2026-03-31", "coordinator"))[0] == 422


async def test_a_period_without_results_has_a_bulletin_too(http: Http) -> None:
    """K3: every department stands in it with nothing; no sheet of nothing claims a chart."""
    assert (await taken(http, f"{AT}/bulletin.pdf?first=2025-01-01&last=2025-03-31", "coordinator"))[0] == 200
    _, data, _ = await taken(http, f"{AT}/charts.xlsx?first=2025-01-01&last=2025-03-31", "coordinator")
    names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    assert sum(one.startswith("xl/charts/chart") for one in names) == 1
