"""Excel files in and out: XLSX and .xls by calamine, XLSX written by xlsxwriter.

bytes -> container checked (whole, not encrypted, no bomb) -> first visible sheet with rows -> rows of text

A workbook is a zip that strangers send: before calamine sees it, every part is unpacked once under a limit with its
checksum, and the extent that its cells claim is compared with how many there are, because two cells in opposite corners
of a sheet would otherwise be spread out to seventeen thousand million.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import python_calamine
import xlsxwriter

from inspection.errors import InvalidInputError, SuichaError, TooLargeError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

MAX_UNPACKED = 1 << 30  # bytes of all parts together
MAX_ENTRIES = 2_000  # parts of a workbook
MAX_RATIO = 200  # times its size that a part may unpack to; a sheet whose cells are all alike comes to 24
RATIO_FROM = 64 << 20  # bytes unpacked; less than this is no harm, whatever its ratio
MAX_SPARSE = 8_000_000  # cells that a mostly empty sheet may spread over
MAX_EXTENT = 32_000_000  # cells of any sheet: 1,048,576 rows of 30 columns
MAX_ROWS = 1_048_576  # Excel's own
MAX_CELL = 32_767  # characters, Excel's own

_BOOK = "xl/workbook.xml"
_ZIP = b"PK\x03\x04"
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # the stream that holds a password-protected xlsx
# [MS-XLS] 2.1.7.20.1: FilePass stands right behind the first BOF, at most WriteProtect between (BIFF8, or BIFF5).
_FILE_PASS = re.compile(
    rb"\x09\x08(?:\x10\x00\x00\x06\x05\x00.{12}|\x08\x00\x00\x05\x05\x00.{4})(?:\x86\x00\x00\x00)?\x2f\x00", re.DOTALL
)
_XLS_STREAMS = ("Workbook".encode("utf-16-le"), "Book".encode("utf-16-le"))
_CHUNK = 1 << 20
_OVERLAP = 64  # bytes kept between chunks, so that a reference on the border is seen
_REFERENCE = re.compile(rb"""\br\s*=\s*["']([A-Z]{1,3})(\d{1,7})["']""")
_DTD = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
_DATES_FROM_1904 = re.compile(rb"""<(?:\w+:)?workbookPr\b[^>]*\bdate1904\s*=\s*["'](?:1|true|on)["']""")
# The same in an .xls, [MS-XLS] 2.1.7.20.1: Date1904 (2.4.77), and it is set, stands right before CalcPrecision.
_XLS_DATES_FROM_1904 = b"\x22\x00\x02\x00\x01\x00\x0e\x00\x02\x00"
_FROM_1904 = 1_462  # days from Excel's first day to that of the old Macintosh
_TABLES = (".xlsx", ".xls", ".csv", ".txt", ".zip", ".gz", ".et")
_SHEETS_SHOWN, _NAME_SHOWN = 5, 31
_EXACT = 10**15  # from here on a double no longer holds every digit of an identifier


def is_workbook(head: bytes) -> bool:
    """Tell by the first bytes whether this is a zip or an OLE container."""
    return head.startswith((_ZIP, _OLE))


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """The first visible sheet with rows: its height and rows, which it is in words, and from when it counts days."""

    height: int
    rows: Generator[list[str], None, None]
    notes: tuple[str, ...]
    days_later: int


def open_workbook(name: str, source: bytes | Path) -> Opened:
    """Check the container at once and open its first visible sheet with rows. Raises SuichaError, nothing else."""
    data = source.read_bytes() if isinstance(source, Path) else source
    from_1904 = _check_zip(name, data) if data.startswith(_ZIP) else _check_ole(name, data)
    sheet, others = _sheet(name, data)
    return Opened(
        height=sheet.height,
        rows=_rows(sheet),
        notes=_told(sheet.name, others),
        days_later=_FROM_1904 if from_1904 else 0,
    )


def _told(read: str, others: Sequence[str]) -> tuple[str, ...]:
    """Say which of several sheets is read."""
    if not others:
        return ()
    left = "、".join(f"“{one[:_NAME_SHOWN]}”" for one in others[:_SHEETS_SHOWN])
    more = "等" if len(others) > _SHEETS_SHOWN else ""
    return (f"文件有 {len(others) + 1} 张工作表：读取的是“{read[:_NAME_SHOWN]}”，没有读取{left}{more}",)


def write_xlsx(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Write one sheet whose text stays text; dates are dates. Raises TooLargeError past Excel's rows or characters."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet()
        as_date = book.add_format({"num_format": "yyyy-mm-dd"})
        for number, row in enumerate((headers, *rows)):
            if number >= MAX_ROWS:
                raise TooLargeError(what="表格行数", limit=f"{MAX_ROWS}行")
            for column, cell in enumerate(row):
                _write(sheet, (number, column), cell, as_date)
    return out.getvalue()


def _write(sheet: Any, place: tuple[int, int], cell: object, as_date: Any) -> None:
    if isinstance(cell, str) and len(cell) > MAX_CELL:
        raise TooLargeError(what="单元格文字", limit=f"{MAX_CELL}字")
    if isinstance(cell, date):
        sheet.write_datetime(*place, cell, as_date)
    elif isinstance(cell, int | float) and abs(cell) < _EXACT:
        sheet.write_number(*place, cell)
    elif cell is not None:
        sheet.write_string(*place, str(cell))


# --- containers ---


def _check_zip(name: str, data: bytes) -> bool:
    """Refuse what is no whole, harmless workbook; tell whether it counts its days from 1904."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if any(part.flag_bits & 1 for part in parts):
                raise _encrypted(name)
            if not any(part.filename == _BOOK for part in parts):
                raise _no_workbook(name, [part.filename for part in parts])
            if len(parts) > MAX_ENTRIES or sum(part.file_size for part in parts) > MAX_UNPACKED:
                raise TooLargeError(what=f"文件“{name}”解压后的大小", limit=f"{MAX_UNPACKED >> 20} MB")
            for part in parts:
                if part.file_size > max(RATIO_FROM, MAX_RATIO * part.compress_size):
                    raise TooLargeError(what=f"文件“{name}”的压缩倍数", limit=f"{MAX_RATIO}倍，不像是正常的表格")
                _check_part(name, archive, part)
            return _DATES_FROM_1904.search(archive.read(_BOOK)) is not None
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError) as error:
        raise _broken(name) from error


def _no_workbook(name: str, parts: Sequence[str]) -> SuichaError:
    tables = [part for part in parts if part.lower().endswith(_TABLES)]
    if tables:
        why = f"是压缩包，里面有“{tables[0][-40:]}”等 {len(tables)} 个文件；请解压后上传其中的表格"
        return InvalidInputError(what=f"文件“{name}”", why=why)
    return InvalidInputError(what=f"文件“{name}”", why="不是 Excel 表格（xlsx）；请另存为 xlsx 或 CSV")


def _check_part(name: str, archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Unpack one part to its end (size and checksum are then proved) and measure the extent its cells claim.

    A document type, and with it every entity, has no place in a workbook (ECMA-376 part 2, on XML in packages).
    """
    cells = bottom = 0
    letters: set[bytes] = set()
    rest = b""
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            window = rest + chunk
            if _DTD.search(window) and part.filename.endswith((".xml", ".rels")):
                raise InvalidInputError(
                    what=f"文件“{name}”", why="含有表格软件不会写入的实体定义（DTD），可能有害，不能导入"
                )
            found = _REFERENCE.findall(window)
            cells += len(found)
            letters.update(letter for letter, _ in found)
            bottom = max(bottom, max((int(row) for _, row in found), default=0))
            rest = chunk[-_OVERLAP:]
    width = max(map(_column, letters), default=0)
    limit = min(max(MAX_SPARSE, 4 * cells), MAX_EXTENT)
    if bottom * width > limit or bottom > MAX_ROWS:
        raise TooLargeError(what=f"文件“{name}”中工作表的范围（{bottom:,}行×{width:,}列）", limit=f"{limit:,}格")


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _check_ole(name: str, data: bytes) -> bool:
    """Refuse what is no readable workbook; tell whether it counts its days from 1904."""
    if _ENCRYPTED in data or _FILE_PASS.search(data):
        raise _encrypted(name)
    if not any(stream in data for stream in _XLS_STREAMS):
        raise InvalidInputError(what=f"文件“{name}”", why="不是 Excel 表格（xls），或文件不完整；请另存为 xlsx 或 CSV")
    return _XLS_DATES_FROM_1904 in data


# --- cells ---


def _sheet(name: str, data: bytes) -> tuple[python_calamine.CalamineSheet, list[str]]:
    """The first visible sheet with rows, and the names of the visible ones behind it."""
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        seen = [one.name for one in book.sheets_metadata if one.visible == python_calamine.SheetVisibleEnum.Visible]
        for place, one in enumerate(seen):
            sheet = book.get_sheet_by_name(one)
            if sheet.height:
                return sheet, seen[place + 1 :]
    except python_calamine.PasswordError as error:
        raise _encrypted(name) from error
    except BaseException as error:
        # A malformed file can make calamine panic, and pyo3's PanicException is no Exception.
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise _broken(name) from error
        raise
    raise InvalidInputError(what=f"文件“{name}”", why="没有一张有内容的工作表")


def _rows(sheet: python_calamine.CalamineSheet) -> Generator[list[str], None, None]:
    """Give rows from the sheet's first line on; a cell merged over several rows stands in each of them."""
    below = _merged_below(sheet)
    held: dict[int, str] = {}
    for number, row in enumerate(sheet.iter_rows()):
        cells = [cell if isinstance(cell, str) else _text(cell) for cell in row]
        for column, top in below.get(number, ()):
            if number == top:
                held[column] = cells[column]
            else:
                cells[column] = held[column]
        if "\0" in "".join(cells):
            raise InvalidInputError(what=f"工作表第{number + 1}行", why="含有空字符，文件可能已损坏")
        yield cells


def _merged_below(sheet: python_calamine.CalamineSheet) -> dict[int, list[tuple[int, int]]]:
    """Map a row to (column, top row) of each merged cell that covers it and at least one more row."""
    found: dict[int, list[tuple[int, int]]] = {}
    bottom, width = (sheet.end[0] + 1, sheet.end[1] + 1) if sheet.end else (0, 0)
    left = bottom * width  # honest ranges do not overlap: more than this would be there to use up memory
    for (top, column), (last, _) in sheet.merged_cell_ranges or ():
        if last > top and column < width:
            left -= min(last + 1, bottom) - top
            if left < 0:
                raise InvalidInputError(what="工作表", why="合并单元格互相重叠，文件可能已损坏")
            for row in range(top, min(last + 1, bottom)):
                found.setdefault(row, []).append((column, top))
    return found


def _text(cell: object) -> str:
    """Write a cell as an office means it: 1 for 1.0, ISO dates, and 1.1E+17 where digits are lost already."""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, int | float):
        if abs(cell) >= _EXACT:
            return f"{cell:E}"
        return str(int(cell)) if float(cell).is_integer() else repr(cell)
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    return cell.isoformat(" ") if isinstance(cell, datetime) else str(cell)


def _encrypted(name: str) -> SuichaError:
    return InvalidInputError(what=f"文件“{name}”", why="已加密；请去掉打开密码后重新上传")


def _broken(name: str) -> SuichaError:
    return InvalidInputError(what=f"文件“{name}”", why="不完整或已损坏，打不开")
