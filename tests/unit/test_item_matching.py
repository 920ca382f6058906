"""Which line of a plan is about which item: certain, possible, or nothing; and how it was found (C7)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.item_matching import How, Listed, Planned, best, core, match, names

HOTEL = Listed(id="i1", departments=frozenset({"a", "b"}), name="旅馆卫生管理情况的检查", domain="旅馆业", code="A-017")


def line(**given: object) -> Planned:
    values: dict[str, object] = {"id": "l1", "departments": frozenset({"a", "c"}), "name": "联合抽查"}
    return Planned(**{**values, **given})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("对学校食堂食品安全情况的检查", "学校食堂食品安全"),
        ("2026年学校食堂食品安全“双随机、一公开”监督抽查", "学校食堂食品安全"),
        ("全市旅馆（宾馆）卫生管理检查", "旅馆宾馆卫生管理"),
        ("各类用人单位", "用人单位"),
        ("检查", "检查"),
        ("", ""),
    ],
)
def test_a_name_without_its_ornaments(text: str, wanted: str) -> None:
    """C7: year, punctuation and `对……情况的检查` say nothing about which item it is."""
    assert core(text) == wanted


@given(st.text(alphabet="对检查情况的旅馆卫生2026年“”、() ", max_size=40))
def test_taking_ornaments_off_twice_takes_off_nothing_more(text: str) -> None:
    assert core(core(text)) == core(text)


def test_an_item_is_planned_by_its_id_its_code_or_its_name() -> None:
    """C7: a line that names items is about those alone; a code needs no department, a name needs one in common."""
    for said, how in (
        ({"item_ids": frozenset({"i1"})}, How.NAMED),
        ({"item_text": "A－017，B-3", "departments": frozenset({"c"})}, How.CODE),
        ({"item_text": "对旅馆卫生管理的检查"}, How.NAME),
        ({"name": "旅馆卫生管理双随机抽查"}, How.NAME),
        ({"item_text": "旅馆卫生管理检查、旅馆消防安全检查"}, How.WORDS),
    ):
        found = match(line(**said), HOTEL)
        assert found is not None, said
        assert (found.how, found.certain) == (how, True)


def test_what_is_not_the_item() -> None:
    """C7: other ids, a longer code, another department, words that every item has."""
    for said in (
        {"item_ids": frozenset({"i2"}), "item_text": HOTEL.name},
        {"item_text": "A-0170"},
        {"item_text": HOTEL.name, "departments": frozenset({"c"})},
        {"item_text": ""},
        {"item_text": "检查"},
        {"item_text": "取得许可证及经营情况的检查"},
    ):
        assert match(line(**said), HOTEL) is None, said


def test_what_may_be_the_same_is_a_question_and_covers_nothing() -> None:
    """C7: nobody is guessed into a plan; the words in common are said."""
    school = Listed(id="i2", departments=frozenset({"a"}), name="学校食堂食品安全情况的检查", subject="各类学校")
    found = match(line(name="餐饮抽查", item_text="食品经营许可情况的检查", scope_text="学校、养老机构等食堂"), school)
    assert found is not None
    assert (found.how, found.certain, found.shared) == (How.MAYBE, False, "学校、食品、食堂")


def test_the_surest_line_is_told() -> None:
    """C7: of several lines the one that is certain, whatever their order."""
    lines = [line(id="maybe", scope_text="旅馆卫生"), line(id="sure", item_text=HOTEL.name), line(id="none")]
    for order in (lines, lines[::-1]):
        found = best(order, HOTEL)
        assert found is not None
        assert found.line_id == "sure"
    assert best([line()], HOTEL) is None


def test_what_is_inspected_is_named_letter_by_letter() -> None:
    """A3: by a person, by its code, or by its whole name alone or among others; never by a name that is only alike."""
    for said in (
        {"item_ids": frozenset({"i1", "i9"})},
        {"item_text": "A－017"},
        {"item_text": "旅馆消防安全检查、旅馆卫生管理情况的检查"},
        {"item_text": "1.旅馆卫生 管理情况的检查；2.其他"},
    ):
        assert names(line(**said), HOTEL), said
    for said in (
        {"item_ids": frozenset({"i9"}), "item_text": HOTEL.name},
        {"item_text": "旅馆卫生管理检查"},
        {"item_text": "对旅馆卫生管理情况的检查"},
        {"item_text": "旅馆卫生管理情况的检查方案"},
        {"name": HOTEL.name},
        {"item_text": HOTEL.name, "departments": frozenset({"c"})},
        {"item_text": ""},
    ):
        assert not names(line(**said), HOTEL), said
