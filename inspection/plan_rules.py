"""The rules of plans: filing days, merging, coverage (C3-C12, S1-S4, O4).

plan's kind + FilingRules -> filing_due
lines of a plan -> merge_proposals -> groups whose targets and windows overlap: one visit instead of several (C10)
lines, departments -> without_joint (C8); which line plans which item (C7): `inspection.item_matching`
"""

from __future__ import annotations

import calendar
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from inspection.departments import match_department

MONTHS = 12
FORMS = ("综合联查", "风险分类联查", "专项整治联查")  # C11


@dataclass(frozen=True, kw_only=True, slots=True)
class FilingRules:
    """Until when plans are made and filed; days of the year as "MM-DD" (S1-S4)."""

    annual_filed_by: str = "01-31"  # S1: department's annual plan filed and published
    joint_made_by: str = "12-31"  # S2: of the year before
    joint_filed_by: str = "01-31"  # S3: reported 每年初
    special_months_ahead: int = 1  # S4


def filing_due(year: int, starts_on: date | None, rules: FilingRules, *, special: bool, joint: bool) -> date:
    """Give the last day for filing a plan; a special plan counts back from its first start (`starts_on`)."""
    if special and starts_on:
        return months_before(starts_on, rules.special_months_ahead)
    return day_of_year(year, rules.joint_filed_by if joint else rules.annual_filed_by)


def making_due(year: int, rules: FilingRules) -> date:
    """Give the last day for making the joint plan of `year`: a day of the year before (S2)."""
    return day_of_year(year - 1, rules.joint_made_by)


def day_of_year(year: int, month_day: str) -> date:
    """Read "MM-DD" in a year; 02-29 is the month's last day in a year without one. Raises ValueError."""
    month, _, day = month_day.partition("-")
    last = calendar.monthrange(year, int(month))[1]
    return date(year, int(month), min(int(day), last))


def months_before(day: date, months: int) -> date:
    """Give the same day so many months earlier, or that month's last day."""
    index = day.year * MONTHS + day.month - 1 - months
    return day_of_year(index // MONTHS, f"{index % MONTHS + 1:02d}-{day.day:02d}")


def is_preferred(department: str, preferred: Iterable[str]) -> bool:
    """Tell whether a department is one of those that special plans should come from (O4)."""
    return match_department(department, {one: (one,) for one in preferred}) is not None


# --- adjustments (C6) ---

COLUMN_WORDS = {
    "name": "任务名称",
    "item_text": "抽查事项",
    "scope_text": "检查对象范围",
    "quota": "抽查比例或数量",
    "frequency": "抽查频次",
    "starts_on": "开始日期",
    "ends_on": "结束日期",
    "department_id": "发起部门",
    "partner_ids": "配合部门",
    "method": "检查方式",
    "mode": "抽查模式",
    "form": "任务形式",
    "withdrawn": "取消",
}


def changed_columns(
    before: Mapping[str, Any], after: Mapping[str, Any], departments: Mapping[str, str]
) -> list[dict[str, str]]:
    """Say for people what two snapshots of an entry differ in: column, words before, words after."""
    found = []
    for key, title in COLUMN_WORDS.items():
        old, new = (_column(values.get(key), departments) for values in (before, after))
        if old != new:
            found.append({"title": title, "before": old or "空", "after": new or "空"})
    return found


def _column(value: Any, departments: Mapping[str, str]) -> str:
    match value:
        case dict():  # a quota
            return str(value.get("raw", ""))
        case list():
            return "、".join(departments.get(one, "") for one in value)
        case bool():
            return "是" if value else ""
        case str():
            return departments.get(value, value)
    return ""


# --- merging (C10) ---


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A plan's line as these rules see it. `departments` leads first; `keywords` and `region` empty: all targets."""

    id: str
    name: str
    departments: tuple[str, ...]
    starts_on: date
    ends_on: date
    scope_text: str = ""
    keywords: frozenset[str] = frozenset()
    region: str = ""
    item_ids: frozenset[str] = frozenset()
    item_text: str = ""

    @property
    def joint(self) -> bool:
        """Tell whether more than one department takes part."""
        return len(set(self.departments)) > 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Merge:
    """Lines that one visit could serve: the days they share, who would come, and why they belong together."""

    ids: tuple[str, ...]
    starts_on: date
    ends_on: date
    departments: tuple[str, ...]
    reasons: tuple[str, ...]


def same_targets(one: Line, other: Line) -> str:
    """Say in which way two lines look at the same targets; empty if they do not."""
    if one.region and other.region and one.region not in other.region and other.region not in one.region:
        return ""
    if one.scope_text and one.scope_text == other.scope_text:
        return f"检查对象范围相同（{one.scope_text}）"
    shared = sorted(min(a, b, key=len) for a in one.keywords for b in other.keywords if a in b or b in a)
    if shared:
        return f"检查对象范围重叠（{'、'.join(dict.fromkeys(shared))}）"
    if one.joint and frozenset(one.departments) == frozenset(other.departments):
        return "参与部门相同"
    return ""


def overlap(one: Line, other: Line) -> bool:
    """Tell whether two windows share a day."""
    return one.starts_on <= other.ends_on and other.starts_on <= one.ends_on


def merge_proposals(lines: Sequence[Line]) -> list[Merge]:
    """Propose which lines one visit could serve; every line stands in one proposal at most.

    A line joins a group only if it fits every line already in it, so that the group really has common days.
    """
    groups: list[list[Line]] = []
    for line in sorted(lines, key=lambda one: (one.starts_on, one.ends_on, one.id)):
        home = next((group for group in groups if _fits(line, group)), None)
        if home is None:
            groups.append([line])
        else:
            home.append(line)
    return [_merge(group) for group in groups if len(group) > 1]


def _fits(line: Line, group: Sequence[Line]) -> bool:
    return all(overlap(line, one) and same_targets(line, one) for one in group)


def _merge(group: Sequence[Line]) -> Merge:
    reasons = (same_targets(group[0], one) for one in group[1:])
    return Merge(
        ids=tuple(one.id for one in group),
        starts_on=max(one.starts_on for one in group),
        ends_on=min(one.ends_on for one in group),
        departments=tuple(dict.fromkeys(name for one in group for name in one.departments)),
        reasons=tuple(dict.fromkeys(reasons)),
    )


# --- coverage (C8, K7) ---


def without_joint(departments: Iterable[str], lines: Collection[Line]) -> list[str]:
    """Give the departments that neither start nor join a joint check (C8: at least one a year)."""
    joined = {name for line in lines if line.joint for name in line.departments}
    return [name for name in departments if name not in joined]
