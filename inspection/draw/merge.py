"""Several items of several departments over one target (D1, D7, R4): one draw, one visit, each department its own part.

each item's pool and ratio -> merge -> one pool: stratum `class@set of items`, ratio = the highest of the set
                                  -> for each department the sets that concern it (`inspection.draw.lower`)

A target that three items cover is drawn once, not three times: who is in more pools is not visited more often.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from inspection.draw.pools import Candidate
from inspection.errors import InvalidInputError
from inspection.quotas import stratum_of

AND = "+"  # between the items of a set


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemPool:
    """An item's own pool: whose it is, its ratio (0 to 1), and by id its candidates with class as stratum."""

    item: str
    department: str
    ratio: Fraction
    candidates: Collection[Candidate]


@dataclass(frozen=True, kw_only=True, slots=True)
class Merged:
    """One pool for all: candidates, ratios by stratum, and by department the item sets that concern it."""

    candidates: tuple[Candidate, ...]
    ratios: Mapping[str, Fraction]
    parts: Mapping[str, tuple[str, ...]]


def merge(pools: Sequence[ItemPool]) -> Merged:
    """Merge the pools of several items; a target has the most tickets that any of them gives it.

    Raises InvalidInputError for an item named twice, a name that a label cannot hold, or a target of two classes.
    """
    names = [pool.item for pool in pools]
    if len(set(names)) != len(names) or any(not name or set(name) & set("+@/\t\n") for name in names):
        raise InvalidInputError(what="抽查事项", why="编号不能为空、重复，也不能含有 + @ / 等符号")
    held: dict[str, list[tuple[ItemPool, Candidate]]] = {}
    for pool in sorted(pools, key=lambda one: one.item):
        for candidate in pool.candidates:
            held.setdefault(candidate.id, []).append((pool, candidate))
    ratios: dict[str, Fraction] = {}
    parts: dict[str, set[str]] = {}
    candidates = []
    for id_, entries in sorted(held.items()):
        items = AND.join(pool.item for pool, _ in entries)
        if len({candidate.stratum for _, candidate in entries}) > 1:
            raise InvalidInputError(what="检查对象", why=f"{id_} 在不同事项中的信用风险类别不一致")
        label = stratum_of(entries[0][1].stratum, items)
        candidates.append(Candidate(id=id_, stratum=label, tickets=max(one.tickets for _, one in entries)))
        ratios[label] = max(pool.ratio for pool, _ in entries)
        for pool, _ in entries:
            parts.setdefault(pool.department, set()).add(items)
    return Merged(
        candidates=tuple(candidates),
        ratios=ratios,
        parts={department: tuple(sorted(sets)) for department, sets in sorted(parts.items())},
    )
