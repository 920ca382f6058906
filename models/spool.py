"""Files on their way: each grows piece by piece under its own name, until it is whole and becomes a blob.

begin -> hold (one writer at a time, over all processes) -> append ... settle -> digest -> models.blobs -> drop

What `settle` has answered survives a power cut. A file that nobody finishes is swept away with its row.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from inspection.errors import Kind, NotFoundError, SuichaError
from models.bulk import in_bulk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection

_NAME = re.compile(r"[0-9a-f]{32}", re.ASCII)


class FileBusyError(SuichaError):
    """这个文件正由另一个连接上传。"""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code: ClassVar[str] = "upload-busy"
    action: ClassVar[str] = "请稍候，手机会自动继续；已收到的内容不会丢失。"


class Incoming:
    """One file on its way, held by one writer."""

    def __init__(self, path: Path, handle: int) -> None:
        self.path = path
        self.size = os.fstat(handle).st_size
        self._handle = handle

    async def append(self, piece: bytes) -> None:
        """Add to the end; OSError (disk full) leaves what was there."""
        await in_bulk(self._append, piece)

    async def cut(self, size: int) -> None:
        """Forget what came after the first `size` bytes."""
        await in_bulk(os.ftruncate, self._handle, size)
        self.size = size

    async def settle(self) -> None:
        """Return when what was added is on the disk."""
        await in_bulk(os.fsync, self._handle)

    async def digest(self) -> str:
        """The SHA-256 of all that has come."""
        return await in_bulk(self._digest)

    def _append(self, piece: bytes) -> None:
        left = memoryview(piece)
        while left:
            written = os.pwrite(self._handle, left, self.size)
            self.size += written
            left = left[written:]

    def _digest(self) -> str:
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


class Spool:
    """Files on their way, in a folder that several processes of this machine may share."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def begin(self, name: str) -> None:
        """Make the empty file; what has already come of it stays."""
        await in_bulk(self._begin, name)

    async def size(self, name: str) -> int:
        """How much has come; FileBusyError while somebody adds to it, NotFoundError where there is nothing."""
        async with self.hold(name) as file:
            return file.size

    @asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[Incoming]:
        """Hold a file; FileBusyError while another does, NotFoundError where there is none."""
        handle = await in_bulk(self._lock, name)
        try:
            yield Incoming(self._path(name), handle)
        finally:
            # Said aloud: a child being forked just now holds a copy of the handle, and closing ours would free nothing.
            fcntl.flock(handle, fcntl.LOCK_UN)
            os.close(handle)

    async def drop(self, name: str) -> None:
        """Take a file away; it is no error that it is gone."""
        await in_bulk(self._path(name).unlink, missing_ok=True)

    async def sweep(self, older_than: float, known: Collection[str]) -> int:
        """Take away files without a row that nobody touched since this time (seconds); returns how many."""
        return await in_bulk(self._sweep, older_than, known)

    def _path(self, name: str) -> Path:
        # The pattern is also the wall against "../": nothing else ever becomes part of a path.
        if not _NAME.fullmatch(name):
            raise NotFoundError(what="这次上传")
        return self._root / name

    def _begin(self, name: str) -> None:
        self._root.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            os.close(os.open(self._path(name), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))

    def _lock(self, name: str) -> int:
        try:
            handle = os.open(self._path(name), os.O_WRONLY)
        except FileNotFoundError:
            raise NotFoundError(what="这次上传") from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise FileBusyError from None
        return handle

    def _sweep(self, older_than: float, known: Collection[str]) -> int:
        swept = 0
        for path in self._root.iterdir() if self._root.is_dir() else ():
            if path.name not in known and path.stat().st_mtime < older_than:
                path.unlink(missing_ok=True)
                swept += 1
        return swept
