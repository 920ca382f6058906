"""What a coordinator orders and whether it makes sense: kind, quota, batches, merged items, lower departments (D1).

TaskOrder + plan entry -> checked quota and terms, as a task's columns hold them
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from inspection import regions
from inspection.batches import cut_by_count, cut_by_dates
from inspection.draw.announcement import Mode
from inspection.errors import InvalidInputError
from inspection.policy import CLASSES, UNCLASSIFIED
from models.registers import PlanEntry
from models.store.lists import ListedItem
from models.store.pools import Scope
from services.act import Act
from services.drawing.kinds import EVERYBODY
from services.registers import libraries

RATIO = re.compile(r"[01](\.[0-9]{1,12})?")
MOST_EACH_REGION = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class MergedItem:
    """One of several items over one target: its own scope and ratio (C10)."""

    item_id: str
    ratio: str
    scope: Scope = field(default_factory=Scope)


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskOrder:
    """What a coordinator decides; `item_ids` None: the items that the plan's entry names, and no others.

    `classes`: so many of each credit class. `each_region`: at least so many of every region. Of mode "order" the
    batches: `batch_size` targets each, or one from each of `batch_days`. `merge`: several items over one target.
    `lower`: region code by department code; the lead department then draws, and these inspect, each in its region.
    """

    plan_entry_id: str
    name: str = ""
    scope: Scope = field(default_factory=Scope)
    mode: Mode = Mode.DOUBLE
    ratio: str | None = None
    count: int | None = None
    classes: Mapping[str, int] | None = None
    each_region: int = 0
    batch_size: int | None = None
    batch_days: tuple[date, ...] = ()
    merge: tuple[MergedItem, ...] = ()
    lower: Mapping[str, str] = field(default_factory=dict)
    team_size: int = 2
    announced: bool = True
    item_ids: tuple[str, ...] | None = None
    starts_on: date | None = None
    ends_on: date | None = None


def checked_quota(order: TaskOrder, entry: PlanEntry) -> dict[str, Any]:
    """Give the order's own quota, else the plan's; InvalidInputError where it makes no sense."""
    if order.mode in EVERYBODY or order.merge:
        return {}
    if not 0 <= order.each_region <= MOST_EACH_REGION:
        raise InvalidInputError(what="每个区域的最少数量", why=f"应在 0 到 {MOST_EACH_REGION} 之间。")
    least = {"each_region": order.each_region} if order.each_region else {}
    return {**_amount(order, entry), **least}


def _amount(order: TaskOrder, entry: PlanEntry) -> dict[str, Any]:
    if order.classes is not None:
        if not set(order.classes) <= {*CLASSES, UNCLASSIFIED} or any(one < 0 for one in order.classes.values()):
            raise InvalidInputError(what="各类抽取户数", why="只能按 A、B、C、D 和未分类填写，且不能小于 0。")
        if not sum(order.classes.values()):
            raise InvalidInputError(what="各类抽取户数", why="至少有一类要抽取。")
        return {"classes": dict(order.classes)}
    ratio, count = order.ratio, order.count
    if ratio is None and count is None:
        ratio, count = entry.quota.get("ratio"), entry.quota.get("count")
    if ratio is not None:
        return {"ratio": checked_ratio(ratio)}
    if count is None or count < 1:
        raise InvalidInputError(what="抽查比例或数量", why="计划里没有可直接使用的数字，请填写其中一项。")
    return {"count": count}


def checked_ratio(ratio: str) -> str:
    """Give a ratio that is one; InvalidInputError."""
    # Not whatever Fraction reads: "1e-999999999" would fill the memory, "1/0" is no number.
    if not RATIO.fullmatch(ratio):
        raise InvalidInputError(what="抽查比例", why="应当写成 0.05 这样的小数。")
    if not 0 < Fraction(ratio) <= 1:
        raise InvalidInputError(what="抽查比例", why="应当大于 0 且不超过 1。")
    return ratio


def checked_kind(order: TaskOrder) -> None:
    """Refuse what does not go together; InvalidInputError."""
    for given, name in ((order.merge, "多事项合并抽取"), (order.lower, "上级抽取、按区域派发")):
        if given and order.mode is not Mode.DOUBLE:
            raise InvalidInputError(what="抽取方式", why=f"{name}只用于双随机。")
    if order.merge and order.lower:
        raise InvalidInputError(what="抽取方式", why="多事项合并和按区域派发不能同时选择。")
    if order.merge and (len(order.merge) < 2 or len({one.item_id for one in order.merge}) < len(order.merge)):  # noqa: PLR2004
        raise InvalidInputError(what="合并抽取", why="至少选择两个不同的事项。")
    if bool(order.batch_size or order.batch_days) != (order.mode is Mode.ORDER):
        raise InvalidInputError(what="检查批次", why="只抽检查批次顺序时填写每批户数或各批起始日期，其他方式不填。")


def batch_terms(order: TaskOrder, starts_on: date, ends_on: date) -> dict[str, Any]:
    """Give the terms of the batches, tried on one target a batch; InvalidInputError."""
    if order.mode is not Mode.ORDER:
        return {}
    if order.batch_days:
        if order.batch_days[0] < starts_on:
            raise InvalidInputError(what="批次日期", why="第一批不能早于任务的开始日期。")
        cut_by_dates([], order.batch_days, ends_on)
        return {"batches": {"first_days": [day.isoformat() for day in order.batch_days]}}
    cut_by_count([], order.batch_size or 0, starts_on, ends_on)
    return {"batches": {"size": order.batch_size}}


async def merge_terms(
    act: Act, order: TaskOrder, chosen: Mapping[str, list[ListedItem]], codes: Mapping[str, str]
) -> dict[str, Any]:
    """Give the terms of merged items: whose each is, its ratio and scope; `codes` of departments by id."""
    whose = {item.id: (codes[department], item) for department, items in chosen.items() for item in items}
    found = []
    for one in order.merge:
        department, item = whose[one.item_id]
        scope = await libraries.scope_of(act, one.scope)
        found.append(
            {
                "item_id": item.id,
                "name": item.name,
                "department": department,
                "ratio": checked_ratio(one.ratio),
                "scope": scope.as_data(),
            }
        )
    return {"merge": found} if found else {}


def lower_regions(order: TaskOrder, ids: Mapping[str, str]) -> dict[str, str]:
    """Give the full region code of each lower department by its id; `ids` by code. InvalidInputError."""
    if unknown := sorted(set(order.lower) - set(ids)):
        raise InvalidInputError(what="下级部门", why=f"没有代号为 {'、'.join(unknown)} 的部门。")
    return {ids[code]: regions.full(region) for code, region in order.lower.items()}
