"""Who is told: rung by rung, leave stood in for, nobody brought up early (K2, T4)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.clock_rules import DEFAULT_LADDERS
from inspection.deadlines import KINDS, Count, DeadlineKind
from inspection.ladders import Person, Rung, parse_ladder, told
from inspection.stages import next_stage_on, stage_due
from inspection.workdays import official_calendar, working_days_between

CALENDAR = official_calendar()
LADDER = parse_ladder(["inspector", "leader", "liaison@0", "approver@+1", "office@+2"])
PEOPLE = {
    Rung.INSPECTOR: [Person(userid="a"), Person(userid="b")],
    Rung.LEADER: [Person(userid="a")],
    Rung.LIAISON: [Person(userid="l")],
    Rung.HEAD: [Person(userid="h")],
    Rung.OFFICE: [Person(userid="o")],
}
people = st.dictionaries(
    st.sampled_from(list(Rung)),
    st.lists(st.builds(Person, userid=st.sampled_from("abcdef"), away=st.booleans()), max_size=3),
)
steps = st.one_of(st.integers(-30, 30).map(lambda place: f"{place:+d}" if place else "0"))


@pytest.mark.parametrize(
    ("stage", "userids"),
    [("-7", "ab"), ("-1", "ab"), ("0", "abl"), ("+1", "ablh"), ("+2", "ablho"), ("+9", "ablho")],
)
def test_each_rung_joins_from_its_step_on(stage: str, userids: str) -> None:
    """K2: everybody once, lowest rung first."""
    assert told(LADDER, stage, PEOPLE) == list(userids)


def test_who_is_away_is_stood_in_for_by_the_next_who_is_there() -> None:
    """K2: leave shifts the person; an empty rung brings nobody up."""
    away = {**PEOPLE, Rung.INSPECTOR: [Person(userid="b", away=True)], Rung.LEADER: [Person(userid="a", away=True)]}
    assert told(LADDER, "-3", away) == ["l"]
    assert told(LADDER, "0", {**PEOPLE, Rung.LIAISON: []}) == ["a", "b"]
    assert told(LADDER, "-3", {Rung.OFFICE: [Person(userid="o")]}) == ["o"]


def test_who_stands_twice_on_a_rung_is_told_once() -> None:
    """K2: one who is head of two departments hears it once, also where he only stands in."""
    twice = [Person(userid="h"), Person(userid="h")]
    assert told(LADDER, "0", {Rung.HEAD: twice}) == ["h"]
    assert told(LADDER, "+1", {Rung.HEAD: twice}) == ["h"]


@given(people, steps)
def test_somebody_is_told_if_anybody_is_there(some: dict[Rung, list[Person]], stage: str) -> None:
    """K2: never nobody while the ladder has somebody present; never one who is away, unless he stands elsewhere too."""
    found = told(LADDER, stage, some)
    present = {one.userid for rung in some.values() for one in rung if not one.away}
    assert set(found) <= present
    assert bool(found) == bool(present)
    assert len(found) == len(set(found))


@given(people, st.integers(-20, 20))
def test_what_is_told_later_reaches_no_fewer(some: dict[Rung, list[Person]], place: int) -> None:
    """K2: escalation adds people. Where nobody was reachable below, the ladder had been climbed already."""
    present = {rung: [one for one in row if not one.away] for rung, row in some.items()}
    if not (present.get(Rung.INSPECTOR) or present.get(Rung.LEADER)):
        return
    earlier, later = (f"{one:+d}" if one else "0" for one in (place, place + 1))
    assert set(told(LADDER, earlier, present)) <= set(told(LADDER, later, present))


@pytest.mark.parametrize("words", [[], ["mayor"], ["office@"], ["office@1"], ["office@+0"], ["Office"]])
def test_what_is_no_ladder_is_refused(words: list[str]) -> None:
    with pytest.raises(ValueError, match="rung"):
        parse_ladder(words)


def test_every_kind_has_its_rule_and_a_ladder_that_reads() -> None:
    """K2, S: one table of kinds; short words fit a card's line."""
    assert KINDS.keys() == set(DeadlineKind)
    for kind, rule in KINDS.items():
        assert parse_ladder(DEFAULT_LADDERS[kind.value])
        assert 2 <= len(rule.short) <= 5
        assert rule.steps == tuple(sorted(set(rule.steps), reverse=True))
        assert rule.source
        assert rule.starts
        # Counted by one setting, or the day is given: never both, never neither.
        assert [bool(rule.days), bool(rule.within), rule.count is Count.GIVEN].count(True) == 1


@given(st.dates(min_value=date(2025, 1, 1), max_value=date(2026, 10, 1)), st.integers(-60, 80))
def test_the_next_look_is_the_day_of_the_next_step(due_on, ahead) -> None:
    """K2: no step lies between today and the next look, and on that day there is one."""
    today = due_on + timedelta(days=ahead)
    following = next_stage_on(due_on, today, CALENDAR)
    known = stage_due(due_on, today, CALENDAR)
    if following is None:
        assert known[-1].name == "+30"
        return
    assert following > today
    then = stage_due(due_on, following, CALENDAR)
    assert then[-1].on == following
    assert len(then) == len(known) + 1
    assert working_days_between(due_on, due_on, CALENDAR) == 0
