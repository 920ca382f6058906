"""What a figure was measured on: without it no figure means anything."""

from __future__ import annotations

import os
import platform
import resource
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

POSTGRES = os.environ.get("SUICHA_BENCH_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")


def machine() -> dict[str, Any]:
    """Cores, load, versions."""
    return {
        "cores": os.cpu_count(),
        "load": [round(one, 2) for one in os.getloadavg()],
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "system": f"{platform.system()} {platform.release()}",
    }


def timed(work: Callable[[], object]) -> float:
    """Seconds that one run takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def median(figures: Sequence[float]) -> float:
    """The median, to three digits."""
    return round(statistics.median(figures), 3)


def p95(figures: Sequence[float]) -> float:
    """What 95 of 100 stay under."""
    return round(sorted(figures)[max(0, round(len(figures) * 0.95) - 1)], 1)


def peak_mb() -> int:
    """The most memory that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def folder() -> Path:
    """Where made-up data lies between runs."""
    found = Path("var") / "bench"
    found.mkdir(parents=True, exist_ok=True)
    return found


def log(words: str) -> None:
    """Tell whoever waits, beside the result."""
    print(words, file=sys.stderr, flush=True)
