"""The provincial platform through the console's doors, in the whole house against the sandbox (T1)."""

from __future__ import annotations

import io

import openpyxl

from inspection.province import COLUMNS
from tests.api.conftest import Building, answer, ok


async def test_the_office_compares_takes_a_list_and_a_table(house: Building) -> None:
    """T1: lists come in by the same door as files, tried first; nobody else may."""
    office, inspector = await house.as_member("office01"), await house.as_member("market03")
    queue = (await answer(office, "GET", "/api/console/province"))[1]
    assert (queue["connected"], queue["rows"], queue["check"]) == (True, [], None)
    assert (await answer(office, "GET", "/api/console/province?status=x"))[0] == 422
    assert (await answer(office, "POST", "/api/console/province/compare", json={}))[1]["theirs"] == 0
    tried = (await answer(office, "POST", "/api/console/province/lists", json={"kind": "targets"}))[1]
    assert (tried["dry_run"], tried["added"]) == (True, 6)
    order = {"kind": "targets", "dry_run": False}
    for added in (6, 0):
        assert (await answer(office, "POST", "/api/console/province/lists", json=order))[1]["added"] == added
    for kind, rows in (("inspectors", 2), ("items", 2), ("plan", 1)):
        for dry_run, added in ((True, rows), (False, rows), (False, 0)):
            report = await ok(office, "POST", "/api/console/province/lists", json={"kind": kind, "dry_run": dry_run})
            assert (report["added"], report["rejected"], report["unknown_columns"]) == (added, [], [])
    assert (await answer(office, "POST", "/api/console/province/lists", json={"kind": "credit"}))[0] == 422
    status, data = await answer(office, "GET", "/api/console/province/table?month=2026-03")
    [titles] = openpyxl.load_workbook(io.BytesIO(data)).active.iter_rows(values_only=True)
    assert (status, list(titles)) == (200, list(COLUMNS.values()))
    for method, path in (("GET", ""), ("POST", "/compare"), ("POST", "/lists"), ("GET", "/table")):
        assert (
            await answer(
                inspector, method, f"/api/console/province{path}", **({"json": {}} if method == "POST" else {})
            )
        )[0] == 403
