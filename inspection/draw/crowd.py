"""A register of any size becomes its two frozen lists without a value per target (D4).

pages of "id TAB facts LF", sorted by bytes -> judge each different set of facts once -> targets.tsv, excluded.tsv

Ten million targets have few different sets of facts (status, credit class, region, visits so far), so what is decided
about a target is looked up, and its line is its id with an end that thousands share.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from inspection.draw.loops import columns


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """What is decided about all targets with the same facts: a stratum and tickets, or the reason that leaves out."""

    stratum: str = ""
    tickets: int = 1
    reason: str = ""

    def end(self) -> bytes:
        """Give what stands behind the id in the list that the target is written into."""
        return (f"\t{self.reason}\n" if self.reason else f"\t{self.stratum}\t{self.tickets}\n").encode()


class Crowd:
    """A scope judged page by page; a page ends with a whole line, and pages come in the order of their ids."""

    def __init__(self, judge: Callable[[str], Entry]) -> None:
        """Begin with nobody; `judge` is asked once for each different set of facts."""
        self._judge = judge
        self._entries: dict[bytes, Entry] = {}
        self._ends: dict[bytes, bytes] = {}
        self._facts: Counter[bytes] = Counter()
        self._targets: list[bytes] = []
        self._excluded: list[bytes] = []

    def take(self, page: bytes) -> None:
        """Judge a page of "id TAB facts LF"."""
        ids, facts = columns(page, 2)
        counts = Counter(facts)
        for one in counts.keys() - self._ends.keys():
            self._entries[one] = self._judge(one.decode())
            self._ends[one] = self._entries[one].end()
        self._facts.update(counts)
        out, ends = {one for one in counts if self._entries[one].reason}, self._ends
        pairs = zip(ids, facts, strict=True)
        if not out:
            self._targets.append(b"".join([id_ + ends[one] for id_, one in pairs]))
            return
        kept: list[bytes] = []
        for id_, one in pairs:
            (self._excluded if one in out else kept).append(id_ + ends[one])
        self._targets.append(b"".join(kept))

    def lists(self) -> tuple[bytes, bytes]:
        """Give targets.tsv and excluded.tsv; the freeze checks every rule of both, the order of the ids included."""
        return b"".join(self._targets), b"".join(self._excluded)

    def strata(self) -> Counter[str]:
        """Count the candidates of each stratum."""
        return self._count(Counter(), left_out=False)

    def reasons(self) -> Counter[str]:
        """Count who is left out, by reason."""
        return self._count(Counter(), left_out=True)

    def _count(self, found: Counter[str], *, left_out: bool) -> Counter[str]:
        for facts, number in self._facts.items():
            entry = self._entries[facts]
            if bool(entry.reason) == left_out:
                found[entry.reason or entry.stratum] += number
        return found
