"""B5, M1: templates, exports and rejects over real HTTP, and how far an import is."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from app import samples
from models.people import AuditEntry
from models.sheets import open_sheet, write_csv
from tests.api.conftest import FIRST, Building, answer, ok
from tests.office import COORDINATOR

HEADERS = samples.TARGET_HEADERS
IMPORTS = "/api/console/imports"


@pytest_asyncio.fixture
async def desk(empty_house: Building) -> aiohttp.ClientSession:
    """The coordinator's browser on the first day."""
    return await empty_house.as_member(FIRST)


async def send(desk: aiohttp.ClientSession, data: bytes, kind: str = "targets", **query: str) -> Any:
    params = {"filename": "名录.csv", **query}
    return await ok(desk, "POST", f"{IMPORTS}/{kind}", params=params, data=io.BytesIO(data))


async def download(desk: aiohttp.ClientSession, path: str, **query: str) -> tuple[bytes, str]:
    async with desk.get(path, params=query) as found:
        assert found.status == 200, await found.text()
        return await found.read(), found.headers["Content-Disposition"]


async def test_rejects_come_back_as_a_file_and_go_in_mended(desk: aiohttp.ClientSession) -> None:
    """B5: a wrong code comes back as it stood with its reason, a formula disarmed; mended, the file goes in."""
    rows = samples.sample_targets(5)
    right, rows[1][1], rows[1][0] = rows[1][1], rows[1][1][:17] + "I", "=cmd|'/c calc'!A1"
    report = await send(desk, write_csv(HEADERS, rows))
    assert (report["added"], report["rejected_count"], report["rejects_file"]) == (4, 1, 1)
    data, name = await download(desk, f"{IMPORTS}/{report['id']}/rejects")
    assert "%E5%90%8D%E5%BD%95" in name
    assert "\n'=cmd|" in data.decode("utf-8-sig").replace("\r", "")
    header, row = list(open_sheet("未导入.csv", data))
    row[1] = right
    again = await send(desk, write_csv(header, [row]))
    assert (again["added"], again["vanished"], again["rejected"]) == (1, 0, [])
    status, _ = await answer(desk, "GET", f"{IMPORTS}/{again['id']}/rejects")
    assert status == 404


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_an_export_imports_unchanged(desk: aiohttp.ClientSession, form: str) -> None:
    """B5: out and in again: nothing added, changed, vanished or rejected."""
    await send(desk, write_csv(HEADERS, samples.sample_targets(60)))
    data, name = await download(desk, "/api/console/exports/targets", format=form)
    assert name.endswith(form)
    report = await send(desk, data)
    assert [report[key] for key in ("read", "added", "changed", "unchanged", "vanished", "rejected_count")] == [
        60, 0, 0, 60, 0, 0,
    ]  # fmt: skip


async def test_every_register_goes_out(house: Building) -> None:
    """B5, M1: plans and lists by GET; members by POST alone, which leaves a record; no other word is a register."""
    desk = await house.as_member(COORDINATOR)
    exports = "/api/console/exports"
    for kind in ("items", "plan"):
        for form in ("csv", "xlsx"):
            data, _ = await download(desk, f"{exports}/{kind}", format=form)
            assert len(list(open_sheet(f"a.{form}", data))) > 5
    data, _ = await download(desk, f"{exports}/plan", year="1999")
    assert len(list(open_sheet("a.csv", data))) == 1
    before = await house.office.count(AuditEntry, AuditEntry.act == "export")
    async with desk.post(f"{exports}/inspectors", json={"format": "xlsx"}) as found:
        assert found.status == 200
        assert len(list(open_sheet("a.xlsx", await found.read()))) > 50
    assert await house.office.count(AuditEntry, AuditEntry.act == "export") == before + 1
    assert (await answer(desk, "GET", f"{exports}/inspectors"))[0] == 404
    assert (await answer(desk, "GET", f"{exports}/dragons"))[0] == 422
    other = await house.as_member("health13")
    assert (await answer(other, "POST", f"{exports}/inspectors", json={}))[0] == 403


@pytest.mark.parametrize("kind", ["targets", "credit", "inspectors", "items", "plan"])
async def test_templates_download(desk: aiohttp.ClientSession, kind: str) -> None:
    """B5: every kind has one; no other word does."""
    data, _ = await download(desk, f"/api/console/templates/{kind}")
    assert len(list(open_sheet("模板.xlsx", data))) == 2
    assert (await answer(desk, "GET", "/api/console/templates/dragons"))[0] == 422


async def test_a_running_import_tells_how_far_it_is(desk: aiohttp.ClientSession) -> None:
    """B5: nothing runs, then one does, then nothing again."""
    path = f"{IMPORTS}/running"
    assert (await ok(desk, "GET", path))["rows"] == []
    rows = [[f"{number:04d}号店", code] for number, (_, code, *_) in enumerate(samples.sample_targets(300))]
    sending = asyncio.create_task(send(desk, write_csv(["名称", "统一社会信用代码"], rows)))
    seen: list[dict[str, Any]] = []
    while not sending.done():
        seen += (await ok(desk, "GET", path))["rows"]
    assert (await sending)["added"] == 300
    assert all((one["kind"], one["file_name"]) == ("targets", "名录.csv") for one in seen)
    assert (await ok(desk, "GET", path))["rows"] == []


async def test_another_member_gets_no_tables(empty_house: Building) -> None:
    """M1: rejects and exports are the coordinators' alone."""
    async with empty_house.browser() as nobody:
        for path in (f"{IMPORTS}/x/rejects", "/api/console/exports/targets", f"{IMPORTS}/running"):
            assert (await answer(nobody, "GET", path))[0] == 401
