"""The bulletin's ranking and the year's loads (S2 art. 25, K1-K3, C1, R4)."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from inspection.loads import Block, weeks_of
from inspection.rankings import Tally, ranked
from inspection.workdays import official_calendar

CALENDAR = official_calendar()


def tally(department: str, due: int, in_time: int, late: int = 0, overdue: int = 0) -> Tally:
    return Tally(department=department, due=due, in_time=in_time, late=late, overdue=overdue)


def test_first_by_what_was_done_in_time_then_by_what_is_overdue() -> None:
    """S2 art. 25: equals share a rank and the next one is skipped; who had nothing to do has no rank."""
    rows = [
        tally("甲", 10, 9),
        tally("乙", 10, 10, overdue=1),
        tally("丙", 10, 10),
        tally("丁", 0, 0),
        tally("戊", 2, 2),
        tally("己", 0, 0, overdue=3),
    ]
    found = [(rank, one.department) for rank, one in ranked(rows)]
    assert found == [(1, "丙"), (1, "戊"), (3, "乙"), (4, "甲"), (5, "己"), (None, "丁")]


def test_rates_are_exact_and_of_nothing_there_is_none() -> None:
    """K1: late is done, but not in time."""
    one = tally("甲", 3, 1, late=1)
    assert (one.rate, one.done_rate, one.open) == (Fraction(1, 3), Fraction(2, 3), 1)
    assert tally("乙", 0, 0).rate is None


blocks = st.lists(
    st.builds(
        Block,
        name=st.just("计划"),
        visits=st.integers(1, 500),
        first=st.dates(date(2026, 1, 5), date(2026, 6, 30)),
        last=st.dates(date(2026, 7, 1), date(2026, 12, 20)),
        departments=st.sampled_from([("a",), ("a", "b")]),
    ),
    max_size=4,
)


@given(blocks, st.integers(0, 20))
def test_no_visit_is_lost_in_the_weeks(some: list[Block], people: int) -> None:
    """C1: what the plan says is what the weeks add up to, in person-visits, on working days alone."""
    weeks = weeks_of(some, {"a": people, "b": 5}, 2026, CALENDAR, 3)
    for department in ("a", "b"):
        wanted = sum(one.visits * one.team_size for one in some if department in one.departments)
        assert sum((week.visits for week in weeks[department]), Fraction(0)) == wanted
        assert all(week.visits == 0 for week in weeks[department] if week.working_days == 0)


def test_a_week_breaks_where_an_inspector_would_have_to_make_too_many() -> None:
    """R4: fewer in a short week; without inspectors at once."""
    block = Block(name="计划", visits=30, first=date(2026, 3, 2), last=date(2026, 3, 6), departments=("a", "b"))
    weeks = weeks_of([block], {"a": 20, "b": 0}, 2026, CALENDAR, 3)
    [mine] = [week for week in weeks["a"] if week.monday == date(2026, 3, 2)]
    assert (mine.load, mine.breaks) == (Fraction(3), False)
    [theirs] = [week for week in weeks["b"] if week.breaks]
    assert theirs.monday == date(2026, 3, 2)
    assert any(week.breaks for week in weeks_of([block], {"a": 19}, 2026, CALENDAR, 3)["a"])
