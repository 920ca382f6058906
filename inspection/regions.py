"""Regions by GB/T 2260: six digits, two a level; which codes lie below which, and what a code is called (B6, N1).

"370102" -> level() 3, ancestors() ("370000", "370100"); covers("370100", "370102") -> True
"370100" -> bounds() ("370100", "370200"): a range that an index can be asked for

Names of provinces are the standard's; everything below is the office's own data (`models.libraries.Region`), because
counties change every year and development zones have codes of their own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from inspection.errors import InvalidInputError
from inspection.tables.places import PROVINCES

PROVINCE, PREFECTURE, COUNTY = 1, 2, 3
_CODE = re.compile(r"[1-8]\d{5}|[1-8]\d{3}|[1-8]\d", re.ASCII)
_WIDTH = 6
_MUNICIPALITIES = {"11", "12", "31", "50"}
# Places 3-4 and 5-6 of a code say what kind of place it is: up to this number, that.
_PREFECTURES = ((20, "地级市"), (50, "地区（自治州、盟）"), (70, "地级市"), (99, "省直辖县级"))
_COUNTIES = ((20, "市辖区"), (50, "县（旗）"), (80, "市辖区"), (99, "县级市"))


def full(code: str) -> str:
    """Give a code with all six digits: 37 and 3701 are written 370000 and 370100. Raises InvalidInputError."""
    if not _CODE.fullmatch(code) or code[:2] not in PROVINCES:
        raise InvalidInputError(what="行政区划代码", why=f"“{code[:12]}”不是 2、4 或 6 位的 GB/T 2260 代码。")
    return code.ljust(_WIDTH, "0")


def prefix(code: str) -> str:
    """Give the digits that all codes of a region share: 370000 -> 37, 370100 -> 3701. Raises InvalidInputError."""
    whole = full(code)
    if whole.endswith("0000"):
        return whole[:2]
    return whole[:4] if whole.endswith("00") else whole


def level(code: str) -> int:
    """Tell the level: 1 province, 2 prefecture, 3 county. Raises InvalidInputError."""
    return len(prefix(code)) // 2


def ancestors(code: str) -> tuple[str, ...]:
    """Give the regions above a code, the province first. Raises InvalidInputError."""
    own = prefix(code)
    return tuple(full(own[:width]) for width in (2, 4) if width < len(own))


def covers(region: str, code: str) -> bool:
    """Tell whether `code` lies in `region` or is it; the empty region is everywhere, the empty code nowhere in it."""
    return not region or (bool(code) and code.startswith(prefix(region)))


def bounds(region: str) -> tuple[str, str]:
    """Give the first code of a region and the first one behind it, for `first <= code < behind`."""
    own = prefix(region)
    return own.ljust(_WIDTH, "0"), str(int(own) + 1).ljust(_WIDTH, "0")


def kind_text(code: str) -> str:
    """Say what kind of place a code is, by the structure of the standard."""
    own = prefix(code)
    if len(own) == len("37"):
        return "直辖市" if own in _MUNICIPALITIES else "省级"
    table = _PREFECTURES if len(own) == len("3701") else _COUNTIES
    return next(words for up_to, words in table if int(own[-2:]) <= up_to)


def name_of(code: str, own: Mapping[str, str]) -> str:
    """Name a region with the regions above it; `own`: the office's names by full code. Unknown parts are left out."""
    if not code:
        return ""
    parts = [
        own.get(one) or (PROVINCES[one[:2]] if level(one) == PROVINCE else "") for one in (*ancestors(code), full(code))
    ]
    return "".join(parts) or code
