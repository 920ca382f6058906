"""The clock edge: a few periodic ticks, each one call of a service; the database says what is due.

APScheduler -> tick -> service (asks the rows what is due, does it once)

A tick missed while the process was down needs no memory: the next one finds the same rows due. So the library's own
defaults, which drop what comes a second late, are turned off (reliability 2.3).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from inspection.workdays import SHANGHAI


@dataclass(frozen=True, kw_only=True, slots=True)
class Tick:
    """What is called how often; `work` owns its transaction and its errors."""

    name: str
    every_s: float
    work: Callable[[], Awaitable[object]]


def build_scheduler(ticks: Sequence[Tick]) -> AsyncIOScheduler:
    """Give a scheduler that is not started yet; a tick never overlaps itself, and missed ones become one."""
    scheduler = AsyncIOScheduler(
        timezone=SHANGHAI,
        job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
    )
    for tick in ticks:
        scheduler.add_job(tick.work, IntervalTrigger(seconds=tick.every_s, timezone=SHANGHAI), id=tick.name)
    return scheduler
