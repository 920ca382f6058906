"""D2, D3: who is drawn follows from the seed and the pool alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.draw import score
from inspection.draw.announcement import Mode, Stratum, parse_announcement
from inspection.draw.pools import Candidate, targets_to_tsv
from inspection.draw.score import least, select

seeds = st.integers(0, 1 << 64).map(lambda number: sha256(b"%d" % number).hexdigest())
pools = st.lists(
    st.builds(
        Candidate,
        id=st.text("abcdef0123456789企业", min_size=1, max_size=6),
        stratum=st.sampled_from("ABC"),
        tickets=st.sampled_from([1, 1, 1, 2, 4, 30]),
    ),
    unique_by=lambda one: one.id,
    max_size=60,
)


def plainly(seed, candidate):
    """Score one candidate as the protocol's text says, in its own words."""
    return min(
        (sha256(f"{seed}/target/{candidate.id}/{k}".encode()).hexdigest(), candidate.id, k)
        for k in range(1, candidate.tickets + 1)
    )


def drawn_from(announcement, seed, candidates, quota, mode=Mode.TARGETS):
    """Draw `quota` of each stratum and keep three reserves."""
    counts = Counter(one.stratum for one in candidates)
    strata = tuple(Stratum(stratum=label, count=counts[label], quota=quota) for label in "ABC")
    terms = replace(announcement, mode=mode, strata=strata, reserves=3)
    return select(seed, terms, targets_to_tsv(candidates))


def the_least(seed, candidates, wanted):
    """Give (score, id, ticket) of the least of one stratum."""
    ranked = least(seed, {"A": len(candidates)}, {"A": wanted}, targets_to_tsv(candidates))
    return [hit[:3] for hit in ranked["A"]]


def crowd(size):
    return [Candidate(id=str(number), stratum="A", tickets=1) for number in range(size)]


@given(seeds, pools, st.integers(0, 70))
def test_thresholds_change_nothing(seed, candidates, wanted):
    """D3: the quick way keeps exactly those that sorting everybody would."""
    candidates = [replace(one, stratum="A") for one in candidates] or crowd(1)
    found = [(best.hex(), id_.decode(), ticket) for best, id_, ticket in the_least(seed, candidates, wanted)]
    assert found == sorted(plainly(seed, one) for one in candidates)[:wanted]


def test_a_large_pool_is_drawn_by_threshold_and_exactly():
    """D3: with far more candidates than places the threshold cuts, and still nobody is missed."""
    seed = sha256(b"large").hexdigest()
    expected = sorted(
        (sha256(f"{seed}/target/{number}/1".encode()).digest(), b"%d" % number, 1) for number in range(20_000)
    )
    assert the_least(seed, crowd(20_000), 100) == expected[:100]


def test_a_threshold_set_too_low_is_raised_until_nobody_is_missed(monkeypatch):
    """D3: were chance to leave too few under the threshold, a further pass finds them; it never draws fewer."""
    monkeypatch.setattr(score, "isqrt", lambda _: -8)
    seed = sha256(b"low").hexdigest()
    everybody = the_least(seed, crowd(1000), 1000)
    assert the_least(seed, crowd(1000), 50) == everybody[:50]


@given(seeds, pools, st.integers(0, 20), st.randoms(use_true_random=False))
def test_same_seed_same_result_whatever_the_order_of_input(double, seed, candidates, quota, shuffler):
    """D2: the order of the pool does not matter, the draw does not remember anything."""
    terms = parse_announcement(double["announcement.json"])
    shuffled = shuffler.sample(candidates, len(candidates))
    first, second = drawn_from(terms, seed, candidates, quota), drawn_from(terms, seed, shuffled, quota)
    assert first.drawn == second.drawn
    assert dict(first.cutoffs) == dict(second.cutoffs)
    assert dict(first.reserves) == dict(second.reserves)


@given(seeds, pools, st.integers(1, 5), st.data())
def test_removing_somebody_undrawn_changes_nobody_else(double, seed, candidates, quota, data):
    """D2: whoever was not drawn could have been left out, and the same others would have been drawn."""
    terms = parse_announcement(double["announcement.json"])
    drawn = drawn_from(terms, seed, candidates, quota).drawn
    undrawn = [one for one in candidates if one.id not in {item.target for item in drawn}]
    if undrawn:
        gone = data.draw(st.sampled_from(undrawn))
        assert drawn_from(terms, seed, [one for one in candidates if one != gone], quota).drawn == drawn


@given(seeds, pools, st.integers(0, 5))
def test_a_larger_quota_only_adds(double, seed, candidates, quota):
    """D3: a smaller draw is the beginning of the larger one in every stratum; the first reserve is next."""
    announcement = parse_announcement(double["announcement.json"])
    small, large = (drawn_from(announcement, seed, candidates, size) for size in (quota, quota + 1))
    assert set(small.drawn) <= set(large.drawn)
    added = {item.target for item in large.drawn} - {item.target for item in small.drawn}
    assert added == {ids[0] for ids in small.reserves.values() if ids}


@given(seeds, pools, st.integers(0, 5))
def test_quotas_cutoffs_and_reserves(double, seed, candidates, quota):
    """D3: each stratum gives its quota or all it has; the cutoff is its last drawn score; reserves are as announced."""
    found = drawn_from(parse_announcement(double["announcement.json"]), seed, candidates, quota)
    for label in {one.stratum for one in candidates}:
        size = sum(one.stratum == label for one in candidates)
        scores = [item.score for item in found.drawn if item.stratum == label]
        assert len(scores) == min(quota, size)
        assert found.cutoffs.get(label) == (scores[-1] if scores else None)
        assert len(found.reserves[label]) == min(3, size - len(scores))
    assert [item.score for item in found.drawn] == sorted(item.score for item in found.drawn)


@pytest.mark.parametrize("mode", [Mode.ORDER, Mode.INSPECTORS])
@given(seed=seeds, candidates=pools)
def test_where_everybody_is_checked_the_order_is_the_result(double, mode, seed, candidates):
    """A8: at high ratios the draw decides the order of batches; quotas do not cut anybody off."""
    found = drawn_from(parse_announcement(double["announcement.json"]), seed, candidates, 1, mode)
    assert [item.target for item in found.drawn] == [id_ for _, id_, _ in sorted(plainly(seed, c) for c in candidates)]
    assert not any(found.reserves.values())


def test_four_tickets_come_first_four_times_as_often():
    """C12: among one candidate with four tickets and four with one, he is first in about half of the draws."""
    pool = [Candidate(id="D", stratum="A", tickets=4), *crowd(4)]
    draws = 2000
    first = sum(the_least(sha256(b"%d" % number).hexdigest(), pool, 1)[0][1] == b"D" for number in range(draws))
    assert abs(first - draws / 2) < 5 * (draws / 4) ** 0.5
