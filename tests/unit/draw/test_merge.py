"""D1, D7, R4: several items over one target are one draw and one visit, with every department that it concerns."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.draw.announcement import Mode, Team
from inspection.draw.freeze import ANNOUNCEMENT
from inspection.draw.lower import Lower, match_lower
from inspection.draw.merge import ItemPool, merge
from inspection.draw.pools import Candidate, DrawInspector, Pools, inspectors_to_tsv
from inspection.draw.result import run_draw
from inspection.errors import InvalidInputError
from inspection.quotas import SmallPool, by_class

IDS = tuple(f"T{number:02}" for number in range(30))
CLASS = {id_: "ABCD"[number % 4] for number, id_ in enumerate(IDS)}
OFFICES = {"F1": "fire", "H1": "health", "H2": "health"}


def item_pool(item, ids, ratio=Fraction(1, 4), tickets=1):
    own = [Candidate(id=id_, stratum=CLASS[id_], tickets=tickets) for id_ in ids]
    return ItemPool(item=item, department=OFFICES[item], ratio=ratio, candidates=own)


scopes = st.fixed_dictionaries({item: st.sets(st.sampled_from(IDS)) for item in OFFICES})


@given(scopes)
def test_each_target_stands_once_with_all_its_items(scopes):
    """R4: the union of the pools, nobody twice; the label names exactly the items that cover the target."""
    merged = merge([item_pool(item, ids) for item, ids in scopes.items()])
    assert [one.id for one in merged.candidates] == sorted(set().union(*scopes.values()))
    for one in merged.candidates:
        credit_class, _, items = one.stratum.partition("@")
        assert credit_class == CLASS[one.id]
        assert items.split("+") == sorted(item for item, ids in scopes.items() if one.id in ids)


def test_the_highest_ratio_and_the_most_tickets_hold():
    """C12: being in a second pool makes nobody less likely to be drawn."""
    merged = merge([item_pool("F1", IDS, Fraction(1, 2)), item_pool("H1", IDS[:8], Fraction(1, 10), tickets=3)])
    assert set(merged.ratios.values()) == {Fraction(1, 2)}
    assert {one.tickets for one in merged.candidates[:8]} == {3}


@given(scopes.filter(lambda one: any(one.values())))
def test_every_department_meets_the_targets_of_its_items_and_no_other(make, scopes):
    """D7: one draw above; each department's own part holds the drawn targets that one of its items covers."""
    merged = merge([item_pool(item, ids) for item, ids in scopes.items()])
    counts = {label: sum(one.stratum == label for one in merged.candidates) for label in merged.ratios}
    lower = [
        Lower(
            name=department,
            regions=sets,
            teams=(Team(department=department, size=2),),
            inspectors=inspectors_to_tsv(
                [DrawInspector(id=f"{department}{n}", department=department, skills=()) for n in range(4)]
            ),
        )
        for department, sets in merged.parts.items()
    ]
    above = make(
        Pools(candidates=merged.candidates, inspectors=()),
        mode=Mode.TARGETS,
        teams=(),
        quotas=by_class(counts, merged.ratios, SmallPool(up_to=0)),
        lower=tuple(one.commitment() for one in lower),
    )
    result = run_draw(above)
    drawn = {one.target for one in result.drawn}
    for one in lower:
        groups = match_lower(above[ANNOUNCEMENT], one, result)
        covered = set().union(*(scopes[item] for item, office in OFFICES.items() if office == one.name))
        assert {group.target for group in groups} == drawn & covered


@pytest.mark.parametrize(
    "pools",
    [
        [item_pool("F1", IDS), item_pool("F1", IDS)],
        [ItemPool(item="a+b", department="fire", ratio=Fraction(1), candidates=())],
        [
            item_pool("F1", IDS),
            ItemPool(
                item="H1",
                department="health",
                ratio=Fraction(1),
                candidates=[Candidate(id="T00", stratum="D", tickets=1)],
            ),
        ],
    ],
)
def test_what_cannot_be_merged_is_refused(pools):
    """D1: an item twice, a name that breaks a label, a target of two classes."""
    with pytest.raises(InvalidInputError):
        merge(pools)
