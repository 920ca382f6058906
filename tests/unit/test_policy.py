"""Laws of differentiation (N1, N2, R1, R2, C12): what a policy may never do, whatever its numbers."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.errors import InvalidInputError
from inspection.policy import (
    CLASSES,
    EXEMPTIONS,
    TOGETHER,
    UNCLASSIFIED,
    YEARLY,
    Facts,
    Grade,
    Mark,
    Offer,
    Policy,
    Raise,
    Visited,
    choose,
    class_of,
    judge,
    over_limit,
    policy_data,
    policy_from_data,
    ratio_of,
    standard,
)

FACTORS = {"A": "0.5", "B": "1", "C": "2", "D": "4"}
LABELS = ("投诉举报较多", "列入经营异常名录", "严重违法失信", "重点关注对象")
PLAIN = standard(FACTORS)

hundredths = st.integers(0, 800).map(lambda n: Fraction(n, 100))
ratios = st.integers(0, 1000).map(lambda n: Fraction(n, 1000))
grades = st.lists(st.tuples(hundredths, st.integers(1, 60)), min_size=4, max_size=4).map(
    lambda pairs: {
        name: Grade(factor=factor, tickets=tickets)
        for name, factor, tickets in zip(CLASSES, sorted(p[0] for p in pairs), sorted(p[1] for p in pairs), strict=True)
    }
)


def raise_of(number: int, factor: int, tickets: int) -> Raise:
    return Raise(
        key=f"r{number}",
        name=LABELS[number],
        mark=Mark.LABEL,
        words=(LABELS[number],),
        factor=Fraction(factor, 10),
        tickets=tickets,
        extra_visits=number,
    )


raises = st.lists(st.tuples(st.integers(10, 90), st.integers(1, 40)), max_size=4).map(
    lambda found: tuple(raise_of(number, *one) for number, one in enumerate(found))
)
policies = st.builds(Policy, classes=grades, raises=raises, floor=ratios)
labels = st.sets(st.sampled_from(LABELS)).map(sorted).map(tuple)


def ratio(policy: Policy, base: Fraction, facts: Facts) -> Fraction:
    return ratio_of(policy, base, judge(policy, facts).factor)


@given(policies, ratios, labels)
def test_a_worse_class_is_never_better_off(policy: Policy, base: Fraction, marks: tuple[str, ...]) -> None:
    """N1, C12: from A to D neither the ratio nor the tickets ever fall, whatever the labels."""
    for good, bad in pairwise(Facts(credit_class=one, labels=marks) for one in CLASSES):
        assert ratio(policy, base, good) <= ratio(policy, base, bad)
        assert judge(policy, good).tickets <= judge(policy, bad).tickets


@given(policies, ratios, st.sampled_from(("", *CLASSES)), labels, st.sampled_from(LABELS))
def test_a_label_more_never_lowers(
    policy: Policy, base: Fraction, credit_class: str, marks: tuple[str, ...], more: str
) -> None:
    """N1, R2: another reason to look raises ratio, tickets and allowed visits, or leaves them."""
    before = Facts(credit_class=credit_class, labels=marks)
    after = Facts(credit_class=credit_class, labels=tuple(sorted({*marks, more})))
    assert ratio(policy, base, before) <= ratio(policy, base, after)
    assert judge(policy, before).tickets <= judge(policy, after).tickets
    assert judge(policy, before).extra <= judge(policy, after).extra


@given(policies, ratios, st.sampled_from(("", *CLASSES)), labels)
def test_the_floor_keeps_coverage(policy: Policy, base: Fraction, credit_class: str, marks: tuple[str, ...]) -> None:
    """N2: good credit lowers to the floor at most; the floor raises nobody above the plan; a ratio stays a ratio."""
    found = ratio(policy, base, Facts(credit_class=credit_class, labels=marks))
    assert min(base, policy.floor) <= found <= 1
    if judge(policy, Facts(credit_class=credit_class, labels=marks)).factor <= 1:
        assert found <= base


@given(policies, labels)
def test_a_stratum_has_one_ratio(policy: Policy, marks: tuple[str, ...]) -> None:
    """C12: whoever is in the same stratum is drawn at the same ratio: the stratum decides the factor."""
    seen: dict[str, Fraction] = {}
    for credit_class in ("", *CLASSES):
        for chosen in (marks, marks[:1], ()):
            verdict = judge(policy, Facts(credit_class=credit_class, labels=chosen))
            assert seen.setdefault(verdict.stratum, verdict.factor) == verdict.factor
            assert class_of(verdict.stratum) == (credit_class or UNCLASSIFIED)


@given(policies)
def test_a_table_survives_its_data(policy: Policy) -> None:
    """L2: what is stored reads back as the table that was put in force."""
    again = policy_from_data(policy_data(policy), policy.region)
    facts = [Facts(credit_class=one, labels=LABELS) for one in ("", *CLASSES)]
    assert [judge(again, one) for one in facts] == [judge(policy, one) for one in facts]


def test_the_standard_table_says_what_the_notices_say() -> None:
    """N1, N2: A is looked at less, D more; labels raise; the reasons are told in words."""
    assert [judge(PLAIN, Facts(credit_class=one)).factor for one in CLASSES] == [Fraction(1, 2), 1, 2, 4]
    assert judge(PLAIN, Facts()).stratum == UNCLASSIFIED
    marked = judge(PLAIN, Facts(credit_class="A", labels=("列入经营异常名录",)))
    assert (marked.factor, marked.tickets, marked.extra) == (2, 2, 1)  # and no discount any more
    assert marked.why == ("信用风险A类", "经营异常")


@pytest.mark.parametrize(
    "change",
    [
        {"classes": {"A": {"factor": "2"}, "B": {}, "C": {}, "D": {}}},
        {"classes": {"A": {"tickets": 3}, "B": {}, "C": {}, "D": {}}},
        {"classes": {"A": {"visits": 3}, "B": {"visits": 2}, "C": {}, "D": {}}},
        {"classes": {"A": {}, "B": {}, "C": {}}},
        {"classes": {"A": {}, "B": {}, "C": {}, "D": {"tickets": 1001}}},
        {"classes": {"A": {"factor": "1e9"}, "B": {}, "C": {}, "D": {}}},
        {"classes": {"A": {"factor": "-1"}, "B": {}, "C": {}, "D": {}}},
        {"raises": [{"key": "x", "name": "降低", "mark": "label", "words": ["好"], "factor": "0.5"}]},
        {"raises": [{"key": "X!", "name": "代号", "mark": "label", "words": ["好"]}]},
        {"raises": [{"key": "x", "name": "无词", "mark": "label", "words": []}]},
        {"raises": [{"key": "x", "name": "区", "mark": "region", "words": ["99"]}]},
        {"raises": [{"key": "x", "name": "甲", "mark": "trade", "words": ["C"]}] * 2},
        {"floor": "1.5"},
    ],
)
def test_a_table_that_breaks_a_law_is_refused(change: dict[str, object]) -> None:
    """N1, N2: no table is put in force that makes a worse class the better one to be, or lowers by a label."""
    with pytest.raises(InvalidInputError, match=r"政策表|区划"):
        policy_from_data({**policy_data(PLAIN), **change})


def test_regions_and_trades_at_risk_raise() -> None:
    """N1: a region counts with all below it, a trade with or without its letter."""
    risky = Policy(
        classes=PLAIN.classes,
        raises=(
            Raise(key="place", name="区域风险", mark=Mark.REGION, words=("370100",), factor=Fraction(3), tickets=3),
            Raise(key="trade", name="行业风险", mark=Mark.TRADE, words=("C26", "52"), factor=Fraction(2), tickets=2),
        ),
    )
    assert judge(risky, Facts(region_code="370102")).stratum == "unclassified+place"
    assert judge(risky, Facts(region_code="370200", trade="C2611")).stratum == "unclassified+trade"
    assert judge(risky, Facts(trade="F5212")).tickets == 2
    assert judge(risky, Facts(trade="C2511", region_code="")).stratum == UNCLASSIFIED


def test_the_nearest_table_holds() -> None:
    """C12, N: the item's own before a general one, then the nearer region; where there is none, the standard."""
    tables = {name: Policy(classes=PLAIN.classes, region=name) for name in ("37", "3701", "item", "all")}
    offers = [
        Offer(policy=tables["37"], region="370000"),
        Offer(policy=tables["3701"], region="370100"),
        Offer(policy=tables["item"], item_id="i1"),
    ]
    assert choose(offers, (), "370102", PLAIN) is tables["3701"]
    assert choose(offers, (), "370200", PLAIN) is tables["37"]
    assert choose(offers, ("i0", "i1"), "370102", PLAIN) is tables["item"]
    assert choose(offers, (), "110101", PLAIN) is PLAIN
    assert choose([*offers, Offer(policy=tables["all"])], (), "", PLAIN) is tables["all"]


def test_the_yearly_limit() -> None:
    """R1, R2: two a year by default; a class may have its own limit, a label one more; all levels together another."""
    table = Policy(
        classes={**PLAIN.classes, "A": Grade(visits=1), "D": Grade(factor=Fraction(4), tickets=4)},
        raises=PLAIN.raises,
        together=4,
    )
    plain, good = judge(table, Facts()), judge(table, Facts(credit_class="A"))
    marked = judge(table, Facts(labels=("投诉举报多",)))
    assert over_limit(table, plain, Visited(own=1, together=1), 2) == ""
    assert over_limit(table, plain, Visited(own=2, together=2), 2) == YEARLY
    assert over_limit(table, good, Visited(own=1, together=1), 2) == YEARLY
    assert over_limit(table, marked, Visited(own=2, together=2), 2) == ""
    assert over_limit(table, marked, Visited(own=3, together=3), 2) == YEARLY
    assert over_limit(table, plain, Visited(own=1, together=4), 2) == TOGETHER
    assert over_limit(PLAIN, plain, Visited(own=1, together=99), 2) == ""


def test_the_ten_reasons() -> None:
    """R1, section 2.2: ten named exemptions and no other."""
    assert len(EXEMPTIONS) == len(set(EXEMPTIONS.values())) == 10
