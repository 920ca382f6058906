r"""Photos developed beside the server: a few child processes, one photo each at a time (ADR 0004).

`develop` -> a lab thread takes a free child -> bytes or file sent -> answer, or refusal
                                    \-> too slow or dead -> killed, refused; the next photo starts a new child

The event loop only waits. A file is read when its turn comes, so a rush of uploads waits on disk, not in memory.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from queue import LifoQueue
from typing import IO, TYPE_CHECKING, Any, cast

from inspection.coordinates import Position
from inspection.errors import SuichaError, TooLargeError, UnavailableError
from models.blobs import Digest
from services.field.photo_child import read_frame, write_frame
from services.field.photos import Photo, PhotoLimits, PhotoRefusedError, Signature, Stamp

if TYPE_CHECKING:
    from collections.abc import Iterator

_REFUSALS: dict[str, type[SuichaError]] = {kind.code: kind for kind in (PhotoRefusedError, TooLargeError)}
_ROOT = Path(__file__).parents[2]
_BROKEN = (EOFError, OSError, ValueError, RecursionError)  # gone, or answering what is no message
_MAX_STARTS, _START_SECONDS = 2, 30.0
_Message = tuple[dict[str, Any], bytes]


@dataclass(frozen=True, kw_only=True, slots=True)
class LabLimits:
    """What one child may use."""

    memory_bytes: int = 1_200_000_000  # address space for its whole life
    cpu_seconds: int = 10  # for one photo; a 50-megapixel PNG needs about 1
    wall_seconds: float = 60.0  # for one photo once a child has it (which lets others go first), waiting not counted


class PhotoLab:
    """Develops photos and checks signatures in children. `close` ends them; so does the death of the server."""

    def __init__(
        self, font: Path, *, children: int = 0, photo: PhotoLimits | None = None, lab: LabLimits | None = None
    ) -> None:
        """Start nothing yet: a child starts with its first photo. `children` is one a core where 0."""
        count = children or os.cpu_count() or 1
        limits = lab or LabLimits()
        self._font, self._limits = font, photo or PhotoLimits()
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="photo-lab")
        self._children = [_Child(limits) for _ in range(count)]
        self._free: LifoQueue[_Child] = LifoQueue()  # the warm child first; a quiet server starts only one
        for child in self._children:
            self._free.put(child)

    async def develop(self, original: bytes | Path, stamp: Stamp) -> Photo:
        """Do `services.field.photos.develop` in a child.

        Raises what it raises, and UnavailableError where no child can be started. Of a file, the caller promises that
        nobody changes it meanwhile (`models.blobs`).
        """
        request = {
            "stamp": asdict(stamp) | {"at": stamp.at.isoformat()},
            "limits": asdict(self._limits),
            "font": str(self._font),
        }
        header, images = await self._run(request, original, self._limits.max_bytes)
        with _answer_read():
            return _photo(header["facts"], images, int(header["display_bytes"]))

    async def check_signature(self, png: bytes) -> Signature:
        """Do `services.field.photos.check_signature_png` in a child; raises what it raises, and UnavailableError."""
        header, image = await self._run({"stamp": None}, png, self._limits.max_bytes)
        with _answer_read():
            facts = header["facts"]
            return Signature(
                sha256=Digest(facts["sha256"]), width=int(facts["width"]), height=int(facts["height"]), display=image
            )

    async def close(self) -> None:
        """Kill the children and wait until they are gone; photos on the way raise, none is half stored."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for child in self._children:
            child.retire()
        await asyncio.to_thread(self._threads.shutdown)
        for child in self._children:
            child.end()

    async def _run(self, request: dict[str, Any], original: bytes | Path, max_bytes: int) -> _Message:
        loop = asyncio.get_running_loop()
        header, body = await loop.run_in_executor(self._threads, self._exchange, request, original, max_bytes)
        if "failed" in header:
            raise UnavailableError(what="照片处理")
        if "refused" in header:
            with _answer_read():
                refusal = _REFUSALS[header["refused"]](**header["params"])
            raise refusal
        return header, body

    def _exchange(self, request: dict[str, Any], original: bytes | Path, max_bytes: int) -> _Message:
        data = original if isinstance(original, bytes) else _read(original, max_bytes)
        child = self._free.get()
        try:
            return child.exchange(request, data)
        finally:
            self._free.put(child)


class _Child:
    """One child process, started when needed; used by one lab thread at a time, `retire` by any."""

    def __init__(self, limits: LabLimits) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._retired = False
        self._starting = threading.Lock()

    def exchange(self, request: dict[str, Any], data: bytes) -> _Message:
        """Ask and wait for the answer; PhotoRefusedError where the photo is too slow or kills the child twice."""
        # Once more with a fresh child: the first may have died for another's sake (the kernel short of memory).
        for _ in range(_MAX_STARTS):
            process = self._started()
            with self._watched(process, self._limits.wall_seconds) as too_slow:
                try:
                    write_frame(_pipe(process.stdin), request | {"cpu_seconds": self._limits.cpu_seconds}, data)
                    return read_frame(_pipe(process.stdout))
                except _BROKEN:
                    self.end()
            if too_slow.is_set() or process.returncode == -signal.SIGXCPU:
                raise PhotoRefusedError(why="处理时间超过上限，文件可能异常。")
        raise PhotoRefusedError(why="文件无法解码。")

    def retire(self) -> None:
        """Start no more; kill what runs, which wakes the thread that waits for it."""
        with self._starting:
            self._retired = True
            process = self._process
        if process:
            process.kill()

    def end(self) -> None:
        """Kill the process, if any, and wait for it."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):  # what was not yet written goes nowhere
                _pipe(pipe).close()

    def _started(self) -> subprocess.Popen[bytes]:
        try:
            with self._starting:
                if self._retired:
                    raise UnavailableError(what="照片处理")
                if self._process and self._process.poll() is None:
                    return self._process
                self.end()
                process = self._process = self._spawn()
            with self._watched(process, _START_SECONDS):
                read_frame(_pipe(process.stdout))
        except _BROKEN as error:
            self.end()
            raise UnavailableError(what="照片处理") from error
        return process

    def _spawn(self) -> subprocess.Popen[bytes]:
        # A bare environment: keys and passwords given to the server by its environment are not for the child. Its own
        # session: Ctrl-C ends the server, which ends the children in order.
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module, nothing from outside
            [sys.executable, "-P", "-B", "-m", "services.field.photo_child", str(self._limits.memory_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": str(_ROOT)},
            start_new_session=True,
        )

    @contextmanager
    def _watched(self, process: subprocess.Popen[bytes], seconds: float) -> Iterator[threading.Event]:
        too_slow = threading.Event()

        def stop() -> None:
            too_slow.set()
            process.kill()

        timer = threading.Timer(seconds, stop)
        timer.start()
        try:
            yield too_slow
        finally:
            timer.cancel()


@contextmanager
def _answer_read() -> Iterator[None]:
    """Judge an answer of the wrong shape like a dead child: a photo may have taken the child over."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, SuichaError):
        raise PhotoRefusedError(why="文件无法解码。") from None


def _photo(facts: dict[str, Any], images: bytes, display_bytes: int) -> Photo:
    taken_at, place = facts["taken_at"], facts["position"]
    return Photo(
        sha256=Digest(facts["sha256"]),
        media_type=str(facts["media_type"]),
        width=int(facts["width"]),
        height=int(facts["height"]),
        taken_at=datetime.fromisoformat(taken_at) if taken_at else None,
        position=Position(latitude=float(place["latitude"]), longitude=float(place["longitude"])) if place else None,
        display=images[:display_bytes],
        thumb=images[display_bytes:],
    )


def _read(path: Path, max_bytes: int) -> bytes:
    """Read one byte more than is taken, so that too large is seen without reading all of it."""
    with path.open("rb") as file:
        return file.read(max_bytes + 1)


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    return cast("IO[bytes]", pipe)
