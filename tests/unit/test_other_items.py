"""Ids of what is added on the spot: the phone and the office compute the same (web/tests/phone/other.test.ts)."""

from __future__ import annotations

from inspection.other_items import MAX_MATTER, added_id, off_list_number


def test_the_phone_and_the_office_give_the_same_id() -> None:
    """A3: two phones without network that add one item to one visit mean one item."""
    assert added_id("a1b2", "c3d4") == "bb330ea9b97c0f9f9007a011a86793b2"
    assert added_id("a1b2", "c3d5") != added_id("a1b", "2c3d5")


def test_a_matter_has_one_number_that_a_clue_can_hold() -> None:
    """O1: the same matter of the same visit is one clue, of another visit another; never longer than its column."""
    number = off_list_number("演示区市场监督管理局抽查〔2026〕1号-0001" * 3, "无照" * (MAX_MATTER // 2))
    assert len(number) <= 64
    assert off_list_number("1号-0001", "无照") != off_list_number("1号-0002", "无照")
