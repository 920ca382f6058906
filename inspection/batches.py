"""Batches through the year from one frozen order (A8, D3): who comes when is settled by the draw, not by whoever plans.

drawn order (mode "order") + batch sizes | dates -> Batch, Batch, ... -> one dispatch each, on its first day

The order is never cut anew: a target that leaves (deregistered, moved) leaves its place empty, and nobody moves up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate, pairwise

from inspection.errors import InvalidInputError


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """Number `number` (from 1) of a year's batches: its days, both included, and its targets in draw order."""

    number: int
    starts_on: date
    ends_on: date
    targets: tuple[str, ...]


def cut_by_count(order: Sequence[str], size: int, starts_on: date, ends_on: date) -> tuple[Batch, ...]:
    """Cut an order into batches of `size` targets (the last may be smaller), the days shared out evenly over them.

    Raises InvalidInputError if the size is below 1 or there are fewer days than batches.
    """
    if size < 1:
        raise InvalidInputError(what="每批数量", why="至少为 1")
    if not order:
        return ()
    parts = [tuple(order[start : start + size]) for start in range(0, len(order), size)]
    days = (ends_on - starts_on).days + 1
    if days < len(parts):
        raise InvalidInputError(what="检查批次", why=f"{len(parts)} 批需要至少 {len(parts)} 天，只有 {max(days, 0)} 天")
    first_days = [starts_on + timedelta(days=days * number // len(parts)) for number in range(len(parts))]
    return _batches(parts, first_days, ends_on)


def cut_by_dates(order: Sequence[str], first_days: Sequence[date], ends_on: date) -> tuple[Batch, ...]:
    """Cut an order into one batch per first day, in proportion to the days of each; every target comes exactly once.

    Raises InvalidInputError if there is no first day, or the days do not ascend up to `ends_on`.
    """
    days = [*first_days, ends_on + timedelta(days=1)]
    if not first_days or any(before >= after for before, after in pairwise(days)):
        raise InvalidInputError(what="批次日期", why="至少一个，须从早到晚且不晚于结束日期")
    lengths = [(after - before).days for before, after in pairwise(days)]
    ends = [len(order) * passed // sum(lengths) for passed in accumulate(lengths)]
    parts = [tuple(order[start:end]) for start, end in pairwise([0, *ends])]
    return _batches(parts, first_days, ends_on)


def batch_on(batches: Sequence[Batch], day: date) -> Batch | None:
    """Give the batch whose turn it is on a day, or None before the first and after the last."""
    return next((batch for batch in batches if batch.starts_on <= day <= batch.ends_on), None)


def _batches(parts: Sequence[tuple[str, ...]], first_days: Sequence[date], ends_on: date) -> tuple[Batch, ...]:
    last_days = [*(day - timedelta(days=1) for day in first_days[1:]), ends_on]
    return tuple(
        Batch(number=number, starts_on=first, ends_on=last, targets=targets)
        for number, (first, last, targets) in enumerate(zip(first_days, last_days, parts, strict=True), 1)
    )
