"""What must be done by when, and on which days somebody is reminded of it (H2, K2, S).

KINDS: every kind of deadline as data -> start event, days and how they are counted, steps, ladder, pauses
start day, days, kind -> due_after -> the last day ; due day, today, kind -> days_left -> what a pause keeps
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING

from inspection.workdays import Deadline, add_calendar_days, add_working_days, working_days_between

if TYPE_CHECKING:
    from inspection.workdays import Calendar


class DeadlineKind(Enum):
    """What is waited for; the value is stored and never changes its meaning."""

    ACCEPT = "accept-visit"  # the group accepts the visit it was drawn for ("visit:ID")
    APPOINT = "appoint"  # the leader fixes a time with the owner, where he may be told (F1, D8) ("visit:ID")
    APPOINTED = "appointed"  # the day that was agreed upon with the owner ("visit:ID")
    INSPECT = "inspect"  # the visit is made and all parts are submitted ("visit:ID")
    SIGN = "sign"  # everybody in the group signs the summary (G9) ("visit:ID")
    CONFIRM = "confirm"  # the leader confirms the summary ("visit:ID", H4)
    APPROVE = "approve"  # a department approves its own part ("part:ID", H1)
    APPROVE_NEXT = "approve-next"  # a further level of that department approves it, too ("part:ID/LEVEL", H1)
    PUBLISH = "publish"  # the part is public, 20 working days (H2) ("part:ID")
    RECTIFY = "rectify"  # the target puts right what was found (I8, G6) ("part:ID/...")
    RECHECK = "recheck"  # somebody looks whether it was put right (I8) ("part:ID/...")
    ANSWER_TRANSFER = "answer-transfer"  # who was handed a clue says what became of it (I2, I3) ("part:ID/...")
    OPEN_CASE = "open-case"  # it is decided whether a case is opened (I5) ("part:ID/...")
    LIST_ABNORMAL = "list-abnormal"  # the abnormal list, or another list, is decided upon (I4, I6) ("part:ID/...")
    CORRECT = "correct"  # a published result that is wrong is corrected (J2, J3) ("part:ID/...")
    ARCHIVE = "archive"  # the papers of a visit are filed (L1) ("visit:ID")
    DISPOSE = "dispose"  # archives past their last day are appraised: destroyed, or held (L1) ("disposal:YEAR")
    FILE_LIST = "file-list"  # a published change of an item list is filed (A11) ("list-change:ID")
    FILE_ONCE = "file-once"  # what a notice asks to be filed by a day (S5, S6) ("filing:ID")
    MAKE_PLAN = "make-plan"  # next year's joint plan is approved (S2) ("plan-year:YEAR")
    FILE_PLAN = "file-plan"  # a plan, or its adjustment, is filed (S1, S3, S4, C6) ("plan:ID")
    PUBLISH_PLAN = "publish-plan"  # an approved plan is public (C5, S1) ("plan:ID")
    FREEZE_TASK = "freeze-task"  # a draft or prepared task is frozen, or withdrawn (D1, D4) ("task:ID")
    DRAW_TASK = "draw-task"  # a frozen task is drawn, so that its fingerprint does not lie about (D2) ("frozen:ID")
    CONFIRM_LIBRARY = "confirm-library"  # a department confirms both libraries (B8) ("task:ID/DEPARTMENT")
    DECIDE_RECUSAL = "decide-recusal"  # an enterprise's request is decided by the department (E5) ("visit:ID/...")
    RENEW_CERTIFICATE = "renew-certificate"  # an 执法证 is renewed before it ends (B11) ("certificate:ID")

    @property
    def text(self) -> str:
        """What is to be done, in words for people."""
        return KINDS[self].text


class PauseReason(Enum):
    """Why a deadline stands still where law allows it; recorded, with words."""

    TARGET_CLOSED = "target-closed"  # the target is closed for a time: nobody can be visited there
    FORCE_MAJEURE = "force-majeure"  # flood, epidemic, typhoon: nobody can work

    @property
    def text(self) -> str:
        """The reason in words for people."""
        return {"target-closed": "检查对象暂停经营", "force-majeure": "不可抗力"}[self.value]


class Count(Enum):
    """How the last day is found."""

    WORKING = "working"  # working days after the start
    CALENDAR = "calendar"  # all days after the start; one that ends on a free day ends on the next working day
    GIVEN = "given"  # the act, or the rule, names the day itself

    @property
    def text(self) -> str:
        """The unit in words for people."""
        return {"working": "个工作日", "calendar": "日（自然日，末日逢假顺延）", "given": "由规定或事项指明日期"}[
            self.value
        ]


@dataclass(frozen=True, kw_only=True, slots=True)
class KindRule:
    """What the rules say of one kind.

    How many days: `days` names the setting under [rules]; else `within` is the default of the setting under
    [clock.days]; neither: the day is given.
    """

    text: str
    short: str  # the same in at most five characters, for a line of a digest
    starts: str  # the start event, in words
    source: str  # the clause, for the console
    days: str = ""
    within: int = 0
    count: Count = Count.WORKING
    steps: tuple[int, ...] = (7, 3, 1)  # working days before
    ladder: tuple[str, ...] = ("approver", "liaison@0", "office@+1")  # inspection.ladders.parse_ladder
    pauses: frozenset[PauseReason] = frozenset()


_ON_SITE = frozenset({PauseReason.TARGET_CLOSED, PauseReason.FORCE_MAJEURE})
_AT_DESK = frozenset({PauseReason.FORCE_MAJEURE})
_GROUP = ("inspector", "leader", "liaison@0", "approver@+1", "office@+1")

KINDS: Mapping[DeadlineKind, KindRule] = {
    DeadlineKind.ACCEPT: KindRule(
        text="接受检查任务",
        short="接受任务",
        starts="抽取派发",
        source="D8、F3",
        days="accept_within_days",
        steps=(1,),
        ladder=_GROUP,
        pauses=_ON_SITE,
    ),
    DeadlineKind.APPOINT: KindRule(
        text="与检查对象约定检查时间",
        short="约定时间",
        starts="小组成员全部接受任务",
        source="F1、D8",
        within=3,
        steps=(1,),
        ladder=("leader", "liaison@0", "approver@+1", "office@+1"),
        pauses=_ON_SITE,
    ),
    DeadlineKind.APPOINTED: KindRule(
        text="按约定时间到场检查",
        short="到场检查",
        starts="约定检查时间",
        source="F1、G4",
        count=Count.GIVEN,
        steps=(1,),
        ladder=("inspector", "leader", "liaison@+1", "approver@+1"),
        pauses=_ON_SITE,
    ),
    DeadlineKind.INSPECT: KindRule(
        text="完成现场检查并提交",
        short="现场检查",
        starts="任务的检查截止日期",
        source="D1、G",
        count=Count.GIVEN,
        ladder=_GROUP,
        pauses=_ON_SITE,
    ),
    DeadlineKind.SIGN: KindRule(
        text="小组成员在汇总表上签字",
        short="汇总签字",
        starts="组长汇总确认，汇总表形成",
        source="G9：细则第十七条（三）要求全体成员签字，没有规定天数，天数由本单位设定",
        within=3,
        steps=(1,),
        ladder=("inspector", "leader@0", "liaison@0", "approver@+1"),
        pauses=_AT_DESK,
    ),
    DeadlineKind.CONFIRM: KindRule(
        text="组长汇总确认",
        short="汇总确认",
        starts="各部门提交齐全",
        source="H4",
        days="confirm_within_days",
        steps=(3, 1),
        ladder=("leader", "liaison@0", "approver@+1", "office@+1"),
        pauses=_AT_DESK,
    ),
    DeadlineKind.APPROVE: KindRule(
        text="部门审批检查结果",
        short="审批结果",
        starts="组长汇总确认",
        source="H1",
        days="approve_within_days",
        pauses=_AT_DESK,
    ),
    DeadlineKind.APPROVE_NEXT: KindRule(
        text="上一级审批检查结果",
        short="上级审批",
        starts="前一级审批通过",
        source="H1",
        within=5,
        steps=(3, 1),
        pauses=_AT_DESK,
    ),
    DeadlineKind.PUBLISH: KindRule(
        text="公示检查结果",
        short="公示结果",
        starts="publish_counts_from 所定的事件",
        source="H2",
        days="publish_within_days",
        pauses=_AT_DESK,
    ),
    DeadlineKind.RECTIFY: KindRule(
        text="督促检查对象完成整改",
        short="督促整改",
        starts="责令改正文书送达",
        source="I8、G6",
        within=15,
        count=Count.CALENDAR,
        ladder=("inspector", "leader", "liaison@0", "approver@+1"),
        pauses=_ON_SITE,
    ),
    DeadlineKind.RECHECK: KindRule(
        text="复查整改情况",
        short="复查整改",
        starts="整改期满，或检查对象报告整改完毕",
        source="I8",
        within=10,
        steps=(3, 1),
        ladder=("inspector", "leader", "liaison@0", "approver@+1", "office@+1"),
        pauses=_ON_SITE,
    ),
    DeadlineKind.ANSWER_TRANSFER: KindRule(
        text="答复移送事项的处理情况",
        short="移送答复",
        starts="移送材料送达接收部门",
        source="I1、I2、I3",
        within=10,
        steps=(3, 1),
        ladder=("approver", "liaison", "office@+1"),
        pauses=_AT_DESK,
    ),
    DeadlineKind.OPEN_CASE: KindRule(
        text="决定是否立案",
        short="决定立案",
        starts="发现违法线索",
        source="I5",
        within=15,
        ladder=("inspector", "approver", "liaison@0", "office@+1"),
        pauses=_AT_DESK,
    ),
    DeadlineKind.LIST_ABNORMAL: KindRule(
        text="作出列入名录（记录）的决定",
        short="列入名录",
        starts="查实应当列入的情形",
        source="I4、I6",
        within=10,
        steps=(3, 1),
        ladder=("approver", "liaison@0", "office@+1"),
        pauses=_AT_DESK,
    ),
    DeadlineKind.CORRECT: KindRule(
        text="更正已公示的检查结果",
        short="更正公示",
        starts="发现或收到更正申请",
        source="J1、J2、J3",
        within=5,
        steps=(3, 1),
        pauses=_AT_DESK,
    ),
    DeadlineKind.ARCHIVE: KindRule(
        text="检查材料立卷归档",
        short="立卷归档",
        starts="本次检查的结果全部公示",
        source="L1：细则第二十三条要求立卷归档，方式和期限由本单位设定",
        within=20,
        ladder=("approver", "liaison@0", "office@+1"),
        pauses=_AT_DESK,
    ),
    DeadlineKind.DISPOSE: KindRule(
        text="鉴定处置保管期满的档案",
        short="到期处置",
        starts="每年首次发现有档案保管期满",
        source="L1：国家档案局令第8号要求对保管期满的文件材料进行鉴定，期限由本单位设定",
        within=60,
        steps=(59, 20, 5),  # the next working day, then as the day comes nearer
        ladder=("office",),
    ),
    DeadlineKind.FILE_LIST: KindRule(
        text="清单调整备案",
        short="清单备案",
        starts="清单调整公布",
        source="A11",
        days="file_list_within_days",
        ladder=("office", "liaison", "approver"),  # the office writes the filing down
    ),
    DeadlineKind.FILE_ONCE: KindRule(
        text="报送备案材料",
        short="备案报送",
        starts="文件规定的日期",
        source="S5、S6",
        count=Count.GIVEN,
        ladder=("liaison", "approver@0", "office@+1"),
    ),
    DeadlineKind.MAKE_PLAN: KindRule(
        text="制定下一年度联合抽查计划",
        short="制定计划",
        starts="每年定期",
        source="S2",
        count=Count.GIVEN,
        steps=(20, 10, 5, 1),
        ladder=("office",),
    ),
    DeadlineKind.FILE_PLAN: KindRule(
        text="抽查计划备案",
        short="计划备案",
        starts="计划提交",
        source="S1、S3、S4、C6",
        count=Count.GIVEN,  # by a date of the year; an adjustment's is so many working days on
        ladder=("office", "liaison", "approver"),
    ),
    DeadlineKind.PUBLISH_PLAN: KindRule(
        text="公布抽查计划",
        short="公布计划",
        starts="计划审议通过",
        source="C5、S1",
        count=Count.GIVEN,
        ladder=("liaison", "approver", "office@+1"),
    ),
    DeadlineKind.FREEZE_TASK: KindRule(
        text="冻结抽查名单（任务草稿搁置）",
        short="冻结名单",
        starts="任务建立",
        source="D1、D4",
        within=5,
        steps=(1,),
        ladder=("office",),
    ),
    DeadlineKind.DRAW_TASK: KindRule(
        text="完成随机抽取（名单已冻结）",
        short="完成抽取",
        starts="名单冻结",
        source="D2",
        within=2,
        steps=(1,),
        ladder=("office",),
    ),
    DeadlineKind.CONFIRM_LIBRARY: KindRule(
        text="确认检查对象和人员名录库",
        short="确认名录",
        starts="任务提交冻结",
        source="B8",
        within=3,
        steps=(1,),
        ladder=("approver", "liaison", "office@0"),
    ),
    DeadlineKind.DECIDE_RECUSAL: KindRule(
        text="决定检查对象的回避申请",
        short="决定回避",
        starts="检查对象提出回避申请",
        source="E5",
        within=3,
        steps=(1,),
        pauses=_AT_DESK,
    ),
    DeadlineKind.RENEW_CERTIFICATE: KindRule(
        text="换发执法证件",
        short="换发证件",
        starts="证件有效期届满",
        source="B11、B13",
        count=Count.GIVEN,
        steps=(20, 10, 3, 1),
        ladder=("inspector", "liaison@-3", "approver@0"),
    ),
}


def due_after(kind: DeadlineKind, start: date, days: int, calendar: Calendar) -> Deadline:
    """Give the last day, so many days after `start`, counted as this kind counts them."""
    add = add_calendar_days if KINDS[kind].count is Count.CALENDAR else add_working_days
    return add(start, days, calendar)


def days_left(kind: DeadlineKind, today: date, due_on: date, calendar: Calendar) -> int:
    """Count the days after `today` up to and with the due day, as this kind counts them; 0 if it is not later."""
    if KINDS[kind].count is Count.CALENDAR:
        return max((due_on - today).days, 0)
    return working_days_between(today, due_on, calendar)
