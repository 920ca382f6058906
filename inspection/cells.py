"""What real table cells mean: ratios, frequencies, periods, dates, lists, levels (C1, C2, section 2.5).

cell text -> one function per meaning -> a frozen value with the raw words | InvalidInputError with the reason

Offices write `10%(20户)`, `三级≥50%;二级≥30%`, `2026年1月-11月`: these are read as they stand. What reads two ways
(a bare `10` in a ratio column) is refused with a reason and never guessed.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache

from inspection.errors import InvalidInputError

BLANKS = frozenset({"", "N/A", "n/a", "NA", "#N/A", "NULL", "null", "-", "—", "——", "/", "无"})
_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4}


class Level(Enum):
    """Which level of government."""

    PROVINCE = "province"  # 省级
    CITY = "city"  # 市级 (设区的市)
    COUNTY = "county"  # 县(市、区)级


class ItemClass(Enum):
    """重点检查事项 or 一般检查事项 (A6)."""

    KEY = "重点"  # ratio without a cap (A7)
    GENERAL = "一般"  # ratio capped (A7)


@dataclass(frozen=True, kw_only=True, slots=True)
class Quota:
    """One drawing quota: a share, a number, or both (`10%(20户)`).

    `ratio` is a share from 0 to 1; `count` is a number of targets; `at_least` where the cell says ≥;
    `group` is what the cell names before the figure (`三级`), empty if it speaks of all.
    """

    raw: str
    ratio: Decimal | None = None
    count: int | None = None
    at_least: bool = False
    group: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Frequency:
    """How often in a span: `2次/年` is 2 in 1 year. `times` is None where the cell says "as needed" (按需)."""

    raw: str
    times: int | None
    years: Decimal = Decimal(1)
    at_least: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class DrawMode:
    """抽查检查模式 (D6): who draws and which levels carry the checks out."""

    raw: str
    drawn_by: Level
    done_by: frozenset[Level]


def unreadable(why: str) -> InvalidInputError:
    """Make the one error of this module; `params["why"]` is the reason a report shows."""
    return InvalidInputError(what="单元格", why=why)


def text(cell: str) -> str | None:
    """Strip blanks; empty cells and the usual ways of saying "nothing" (N/A, /, 无) are None. Words stay as written."""
    stripped = cell.strip()
    return None if stripped in BLANKS else stripped


def plain(cell: str) -> str:
    """Half-width form without any blank, for numbers and keywords (full-width digits, （）, ％ become ASCII)."""
    return "".join(unicodedata.normalize("NFKC", cell).split())


# --- ratios and numbers ---

_FIGURE = re.compile(
    r"(?P<group>[^\d≥>=%.+-]*?)(?P<least>≥|>=|=>|>|不低于|不少于|至少)?=?"
    r"(?:(?P<percent>\d+(?:\.\d+)?)%|(?P<share>0?\.\d+)(?=$|\()|(?P<count>\d+)[户家个件批])"
    r"(?:\((?:约|共)?(?P<extra>\d+)[户家个件批]?\))?(?:以上)?"
)
_WHOLE = 100


def quotas(cell: str) -> tuple[Quota, ...]:
    """Read a ratio cell: `10%`, `10%(20户)`, `1户`, `三级≥50%;二级≥30%`, `0.1` (an Excel percentage).

    Raises InvalidInputError.
    """
    parts = [part for part in re.split(r"[;；,，、\n]", cell) if part.strip()]
    return tuple(_quota(part) for part in parts)


def _quota(part: str) -> Quota:
    found = _FIGURE.fullmatch(plain(part))
    if not found:
        raise unreadable(f"看不懂抽查比例“{part.strip()}”；请写成 10%、1户 或 10%(20户)")
    percent, share, count, extra = found["percent"], found["share"], found["count"], found["extra"]
    ratio = Decimal(percent) / _WHOLE if percent else Decimal(share) if share else None
    if ratio is not None and not 0 < ratio <= 1:
        raise unreadable(f"抽查比例“{part.strip()}”应大于0、不超过100%")
    number = count or extra
    if number and int(number) == 0:
        raise unreadable(f"抽查户数“{part.strip()}”应大于0")
    return Quota(
        raw=part.strip(),
        ratio=ratio,
        count=int(number) if number else None,
        at_least=bool(found["least"]) or plain(part).endswith("以上"),
        group=found["group"].removesuffix("约").rstrip(":"),
    )


_TIMES = re.compile(
    r"(?P<least>≥|>=|=>|不少于|不低于|至少)?=?每?(?P<every>[一二两三四\d])?(?P<span>年|季度?|半年|月)?"
    r"(?P<least2>≥|>=|不少于|不低于|至少)?(?P<times>[一二两三四]|\d+)次?(?:[/每](?P<per>\d*)(?P<unit>年|季度?|半年|月))?(?:以上)?"
)
_YEARS = {
    "年": Decimal(1),
    "半年": Decimal("0.5"),
    "季": Decimal("0.25"),
    "季度": Decimal("0.25"),
    "月": Decimal(1) / 12,
}
_AS_NEEDED = ("按需", "不定期", "适时", "根据需要", "视情况")


def frequency(cell: str) -> Frequency:
    """Read a frequency cell: `1次/年`, `>=1`, `=1`, `每年1次`, `1次/2年`, `每季度1次`, `按需`.

    Raises InvalidInputError.
    """
    words = plain(cell)
    if any(word in words for word in _AS_NEEDED):
        return Frequency(raw=cell.strip(), times=None)
    found = _TIMES.fullmatch(words)
    if not found:
        raise unreadable(f"看不懂抽查频次“{cell.strip()}”；请写成 1次/年")
    times, every = found["times"], found["per"] or found["every"]
    if "0" in {times, every}:
        raise unreadable(f"抽查频次“{cell.strip()}”应大于0")
    years = _YEARS[found["unit"] or found["span"] or "年"] * (_DIGITS.get(every) or int(every) if every else 1)
    return Frequency(
        raw=cell.strip(),
        times=_DIGITS.get(times) or int(times),
        years=years,
        at_least=bool(found["least"] or found["least2"]) or words.endswith("以上"),
    )


# --- dates and periods ---

_DAY = re.compile(r"(\d{4})(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})日?(?:[T ]?\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?")
_SOLID = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SERIAL = re.compile(r"(\d{5})(?:\.0+)?")
_EXCEL_DAY_0 = date(1899, 12, 30)  # Excel counts from here because it takes 1900 for a leap year
_MONTHS = 12


@lru_cache(maxsize=65536)
def day(cell: str) -> date:
    """Read a date: `2026-03-01`, `2026/3/1`, `2026年3月1日`, `20260301`, an Excel serial number.

    Raises InvalidInputError.
    """
    try:
        if len(cell) == len("2026-03-01") and cell.isascii():
            return date.fromisoformat(cell)
    except ValueError:
        pass  # the looser forms below may still fit
    words = plain(cell)
    serial = _SERIAL.fullmatch(words)
    if serial:
        return _EXCEL_DAY_0 + timedelta(days=int(serial[1]))
    found = _DAY.fullmatch(words) or _SOLID.fullmatch(words)
    if not found:
        raise unreadable(f"看不懂日期“{cell.strip()}”；请写成 2026-03-01")
    return _date(int(found[1]), int(found[2]), int(found[3]), cell)


def _date(year: int, month: int, day_of_month: int, cell: str) -> date:
    try:
        return date(year, month, day_of_month)
    except ValueError:
        raise unreadable(f"日期“{cell.strip()}”不存在") from None


_EDGE = re.compile(r"(?:(\d{4})[年./-])?(?:(\d{1,2})(?:[月./-]|$))?(?:(\d{1,2})日?)?(底前|底|前)?")
_SPLIT = re.compile(r"(?<=[月日年\d])(?:-+|—+|–|~|至|到)(?=\d)")
_ISO = re.compile(r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?(?!\d)")
_YEAR = re.compile(r"(?<!\d)(20\d{2})(?:年|[./-]\d)")
_NAMED = {
    "全年": (1, 12), "上半年": (1, 6), "下半年": (7, 12),
    "第一季度": (1, 3), "第二季度": (4, 6), "第三季度": (7, 9), "第四季度": (10, 12),
    "一季度": (1, 3), "二季度": (4, 6), "三季度": (7, 9), "四季度": (10, 12),
}  # fmt: skip


def year_in(cell: str) -> int | None:
    """Find the year that a period or a title names first (`2026年度计划`), None if it names none."""
    found = _YEAR.search(plain(cell))
    return int(found[1]) if found else None


def period(cell: str, year: int | None = None) -> tuple[date, date]:
    """Read a period as (first day, last day), both included: `2026年1月-11月`, `3月-12月` with the plan's `year`.

    A month alone stands for all its days. Raises InvalidInputError if it cannot be read, names no year and
    `year` is None, or ends before it begins.
    """
    words = _ISO.sub(lambda m: f"{m[1]}年{m[2]}月" + (f"{m[3]}日" if m[3] else ""), plain(cell)).replace("年度", "年")
    named = year_in(words) or year
    if named is None:
        raise unreadable(f"“{cell.strip()}”没有写年份；请写成 2026年3月-12月，或在导入时指明计划年度")
    rest = re.sub(r"^\d{4}年", "", words)
    if rest in _NAMED or not rest:
        first, last = _NAMED[rest or "全年"]
        return date(named, first, 1), _month_end(named, last)
    begin, *ends = _SPLIT.split(words)
    start, start_last = _edge(begin, named, cell)
    until = _edge(ends[-1], start.year, cell, month=start.month)[1] if ends else start_last
    if len(ends) > 1 or until < start:
        raise unreadable(f"起止时间“{cell.strip()}”的结束早于开始，或无法识别")
    return start, until


def _edge(words: str, year: int, cell: str, *, month: int | None = None) -> tuple[date, date]:
    """Give the first and last day that one side of a period can mean; `底前` (by the end of) opens the year."""
    if re.fullmatch(r"\d{1,2}日", words) and month:  # `3月1日-15日`
        words = f"{month}月{words}"
    found = _EDGE.fullmatch(words)
    if not found or not found[2]:
        raise unreadable(f"看不懂起止时间“{cell.strip()}”；请写成 2026年3月1日-2026年11月30日")
    named, number = int(found[1] or year), int(found[2])
    if not 1 <= number <= _MONTHS:
        raise unreadable(f"起止时间“{cell.strip()}”的月份不存在")
    last = _date(named, number, int(found[3]), cell) if found[3] else _month_end(named, number)
    if found[4]:
        return date(named, 1, 1), last
    return (last if found[3] else date(named, number, 1)), last


def _month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


# --- lists, levels, classes ---

_BETWEEN = re.compile(r"[、，,;；/\s]+")


def names(cell: str) -> tuple[str, ...]:
    """Split a list cell by 、，,;；/ and blanks, in order; no empty or repeated names (`教育部门、税务部门等`)."""
    parts = (part.strip().removesuffix("等部门").removesuffix("等") for part in _BETWEEN.split(cell))
    return tuple(dict.fromkeys(part for part in parts if part and part not in BLANKS))


_LEVEL_WORDS = {"省": Level.PROVINCE, "市": Level.CITY, "县": Level.COUNTY, "区": Level.COUNTY}


def levels(cell: str) -> frozenset[Level]:
    """Read a level cell: `市县(区)级` and `市级/县级` are both city and county. Raises InvalidInputError."""
    words = (
        plain(cell)
        .replace("县(市、区)", "县")
        .replace("县(市,区)", "县")
        .replace("县(市)", "县")
        .replace("设区的市", "市")
    )
    found = frozenset(level for word, level in _LEVEL_WORDS.items() if word in words)
    if not found:
        raise unreadable(f"看不懂层级“{cell.strip()}”；请写成 市级、县(区)级 或 市县(区)级")
    return found


_LEVEL_NAMES = {Level.PROVINCE.value: "省级", Level.CITY.value: "市级", Level.COUNTY.value: "县(区)级"}


def level_text(kept: str) -> str:
    """Say levels in words: imports keep them by value (`city、county`), people write words, which stay as they are."""
    return "、".join(_LEVEL_NAMES.get(one, one) for one in kept.split("、"))


def item_class(cell: str) -> ItemClass:
    """Read `重点`, `一般`, `重点检查事项`. Raises InvalidInputError."""
    for known in ItemClass:
        if plain(cell).startswith(known.value):
            return known
    raise unreadable(f"事项类别“{cell.strip()}”应为 重点 或 一般")


_MODE = re.compile(r"([省市县区])(?:\(区\)|\(市、区\))?抽(.+)查")


def draw_mode(cell: str) -> DrawMode:
    """Read `县抽县查`, `市抽市查`, `市抽县(区)查` (D6). Raises InvalidInputError."""
    found = _MODE.fullmatch(plain(cell))
    if not found:
        raise unreadable(f"看不懂抽查检查模式“{cell.strip()}”；请写成 县抽县查、市抽市查 或 市抽县(区)查")
    return DrawMode(raw=cell.strip(), drawn_by=_LEVEL_WORDS[found[1]], done_by=levels(found[2]))


_MOBILE = re.compile(r"(?:\+?86)?(1\d{10})")
_LOST = 15  # a binary double keeps no more decimal digits than this


def mobile(cell: str) -> str:
    """Read a mobile number, 11 digits. Raises InvalidInputError."""
    found = _MOBILE.fullmatch(plain(cell).replace("-", "").removesuffix(".0"))
    if not found:
        raise unreadable("手机号应为11位数字")
    return found[1]


def number_text(cell: str) -> str:
    """Read an identifier of letters and digits (certificate, staff number): half width, no blanks.

    Raises InvalidInputError where a spreadsheet has already turned it into a rounded number (`1.1E+17`).
    """
    words = plain(cell)
    if re.fullmatch(r"\d(?:\.\d+)?[Ee]\+?\d+", words) or re.fullmatch(rf"\d{{{_LOST + 1},}}\.0", words):
        raise unreadable("号码被表格软件当成数字，末几位已经丢失；请把这一列设为“文本”后重新填写")
    return words.removesuffix(".0") if re.fullmatch(r"\d+\.0", words) else words
