"""The draw's hot loops by the processor's own SHA-256 instructions (ADR 0011): optional, and held against hashlib.

loops.c -> make setup, where there is a compiler -> var/native -> load -> tested against hashlib -> Native | None

Nothing that is published rests on it alone: of the tickets it only sorts out who cannot have been drawn, and hashlib
scores the others; its counts are held against those of the pool; roots are recomputed by whoever checks. Where it is
missing, Python does the same.
"""

from __future__ import annotations

import ctypes
import hashlib
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any, ClassVar

from inspection.draw.crowd import Group
from inspection.draw.loops import SUBTREE, subtree_roots

SOURCE = Path(__file__).with_name("loops.c")
BUILT = Path(__file__).parents[2] / "var" / "native"
DIGEST_BYTES = 32
TESTED = range(200)  # lengths of text: every case of padding, one to four blocks


class Native:
    """The library, loaded and found right; its calls let other threads run."""

    def __init__(self, library: Any) -> None:
        """Take a library that `load` has tested."""
        self._library = library

    def may_be_under(self, seed: str, limits: Mapping[bytes, bytes], block: bytes) -> bytes | None:
        """Give the lines of a block of targets.tsv that have a ticket under their stratum's limit; None: ask Python."""
        labels = sorted(limits)
        kept = (ctypes.c_int64 * block.count(b"\n"))()
        count = self._library.suicha_filter(
            seed.encode(),
            block,
            ctypes.c_size_t(len(block)),
            b"".join(labels),
            _ends(labels),
            b"".join([limits[label] or bytes(DIGEST_BYTES) for label in labels]),  # empty: nobody
            ctypes.c_long(len(labels)),
            kept,
        )
        if count < 0:
            return None
        return b"".join([block[start : block.index(b"\n", start) + 1] for start in kept[:count]])

    def subtree_roots(self, master: bytes, lines: bytes) -> bytes | None:
        """Give the tree hashes of each `SUBTREE` lines, one after the other; None: ask Python."""
        roots = ctypes.create_string_buffer(DIGEST_BYTES * (lines.count(b"\n") // SUBTREE + 1))
        count = self._library.suicha_subtrees(master, lines, ctypes.c_size_t(len(lines)), roots)
        return None if count < 0 else roots.raw[: DIGEST_BYTES * count]

    def tally(self, labels: Collection[str], lines: bytes, apart: bytes) -> dict[str, int] | None:
        """Count the lines of targets.tsv by label where every rule plainly holds, else None: ask Python.

        `apart`: a sorted list of "id TAB ..." that holds every rule; no id may stand in both.
        """
        known = sorted(label.encode() for label in labels)
        counts = (ctypes.c_int64 * len(known))()
        sizes = ctypes.c_size_t(len(lines)), ctypes.c_size_t(len(apart))
        count = self._library.suicha_tally(
            lines, sizes[0], b"".join(known), _ends(known), ctypes.c_long(len(known)), apart, sizes[1], counts
        )
        if count != sum(counts):
            return None
        return {label.decode(): number for label, number in zip(known, counts, strict=True) if number}

    def merged(self, groups: Sequence[Group]) -> bytes | None:
        """Do `inspection.draw.crowd.merge_here` for groups whose ids stand in order; None: ask Python."""
        ids, ends = [one for one, _ in groups], [end for _, end in groups]
        every = sum(len(one) + one.count(b"\t") * (len(end) - 1) + len(end) for one, end in groups)
        heap, lines = (_HeapPlace * len(groups))(), bytearray(every)
        count = self._library.suicha_merge(
            (ctypes.c_char_p * len(groups))(*ids),
            (ctypes.c_size_t * len(groups))(*map(len, ids)),
            (ctypes.c_char_p * len(groups))(*ends),
            (ctypes.c_size_t * len(groups))(*map(len, ends)),
            ctypes.c_long(len(groups)),
            heap,
            (ctypes.c_char * every).from_buffer(lines),
        )
        return bytes(lines) if count == every else None


class _HeapPlace(ctypes.Structure):
    """The room that one group takes in `loops.c`."""

    _fields_: ClassVar[list[tuple[str, Any]]] = [("place", ctypes.c_void_p * 4), ("size", ctypes.c_size_t)]


def _ends(labels: Sequence[bytes]) -> Any:
    """Where each of the joined labels ends."""
    return (ctypes.c_uint32 * len(labels))(*accumulate(map(len, labels)))


@cache
def load() -> Native | None:
    """Give the library of this very source, or None where it is not built, or not right on this machine."""
    try:
        library = ctypes.CDLL(str(_file()))
        for name in ("filter", "subtrees", "tally", "merge"):
            getattr(library, f"suicha_{name}").restype = ctypes.c_long
        return Native(library) if library.suicha_able() and _is_right(library) else None
    except (OSError, AttributeError):
        return None


def _file() -> Path:
    """Named after its source, so that an old one is never taken for a new one."""
    return BUILT / f"loops-{hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16]}.so"


def _is_right(library: Any) -> bool:
    found = ctypes.create_string_buffer(DIGEST_BYTES)
    for length in TESTED:
        text = bytes(number * 7 % 256 for number in range(length))
        library.suicha_digest(text, ctypes.c_size_t(length), found)
        if found.raw != hashlib.sha256(text).digest():
            return False
    lines = b"".join(b"T%05d\tA\t1\n" % number for number in range(SUBTREE + 3))
    master = bytes(range(DIGEST_BYTES))
    return Native(library).subtree_roots(master, lines) == b"".join(subtree_roots(master, [lines]))


def build() -> bool:
    """Compile the library where there is a compiler and the processor is of the kind; tells whether it is there."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or platform.machine() not in {"x86_64", "AMD64"}:
        return False
    BUILT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILT) as folder:
        made = Path(folder) / "loops.so"
        command = [compiler, "-O3", "-shared", "-fPIC", "-o", str(made), str(SOURCE)]
        if subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode:  # noqa: S603 our own file
            return False
        made.replace(_file())
    return True


if __name__ == "__main__":
    build()
