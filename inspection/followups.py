"""What follows a result, as rules: kinds, what each needs to be opened, and how each may end (I1-I8, H8).

results + measures -> proposed -> kinds that the department is asked about (none is opened by itself)
Order + kind -> check_order -> problems; none: it may be opened      kind -> outcomes -> how it may be closed
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum

from inspection.checklists import Problem
from inspection.deadlines import DeadlineKind

MAX_WORDS = 2000
MAX_HANDED = 50


class FollowUpKind(Enum):
    """What is done about a finding; the value is stored and never changes its meaning."""

    RECTIFICATION = "rectification"  # 责令整改, with photos from the owner and a re-check (I8)
    TRANSFER = "transfer"  # 移送其他部门 (I2)
    JUSTICE = "justice"  # 移送司法机关 (I3)
    CASE = "case"  # 立案查处 (I5)
    ABNORMAL_LIST = "abnormal-list"  # 拟列入经营异常名录 (I4)
    KEY_LIST = "key-list"  # 拟列入重点关注对象名单 (I4)
    DISHONESTY = "dishonesty"  # 失信记录 (I6)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """One way to end: `adverse` ends that stand under the object's name in public (H8)."""

    code: str
    text: str
    adverse: bool = False
    needs_document: bool = False  # a decision's number must be given


@dataclass(frozen=True, kw_only=True, slots=True)
class FollowUpRule:
    """What the rules say of one kind; `deadline` counts the days where the order names none."""

    text: str
    source: str
    deadline: DeadlineKind
    outcomes: tuple[Outcome, ...]
    needs_department: bool = False
    needs_body: bool = False
    needs_handed: bool = False  # what was handed over is listed
    needs_ground: Mapping[str, str] | None = None  # one of these must be named


DISHONESTY_GROUNDS = {
    "non-cooperation": "不予配合检查情节严重",
    "penalty": "一般程序行政处罚",
    "failed-check": "法定抽查检查未通过",
}
_LISTED = (
    Outcome(code="listed", text="已列入", adverse=True, needs_document=True),
    Outcome(code="not-listed", text="不予列入"),
)
RULES: Mapping[FollowUpKind, FollowUpRule] = {
    FollowUpKind.RECTIFICATION: FollowUpRule(
        text="责令整改",
        source="I8、S2第十七条",
        deadline=DeadlineKind.RECTIFY,
        outcomes=(
            Outcome(code="passed", text="复查合格"),
            Outcome(code="failed", text="逾期未整改或整改不到位", adverse=True),
        ),
    ),
    FollowUpKind.TRANSFER: FollowUpRule(
        text="移送其他部门",
        source="I2、S2第十八条",
        deadline=DeadlineKind.ANSWER_TRANSFER,
        outcomes=(
            Outcome(code="taken", text="对方已受理"),
            Outcome(code="refused", text="对方不予受理"),
        ),
        needs_department=True,
        needs_handed=True,
    ),
    FollowUpKind.JUSTICE: FollowUpRule(
        text="移送司法机关",
        source="I3、S2第二十六条",
        deadline=DeadlineKind.ANSWER_TRANSFER,
        outcomes=(
            Outcome(code="taken", text="司法机关已立案", adverse=True, needs_document=True),
            Outcome(code="refused", text="司法机关不予立案", needs_document=True),
        ),
        needs_body=True,
        needs_handed=True,
    ),
    FollowUpKind.CASE: FollowUpRule(
        text="立案查处",
        source="I5、行政处罚程序",
        deadline=DeadlineKind.OPEN_CASE,
        outcomes=(
            Outcome(code="punished", text="作出行政处罚", adverse=True, needs_document=True),
            Outcome(code="not-punished", text="不予行政处罚", needs_document=True),
            Outcome(code="withdrawn", text="撤销案件"),
        ),
    ),
    FollowUpKind.ABNORMAL_LIST: FollowUpRule(
        text="列入经营异常名录",
        source="I4、S2第二十六条",
        deadline=DeadlineKind.LIST_ABNORMAL,
        outcomes=_LISTED,
    ),
    FollowUpKind.KEY_LIST: FollowUpRule(
        text="列入重点关注对象名单",
        source="I4、S2第二十六条",
        deadline=DeadlineKind.LIST_ABNORMAL,
        outcomes=_LISTED,
    ),
    FollowUpKind.DISHONESTY: FollowUpRule(
        text="记入失信记录",
        source="I6、S2第十八条",
        deadline=DeadlineKind.LIST_ABNORMAL,
        outcomes=(
            Outcome(code="shared", text="已记入并共享", adverse=True),
            Outcome(code="not-shared", text="不予记入"),
        ),
        needs_ground=DISHONESTY_GROUNDS,
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What is asked for when a follow-up is opened; which fields are needed is the kind's affair."""

    demand: str
    department_id: str = ""
    body: str = ""
    handed: tuple[str, ...] = ()
    ground: str = ""


def check_order(kind: FollowUpKind, order: Order) -> list[Problem]:
    """Say what an order lacks, or has too much of, for this kind."""
    rule = RULES[kind]
    wrongs = [
        (not order.demand.strip(), "要求", "请写明要求或情况。"),
        (len(order.demand) > MAX_WORDS, "要求", f"不超过 {MAX_WORDS} 字。"),
        (rule.needs_department != bool(order.department_id), "接收部门", _must(needed=rule.needs_department)),
        (rule.needs_body != bool(order.body.strip()), "司法机关", _must(needed=rule.needs_body)),
        (rule.needs_handed and not any(one.strip() for one in order.handed), "移送材料", "请列出移送了哪些材料。"),
        (not rule.needs_handed and bool(order.handed), "移送材料", _must(needed=False)),
        (len(order.handed) > MAX_HANDED, "移送材料", f"不超过 {MAX_HANDED} 项。"),
        (not _ground_fits(rule, order.ground), "失信情形", _grounds(rule)),
    ]
    return [Problem(where=where, why=why) for wrong, where, why in wrongs if wrong]


def outcome_of(kind: FollowUpKind, code: str) -> Outcome | None:
    """The outcome of this code, if the kind may end so."""
    return next((one for one in RULES[kind].outcomes if one.code == code), None)


def proposed(results: Collection[str], measures: Collection[str]) -> list[FollowUpKind]:
    """Kinds that a department's result asks about, in the kinds' order; an empty list: nothing follows.

    A default that saves work and decides nothing: opening each is somebody's act.
    """
    found: set[FollowUpKind] = set()
    if {"corrected", "not-disclosed"} & set(results) or "order" in measures:
        found.add(FollowUpKind.RECTIFICATION)
    if {"unreachable", "false-disclosure"} & set(results):
        found.add(FollowUpKind.ABNORMAL_LIST)
    if "uncooperative" in results:
        found |= {FollowUpKind.KEY_LIST, FollowUpKind.DISHONESTY}
    if "transfer" in measures:
        found.add(FollowUpKind.CASE)
    if "notify" in measures:
        found.add(FollowUpKind.TRANSFER)
    if "pending" in results and not found:
        found.add(FollowUpKind.CASE)
    return [kind for kind in FollowUpKind if kind in found]


def _must(*, needed: bool) -> str:
    return "请写明。" if needed else "这一类处置没有这一项。"


def _ground_fits(rule: FollowUpRule, ground: str) -> bool:
    return ground in rule.needs_ground if rule.needs_ground is not None else not ground


def _grounds(rule: FollowUpRule) -> str:
    return f"应当是：{'、'.join((rule.needs_ground or {}).values())}。" if rule.needs_ground else _must(needed=False)
