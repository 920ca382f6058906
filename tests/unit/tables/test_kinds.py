"""B2, B3, B6: every kind of target, older numbers, trades, regions, statuses, credit classes."""

from __future__ import annotations

import pytest

from inspection.credit_code import compose
from inspection.errors import InvalidInputError
from inspection.tables import Rejected, columns_of, read_credit, read_targets
from inspection.tables.categories import BY_PREFIX, CATEGORIES, EXTRA_FIELDS, category, check_digit, old_number
from inspection.tables.places import DIVISIONS, PROVINCES, SECTIONS, region_code, region_of, trade_code, trade_text
from inspection.tables.targets import TargetRow

CODE = compose("91379999", "MA000001")


def only(header: list[str], row: list[str]) -> TargetRow:
    (found,) = list(read_targets([header, row]))
    assert isinstance(found, TargetRow), found
    return found


def refused(header: list[str], row: list[str]) -> tuple[str, str]:
    (found,) = list(read_targets([header, row]))
    assert isinstance(found, Rejected), found
    return found.field, found.reason


@pytest.mark.parametrize(("word", "key"), [(one.word, key) for key, one in CATEGORIES.items()])
def test_every_kind_is_read_by_its_word(word: str, key: str) -> None:
    """B2: 企业, 个体工商户, 合作社, 事业单位, 社会团体, 民办非企业单位, 产品, 项目, 行为."""
    assert category(word) == key
    with pytest.raises(InvalidInputError, match="看不懂检查对象类别"):
        category("外星人")


def test_who_has_no_number_gets_a_stable_name() -> None:
    """B2: a product is told from another batch of its name; the same words give the same code."""
    header = ["检查对象类别", "产品名称", "生产单位", "批号"]
    one = only(header, ["产品", "演示饼干", "演示食品厂", "A1"])
    assert one.code == only(header, ["产品", " 演示饼干", "演示食品厂", "Ａ１"]).code
    assert one.code != only(header, ["产品", "演示饼干", "演示食品厂", "A2"]).code
    assert (one.code[:2], len(one.code), one.identifier_kind, one.category) == ("X-", 18, "made", "product")
    assert one.extra == {"maker": "演示食品厂", "batch": "A1"}


def test_an_enterprise_needs_a_number() -> None:
    """B4: no code and no registration number: rejected, with the column named."""
    assert refused(["检查对象类别", "名称"], ["企业", "演示一号店"]) == ("统一社会信用代码", "必填，不能为空")


def test_older_registration_numbers() -> None:
    """B2: 15 digits with a check digit (ISO 7064 MOD 11,10), 13 without; in either column."""
    number = "37999900000001" + check_digit("37999900000001")
    found = only(["注册号", "名称"], [number, "演示一号店"])
    assert (found.code, found.identifier_kind, found.region_code) == (number, "registration", "379999")
    assert only(["统一社会信用代码/注册号", "名称"], [number, "演示"]).code == number
    assert old_number("3799990000001") == "3799990000001"
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert refused(["注册号", "名称"], [wrong, "演示"])[1].startswith("注册号的校验码")


@pytest.mark.parametrize("place", range(15))
def test_the_check_digit_finds_any_single_slip(place: int) -> None:
    """B4: ISO 7064 MOD 11,10 finds every wrong digit."""
    number = "37999912345678" + check_digit("37999912345678")
    slip = number[:place] + str((int(number[place]) + 3) % 10) + number[place + 1 :]
    with pytest.raises(InvalidInputError):
        old_number(slip)


def test_a_kind_has_only_its_own_fields() -> None:
    """B3: a field that a kind does not have is no silent loss."""
    header = ["统一社会信用代码", "名称", "批号"]
    assert refused(header, [CODE, "演示一号店", "A1"]) == ("批号", "“批号”不适用于企业，请留空或更正类别")
    assert all(set(one.extra) <= EXTRA_FIELDS.keys() for one in CATEGORIES.values())
    assert set(BY_PREFIX.values()) <= CATEGORIES.keys()


def test_licences_have_an_end() -> None:
    """B3: 长期 is 9999-09-09, as import templates write it."""
    header = ["统一社会信用代码", "名称", "许可证名称", "许可证编号", "许可证有效期至"]
    found = only(header, [CODE, "演示一号店", "食品经营许可证", "JY1379", "长期"])
    assert found.extra["licence_expires"] == "9999-09-09"


@pytest.mark.parametrize(
    ("cell", "code"),
    [("F5212", "F5212"), ("5212", "F5212"), ("f52", "F52"), ("F", "F"), ("制造业", "C"), ("０１１１", "A0111")],
)
def test_trades(cell: str, code: str) -> None:
    """B6: GB/T 4754; the letter follows from the division."""
    assert trade_code(cell) == code


@pytest.mark.parametrize("cell", ["A5212", "98", "00", "F5", "U", "F52123", "食品"])
def test_trades_that_are_none(cell: str) -> None:
    """B6: letter and digits must agree; nothing is guessed."""
    with pytest.raises(InvalidInputError):
        trade_code(cell)


def test_the_tables_hold_together() -> None:
    """B6: sections follow one another without a gap, provinces are two digits."""
    ends = [(first, last) for _, first, last in SECTIONS.values()]
    assert [first for first, _ in ends[1:]] == [last + 1 for _, last in ends[:-1]]
    assert (len(SECTIONS), len(PROVINCES)) == (20, 35)
    assert len(DIVISIONS) == len(set(DIVISIONS)) == ends[-1][1]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("A05", "农、林、牧、渔专业及辅助性活动"), ("C13", "农副食品加工业"), ("C4390", "金属制品、机械和设备修理业"),
        ("F52", "零售业"), ("G60", "邮政业"), ("H6110", "住宿业"), ("H62", "餐饮业"), ("H", "住宿和餐饮业"),
        ("K70", "房地产业"), ("P83", "教育"), ("S96", "基层群众自治组织及其他组织"), ("T97", "国际组织"), ("", ""),
    ],
)  # fmt: skip
def test_trades_in_words(code: str, words: str) -> None:
    """K5, B6: lodging and catering are two divisions of one section, and are called by their own names."""
    assert trade_text(code) == words


def test_regions() -> None:
    """B6: six digits under a province; taken from the number where the file has none."""
    assert (region_code("370102"), region_of(CODE), region_of("X-0123456789abcdef")) == ("370102", "379999", "")
    for cell in ("37010", "990102", "济南"):
        with pytest.raises(InvalidInputError):
            region_code(cell)


def test_credit_classes() -> None:
    """N1: by code, A to D; anything else is refused with its row."""
    good, bad = list(read_credit([["信用代码", "信用风险等级"], [CODE, "b"], [compose("91379999", "MA000002"), "E"]]))
    assert not isinstance(good, Rejected)
    assert (good.code, good.credit_class) == (CODE, "B")
    assert isinstance(bad, Rejected)
    assert (bad.row, bad.field) == (3, "信用风险分类")


@pytest.mark.parametrize("kind", ["targets", "credit", "inspectors", "items", "plan"])
def test_templates_are_made_of_what_is_read(kind: str) -> None:
    """B5: the titles of each kind are read back as its fields."""
    columns = columns_of(kind)
    assert columns
    assert len({column.title for column in columns}) == len(columns)
    assert columns_of("dragons") is None
