"""What a sample says of the whole, and what is more than chance; exact where the counts are small (K5).

wilson: an interval for a share          upper_tail: how likely so many or more are by chance (binomial)
holm: which of many small probabilities still count when so many were asked at once
stratified: the share in a population whose groups were drawn at different ratios, by the groups' sizes

E. B. Wilson, JASA 22 (1927) 209; S. Holm, Scand. J. Statist. 6 (1979) 65; W. G. Cochran, Sampling Techniques, ch. 5.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Z95 = 1.959963984540054  # two-sided 95 %
LEVEL = 0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """A share with the interval that holds the true one in 95 of 100 samples."""

    share: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Stratum:
    """A group of a population: its size, how many of it were looked at, and how many of those had a problem."""

    size: int
    seen: int
    hits: int


def wilson(hits: int, seen: int) -> Share | None:
    """The share of `hits` in `seen` with its 95 % interval; None where nothing was seen."""
    if not seen:
        return None
    return wilson_at(hits / seen, seen)


def stratified(strata: Sequence[Stratum]) -> Share | None:
    """The share in the whole population: each group counts by its size, not by how much of it was looked at.

    The interval is Wilson's on the sample size that a plain sample of the same variance would have had; a group that
    was looked at wholly adds none. Groups of which nothing was seen are left out. None where nothing was seen.
    """
    known = [one for one in strata if one.seen]
    population = sum(one.size for one in known)
    if not population:
        return None
    share = sum(one.size / population * one.hits / one.seen for one in known)
    variance = 0.0
    for one in known:
        # A group without, or with only, problems is not sure to be so throughout: (hits + 1) / (seen + 2).
        p = (one.hits + 1) / (one.seen + 2)
        left = max(0.0, 1 - one.seen / one.size) if one.size else 0.0
        variance += (one.size / population) ** 2 * left * p * (1 - p) / one.seen
    if variance == 0:
        return Share(share=share, low=share, high=share)
    smooth = (sum(one.hits for one in known) + 1) / (sum(one.seen for one in known) + 2)
    plain = wilson_at(share, max(1.0, max(share * (1 - share), smooth * (1 - smooth)) / variance))
    return Share(share=share, low=plain.low, high=plain.high)


def wilson_at(share: float, seen: float) -> Share:
    """Wilson's interval about a share known from so many (not necessarily whole) observations."""
    spread = Z95**2 / seen
    middle = (share + spread / 2) / (1 + spread)
    half = Z95 * math.sqrt(share * (1 - share) / seen + spread / (4 * seen)) / (1 + spread)
    return Share(share=share, low=max(0.0, middle - half), high=min(1.0, middle + half))


def upper_tail(hits: int, seen: int, share: float) -> float:
    """How likely `hits` or more of `seen` are where each has the chance `share`: exact binomial."""
    if hits <= 0:
        return 1.0
    if share <= 0:
        return 0.0
    if share >= 1:
        return 1.0
    return min(1.0, math.fsum(_binomial(one, seen, share) for one in range(hits, seen + 1)))


def more_than(hits: int, seen: int, other_hits: int, other_seen: int) -> float:
    """How likely a group has `hits` or more of all hits by chance alone: Fisher's exact test, one-sided."""
    whole, all_hits = seen + other_seen, hits + other_hits
    if not seen or not other_seen or not all_hits:
        return 1.0
    total = _log_choose(whole, seen)
    at_most = min(all_hits, seen)
    parts = (
        math.exp(_log_choose(all_hits, one) + _log_choose(whole - all_hits, seen - one) - total)
        for one in range(hits, at_most + 1)
        if seen - one <= whole - all_hits
    )
    return min(1.0, math.fsum(parts))


def holm(chances: Sequence[float], level: float = LEVEL) -> list[bool]:
    """Tell of each of these probabilities whether it is small even though so many were asked at once."""
    found = [False] * len(chances)
    for rank, at in enumerate(sorted(range(len(chances)), key=lambda one: chances[one])):
        if chances[at] > level / (len(chances) - rank):
            break
        found[at] = True
    return found


def _binomial(hits: int, seen: int, share: float) -> float:
    return math.exp(_log_choose(seen, hits) + hits * math.log(share) + (seen - hits) * math.log1p(-share))


def _log_choose(of: int, some: int) -> float:
    return math.lgamma(of + 1) - math.lgamma(some + 1) - math.lgamma(of - some + 1)
