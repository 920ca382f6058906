"""Large draws beside the server: scores and tree hashes in one thread or child process a core (D2, D4).

targets.tsv -> one slice of whole lines a core -> fed as it works (that is the progress) -> answers, in order

Where `native` is built, threads hash by the processor's own instructions; else each slice goes to a child.

A child is this very module run by a bare interpreter: it imports `inspection.draw.loops` and nothing else, so it starts
in a blink, on every system alike. It holds one block at a time. A slice whose child fails is worked off here: a draw
does not depend on there being processes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, cast

from inspection.draw.crowd import Group, merge_here
from inspection.draw.lists import Tally
from inspection.draw.loops import BLOCK, SUBTREE, Hit, blocks, columns, score_lines, subtree_roots
from services.drawing.native import load

ROOT = Path(__file__).parents[2]
WORTH_A_CHILD = 2_000_000  # bytes of a slice; less is done here before a child has started
DIGEST_BYTES, COUNT_BYTES = 32, 8
Job = dict[str, Any]  # master, or seed and limits: all in hex
Progress = Callable[[int, int], None]  # bytes of targets.tsv taken so far, and of all
Slice = tuple[int, int]  # from, to: offsets at line starts


class Children:
    """Does the draw's loops for one draw; `progress` is told, from several threads, how far it is."""

    def __init__(self, progress: Progress | None = None, children: int = 0) -> None:
        """Start nothing yet; `children` is one a core where 0."""
        self._progress, self._children = progress, children or os.cpu_count() or 1

    def score(self, seed: str, limits: Mapping[bytes, bytes], targets: bytes) -> list[Hit]:
        """Do `inspection.draw.score.score_here`: the hits in the order of the lines."""
        job: Job = {"seed": seed, "limits": {label.decode(): limit.hex() for label, limit in limits.items()}}
        answers = self._split(job, targets, cut_lines(targets, self._children))
        return [hit for answer in answers for hit in _read_hits(answer)]

    def subtrees(self, master: bytes, targets: bytes) -> list[bytes]:
        """Do `inspection.draw.loops.subtree_roots`: slices end where subtrees end, so the roots simply line up."""
        answers = self._split({"master": master.hex()}, targets, cut_lines(targets, self._children, SUBTREE))
        roots = b"".join(answers)
        return [roots[start : start + DIGEST_BYTES] for start in range(0, len(roots), DIGEST_BYTES)]

    def _split(self, job: Job, targets: bytes, slices: Sequence[Slice]) -> list[bytes]:
        taken = [0] * len(slices)

        def pieces(number: int) -> Iterator[memoryview]:
            start, end = slices[number]
            for offset in range(start, end, BLOCK):
                yield memoryview(targets)[offset : min(offset + BLOCK, end)]
                taken[number] = min(offset + BLOCK, end) - start
                if self._progress:
                    self._progress(sum(taken), len(targets))

        def work(number: int) -> bytes:
            start, end = slices[number]
            answer = _natively(job, pieces(number))
            if answer is None and end - start >= WORTH_A_CHILD:
                answer = _ask_child(job, pieces(number))
            return _do(job, blocks(targets[start:end])) if answer is None else answer

        with ThreadPoolExecutor(max(1, len(slices))) as threads:
            return list(threads.map(work, range(len(slices))))


class EarlyTree:
    """Tree hashes of targets.tsv made beside the reading of the register, while its pages still arrive."""

    def __init__(self, master: bytes, children: Children) -> None:
        """Begin with no lines; `children` do what was not told here."""
        self._master, self._children = master, children
        self._thread = ThreadPoolExecutor(1)
        self._pieces: list[bytes] = []
        self._roots: list[Future[bytes | None]] = []
        self._rest = b""

    def take(self, piece: bytes) -> None:
        """Take the next whole lines of the file; they are hashed in a thread of their own."""
        if (library := load()) is None:
            return
        self._pieces.append(piece)
        self._rest += piece
        cut = _end_of_subtrees(self._rest)
        if cut:
            self._roots.append(self._thread.submit(library.subtree_roots, self._master, self._rest[:cut]))
            self._rest = self._rest[cut:]

    def subtrees(self, master: bytes, targets: bytes) -> list[bytes]:
        """Do `inspection.draw.loops.subtree_roots` of the file that was told, or of any other from the beginning."""
        library = load()
        if library is None or master != self._master or not self._was_told(targets):
            return self._children.subtrees(master, targets)
        answers = [*[one.result() for one in self._roots], library.subtree_roots(master, self._rest)]
        roots = b"".join([one for one in answers if one is not None])
        if None in answers:  # a line that only Python hashes
            return self._children.subtrees(master, targets)
        return [roots[start : start + DIGEST_BYTES] for start in range(0, len(roots), DIGEST_BYTES)]

    def _was_told(self, targets: bytes) -> bool:
        at = 0
        for piece in self._pieces:
            if not targets.startswith(piece, at):
                return False
            at += len(piece)
        return at == len(targets)


def merged(groups: Sequence[Group]) -> bytes:
    """Do `inspection.draw.crowd.merge_here`, by way of `native` where that can."""
    library = load()
    lines = library.merged(groups) if library else None
    return merge_here(groups) if lines is None else lines


def quick_tally(strata: Mapping[str, int], targets: bytes, excluded: bytes) -> Tally | None:
    """Give the tally of a targets.tsv that plainly keeps every rule and has just these strata, None where in doubt."""
    library = load()
    if library is None or not all(label.isascii() and label.isprintable() for label in strata):
        return None
    counts = library.tally(strata, targets, excluded)
    return Tally(count=sum(counts.values()), labels=Counter(counts)) if counts and counts == dict(strata) else None


def _end_of_subtrees(lines: bytes) -> int:
    """Give where the last complete subtree ends."""
    end = len(lines)
    for _ in range(lines.count(b"\n") % SUBTREE):
        end = lines.rfind(b"\n", 0, end - 1) + 1
    return end


def cut_lines(data: bytes, parts: int, every: int = 1) -> list[Slice]:
    """Cut a file into about equal `parts` at line starts, each but the last of a multiple of `every` lines."""
    starts, lines = [0], 0
    for part in range(1, parts):
        middle = max(len(data) * part // parts, starts[-1])
        lines += data.count(b"\n", starts[-1], middle)
        start = data.rfind(b"\n", starts[-1], middle) + 1 or starts[-1]
        while start < len(data) and (lines % every or start == starts[-1]):
            start = data.find(b"\n", start) + 1
            lines += 1
        starts.append(start)
    return [(start, end) for start, end in zip(starts, [*starts[1:], len(data)], strict=True) if start < end]


def _natively(job: Job, pieces: Iterable[memoryview]) -> bytes | None:
    """Give the answer by way of `native`, in this thread and beside all others; None where there is none."""
    library = load()
    if library is None:
        return None
    lines = _whole(pieces)
    if "master" in job:
        return library.subtree_roots(bytes.fromhex(job["master"]), b"".join(lines))
    limits = {label.encode(): bytes.fromhex(limit) for label, limit in job["limits"].items()}
    kept = []
    for block in lines:
        some = library.may_be_under(job["seed"], limits, block)
        if some is None:
            return None
        kept.append(some)
    return _do(job, iter(kept))


def _ask_child(job: Job, pieces: Iterable[memoryview]) -> bytes | None:
    """Give a child's whole answer, or None if it gives none."""
    try:
        # A bare environment: keys given to the server by its environment are not for the child.
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "services.drawing.scoring"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": str(ROOT)},
        )
    except OSError:
        return None
    answer = b""
    with child, suppress(OSError):  # a child that dies early closes its pipe
        _feed(cast("IO[bytes]", child.stdin), job, pieces)
        answer = cast("IO[bytes]", child.stdout).read()
    return answer if child.returncode == 0 else None


def _feed(pipe: IO[bytes], job: Job, pieces: Iterable[memoryview]) -> None:
    with pipe:
        pipe.write(json.dumps(job).encode() + b"\n")
        for piece in pieces:
            pipe.write(piece)


def child_main() -> None:
    """Read a job and then its lines from stdin, write the answer to stdout."""
    job = json.loads(sys.stdin.buffer.readline())
    sys.stdout.buffer.write(_do(job, _whole_lines(sys.stdin.buffer)))


def _whole_lines(pipe: IO[bytes]) -> Iterator[bytes]:
    return _whole(iter(lambda: pipe.read(BLOCK), b""))


def _whole(pieces: Iterable[bytes | memoryview]) -> Iterator[bytes]:
    """Join pieces of any size anew, so that each ends with a line."""
    rest = b""
    for piece in pieces:
        rest += piece
        end = rest.rfind(b"\n") + 1
        yield rest[:end]
        rest = rest[end:]


def _do(job: Job, lines: Iterator[bytes]) -> bytes:
    """Work a slice off, block by block; the answer is subtree roots, or what `_read_hits` reads."""
    if "master" in job:
        return b"".join(subtree_roots(bytes.fromhex(job["master"]), lines))
    limits = {label.encode(): bytes.fromhex(limit) for label, limit in job["limits"].items()}
    hits = [hit for block in lines for hit in score_lines(job["seed"], limits, block)]
    named = b"".join([b"%b\t%d\t%b\n" % hit[1:] for hit in hits])
    return len(hits).to_bytes(COUNT_BYTES, "big") + b"".join([hit[0] for hit in hits]) + named


def _read_hits(answer: bytes) -> Iterator[Hit]:
    end = COUNT_BYTES + DIGEST_BYTES * int.from_bytes(answer[:COUNT_BYTES], "big")
    ids, tickets, strata = columns(answer[end:], 3)
    scores = (answer[start : start + DIGEST_BYTES] for start in range(COUNT_BYTES, end, DIGEST_BYTES))
    return zip(scores, ids, map(int, tickets), strata, strict=True)


if __name__ == "__main__":
    child_main()
