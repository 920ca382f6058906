"""Frozen lists accepted as bytes, without a value per line: a million lines in a tenth of a second (D4).

bytes -> quick_tally: every rule of `pools` at once, block by block -> Tally | None: ask the reader who names the line

What is quick is only the yes. Whatever looks odd here is read line by line by `pools`, and that answer counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from operator import lt

from inspection.draw.loops import blocks, columns
from inspection.draw.text import has_control, is_nfc

TARGETS, INSPECTORS, CONFLICTS, EXCLUDED = "targets.tsv", "inspectors.tsv", "conflicts.tsv", "excluded.tsv"
MAX_TICKETS = 1000
TICKETS = frozenset(b"%d" % number for number in range(1, MAX_TICKETS + 1))
WIDTHS = {TARGETS: 3, CONFLICTS: 2, EXCLUDED: 2}  # inspectors are few, and their skills have rules of their own
# All but control characters and the slash: what is left of a right file is its pattern of TABs and LFs.
PLAIN = bytes(byte for byte in range(256) if byte >= ord(" ") and byte not in b"/\x7f")


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """A list that keeps every rule: its lines, and how many have each label (stratum, reason)."""

    count: int
    labels: Counter[str]
    shared: str = ""  # an id that also stands in the list which this one must have nothing in common with


def quick_tally(file: str, data: bytes, apart: frozenset[bytes] = frozenset()) -> Tally | None:
    """Give the tally of a list that plainly keeps every rule, None where in doubt; `apart` must not share an id."""
    width = WIDTHS.get(file, 0)
    if not width or (data and not data.endswith(b"\n")) or not _is_clean(data):
        return None
    frame = data.translate(None, PLAIN)
    count = len(frame) // width
    if frame != (b"\t" * (width - 1) + b"\n") * count:
        return None
    labels: Counter[bytes] = Counter()
    before, shared = b"", b""
    for block in blocks(data):
        found = columns(block, width)
        keys = block.split(b"\n")[:-1] if file == CONFLICTS else found[0]
        if not before < keys[0] or not all(map(lt, keys, islice(keys, 1, None))):
            return None
        if not _fields_fit(file, found):
            return None
        shared = shared or min(apart.intersection(found[0]), default=b"")
        before = keys[-1]
        labels.update(found[1] if file != CONFLICTS else ())
    named = Counter({label.decode(): number for label, number in labels.items()})
    return Tally(count=count, labels=named, shared=shared.decode())


class Ids:
    """The ids of a sorted list, looked up by halving: nothing is kept beside the bytes."""

    def __init__(self, data: bytes) -> None:
        """Look into a list that keeps every rule."""
        self._data = data

    def __len__(self) -> int:
        """Give how many there are."""
        return self._data.count(b"\n")

    def __iter__(self) -> Iterator[str]:
        """Give them one by one, in their order."""
        return (line.split(b"\t", 1)[0].decode() for block in blocks(self._data) for line in block.splitlines())

    def __contains__(self, id_: object) -> bool:
        """Tell whether a line begins with this id."""
        return isinstance(id_, str) and self.start(id_) is not None

    def label(self, id_: str) -> str:
        """Give the second field of an id's line, empty if there is no such line."""
        start = self.start(id_)
        return "" if start is None else self._data[start : self._data.find(b"\n", start)].split(b"\t")[1].decode()

    def start(self, id_: str) -> int | None:
        """Give where the line of an id begins, or None."""
        key, low, high = id_.encode(), 0, len(self._data)
        while low < high:
            middle = self._data.rfind(b"\n", low, (low + high) // 2) + 1 or low
            found = self._data[middle : self._data.find(b"\t", middle)]
            if found == key:
                return middle
            if found < key:
                low = self._data.find(b"\n", middle) + 1
            else:
                high = middle
        return None


def ids_of(file: str, data: bytes) -> frozenset[bytes]:
    """Give the ids of a list that keeps every rule."""
    return frozenset(id_ for block in blocks(data) for id_ in columns(block, WIDTHS[file])[0])


def _is_clean(data: bytes) -> bool:
    """UTF-8 and NFC; of control characters those that are not bytes of ASCII (the frame shows the others)."""
    if data.isascii():
        return True
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    return is_nfc(text) and not has_control("".join(set(text) - {"\t", "\n"}))


def _fields_fit(file: str, found: list[list[bytes]]) -> bool:
    if file == TARGETS:
        return TICKETS.issuperset(found[2]) and b"*" not in found[0]
    return all(b"" not in column for column in found)
