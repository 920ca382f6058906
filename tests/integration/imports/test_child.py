"""B5, B9: a large file is read by a process of its own; whatever becomes of it, nothing is half done."""

from __future__ import annotations

import asyncio
import csv
import gzip
import io
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from inspection.credit_code import compose
from inspection.errors import InvalidInputError, TooLargeError
from inspection.tables.categories import check_digit
from models import reading
from models.database import Database
from models.reading import ReaderLostError, Work
from models.registers import Contact, ImportReport, Target
from models.sheets import write_csv, write_xlsx
from services.imports import door
from tests.conftest import Clock
from tests.integration.imports.test_engine import KEYS, Desk

HEADER = ["统一社会信用代码", "企业名称", "联系电话", "经营范围"]
ROWS = [[compose("91379999", f"MD{n:06d}"), f"演示{n}号店", "", "食品销售"] for n in range(30_000)]


def whole(rows: list[list[str]] = ROWS) -> bytes:
    return write_csv(HEADER, rows)


@pytest.fixture
def desk(database: Database, clock: Clock, tmp_path: Path) -> Desk:
    return Desk(database, clock, tmp_path)


@pytest.fixture(autouse=True)
def children(monkeypatch: pytest.MonkeyPatch) -> list[Work]:
    """Every child of the test; even small files are given to one, and each must be gone at the end."""
    monkeypatch.setattr(door, "LARGE", 1_000)
    made: list[Work] = []

    def remembered(kind: str, name: str, data: bytes | Path) -> Any:
        work, opened = reading.in_child(kind, name, data)
        made.append(work)
        return work, opened

    monkeypatch.setattr(door, "in_child", remembered)
    return made


async def untouched(desk: Desk) -> None:
    """No target, no contact, no report; the register's indexes stand; the next import works."""
    for table in (Target, Contact, ImportReport):
        assert await desk.rows(select(func.count()).select_from(table)) == [(0,)], table
    catalogue = "sqlite_master WHERE name" if desk.database.is_sqlite else "pg_indexes WHERE indexname"
    assert await desk.rows(text(f"SELECT 1 FROM {catalogue} = 'ix_targets_filter'")) == [(1,)]  # noqa: S608
    assert await desk.counts(whole(ROWS[:50])) == (50, 50, 0, 0, 0, 0)


def ended(children: list[Work]) -> bool:
    return bool(children) and all(one.child is not None and one.child.returncode is not None for one in children)


async def test_a_child_reads_as_a_thread_does(
    desk: Desk, children: list[Work], monkeypatch: pytest.MonkeyPatch
) -> None:
    """B9: text, gzipped and workbook in a child, then in a thread: the same rows, so nothing changes."""
    rows = [[*row[:2], f"138{n:08d}", row[3]] for n, row in enumerate(ROWS[:3_000])]
    rows[7][1], rows[8][0] = "=1+1", rows[9][0]
    expected = (3_000, 2_999, 0, 0, 0, 1)
    assert await desk.counts(gzip.compress(whole(rows))) == expected
    assert await desk.counts(write_xlsx(HEADER, rows)) == (3_000, 0, 0, 2_999, 0, 1)
    assert len(children) == 2
    assert ended(children)
    monkeypatch.setattr(door, "LARGE", 1 << 30)
    report = await desk.send(whole(rows))
    assert tuple(report[key] for key in KEYS) == (3_000, 0, 0, 2_999, 0, 1)
    assert [(one["row"], one["reason"]) for one in report["rejected"]] == [(11, "与文件中前面的一行重复")]
    assert len(children) == 2


async def test_workbooks_of_other_kinds_are_opened_in_a_child(
    desk: Desk, children: list[Work], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A4, N3: classes come in batches, items at once; what a child refuses is the same sentence; more is refused."""
    await desk.send(whole(ROWS[:2_500]))
    classes = write_xlsx(["统一社会信用代码", "信用风险分类"], [[row[0], "C"] for row in ROWS[:2_500]])
    assert await desk.counts(classes, "credit") == (2_500, 0, 2_500, 0, 0, 0)
    items = write_xlsx(["抽查事项", "发起部门"], [[f"演示{n}检查", "教育局"] for n in range(30)])
    assert await desk.counts(items, "items") == (30, 30, 0, 0, 0, 0)
    with pytest.raises(InvalidInputError, match="像是“抽查事项清单”，不是“信用风险分类”"):
        await desk.send(items, "credit")
    with pytest.raises(InvalidInputError, match="不完整"):
        await desk.send(items[:-900], "items")
    monkeypatch.setattr(door, "MAX_ROWS", 20)
    with pytest.raises(TooLargeError, match="“抽查事项清单”一次导入的行数超过上限20行"):
        await desk.send(items, "items")
    assert len(children) == 4  # the damaged one, and the items as classes, never came to be given away
    assert ended(children)


async def test_classes_in_a_child_as_in_a_thread(
    desk: Desk, children: list[Work], monkeypatch: pytest.MonkeyPatch
) -> None:
    """N1, N3, B4: what changes, what does not, unknown codes, codes given twice, no class: one count either way."""
    await desk.send(whole(ROWS[:2_500]))
    rows = [[row[0], "ABCD"[n % 4]] for n, row in enumerate(ROWS[:2_500])]
    rows[3][1], rows[1_100][1] = "E", ""  # neither is a class
    rows[700][0], rows[1_900][0] = rows[1_600][0], ROWS[9_000][0]  # named first here; unknown
    header = ["统一社会信用代码", "信用风险分类"]
    refused = [(5, "E"), (1_102, ""), (1_602, rows[1_600][0]), (1_902, ROWS[9_000][0])]
    for large, changed in ((1_000, 2_496), (1 << 30, 0)):
        monkeypatch.setattr(door, "LARGE", large)
        report = await desk.send(write_csv(header, rows), "credit")
        assert [report[key] for key in ("read", "changed", "unchanged")] == [2_500, changed, 2_496 - changed]
        assert [(one["row"], one["value"]) for one in report["rejected"]] == refused
        assert report["rejects_file"] == len(refused)
    assert len(children) == 2
    assert ended(children)
    found = dict(await desk.rows(select(Target.code, Target.credit_class)))
    assert [found[row[0]] for row in (*ROWS[:3], ROWS[3], ROWS[700], ROWS[1_600])] == ["A", "B", "C", "", "", "A"]


async def test_progress_rises_to_the_end(desk: Desk, tmp_path: Path) -> None:
    """B9: what a child reads is told while it runs, in bytes of the file, up to its size."""
    path, heard = tmp_path / "名录.csv", []
    path.write_bytes(whole())
    assert await desk.counts(path, progress=lambda *one: heard.append(one)) == (30_000, 30_000, 0, 0, 0, 0)
    assert len(heard) >= 2
    assert heard == sorted(heard)
    assert heard[-1] == (path.stat().st_size, path.stat().st_size, 30_000)
    assert 0 < heard[0][0] < path.stat().st_size


UNREADABLE = {
    "half a character at the end": (whole() + "演".encode()[:2], "不完整"),
    "cut gzip": (gzip.compress(whole(ROWS[:5_000]))[:-500], "不完整"),
    "cut workbook": (write_xlsx(HEADER, ROWS[:500])[:-900], "不完整"),
    "no header": (write_csv(["甲", "乙"], [["1", "2"]] * 900), "没有找到"),
    "NUL": (whole(ROWS[:500]) + b"\0" * 9, "空字符"),
}


@pytest.mark.parametrize("what", list(UNREADABLE))
def test_a_file_that_cannot_be_opened(children: list[Work], what: str) -> None:
    """B5: one sentence before the database is asked for anything; the child is gone."""
    data, words = UNREADABLE[what]
    with pytest.raises(InvalidInputError, match=words):
        door.read_file("targets", "名录.csv", data)
    assert children == []  # it never came to be given away


@pytest.mark.parametrize("tail", [b'"', ("演," * 2 + '"' + "字" * 2_000_000 + '"').encode()])
async def test_damage_behind_the_first_batches(desk: Desk, children: list[Work], tail: bytes) -> None:
    """B5: a quote left open, or a cell without end, behind thirty thousand good rows: not one of them is kept."""
    with pytest.raises(InvalidInputError, match="引号不成对、格子过长"):
        await desk.send(whole() + tail)
    assert ended(children)
    await untouched(desk)


async def test_a_killed_child(desk: Desk, children: list[Work]) -> None:
    """B5: the kernel ends the child after the first batches: one sentence, and those batches are gone."""

    def kill(_done: int, _of: int, _rows: int) -> None:
        (work,) = children
        assert work.child is not None
        os.kill(work.child.pid, signal.SIGKILL)

    with pytest.raises(ReaderLostError, match="没有导入任何内容"):
        await desk.send(
            whole(ROWS + [[compose("91379999", f"ME{n:06d}"), *row[1:]] for n, row in enumerate(ROWS)]), progress=kill
        )
    assert ended(children)
    await untouched(desk)


async def test_a_child_that_never_starts(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """B5: no process to be had, or one that dies at once: one sentence."""
    monkeypatch.setattr(reading.sys, "executable", "/bin/false")
    with pytest.raises(ReaderLostError):
        await desk.send(whole(ROWS[:500]))
    monkeypatch.undo()
    await untouched(desk)


async def test_a_child_out_of_memory(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """B5: a file that needs more memory than a child may take is refused; the office goes on."""
    monkeypatch.setattr(reading, "MEMORY", 24 << 20)
    wide = [[compose("91379999", f"MF{n:06d}"), "店", "", "字" * 90_000] for n in range(400)]
    with pytest.raises((TooLargeError, ReaderLostError)):
        await desk.send(gzip.compress(whole(wide)))
    monkeypatch.undo()
    await untouched(desk)


async def test_an_import_that_is_cancelled(desk: Desk, children: list[Work]) -> None:
    """B5: the browser goes away in the middle: the child ends, the transaction is undone."""
    task: asyncio.Task[Any] = asyncio.create_task(desk.send(whole(), progress=lambda *_: task.cancel()))
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended(children)
    await untouched(desk)


async def test_a_hostile_file_of_refusals(desk: Desk) -> None:
    """B5: every row is wrong: each is counted, a thousand are named, the file of rejects has all."""
    rows = [["9" * 18, f"=cmd|'{n}'!A0", "138", "x"] for n in range(5_000)]
    report = await desk.send(whole(rows))
    assert (report["read"], report["rejected_count"], report["rejects_file"]) == (5_000, 5_000, 5_000)
    assert len(report["rejected"]) == 1_000


async def test_other_numbers_and_kinds_in_a_large_file(desk: Desk) -> None:
    """B2, B4: letters in the first places, older numbers, other kinds with their own fields, statuses: all carried."""
    old = "11010800000001"
    old += check_digit(old)
    header = ["统一社会信用代码/注册号", "名称", "检查对象类别", "登记状态", "生产单位", "建设单位", "许可证有效期至"]
    lettered = [compose(f"{two}379999", f"MG{n:06d}") for n, two in enumerate(("Y1", "A9", "N2"))]
    rows = [
        *([code, "演示合作社", "合作社", "存续", "", "", "长期"] for code in lettered),
        [old, "演示老店", "个体工商户", "吊销，未注销", "", "", ""],
        ["", "演示饼干", "产品", "", "演示食品厂", "", ""],
        ["", "演示大桥", "项目", "", "", "演示建设局", ""],
        [compose("12379999", "MH000001"), "演示中学", "", "迁出", "", "", "2027-01-31"],
        [compose("91379999", "MH000002"), "演示饼", "企业", "", "演示厂", "", ""],
    ]
    out = io.StringIO()
    csv.writer(out).writerows([header, *rows])
    report = await desk.send(out.getvalue().encode("gb18030") + b"\n" * 1_000)
    assert (report["added"], report["rejected_count"]) == (7, 1)
    assert report["rejected"][0]["reason"] == "“生产单位”不适用于企业，请留空或更正类别"
    found = {
        name: (code, kind, category, status, extra)
        for name, code, kind, category, status, extra in await desk.rows(
            select(Target.name, Target.code, Target.identifier_kind, Target.category, Target.status, Target.extra)
        )
    }
    assert found["演示老店"] == (old, "registration", "sole_trader", "revoked", {})
    assert found["演示饼干"][1:] == ("made", "product", "open", {"maker": "演示食品厂"})
    assert found["演示大桥"][1:] == ("made", "project", "open", {"owner": "演示建设局"})
    assert found["演示中学"][2:] == ("institution", "moved", {"licence_expires": "2027-01-31"})
    codes = await desk.rows(select(Target.code).where(Target.category == "cooperative"))
    assert {code for (code,) in codes} == set(lettered)
