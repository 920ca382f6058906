"""Files through the door, as a coordinator sends them on the first day (A4, B5, B9, C1)."""

from __future__ import annotations

import gzip
import io
import re
from datetime import date
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
import xlsxwriter
from sqlalchemy import func, select

from app import samples
from models.base import Base
from models.people import Inspector, Member, SignIn
from models.registers import Item, PlanEntry, Target
from models.sheets import write_csv, write_xlsx
from tests.api.conftest import FIRST, Building, answer, ok
from tests.odd_tables import AS_NUMBER, FROM_1904, HOSTILE, old_workbook, workbook
from tests.office import COORDINATOR

TABLES = {
    "inspectors": (samples.INSPECTOR_HEADERS, samples.sample_inspectors(), Inspector),
    "items": (samples.ITEM_HEADERS, samples.sample_items(), Item),
    "plan": (samples.PLAN_HEADERS, samples.sample_plan(2026), PlanEntry),
    "targets": (samples.TARGET_HEADERS, samples.sample_targets(), Target),
}
WRITERS = {"csv": write_csv, "xlsx": write_xlsx, "csv.gz": lambda *args: gzip.compress(write_csv(*args))}
TARGETS = write_csv(samples.TARGET_HEADERS, samples.sample_targets(20))


@pytest_asyncio.fixture
async def desk(empty_house: Building) -> aiohttp.ClientSession:
    """The coordinator's browser on the first day."""
    return await empty_house.as_member(FIRST)


async def send(
    desk: aiohttp.ClientSession, kind: str, data: bytes, name: str = "样例 1.csv", **query: str
) -> tuple[int, Any]:
    params = {"filename": name, **query}
    return await answer(desk, "POST", f"/api/console/imports/{kind}", params=params, data=io.BytesIO(data))


async def everything(house: Building) -> dict[str, int]:
    """How many rows each table has, sign-ins aside."""
    async with house.office.act(FIRST) as act:
        tables = [one for one in Base.metadata.sorted_tables if one.name != SignIn.__tablename__]
        return {one.name: await act.db.scalar(select(func.count()).select_from(one)) or 0 for one in tables}


@pytest.mark.parametrize("form", list(WRITERS))
async def test_every_kind_in_every_form(empty_house: Building, desk: aiohttp.ClientSession, form: str) -> None:
    """A4, B5, C1: all rows go in; sent again, nothing changes; the report can be found again."""
    for kind, (headers, rows, table) in TABLES.items():
        data = WRITERS[form](headers, rows)
        status, report = await send(desk, kind, data, f"样例.{form}")
        assert (status, report["rejected"], report["unknown_columns"]) == (200, [], []), kind
        assert (report["read"], report["added"], report["file_name"]) == (len(rows), len(rows), f"样例.{form}")
        status, again = await send(desk, kind, data)
        assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, len(rows)), kind
        assert await ok(desk, "GET", f"/api/console/imports/{report['id']}") == report | {
            "at": empty_house.office.clock().isoformat()
        }
        assert await empty_house.office.count(table) >= min(len(rows), 14 if kind == "items" else 7)
    listed = (await ok(desk, "GET", "/api/console/imports"))["reports"]
    assert [one["kind"] for one in listed] == [kind for kind in reversed(TABLES) for _ in range(2)]
    assert all("rejected" not in one and "rejected_count" in one for one in listed)


async def test_a_changed_row_and_a_wrong_one(empty_house: Building, desk: aiohttp.ClientSession) -> None:
    """B5: one changed, one rejected with row, field, value and reason, one added, the rest unchanged."""
    await send(desk, "targets", TARGETS)
    rows = samples.sample_targets(22)
    rows[3][6] = "演示市演示区新路1号"
    rows[20][1] = "91379999MA000000I1"
    status, report = await send(desk, "targets", write_csv(samples.TARGET_HEADERS, rows))
    counts = {key: report[key] for key in ("read", "added", "changed", "unchanged", "rejected_count")}
    assert counts == {"read": 22, "added": 1, "changed": 1, "unchanged": 19, "rejected_count": 1}
    (line,) = report["rejected"]
    assert (status, line["row"], line["field"], line["value"]) == (200, 22, "统一社会信用代码", "91379999MA000000I1")
    assert line["reason"]
    assert await empty_house.office.count(Target, Target.address == "演示市演示区新路1号") == 1


async def test_a_dry_run_changes_nothing(empty_house: Building, desk: aiohttp.ClientSession) -> None:
    """B5: the same figures as the real run, and no row anywhere: no department, report or audit entry either."""
    before = await everything(empty_house)
    for kind, (headers, rows, _) in TABLES.items():
        _, tried = await send(desk, kind, write_csv(headers, rows), dry_run="1")
        assert (tried["added"], tried["dry_run"], tried["id"]) == (len(rows), True, None)
    assert await everything(empty_house) == before


def with_cells(write: Any) -> bytes:
    """A workbook of targets whose cells `write` puts in."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, samples.TARGET_HEADERS)
        write(sheet)
    return out.getvalue()


async def test_a_hostile_file_changes_nothing(empty_house: Building, desk: aiohttp.ClientSession) -> None:
    """B5: bombs, entities, nested, encrypted, cut, renamed, mis-encoded, of another kind: one sentence, not a row."""
    before = await everything(empty_house)
    for what, (kind, name, data, words) in HOSTILE.items():
        status, problem = await send(desk, kind, data, name)
        assert (status, problem["code"]) in {(422, "invalid-input"), (413, "too-large")}, (what, problem)
        assert re.search(words, problem["title"]), (what, problem)
        assert problem["title"].count("文件“") == 1, problem
        assert problem["action"]
    assert await everything(empty_house) == before


HEADER = ["企业名称", "统一社会信用代码", "注册日期"]


async def test_odd_tables_are_read_and_what_is_odd_is_said(empty_house: Building, desk: aiohttp.ClientSession) -> None:
    """B5: days counted from 1904, two columns of one name, several sheets, a thousand columns, a title row."""
    code, name = samples.sample_targets(1)[0][1], "演示一号店"
    day, since_1904 = date(2019, 3, 1), 42_063
    doubled = [*HEADER[:2], "名称", "企业名称", HEADER[2]]
    wide = [*HEADER, *(f"列{number}" for number in range(997))]
    odd: list[tuple[str, bytes, list[str]]] = [
        ("1904.xlsx", workbook(("名录", [HEADER, [name, code, day]]), date_1904=True), []),
        ("1904 bare.xlsx", workbook(("名录", [HEADER, [name, code, since_1904]]), date_1904=True), []),
        ("1904.xls", old_workbook([HEADER, [name, code, since_1904]], FROM_1904), []),
        ("1904 bare.xls", old_workbook([HEADER, [name, code, since_1904]], FROM_1904, AS_NUMBER), []),
        ("1900 bare.xls", old_workbook([HEADER, [name, code, since_1904 + 1_462]], style=AS_NUMBER), []),
        (
            "doubled.csv",
            write_csv(doubled, [[name, code, "别名", "又名", "2019-03-01"]]),
            ["有 3 列都是“企业名称”：读取的是 A 列“企业名称”，没有读取 D 列“企业名称”、C 列“名称”"],
        ),
        (
            "sheets.xlsx",
            workbook(("空", []), ("名录", [HEADER, [name, code, day]]), ("说明", [["请勿修改"]]), ("三", [])),
            ["文件有 3 张工作表：读取的是“名录”，没有读取“说明”、“三”"],
        ),
        (
            "wide.csv",
            write_csv(wide, [[name, code, "43525", *["x"] * 997]]),
            ["没有使用的列共 997 列，只列出前 100 列"],
        ),
    ]
    for file, data, notes in odd:
        status, report = await send(desk, "targets", data, file, source=file)
        assert (status, report["read"], report["rejected"], report["notes"]) == (200, 1, [], notes), file
        found = await empty_house.office.all(select(Target.registered_on).where(Target.name == name))
        assert found == [day], file
        rest = write_csv(HEADER, [["别的店", code, "2001-01-01"]])
        assert (await send(desk, "targets", rest))[1]["rejected"] == []
    assert len(report["unknown_columns"]) == 100
    status, problem = await send(desk, "targets", workbook(("说明", [["请勿修改"]]), ("名录", [HEADER])), "表.xlsx")
    assert status == 422
    assert "读取的是“说明”，没有读取“名录”" in problem["title"]


async def test_formulas_are_text(empty_house: Building, desk: aiohttp.ClientSession) -> None:
    """5.3.x: what a spreadsheet would run is kept and shown as the words it is; a formula's own cell has its value."""
    rows = samples.sample_targets(4)
    nasty = ["=1+1", "+SUM(A1)", "-2+3", "@cmd|' /C calc'!A0"]
    for row, words in zip(rows, nasty, strict=True):
        row[0] = words
    for data in (write_csv(samples.TARGET_HEADERS, rows), write_xlsx(samples.TARGET_HEADERS, rows)):
        _, report = await send(desk, "targets", data)
        assert report["rejected"] == []
        shown = (await ok(desk, "GET", "/api/console/targets"))["rows"]
        assert {one["name"] for one in shown} == set(nasty)
    row = samples.sample_targets(5)[4]

    def with_formula(sheet: Any) -> None:
        sheet.write_row(1, 0, row)
        sheet.write_formula(1, 0, '=HYPERLINK("http://evil.example")', None, "算出来的名称")

    await send(desk, "targets", with_cells(with_formula), "表.xlsx")
    assert await empty_house.office.all(select(Target.name).where(Target.code == row[1])) == ["算出来的名称"]


async def test_who_may_import(house: Building) -> None:
    """T4: coordinators alone; the reports are theirs as well."""
    for userid in ("health01", "health13", "office03", "office04"):
        browser = await house.as_member(userid)
        assert (await send(browser, "targets", TARGETS))[0] == 403
        assert (await answer(browser, "GET", "/api/console/imports"))[0] == 403
    assert (await send(await house.as_member(COORDINATOR), "nothing", TARGETS))[0] == 422


async def test_a_report_masks_what_is_personal(empty_house: Building, desk: aiohttp.ClientSession) -> None:
    """M1: a rejected telephone shows three digits; the reports name no member."""
    rows = samples.sample_inspectors()[4:7]
    rows[1][5] = "1380000x302"
    _, report = await send(desk, "inspectors", write_csv(samples.INSPECTOR_HEADERS, rows))
    assert [(one["field"], one["value"]) for one in report["rejected"]] == [("手机号", "138****")]
    stored = str(await ok(desk, "GET", f"/api/console/imports/{report['id']}"))
    assert not any(row[1] in stored for row in rows)
    assert await empty_house.office.count(Member) == 3  # two of the file, and the coordinator
