"""`suicha bench NAME`: measure a promise on this machine, reference beside product, and print the ratios.

NAME -> benchmarks.<module>.run() -> figures as JSON or as a table
"""

from __future__ import annotations

import importlib
import importlib.util
import json
from enum import Enum
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from inspection.errors import InvalidInputError


class Benchmark(Enum):
    """What can be measured: the name on the command line -> the module that does it."""

    IMPORT = "import"
    DRAW = "draw"
    REMINDERS = "reminders"
    MESSAGES = "messages"
    PUBLISH = "publish"
    PHOTOS = "photos"


MODULES = {
    Benchmark.IMPORT: "benchmarks.import_targets",
    Benchmark.DRAW: "benchmarks.draw",
    Benchmark.REMINDERS: "benchmarks.reminders",
    Benchmark.MESSAGES: "benchmarks.messages",
    Benchmark.PUBLISH: "benchmarks.publish",
    Benchmark.PHOTOS: "benchmarks.photos",
}


def bench(
    name: Annotated[Benchmark, typer.Argument(help="测量项目")],
    rows: Annotated[int, typer.Option("--rows", min=1_000, help="虚构的检查对象数")] = 1_000_000,
    runs: Annotated[int, typer.Option("--runs", min=1, help="每项测量次数，取中位数")] = 3,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """测量性能：虚构的数据、参照程序与本系统同场测量，给出比值。"""
    if importlib.util.find_spec("benchmarks") is None:
        raise InvalidInputError(what="测量程序", why="只在源码目录中；请在源码目录运行。")
    figures: dict[str, Any] = importlib.import_module(MODULES[name]).run(rows=rows, runs=runs)
    if as_json:
        typer.echo(json.dumps(figures, ensure_ascii=False))
        return
    table = Table("项目", "数值", title=f"{name.value}：{rows:,} 行")
    for key, value in figures.items():
        table.add_row(key, json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value))
    Console().print(table)
