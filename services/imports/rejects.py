"""Rejected rows as a file with a reason column: mended by whoever sent them, and imported again.

Rejected -> RejectsFile (gzip on disk, never in memory) -> keep(): encrypted column -> rejects_of(): CSV

They may hold personal data, and the store of blobs never forgets (ADR 0007). So they lie encrypted in a table of their
own and leave it after KEPT_DAYS; the next import sweeps.
"""

from __future__ import annotations

import base64
import csv
import gzip
import io
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Self

from sqlalchemy import delete

from inspection.errors import InvalidInputError, NotFoundError
from inspection.tables import Rejected
from inspection.workdays import local_date
from models.registers import ImportRejects, ImportReport
from models.sheets import guarded
from services.act import Act

REASON = "未导入原因"
KEPT_DAYS = 30
MAX_ROWS = 100_000  # a file with more wrong rows than this is mended where it came from
MAX_BYTES = 32 << 20  # of the packed file


class RejectsFile:
    """The rejected rows of one import as they come."""

    def __init__(self, header: Sequence[str]) -> None:
        self.rows = 0
        self._header = list(header)
        self._raw = tempfile.TemporaryFile()  # noqa: SIM115 lives as long as the import; nameless, so nobody else reads it
        self._text = io.TextIOWrapper(
            gzip.GzipFile(fileobj=self._raw, mode="wb", compresslevel=3), "utf-8-sig", newline=""
        )
        self._writer = csv.writer(self._text)
        self._reason_at = self._header.index(REASON) if REASON in self._header else None
        self._writer.writerow(self._line(self._header, REASON))

    def add(self, rejected: Rejected) -> None:
        """Write one row, its reason behind the header's columns."""
        if self.rows < MAX_ROWS and self._raw.tell() < MAX_BYTES:
            self._writer.writerow(self._line(rejected.raw, f"{rejected.field}：{rejected.reason}"))
            self.rows += 1

    def _line(self, cells: Sequence[str], reason: str) -> list[str]:
        width = len(self._header)
        line = [guarded(cell) for cell in cells] + [""] * (width - len(cells))
        if self._reason_at is not None:
            line[self._reason_at] = reason
            return line
        return [*line[:width], reason, *line[width:]]

    def packed(self) -> bytes:
        """Finish, and give the gzipped CSV."""
        self._text.close()
        self._raw.seek(0)
        return self._raw.read()

    def save(self, path: Path) -> None:
        """Write the CSV to a file of the caller's; InvalidInputError where that cannot be."""
        try:
            path.write_bytes(gzip.decompress(self.packed()))
        except OSError as error:
            raise InvalidInputError(what=f"未导入清单“{path}”", why=f"不能写入（{error.strerror}）。") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._text.close()
        self._raw.close()


async def keep(act: Act, report_id: str, file: RejectsFile) -> None:
    """Keep the file with its report, and forget those whose time is over."""
    today = local_date(act.now)
    await act.db.execute(delete(ImportRejects).where(ImportRejects.expires_on < today))
    if file.rows:
        data = base64.b64encode(file.packed()).decode("ascii")
        expires_on = today + timedelta(days=KEPT_DAYS)
        act.db.add(ImportRejects(report_id=report_id, rows=file.rows, data=data, expires_on=expires_on))
        await act.db.flush()


async def rejects_of(act: Act, report_id: str) -> tuple[str, bytes]:
    """The file's name and the CSV (UTF-8 with BOM) of the rejected rows; NotFoundError once they are forgotten."""
    row = await act.db.get(ImportRejects, report_id)
    report = await act.db.get(ImportReport, report_id)
    if row is None or report is None or row.expires_on < local_date(act.now):
        raise NotFoundError(what="这份未导入清单（只保留30天）")
    stem = report.file_name.rsplit(".", 1)[0]
    return f"{stem}-未导入.csv", gzip.decompress(base64.b64decode(row.data))
