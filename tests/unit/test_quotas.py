"""D3, C12: quotas and tickets are exact, never more than there are, and small pools are not drawn empty."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.errors import InvalidInputError
from inspection.quotas import (
    CREDIT_TICKETS,
    SmallPool,
    at_least_each_region,
    by_class,
    by_class_number,
    by_number,
    by_ratio,
    class_of,
    region_of,
    shared_out,
    stratum_of,
    tickets_for,
)

counts = st.dictionaries(st.sampled_from("ABCDEF"), st.integers(0, 5000))
ratios = st.fractions(0, 1)


@given(counts, ratios)
def test_a_ratio_is_rounded_up_and_never_exceeds_the_pool(pool, ratio):
    """D3: each stratum gives at least its share, less than one above it, and no more than it has."""
    small = SmallPool(up_to=0)
    for stratum, quota in by_ratio(pool, ratio, small).items():
        assert pool[stratum] * ratio <= quota < pool[stratum] * ratio + 1
        assert quota <= pool[stratum]


@pytest.mark.parametrize(
    ("count", "ratio", "quota"), [(100, "0.07", 7), (1000, "0.003", 3), (300, "0.29", 87), (11, "0.05", 1)]
)
def test_decimals_are_exact(count, ratio, quota):
    """D3: 7 % of 100 are 7, not the 8 that floating point would make of it."""
    assert by_ratio({"A": count}, Decimal(ratio)) == {"A": quota}


@pytest.mark.parametrize(("count", "quota"), [(0, 0), (1, 1), (2, 2), (10, 2), (11, 1)])
def test_a_small_pool_yields_at_least_two(count, quota):
    """D3: up to ten targets at least two are drawn, or all there are; eleven follow the ratio."""
    assert by_ratio({"A": count}, Decimal("0.05")) == {"A": quota}


def test_the_small_pool_rule_can_be_set_and_looks_at_the_whole_pool():
    """D3: the limit and the least are settings; strata that already give enough are left alone."""
    tenth = Fraction(1, 10)
    assert by_ratio({"A": 5, "B": 4}, tenth) == {"A": 1, "B": 1}
    assert by_ratio({"A": 5, "B": 4}, tenth, SmallPool(up_to=9, at_least=4)) == {"A": 3, "B": 1}
    assert by_ratio({"A": 5, "B": 4}, tenth, SmallPool(up_to=8, at_least=4)) == {"A": 1, "B": 1}


def test_each_class_has_its_own_ratio():
    """C12: higher risk, higher ratio; a class with ratio nought stays undrawn even in a small pool."""
    risk = {"A": Decimal("0.05"), "D": Decimal(1)}
    assert by_class({"A": 200, "D": 30}, risk) == {"A": 10, "D": 30}
    assert by_class({"A": 5, "D": 1}, {"A": Decimal(0), "D": Decimal("0.5")}) == {"A": 0, "D": 1}


@given(counts, st.integers(0, 40_000))
def test_a_fixed_number_is_split_to_the_last(pool, number):
    """D3: the parts add up to the number or the whole pool, each within one of its exact share."""
    quotas = by_number(pool, number)
    total = sum(pool.values())
    assert sum(quotas.values()) == min(number, total)
    for stratum, quota in quotas.items():
        assert quota <= pool[stratum]
        assert total == 0 or abs(quota - Fraction(min(number, total) * pool[stratum], total)) < 1


def test_ties_go_by_label():
    """D3: equal remainders are settled the same way every time, whatever the order of input."""
    assert by_number({"B": 1, "A": 1, "C": 1}, 2) == {"A": 1, "B": 1, "C": 0}


@pytest.mark.parametrize(
    "act",
    [
        lambda: by_ratio({"A": 1}, Decimal("1.01")),
        lambda: by_ratio({"A": 1}, Decimal("-0.01")),
        lambda: by_ratio({"A": -1}, Decimal(1)),
        lambda: by_class({"A": 1}, {"B": Decimal(1)}),
        lambda: by_number({"A": 1}, -1),
        lambda: by_number({"A": -1}, 1),
    ],
)
def test_what_makes_no_sense_is_refused(act):
    """D3: ratios are between nought and one, counts are not negative, every class has a ratio."""
    with pytest.raises(InvalidInputError):
        act()


def test_tickets_follow_the_credit_class():
    """C12, N1: A and B one, C two, D four; unclassified ones one; an office may set others."""
    assert [tickets_for(name) for name in ("A", "B", "C", "D", "")] == [1, 1, 2, 4, 1]
    assert tickets_for("C", {"C": 9}) == 9
    with pytest.raises(TypeError):
        CREDIT_TICKETS["A"] = 100


labels = st.builds(stratum_of, st.sampled_from("ABCD"), st.sampled_from(["海棠", "天涯", "吉阳", ""]))


@given(st.dictionaries(labels, st.integers(0, 400)), st.fractions(0, 1), st.integers(0, 12))
def test_every_region_yields_its_least_and_the_rest_is_left_alone(pool, ratio, at_least):
    """D3: each region gives at least so many, or all it has; nobody's quota falls, and none exceeds its pool."""
    before = by_ratio(pool, ratio, SmallPool(up_to=0))
    after = at_least_each_region(before, pool, at_least)
    assert after.keys() == pool.keys()
    assert all(before[label] <= after[label] <= pool[label] for label in pool)
    for region in {region_of(label) for label in pool}:
        own = [label for label in pool if region_of(label) == region]
        drawn, there = (sum(some[label] for label in own) for some in (after, pool))
        assert drawn >= min(at_least, there)
        assert drawn == max(sum(before[label] for label in own), min(at_least, there))


@given(st.dictionaries(labels, st.integers(0, 400)), st.dictionaries(st.sampled_from("ABCD"), st.integers(0, 500)))
def test_a_number_per_class_is_drawn_to_the_last(pool, numbers):
    """C12, D3: each class gives its number over all regions, or all it has; a class without a number gives none."""
    quotas = by_class_number(pool, numbers)
    for credit_class in {class_of(label) for label in pool}:
        own = [label for label in pool if class_of(label) == credit_class]
        wanted = min(numbers.get(credit_class, 0), sum(pool[label] for label in own))
        assert sum(quotas[label] for label in own) == wanted
        assert all(quotas[label] <= pool[label] for label in own)


def test_labels_tell_class_and_region():
    """D3: a class within a region is one stratum; a class alone is the class."""
    assert (stratum_of("D", "海棠"), stratum_of("D")) == ("D@海棠", "D")
    assert (class_of("D@海棠"), region_of("D@海棠"), class_of("D"), region_of("D")) == ("D", "海棠", "D", "")
    with pytest.raises(InvalidInputError):
        at_least_each_region({"A": 0}, {"A": 1}, -1)


def test_the_class_of_a_label_is_its_letter_whatever_stands_behind_it():
    """C12, N1: a raised class, a region's own table and the draw's region do not make another class."""
    for label in ("B", "B+serious", "B~370100", "B+serious~370100", "B+serious~370100@370102", "B@1+2"):
        assert class_of(label) == "B"
    raised = {"D": 10, "D+serious": 10, "D+serious~370100@370102": 10, "A": 50}
    assert sum(by_class_number(raised, {"D": 6}).values()) == 6


shares = st.dictionaries(st.sampled_from("ABCDEF"), st.fractions(0, 1), min_size=6, max_size=6)


@given(counts, st.integers(0, 40_000), shares)
def test_a_fixed_number_follows_the_ratios_of_the_classes(pool, number, ratios):
    """C12: the whole number is drawn, no stratum above what it has, and of equal strata the riskier gives no less."""
    quotas = by_number(pool, number, ratios)
    there = sum(count for label, count in pool.items() if ratios[label])
    assert sum(quotas.values()) == min(number, there)
    assert all(quotas[label] <= pool[label] for label in pool)
    assert all(quotas[label] == 0 for label in pool if not ratios[label])
    same = dict.fromkeys(pool, 100)
    found = by_number(same, number, ratios)
    for one in pool:
        assert all(found[one] + 1 >= found[other] for other in pool if ratios[other] <= ratios[one])


def test_a_fixed_number_of_a_pool_with_worse_classes():
    """C12: 20 of 100 good and 100 bad ones at four times the ratio: 4 and 16; a class that is used up gives way."""
    ratios = {"A": Fraction(1, 10), "D": Fraction(4, 10)}
    assert by_number({"A": 100, "D": 100}, 20, ratios) == {"A": 4, "D": 16}
    assert by_number({"A": 30, "D": 10}, 24, ratios) == {"A": 14, "D": 10}
    assert by_number({"A": 10, "D": 5}, 15, ratios) == {"A": 10, "D": 5}


@given(st.dictionaries(labels, st.integers(0, 400)), st.fractions(0, 1))
def test_a_ratio_over_regions_is_rounded_up_once_for_each_class(pool, ratio):
    """D3: regions share a class's quota; together they give exactly it, however many they are."""
    classes = {}
    for label, count in pool.items():
        classes[class_of(label)] = classes.get(class_of(label), 0) + count
    quotas = by_ratio(classes, ratio, SmallPool(up_to=0))
    shared = shared_out(quotas, pool)
    assert shared.keys() == pool.keys()
    for one in classes:
        assert sum(shared[label] for label in pool if class_of(label) == one) == quotas[one]
    assert all(shared[label] <= pool[label] for label in pool)
