"""Rows packed for a database where they are read, so that whoever writes them only hands bytes on.

rows -> pack() -> pieces: COPY text for PostgreSQL, marshal for SQLite -> Loader.put_packed()
"""

from __future__ import annotations

import marshal
from collections.abc import Sequence

CELL_END, NULL = "\x1f", "\x1d"  # no cell holds these: they are no printable characters
COPY_OPTIONS = "FORMAT text, DELIMITER E'\\x1f', NULL E'\\x1d'"
_ROW_END = "\x1e"
_ROWS_AT_ONCE = 2_048  # of a piece: unpacking one holds the interpreter, and the loop, for some milliseconds


def pack(rows: Sequence[tuple[str | None, ...]], for_sqlite: bool) -> list[bytes]:  # noqa: FBT001 one of two databases
    """Pack rows in pieces; None is NULL."""
    pieces = [rows[start : start + _ROWS_AT_ONCE] for start in range(0, len(rows), _ROWS_AT_ONCE)]
    return [marshal.dumps(list(piece)) if for_sqlite else _copied(piece) for piece in pieces]


def unpack(piece: bytes) -> list[tuple[str | None, ...]]:
    """The rows of a piece packed for SQLite; only ever bytes of our own child or thread."""
    rows: list[tuple[str | None, ...]] = marshal.loads(piece)  # noqa: S302 see above
    return rows


def _copied(rows: Sequence[tuple[str | None, ...]]) -> bytes:
    """All cells of a piece are joined at once: NULL, a backslash or a line break in a cell is rare and costs more."""
    try:
        lines = list(map(CELL_END.join, rows))  # type: ignore[arg-type]  # a None is told by the TypeError
    except TypeError:
        lines = [CELL_END.join(NULL if cell is None else cell for cell in row) for row in rows]
    words = _ROW_END.join(lines)
    if "\\" in words or "\n" in words or "\r" in words:
        words = words.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return (words.replace(_ROW_END, "\n") + "\n").encode()
