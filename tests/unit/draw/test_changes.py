"""E1-E5, D6: the record of changes is recomputed, not only followed: whoever came in had to be the next."""

from __future__ import annotations

import json

import pytest

from app.verify import check
from inspection.draw.freeze import ANNOUNCEMENT
from inspection.draw.lower import match_lower
from inspection.draw.match import loads_of, next_replacement, roster
from inspection.draw.pools import conflicts_from_tsv, inspectors_from_tsv
from inspection.draw.record import RECORD, record_lines
from inspection.draw.result import run_draw
from inspection.quotas import region_of
from tests.unit.draw.conftest import build
from tests.unit.draw.test_lower import LOWER, dispatched

COMMON = {"reason": "health", "approved_by": "somebody", "at": "2026-03-03T01:00:00+00:00"}


def replacement(lower, groups, result, loads, came, place=0):
    """The entry of one who leaves the first team of a group, and the next in order who comes."""
    group, team = groups[place], lower.teams[0]
    people = roster(inspectors_from_tsv(lower.inspectors), conflicts_from_tsv(lower.conflicts))
    inside = {*group.members(), *came}
    entering = next_replacement(result.seed, team, people, group.target, inside, loads)
    own = {"kind": "replaced", "target": group.target, "department": team.department, "way": "next-in-order"}
    return {**own, "leaving": group.teams[0].members[0], "entering": entering, "passed": [], **COMMON}


def swap(result, loads):
    """The entry of a reserve that comes in where a drawn target is no more; the first reserve is closed too.

    One of the part's inspectors cannot come; the group is the next in order of each team, by the product's own rule.
    """
    lower = LOWER["海棠"]
    people = roster(inspectors_from_tsv(lower.inspectors), conflicts_from_tsv(lower.conflicts))
    leaving = next(one for one in result.drawn if region_of(one.stratum) == "海棠")
    passed, entering = result.reserves[leaving.stratum][:2]
    absent, members = [next_replacement(result.seed, lower.teams[0], people, entering, (), loads)], []
    for team in lower.teams:
        for _ in range(team.size):
            members.append(next_replacement(result.seed, team, people, entering, {*absent, *members}, loads))
    own = {"kind": "target", "target": leaving.target, "entering": entering, "passed": [passed]}
    return {**own, "members": members, "absent": absent, **COMMON}


def after_the_swap(result, swapped, loads):
    """The entry of one of the new group who leaves at once: the next in order comes, his place in the swap counted."""
    lower, left = LOWER["海棠"], swapped["members"][0]
    people = roster(inspectors_from_tsv(lower.inspectors), conflicts_from_tsv(lower.conflicts))
    team = lower.teams[0]
    came = next_replacement(result.seed, team, people, swapped["entering"], swapped["members"], loads)
    own = {"kind": "replaced", "target": swapped["entering"], "department": team.department, "way": "next-in-order"}
    return {**own, "leaving": left, "entering": came, "passed": [], **COMMON}


def entries_of(files):
    result, lower = run_draw(files), LOWER["海棠"]
    groups = match_lower(files[ANNOUNCEMENT], lower, result)
    every = [group for one in LOWER.values() for group in match_lower(files[ANNOUNCEMENT], one, result)]
    loads = loads_of(every)
    first = replacement(lower, groups, result, loads, ())
    loads[first["entering"]] += 1
    second = replacement(lower, groups, result, loads, (), 1)
    loads[second["entering"]] += 1
    third = swap(result, loads)
    loads.update(third["members"])
    return [first, second, third, after_the_swap(result, third, loads)]


def recorded(files, entries):
    draw_id = json.loads(files["result.json"])["draw_id"]
    return files | {RECORD: record_lines(draw_id, files["result.json"], entries)}


@pytest.fixture
def whole(make):
    return dispatched(make)


def test_a_true_record_passes(whole):
    """D6, E4: also of a draw dispatched down, in whose parts somebody was replaced."""
    report = check(recorded(whole, entries_of(whole)))
    assert report.findings == []
    assert any(line.startswith("变动记录：4 条") for line in report.lines)


def somebody_else(entry):
    lower = LOWER["海棠"]
    own = [one.id for one in inspectors_from_tsv(lower.inspectors) if one.department == entry["department"]]
    inside = {entry["entering"], *group_of(entry)}
    return {**entry, "entering": next(one for one in own if one not in inside)}


def group_of(entry):
    """Whom the draw gave the target of an entry."""
    groups = match_lower((files := dispatched(build))[ANNOUNCEMENT], LOWER["海棠"], run_draw(files))
    return next(one for one in groups if one.target == entry["target"]).members()


def gone(entry):
    """As if the visit of the swapped target were still there."""
    drawn = run_draw(dispatched(build)).drawn
    return {**entry, "target": next(one.target for one in drawn if region_of(one.stratum) == "海棠")}


def colleague(entry):
    return next(one for one in group_of(entry) if one != entry["leaving"])


TAMPERED = {
    "a favourite instead of the next": (0, somebody_else, "次序上的下一位"),
    "the second, as if the first had not been": (1, somebody_else, "次序上的下一位"),
    "somebody leaves who was not there": (0, lambda one: {**one, "leaving": "海棠99"}, "不在检查组中"),
    "the next passed over without a word": (
        0,
        lambda one: {**one, "passed": [one["entering"]]},
        "次序上的下一位",
    ),
    "a reserve passed over without a word": (2, lambda one: {**one, "passed": []}, "备选名单"),
    "a reserve of one's own": (2, lambda one: {**one, "entering": "T999"}, "备选名单"),
    "a target swapped that was not drawn": (2, lambda one: {**one, "target": "T998"}, "没有抽中"),
    "a favourite in the new group": (2, lambda one: {**one, "members": [*one["members"][:-1], "海棠99"]}, "检查组应为"),
    "the new group in another order": (2, lambda one: {**one, "members": one["members"][::-1]}, "检查组应为"),
    "nobody in the new group": (2, lambda one: {**one, "members": []}, "检查组应为"),
    "one who could have come kept out": (
        2,
        lambda one: {**one, "absent": [*one["absent"], one["members"][0]]},
        "检查组应为",
    ),
    "somebody absent in the new group all the same": (2, lambda one: {**one, "absent": []}, "检查组应为"),
    "somebody replaced where the target is gone": (3, gone, "已被更换"),
    "one of the old group leaves the new one": (3, lambda one: {**one, "leaving": one["entering"]}, "不在检查组中"),
    "a place filled that is not open": (
        0,
        lambda one: {**one, "kind": "filled", "way": "chosen", "leaving": ""},
        "没有空缺",
    ),
    "a leaving called a filling": (0, lambda one: {**one, "kind": "filled"}, "类型"),
    "a kind of one's own": (0, lambda one: {**one, "kind": "favour"}, "类型"),
    "one of another department": (0, lambda one: {**one, "department": "海棠消防"}, "不在检查组中"),
    "somebody twice in a group": (0, lambda one: {**one, "entering": colleague(one), "way": "chosen"}, "已在检查组中"),
}


@pytest.mark.parametrize("case", TAMPERED)
def test_a_change_that_was_not_the_next_is_found(whole, case):
    """E3, E4: even where the chain is whole."""
    place, change, words = TAMPERED[case]
    entries = entries_of(whole)
    entries[place] = change(entries[place])
    ((where, what),) = check(recorded(whole, entries)).findings
    assert where == f"record.jsonl 第 {place + 1} 行"
    assert words in what


def test_a_line_taken_out_is_found(whole):
    """E5: the line after it holds the hash of one that is not there."""
    files = recorded(whole, entries_of(whole))
    lines = files[RECORD].splitlines(keepends=True)
    ((where, _),) = check(files | {RECORD: lines[0] + lines[2]}).findings
    assert where == "record.jsonl 第 2 行"
