"""Clues from outside the draw: where they come from, their table, and when many of them are a pattern (O1, O2).

complaint, assignment, monitoring signal -> checked at once, with a named reason, without a draw (个案检查)
many of one kind in one region or trade, more than its share of targets explains -> a special plan is proposed
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inspection.chance import holm, upper_tail

# The reasons for which a check needs no draw (requirements 2.2: 个案检查 exempt), as far as clues bring them.
SOURCES: Mapping[str, str] = {
    "complaint": "投诉举报",
    "assigned": "上级交办",
    "transferred": "部门转办",
    "monitoring": "数据监测预警",
    "media": "媒体曝光",
    "request": "企业申请",
    "onsite": "检查中发现",
}
DISMISSALS: Mapping[str, str] = {
    "not-ours": "不属于本部门职责，已转告",
    "repeated": "与已受理的线索重复",
    "unclear": "信息不足，无法核查",
    "withdrawn": "投诉人撤回",
}
COLUMNS: Mapping[str, str] = {
    "source": "线索来源",
    "source_no": "来源编号",
    "received_on": "收到日期",
    "target_code": "统一社会信用代码",
    "department": "责任部门",
    "matter": "反映事项",
    "content": "具体内容",
}
WINDOW_DAYS = 90
AT_LEAST = 3  # targets: two neighbours are no pattern


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Clues about one matter: how many different targets of a group they name, of how many named altogether."""

    matter: str
    kind: str  # "region" or "trade"
    key: str
    named: int
    named_of_all: int
    share: float  # the group's share of all targets


def patterns(groups: Sequence[Group]) -> list[tuple[Group, float]]:
    """The groups that are named more often than their size explains, however many groups there are; likeliest last."""
    chances = [upper_tail(one.named, one.named_of_all, one.share) for one in groups]
    kept = [
        (group, chance)
        for group, chance, more in zip(groups, chances, holm(chances), strict=True)
        if more and group.named >= AT_LEAST
    ]
    return sorted(kept, key=lambda one: one[1])
