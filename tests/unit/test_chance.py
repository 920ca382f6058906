"""What a sample says of the whole, held against known values and against counting (K5)."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.chance import Stratum, holm, more_than, stratified, upper_tail, wilson
from inspection.clues import Group, patterns


def test_wilson_gives_the_published_values() -> None:
    """K5: R. G. Newcombe, Statist. Med. 17 (1998) 857, table I: 81/263, 15/148, 0/20, 1/29, score method."""
    for hits, seen, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)):
        found = wilson(hits, seen)
        assert found is not None
        assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    found = wilson(1, 29)
    assert found is not None
    assert (round(found.low, 4), round(found.high, 4)) == (0.0061, 0.1718)
    assert wilson(0, 0) is None


@given(st.integers(1, 12), st.floats(0.01, 0.99), st.data())
def test_the_tail_is_what_counting_gives(seen: int, share: float, data: st.DataObject) -> None:
    """K5: the binomial tail against the sum over every outcome."""
    hits = data.draw(st.integers(0, seen))
    counted = sum(
        math.prod(share if one else 1 - share for one in outcome)
        for outcome in itertools.product((0, 1), repeat=seen)
        if sum(outcome) >= hits
    )
    assert upper_tail(hits, seen, share) == pytest.approx(counted, abs=1e-9)


def test_a_group_against_the_others_is_fishers_exact_test() -> None:
    """K5: the lady tasting tea: 3 of 4 right by chance in 17 of 70 ways, all 4 in one."""
    assert more_than(3, 4, 1, 4) == pytest.approx(17 / 70)
    assert more_than(4, 4, 0, 4) == pytest.approx(1 / 70)
    assert more_than(0, 4, 0, 4) == 1.0


def test_groups_count_by_their_size_and_not_by_how_much_was_drawn() -> None:
    """K5: class D was drawn wholly and is bad, class A by one in twenty and is good: the whole is mostly good."""
    strata = (Stratum(size=9_000, seen=450, hits=9), Stratum(size=100, seen=100, hits=60))
    found = stratified(strata)
    assert found is not None
    assert found.share == pytest.approx((9_000 * 0.02 + 60) / 9_100)
    assert found.low < found.share < found.high < 69 / 550  # what the sample alone would have said
    whole = stratified((Stratum(size=50, seen=50, hits=5),))
    assert whole is not None
    assert (whole.low, whole.share, whole.high) == (0.1, 0.1, 0.1)  # all were looked at: nothing is estimated
    assert stratified((Stratum(size=10, seen=0, hits=0),)) is None


def test_many_questions_need_smaller_chances() -> None:
    """K5: one in twenty is nothing where twenty were asked (Holm)."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == [True, False, False, True]
    assert holm([0.04] * 20) == [False] * 20
    assert holm([]) == []


def test_two_neighbours_are_no_pattern() -> None:
    """O2: however unlikely, fewer than three targets are none; and what their share explains is none."""
    rare = {"matter": "m", "kind": "region", "share": 0.001}
    assert patterns([Group(key="a", named=2, named_of_all=2, **rare)]) == []  # type: ignore[arg-type]
    assert patterns([Group(key="a", matter="m", kind="region", named=9, named_of_all=10, share=0.9)]) == []
    [(found, chance)] = patterns([Group(key="a", named=3, named_of_all=4, **rare)])  # type: ignore[arg-type]
    assert (found.key, chance < 1e-8) == ("a", True)
