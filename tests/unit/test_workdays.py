"""Working days: the deadlines that publication hangs on (H2)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.workdays import Deadline, add_calendar_days, add_working_days, local_date, official_calendar

CALENDAR = official_calendar()
DAY = timedelta(days=1)
any_day = st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 1, 1))
known_day = st.dates(min_value=date(2005, 1, 1), max_value=date(2026, 6, 30))


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-01-20", "2026-02-24"),  # over the Spring Festival and two make-up days
        ("2026-02-10", "2026-03-16"),
        ("2026-04-20", "2026-05-20"),
        ("2026-09-10", "2026-10-14"),
        ("2026-09-25", "2026-10-29"),
        ("2026-11-20", "2026-12-18"),
    ],
)
def test_twenty_working_days_by_the_real_calendar(start, due):
    """H2: the next day is day 1; the six examples that were worked out by hand."""
    deadline = add_working_days(date.fromisoformat(start), 20, CALENDAR)
    assert deadline == Deadline(due_on=date.fromisoformat(due), provisional=False)


def test_every_start_day_of_every_year_the_library_covers_agrees_with_a_walk():
    """H2, reliability test 10: no difference to the library asked day by day, wherever it dares to answer."""
    first, last = min(chinese_calendar.holidays).year, max(chinese_calendar.holidays).year
    assert {2020, 2026} <= set(range(first, last + 1))
    day = date(first, 1, 1)
    compared = 0
    while day.year <= last:
        found = add_working_days(day, 20, CALENDAR)
        try:
            walked, left = day, 20
            while left:
                walked += DAY
                left -= chinese_calendar.is_workday(walked)
        except NotImplementedError:
            assert found.provisional
            assert found.due_on.year == last + 1
        else:
            assert found.due_on == walked
            compared += 1
        day += DAY
    assert compared > (last + 1 - first) * 365 - 35  # all but the last weeks, which reach into the unknown


@given(
    st.dates(date(2010, 1, 1), date(2035, 1, 1)),
    st.integers(0, 90),
)
def test_calendar_days_end_on_a_working_day(start, days):
    """I8: a period in days counts free days too; only a last day that is free moves, to the next working day."""
    due = add_calendar_days(start, days, CALENDAR)
    plain = start + timedelta(days=days)
    assert due.due_on >= plain
    assert CALENDAR.is_working(due.due_on)
    assert not any(CALENDAR.is_working(plain + timedelta(days=over)) for over in range((due.due_on - plain).days))
    assert due.provisional == any(
        not CALENDAR.is_settled(plain + timedelta(days=over)) for over in range((due.due_on - plain).days + 1)
    )


def test_beyond_the_announced_years_it_says_so_and_counts_weekdays():
    """H2: never an error and never a silent guess."""
    assert add_working_days(date(2026, 12, 10), 20, CALENDAR).provisional
    assert add_working_days(date(2030, 3, 1), 5, CALENDAR) == Deadline(due_on=date(2030, 3, 8), provisional=True)
    assert add_working_days(date(1999, 3, 5), 1, CALENDAR) == Deadline(due_on=date(1999, 3, 8), provisional=True)


def test_the_last_days_of_the_last_year_wait_for_the_next_notice():
    """H2: the notice for 2019 moved 29 to 31 December 2018, so such days are not certain before it is out."""
    assert not add_working_days(date(2026, 12, 25), 1, CALENDAR).provisional
    assert add_working_days(date(2026, 12, 28), 1, CALENDAR).provisional
    with_2027 = official_calendar({date(2026, 12, 29): False}, announced=[2027])
    assert add_working_days(date(2026, 12, 28), 1, with_2027) == Deadline(due_on=date(2026, 12, 30), provisional=False)


def test_overrides_win_over_the_notices_and_change_the_version():
    """H2: an office may set single days; a deadline can tell which table it was computed from."""
    free_monday, worked_sunday = date(2026, 11, 23), date(2026, 11, 22)
    changed = official_calendar({free_monday: False, worked_sunday: True})
    assert not changed.is_working(free_monday)
    assert changed.is_working(worked_sunday)
    assert changed.version() != CALENDAR.version() == official_calendar().version()
    official_make_up_day = date(2026, 2, 14)
    assert CALENDAR.is_working(official_make_up_day)
    assert not official_calendar({official_make_up_day: False}).is_working(official_make_up_day)


@given(any_day, st.integers(1, 60))
def test_a_deadline_is_a_working_day_and_exactly_that_many_lie_before_it(start, days):
    due = add_working_days(start, days, CALENDAR).due_on
    assert CALENDAR.is_working(due)
    span = (start + DAY * n for n in range(1, (due - start).days + 1))
    assert sum(CALENDAR.is_working(day) for day in span) == days


@given(any_day, st.integers(0, 30), st.integers(0, 30))
def test_counting_in_two_steps_is_counting_once(start, first, then):
    half = add_working_days(start, first, CALENDAR)
    assert (
        add_working_days(half.due_on, then, CALENDAR).due_on == add_working_days(start, first + then, CALENDAR).due_on
    )


@given(any_day, st.integers(0, 40))
def test_a_later_start_is_never_due_earlier(start, days):
    later = add_working_days(start + DAY, days, CALENDAR).due_on
    assert add_working_days(start, days, CALENDAR).due_on <= later


@given(known_day)
def test_within_the_announced_years_nothing_is_provisional(start):
    assert not add_working_days(start, 20, CALENDAR).provisional


def test_wrong_questions_are_refused():
    with pytest.raises(ValueError, match="at least 0"):
        add_working_days(date(2026, 1, 5), -1, CALENDAR)
    with pytest.raises(ValueError, match="at least 0"):
        add_calendar_days(date(2026, 1, 5), -1, CALENDAR)
    with pytest.raises(ValueError, match="plain day"):
        add_working_days(datetime(2026, 1, 5, tzinfo=UTC), 1, CALENDAR)
    with pytest.raises(ValueError, match="time zone"):
        local_date(datetime(2026, 1, 5))  # noqa: DTZ001 - the very thing that must be refused


def test_the_day_is_the_day_in_shanghai():
    """H2: a visit submitted at 00:30 in Shanghai starts its count that day, whatever the server's zone."""
    assert local_date(datetime(2026, 1, 5, 15, 59, 59, tzinfo=UTC)) == date(2026, 1, 5)
    assert local_date(datetime(2026, 1, 5, 16, 0, tzinfo=UTC)) == date(2026, 1, 6)
    assert local_date(datetime(2026, 1, 5, 23, 0, tzinfo=timezone(-timedelta(hours=10)))) == date(2026, 1, 6)
