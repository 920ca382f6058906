"""Issue 8, "Speed": the public search over a million results, and what a crowd on the public pages costs the phones.

PostgreSQL filled -> one server process as the product's <- readers | crowd | phones, each a process of its own

search_p95_ms     50 readers, each with a search of his own about once a second: what 95 of 100 searches took, over HTTP
search_cpu_ms     what a search costs the server's process (the database's own work is not in it)
phones_p99_ratio  what 99 of 100 requests of the phones took beside 1,000 requests a second of public pages, over the
                  same without them. Runs take turns; of each the best counts: the machine is shared.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import publish_fill, publish_play
from benchmarks.machine import POSTGRES, log, machine, median, p95
from benchmarks.publish_fill import Filled
from models.base import KEYS
from models.database import Database

RUNS, READERS, RATE = 3, 50, 1_000
SECONDS = 15.0
_NAME = f"suicha_bench_publish_{os.getpid()}"


def run(rows: int = publish_play.RESULTS, runs: int = RUNS) -> dict[str, Any]:
    """Fill a database of its own, measure, drop it."""
    KEYS.load({"1": bytes(32)}, "1")
    with psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3) as admin:
        admin.execute(f'CREATE DATABASE "{_NAME}"')
        try:
            url = POSTGRES.rsplit("/", 1)[0].replace("postgresql://", "postgresql+psycopg://") + f"/{_NAME}"
            return measure(url, asyncio.run(_filled(url, rows)), rows, runs)
        finally:
            admin.execute(f'DROP DATABASE "{_NAME}" WITH (FORCE)')


def measure(url: str, filled: Filled, rows: int, runs: int) -> dict[str, Any]:
    """All figures, over a database that is filled."""
    given = json.dumps({"tokens": filled.tokens, "visits": filled.visits})
    searches, alone, beside, crowds, cpu = [], [], [], [], []
    with _server(url) as (base, pid):
        _told("readers", base, str(READERS), "3", str(rows))  # the first search of a process reads its statements in
        for _ in range(runs):
            before = _cpu_s(pid)
            searches.append(_told("readers", base, str(READERS), str(SECONDS), str(rows)))
            cpu.append((_cpu_s(pid) - before) * 1000 / len(searches[-1]))
            alone.append(_p99(_told("phones", base, str(SECONDS), lines=given)))
            crowd = _child("crowd", base, str(RATE), str(SECONDS + 2))
            beside.append(_p99(_told("phones", base, str(SECONDS), lines=given)))
            crowds.append(_heard(crowd))
            log(f"search p95 {_ms(searches[-1])} ms, phones p99 {alone[-1]} / {beside[-1]} ms, crowd {crowds[-1]}")
    best = min(searches, key=_ms)
    return {
        "results": rows,
        "readers": READERS,
        "search_p95_ms": _ms(best),
        "searches_per_s": round(len(best) / SECONDS, 1),
        "search_p95_ms_by_kind": {
            kind: p95([ms for one, ms in best if one == kind]) for kind in sorted({kind for kind, _ in best})
        },
        "search_cpu_ms": round(min(cpu), 2),
        "search_p95_ms_runs": [_ms(one) for one in searches],
        "phones_p99_ratio": round(min(beside) / min(alone), 3),
        "phones_p99_ms_alone": alone,
        "phones_p99_ms_beside": beside,
        "crowd_per_s": median([one["per_s"] for one in crowds]),
        "crowd": crowds,
        "machine": machine(),
    }


async def _filled(url: str, rows: int) -> Filled:
    database = Database(url)
    try:
        return await publish_fill.fill(database, url, rows)
    finally:
        await database.close()


def _ms(searches: Sequence[tuple[str, float]]) -> float:
    return p95([ms for _, ms in searches])


def _p99(took: Sequence[float]) -> float:
    return round(sorted(took)[int(len(took) * 0.99) - 1], 1)


def _cpu_s(pid: int) -> float:
    """Seconds of CPU that a process has used (proc(5)): what a request costs, however busy the machine is."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _server(url: str) -> Iterator[tuple[str, int]]:
    """The server's address and its process."""
    child = _child("server", url)
    try:
        if child.stdout is None:
            raise RuntimeError("the server has no output")
        yield child.stdout.readline().strip(), child.pid
    finally:
        child.communicate()


def _told(*words: str, lines: str = "") -> Any:
    return _heard(_child(*words), lines)


def _heard(child: subprocess.Popen[str], lines: str = "") -> Any:
    said, _ = child.communicate(f"{lines}\n")
    if child.returncode:
        raise RuntimeError("a process of the benchmark failed")
    return json.loads(said)


def _child(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 our own module
        [sys.executable, "-m", "benchmarks.publish_play", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
