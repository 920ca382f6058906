"""How long a visit's papers are kept (L1): by what the visit found, the longest that applies.

The three classes are those of 国家档案局令第8号 (永久, 定期 30 年, 定期 10 年). Which papers fall into which is for the
office's own 保管期限表 to say, so `Terms` is a setting.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True, slots=True)
class Retention:
    """A retention class; `years` None: for ever."""

    text: str
    years: int | None


CLASSES: Mapping[str, Retention] = {
    "years-10": Retention(text="定期 10 年", years=10),
    "years-30": Retention(text="定期 30 年", years=30),
    "permanent": Retention(text="永久", years=None),
}
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
    years = CLASSES[name].years
    return None if years is None else date(filed_on.year + years, 12, 31)


def longest(names: Collection[str]) -> str:
    """The class of papers kept together: the longest of theirs; the shortest there is where there are none."""
    order = list(CLASSES)
    return max(names, key=order.index, default=order[0])
