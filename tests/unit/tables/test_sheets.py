"""B5: table files as offices send them, and files that are not what they say."""

from __future__ import annotations

import gzip
import io
import random
import struct
import zipfile
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection.credit_code import compose
from inspection.errors import SuichaError, TooLargeError
from inspection.tables import Rejected, TargetRow, read_targets
from models import sheets, workbooks
from models.sheets import open_sheet, write_csv, write_xlsx
from tests.odd_tables import OLE, old_workbook, patched

ROWS = [["企业名称", "统一社会信用代码"], ["演示，一号店", "ABC"], ["演示\n二号店", "“引号”"]]
COMMAS = '企业名称,统一社会信用代码\n"演示，一号店",ABC\n"演示\n二号店",“引号”\n'


def workbook(*cells: tuple[int, int, object], merged: tuple[int, int, int, int] | None = None) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for row, column, cell in cells:
            sheet.write(row, column, cell)
        if merged:
            sheet.merge_range(*merged, "合并")
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        COMMAS.encode(),
        COMMAS.encode("utf-8-sig"),
        COMMAS.encode("gb18030"),
        COMMAS.encode("utf-16"),
        COMMAS.replace(",", ";").encode(),
        COMMAS.replace(",", "\t").encode("gb18030"),
        COMMAS.replace("\n", "\r\n").replace("演示\r\n", "演示\n").encode(),
        gzip.compress(COMMAS.encode()),
        write_csv(ROWS[0], ROWS[1:]),
        write_xlsx(ROWS[0], ROWS[1:]),
        old_workbook(ROWS),
    ],
    ids=["utf-8", "bom", "gb18030", "utf-16", "semicolon", "tab", "crlf", "gzip", "ours", "xlsx", "xls"],
)
def test_one_table_in_many_files(data: bytes, tmp_path: Path) -> None:
    """B5: the same rows whatever the encoding, delimiter or container, from bytes and from a path."""
    assert list(open_sheet("表.dat", data)) == ROWS
    (tmp_path / "表.dat").write_bytes(data)
    assert list(open_sheet("表.dat", tmp_path / "表.dat")) == ROWS


def test_cells_of_a_workbook_as_an_office_means_them() -> None:
    """B5: whole numbers without a point, dates as ISO, percentages as shares, rows counted from the sheet's top."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(2, 0, [13800000001, 0.1, True])
        sheet.write_datetime(2, 3, date(2026, 3, 1), book.add_format({"num_format": "yyyy-mm-dd"}))
    assert list(open_sheet("a.xlsx", out.getvalue()))[2] == ["13800000001", "0.1", "是", "2026-03-01"]


def test_a_code_typed_as_a_number_is_refused_with_its_reason() -> None:
    """B4: Excel keeps 15 digits of 18; the row says so instead of carrying a wrong code."""
    data = workbook((0, 0, "企业名称"), (0, 1, "统一社会信用代码"), (1, 0, "演示店"), (1, 1, 913799990000000017.0))
    (row,) = list(read_targets(open_sheet("a.xlsx", data)))
    assert isinstance(row, Rejected)
    assert (row.row, row.field) == (2, "统一社会信用代码")
    assert "当成数字" in row.reason


def test_a_cell_merged_downwards_stands_in_each_row() -> None:
    """A2: lists merge 抽查领域 over its items."""
    data = workbook((0, 0, "a"), (0, 1, "b"), (1, 1, 1), (2, 1, 2), merged=(1, 0, 2, 0))
    assert list(open_sheet("a.xlsx", data)) == [["a", "b"], ["合并", "1"], ["合并", "2"]]


GOOD = workbook(*((row, column, f"格{row}-{column}") for row in range(50) for column in range(4)))


def flagged_encrypted() -> bytes:
    data = bytearray(GOOD)
    start = data.index(b"PK\x01\x02")
    data[start + 8] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "是空的"),
        (b" \r\n\n", "是空的"),
        (GOOD[: len(GOOD) // 2], "不完整"),
        (GOOD[:-30], "不完整"),
        (b"PK\x03\x04" + b"x" * 100, "不完整"),
        (patched(GOOD, "xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row"), "不完整|没有一张"),
        (patched(GOOD, "xl/workbook.xml", b"nonsense"), "不完整|没有一张"),
        (workbook(), "没有一张有内容的工作表"),
        (flagged_encrypted(), "已加密"),
        (OLE + "EncryptedPackage".encode("utf-16-le") * 9, "已加密"),
        (OLE + bytes(600), "不是 Excel"),
        (OLE + "Workbook".encode("utf-16-le") * 99, "不完整"),
        (old_workbook(ROWS)[:900], "不完整"),
        (gzip.compress(COMMAS.encode() * 99)[:-20], "不完整"),
        (COMMAS.encode()[:-2], "不完整"),
        (COMMAS.encode("gb18030") + b"\x81", "不完整"),
        (b'a,b\n"x,1\n2,3\n', "引号不成对"),
        (b"a,b\n\0,1\n", "空字符"),
        (b"a" * (1 << 20) + b"a,b\n1,2\n", "格子过长"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\x89PNG\r\n\x1a\n....", "图片"),
        ("<html><table><tr><td>甲</td></tr></table></html>".encode(), "网页"),
    ],
)
def test_a_file_that_is_not_whole_or_not_a_table_gets_one_sentence(data: bytes, words: str) -> None:
    """B5: cut, encrypted, empty, hostile or wrong files: one SuichaError, in Chinese, with the file's name."""
    with pytest.raises(SuichaError, match=words) as caught:
        list(open_sheet("表.xlsx", data))
    assert "表.xlsx" in caught.value.sentence()


def test_a_zip_of_something_else_is_no_table() -> None:
    """B5: a Word file is a zip as well."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", "x")
    with pytest.raises(SuichaError, match="不是 Excel"):
        open_sheet("a.docx", out.getvalue())


def test_bombs_are_refused_before_they_are_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """B5: declared size, hidden size, a sheet from corner to corner, and a gzip without an end."""
    monkeypatch.setattr(workbooks, "MAX_UNPACKED", 1 << 20)
    with pytest.raises(TooLargeError, match="解压后"):
        open_sheet("a.xlsx", patched(GOOD, "docProps/app.xml", bytes(2 << 20)))
    bomb = bytearray(patched(GOOD, "docProps/app.xml", bytes(1 << 19)))
    true_size = struct.pack("<I", 1 << 19)
    with pytest.raises(SuichaError, match="不完整"):
        open_sheet("a.xlsx", bytes(bomb).replace(true_size, struct.pack("<I", 10)))
    with pytest.raises(TooLargeError, match="范围"):
        open_sheet("a.xlsx", workbook((0, 0, "a"), (1_048_575, 16_383, "b")))
    monkeypatch.setattr(sheets, "MAX_TEXT", 1 << 20)
    with pytest.raises(TooLargeError, match="上限"):
        open_sheet("a.csv.gz", gzip.compress(b"a,b\n" * (1 << 19)))


def test_merged_ranges_that_overlap_without_end_are_refused() -> None:
    """B5: a thousand ranges over the same rows are there to use up memory."""
    data = workbook(*((row, 0, "x") for row in range(100)), (0, 1, "y"))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    ranges = b'<mergeCells count="1000">' + b'<mergeCell ref="A1:A100"/>' * 1000 + b"</mergeCells>"
    hostile = patched(data, "xl/worksheets/sheet1.xml", sheet.replace(b"</sheetData>", b"</sheetData>" + ranges))
    with pytest.raises(SuichaError, match="互相重叠"):
        list(open_sheet("a.xlsx", hostile))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_file_damaged_anywhere_breaks_nothing(data: st.DataObject) -> None:
    """B5: bytes changed or cut at any place give rows or a SuichaError, never another error."""
    source = data.draw(st.sampled_from([GOOD, old_workbook(ROWS), COMMAS.encode(), gzip.compress(COMMAS.encode())]))
    damaged = bytearray(source[: data.draw(st.integers(0, len(source)))])
    for place in data.draw(st.lists(st.integers(0, len(source) - 1), max_size=4)):
        damaged[place : place + 1] = bytes([data.draw(st.integers(0, 255))])
    try:
        rows = list(open_sheet("表", bytes(damaged)))
    except SuichaError as error:
        assert error.sentence()  # noqa: PT017 - rows are as good an answer
    else:
        assert all(isinstance(cell, str) for row in rows for cell in row)


def test_noise_is_no_table() -> None:
    """B5: bytes without meaning never become targets."""
    noise = random.Random(1).randbytes(5000)  # noqa: S311 - the same noise at every run
    with pytest.raises(SuichaError):
        list(read_targets(open_sheet("a.csv", noise)))


FORMULAS = ["=1+1", "+8610", "-2", "@SUM(A1)", '=HYPERLINK("http://x","点我")', "'=1", "''+2"]


def test_nothing_we_write_is_a_formula() -> None:
    """B5, M1: text of strangers stays text in the spreadsheet of whoever opens our file, and comes back unchanged."""
    book = write_xlsx(["甲"], [[text] for text in FORMULAS])
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
    text = write_csv(["甲"], [[text] for text in FORMULAS])
    assert not any(line.lstrip('"').startswith(("=", "+", "-", "@")) for line in text.decode("utf-8-sig").splitlines())
    assert list(open_sheet("a.xlsx", book)) == list(open_sheet("a.csv", text)) == [["甲"], *([one] for one in FORMULAS)]


cell_texts = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), max_size=12).map(str.strip)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(cell_texts, min_size=3, max_size=3), min_size=1, max_size=5))
def test_what_we_write_is_read_back(rows: list[list[str]]) -> None:
    """B5: an export can be imported again unchanged."""
    header = ["甲", "乙", "丙"]
    assert list(open_sheet("a.csv", write_csv(header, rows))) == [header, *rows]
    read = list(open_sheet("a.xlsx", write_xlsx(header, rows)))
    assert read == [header, *rows][: len(read)]
    assert not any(any(row) for row in rows[len(read) - 1 :])


def test_excel_limits_are_named() -> None:
    """B5: what does not fit into a cell is not cut off in silence."""
    with pytest.raises(TooLargeError):
        write_xlsx(["甲"], [["字" * 32_768]])


def test_a_register_in_gb18030_with_titles_goes_in() -> None:
    """B4, B5: the whole way from bytes to targets."""
    code = compose("92379999", "MA000001")
    text = f"检查对象名录库,,\n统一社会信用代码,名称,成立日期\n{code},演示店,２０１９年３月１日\n,,\n"
    (row,) = list(read_targets(open_sheet("名录.csv", text.encode("gb18030"))))
    assert isinstance(row, TargetRow)
    assert (row.row, row.credit_code, row.registered_on) == (3, code, date(2019, 3, 1))
