"""Files from the phone that come in pieces, over whatever network there is (G10, reliability test 14).

begin (a row, an empty file) -> receive, receive, ... (each from where the last one ended) -> whole?
whole -> its SHA-256 is what the phone said? -> evidence.expect -> develop -> keep -> the file on its way is gone
A piece that was cut off keeps what came of it; a wrong sum, or a file that nobody may take, is forgotten whole.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from inspection.coordinates import Position
from inspection.errors import InvalidInputError, Kind, NotFoundError, SuichaError, TooLargeError, UnavailableError
from models.field import PendingFile
from models.spool import Incoming, Spool
from models.store import pending as store
from models.store import visits as visit_store
from services.act import Act, House
from services.field import evidence
from services.field.evidence import DigestMismatchError, Upload
from services.field.photos import PhotoLimits, Stamp

KEPT = timedelta(days=7)  # a file that is not finished by then is given up
GRACE = timedelta(days=1)  # for files whose rows are not committed yet
MOST_BYTES = {
    "photo": PhotoLimits().max_bytes,
    "signature": 1 << 20,
    "voice": 20_000_000,
    "video": 200_000_000,
    "file": 50_000_000,
}
MOST_UNFINISHED = 4_000_000_000  # bytes that one member may have announced and not yet sent
CHECKSUMS = ("sha1", "sha256")
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
Pieces = AsyncIterator[bytes]
Opener = Callable[[], AbstractAsyncContextManager[Act]]


class WrongOffsetError(SuichaError):
    """服务器已收到 {size} 字节，与手机要继续的位置不同。"""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code: ClassVar[str] = "upload-offset"
    action: ClassVar[str] = "手机会自动从正确的位置继续，已收到的内容没有变化。"


class ChecksumError(SuichaError):
    """这一段内容在传输中损坏。"""

    code: ClassVar[str] = "upload-checksum"
    action: ClassVar[str] = "手机会自动重新发送这一段，之前收到的内容没有变化。"


class LineCutError(SuichaError):
    """网络中断，这一段没有传完。"""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    code: ClassVar[str] = "upload-cut"
    action: ClassVar[str] = "手机会自动从中断处继续，已收到的内容不会丢失。"


@dataclass(frozen=True, kw_only=True, slots=True)
class Checksum:
    """What a piece must hash to, as its sender said."""

    algorithm: str
    digest: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Doors:
    """The house, and how to open a transaction as the caller: a file comes in over many of them."""

    house: House
    reading: Opener
    writing: Opener


async def begin(doors: Doors, upload: Upload, size: int) -> PendingFile:
    """Begin a file, or find it as far as it has come; one that is whole already is kept at once.

    Raises what `evidence.expect` raises, and TooLargeError.
    """
    async with doors.writing() as act:
        await visit_store.lock(act.db, upload.visit_id)
        found = await evidence.expect(act, upload)
        _refuse_size(upload, size)
        row = await store.of_digest(act.db, act.actor, upload.visit_id, upload.digest)
        if row is None:
            row = await _new(act, upload, size)
        if row.size != size:
            raise InvalidInputError(what="文件大小", why="与先前开始上传时不同。")
        row.expires_at = act.now + KEPT
        if not isinstance(found, Stamp) and row.kept_at is None:  # another phone of the group has sent the same bytes
            row.kept_at = act.now
        await act.db.flush()
        act.db.expunge(row)
    if row.kept_at is None:
        await doors.house.spool.begin(row.id)
        async with doors.house.spool.hold(row.id) as file:
            if file.size == row.size:
                await _keep(doors, row, file)
    return row


async def find(act: Act, visit_id: str, file_id: str) -> PendingFile:
    """One of the actor's files on their way; NotFoundError."""
    row = await store.own(act.db, act.actor, visit_id, file_id, act.now)
    act.db.expunge(row)
    return row


async def offset(spool: Spool, row: PendingFile) -> int:
    """How many bytes of a file have come.

    NotFoundError where all have come and yet it was not kept (the server died between): beginning anew keeps it.
    """
    if row.kept_at is not None:
        return row.size
    size = await spool.size(row.id)
    if size == row.size:
        raise NotFoundError(what="这次上传")
    return size


async def receive(doors: Doors, row: PendingFile, at: int, pieces: Pieces, checksum: Checksum | None = None) -> int:
    """Add what comes behind what has come; returns how much has come now. The last piece makes it evidence.

    Raises WrongOffsetError, ChecksumError, TooLargeError (nothing changed), DigestMismatchError (forgotten), what
    `evidence` raises, and LineCutError, which `pieces` raises (what came is kept).
    """
    if row.kept_at is not None:
        if at != row.size:
            raise WrongOffsetError(size=row.size)
        return row.size
    async with doors.house.spool.hold(row.id) as file:
        if at != file.size:
            raise WrongOffsetError(size=file.size)
        await _append(file, row.size, pieces, checksum)
        if file.size == row.size:
            await _keep(doors, row, file)
        return file.size


async def sweep(act: Act) -> int:
    """Give up what has expired, rows and files; returns how many files."""
    left = set(await store.expire(act.db, act.now))
    return await act.house.spool.sweep((datetime.now(UTC) - GRACE).timestamp(), left)


async def _append(file: Incoming, size: int, pieces: Pieces, checksum: Checksum | None) -> None:
    start, whole = file.size, False
    hasher = hashlib.new(checksum.algorithm, usedforsecurity=False) if checksum else None
    try:
        async for piece in pieces:
            if file.size + len(piece) > size:
                raise TooLargeError(what="这一段内容", limit=f"文件开始上传时说明的 {size} 字节")
            await file.append(piece)
            if hasher is not None:
                hasher.update(piece)
        if checksum and hasher and hasher.digest() != checksum.digest:
            raise ChecksumError
        whole = True
    except LineCutError:
        whole = checksum is None  # what came is good as far as it goes; a sum of the whole piece proves nothing of it
        raise
    except OSError as error:
        raise UnavailableError(what="文件存储") from error
    finally:
        if not whole:
            await file.cut(start)
        await file.settle()


async def _keep(doors: Doors, row: PendingFile, file: Incoming) -> None:
    """Make evidence of a file that is whole; whatever speaks against the file itself forgets it."""
    upload = _upload(row)
    spool = doors.house.spool
    try:
        if await file.digest() != row.digest:
            raise DigestMismatchError
        async with doors.reading() as act:
            expected = await evidence.expect(act, upload)
        developed = None
        if isinstance(expected, Stamp):
            developed = await evidence.develop(doors.house, upload, file.path, expected)
        async with doors.writing() as act:
            if developed is not None:
                await evidence.keep(act, upload, developed)
            kept = await store.own(act.db, act.actor, row.visit_id, row.id, act.now)
            kept.kept_at = act.now
        row.kept_at = kept.kept_at
    except SuichaError as error:
        if error.kind in {Kind.INVALID, Kind.TOO_LARGE}:
            async with doors.writing() as act:
                await store.forget(act.db, row.id)
            await spool.drop(row.id)
        raise
    await spool.drop(row.id)


async def _new(act: Act, upload: Upload, size: int) -> PendingFile:
    if await store.unfinished_bytes(act.db, act.actor, act.now) + size > MOST_UNFINISHED:
        raise TooLargeError(what="尚未传完的文件", limit=f" {MOST_UNFINISHED // 1_000_000} MB")
    place = {} if upload.place is None else {"lat": upload.place.latitude, "lon": upload.place.longitude}
    row = PendingFile(
        visit_id=upload.visit_id,
        member_id=act.actor.member_id,
        digest=upload.digest,
        kind=upload.kind,
        size=size,
        taken_at=upload.taken_at,
        place=place | ({"accuracy_m": upload.accuracy_m} if place else {}),
        expires_at=act.now + KEPT,
    )
    act.db.add(row)
    await act.db.flush()
    return row


def _refuse_size(upload: Upload, size: int) -> None:
    if not _DIGEST.fullmatch(upload.digest):
        raise InvalidInputError(what="文件校验值", why="应当是 64 位小写十六进制数。")
    most = MOST_BYTES[upload.kind]
    if size > most:
        raise TooLargeError(what="文件", limit=f" {most // 1_000_000} MB")
    if size < 1:
        raise InvalidInputError(what="文件", why="是空的。")


def _upload(row: PendingFile) -> Upload:
    place = row.place
    return Upload(
        visit_id=row.visit_id,
        digest=row.digest,
        kind=row.kind,
        taken_at=row.taken_at,
        place=Position(latitude=place["lat"], longitude=place["lon"]) if place else None,
        accuracy_m=place.get("accuracy_m"),
    )
