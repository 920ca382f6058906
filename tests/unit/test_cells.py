"""C1, C2, C12, D6, section 2.5: cells as counties and cities write them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection import cells
from inspection.cells import ItemClass, Level, Quota
from inspection.errors import InvalidInputError

TENTH = Decimal("0.1")


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("10%", [Quota(raw="10%", ratio=TENTH)]),
        ("10%(20户)", [Quota(raw="10%(20户)", ratio=TENTH, count=20)]),
        ("１０％（20户）", [Quota(raw="１０％（20户）", ratio=TENTH, count=20)]),
        ("1户", [Quota(raw="1户", count=1)]),
        ("0.1", [Quota(raw="0.1", ratio=TENTH)]),
        ("3%", [Quota(raw="3%", ratio=Decimal("0.03"))]),
        ("不低于5%", [Quota(raw="不低于5%", ratio=Decimal("0.05"), at_least=True)]),
        ("约10%", [Quota(raw="约10%", ratio=TENTH)]),
        (
            "三级≥50%;二级≥30%",
            [
                Quota(raw="三级≥50%", ratio=Decimal("0.5"), at_least=True, group="三级"),
                Quota(raw="二级≥30%", ratio=Decimal("0.3"), at_least=True, group="二级"),
            ],
        ),
        (
            "A类5%，B类10%",
            [Quota(raw="A类5%", ratio=Decimal("0.05"), group="A类"), Quota(raw="B类10%", ratio=TENTH, group="B类")],
        ),
    ],
)
def test_ratio_cells(cell: str, wanted: list[Quota]) -> None:
    """C2: ratios stay exact and keep the words."""
    assert list(cells.quotas(cell)) == wanted


@pytest.mark.parametrize("cell", ["1", "10", "150%", "0%", "0户", "若干", "10%20户", "-5%"])
def test_what_reads_two_ways_is_not_guessed(cell: str) -> None:
    """C1: a bare 10 may be 10 % or ten targets, so it is refused with a reason."""
    with pytest.raises(InvalidInputError):
        cells.quotas(cell)


@pytest.mark.parametrize(
    ("cell", "times", "years", "at_least"),
    [
        ("1次/年", 1, "1", False),
        ("2次/年", 2, "1", False),
        (">=1", 1, "1", True),
        ("=1", 1, "1", False),
        ("每年不少于1次", 1, "1", True),
        ("1次/2年", 1, "2", False),
        ("每两年一次", 1, "2", False),
        ("每季度1次", 1, "0.25", False),
        ("按需", None, "1", False),
    ],
)
def test_frequency_cells(cell: str, times: int | None, years: str, at_least: bool) -> None:  # noqa: FBT001 - a parameter of the table above
    """C2, R1: how often in how many years."""
    found = cells.frequency(cell)
    assert (found.times, found.years, found.at_least, found.raw) == (times, Decimal(years), at_least, cell)


@pytest.mark.parametrize("cell", ["0次/年", "1次/0年", "随便"])
def test_frequency_that_is_none(cell: str) -> None:
    """C2: never, and words that say nothing, are refused."""
    with pytest.raises(InvalidInputError):
        cells.frequency(cell)


@pytest.mark.parametrize(
    ("cell", "first", "last"),
    [
        ("2026年1月1日-2026年12月31日", (1, 1), (12, 31)),
        ("2026年1月-11月", (1, 1), (11, 30)),
        ("2026年1月-2026年11月", (1, 1), (11, 30)),
        ("3月-12月", (3, 1), (12, 31)),
        ("3-12月", (3, 1), (12, 31)),
        ("２０２６年２月—９月", (2, 1), (9, 30)),
        ("2026年2月", (2, 1), (2, 28)),
        ("2026-03-01至2026-11-30", (3, 1), (11, 30)),
        ("2026.3.1-2026.11.30", (3, 1), (11, 30)),
        ("2026年3月1日-15日", (3, 1), (3, 15)),
        ("2026年第二季度", (4, 1), (6, 30)),
        ("2026年下半年", (7, 1), (12, 31)),
        ("全年", (1, 1), (12, 31)),
        ("2026年6月底前", (1, 1), (6, 30)),
    ],
)
def test_period_cells(cell: str, first: tuple[int, int], last: tuple[int, int]) -> None:
    """C2 实施检查时间: both days included, a month means all its days, the plan's year fills in."""
    assert cells.period(cell, 2026) == (date(2026, *first), date(2026, *last))


def test_period_over_new_year() -> None:
    """C2: two years in one cell."""
    assert cells.period("2026年11月-2027年2月") == (date(2026, 11, 1), date(2027, 2, 28))


@pytest.mark.parametrize("cell", ["3月-12月", "2026年13月", "2026年2月30日", "2026年11月-3月", "待定", "0000年1月"])
def test_period_that_is_none(cell: str) -> None:
    """C1 抽查时限: without a year, without such a day, or backwards."""
    with pytest.raises(InvalidInputError):
        cells.period(cell)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_any_period_written_out_is_read_back(one: date, other: date) -> None:
    """C2: what we write ourselves is never misread."""
    first, last = sorted((one, other))
    written = "-".join(f"{day.year}年{day.month}月{day.day}日" for day in (first, last))
    assert cells.period(written) == (first, last)


@pytest.mark.parametrize(
    "cell",
    [
        "2026-03-01",
        "2026/3/1",
        "2026.3.1",
        "2026年3月1日",
        "20260301",
        "46082",
        "２０２６年３月１日",
        "2026-03-01 00:00:00",
    ],
)
def test_date_cells(cell: str) -> None:
    """B5: dates as offices and Excel write them."""
    assert cells.day(cell) == date(2026, 3, 1)


@pytest.mark.parametrize("cell", ["2026-02-30", "昨天", "12345678", "0"])
def test_dates_that_are_none(cell: str) -> None:
    """B5: a day that does not exist is refused, not moved."""
    with pytest.raises(InvalidInputError):
        cells.day(cell)


def test_lists_and_levels() -> None:
    """A2, A6, C2, D6: partner lists, levels, classes and modes in the spellings seen."""
    assert cells.names("教育部门、卫生健康部门，税务部门等部门; 教育部门") == ("教育部门", "卫生健康部门", "税务部门")
    both = frozenset({Level.CITY, Level.COUNTY})
    assert cells.levels("市县(区)级") == cells.levels("市级/县级") == both
    assert (cells.level_text("city、county"), cells.level_text("县级")) == ("市级、县(区)级", "县级")
    assert cells.levels("县（市、区）级") == frozenset({Level.COUNTY})
    assert [cells.item_class(cell) for cell in ("重点", "一般检查事项")] == [ItemClass.KEY, ItemClass.GENERAL]
    mode = cells.draw_mode("市抽县(区)查")
    assert (mode.drawn_by, mode.done_by) == (Level.CITY, frozenset({Level.COUNTY}))
    assert cells.draw_mode("县抽县查").drawn_by is Level.COUNTY


def test_numbers_that_lost_their_digits() -> None:
    """B4: an identifier that Excel has rounded is refused, one of fewer digits is mended."""
    assert cells.number_text("1234.0") == "1234"
    for cell in ("1.1E+17", "110101000000000000.0"):
        with pytest.raises(InvalidInputError, match="丢失"):
            cells.number_text(cell)
    assert cells.mobile("138 0000 0001") == cells.mobile("+86１３８０００００００１") == "13800000001"


@pytest.mark.parametrize("cell", ["", " ", "N/A", "　", "/", "无"])
def test_ways_of_saying_nothing(cell: str) -> None:
    """B5: a register that is silent (N/A) says nothing."""
    assert cells.text(cell) is None


READERS: list[Callable[[str], object]] = [
    cells.quotas, cells.frequency, cells.period, cells.day, cells.levels, cells.item_class, cells.draw_mode,
    cells.mobile, cells.number_text, cells.names, cells.year_in,
]  # fmt: skip


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.__name__)
@given(cell=st.one_of(st.text(max_size=20), st.text("0123456789年月日.-/%户次()≥=至底前每半季度一两", max_size=14)))
def test_hostile_cells_are_refused_in_one_way(reader: Callable[[str], object], cell: str) -> None:
    """B5: whatever is in a cell, the answer is a value or the one error with its reason."""
    try:
        reader(cell)
    except InvalidInputError as error:
        assert error.params["why"]  # noqa: PT017 - a value is as good an answer
