"""A register of any size becomes its two frozen lists without a value per target (D4).

rows "id TAB facts LF", sorted by bytes -> judge each different set of facts once -> targets.tsv and excluded.tsv

Ten million targets have few different sets of facts (status, credit class, region, visits so far), so what is decided
about a target is looked up, and its line is its id with an end that thousands share.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from inspection.draw.loops import blocks, columns


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """What is decided about all targets with the same facts: a stratum and tickets, or the reason that leaves out."""

    stratum: str = ""
    tickets: int = 1
    reason: str = ""

    def end(self) -> bytes:
        """Give what stands behind the id in the list that the target is written into."""
        return (f"\t{self.reason}\n" if self.reason else f"\t{self.stratum}\t{self.tickets}\n").encode()


def judged_lists(rows: bytes, judge: Callable[[str], Entry]) -> tuple[bytes, bytes]:
    """Give targets.tsv and excluded.tsv; the freeze checks every rule of both, the order of the rows included."""
    ends: dict[bytes, bytes] = {}
    out: set[bytes] = set()
    targets: list[bytes] = []
    excluded: list[bytes] = []
    for block in blocks(rows):
        ids, facts = columns(block, 2)
        for one in set(facts) - ends.keys():
            entry = judge(one.decode())
            ends[one] = entry.end()
            if entry.reason:
                out.add(one)
        pairs = zip(ids, facts, strict=True)
        if out.isdisjoint(facts):
            targets.append(b"".join([id_ + ends[one] for id_, one in pairs]))
            continue
        for id_, one in pairs:
            (excluded if one in out else targets).append(id_ + ends[one])
    return b"".join(targets), b"".join(excluded)
