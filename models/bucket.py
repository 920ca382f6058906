"""Evidence in an S3-compatible bucket, for an office that needs more than one machine (docs/adr/0023).

put: hash -> PUT aa/bb/<digest> If-None-Match: * , with the content's own SHA-256 for the server to check -> digest
     there already? -> read back and hashed, as after every file that was sent from disk
get: digest -> GET -> hashed -> returned, or `DamagedBlobError`

The same promises as `LocalBlobs`, resting on the server's: what it has answered to a PUT is durable, and no PUT of ours
replaces anything. Whoever else holds the bucket's keys could: versioning and object lock are the bucket's to set.
"""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from obstore import exceptions
from obstore.store import S3Store

from inspection.errors import NotFoundError, UnavailableError
from models.blobs import Digest, check_digest, key_of
from models.bulk import in_bulk

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator

_PIECE_BYTES = 1 << 20
_TIMEOUT = timedelta(seconds=30)  # of one request with bytes from memory; 60 MB at 2 MB/s take as long
_LONG = timedelta(minutes=10)  # of one with a file from disk, such as a task's archive, and of reading in pieces
_CONNECT = timedelta(seconds=5)
_RETRIES = 3  # of what the server did not answer, or with 5xx; a repeated PUT of the same content changes nothing
_RETRY_FOR = timedelta(seconds=60)


@dataclass(frozen=True, kw_only=True, slots=True)
class BucketSettings:
    """Where the bucket is (`endpoint` as URL, of the server and not of the bucket) and who may write to it."""

    endpoint: str
    bucket: str
    region: str
    access_key: str
    secret_key: str
    prefix: str = ""


class BucketBlobs:
    """`models.blobs.Blobs` in a bucket; any number of machines may share it.

    Every method raises UnavailableError where the server does not answer in time, refuses us or has no such bucket;
    then nothing was stored, or exactly what was to be stored.
    """

    def __init__(self, settings: BucketSettings) -> None:
        self._store, self._patient = open_store(settings), open_store(settings, _LONG)

    async def put(self, source: bytes | Path) -> Digest:
        """See `Blobs.put`."""
        digest = await in_bulk(_digest_of, source)
        seen = isinstance(source, bytes)  # a file may have been changed between its hashing and its sending
        store = self._store if seen else self._patient
        with told():
            try:
                await store.put_async(key_of(digest), source, mode="create", use_multipart=False)
            except exceptions.AlreadyExistsError:
                seen = False
        if not seen:
            async for _ in self.stream(digest):
                pass
        return digest

    async def get(self, digest: Digest) -> bytes:
        """See `Blobs.get`."""
        with told():
            data = bytes(await (await self._store.get_async(key_of(digest))).bytes_async())
        check_digest(await asyncio.to_thread(_digest_of, data), digest)
        return data

    async def stream(self, digest: Digest) -> AsyncGenerator[bytes]:
        """See `Blobs.stream`."""
        hasher, held = hashlib.sha256(), b""
        with told():
            pieces = (await self._patient.get_async(key_of(digest))).stream(min_chunk_size=_PIECE_BYTES)
            async for some in pieces:
                piece = bytes(some)
                await asyncio.to_thread(hasher.update, piece)
                if held:
                    yield held
                held = piece
        check_digest(hasher.hexdigest(), digest)
        yield held

    async def has(self, digest: Digest) -> bool:
        """See `Blobs.has`; what is no digest at all is not stored."""
        try:
            with told():
                await self._store.head_async(key_of(digest))
        except NotFoundError:
            return False
        return True


def open_store(settings: BucketSettings, timeout: timedelta = _TIMEOUT) -> S3Store:
    """The bucket as the settings name it."""
    return S3Store(
        settings.bucket,
        prefix=settings.prefix or None,
        endpoint=settings.endpoint,
        region=settings.region,
        access_key_id=settings.access_key,
        secret_access_key=settings.secret_key,
        checksum_algorithm="sha256",
        conditional_put="etag",
        client_options={
            "timeout": timeout, "connect_timeout": _CONNECT, "allow_http": settings.endpoint.startswith("http://"),
        },
        retry_config={"max_retries": _RETRIES, "retry_timeout": _RETRY_FOR},
    )  # fmt: skip


@contextmanager
def told() -> Generator[None]:
    """Say what the bucket's server refuses in the house's errors."""
    try:
        yield
    except FileNotFoundError as error:  # obstore raises Python's own for a missing object, and for a missing bucket
        if "NoSuchBucket" in str(error):
            raise UnavailableError(what="文件存储（没有这个存储桶）") from error
        raise NotFoundError(what="文件") from error
    except exceptions.BaseError as error:
        refused = isinstance(error, exceptions.PermissionDeniedError | exceptions.UnauthenticatedError)
        raise UnavailableError(what="文件存储（密钥被拒绝）" if refused else "文件存储") from error


def _digest_of(source: bytes | Path) -> Digest:
    if isinstance(source, bytes):
        return Digest(hashlib.sha256(source).hexdigest())
    with source.open("rb") as file:
        return Digest(hashlib.file_digest(file, "sha256").hexdigest())
