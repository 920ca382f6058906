"""How many of each stratum are drawn, and with how many tickets (D3, C12, A7): pure counts in, pure counts out.

counts by stratum + a ratio | a ratio per class | a fixed number | a number per class -> quotas by stratum
              -> shared out over regions -> at least so many of each region -> the announcement's `strata`

Ratios are exact (Fraction or Decimal): with floats 7 % of 100 would round up to 8.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil
from types import MappingProxyType

from inspection.errors import InvalidInputError

Ratio = Fraction | Decimal

# Credit-risk classes A (low) to D (high): a D enterprise is four times as likely to come first as an A one (C12, N1).
CREDIT_TICKETS: Mapping[str, int] = MappingProxyType({"A": 1, "B": 1, "C": 2, "D": 4})
UNCLASSIFIED_TICKETS = 1
IN = "@"  # class@region; neither holds one
RAISED_BY, TABLE_OF = "+", "~"  # "B+serious~370100": class, strongest reason, region of the table (inspection.policy)


@dataclass(frozen=True, kw_only=True, slots=True)
class SmallPool:
    """The rule for small pools: a whole pool of up to `up_to` targets yields `at_least` of them."""

    up_to: int = 10
    at_least: int = 2


SMALL_POOL = SmallPool()


def by_ratio(counts: Mapping[str, int], ratio: Ratio, small: SmallPool = SMALL_POOL) -> dict[str, int]:
    """Give quotas from one ratio (0 to 1) for every stratum, each rounded up; raises InvalidInputError."""
    return by_class(counts, dict.fromkeys(counts, ratio), small)


def by_class(
    counts: Mapping[str, int],
    ratios: Mapping[str, Ratio],
    small: SmallPool = SMALL_POOL,
) -> dict[str, int]:
    """Give quotas from a ratio (0 to 1) per stratum, each rounded up, then the small-pool rule over the whole pool.

    A stratum with ratio 0 is not drawn from, whatever the size of the pool. Raises InvalidInputError if a stratum has
    no ratio, or a count or ratio is out of range.
    """
    _check_counts(counts)
    quotas = {stratum: ceil(count * _exact(stratum, ratios)) for stratum, count in counts.items()}
    if sum(counts.values()) <= small.up_to:
        _top_up(quotas, counts, {stratum for stratum in counts if ratios[stratum]}, small.at_least)
    return quotas


def by_number(counts: Mapping[str, int], number: int, ratios: Mapping[str, Ratio] | None = None) -> dict[str, int]:
    """Split a fixed number over the strata by largest remainder (ties in the order of labels), never above a count.

    `ratios`: what would be drawn of each stratum by ratio; then a stratum's share is its count times that, so that
    worse classes give more of the number too (C12), and one with ratio 0 gives nothing. Raises InvalidInputError if
    the number or a count is negative, or a ratio is missing or out of range.
    """
    _check_counts(counts)
    if number < 0:
        raise InvalidInputError(what="抽取数量", why="不能小于 0")
    weights = {one: count * (_exact(one, ratios) if ratios is not None else 1) for one, count in counts.items()}
    quotas = dict.fromkeys(counts, 0)
    waiting = {one for one, weight in weights.items() if weight}
    left = min(number, sum(counts[one] for one in waiting))
    # Whoever's share is more than there is gives all, and the others share what is left.
    while full := {one for one in waiting if left * weights[one] >= counts[one] * _sum(weights, waiting)}:
        quotas |= {one: counts[one] for one in full}
        left -= sum(counts[one] for one in full)
        waiting -= full
    whole = _sum(weights, waiting)
    shares = {one: left * weights[one] / whole for one in sorted(waiting)}
    quotas |= {one: int(share) for one, share in shares.items()}
    left -= sum(int(share) for share in shares.values())
    for one in sorted(shares, key=lambda one: (int(shares[one]) - shares[one], one))[:left]:
        quotas[one] += 1
    return quotas


def _sum(weights: Mapping[str, Fraction | int], labels: set[str]) -> Fraction:
    return sum((Fraction(weights[one]) for one in labels), Fraction(0))


def shared_out(quotas: Mapping[str, int], counts: Mapping[str, int]) -> dict[str, int]:
    """Share each class's quota out over its regions by their counts; `quotas` is by class, `counts` by class@region.

    A ratio taken of every region by itself would be rounded up in each of them: with many regions, far above it.
    """
    shared: dict[str, int] = {}
    for part in sorted({label.partition(IN)[0] for label in counts}):
        shared |= by_number({one: n for one, n in counts.items() if one.partition(IN)[0] == part}, quotas[part])
    return shared


def by_class_number(counts: Mapping[str, int], numbers: Mapping[str, int]) -> dict[str, int]:
    """Draw a fixed number of each class, split over its regions like `by_number`; never above what there is.

    `numbers` is by credit class; a class without a number is not drawn from. Raises InvalidInputError.
    """
    quotas: dict[str, int] = {}
    for credit_class in sorted({class_of(label) for label in counts}):
        own = {label: count for label, count in counts.items() if class_of(label) == credit_class}
        quotas |= by_number(own, numbers.get(credit_class, 0))
    return quotas


def at_least_each_region(quotas: Mapping[str, int], counts: Mapping[str, int], at_least: int) -> dict[str, int]:
    """Raise quotas until every region yields `at_least` targets, or all it has; other regions give nothing up for it.

    Raises InvalidInputError if the minimum or a count is negative.
    """
    _check_counts(counts)
    if at_least < 0:
        raise InvalidInputError(what="每个区域的最少数量", why="不能小于 0")
    raised: dict[str, int] = {}
    for region in sorted({region_of(label) for label in counts}):
        own = {label: quotas[label] for label in counts if region_of(label) == region}
        _top_up(own, counts, set(own), at_least)
        raised |= own
    return raised


def stratum_of(credit_class: str, region: str = "") -> str:
    """Give the label of a class, or of a class within a region where each region is to have its share."""
    return f"{credit_class}{IN}{region}" if region else credit_class


def class_of(stratum: str) -> str:
    """Give the credit class of a label, whatever raised it, wherever its table is from, whatever region it is of."""
    return stratum.partition(IN)[0].partition(TABLE_OF)[0].partition(RAISED_BY)[0]


def region_of(stratum: str) -> str:
    """Give the region of a label; empty where strata are classes only."""
    return stratum.partition(IN)[2]


def tickets_for(credit_class: str, tickets: Mapping[str, int] = CREDIT_TICKETS) -> int:
    """Give the tickets of a credit-risk class; one for a target that has none."""
    return tickets.get(credit_class, UNCLASSIFIED_TICKETS)


def _top_up(quotas: dict[str, int], counts: Mapping[str, int], open_strata: set[str], at_least: int) -> None:
    """Raise quotas one by one, always where most are left over, until `at_least` are drawn or nobody is left."""
    left = {stratum: counts[stratum] - quotas[stratum] for stratum in sorted(open_strata)}
    while left and sum(quotas.values()) < at_least:
        fullest = max(left, key=left.__getitem__)
        if not left[fullest]:
            return
        left[fullest] -= 1
        quotas[fullest] += 1


def _exact(stratum: str, ratios: Mapping[str, Ratio]) -> Fraction:
    if stratum not in ratios:
        raise InvalidInputError(what="抽查比例", why=f"缺少“{stratum}”类的比例")
    ratio = Fraction(ratios[stratum])
    if not 0 <= ratio <= 1:
        raise InvalidInputError(what="抽查比例", why=f"“{stratum}”类的比例必须在 0 到 1 之间")
    return ratio


def _check_counts(counts: Mapping[str, int]) -> None:
    if any(count < 0 for count in counts.values()):
        raise InvalidInputError(what="对象数量", why="不能小于 0")
