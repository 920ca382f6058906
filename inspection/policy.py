"""Differentiation by credit and risk (N1, N2, C12) and the yearly limit with its exemptions (R1, R2; section 2.2).

Policy (classes, raises, floor) + Facts of a target -> judge() -> Verdict: stratum, tickets, factor, limit, and why
base ratio x Verdict.factor -> ratio_of() -> never under the floor; visits so far -> over_limit() -> reason or ""

Laws (tests): a worse class never has a lower ratio or fewer tickets; one more label never lowers anything; good credit
lowers, but what was to be covered at all stays covered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from inspection import quotas, regions
from inspection.errors import InvalidInputError
from inspection.quotas import RAISED_BY, TABLE_OF

UNCLASSIFIED = "unclassified"
CLASSES = ("A", "B", "C", "D")  # from good to bad
MOST_TICKETS = 1000  # what a target may have in a draw (inspection.draw.pools)
_FACTOR = re.compile(r"\d{1,3}(\.\d{1,6})?", re.ASCII)
_KEY = re.compile(r"[a-z][a-z0-9-]{0,23}", re.ASCII)

YEARLY, TOGETHER = "yearly-limit", "yearly-limit-together"
REASON_WORDS: Mapping[str, str] = MappingProxyType(
    {YEARLY: "本年度检查次数已达上限", TOGETHER: "本年度各级合计检查次数已达上限"}
)

# The ten reasons for which a check counts toward no limit (section 2.2, 个案检查), in the notice's order.
EXEMPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "complaint": "投诉举报",
        "assigned": "上级交办",
        "with-upper": "与上级联合检查",
        "staff-check": "对检查人员的监督检查",
        "monitoring": "非现场监测发现线索",
        "media": "媒体曝光",
        "recheck": "整改复查",
        "request": "检查对象主动申请",
        "permit": "许可现场核查",
        "urgent": "其他紧急情况",
    }
)


class Mark(Enum):
    """What a raise looks at."""

    LABEL = "label"  # a word within one of the target's labels
    REGION = "region"  # the target lies in a region at risk
    TRADE = "trade"  # the target's trade begins with a trade at risk


@dataclass(frozen=True, kw_only=True, slots=True)
class Grade:
    """What a credit class means: factor on the ratio, tickets, and visits a year at most (None: the office's limit)."""

    factor: Fraction = Fraction(1)
    tickets: int = 1
    visits: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Raise:
    """A reason to look more often (N1). `factor` and `tickets` multiply; `extra_visits` are above the limit (R2)."""

    key: str
    name: str
    mark: Mark
    words: tuple[str, ...]
    factor: Fraction = Fraction(1)
    tickets: int = 1
    extra_visits: int = 0

    def holds(self, facts: Facts) -> bool:
        """Tell whether the target gives this reason."""
        if self.mark is Mark.LABEL:
            return any(word in label for word in self.words for label in facts.labels)
        if self.mark is Mark.REGION:
            return any(regions.covers(word, facts.region_code) for word in self.words)
        return any(_same_trade(word, facts.trade) for word in self.words)


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What a policy knows of a target."""

    credit_class: str = ""
    labels: tuple[str, ...] = ()
    region_code: str = ""
    trade: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """A policy table. `floor`: the ratio that lowering never goes below; `together`: visits over all levels at most.

    Making one that breaks a law raises InvalidInputError. `region`: whom it is for, as its strata are marked.
    """

    classes: Mapping[str, Grade]
    unclassified: Grade = Grade()
    raises: tuple[Raise, ...] = ()
    floor: Fraction = Fraction(1, 100)
    together: int | None = None
    region: str = ""

    def __post_init__(self) -> None:
        """Refuse what would make a worse class the better one to be."""
        if set(self.classes) != set(CLASSES):
            raise _wrong("须分别写明 A、B、C、D 四类。")
        for grade in (*self.classes.values(), self.unclassified):
            if not 1 <= grade.tickets <= MOST_TICKETS or grade.factor < 0 or (grade.visits or 0) < 0:
                raise _wrong(f"比例系数不能小于 0，票数应为 1 至 {MOST_TICKETS}，次数不能小于 0。")
        for better, worse in pairwise(CLASSES):
            self._check_order(better, worse)
        for one in self.raises:
            _check_raise(one)
        if len({one.key for one in self.raises}) != len(self.raises):
            raise _wrong("加权情形的代号不能重复。")
        if not 0 <= self.floor <= 1:
            raise _wrong("保底比例应在 0 到 1 之间。")

    def _check_order(self, better: str, worse: str) -> None:
        good, bad = self.classes[better], self.classes[worse]
        if bad.factor < good.factor or bad.tickets < good.tickets:
            raise _wrong(f"{worse} 类的比例系数和票数不能低于 {better} 类。")
        if good.visits is not None and bad.visits is not None and bad.visits < good.visits:
            raise _wrong(f"{worse} 类的年度次数不能少于 {better} 类。")


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What the policy says of a target; `visits`: its own limit a year (None: the office's), `extra` above it."""

    stratum: str
    tickets: int
    factor: Fraction
    visits: int | None
    extra: int
    why: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Visited:
    """Visits of a year that count: of this level by all departments, and of all levels (R1)."""

    own: int = 0
    together: int = 0


def judge(policy: Policy, facts: Facts) -> Verdict:
    """Judge a target: same facts, same verdict; `why` says in Chinese what moved it."""
    grade = policy.classes.get(facts.credit_class, policy.unclassified)
    label = facts.credit_class if facts.credit_class in policy.classes else UNCLASSIFIED
    found = [one for one in policy.raises if one.holds(facts)]
    why = [f"信用风险{facts.credit_class}类" if facts.credit_class in policy.classes else "未分类"]
    factor, tickets = grade.factor, grade.tickets
    if found:
        strongest = max(found, key=lambda one: one.factor)
        # Whoever gives a reason to look more often has lost the discount of good credit.
        factor = max(factor, Fraction(1)) * strongest.factor
        tickets = min(MOST_TICKETS, tickets * max(one.tickets for one in found))
        label = f"{label}{RAISED_BY}{strongest.key}"
        why += [one.name for one in found]
    return Verdict(
        stratum=f"{label}{TABLE_OF}{policy.region}" if policy.region else label,
        tickets=tickets,
        factor=factor,
        visits=grade.visits,
        extra=max((one.extra_visits for one in found), default=0),
        why=tuple(why),
    )


def class_of(stratum: str) -> str:
    """Give the credit class that a stratum is of, whatever raised it and wherever its table is from."""
    return quotas.class_of(stratum)


def ratio_of(policy: Policy, base: Fraction, factor: Fraction) -> Fraction:
    """Give the ratio of a stratum (0 to 1): lowered at most to the floor, and never raised by the floor (N2)."""
    return max(min(Fraction(1), base * factor), min(base, policy.floor))


def over_limit(policy: Policy, verdict: Verdict, visited: Visited, office_limit: int) -> str:
    """Give the reason that leaves a target out (YEARLY, TOGETHER), or "" (R1, R2)."""
    own = (office_limit if verdict.visits is None else verdict.visits) + verdict.extra
    if visited.own >= own:
        return YEARLY
    together = None if policy.together is None else policy.together + verdict.extra
    return TOGETHER if together is not None and visited.together >= together else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """A policy with what it is for: an item ("" for all), a region ("" for all)."""

    policy: Policy
    item_id: str = ""
    region: str = ""


def choose(offers: Iterable[Offer], item_ids: tuple[str, ...], region_code: str, standard: Policy) -> Policy:
    """Choose for a target of a task: an item's own table before a general one, the nearer region, the earlier item."""
    fitting = [
        one
        for one in offers
        if (not one.item_id or one.item_id in item_ids) and regions.covers(one.region, region_code)
    ]
    if not fitting:
        return standard
    order = {item_id: -place for place, item_id in enumerate(item_ids)}
    return max(
        fitting, key=lambda one: (bool(one.item_id), len(one.region.rstrip("0")), order.get(one.item_id, 0))
    ).policy


def standard(factors: Mapping[str, str]) -> Policy:
    """Give the table that holds where the office made none: its factors by class, and N1's labels."""
    return Policy(
        classes={
            one: Grade(factor=Fraction(factors.get(one, "1")), tickets=quotas.tickets_for(one)) for one in CLASSES
        },
        raises=STANDARD_RAISES,
        floor=Fraction(1, 100),
    )


def _label(key: str, name: str, words: str, factor: int) -> Raise:
    return Raise(
        key=key,
        name=name,
        mark=Mark.LABEL,
        words=tuple(words.split()),
        factor=Fraction(factor),
        tickets=factor,
        extra_visits=1,
    )


STANDARD_RAISES = (
    _label("serious", "严重违法失信", "严重违法 严重失信 失信被执行", 4),
    _label("abnormal", "经营异常", "经营异常 异常名录 异常状态", 2),
    _label("complaints", "投诉举报多", "投诉 举报", 2),
    _label("key", "重点关注", "重点关注 重点监管", 2),
    _label("risk", "高风险", "高风险 风险突出", 2),
)


def policy_from_data(data: Mapping[str, Any], region: str = "") -> Policy:
    """Read a table from JSON data (the inverse of `policy_data`); raises InvalidInputError."""
    return Policy(
        classes={str(name): _grade(one) for name, one in dict(data["classes"]).items()},
        unclassified=_grade(data.get("unclassified", {})),
        raises=tuple(_raise(one) for one in data.get("raises", ())),
        floor=_fraction(data.get("floor", "0.01")),
        together=data.get("together"),
        region=region,
    )


def policy_data(policy: Policy) -> dict[str, Any]:
    """Write a table as JSON data."""
    return {
        "classes": {name: _grade_data(one) for name, one in policy.classes.items()},
        "unclassified": _grade_data(policy.unclassified),
        "raises": [
            {
                "key": one.key,
                "name": one.name,
                "mark": one.mark.value,
                "words": list(one.words),
                "factor": _words(one.factor),
                "tickets": one.tickets,
                "extra_visits": one.extra_visits,
            }
            for one in policy.raises
        ],
        "floor": _words(policy.floor),
        "together": policy.together,
    }


def _grade(data: Mapping[str, Any]) -> Grade:
    return Grade(
        factor=_fraction(data.get("factor", "1")), tickets=int(data.get("tickets", 1)), visits=data.get("visits")
    )


def _grade_data(grade: Grade) -> dict[str, Any]:
    return {"factor": _words(grade.factor), "tickets": grade.tickets, "visits": grade.visits}


def _raise(data: Mapping[str, Any]) -> Raise:
    return Raise(
        key=str(data["key"]),
        name=str(data["name"]),
        mark=Mark(data["mark"]),
        words=tuple(map(str, data["words"])),
        factor=_fraction(data.get("factor", "1")),
        tickets=int(data.get("tickets", 1)),
        extra_visits=int(data.get("extra_visits", 0)),
    )


def _fraction(text: object) -> Fraction:
    # Not whatever Fraction reads: "1e-999999999" would fill the memory.
    if not isinstance(text, str) or not _FACTOR.fullmatch(text):
        raise _wrong("系数和比例应当写成 0.05 或 2 这样的数。")
    return Fraction(text)


def _words(number: Fraction) -> str:
    return f"{float(number):.6f}".rstrip("0").rstrip(".")


def _check_raise(one: Raise) -> None:
    if not _KEY.fullmatch(one.key):
        raise _wrong("加权情形的代号只能用小写字母、数字和横线，最多 24 位。")
    if one.factor < 1 or not 1 <= one.tickets <= MOST_TICKETS or one.extra_visits < 0:
        raise _wrong(f"“{one.name}”只能提高，不能降低：系数和票数至少为 1。")
    if not one.words or not all(one.words):
        raise _wrong(f"“{one.name}”没有写明依据的标签、区划或行业。")
    if one.mark is Mark.REGION:
        for word in one.words:
            regions.prefix(word)


def _same_trade(wanted: str, trade: str) -> bool:
    """`C26`, `26` and `C` fit C2611."""
    return bool(trade) and (trade.startswith(wanted) or trade[1:].startswith(wanted))


def _wrong(why: str) -> InvalidInputError:
    return InvalidInputError(what="差异化监管政策表", why=why)
