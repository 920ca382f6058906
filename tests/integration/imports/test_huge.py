"""B5, B9: as large as a spreadsheet can be, or without an end: `suicha import` as a process, and its memory.

Marked hard: minutes, a gigabyte. What they measure is the largest process that took part, not a time.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import xlsxwriter

from app import samples
from inspection.credit_code import compose
from models.sheets import MAX_ROW
from models.workbooks import MAX_ROWS
from tests.conftest import demo_config

pytestmark = pytest.mark.hard
REPOSITORY = Path(__file__).resolve().parents[3]
WHOLE_SHEET = MAX_ROWS - 1  # rows below the header


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A demo's configuration whose paths are its own folder's."""
    return demo_config(tmp_path)


def imported(kind: str, file: Path, config: Path) -> tuple[int, str, str]:
    """Exit code, output and what was said beside it."""
    done = subprocess.run(  # noqa: S603 ourselves
        [sys.executable, "-m", "app.cli", "import", kind, str(file), "--config", str(config), "--json"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@contextmanager
def within(megabytes: int) -> Iterator[None]:
    """Fail where a process that ended here, or one of its own children, ever held more than this."""
    yield
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10 < megabytes


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workbook of 1,048,576 rows: name, code, class."""
    path = tmp_path_factory.mktemp("huge") / "名录.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        rows = book.add_worksheet("名录")
        rows.write_row(0, 0, ["企业名称", "统一社会信用代码", "信用风险分类"])
        for number in range(1, MAX_ROWS):
            code = compose("91379999", f"M{number:07d}")
            rows.write_row(number, 0, [f"演示{number}号店", code, "ABCD"[number % 4]])
    return path


@pytest.mark.timeout(1800)
def test_a_whole_sheet_of_targets_then_of_classes_then_as_another_kind(sheet: Path, config: Path) -> None:
    """B5, B9, N3: every row goes in and is found again; as a list of items it is one sentence, and nothing is kept."""
    with within(2_000):
        code, out, err = imported("targets", sheet, config)
        assert code == 0, err
        report = json.loads(out.splitlines()[-1])
        assert [report[key] for key in ("read", "added", "rejected_count")] == [WHOLE_SHEET, WHOLE_SHEET, 0]
        code, out, err = imported("credit", sheet, config)
        assert code == 0, err
        report = json.loads(out.splitlines()[-1])
        assert [report[key] for key in ("read", "changed", "unchanged")] == [WHOLE_SHEET, 0, WHOLE_SHEET]
        code, out, err = imported("items", sheet, config)
        assert (code, out) == (1, "")
        assert "像是“检查对象”" in err


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", ["items", "inspectors", "plan"])
def test_a_whole_sheet_of_a_short_kind(tmp_path: Path, config: Path, kind: str) -> None:
    """A4, B11, C1: more rows than any office has: one sentence naming the limit, and the server holds none of them."""
    headers, row = {
        "items": (samples.ITEM_HEADERS, samples.sample_items()[0]),
        "inspectors": (samples.INSPECTOR_HEADERS, samples.sample_inspectors()[5]),
        "plan": (samples.PLAN_HEADERS, samples.sample_plan(2026)[0]),
    }[kind]
    path = tmp_path / "表.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        rows = book.add_worksheet()
        rows.write_row(0, 0, headers)
        for number in range(1, 300_000):
            rows.write_row(number, 0, row)
    with within(2_000):
        code, out, err = imported(kind, path, config)
    assert (code, out) == (1, "")
    assert "行数超过上限100,000行" in err


ENDLESS = {
    "one line of a hundred megabytes": (b"x," * (50 << 20), "一行的长度超过上限"),
    "one row of many lines": (b'"x\n",' * (20 << 20), "一行的长度超过上限"),
    "one cell of a hundred megabytes": (b'"' + b"x\n" * (50 << 20) + b'"', "格子过长"),
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("what", list(ENDLESS))
@pytest.mark.parametrize("kind", ["targets", "items"])
def test_a_row_without_an_end(tmp_path: Path, config: Path, kind: str, what: str) -> None:
    """B5: said in one sentence, in a few times the memory that a row may take, behind a good header too."""
    data, words = ENDLESS[what]
    header = ",".join(samples.TARGET_HEADERS if kind == "targets" else samples.ITEM_HEADERS).encode() + b"\n"
    assert len(data) > 20 * MAX_ROW
    path = tmp_path / "表.csv"
    path.write_bytes(header + data)
    del data
    with within(1_000):
        code, out, err = imported(kind, path, config)
    assert (code, out) == (1, "")
    assert words in err
