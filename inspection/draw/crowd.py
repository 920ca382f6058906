"""A register of any size becomes its two frozen lists without a value per target (D4).

pages of "facts TAB id TAB id ... LF" -> judge each different set of facts once -> targets.tsv, excluded.tsv

Ten million targets have few different sets of facts (status, credit class, region, visits so far), so what is decided
about a target is looked up, and its line is its id with an end that thousands share. Pages come in the order of their
ids, which within a page may stand in any.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Group = tuple[bytes, bytes]  # ids with TABs between them, and the end that each of their lines has
Merge = Callable[[Sequence[Group]], bytes]


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """What is decided about all targets with the same facts: a stratum and tickets, or the reason that leaves out."""

    stratum: str = ""
    tickets: int = 1
    reason: str = ""

    def end(self) -> bytes:
        """Give what stands behind the id in the list that the target is written into."""
        return (f"\t{self.reason}\n" if self.reason else f"\t{self.stratum}\t{self.tickets}\n").encode()


def merge_here(groups: Sequence[Group]) -> bytes:
    """Give the lines of all groups by the bytes of their ids, for a TAB comes before all that an id may hold."""
    lines = [line for ids, end in groups for line in (ids.replace(b"\t", end) + end).split(b"\n")[:-1]]
    lines.sort()
    return b"".join([line + b"\n" for line in lines])


class Crowd:
    """A scope judged page by page: every id of a page stands behind all ids of the page before."""

    def __init__(self, judge: Callable[[str], Entry], merge: Merge = merge_here) -> None:
        """Begin with nobody; `judge` is asked once for each different set of facts, `merge` does `merge_here`."""
        self._judge, self._merge = judge, merge
        self._entries: dict[bytes, Entry] = {}
        self._ends: dict[bytes, bytes] = {}
        self._facts: Counter[bytes] = Counter()
        self._targets: list[bytes] = []
        self._excluded: list[bytes] = []

    def take(self, page: bytes) -> bytes:
        """Judge a page of lines "facts TAB id TAB id ... LF"; gives what it adds to targets.tsv."""
        kept: list[Group] = []
        gone: list[Group] = []
        for line in page.split(b"\n")[:-1]:
            facts, ids = line.split(b"\t", 1)
            if facts not in self._ends:
                self._entries[facts] = self._judge(facts.decode())
                self._ends[facts] = self._entries[facts].end()
            self._facts[facts] += ids.count(b"\t") + 1
            (gone if self._entries[facts].reason else kept).append((ids, self._ends[facts]))
        self._excluded.append(self._merge(gone))
        self._targets.append(self._merge(kept))
        return self._targets[-1]

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
