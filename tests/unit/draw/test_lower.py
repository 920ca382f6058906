"""D6, D7: drawn above, dispatched down: the lower offices' groups follow from the draw above alone."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from app.verify import check
from inspection.draw.announcement import Mode, Team
from inspection.draw.lower import Lower, check_lower, lower_bundle
from inspection.draw.pools import Candidate, Conflict, DrawInspector, Pools, conflicts_to_tsv, inspectors_to_tsv
from inspection.draw.refusals import BundleError
from inspection.draw.result import result_json, run_draw
from inspection.quotas import region_of, stratum_of

MASTER = bytes(range(32))
REGIONS = ("海棠", "天涯")
POOL = Pools(
    candidates=tuple(
        Candidate(
            id=f"T{number:03}", stratum=stratum_of("ABCD"[number % 4], REGIONS[number % 2]), tickets=1 + number % 3
        )
        for number in range(60)
    ),
    inspectors=(),
)
QUOTAS = {one.stratum: 3 for one in POOL.candidates}
LOWER = {
    region: Lower(
        name=region,
        regions=(region,),
        teams=(Team(department=f"{region}市场", size=2), Team(department=f"{region}消防", size=1)),
        inspectors=inspectors_to_tsv(
            DrawInspector(id=f"{region}{number}", department=f"{region}{'市场消防'[number % 2 * 2 :][:2]}", skills=())
            for number in range(8)
        ),
        conflicts=conflicts_to_tsv([Conflict(target="T000", inspector=f"{region}0")]),
    )
    for region in REGIONS
}


@pytest.fixture
def above(make):
    """The draw above: targets only, with what both lower offices committed to."""
    lower = tuple(LOWER[region].commitment() for region in REGIONS)
    return make(POOL, mode=Mode.TARGETS, teams=(), quotas=QUOTAS, lower=lower)


def finished(files):
    return files | {"result.json": result_json(run_draw(files))}


def test_every_drawn_target_is_matched_once_by_the_office_of_its_region(above):
    """D6, D7: together the lower bundles have exactly the targets drawn above, each with its own region's people."""
    drawn = {one.target: region_of(one.stratum) for one in run_draw(above).drawn}
    matched = {}
    for region in REGIONS:
        below = finished(lower_bundle(above, LOWER[region], MASTER))
        assert check(below).findings == []
        check_lower(above, below, LOWER[region], MASTER)
        groups = run_draw(below).groups
        matched |= {group.target: region for group in groups}
        assert all(member.startswith(region) for group in groups for member in group.members())
        assert all(not team.short for group in groups for team in group.teams)
    assert matched == drawn


def test_the_seed_below_is_that_of_the_draw_above(above):
    """D6: the one source of a lower draw is the seed above; another draw above is another draw below."""
    below = lower_bundle(above, LOWER["海棠"], MASTER)
    announcement, seed = json.loads(below["announcement.json"]), json.loads(below["seed.json"])
    assert [source["name"] for source in announcement["sources"]] == ["2026-003"]
    assert seed["values"] == {"2026-003": run_draw(above).seed}
    assert below == lower_bundle(above, LOWER["海棠"], MASTER)


@pytest.mark.parametrize(
    "change",
    [
        {"inspectors": inspectors_to_tsv([DrawInspector(id="friend", department="海棠市场", skills=())])},
        {"conflicts": b""},
        {"teams": (Team(department="海棠市场", size=1),)},
        {"regions": ("天涯",)},
    ],
)
def test_what_was_not_committed_to_before_the_seed_is_refused(above, change):
    """D6, E5: no person, recusal or team can be put in or taken out once the seed is known."""
    with pytest.raises(BundleError, match="承诺"):
        lower_bundle(above, replace(LOWER["海棠"], **change), MASTER)


@pytest.mark.parametrize("name", ["announcement.json", "targets.tsv", "inspectors.tsv", "conflicts.tsv", "seed.json"])
def test_a_lower_announcement_that_was_tried_again_is_found(above, name):
    """D6: even a blank in the announcement would be another draw, so every byte must follow from the draw above."""
    below = lower_bundle(above, LOWER["海棠"], MASTER)
    with pytest.raises(BundleError, match=name):
        check_lower(above, below | {name: below[name] + b" "}, LOWER["海棠"], MASTER)


def test_an_office_that_filed_nothing_has_no_part(make):
    """D6: without a commitment there is no matching from this seed."""
    with pytest.raises(BundleError):
        lower_bundle(make(POOL, mode=Mode.TARGETS, teams=(), quotas=QUOTAS), LOWER["海棠"], MASTER)
