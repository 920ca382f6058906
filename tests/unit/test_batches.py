"""A8, D3: one frozen order gives every batch of the year; nobody is left out, and nobody comes twice."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.batches import batch_on, cut_by_count, cut_by_dates
from inspection.errors import InvalidInputError

FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)
orders = st.integers(0, 300).map(lambda size: tuple(f"T{number}" for number in range(size)))


def hangs_together(batches, order, first):
    """The order is kept, the days follow one another without a gap, numbers count from 1."""
    assert tuple(target for batch in batches for target in batch.targets) == order
    assert [batch.number for batch in batches] == list(range(1, len(batches) + 1))
    assert batches[0].starts_on == first
    assert batches[-1].ends_on == LAST
    for before, after in pairwise(batches):
        assert before.starts_on <= before.ends_on == after.starts_on - timedelta(days=1)


@given(orders.filter(bool), st.integers(1, 400))
def test_batches_of_a_size_keep_the_order(order, size):
    """A8: every batch but the last is full, and each has days of its own."""
    batches = cut_by_count(order, size, FIRST, LAST)
    hangs_together(batches, order, FIRST)
    assert {len(batch.targets) for batch in batches[:-1]} <= {size}
    assert 0 < len(batches[-1].targets) <= size


@given(orders, st.sets(st.dates(FIRST, LAST), min_size=1, max_size=12).map(sorted))
def test_batches_by_dates_are_in_proportion_to_their_days(order, first_days):
    """A8: a batch that has a third of the days has a third of the targets, within one."""
    batches = cut_by_dates(order, first_days, LAST)
    hangs_together(batches, order, first_days[0])
    whole = (LAST - first_days[0]).days + 1
    for batch in batches:
        share = len(order) * ((batch.ends_on - batch.starts_on).days + 1) / whole
        assert abs(len(batch.targets) - share) < 1


@given(orders.filter(bool), st.integers(1, 50), st.dates(FIRST, LAST))
def test_every_day_of_the_year_has_its_batch(order, size, day):
    """A8: it is always clear whose turn it is, and outside the year nobody's."""
    batches = cut_by_count(order, size, FIRST, LAST)
    found = batch_on(batches, day)
    assert found.starts_on <= day <= found.ends_on
    assert batch_on(batches, LAST + timedelta(days=1)) is None
    assert batch_on(batches, FIRST - timedelta(days=1)) is None


def test_one_who_joins_at_the_end_moves_nobody():
    """A8: the same order cut the same way gives the same beginning."""
    one, two = (cut_by_count([f"T{n}" for n in range(size)], 10, FIRST, LAST) for size in (40, 45))
    assert [batch.targets for batch in two[:4]] == [batch.targets for batch in one]
    assert cut_by_count((), 10, FIRST, LAST) == ()


@pytest.mark.parametrize(
    "act",
    [
        lambda: cut_by_count(["T"], 0, FIRST, LAST),
        lambda: cut_by_count(["T1", "T2"], 1, FIRST, FIRST),
        lambda: cut_by_count(["T1"], 1, LAST, FIRST),
        lambda: cut_by_dates(["T"], [], LAST),
        lambda: cut_by_dates(["T"], [LAST, FIRST], LAST),
        lambda: cut_by_dates(["T"], [FIRST, FIRST], LAST),
        lambda: cut_by_dates(["T"], [LAST], FIRST),
    ],
)
def test_what_cannot_be_cut_is_refused(act):
    """A8: no empty batch size, no batch without a day, no days that run backwards."""
    with pytest.raises(InvalidInputError):
        act()
