"""Tickets, scores and what they draw (D2, D3): in each stratum the candidates with the least scores.

targets.tsv -> score every line, keep what is under its stratum's threshold -> sort the few kept -> drawn | reserves

The threshold is only a way to sort less: it is set to leave somewhat more than are needed, and raised when chance
leaves too few.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isqrt

from inspection.draw.announcement import Announcement, Mode
from inspection.draw.loops import Hit, blocks, score_lines

SPACE = 1 << 256
NOTHING = b""  # a limit under which no digest falls
Scorer = Callable[[str, Mapping[bytes, bytes], bytes], list[Hit]]  # seed, limits by stratum, targets.tsv -> kept


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawn:
    """A drawn target; `ticket` is which of its tickets (from 1) was the least and so became its score."""

    target: str
    stratum: str
    score: str
    ticket: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """What the tickets decided; strata stand in the order in which targets.tsv first names them."""

    drawn: tuple[Drawn, ...]
    cutoffs: Mapping[str, str]
    reserves: Mapping[str, tuple[str, ...]]


def score_here(seed: str, limits: Mapping[bytes, bytes], targets: bytes) -> list[Hit]:
    """Score a whole targets.tsv in this process."""
    return [hit for block in blocks(targets) for hit in score_lines(seed, limits, block)]


def select(seed: str, announcement: Announcement, targets: bytes, scorer: Scorer = score_here) -> Selection:
    """Draw the targets of any mode: by quota, or all of them where only inspectors or the order are drawn (A8).

    `targets` is a targets.tsv that keeps every rule and has the announced strata; `scorer` may use several processes.
    """
    by_quota = announcement.mode in (Mode.DOUBLE, Mode.TARGETS)
    counts = {item.stratum: item.count for item in announcement.strata if item.count}
    quotas = {item.stratum: item.quota if by_quota else item.count for item in announcement.strata}
    ranked = least(seed, counts, {label: quotas[label] + announcement.reserves for label in counts}, targets, scorer)
    in_order = sorted(counts, key=lambda label: targets.find(f"\t{label}\t".encode()))
    drawn = sorted(hit for label in in_order for hit in ranked[label][: quotas[label]])
    return Selection(
        drawn=tuple(
            Drawn(target=id_.decode(), stratum=stratum.decode(), score=score.hex(), ticket=ticket)
            for score, id_, ticket, stratum in drawn
        ),
        cutoffs={
            label: ranked[label][: quotas[label]][-1][0].hex() for label in in_order if ranked[label][: quotas[label]]
        },
        reserves={label: tuple(hit[1].decode() for hit in ranked[label][quotas[label] :]) for label in in_order},
    )


def least(
    seed: str, counts: Mapping[str, int], wanted: Mapping[str, int], targets: bytes, scorer: Scorer = score_here
) -> dict[str, list[Hit]]:
    """Give by stratum the `wanted` candidates with the least scores, in order; all of them if there are fewer."""
    # Eight standard deviations more than needed: a second pass is a rarity.
    expected = {label: size + 8 * isqrt(size) + 32 for label, size in wanted.items()}
    ranked: dict[str, list[Hit]] = {}
    while missing := counts.keys() - ranked.keys():
        limits = {label.encode(): _limit(expected[label], counts[label]) for label in missing}
        kept: dict[bytes, list[Hit]] = {label: [] for label in limits}
        for hit in scorer(seed, dict.fromkeys((label.encode() for label in counts), NOTHING) | limits, targets):
            kept[hit[3]].append(hit)
        for label in missing:
            hits = kept[label.encode()]
            if len(hits) >= min(wanted[label], counts[label]):
                ranked[label] = sorted(hits)[: wanted[label]]
            expected[label] *= 4
    return ranked


def _limit(expected: int, count: int) -> bytes:
    return min(SPACE - 1, SPACE * expected // count).to_bytes(32, "big")
