"""D7, E5: the spread of loads, and the best that any matching could do, held against trying everything and a flow."""

from __future__ import annotations

import random
from collections import Counter
from hashlib import sha256
from itertools import combinations, product

import pytest

from inspection.draw.announcement import Team
from inspection.draw.match import match, roster
from inspection.draw.pools import Conflict, DrawInspector
from inspection.draw.spread import spread
from tests.unit.draw.test_laws import least_peak


def office(chance, people, targets, part):
    """A made-up team; `part` of all pairs are recused."""
    staff = [DrawInspector(id=f"i{n:02}", department="market", skills=()) for n in range(people)]
    names = [f"T{n:03}" for n in range(targets)]
    barred = [Conflict(target=target, inspector=one.id) for target in names for one in staff if chance.random() < part]
    return Team(department="market", size=2), roster(staff, barred), names


def drawn(team, people, targets, seed):
    groups = match(sha256(seed).hexdigest(), (team,), people, targets)
    return {group.target: group.members() for group in groups}


def test_no_matching_is_more_even_than_the_best():
    """D7: on offices small enough to try every matching: nobody's busiest is less busy, nobody's idlest less idle."""
    for number in range(60):
        chance = random.Random(number)  # noqa: S311 - made-up offices, the same every time
        team, people, targets = office(chance, 4, 5, 0.5)
        names = [one.id for one in people.inspectors]
        fitting = [[one for one in names if one not in people.barred_from(target)] for target in targets]
        ways = product(*(combinations(able, min(2, len(able))) for able in fitting))
        loads = [{**dict.fromkeys(names, 0), **Counter(one for some in way for one in some)} for way in ways]
        found = spread(team, people, drawn(team, people, targets, b"%d" % number))
        assert found.best_most == min(max(one.values()) for one in loads), number
        assert found.best_least == max(min(one.values()) for one in loads), number


@pytest.mark.parametrize("number", range(8))
def test_under_heavy_recusal_the_best_is_the_maximum_flow(number):
    """D7, E5: with 70 % of all pairs recused; the draw is near it, and never said to be better than it is."""
    chance = random.Random(number)  # noqa: S311 - made-up offices, the same every time
    team, people, targets = office(chance, 20, 100, 0.7)
    groups = drawn(team, people, targets, b"%d" % number)
    found = spread(team, people, groups)
    fitting = {
        target: [one.id for one in people.inspectors if one.id not in people.barred_from(target)] for target in targets
    }
    assert found.best_most == least_peak(fitting, 2, -(-found.places // found.people))
    assert found.most - found.least >= found.best_most - found.best_least
    assert found.is_best == (found.most - found.least == found.best_most - found.best_least)
    assert found.most <= found.best_most + 2
    assert (found.people, found.places) == (20, sum(len(some) for some in groups.values()))
    assert found.short == sum(2 - len(some) for some in groups.values())


def test_without_recusals_the_draw_is_the_best():
    """D7: loads differ by one at most, and that is the best; somebody without a place counts with none."""
    team, people, targets = office(random.Random(1), 7, 3, 0)  # noqa: S311 - made-up
    found = spread(team, people, drawn(team, people, targets, b"x"))
    assert (found.loads, found.is_best, found.short) == ({0: 1, 1: 6}, True, 0)
    assert (found.best_least, found.best_most) == (found.least, found.most)
