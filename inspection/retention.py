"""How long a visit's papers are kept (L1): by what the visit found, the longest that applies.

The three classes are those of 国家档案局令第8号 (永久, 定期 30 年, 定期 10 年). Which papers fall into which is for the
office's own 保管期限表 to say, so `Terms` is a setting.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

CLASSES = ("years-10", "years-30", "permanent")  # the shortest first; another office may seal for other years
_CASES = frozenset({"case", "justice"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """The class of each kind of file: nothing found, a finding or its handling, a case or a crime."""

    clean: str = "years-10"
    finding: str = "years-30"
    case: str = "permanent"


def class_of(results: Collection[str], followups: Collection[str], terms: Terms) -> str:
    """The class of a visit, by its results and the kinds of its follow-ups."""
    if _CASES & set(followups):
        return terms.case
    return terms.finding if followups or set(results) - {"none"} else terms.clean


def keep_until(name: str, filed_on: date) -> date | None:
    """The last day of the class, counted from the year after the one of filing; None: for ever."""
    years = _years(name)
    return None if years is None else date(filed_on.year + years, 12, 31)


def longest(names: Collection[str]) -> str:
    """The class of papers kept together: the longest of theirs; the shortest there is where there are none."""
    return max(names, key=lambda name: math.inf if (years := _years(name)) is None else years, default=CLASSES[0])


def class_text(name: str) -> str:
    """A class in words."""
    years = _years(name)
    return "永久" if years is None else f"定期 {years} 年"


def _years(name: str) -> int | None:
    return None if name == "permanent" else int(name.removeprefix("years-"))
