"""The rules of item lists: what an item says, which version holds, caps by class, claiming from above (A1-A14).

versions of an item + day -> in_force -> the version that holds, or None: not on the list, not to be inspected (A3)
item + Caps -> cap_faults; list + Caps -> key_share_warning
own item + upper item -> differences -> ClaimState
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from enum import Enum
from fractions import Fraction
from typing import Any, Protocol, TypeVar

from inspection import cells
from inspection.cells import ItemClass
from inspection.errors import InvalidInputError


@dataclass(frozen=True, kw_only=True, slots=True)
class Guide:
    """An item's work guide (A12). All free words; the item's own basis and content stand in for empty ones."""

    basis: str = ""  # 检查依据
    content: str = ""  # 检查内容
    steps: str = ""  # 检查流程
    approval: str = ""  # 审批权限
    publication: str = ""  # 公示程序
    filing: str = ""  # 归档方式
    drawing: str = ""  # 抽取方法 (S4)


GUIDE_WORDS = {
    "basis": "检查依据",
    "content": "检查内容",
    "steps": "检查流程",
    "approval": "审批权限",
    "publication": "公示程序",
    "filing": "归档方式",
    "drawing": "抽取方法",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemBody:
    """Every column of a list (S3附件2 and joint lists), as words; departments and the form stand beside it."""

    name: str  # 事项名称
    domain: str = ""  # 抽查领域
    sub_item: str = ""  # 抽查子项
    code: str = ""  # 编号
    basis: str = ""  # 抽查依据
    subject: str = ""  # 抽查对象
    content: str = ""  # 抽查内容
    method: str = ""  # 抽查方式
    ratio: str = ""  # 抽查比例 as written: 5%, 10%(20户)
    frequency: str = ""  # 抽查频次 as written: 1次/年
    ratio_source: str = ""  # who set ratio and frequency: 上级规定, 本级风险评估 (A9)
    publication: str = ""  # 抽查情况及查处结果公开方式
    item_class: str = ""  # 重点 or 一般
    level: str = ""  # 抽查层级
    skill: str = ""  # 检查人员要求
    batches: bool = False  # the draw orders batches instead of choosing who is checked (A8)
    note: str = ""  # 备注
    guide: Guide = field(default_factory=Guide)

    def as_data(self) -> dict[str, Any]:
        """The item as JSON data."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> ItemBody:
        """The inverse of `as_data`."""
        return cls(**{**data, "guide": Guide(**data.get("guide", {}))})


ITEM_WORDS = {
    "name": "事项名称",
    "domain": "抽查领域",
    "sub_item": "抽查子项",
    "code": "编号",
    "basis": "抽查依据",
    "subject": "抽查对象",
    "content": "抽查内容",
    "method": "抽查方式",
    "ratio": "抽查比例",
    "frequency": "抽查频次",
    "ratio_source": "比例频次来源",
    "publication": "结果公开方式",
    "item_class": "事项类别",
    "level": "抽查层级",
    "skill": "检查人员要求",
    "batches": "抽取检查批次",
    "note": "备注",
    "guide": "工作指引",
}


# --- versions (A3, A10) ---


class Dated(Protocol):
    """What `in_force` needs to know of a published version."""

    @property
    def number(self) -> int:
        """1, 2, 3 ... of its item."""

    @property
    def valid_from(self) -> date | None:
        """The first day; None is not published."""

    @property
    def removed(self) -> bool:
        """Tell whether the item is off the list from that day on."""


V = TypeVar("V", bound=Dated)


def in_force(versions: Iterable[V], day: date) -> V | None:
    """Give the version of one item that holds on a day: the newest that has begun; None if that one takes it off."""
    begun = [(one.valid_from, one.number, one) for one in versions if one.valid_from and one.valid_from <= day]
    if not begun:
        return None
    newest = max(begun, key=lambda entry: entry[:2])[2]
    return None if newest.removed else newest


def listed_throughout(versions: Sequence[V], first: date, last: date) -> V | None:
    """Give the version in force on `first` if the item stays listed on every day until `last` (A3); else None."""
    changes = {one.valid_from for one in versions if one.valid_from and first < one.valid_from <= last}
    if any(in_force(versions, day) is None for day in (first, *changes)):
        return None
    return in_force(versions, first)


def inspected_from(starts_on: date, ends_on: date, today: date) -> date:
    """Give the first day of a task on which somebody can still inspect: the list's words of that day count."""
    return min(max(starts_on, today), ends_on)


# --- caps by class (A6, A7) ---


@dataclass(frozen=True, kw_only=True, slots=True)
class Caps:
    """The office's control of classes. Ratios are shares from 0 to 1 as text; frequencies are times a year."""

    general_ratio: str = "1"  # 一般: ratio at most
    general_frequency: int = 2  # 一般: times a year at most (S4); 0: no cap
    key_share: str = "1"  # 重点 items at most this share of a list
    key_refused: bool = False  # over it: True refuses the publication, False warns


def cap_faults(body: ItemBody, caps: Caps) -> tuple[str, ...]:
    """Say where an item's ratio or frequency passes the caps of its class; 重点 has none. Raises InvalidInputError."""
    quotas = cells.quotas(body.ratio) if cells.text(body.ratio) else ()
    times = cells.frequency(body.frequency) if cells.text(body.frequency) else None
    if body.item_class == ItemClass.KEY.value:
        return ()
    faults = []
    limit = Fraction(caps.general_ratio)
    highest = max((quota.ratio for quota in quotas if quota.ratio is not None), default=None)
    if highest is not None and Fraction(highest) > limit:
        faults.append(f"一般检查事项的抽查比例 {_percent(Fraction(highest))} 超过上限 {_percent(limit)}")
    if (
        times
        and times.times
        and caps.general_frequency
        and Fraction(times.times) / Fraction(times.years) > (caps.general_frequency)
    ):
        faults.append(f"一般检查事项的抽查频次 {times.raw} 超过上限每年 {caps.general_frequency} 次")
    return tuple(faults)


def check_item(body: ItemBody, caps: Caps) -> None:
    """Refuse an item that could not stand on a list; InvalidInputError says which column and why."""
    if not body.name.strip():
        raise InvalidInputError(what="事项名称", why="必填，不能为空。")
    if body.item_class not in {"", *(one.value for one in ItemClass)}:
        raise InvalidInputError(what="事项类别", why="应当是“重点”或“一般”。")
    if faults := cap_faults(body, caps):
        raise InvalidInputError(what=f"事项“{body.name}”", why="；".join(faults) + "（重点检查事项不设上限）。")


def ratio_limit(body: ItemBody) -> Fraction | None:
    """Give the ratio up to which a general item may be drawn: its own column's; None where nothing is said."""
    if body.item_class == ItemClass.KEY.value or not cells.text(body.ratio):
        return None
    quotas = cells.quotas(body.ratio)
    if any(quota.ratio is None or quota.at_least for quota in quotas):
        return None
    return max((Fraction(quota.ratio) for quota in quotas if quota.ratio is not None), default=None)


def key_share_warning(classes: Sequence[str], caps: Caps) -> str:
    """Say that a list has more 重点 items than the office allows (A7); empty if it has not."""
    key = sum(one == ItemClass.KEY.value for one in classes)
    if not classes or Fraction(key, len(classes)) <= Fraction(caps.key_share):
        return ""
    share = _percent(Fraction(key, len(classes)))
    limit = _percent(Fraction(caps.key_share))
    return f"重点检查事项 {key} 项，占清单 {len(classes)} 项的 {share}，超过控制比例 {limit}"


def guide_gaps(body: ItemBody) -> tuple[str, ...]:
    """Name the parts of the work guide that nobody has written yet (A12)."""
    given = {"basis": body.guide.basis or body.basis, "content": body.guide.content or body.content}
    return tuple(word for key, word in GUIDE_WORDS.items() if not (given.get(key) or getattr(body.guide, key)))


def list_coverage(listed: int, duties: int) -> Fraction | None:
    """Give the share of a department's inspection duties that its list covers (A14: 100%); None if not said."""
    return Fraction(min(listed, duties), duties) if duties else None


# --- claiming (A4) ---


class ClaimState(Enum):
    """How an item of the upper list stands in a department's own; the value goes to the console."""

    UNCLAIMED = "unclaimed"  # nobody has claimed it yet
    SAME = "same"  # claimed as it stands
    ADJUSTED = "adjusted"  # claimed and adjusted here
    OUTDATED = "outdated"  # the upper list has changed it since
    WITHDRAWN = "withdrawn"  # the upper list no longer has it
    OWN = "own"  # the department's own, claimed from nobody

    @property
    def text(self) -> str:
        """The state in words for people."""
        return _CLAIM_WORDS[self]


_CLAIM_WORDS = {
    ClaimState.UNCLAIMED: "未认领",
    ClaimState.SAME: "已认领，一致",
    ClaimState.ADJUSTED: "已认领，有调整",
    ClaimState.OUTDATED: "上级已修改，待更新",
    ClaimState.WITHDRAWN: "上级已取消",
    ClaimState.OWN: "本部门自有",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One column in which two items differ."""

    field: str
    title: str
    own: str
    upper: str


def differences(own: ItemBody, upper: ItemBody) -> tuple[Difference, ...]:
    """Give the columns in which an own item differs from the one above; blanks around words do not count."""
    found = []
    for one in fields(ItemBody):
        mine, theirs = getattr(own, one.name), getattr(upper, one.name)
        if _words(mine) != _words(theirs):
            title = ITEM_WORDS[one.name]
            found.append(Difference(field=one.name, title=title, own=_words(mine), upper=_words(theirs)))
    return tuple(found)


def claim_state(own: ItemBody, claimed: ItemBody, upper_now: ItemBody | None) -> ClaimState:
    """Say how a claimed item stands: `claimed` is the upper version it was taken from, `upper_now` today's."""
    if upper_now is None:
        return ClaimState.WITHDRAWN
    if not differences(own, upper_now):
        return ClaimState.SAME
    return ClaimState.OUTDATED if differences(claimed, upper_now) else ClaimState.ADJUSTED


def _words(value: object) -> str:
    if isinstance(value, Guide):
        parts = ((word, getattr(value, key).strip()) for key, word in GUIDE_WORDS.items())
        return "\n".join(f"{word}：{text}" for word, text in parts if text)
    if isinstance(value, bool):
        return "是" if value else "否"
    return str(value).strip()


def _percent(share: Fraction) -> str:
    return f"{round(float(share) * 100, 2):g}%"
