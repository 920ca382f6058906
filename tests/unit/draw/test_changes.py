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


def swap(result, stratum):
    """The entry of a reserve that comes in where a drawn target is no more; the first reserve is closed too."""
    leaving = next(one.target for one in result.drawn if one.stratum == stratum)
    passed, entering = result.reserves[stratum][:2]
    return {
        "kind": "target",
        "target": leaving,
        "entering": entering,
        "passed": [passed],
        "members": ["海棠0", "海棠2"],
        **COMMON,
    }


def entries_of(files):
    result, lower = run_draw(files), LOWER["海棠"]
    groups = match_lower(files[ANNOUNCEMENT], lower, result)
    every = [group for one in LOWER.values() for group in match_lower(files[ANNOUNCEMENT], one, result)]
    loads = loads_of(every)
    first = replacement(lower, groups, result, loads, ())
    loads[first["entering"]] += 1
    second = replacement(lower, groups, result, loads, (), 1)
    return [first, second, swap(result, groups and next(iter(result.reserves)))]


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
    assert any(line.startswith("变动记录：3 条") for line in report.lines)


def somebody_else(entry):
    lower = LOWER["海棠"]
    own = [one.id for one in inspectors_from_tsv(lower.inspectors) if one.department == entry["department"]]
    return {**entry, "entering": next(one for one in own if one not in {entry["leaving"], entry["entering"]})}


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
