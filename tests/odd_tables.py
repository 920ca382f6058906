"""Table files that attack their reader, are not what they say, or are merely odd; each made here from nothing (B5).

HOSTILE: name -> (kind to import it as, file name, bytes, words of the one sentence that refuses it)
"""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from datetime import date
from typing import Any

import xlsxwriter

from app import samples
from inspection.tables import KINDS
from models.sheets import write_csv, write_xlsx

OLE = bytes.fromhex("d0cf11e0a1b11ae1")
TARGETS = samples.sample_targets(6)
XLSX = write_xlsx(samples.TARGET_HEADERS, TARGETS)
CSV = write_csv(samples.TARGET_HEADERS, TARGETS)
SHEET, STRINGS, BOOK = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"


def workbook(*sheets: tuple[str, list[list[Any]]], **options: Any) -> bytes:
    """A workbook of named sheets."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, **options}) as book:
        as_day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets:
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    sheet.write(number, column, cell, as_day if isinstance(cell, date) else None)
    return out.getvalue()


def zipped(**parts: bytes) -> bytes:
    """A zip of these files; `__` in a name is a dot."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name.replace("__", "."), data)
    return out.getvalue()


def patched(data: bytes, name: str, content: bytes) -> bytes:
    """A workbook with another content of one part."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, content if part == name else old.read(part))
    return out.getvalue()


def with_dtd(dtd: bytes, entity: bytes) -> bytes:
    """A workbook whose strings begin with a document type, and use one of its entities."""
    with zipfile.ZipFile(io.BytesIO(XLSX)) as archive:
        strings = archive.read(STRINGS)
    head, rest = strings.split(b"?>", 1)
    return patched(XLSX, STRINGS, head + b"?>" + dtd + rest.replace("企业名称".encode(), entity, 1))


LAUGHS = b"<!DOCTYPE x [<!ENTITY a0 'ha'>" + b"".join(
    b"<!ENTITY a%d '%s'>" % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 12)
)


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def _cell(row: int, column: int, value: str | int, style: int) -> bytes:
    if isinstance(value, int):
        return _record(0x0203, struct.pack("<HHHd", row, column, style, value))
    return _record(0x0204, struct.pack("<HHHHB", row, column, 0, len(value), 1) + value.encode("utf-16-le"))


AS_NUMBER, AS_DAY = 0, 1  # places in the styles of `old_workbook`


def old_workbook(rows: list[list[Any]], globals_: bytes = b"", style: int = AS_DAY) -> bytes:
    """An .xls from nothing: BIFF8 records in the smallest OLE container there can be; numbers wear this style."""
    begin = struct.pack("<HHHHII", 0x0600, 5, 0, 0, 0, 0)
    styles = b"".join(_record(0x00E0, struct.pack("<HH", 0, format_).ljust(20, b"\0")) for format_ in (0, 14))
    head = _record(0x0809, begin) + globals_ + styles
    place = len(head) + 4 + 8 + 2 + 4
    book = head + _record(0x0085, struct.pack("<IBBBB", place, 0, 0, 2, 0) + b"S1") + _record(0x000A, b"")
    cells = b"".join(_cell(r, c, value, style) for r, row in enumerate(rows) for c, value in enumerate(row))
    size = _record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, len(rows[0]), 0))
    stream = book + _record(0x0809, begin[:2] + b"\x10\0" + begin[4:]) + size + cells + _record(0x000A, b"")
    stream = stream.ljust(max(4096, -(-len(stream) // 512) * 512), b"\0")
    sectors = len(stream) // 512

    def entry(name: str, kind: int, start: int, length: int, child: int) -> bytes:
        raw = name.encode("utf-16-le") + b"\0\0"
        data = raw.ljust(64, b"\0") + struct.pack("<HBBiii", len(raw), kind, 1, -1, -1, child)
        return data + bytes(36) + struct.pack("<iQ", start, length)

    fat = [-3, -2, *range(3, 2 + sectors), -2]
    table = struct.pack(f"<{len(fat)}i", *fat).ljust(512, b"\xff")
    directory = (entry("Root Entry", 5, -2, 0, 1) + entry("Workbook", 2, 2, len(stream), -1)).ljust(512, b"\0")
    top = (
        OLE
        + bytes(16)
        + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
        + struct.pack("<IIiIIiIiI", 0, 1, 1, 0, 4096, -2, 0, -2, 0)
    )
    return top + struct.pack("<i", 0).ljust(436, b"\xff") + table + directory + stream


FROM_1904 = _record(0x0022, b"\1\0") + _record(0x000E, b"\1\0")  # Date1904 and, as everywhere, CalcPrecision
XOR_LOCKED, RC4_LOCKED = (
    _record(0x002F, struct.pack("<HHH", 0, 1, 2)),
    _record(0x002F, struct.pack("<HHH", 1, 1, 1) + bytes(48)),
)


def _flagged_encrypted() -> bytes:
    data = bytearray(XLSX)
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def _lying_bomb() -> bytes:
    """A part of 512 KB that says it has ten bytes."""
    bomb = patched(XLSX, "docProps/app.xml", bytes(1 << 19))
    return bomb.replace(struct.pack("<I", 1 << 19), struct.pack("<I", 10))


def _corner_to_corner() -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "企业名称")
        sheet.write(1_048_575, 16_383, "x")
    return out.getvalue()


def _as(kind: str) -> bytes:
    """A good table of this kind."""
    return {
        "targets": CSV,
        "credit": write_csv(["统一社会信用代码", "信用风险分类"], [[row[1], "A"] for row in TARGETS]),
        "inspectors": write_csv(samples.INSPECTOR_HEADERS, samples.sample_inspectors()),
        "items": write_csv(samples.ITEM_HEADERS, samples.sample_items()),
        "plan": write_csv(samples.PLAN_HEADERS, samples.sample_plan(2026)),
    }[kind]


TITLES = {kind: one.word for kind, one in KINDS.items()}
_LINES = CSV.decode("utf-8-sig").splitlines(keepends=True)
HOSTILE: dict[str, tuple[str, str, bytes, str]] = {
    "empty": ("targets", "表.csv", b"", "是空的"),
    "blank": ("targets", "表.csv", b"\n\n , \n", "没有内容"),
    "no header": ("targets", "表.csv", write_csv(("甲", "乙"), [["1", "2"]]), "没有找到企业名称"),
    "billion laughs": ("targets", "表.xlsx", with_dtd(LAUGHS + b"]>", b"&a11;"), "实体定义"),
    "external entity": (
        "targets", "表.xlsx", with_dtd(b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>', b"&e;"), "实体定义",
    ),
    "entity nobody uses": ("items", "表.xlsx", with_dtd(b"<!DOCTYPE x SYSTEM 'http://x/'>", b"x"), "实体定义"),
    "zip of a workbook": ("targets", "表.zip", zipped(a__xlsx=XLSX, b__csv=CSV), "是压缩包.*等 2 个文件"),
    "zip of a zip": ("credit", "表.zip", zipped(a__zip=zipped(a__csv=CSV)), "是压缩包"),
    "zip of a document": ("plan", "表.docx", zipped(document__xml=b"x"), "不是 Excel 表格"),
    "gzip of a workbook": ("targets", "表.xlsx.gz", gzip.compress(XLSX), "里面又是压缩文件"),
    "gzip of a gzip": ("targets", "表.csv.gz", gzip.compress(gzip.compress(CSV)), "里面又是压缩文件"),
    "bomb by ratio": ("inspectors", "表.xlsx", patched(XLSX, "docProps/app.xml", bytes(80 << 20)), "压缩倍数"),
    "bomb that lies": ("targets", "表.xlsx", _lying_bomb(), "不完整"),
    "corner to corner": ("items", "表.xlsx", _corner_to_corner(), "工作表的范围"),
    "xlsx with a password": ("targets", "表.xlsx", OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "已加密"),
    "zip with a password": ("targets", "表.xlsx", _flagged_encrypted(), "已加密"),
    "xls with a password": ("targets", "表.xls", old_workbook(TARGETS, RC4_LOCKED), "已加密"),
    "xls with an old password": ("targets", "表.xls", old_workbook(TARGETS, XOR_LOCKED), "已加密"),
    "cut workbook": ("targets", "表.xlsx", XLSX[: len(XLSX) // 2], "不完整"),
    "damaged workbook": ("targets", "表.xlsx", XLSX[:200] + bytes(64) + XLSX[264:], "不完整"),
    "cut xls": ("targets", "表.xls", old_workbook(TARGETS)[:900], "不完整"),
    "cut gzip": ("targets", "表.csv.gz", gzip.compress(CSV)[:-20], "不完整"),
    "cut text": ("targets", "表.csv", CSV + "演".encode()[:2], "不完整"),
    "open quote": ("targets", "表.csv", CSV + b'"91379999,x\n', "引号不成对"),
    "zip that is none": ("targets", "表.xlsx", b"PK\x03\x04" + bytes(500), "不完整"),
    "ole that is none": ("targets", "表.xls", OLE + bytes(1000), "不是 Excel"),
    "pdf renamed": ("plan", "表.xlsx", b"%PDF-1.7 " + bytes(500), "实际是PDF"),
    "picture renamed": ("items", "表.csv", b"\x89PNG\r\n\x1a\n" + bytes(90), "实际是图片"),
    "page renamed": ("targets", "表.xls", b"<html><table><tr><td>1</td></tr></table></html>", "网页格式"),
    "rar": ("targets", "表.csv", b"Rar!\x1a\x07\0" + bytes(90), "压缩包"),
    "program": ("targets", "表.csv", b"MZ\x90\0\3" + bytes(90), "程序"),
    "nul": ("targets", "表.csv", CSV + b"\0", "空字符"),
    "no encoding": ("targets", "表.csv", CSV + b"\xff\xff\xff\xff", "编码"),
    "utf-8, then gb18030": (
        "targets", "表.csv", "".join(_LINES[:3]).encode() + "".join(_LINES[3:]).encode("gb18030"), "第4行附近的编码",
    ),
    "gb18030, then utf-8": (
        "targets", "表.csv", "".join(_LINES[:3]).encode("gb18030") + "".join(_LINES[3:]).encode(), "混在一起",
    ),
    "wider than a spreadsheet": ("targets", "表.csv", b"a," * 20_000 + b"\n", "第1行：有20001列"),
    **{
        f"{kind} as {other}": (other, "表.csv", _as(kind), f"像是“{TITLES[kind]}”，不是“{TITLES[other]}”")
        for kind in TITLES
        for other in TITLES
        if kind != other
    },
}  # fmt: skip
