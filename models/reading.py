"""A register's file, read beside the loop: in a child process where it is large, in a thread where it is small.

Work (this side) <- one line of messages -> serve(): Opened -> Order -> what is known -> Batch, Batch, ... -> Ending
                                            of a kind that is not BATCHED: Opened -> rows, rows, ... -> none
                                                     or a Refusal, at any time

A child, because two threads of one interpreter wait for each other: the lock that reading holds is the lock that every
piece of a COPY needs again (ADR 0007). A child also has a limit of memory: a hostile file takes nobody else with it.
Both ways speak the same messages, so there is one way to read.
"""

from __future__ import annotations

import gc
import hashlib
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from operator import itemgetter
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

from inspection.errors import InvalidInputError, Kind, SuichaError, TooLargeError
from inspection.tables import Header, Reading, Rejected, read_table
from inspection.tables.bulk import Block, Digest, Record, blocks
from inspection.tables.classes import Change, ClassBlock, class_blocks
from inspection.tables.packing import pack
from models.sheets import Position, of_file, open_sheet

BLOCKS_AT_ONCE = 40  # a batch is sorted by code: the larger, the fewer pages of the index are written twice
DIGEST_BYTES = 16
READING = "1"  # goes up when the same cells come to mean something else: every row is then read anew
SHOWN = 200  # targets that a report names of each sort
MEMORY = (
    2 << 30
)  # bytes that a child may take: a sheet as large as Excel's own needs 1.2 GB, a million rows of text 0.3
_TOO_MUCH = {"what": "文件读入时占用的内存", "limit": f"{MEMORY >> 30} GB"}
_COLLECTED = 2_000_000  # objects between two looks of a child's collector: more than two batches, and no row is a cycle
_CODE = itemgetter(0)  # of a record
# Kinds so large that their reader also checks and packs, and what it is told of every target of the register.
BATCHED = {"targets": ("digest", "code"), "credit": ("code", "credit_class")}
_ROWS_AT_ONCE = 1_000


class ReaderLostError(SuichaError):
    """读取文件“{name}”的进程中途停止，没有导入任何内容。"""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    code: ClassVar[str] = "reader-lost"
    action: ClassVar[str] = "请重新导入；再次出现时，请把文件分成几份，并告诉管理员。已有数据没有变化。"


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """What a child found when it opened the file; the header of a BATCHED kind is read where its rows are."""

    position: Position
    header: Header | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What reading needs to know of the house and the database; `kind` is one of BATCHED."""

    kind: str
    key: bytes
    source: str
    for_sqlite: bool


@dataclass(kw_only=True, slots=True)
class Batch:
    """Some thousand rows, read: `new` and `again` as packed rows of the tables `targets` and `incoming`."""

    reached: int = 0  # bytes of the file
    read: int = 0
    unchanged: int = 0
    added: int = 0
    renewed: int = 0
    new: list[bytes] = field(default_factory=list)
    again: list[bytes] = field(default_factory=list)
    shown: list[tuple[str, str]] = field(default_factory=list)  # code and name of new ones
    moved: list[Change] = field(default_factory=list)  # classes that change
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

    name: str
    line: Connection
    child: subprocess.Popen[bytes] | None = None

    def send(self, message: object) -> None:
        """Tell the reader something; ReaderLostError where nobody is there any more."""
        try:
            self.line.send(message)
        except OSError as error:
            raise ReaderLostError(name=self.name) from error

    def receive(self) -> Any:
        """Wait for what the reader says next; its Refusal is raised, and ReaderLostError where it is gone."""
        try:
            got = self.line.recv()
        except (EOFError, OSError) as error:
            raise ReaderLostError(name=self.name) from error
        if isinstance(got, Refusal):
            raise got.error(**got.params)
        return got

    def stop(self) -> None:
        """Make a child end, so that nobody waits on the line any longer."""
        if self.child is not None:
            self.child.kill()

    def close(self) -> None:
        """End it, whether it is done or not; call it when nobody waits on the line any more."""
        self.stop()
        if self.child is not None:
            self.child.wait()
        self.line.close()


def open_table(kind: str, name: str, rows: Generator[list[str], None, None], position: Position) -> Reading[Any]:
    """Read the rows of a file that `open_sheet` has opened as this kind; what it raises names the sheet it is about.

    The rows are closed where it raises.
    """
    try:
        reading = read_table(kind, rows)
    except InvalidInputError as error:
        rows.close()
        raise of_file(name, error, position.notes) from error
    reading.add_days(position.days_later)
    return reading


def in_child(kind: str, name: str, data: bytes | Path) -> tuple[Work, Opened]:
    """Start a process that opens the file and waits for its Order (of other kinds: sends its rows).

    It ends when the line is closed. Blocks until the file is open. Raises what opening it refuses.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        child = subprocess.Popen(  # noqa: S603 ourselves
            [sys.executable, "-c", f"from {__name__} import child; child({theirs.fileno()})"],
            pass_fds=[theirs.fileno()],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
    work = Work(name=name, line=Connection(ours.detach()), child=child)
    try:
        work.send((kind, name, data, MEMORY))
        opened: Opened = work.receive()
    except BaseException:
        work.close()
        raise
    return work, opened


def rows_of(work: Work) -> Generator[list[str], None, None]:
    """The rows of a file that a child has opened, as they come; what the child refuses is raised."""
    while some := work.receive():
        yield from some


def in_thread(name: str, reading: Reading[Any], position: Position) -> Work:
    """Read a table that is open already, in this process."""
    ours, theirs = Pipe()
    Thread(target=serve, args=(theirs, reading, position), daemon=True).start()
    return Work(name=name, line=ours)


def serve(line: Connection, reading: Reading[Any], position: Position) -> None:
    """Take an Order and what is known, send batches; end in silence when the other side is gone."""
    with line, _telling(line):
        order: Order = line.recv()
        batches, done = (_targets if order.kind == "targets" else _classes)(order, _pairs(line), reading), 0
        with _patient_collector():
            for batch in batches:
                if isinstance(batch, Batch):
                    done += batch.read + len(batch.rejected)
                    batch.reached = position.reached(done)[0]
                line.send(batch)


@contextmanager
def _telling(line: Connection) -> Iterator[None]:
    """Send what the reading refuses to the other side; nobody there is no error."""
    try:
        try:
            yield
        except SuichaError as error:
            line.send(Refusal(error=type(error), params=error.params))
        except MemoryError:
            line.send(Refusal(error=TooLargeError, params=_TOO_MUCH))
    except (EOFError, OSError):
        return


def _pairs(line: Connection) -> Iterator[list[str]]:
    """Receive two columns of the whole register, as lines; an empty message ends it."""
    while piece := line.recv():
        for one in piece.split("\n"):
            yield one.split("\t")


def _targets(order: Order, pairs: Iterator[list[str]], reading: Reading[Any]) -> Iterator[Batch | Ending]:
    # Digests as bytes, because a million of them in hex would be 30 MB more.
    known = {bytes.fromhex(digest): code for digest, code in pairs}
    codes, digest = set(known.values()), keyed_digest(order.key, reading.header.cells)
    stream, met = blocks(reading, digest, known), set[str]()
    while some := list(islice(stream, BLOCKS_AT_ONCE)):
        yield _batch(some, codes, met, order)
    yield Ending(unmet=set(known.values()) - met)


def _classes(order: Order, pairs: Iterator[list[str]], reading: Reading[Any]) -> Iterator[Batch | Ending]:
    stream = class_blocks(reading, dict(pairs))
    while some := list(islice(stream, BLOCKS_AT_ONCE)):
        yield _batch_of_classes(some, order)
    yield Ending(unmet=set())


def _batch_of_classes(some: Sequence[ClassBlock], order: Order) -> Batch:
    """Put what changes in the order of its codes."""
    changes = [change for block in some for change in block.changes]
    unchanged = sum(block.unchanged for block in some)
    return Batch(
        read=unchanged + len(changes),
        unchanged=unchanged,
        renewed=len(changes),
        again=pack(sorted((code, new) for code, _, new in changes), order.for_sqlite),
        moved=changes[:SHOWN],
        rejected=[one for block in some for one in block.rejected],
    )


def _batch(some: Sequence[Block], codes: set[str], met: set[str], order: Order) -> Batch:
    """Put what is new in the order of its codes, and what is in the register beside it."""
    batch = Batch()
    new: list[Record] = []
    again: list[Record] = []
    for block in some:
        batch.unchanged += block.unchanged
        batch.rejected += block.rejected
        if codes and not codes.isdisjoint(map(_CODE, block.records)):
            again += [record for record in block.records if record[0] in codes]
            new += [record for record in block.records if record[0] not in codes]
        else:
            new += block.records
        beside = zip(block.records, block.people, strict=False)  # there are no people where the file has no such column
        batch.people += [(record[0] or "", *people) for record, people in beside if any(people)]
    met.update(row[0] or "" for row in again)
    batch.shown = [(record[0] or "", record[3] or "") for record in new[:SHOWN]]
    new.sort(key=_CODE)
    batch.added, batch.renewed = len(new), len(again)
    batch.read = batch.unchanged + len(new) + len(again)
    batch.new, batch.again = pack(_whole(new, order.source), order.for_sqlite), pack(again, order.for_sqlite)
    return batch


def _whole(new: Sequence[Record], source: str) -> list[tuple[str | None, ...]]:
    return [(id_, *record, source) for id_, record in zip(new_ids(len(new)), new, strict=True)]


def new_ids(count: int) -> list[str]:
    """As `base.new_id`, many at a time: one look at the clock, one draw of random bytes."""
    moment, chance = f"{time.time_ns() // 1_000_000:012x}", os.urandom(10 * count).hex()
    return [moment + chance[start : start + 20] for start in range(0, 20 * count, 20)]


def keyed_digest(key: bytes, header: Sequence[str]) -> Digest:
    """Digest rows under the house's key and their header: a telephone number cannot be guessed from such a digest."""
    seed = hashlib.sha256(b"suicha import digest" + key).digest()
    layout = "\x1f".join((READING, *header)).encode("utf-8", "surrogatepass")
    base = hashlib.blake2b(layout, digest_size=DIGEST_BYTES, key=seed)

    def digest(data: bytes) -> bytes:
        one = base.copy()
        one.update(data)
        return one.digest()

    return digest


@contextmanager
def _patient_collector() -> Iterator[None]:
    """Let Python's cycle collector look less often: rows hold no cycles, and its looking costs a fifth of an import."""
    before = gc.get_threshold()
    gc.set_threshold(max(50_000, before[0]), 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def child(descriptor: int) -> None:
    """Read as a process of its own: the kind, the file's name and its data come first, then as `serve`."""
    gc.set_threshold(_COLLECTED)
    line = Connection(descriptor)
    with _telling(line):
        kind, name, data, memory = line.recv()
        _limit_memory(memory)
        position = Position()
        rows = open_sheet(name, data, position)
        if kind in BATCHED:
            reading = open_table(kind, name, rows, position)
            line.send(Opened(position=position, header=reading.header))
            serve(line, reading, position)
        else:
            line.send(Opened(position=position))
            while some := list(islice(rows, _ROWS_AT_ONCE)):
                line.send(some)
            line.send([])


def _limit_memory(more: int) -> None:
    """Refuse this process more than so many bytes beyond what it has: rather one refused file than a dead office."""
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (held + more, held + more))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # it would hold personal data
