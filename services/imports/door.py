"""The door of imports: which kinds there are, how a file is read, and what is kept of it.

file -> read_file() (thread; a wrong file ends here) -> run_import() in one transaction -> Report + file of rejects
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from inspection.errors import InvalidInputError, NotFoundError, TooLargeError
from inspection.tables import KINDS as TABLES
from inspection.tables import Header, Reading, Rejected, owner_above
from models.database import moves_much
from models.reading import BATCHED, Opened, Work, in_child, open_table, rows_of
from models.registers import ImportReport
from models.sheets import Position, is_packed, open_sheet
from services.act import Act
from services.imports import rejects
from services.imports.credit import store_credit
from services.imports.feed import Feed, Progress, no_progress
from services.imports.lists import store_items, store_plan
from services.imports.people import store_inspectors
from services.imports.report import Tally
from services.imports.targets import store_targets
from services.planning import item_lists, plan_changes

KINDS = {kind: one.word for kind, one in TABLES.items()}
MAX_ROWS = 100_000  # of the other kinds: no office has more inspectors, items or entries of a plan to send at once
LARGE = 4 << 20  # bytes of text from which on a process of its own reads it
PACKED = 40  # times its size that a zipped file may unpack to; a bomb makes it a thousand, and is then in a child
LIST_NAME = "检查对象名录"  # the list that targets belong to where nobody names one


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadFile:
    """A file whose header is known; the rows of the short kinds are read, those of the long kinds wait in the file."""

    kind: str
    name: str
    data: bytes | Path
    header: Header
    seconds: float
    position: Position
    rows: Sequence[Any] = ()
    reading: Reading[Any] | None = None
    work: Work | None = None

    def close(self) -> None:
        """End the child of a file that is not imported after all; an import does so itself."""
        if self.work is not None:
            self.work.close()


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What a file did, or would do."""

    id: str | None
    kind: str
    file_name: str
    dry_run: bool
    data: dict[str, Any]
    rejected: tuple[Rejected, ...]

    def as_data(self) -> dict[str, Any]:
        """The report as JSON data."""
        return {
            "id": self.id,
            "kind": self.kind,
            "file_name": self.file_name,
            "dry_run": self.dry_run,
            **self.data,
        }


def read_file(kind: str, name: str, data: bytes | Path) -> ReadFile:
    """Open a file (blocking; run in a thread). Whatever is wrong with the file as such is raised here.

    `data` is its content, or where it lies. Only an unbalanced quote in a long file shows later, in `run_import`, and
    undoes the whole transaction.
    """
    if kind not in KINDS:
        raise InvalidInputError(what="导入类型", why=f"应当是 {'、'.join(KINDS)} 之一。")
    began = time.perf_counter()
    work, opened = in_child(kind, name, data) if _wants_child(kind, data) else (None, Opened(position=Position()))
    try:
        if opened.header is not None:  # the child reads the rows as well
            header, reading = opened.header, None
        else:
            rows = rows_of(work) if work else open_sheet(name, data, opened.position)
            reading = open_table(kind, name, _counted(kind, rows), opened.position)
            header = reading.header
        kept = list(reading) if reading is not None and kind not in BATCHED else []
    except BaseException:
        if work is not None:
            work.close()
        raise
    return ReadFile(
        kind=kind,
        name=name,
        data=data,
        header=header,
        seconds=time.perf_counter() - began,
        position=opened.position,
        rows=kept,
        reading=reading,
        work=work,
    )


def _counted(kind: str, rows: Generator[list[str], None, None]) -> Generator[list[str], None, None]:
    """Give rows, of the short kinds no more than MAX_ROWS: these are kept in memory."""
    if kind in BATCHED:
        return rows
    return _at_most(rows, TooLargeError(what=f"“{KINDS[kind]}”一次导入的行数", limit=f"{MAX_ROWS:,}行"))


def _at_most(rows: Generator[list[str], None, None], error: TooLargeError) -> Generator[list[str], None, None]:
    with closing(rows):
        for number, row in enumerate(rows):
            if number > MAX_ROWS:
                raise error
            yield row


def _wants_child(kind: str, data: bytes | Path) -> bool:
    """Whether a process of its own opens a file: what it unpacks to is much, or may be.

    Text takes no more memory than a row, so for its rows alone a process would be no gain.
    """
    if isinstance(data, bytes):
        size, head = len(data), data[:8]
    else:
        size = data.stat().st_size
        with data.open("rb") as file:
            head = file.read(8)
    packed = is_packed(head)
    return (packed or kind in BATCHED) and size * (PACKED if packed else 1) > LARGE


def _digest(data: bytes | Path) -> str:
    if isinstance(data, bytes):
        return hashlib.sha256(data).hexdigest()
    with data.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def run_import(
    act: Act,
    file: ReadFile,
    *,
    dry_run: bool = False,
    source: str = "",
    progress: Progress = no_progress,
    rejects_to: Path | None = None,
) -> Report:
    """Compare and write in the act's transaction; a dry run does the same inside a savepoint that is undone.

    `source` names the list that targets belong to: what stood in it before and no longer does is told as `vanished`.
    `progress` is called with (done, of, rows): done and of in bytes of a text file or rows of a workbook. `rejects_to`
    takes the rejected rows as CSV, where there are any, in a dry run too. The file is closed at the end.
    """
    with closing(file), rejects.RejectsFile(file.header.cells) as spool:
        began, tally = time.perf_counter(), Tally(file=spool)
        digest = asyncio.get_running_loop().run_in_executor(None, _digest, file.data)  # beside the import
        feed = Feed(
            kind=file.kind,
            name=file.name,
            header=file.header,
            position=file.position,
            key=act.house.link_key,
            reading=file.reading,
            work=file.work,
            progress=progress,
        )
        if file.work is not None:
            moves_much(act.db)
        savepoint = await act.db.begin_nested() if dry_run else None
        await _store(act, file, feed, tally, source=source or LIST_NAME, dry_run=dry_run)
        if savepoint is not None:
            await savepoint.rollback()
            act.db.expire_all()
        data = {
            **tally.as_data(),
            "unknown_columns": list(file.header.unknown),
            "notes": [*file.position.notes, *file.header.notes],
            "source": source or LIST_NAME if file.kind == "targets" else "",
            "seconds": round(file.seconds + time.perf_counter() - began, 2),
        }
        row_id = None if dry_run else await _keep(act, file, await digest, data, tally)
        if rejects_to is not None and spool.rows:
            await asyncio.to_thread(spool.save, rejects_to)
    return Report(
        id=row_id, kind=file.kind, file_name=file.name, dry_run=dry_run, data=data, rejected=tuple(tally.rejected)
    )


async def _store(act: Act, file: ReadFile, feed: Feed, tally: Tally, *, source: str, dry_run: bool) -> None:
    if file.kind == "targets":
        await store_targets(act.db, feed, tally, source=source, dry_run=dry_run)
    elif file.kind == "credit":
        await store_credit(act.db, feed, tally)
    elif file.kind == "inspectors":
        await store_inspectors(act.db, file.rows, tally)
    elif file.kind == "items":
        await store_items(act.db, file.rows, tally, owner_above(file.header.above))
        await item_lists.adopt_imported(act)
    else:
        await store_plan(act.db, file.rows, tally)
        await plan_changes.adopt_imported(act)


async def _keep(act: Act, file: ReadFile, digest: str, data: dict[str, Any], tally: Tally) -> str:
    row = ImportReport(
        department_id=act.actor.department_id,
        kind=file.kind,
        file_name=file.name[:256],
        file_digest=digest,
        at=act.now,
        report=data,
    )
    act.db.add(row)
    await act.db.flush()
    if tally.file is not None:
        await rejects.keep(act, row.id, tally.file)
    counts = {key: data[key] for key in ("read", "added", "changed", "unchanged", "vanished", "rejected_count")}
    act.record("import", f"import:{row.id}", kind=file.kind, file=file.name, **counts)
    return row.id


async def reports(act: Act, limit: int = 50) -> list[dict[str, Any]]:
    """The newest reports without their rejected rows."""
    rows = await act.db.scalars(select(ImportReport).order_by(ImportReport.id.desc()).limit(limit))
    return [_shown(row, whole=False) for row in rows]


async def report_of(act: Act, report_id: str) -> dict[str, Any]:
    """One report with its rejected rows."""
    row = await act.db.get(ImportReport, report_id)
    if row is None:
        raise NotFoundError(what="这份导入报告")
    return _shown(row, whole=True)


def _shown(row: ImportReport, *, whole: bool) -> dict[str, Any]:
    left_out = () if whole else ("rejected", "examples")
    data = {key: value for key, value in row.report.items() if key not in left_out}
    return {"id": row.id, "kind": row.kind, "file_name": row.file_name, "at": row.at, "dry_run": False, **data}
