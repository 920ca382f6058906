"""Issue 3, "Speed and memory": a million targets in, the same again, their classes anew, and found page by page.

run() -> one process per database (`python -m benchmarks.import_targets one ...`), so that peaks are its own -> medians

Pages are asked for over HTTP, as the console asks: sign-in, the edge, the search, JSON (benchmarks.import_pages).

Reference: csv.reader over the same file, read anew before every measured import, because the machine's pace drifts.
"""

from __future__ import annotations

import asyncio
import csv
import importlib.util
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg

from benchmarks.import_pages import page_times
from benchmarks.machine import POSTGRES, folder, log, machine, median, p95, peak_mb, timed
from benchmarks.made_up import csv_file, xlsx_file
from inspection.actors import SYSTEM
from models.base import KEYS
from models.database import Database, run_sync_write
from models.schema import Base
from services.act import Act
from services.imports import read_file, run_import

ROWS, XLSX_ROWS, RUNS, PAGES = 1_000_000, 100_000, 3, 200
DATABASE = "suicha_bench"
BEAT = 0.01  # seconds between two looks at whether the loop still turns
HOUSE: Any = SimpleNamespace(link_key=bytes(32))


def run(rows: int = ROWS, runs: int = RUNS) -> dict[str, Any]:
    """Measure everything; what cannot be measured on this machine is None, never guessed."""
    source = csv_file(folder() / f"targets-{rows}.csv", rows)
    found = {name: [_one(name, source) for _ in range(runs)] for name in ("sqlite", "postgres")}
    xlsx = _xlsx(xlsx_file(folder() / f"targets-{XLSX_ROWS}.xlsx", XLSX_ROWS))
    everything = [one for some in found.values() for one in some if one]
    return {
        "machine": machine(),
        "rows": rows,
        "runs": runs,
        "reference": {"csv_reader_s": median([one["csv_s"] for one in everything])},
        "sqlite": _medians(found["sqlite"]),
        "postgres": _medians(found["postgres"]),
        "xlsx": xlsx,
        "ratio_import_sqlite": _ratio(found["sqlite"], "import_s"),
        "ratio_import_pg": _ratio(found["postgres"], "import_s"),
        "ratio_reimport": _worse(_ratio(found["sqlite"], "again_s"), _ratio(found["postgres"], "again_s")),
        "ratio_xlsx": xlsx["ratio"],
        "ratio_credit_sqlite": _ratio(found["sqlite"], "credit_s"),
        "ratio_credit_pg": _ratio(found["postgres"], "credit_s"),
        "peak_mb": max(one["peak_mb"] for one in everything),
        "filter_p95_ms": max(one["filter_p95_ms"] for one in everything),
    }


def _one(name: str, source: Path) -> dict[str, float] | None:
    """Run one database in a process of its own; None where it does not answer."""
    log(f"{name} …")
    done = subprocess.run(  # noqa: S603 ourselves
        [sys.executable, "-m", "benchmarks.import_targets", "one", name, str(source)],
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        log(done.stderr[-800:])
        return None
    log(done.stdout.strip())
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _medians(some: list[dict[str, float] | None]) -> dict[str, float] | None:
    measured = [one for one in some if one]
    return {name: median([one[name] for one in measured]) for name in measured[0]} if measured else None


def _ratio(some: list[dict[str, float] | None], name: str) -> float | None:
    """The median of the ratios, each to the reference of its own run."""
    measured = [one[name] / one["csv_s"] for one in some if one]
    return median(measured) if measured else None


def _worse(*ratios: float | None) -> float | None:
    return max((one for one in ratios if one is not None), default=None)


def _xlsx(path: Path) -> dict[str, float | None]:
    """Import an XLSX into SQLite, against openpyxl's mere reading where it is installed."""
    ours = _one("xlsx", path)
    reading = None
    if importlib.util.find_spec("openpyxl"):
        reading = round(timed(lambda: _openpyxl(path)), 3)
    import_s = ours["import_s"] if ours else None
    ratio = round(import_s / reading, 3) if import_s and reading else None
    return {"rows": XLSX_ROWS, "import_s": import_s, "openpyxl_s": reading, "ratio": ratio}


def _openpyxl(path: Path) -> None:
    openpyxl: Any = importlib.import_module("openpyxl")
    for _ in openpyxl.load_workbook(path, read_only=True).worksheets[0].iter_rows(values_only=True):
        pass


# --- one process ---


def _read_csv(path: Path) -> None:
    with path.open(encoding="utf-8-sig", newline="") as file:
        for _ in csv.reader(file):
            pass


async def _measure(name: str, path: Path) -> dict[str, float]:
    KEYS.load({"1": bytes(32)}, "1")
    database = _empty(name)
    await run_sync_write(database, Base.metadata.create_all)
    is_csv = name != "xlsx"
    try:
        reference = timed(lambda: _read_csv(path)) if is_csv else 0.0
        classes = _classes(path) if is_csv else path  # written before the loop is watched: it is the bench's own work
        lag = asyncio.create_task(_lag())
        import_s = await _import(database, path)
        again_s = await _import(database, path)
        credit_s = await _import(database, classes, "credit") if is_csv else 0.0
        lag.cancel()  # what follows is no import, and keeps the loop to itself
        await _settled(database)
        pages = await page_times(database, PAGES) if is_csv else [0.0]
        reference = (reference + timed(lambda: _read_csv(path))) / 2 if is_csv else 0.0
    finally:
        await database.close()
    return {
        "csv_s": round(reference, 3),
        "import_s": round(import_s, 3),
        "again_s": round(again_s, 3),
        "credit_s": round(credit_s, 3),
        "filter_p95_ms": p95(pages),
        "filter_median_ms": median(pages),
        "loop_lag_ms": round(_worst[0] * 1000, 1),
        "peak_mb": max(peak_mb(), _worst[1]),
    }


def _classes(path: Path) -> Path:
    """A credit class for each target of the register, another one for three of four; written once."""
    made = path.with_name(f"credit-{path.name}")
    if not made.exists():
        with path.open(encoding="utf-8-sig", newline="") as file, made.open("w", encoding="utf-8", newline="") as out:
            rows = csv.reader(file)
            place = next(rows).index("统一社会信用代码")
            writer = csv.writer(out)
            writer.writerow(["统一社会信用代码", "信用风险分类"])
            writer.writerows([row[place], "ABCD"[number % 4]] for number, row in enumerate(rows))
    return made


_worst = [0.0, 0]  # seconds that the loop stood still; MB that we and our children held at once


async def _lag() -> None:
    """Watch how long the loop is ever kept from turning."""
    while True:
        began = time.perf_counter()
        await asyncio.sleep(BEAT)
        _worst[0] = max(_worst[0], time.perf_counter() - began - BEAT)
        _worst[1] = max(_worst[1], _held_mb())


def _held_mb() -> int:
    """What this process and its children hold now, pages shared between them counted twice."""
    lists = [path.read_text().split() for path in Path("/proc/self/task").glob("*/children")]
    pids = ["self", *(pid for some in lists for pid in some)]
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
    return pages * os.sysconf("SC_PAGE_SIZE") >> 20


def _empty(name: str) -> Database:
    if name == "postgres":
        with psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3) as admin:
            admin.execute(f'DROP DATABASE IF EXISTS "{DATABASE}" WITH (FORCE)')
            admin.execute(f'CREATE DATABASE "{DATABASE}"')
        return Database(POSTGRES.rsplit("/", 1)[0].replace("postgresql://", "postgresql+psycopg://") + f"/{DATABASE}")
    file = folder() / "bench.db"
    for end in ("", "-wal", "-shm"):
        file.with_name(file.name + end).unlink(missing_ok=True)
    return Database(f"sqlite+aiosqlite:///{file}")


async def _import(database: Database, path: Path, kind: str = "targets") -> float:
    began = time.perf_counter()
    file = await asyncio.to_thread(read_file, kind, path.name, path)
    async with database.write() as db:
        report = await run_import(Act(db=db, actor=SYSTEM, now=datetime.now(UTC), house=HOUSE), file)
    if report.data["rejected_count"]:
        raise RuntimeError(f"made-up rows were rejected: {report.data['rejected'][:1]}")
    return time.perf_counter() - began


async def _settled(database: Database) -> None:
    """Do what PostgreSQL's autovacuum does by itself within a minute of a large load."""
    if not database.is_sqlite:
        with psycopg.connect(POSTGRES.rsplit("/", 1)[0] + f"/{DATABASE}", autocommit=True) as admin:
            admin.execute("VACUUM ANALYZE targets")


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_measure(sys.argv[2], Path(sys.argv[3])))))
