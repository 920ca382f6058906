"""What a result says about the credit class of a target: a proposal with its reason, for a person to decide (N3).

class + result codes + clean visits in a row -> proposed -> Step (class, why), or None

Settings of ours, no rule of a notice: results only ever propose. A problem that was mended on the spot moves nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from inspection.outcomes import NO_PROBLEM, result_text
from inspection.policy import CLASSES

CLEAN_VISITS = 2  # so many visits in a row without a problem propose one class better
UNCLASSIFIED_AS = "B"  # where a target without a class starts from
_TO_WORST = frozenset({"false-disclosure", "uncooperative"})
_ONE_WORSE = frozenset({"unreachable", "not-disclosed", "pending"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A proposed class, and the words that say why."""

    to: str
    why: str


def proposed(now: str, codes: Collection[str], clean_visits: int) -> Step | None:
    """Give the class that a visit's results propose; `clean_visits` counts those in a row up to and with this one."""
    found = set(codes)
    at = CLASSES.index(now if now in CLASSES else UNCLASSIFIED_AS)
    if found & _TO_WORST:
        to, why = len(CLASSES) - 1, result_text(found & _TO_WORST)
    elif found & _ONE_WORSE:
        to, why = min(at + 1, len(CLASSES) - 1), result_text(found & _ONE_WORSE)
    elif found == {NO_PROBLEM} and clean_visits >= CLEAN_VISITS and now in CLASSES:
        to, why = max(at - 1, 0), f"连续 {clean_visits} 次检查未发现问题"
    else:
        return None
    return None if CLASSES[to] == now else Step(to=CLASSES[to], why=why)


def worse(one: str, other: str) -> bool:
    """Tell whether a class is worse than another."""
    return CLASSES.index(one) > CLASSES.index(other)
