"""Laws of item lists: what is in force, caps by class, claiming from above (A3, A4, A7, A8, A10, A12, A14)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.errors import InvalidInputError
from inspection.item_rules import (
    GUIDE_WORDS,
    ITEM_WORDS,
    Caps,
    ClaimState,
    Guide,
    ItemBody,
    cap_faults,
    check_item,
    claim_state,
    differences,
    guide_gaps,
    in_force,
    inspected_from,
    key_share_warning,
    list_coverage,
    listed_throughout,
    ratio_limit,
)

FIRST = date(2026, 1, 1)
CAPS = Caps(general_ratio="0.2", general_frequency=2, key_share="0.5")


@dataclass(frozen=True)
class Version:
    """A published version as the rules see it."""

    number: int
    valid_from: date | None
    removed: bool = False


days = st.integers(0, 60).map(lambda ahead: FIRST + timedelta(days=ahead))
histories = st.lists(st.tuples(days, st.booleans()), max_size=6).map(
    lambda rows: [Version(number=at, valid_from=day, removed=gone) for at, (day, gone) in enumerate(rows, start=1)]
)
words = st.text("甲乙丙 ", max_size=4)
bodies = st.builds(
    ItemBody, name=words, basis=words, content=words, batches=st.booleans(), guide=st.builds(Guide, steps=words)
)


@given(histories, days)
def test_one_version_holds_on_a_day(history: list[Version], day: date) -> None:
    """A10: what holds has begun, is no removal, and nothing that has begun is newer."""
    found = in_force(history, day)
    begun = [one for one in history if one.valid_from and one.valid_from <= day]
    if found is None:
        assert not begun or max(begun, key=lambda one: (one.valid_from, one.number)).removed
    else:
        assert not found.removed
        assert all((one.valid_from, one.number) <= (found.valid_from, found.number) for one in begun)


@given(histories, days, days, st.booleans())
def test_a_new_version_changes_no_day_before_it(history: list[Version], begins: date, day: date, gone: bool) -> None:  # noqa: FBT001
    """A10: whatever is published later, the days before its effect keep what they had."""
    grown = [*history, Version(number=len(history) + 1, valid_from=begins, removed=gone)]
    if day < begins:
        assert in_force(grown, day) == in_force(history, day)


def test_a_draft_holds_on_no_day() -> None:
    """A3: what has no day of effect is not on the list."""
    assert in_force([Version(number=1, valid_from=None)], date.max) is None


@given(histories, days, days)
def test_listed_throughout_means_every_single_day(history: list[Version], one: date, other: date) -> None:
    """A3: the same as asking for each day of the window by itself."""
    first, last = sorted((one, other))
    every = [in_force(history, first + timedelta(days=ahead)) for ahead in range((last - first).days + 1)]
    assert listed_throughout(history, first, last) == (every[0] if all(every) else None)


@given(days, days, days)
def test_the_day_that_counts_lies_in_the_window(one: date, other: date, today: date) -> None:
    """A3: the first day on which somebody can still inspect, never outside the task's window."""
    starts_on, ends_on = sorted((one, other))
    found = inspected_from(starts_on, ends_on, today)
    assert starts_on <= found <= ends_on
    assert found == today or not starts_on <= today <= ends_on


@pytest.mark.parametrize(
    ("item_class", "ratio", "frequency", "wrong"),
    [
        ("一般", "20%", "2次/年", ""),
        ("一般", "20.1%", "2次/年", "比例"),
        ("", "三级≥50%;二级≥10%", "", "比例"),
        ("一般", "20户", "1次/2年", ""),
        ("一般", "", "每季度1次", "频次"),
        ("一般", "5%", "按需", ""),
        ("重点", "100%", "每月1次", ""),
    ],
)
def test_general_items_are_capped_and_key_items_are_not(
    item_class: str, ratio: str, frequency: str, wrong: str
) -> None:
    """A7: ratio and frequency of a general item have a cap; an item of no class counts as general."""
    body = ItemBody(name="事项", item_class=item_class, ratio=ratio, frequency=frequency)
    assert wrong in "；".join(cap_faults(body, CAPS))
    assert bool(cap_faults(body, CAPS)) == bool(wrong)
    if wrong:
        with pytest.raises(InvalidInputError, match=wrong):
            check_item(body, CAPS)
    else:
        check_item(body, CAPS)


def test_a_frequency_without_a_cap() -> None:
    """A7: only S4 caps the frequency, so 0 switches that cap off."""
    body = ItemBody(name="事项", item_class="一般", frequency="每月1次")
    assert cap_faults(body, replace(CAPS, general_frequency=0)) == ()


def test_an_item_without_a_name_or_of_an_unknown_class_is_refused() -> None:
    """A2, A6: a name is what an item has at least; classes are two."""
    for body in (ItemBody(name="  "), ItemBody(name="事项", item_class="特殊")):
        with pytest.raises(InvalidInputError):
            check_item(body, CAPS)


@given(st.integers(0, 20), st.integers(0, 20))
def test_too_many_key_items_are_said(key: int, general: int) -> None:
    """A7: the number of 重点 items is controlled: over the share a sentence, else nothing."""
    found = key_share_warning(["重点"] * key + ["一般"] * general, CAPS)
    assert bool(found) == (key > general)


def test_what_a_task_may_draw_of_a_general_item() -> None:
    """A7: the list's own ratio binds tasks; "at least" and 重点 bind nothing from above."""
    assert ratio_limit(ItemBody(name="事项", item_class="一般", ratio="5%")) == Fraction(1, 20)
    for ratio, item_class in (("≥5%", "一般"), ("5%", "重点"), ("20户", "一般"), ("", "一般"), ("5%;≥9%", "一般")):
        assert ratio_limit(ItemBody(name="事项", item_class=item_class, ratio=ratio)) is None


@given(bodies)
def test_an_item_goes_into_data_and_back(body: ItemBody) -> None:
    """A2: no column is lost on the way to the database."""
    assert ItemBody.from_data(body.as_data()) == body
    assert set(body.as_data()) == set(ITEM_WORDS)


def test_the_work_guide_names_its_gaps() -> None:
    """A12: seven parts; the item's own basis and content stand in for the guide's."""
    assert guide_gaps(ItemBody(name="事项")) == tuple(GUIDE_WORDS.values())
    full = Guide(steps="一", approval="二", publication="三", filing="四", drawing="五")
    assert guide_gaps(ItemBody(name="事项", basis="法", content="内容", guide=full)) == ()


@given(bodies, bodies, bodies)
def test_claim_states_follow_from_the_differences(own: ItemBody, claimed: ItemBody, upper: ItemBody) -> None:
    """A4: same, adjusted here, changed above, or gone above: exactly one of them."""
    state = claim_state(own, claimed, upper)
    assert (state is ClaimState.SAME) == (not differences(own, upper))
    if state is ClaimState.ADJUSTED:
        assert not differences(claimed, upper)
    if state is ClaimState.OUTDATED:
        assert differences(claimed, upper)
    assert claim_state(own, claimed, None) is ClaimState.WITHDRAWN
    assert {one.field for one in differences(own, upper)} == {one.field for one in differences(upper, own)}


def test_list_coverage() -> None:
    """A14: listed items over all enforcement duties; nothing where the duties are not said."""
    assert (list_coverage(5, 0), list_coverage(5, 10), list_coverage(12, 10)) == (None, Fraction(1, 2), 1)
