"""Evidence as files: each under the SHA-256 of its bytes, written once, never changed; removed by rule alone.

put: bytes or file -> temporary file -> fsync -> link to aa/bb/<digest> -> fsync the folders -> digest
get: digest -> bytes -> hashed again -> returned, or `DamagedBlobError`

What `put` has answered survives a power cut. A link, unlike a rename, never replaces what already lies there.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import os
import re
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, ClassVar, NewType, Protocol

from inspection.errors import Kind, NotFoundError, SuichaError
from models.bulk import in_bulk

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

Digest = NewType("Digest", str)  # SHA-256, 64 lower-case hexadecimal digits

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_CHUNK_BYTES = 1 << 20
_READ_ONLY = 0o440


class DamagedBlobError(SuichaError):
    """存储的文件已损坏：内容与其校验值 {digest} 不一致。"""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    code: ClassVar[str] = "damaged-blob"
    action: ClassVar[str] = "请立即通知系统管理员从备份恢复；系统不会用其他内容替换原文件。"


class Blobs(Protocol):
    """A write-once store of evidence; there is no way to replace or delete (reliability test 13).

    What is destroyed by rule goes by another door, which nobody is handed but the destroyer (models.erasing).
    """

    async def put(self, source: bytes | Path) -> Digest:
        """Store bytes, or the content of a file, durably; the same content twice is harmless."""

    async def get(self, digest: Digest) -> bytes:
        """Give the whole content; NotFoundError, or DamagedBlobError if it is no longer what was stored."""

    def stream(self, digest: Digest) -> AsyncGenerator[bytes]:
        """Give the content in pieces of 1 MiB; the last piece only once the whole has proved undamaged."""

    async def has(self, digest: Digest) -> bool:
        """Tell whether this content is stored."""


class LocalBlobs:
    """`Blobs` in a folder of this machine; several processes may share it. `models.bucket` is for several machines."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, source: bytes | Path) -> Digest:
        """See `Blobs.put`; OSError (disk full) means that nothing was stored."""
        return await in_bulk(self._put, source)

    async def get(self, digest: Digest) -> bytes:
        """See `Blobs.get`."""
        return await asyncio.to_thread(self._get, digest)

    async def stream(self, digest: Digest) -> AsyncGenerator[bytes]:
        """See `Blobs.stream`."""
        file = await asyncio.to_thread(self._open, digest)
        try:
            hasher, held = hashlib.sha256(), b""
            while piece := await asyncio.to_thread(_read_hashed, file, hasher):
                if held:
                    yield held
                held = piece
            check_digest(hasher.hexdigest(), digest)
            yield held
        finally:
            file.close()

    async def has(self, digest: Digest) -> bool:
        """See `Blobs.has`; what is no digest at all is not stored."""
        return bool(_DIGEST.fullmatch(digest)) and await asyncio.to_thread(self._path(digest).is_file)

    def _path(self, digest: Digest) -> Path:
        return self._root / key_of(digest)

    def _open(self, digest: Digest) -> IO[bytes]:
        try:
            return self._path(digest).open("rb")
        except FileNotFoundError:
            raise NotFoundError(what="文件") from None

    def _get(self, digest: Digest) -> bytes:
        with self._open(digest) as file:
            data = file.read()
        check_digest(hashlib.sha256(data).hexdigest(), digest)
        return data

    def _put(self, source: bytes | Path) -> Digest:
        incoming = self._root / "incoming"
        incoming.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=incoming)
        try:
            with os.fdopen(handle, "wb") as file:
                digest = _copy_hashed(source, file)
                os.fchmod(file.fileno(), _READ_ONLY)
                file.flush()
                os.fsync(file.fileno())
            self._settle(Path(name), digest)
        finally:
            Path(name).unlink()
        return digest

    def _settle(self, temporary: Path, digest: Digest) -> None:
        final = self._path(digest)
        final.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.link(temporary, final)
        # Read back what lies there: an older file under this name may have been damaged since.
        with final.open("rb") as file:
            check_digest(hashlib.file_digest(file, "sha256").hexdigest(), digest)
        # Also when the file was there before: another process may have linked it and not yet come this far.
        for folder in (final.parent, final.parent.parent, self._root):
            fsync_folder(folder)


def key_of(digest: Digest) -> str:
    """Give the name that content is stored under, aa/bb/<digest>; NotFoundError for what is no digest."""
    # The pattern is also the wall against "../": nothing else ever becomes part of a path.
    if not _DIGEST.fullmatch(digest):
        raise NotFoundError(what="文件")
    return f"{digest[:2]}/{digest[2:4]}/{digest}"


def check_digest(found: str, digest: Digest) -> None:
    """Raise DamagedBlobError where content has another hash than its name."""
    if found != digest:
        raise DamagedBlobError(digest=digest)


def _copy_hashed(source: bytes | Path, target: IO[bytes]) -> Digest:
    hasher = hashlib.sha256()
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as reader:
        while piece := _read_hashed(reader, hasher):
            target.write(piece)
    return Digest(hasher.hexdigest())


def _read_hashed(file: IO[bytes], hasher: hashlib._Hash) -> bytes:
    piece = file.read(_CHUNK_BYTES)
    hasher.update(piece)
    return piece


def fsync_folder(folder: Path) -> None:
    """Make what was linked or removed in this folder outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
