"""What must be done by when, and on which days somebody is reminded of it (H2, K2, S).

KINDS: every kind of deadline as data -> start event, days, steps, ladder
due day, today, calendar -> stage_due -> the stages whose day has come; only the newest is worth sending
                         -> next_stage_on -> the day on which the row is looked at again (None: never)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inspection.workdays import Calendar

_ONE_DAY = timedelta(days=1)
URGENT = frozenset({"0", "+1"})  # due today, and the first day overdue: told at once, not with the morning's digest


class DeadlineKind(Enum):
    """What is waited for; the value is stored and never changes its meaning."""

    ACCEPT = "accept-visit"  # the group accepts the visit it was drawn for ("visit:ID")
    INSPECT = "inspect"  # the visit is made and all parts are submitted ("visit:ID")
    CONFIRM = "confirm"  # the leader confirms the summary ("visit:ID", H4)
    APPROVE = "approve"  # a department approves its own part ("part:ID", H1)
    PUBLISH = "publish"  # the part is public, 20 working days (H2) ("part:ID")
    FILE_LIST = "file-list"  # a published change of an item list is filed (A11) ("list-change:ID")
    MAKE_PLAN = "make-plan"  # next year's joint plan is approved (S2) ("plan-year:YEAR")
    FILE_PLAN = "file-plan"  # a plan, or its adjustment, is filed (S1, S3, S4, C6) ("plan:ID")
    PUBLISH_PLAN = "publish-plan"  # an approved plan is public (C5, S1) ("plan:ID")
    FREEZE_TASK = "freeze-task"  # a draft or prepared task is frozen, or withdrawn (D1, D4) ("task:ID")
    DRAW_TASK = "draw-task"  # a frozen task is drawn, so that its fingerprint does not lie about (D2) ("frozen:ID")
    CONFIRM_LIBRARY = "confirm-library"  # a department confirms both libraries (B8) ("task:ID/DEPARTMENT")
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


@dataclass(frozen=True, kw_only=True, slots=True)
class KindRule:
    """What the rules say of one kind. `days` names the setting that counts working days; empty: the event names it."""

    text: str
    short: str  # the same in at most five characters, for a line of a digest
    starts: str  # the start event, in words
    source: str  # the clause, for the console
    days: str = ""
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
    DeadlineKind.INSPECT: KindRule(
        text="完成现场检查并提交",
        short="现场检查",
        starts="任务的检查截止日期",
        source="D1、G",
        ladder=_GROUP,
        pauses=_ON_SITE,
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
    DeadlineKind.PUBLISH: KindRule(
        text="公示检查结果",
        short="公示结果",
        starts="publish_counts_from 所定的事件",
        source="H2",
        days="publish_within_days",
        pauses=_AT_DESK,
    ),
    DeadlineKind.FILE_LIST: KindRule(
        text="清单调整备案",
        short="清单备案",
        starts="清单调整公布",
        source="A11",
        days="file_list_within_days",
        ladder=("liaison", "approver", "office@+1"),
    ),
    DeadlineKind.MAKE_PLAN: KindRule(
        text="制定下一年度联合抽查计划",
        short="制定计划",
        starts="每年定期",
        source="S2",
        steps=(20, 10, 5, 1),
        ladder=("office",),
    ),
    DeadlineKind.FILE_PLAN: KindRule(
        text="抽查计划备案",
        short="计划备案",
        starts="计划提交",
        source="S1、S3、S4、C6",
        ladder=("liaison", "approver", "office@+1"),
    ),
    DeadlineKind.PUBLISH_PLAN: KindRule(
        text="公布抽查计划",
        short="公布计划",
        starts="计划审议通过",
        source="C5、S1",
        ladder=("liaison", "approver", "office@+1"),
    ),
    DeadlineKind.FREEZE_TASK: KindRule(
        text="冻结抽查名单（任务草稿搁置）",
        short="冻结名单",
        starts="任务建立",
        source="D1、D4",
        steps=(1,),
        ladder=("office",),
    ),
    DeadlineKind.DRAW_TASK: KindRule(
        text="完成随机抽取（名单已冻结）",
        short="完成抽取",
        starts="名单冻结",
        source="D2",
        steps=(1,),
        ladder=("office",),
    ),
    DeadlineKind.CONFIRM_LIBRARY: KindRule(
        text="确认检查对象和人员名录库",
        short="确认名录",
        starts="任务提交冻结",
        source="B8",
        steps=(1,),
        ladder=("approver", "liaison", "office@0"),
    ),
    DeadlineKind.RENEW_CERTIFICATE: KindRule(
        text="换发执法证件",
        short="换发证件",
        starts="证件有效期届满",
        source="B11、B13",
        steps=(20, 10, 3, 1),
        ladder=("inspector", "liaison@-3", "approver@0"),
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ClockRules:
    """The office's choices about reminding ([clock] of the settings); steps and ladders by a kind's value."""

    digest_at: time = time(8, 30)  # local, on working days
    quiet_from: time = time(20, 0)
    quiet_until: time = time(8, 0)
    overdue_days: int = 30  # working days after the due day on which somebody is still reminded
    freeze_within_days: int = 5  # working days for a task that lies as a draft
    draw_within_days: int = 2  # ... and for a frozen one
    library_within_days: int = 3
    liaison_post: str = "联络员"
    visits_a_week: int = 3  # that one inspector can make: a week with more of them will break
    steps: Mapping[str, tuple[int, ...]] = field(default_factory=lambda: DEFAULT_STEPS)
    ladders: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: DEFAULT_LADDERS)

    def steps_of(self, kind: DeadlineKind) -> tuple[int, ...]:
        """On which working days before the due day this kind is reminded of."""
        return self.steps.get(kind.value, KINDS[kind].steps)

    def ladder_of(self, kind: DeadlineKind) -> tuple[str, ...]:
        """Who is told, and from which step on."""
        return self.ladders.get(kind.value, KINDS[kind].ladder)


DEFAULT_STEPS: Mapping[str, tuple[int, ...]] = {kind.value: rule.steps for kind, rule in KINDS.items()}
DEFAULT_LADDERS: Mapping[str, tuple[str, ...]] = {kind.value: rule.ladder for kind, rule in KINDS.items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """A reminder's place: `name` is "-3", "0" or "+2" in working days around the due day; `on` is its day."""

    name: str
    on: date

    @property
    def overdue(self) -> bool:
        """Tell whether the due day has passed."""
        return self.name.startswith("+")

    @property
    def text(self) -> str:
        """Where one stands, in words for people."""
        return stage_text(self.name)


def stage_text(name: str) -> str:
    """Put "-3", "0", "+2" in words."""
    days = name.lstrip("+-")
    if name.startswith("+"):
        return f"已逾期 {days} 个工作日"
    return "今天到期" if days == "0" else f"还剩 {days} 个工作日"


def stage_due(
    due_on: date, today: date, calendar: Calendar, before: tuple[int, ...] = (7, 3, 1), overdue_days: int = 30
) -> list[Stage]:
    """Give the stages whose day is not after `today`, oldest first: before, on, and each working day after the due day.

    `before` counts working days back from the due day; after `overdue_days` working days nobody is reminded any more.
    """
    stages = [Stage(name=f"-{days}", on=_back(due_on, days, calendar)) for days in sorted(set(before), reverse=True)]
    stages.append(Stage(name="0", on=due_on))
    stages += _after(due_on, today, calendar, overdue_days)
    return [stage for stage in stages if stage.on <= today]


def next_stage_on(
    due_on: date, today: date, calendar: Calendar, before: tuple[int, ...] = (7, 3, 1), overdue_days: int = 30
) -> date | None:
    """Give the day of the first stage after `today`; None where nobody is reminded any more."""
    days = [_back(due_on, days, calendar) for days in sorted(set(before), reverse=True)] + [due_on]
    ahead = [day for day in days if day > today]
    if ahead:
        return ahead[0]
    if len(_after(due_on, today, calendar, overdue_days)) >= overdue_days:
        return None
    day = today + _ONE_DAY
    while not calendar.is_working(day):
        day += _ONE_DAY
    return day


def _back(day: date, days: int, calendar: Calendar) -> date:
    while days:
        day -= _ONE_DAY
        days -= calendar.is_working(day)
    return day


def _after(due_on: date, today: date, calendar: Calendar, limit: int) -> list[Stage]:
    stages: list[Stage] = []
    day = due_on
    while day < today and len(stages) < limit:
        day += _ONE_DAY
        if calendar.is_working(day):
            stages.append(Stage(name=f"+{len(stages) + 1}", on=day))
    return stages
