"""Laws of plans: filing days, merging, coverage (C7, C8, C10, O4, S1-S4)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.plan_rules import (
    FilingRules,
    Line,
    day_of_year,
    filing_due,
    is_preferred,
    making_due,
    merge_proposals,
    months_before,
    overlap,
    same_targets,
    without_joint,
)

RULES = FilingRules()
FIRST = date(2026, 1, 1)
days = st.integers(0, 364).map(lambda ahead: FIRST + timedelta(days=ahead))


@st.composite
def lines(draw: st.DrawFn) -> list[Line]:
    found = []
    for number in range(draw(st.integers(0, 8))):
        starts_on, ends_on = sorted((draw(days), draw(days)))
        found.append(
            Line(
                id=f"L{number}",
                name="计划",
                departments=tuple(draw(st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True))),
                starts_on=starts_on,
                ends_on=ends_on,
                scope_text=draw(st.sampled_from(["", "旅馆", "学校"])),
                keywords=frozenset(draw(st.lists(st.sampled_from(["餐饮", "餐饮服务", "旅馆"]), max_size=2))),
                region=draw(st.sampled_from(["", "东湖街道", "西岭街道"])),
            )
        )
    return found


def line(**values: object) -> Line:
    common = {"id": "L", "name": "计划", "departments": ("a",), "starts_on": FIRST, "ends_on": date(2026, 12, 31)}
    return Line(**{**common, **values})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("special", "joint", "starts_on", "due"),
    [
        (False, False, None, date(2026, 1, 31)),  # S1
        (False, True, FIRST, date(2026, 1, 31)),  # S3
        (True, False, date(2026, 6, 15), date(2026, 5, 15)),  # S4
        (True, True, date(2026, 3, 31), date(2026, 2, 28)),  # S4: the month before is shorter
        (True, False, date(2026, 1, 10), date(2025, 12, 10)),  # S4: over New Year
    ],
)
def test_filing_days(special: bool, joint: bool, starts_on: date | None, due: date) -> None:  # noqa: FBT001
    """S1, S3, S4: annual plans by a day of the year, special ones a month before they start."""
    assert filing_due(2026, starts_on, RULES, special=special, joint=joint) == due


def test_filing_days_are_settings() -> None:
    """S1-S4: the notices differ, so the days are the office's own; S2 lies in the year before."""
    rules = FilingRules(annual_filed_by="02-29", joint_made_by="11-30", special_months_ahead=2)
    assert filing_due(2026, None, rules, special=False, joint=False) == date(2026, 2, 28)
    assert making_due(2027, rules) == date(2026, 11, 30)
    assert making_due(2027, RULES) == date(2026, 12, 31)
    assert filing_due(2026, date(2026, 6, 15), rules, special=True, joint=False) == date(2026, 4, 15)


@given(days, st.integers(0, 24))
def test_months_go_back_and_never_into_another_month(day: date, months: int) -> None:
    """S4: the same day so many months earlier, or that month's last."""
    found = months_before(day, months)
    assert (day.year * 12 + day.month) - (found.year * 12 + found.month) == months
    assert found.day == day.day or (found + timedelta(days=1)).day == 1


def test_a_day_of_the_year_is_read_in_its_year() -> None:
    """S1: 02-29 exists in some years only."""
    assert (day_of_year(2024, "02-29"), day_of_year(2025, "02-29")) == (date(2024, 2, 29), date(2025, 2, 28))


def test_preferred_initiators() -> None:
    """O4: named by trade, whatever the department's full name is."""
    preferred = ("市场监管", "生态环境", "文化和旅游")
    assert is_preferred("演示区生态环境局", preferred)
    assert is_preferred("市场监督管理局", preferred)
    assert is_preferred("文化广电和旅游局", preferred)
    assert not is_preferred("教育局", preferred)


@given(lines())
def test_a_merge_has_common_days_and_the_same_targets(every: list[Line]) -> None:
    """C10: each line stands in one proposal at most, and every two of a proposal fit each other."""
    found = merge_proposals(every)
    by_id = {one.id: one for one in every}
    named = [id_ for one in found for id_ in one.ids]
    assert len(named) == len(set(named))
    for one in found:
        assert len(one.ids) > 1
        assert one.starts_on <= one.ends_on
        assert one.reasons
        group = [by_id[id_] for id_ in one.ids]
        assert all(a.starts_on <= one.starts_on <= one.ends_on <= a.ends_on for a in group)
        assert all(overlap(a, b) and same_targets(a, b) for a in group for b in group if a is not b)
        assert set(one.departments) == {name for a in group for name in a.departments}


@given(lines())
def test_the_order_of_the_lines_does_not_matter(every: list[Line]) -> None:
    """C10: a proposal does not depend on who was written down first."""
    assert merge_proposals(every) == merge_proposals(every[::-1])


@given(lines())
def test_sameness_has_two_sides(every: list[Line]) -> None:
    """C10: if one looks at the other's targets, so does the other."""
    assert all(bool(same_targets(a, b)) == bool(same_targets(b, a)) for a in every for b in every)


def test_other_regions_are_other_targets() -> None:
    """C10: the same words in another region are not the same targets."""
    one = line(keywords=frozenset({"餐饮"}), region="东湖街道")
    assert same_targets(one, line(keywords=frozenset({"餐饮服务"}), region="演示区东湖街道"))
    assert not same_targets(one, line(keywords=frozenset({"餐饮服务"}), region="西岭街道"))
    assert not same_targets(line(), line())


def test_who_joins_no_joint_check_is_reported() -> None:
    """C8: a line of one department alone is no joint check, and neither is one that names it twice."""
    every = [line(departments=("a", "b")), line(departments=("c",)), line(departments=("d", "d"))]
    assert without_joint(["a", "b", "c", "d", "e"], every) == ["c", "d", "e"]
