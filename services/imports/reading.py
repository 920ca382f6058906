"""A register's file, read beside the loop: in a child process where it is large, in a thread where it is small.

Work (this side) <- one line of messages -> serve(): Order -> known digests -> Batch, Batch, ... -> Ending | Refusal

A child, because two threads of one interpreter wait for each other: the lock that reading holds is the lock that every
piece of a COPY needs again (ADR 0007). Both ways speak the same messages, so there is one way to read.
"""

from __future__ import annotations

import gc
import hashlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from operator import itemgetter
from pathlib import Path
from threading import Thread
from typing import Any

from inspection.errors import SuichaError
from inspection.tables import Reading, Rejected, read_targets
from inspection.tables.bulk import Block, Digest, Record, blocks
from inspection.tables.packing import pack
from models.sheets import Position, open_sheet

BLOCKS_AT_ONCE = 40  # a batch is sorted by code: the larger, the fewer pages of the index are written twice
DIGEST_BYTES = 16
READING = "1"  # goes up when the same cells come to mean something else: every row is then read anew
SHOWN = 200  # targets that a report names of each sort


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What reading needs to know of the house and the database."""

    key: bytes
    source: str
    for_sqlite: bool


@dataclass(kw_only=True, slots=True)
class Batch:
    """Some thousand rows, read: `new` and `again` as packed rows of the tables `targets` and `incoming`."""

    reached: int  # bytes of the file
    read: int = 0
    unchanged: int = 0
    added: int = 0
    renewed: int = 0
    new: list[bytes] = field(default_factory=list)
    again: list[bytes] = field(default_factory=list)
    shown: list[tuple[str, str]] = field(default_factory=list)  # code and name of new ones
    people: list[tuple[str, str | None, str | None]] = field(default_factory=list)  # code, name, telephone
    rejected: list[Rejected] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """The end of the file, and the codes of the register that did not stand in it."""

    unmet: set[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """A SuichaError on its way to the other side (errors do not travel by themselves)."""

    error: type[SuichaError]
    params: dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """A reading under way: its line, and the child where there is one."""

    line: Connection
    child: subprocess.Popen[bytes] | None = None

    def stop(self) -> None:
        """Make a child end, so that nobody waits on the line any longer."""
        if self.child is not None:
            self.child.kill()

    def close(self) -> None:
        """End it, whether it is done or not; call it when nobody waits on the line any more."""
        self.stop()
        self.line.close()
        if self.child is not None:
            self.child.wait()


def in_child(name: str, data: bytes | Path) -> Work:
    """Start a process that opens the file at once and waits for its Order; it ends when the line is closed."""
    ours, theirs = socket.socketpair()
    with theirs:
        child = subprocess.Popen(  # noqa: S603 ourselves
            [sys.executable, "-c", f"from {__name__} import child; child({theirs.fileno()})"],
            pass_fds=[theirs.fileno()],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
    line = Connection(ours.detach())
    line.send((name, data))
    return Work(line=line, child=child)


def in_thread(reading: Reading[Any], position: Position) -> Work:
    """Read a table that is open already, in this process."""
    ours, theirs = Pipe()
    Thread(target=serve, args=(theirs, reading, position), daemon=True).start()
    return Work(line=ours)


def serve(line: Connection, reading: Reading[Any], position: Position) -> None:
    """Take an Order and what is known, send batches; end in silence when the other side is gone."""
    with line:
        try:
            order, known = line.recv(), _known(line)
            with _patient_collector():
                _send(line, order, known, (reading, position))
        except SuichaError as error:
            line.send(Refusal(error=type(error), params=error.params))
        except (EOFError, OSError):
            return


def _known(line: Connection) -> dict[str, str]:
    """Receive digest -> code of the whole register, as lines; an empty message ends it."""
    known: dict[str, str] = {}
    while piece := line.recv():
        known.update(one.split("\t") for one in piece.split("\n"))
    return known


def _send(line: Connection, order: Order, known: dict[str, str], opened: tuple[Reading[Any], Position]) -> None:
    reading, position = opened
    codes, digest = set(known.values()), keyed_digest(order.key, reading.header.cells)
    stream, done, met = blocks(reading, digest, known), 0, set[str]()
    while some := list(islice(stream, BLOCKS_AT_ONCE)):
        batch = _batch(some, codes, met, order)
        done += batch.read
        batch.reached = position.reached(done)[0]
        line.send(batch)
    line.send(Ending(unmet=set(known.values()) - met))


def _batch(some: Sequence[Block], codes: set[str], met: set[str], order: Order) -> Batch:
    """Put what is new in the order of its codes, and what is in the register beside it."""
    batch = Batch(reached=0)
    new: list[tuple[Record, str]] = []
    again: list[tuple[str | None, ...]] = []
    for block in some:
        batch.unchanged += block.unchanged
        batch.rejected += block.rejected
        pairs = list(zip(block.records, block.digests, strict=True))
        if not codes.isdisjoint(map(itemgetter(0), block.records)):
            again += [(*record, digest) for record, digest in pairs if record[0] in codes]
            pairs = [pair for pair in pairs if pair[0][0] not in codes]
        new += pairs
        beside = zip(block.records, block.people, strict=False)  # there are no people where the file has no such column
        batch.people += [(record[0] or "", *people) for record, people in beside if any(people)]
    met.update(row[0] or "" for row in again)
    batch.shown = [(record[0] or "", record[3] or "") for record, _ in new[:SHOWN]]
    new.sort()  # no code comes twice, so nothing behind it is ever compared
    batch.added, batch.renewed = len(new), len(again)
    batch.read = batch.unchanged + len(new) + len(again)
    batch.new, batch.again = pack(_whole(new, order.source), order.for_sqlite), pack(again, order.for_sqlite)
    return batch


def _whole(new: Sequence[tuple[Record, str]], source: str) -> list[tuple[str | None, ...]]:
    ids = new_ids(len(new))
    return [(id_, *record, digest, source) for id_, (record, digest) in zip(ids, new, strict=True)]


def new_ids(count: int) -> list[str]:
    """As `base.new_id`, many at a time: one look at the clock, one draw of random bytes."""
    moment, chance = f"{time.time_ns() // 1_000_000:012x}", os.urandom(10 * count).hex()
    return [moment + chance[start : start + 20] for start in range(0, 20 * count, 20)]


def keyed_digest(key: bytes, header: Sequence[str]) -> Digest:
    """Digest rows under the house's key and their header: a telephone number cannot be guessed from such a digest."""
    seed = hashlib.sha256(b"suicha import digest" + key).digest()
    layout = "\x1f".join((READING, *header)).encode("utf-8", "surrogatepass")
    base = hashlib.blake2b(layout, digest_size=DIGEST_BYTES, key=seed)

    def digest(data: bytes) -> str:
        one = base.copy()
        one.update(data)
        return one.hexdigest()

    return digest


@contextmanager
def _patient_collector() -> Iterator[None]:
    """Let Python's cycle collector look less often: rows hold no cycles, and its looking costs a fifth of an import."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def child(descriptor: int) -> None:
    """Read as a process of its own: the file's name and data come first, then as `serve`."""
    line = Connection(descriptor)
    name, data = line.recv()
    position = Position()
    try:
        reading = read_targets(open_sheet(name, data, position))
    except SuichaError:  # the other side opens the file too, and says so
        return
    serve(line, reading, position)
