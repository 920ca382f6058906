"""When filed papers may be destroyed, and on which ground they may not (档案法第二十一条, 国家档案局令第8号; L1).

what is known of a file (a task or a visit with all that was filed of it; an imported archive) -> why not, or "": due

Only what is past its last day is ever due, and only as long as nothing about it is open.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from inspection.retention import keep_until, longest

RULE = (
    "《中华人民共和国档案法》第二十一条；国家档案局令第8号《机关文件材料归档范围和文书档案保管期限规定》；"
    "本单位文书档案保管期限表"
)
GROUNDS: Mapping[str, str] = {
    "no-value": "保管期限已满，经鉴定无继续保存价值",
    "published": "保管期限已满，结果已公示留存，其余材料无继续保存价值",
    "elsewhere": "保管期限已满，需要继续保存的部分已移交档案馆",
}
HOLD_GROUNDS: Mapping[str, str] = {
    "lawsuit": "诉讼、行政复议或仲裁未结",
    "audit": "审计、监察或巡视需要",
    "case": "案件调查需要",
    "value": "经鉴定需要继续保存",
}
FILE_KINDS: Mapping[str, str] = {
    "archive": "封存的档案",
    "content": "导入档案的卷内文件",
    "evidence": "现场证据",
    "submission": "提交的检查记录",
    "paper": "文书附件",
    "rectification": "整改照片",
    "correction": "更正依据和签名",
    "recusal": "回避申请的证明材料",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What is known of a file today: classes and last days as sealed, and what today's papers would be given."""

    sealed: Sequence[tuple[str, date | None]]  # of every archive of it, class and last day
    filed_on: date  # the day of the newest archive
    today_class: str = ""  # what its papers come to now, by today's rules; empty: they are another office's
    open_followups: int = 0
    open_corrections: int = 0
    holds: Collection[str] = ()  # keys of HOLD_GROUNDS
    with_task: bool = False  # a visit whose task is filed whole
    proposed: bool = False
    destroyed: bool = False


def bar(facts: Facts, today: date) -> str:
    """Why the file may not be destroyed today, in words; empty: it is due."""
    until = last_day(facts)
    held = "、".join(HOLD_GROUNDS[one] for one in sorted(facts.holds))
    forever = longest(_classes(facts)) == "permanent"
    grounds = (
        (facts.destroyed, "已经销毁。"),
        (forever, "保管期限为永久，任何时候都不能销毁。"),
        (until is None or today <= until, f"保管期限未满，保管至 {until}。"),
        (facts.with_task, "所属任务已整体立卷，随任务档案一并处置。"),
        (bool(held), f"已暂缓销毁：{held}。"),
        (facts.open_followups, f"还有 {facts.open_followups} 项后续处理没有办结。"),
        (facts.open_corrections, f"还有 {facts.open_corrections} 项更正申请没有办结。"),
        (facts.proposed, "已有一份销毁清册等待决定。"),
    )
    return next((words for holds, words in grounds if holds), "")


def last_day(facts: Facts) -> date | None:
    """The last day of everything that was filed, and of what its papers come to now; None: for ever."""
    days = [day for _, day in facts.sealed]
    if facts.today_class:
        days.append(keep_until(facts.today_class, facts.filed_on))
    known = [day for day in days if day is not None]
    return max(known) if len(known) == len(days) else None


def _classes(facts: Facts) -> list[str]:
    return [name for name, _ in facts.sealed] + ([facts.today_class] if facts.today_class else [])
