"""Table files, bytes in, rows of text out (B5): CSV (UTF-8, UTF-16, GB18030, also gzipped), XLSX and .xls.

file -> what it really is, by content -> whole and harmless? -> rows, lazily     (anything else: one SuichaError)

A text file is read twice: once to be sure that it is whole and in which encoding, once for its rows. So a file that is
cut or mis-encoded is refused before its first row goes anywhere. An unbalanced quote shows only at its row: who takes
rows does so in one transaction.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zlib
from contextlib import closing
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from inspection.errors import InvalidInputError, SuichaError, TooLargeError
from models import workbooks

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    Opener = Callable[[], IO[bytes]]
    Unpack = Callable[[IO[bytes]], IO[bytes]]

MAX_TEXT = 2 << 30  # bytes of a text file, unpacked; a million targets take about 0.4 GB
MAX_ROW = 4 << 20  # characters of one row: forty times the longest scope of business that a register may hold
_CHUNK = 1 << 20
_HEAD = 1 << 16  # bytes that the delimiter is found from
_DELIMITERS = ",\t;"
_GZIP = b"\x1f\x8b"
_OTHERS = {
    b"%PDF": "PDF 文档", b"{\\rtf": "RTF 文档", b"\x89PNG": "图片", b"\xff\xd8\xff": "图片", b"GIF8": "图片",
    b"Rar!": "RAR 压缩包", b"7z\xbc\xaf": "7z 压缩包", b"MZ\x90\0": "程序文件",
}  # fmt: skip
# Six Chinese characters of UTF-8 in a row: in GB18030 such bytes are not met by chance, and mean another encoding.
_UTF8_WORDS = re.compile(rb"(?:[\xe4-\xe9][\x80-\xbf]{2}){6}")
_FORMULA = re.compile(r"'*[=+@＝＋＠－\t\r-]")  # a spreadsheet takes a CSV cell that begins so for a formula
_GUARDED = re.compile(r"'+[=+@＝＋＠－\t\r-]")

csv.field_size_limit(1 << 20)  # a scope of business may be long, and csv has this limit for the process only


class Position:
    """How far a file has been read: bytes of a text file as packed, rows of a workbook; and what its opening told.

    `notes`: what whoever sent the file should know, in sentences. `days_later`: what a bare number that means a day
    lacks, where the workbook counts its days from 1904.
    """

    def __init__(self) -> None:
        self.of = 0
        self.file: IO[bytes] | None = None
        self.notes: tuple[str, ...] = ()
        self.days_later = 0

    def __getstate__(self) -> dict[str, Any]:
        """What another process may know of it: not the file that this one reads."""
        return {**self.__dict__, "file": None}

    def reached(self, rows: int) -> tuple[int, int]:
        """Give (done, of); `rows` is what the caller has taken so far."""
        if self.file is None:
            return (min(rows, self.of), self.of)
        try:
            return (min(self.file.tell(), self.of), self.of)
        except ValueError:  # the reading thread has come to the end and closed it
            return (self.of, self.of)


def is_packed(head: bytes) -> bool:
    """Tell by the first bytes whether a file unpacks to more than its size."""
    return head.startswith(_GZIP) or workbooks.is_workbook(head)


def open_sheet(name: str, source: bytes | Path, position: Position | None = None) -> Generator[list[str], None, None]:
    """Give the rows of a table file, blank ones included, so that the n-th row is line n of the sheet.

    `name` is the file's name for messages; the kind of file is told by its content; `position` learns how far the
    reading has come. Dates come as ISO, whole numbers without a point, numbers that have lost digits in scientific
    notation. Who does not read to the end closes the rows, and the file with them. Raises InvalidInputError or
    TooLargeError, nothing else.
    """
    opener, position = _opener(source), position or Position()
    try:
        with opener() as file:
            head = file.read(_HEAD)
        if not head.strip(b"\0 \r\n\t"):
            raise InvalidInputError(what=f"文件“{name}”", why="是空的")
        if workbooks.is_workbook(head):
            book = workbooks.open_workbook(name, source)
            position.of, position.notes, position.days_later = book.height, book.notes, book.days_later
            return book.rows
        position.of = source.stat().st_size if isinstance(source, Path) else len(source)
        return _open_text(name, opener, _unzipped if head.startswith(_GZIP) else _as_it_is, position)
    except OSError as error:
        raise _broken(name) from error


def of_file(name: str, error: InvalidInputError, notes: Sequence[str] = ()) -> InvalidInputError:
    """The same refusal for people who sent a file: it names the file, and adds what its opening told."""
    what, told = str(error.params["what"]), f"（{'；'.join(notes)}）" if notes else ""
    return InvalidInputError(
        what=what if what.startswith("文件") else f"文件“{name}”的{what}", why=f"{error.params['why']}{told}"
    )


def write_csv(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Write UTF-8 CSV with BOM (Excel needs it); what a spreadsheet would run as a formula gets an apostrophe."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(headers)
    writer.writerows([guarded("" if cell is None else str(cell)) for cell in row] for row in rows)
    return codecs.BOM_UTF8 + out.getvalue().encode()


def guarded(cell: str) -> str:
    """Put an apostrophe before what a spreadsheet would run as a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def write_xlsx(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Write one sheet, text as text: nothing is a formula or a link. Raises TooLargeError past Excel's limits."""
    return workbooks.write_xlsx(headers, rows)


def _opener(source: bytes | Path) -> Opener:
    if isinstance(source, Path):
        return lambda: source.open("rb")
    return lambda: io.BytesIO(source)


def _as_it_is(file: IO[bytes]) -> IO[bytes]:
    return file


def _unzipped(file: IO[bytes]) -> IO[bytes]:
    stream = gzip.GzipFile(fileobj=file)
    # Closed together with the stream, which gzip does only for files it opened itself.
    stream.myfileobj = file  # type: ignore[assignment]  # typeshed knows the narrower case
    return io.BufferedReader(stream)


def _open_text(name: str, opener: Opener, unpack: Unpack, position: Position) -> Generator[list[str], None, None]:
    """Check the whole text once, then hand out its rows."""
    try:
        with unpack(opener()) as file:
            head = file.read(_HEAD)
        _refuse_other_kinds(name, head)
        encoding, has_guards = _proved(name, lambda: unpack(opener()), _encoding(head))
    except (OSError, EOFError, zlib.error, _UndecodableError) as error:
        raise _broken(name) from error

    def watched() -> IO[bytes]:
        position.file = opener()
        return unpack(position.file)

    rows = _rows(name, watched, encoding, _delimiter(head.decode(encoding, errors="ignore")))
    return _unguarded(rows) if has_guards else rows


def _refuse_other_kinds(name: str, head: bytes) -> None:
    if is_packed(head):  # a workbook or a gzip as such never comes here: this one was inside a gzip
        raise InvalidInputError(what=f"文件“{name}”", why="压缩包里面又是压缩文件或 Excel 文件；请解压后上传其中的表格")
    for magic, kind in _OTHERS.items():
        if head.startswith(magic):
            raise InvalidInputError(what=f"文件“{name}”", why=f"实际是{kind}，不是 CSV 或 Excel 表格")
    if head.lstrip(codecs.BOM_UTF8 + b" \r\n\t")[:5].lower() in {b"<html", b"<!doc", b"<tabl", b"<?xml"}:
        raise InvalidInputError(what=f"文件“{name}”", why="实际是网页格式；请用表格软件打开后另存为 xlsx 或 CSV")


def _encoding(head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8-sig" if head.startswith(codecs.BOM_UTF8) else "utf-8"


class _UndecodableError(Exception):
    """Bytes that are no text in an encoding: where they begin, and whether only the end of the file is missing."""

    def __init__(self, at: int, *, cut: bool) -> None:
        super().__init__(at)
        self.at, self.cut = at, cut


def _proved(name: str, opener: Opener, encoding: str) -> tuple[str, bool]:
    """Settle the encoding; UTF-8 up to the very end, and there half a character, is a cut file and no GB18030.

    Bytes of both encodings can often be read as GB18030, as other words than anybody wrote: that is refused.
    """
    try:
        return encoding, _check_text(name, opener, encoding)
    except _UndecodableError as error:
        if encoding != "utf-8" or error.cut:
            raise
        if _has_utf8_words(opener):
            line = 1 + _line_ends(opener, error.at)
            mixed = f"第{line}行附近的编码与其他部分不同（UTF-8 和 GB18030 混在一起），或文件已损坏"
            why = f"{mixed}；请用表格软件打开核对，另存为 xlsx"
            raise InvalidInputError(what=f"文件“{name}”", why=why) from error
    return "gb18030", _check_text(name, opener, "gb18030")


def _has_utf8_words(opener: Opener) -> bool:
    with opener() as file:
        rest = b""
        while chunk := file.read(_CHUNK):
            if _UTF8_WORDS.search(rest + chunk):
                return True
            rest = chunk[-32:]
    return False


def _line_ends(opener: Opener, before: int) -> int:
    with opener() as file:
        count = 0
        while before > 0 and (chunk := file.read(min(_CHUNK, before))):
            count, before = count + chunk.count(b"\n"), before - len(chunk)
    return count


def _check_text(name: str, opener: Opener, encoding: str) -> bool:
    """Decode to the end; refuse NUL, cut characters, endless lines, too much; tell whether apostrophes guard cells."""
    decoder = codecs.getincrementaldecoder(encoding)()
    size, line, has_guards = 0, 0, False
    with opener() as file:
        while chunk := file.read(_CHUNK):
            size += len(chunk)
            if size > MAX_TEXT:
                raise TooLargeError(what=f"文件“{name}”", limit=f"{MAX_TEXT >> 20} MB")
            part = _decoded(decoder, chunk, size)
            if "\0" in part:
                raise InvalidInputError(what=f"文件“{name}”", why="含有空字符，不是 CSV 或 Excel 表格，或文件已损坏")
            end = max(part.rfind("\n"), part.rfind("\r"))
            line = line + len(part) if end < 0 else len(part) - end
            if line > MAX_ROW:
                raise _endless(name)
            # Looking for the apostrophe first: the pattern alone would cost as much as reading the rows.
            has_guards = has_guards or ("'" in part and _GUARDED.search(part) is not None)
    _decoded(decoder, b"", size, final=True)
    return has_guards


def _decoded(decoder: codecs.IncrementalDecoder, chunk: bytes, read: int, *, final: bool = False) -> str:
    try:
        return decoder.decode(chunk, final=final)
    except UnicodeDecodeError as error:
        cut = final or error.reason == "unexpected end of data"
        raise _UndecodableError(read - len(error.object) + error.start, cut=cut) from error


def _delimiter(head: str) -> str:
    """Choose what gives the widest rows at the start of the file; a comma if nothing tells."""
    lines = head.splitlines()[:50]

    def width(delimiter: str) -> int:
        try:
            return max((len(row) for row in csv.reader(lines, delimiter=delimiter)), default=0)
        except csv.Error:
            return 0

    return max(_DELIMITERS, key=width)


def _rows(name: str, opener: Opener, encoding: str, delimiter: str) -> Generator[list[str], None, None]:
    line = taken = 0

    def lines(text: Iterable[str]) -> Iterator[str]:
        """Give lines as long as the row that they make up is one: a quote may hold any number of them together."""
        nonlocal taken
        for one in text:
            taken += len(one)
            if taken > MAX_ROW:
                raise _endless(name)
            yield one

    try:
        with io.TextIOWrapper(opener(), encoding=encoding, newline="") as text:
            reader = csv.reader(lines(text), delimiter=delimiter, strict=True)
            try:
                for row in reader:
                    taken = 0
                    yield row
            finally:
                line = reader.line_num
    except csv.Error as error:
        why = f"第{line}行附近的引号不成对、格子过长，或文件不完整"
        raise InvalidInputError(what=f"文件“{name}”", why=why) from error
    except (OSError, EOFError, zlib.error, UnicodeError) as error:
        raise _broken(name) from error


def _unguarded(rows: Generator[list[str], None, None]) -> Generator[list[str], None, None]:
    """Take the apostrophes of `write_csv` off again, so that an export can be imported unchanged."""
    with closing(rows):
        for row in rows:
            yield [cell[1:] if _GUARDED.match(cell) else cell for cell in row]


def _endless(name: str) -> SuichaError:
    return TooLargeError(what=f"文件“{name}”中一行的长度", limit=f"{MAX_ROW:,} 字")


def _broken(name: str) -> SuichaError:
    return InvalidInputError(what=f"文件“{name}”", why="不完整、已损坏，或编码不是 UTF-8、GB18030")
