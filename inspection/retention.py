"""How long a visit's papers are kept (L1): by what the visit found, the longest that applies."""

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
_FOR_EVER = frozenset({"case", "justice"})


def class_of(results: Collection[str], followups: Collection[str]) -> str:
    """The class of a visit: nothing found 10 years, a finding or its handling 30, a case or a crime for ever."""
    if _FOR_EVER & set(followups):
        return "permanent"
    return "years-30" if followups or set(results) - {"none"} else "years-10"


def keep_until(name: str, filed_on: date) -> date | None:
    """The last day of the class, counted from the year after the one of filing; None: for ever."""
    years = CLASSES[name].years
    return None if years is None else date(filed_on.year + years, 12, 31)


def longest(names: Collection[str]) -> str:
    """The class of papers kept together: the longest of theirs; the shortest there is where there are none."""
    order = list(CLASSES)
    return max(names, key=order.index, default=order[0])
