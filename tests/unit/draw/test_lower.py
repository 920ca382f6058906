"""D6, D7: drawn above, dispatched down: the groups of each part follow from the draw above alone."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from app.verify import check
from inspection.draw.announcement import Mode, Team
from inspection.draw.freeze import ANNOUNCEMENT
from inspection.draw.lower import KEY, Lower, match_lower, part_json
from inspection.draw.pools import Candidate, Conflict, DrawInspector, Pools, conflicts_to_tsv, inspectors_to_tsv
from inspection.draw.refusals import BundleError
from inspection.draw.result import run_draw
from inspection.quotas import region_of, stratum_of

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


def dispatched(make):
    """Make the whole bundle of a draw that two parts match from."""
    files = make(
        POOL, mode=Mode.TARGETS, teams=(), quotas=QUOTAS, lower=tuple(one.commitment() for one in LOWER.values())
    )
    result = run_draw(files)
    for name, one in LOWER.items():
        groups = match_lower(files[ANNOUNCEMENT], one, result)
        start = f"{KEY}/{name}/"
        files |= {f"{start}inspectors.tsv": one.inspectors, f"{start}conflicts.tsv": one.conflicts}
        files[f"{start}result.json"] = part_json(result, one, groups)
    return files


@pytest.fixture
def whole(make):
    return dispatched(make)


def test_every_drawn_target_is_matched_once_by_the_office_of_its_region(whole):
    """D6, D7: together the parts have exactly the targets drawn above, each with its own region's people."""
    drawn = {one.target: region_of(one.stratum) for one in run_draw(whole).drawn}
    assert check(whole).findings == []
    matched = {}
    for region in REGIONS:
        groups = match_lower(whole[ANNOUNCEMENT], LOWER[region], run_draw(whole))
        matched |= {group.target: region for group in groups}
        assert all(member.startswith(region) for group in groups for member in group.members())
        assert all(not team.short for group in groups for team in group.teams)
    assert matched == drawn


def test_the_seed_below_is_that_of_the_draw_above(whole):
    """D6: not derived from it, not another: the same; so there is nothing that could be tried again."""
    seeds = {json.loads(whole[f"{KEY}/{region}/result.json"])["seed"] for region in REGIONS}
    assert seeds == {run_draw(whole).seed}


@pytest.mark.parametrize(
    "change",
    [
        {"inspectors": inspectors_to_tsv([DrawInspector(id="friend", department="海棠市场", skills=())])},
        {"conflicts": b""},
        {"teams": (Team(department="海棠市场", size=1),)},
        {"regions": ("天涯",)},
    ],
)
def test_what_was_not_committed_to_before_the_seed_is_refused(whole, change):
    """D6, E5: no person, recusal or team can be put in or taken out once the seed is known."""
    with pytest.raises(BundleError, match="承诺"):
        match_lower(whole[ANNOUNCEMENT], replace(LOWER["海棠"], **change), run_draw(whole))


def test_an_office_that_filed_nothing_has_no_part(make):
    """D6: without a commitment there is no matching from this seed."""
    files = make(POOL, mode=Mode.TARGETS, teams=(), quotas=QUOTAS)
    with pytest.raises(BundleError):
        match_lower(files[ANNOUNCEMENT], LOWER["海棠"], run_draw(files))


def edited(name, change):
    def act(files):
        value = json.loads(files[name])
        change(value)
        return files | {name: json.dumps(value, ensure_ascii=False).encode()}

    return act


def friend(value):
    members = value["groups"][0]["teams"][0]["members"]
    members[0] = next(f"海棠{n}" for n in (0, 2, 4, 6) if f"海棠{n}" not in members)


PART = "lower/海棠/"
TAMPERED = {
    "a favoured inspector in a part": (edited(f"{PART}result.json", friend), f"{PART}result.json 的 groups", "应为"),
    "a group dropped from a part": (
        edited(f"{PART}result.json", lambda one: one["groups"].pop()),
        f"{PART}result.json 的 groups",
        "检查组",
    ),
    "another seed below": (
        edited(f"{PART}result.json", lambda one: one.update(seed="0" * 64)),
        f"{PART}result.json 的 seed",
        "重算",
    ),
    "a recusal of a part removed": (lambda files: files | {f"{PART}conflicts.tsv": b""}, PART, "SHA-256"),
    "a person put into a part": (
        lambda files: (
            files | {f"{PART}inspectors.tsv": files[f"{PART}inspectors.tsv"] + "海棠9\t海棠市场\t\n".encode()}
        ),
        PART,
        "SHA-256",
    ),
    "a part left out": (
        lambda files: {name: data for name, data in files.items() if not name.startswith(PART)},
        PART,
        "缺失",
    ),
    "a part's result left out": (
        lambda files: {name: data for name, data in files.items() if name != f"{PART}result.json"},
        f"{PART}result.json",
        "缺失",
    ),
}


@pytest.mark.parametrize("case", TAMPERED)
def test_a_part_that_was_tampered_with_is_found(whole, case):
    """D4, D6, E5: the checker recomputes every part, and names the file."""
    change, where, what = TAMPERED[case]
    ((place, why),) = check(change(whole)).findings
    assert place.startswith(where)
    assert what in why
