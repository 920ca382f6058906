"""Evidence in an S3-compatible bucket, against moto's server: the promises of the folder, and a server that fails."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import socket
from collections.abc import Iterator
from contextlib import closing

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from obstore.store import S3Store

from inspection.errors import NotFoundError, UnavailableError
from models.blobs import DamagedBlobError, Digest
from models.bucket import BucketBlobs, BucketSettings
from models.erasing import BucketEraser
from tests.s3 import bucket_server, empty, keys_in

ABSENT = Digest("0" * 64)


def settings_of(endpoint: str, bucket: str = "evidence", prefix: str = "office") -> BucketSettings:
    return BucketSettings(
        endpoint=endpoint, bucket=bucket, region="us-east-1", access_key="key", secret_key="secret", prefix=prefix
    )


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with bucket_server() as address:
        yield address


@pytest.fixture
def endpoint(server: str) -> str:
    """A server whose bucket is empty."""
    empty(server)
    return server


@pytest.fixture
def blobs(endpoint: str) -> BucketBlobs:
    return BucketBlobs(settings_of(endpoint))


async def streamed(blobs: BucketBlobs, digest: Digest) -> list[bytes]:
    return [piece async for piece in blobs.stream(digest)]


def by_another_way(endpoint: str) -> S3Store:
    """The bucket as whoever else holds its keys may write it."""
    return S3Store(
        "evidence", endpoint=endpoint, access_key_id="other", secret_access_key="way", region="us-east-1",
        client_options={"allow_http": True},
    )  # fmt: skip


@pytest.mark.parametrize("size", [0, 1, (1 << 20) + 1, 3_500_000])
async def test_what_goes_in_comes_out_under_its_hash(blobs, tmp_path, size):
    """G10: bytes or a file, whole or streamed in pieces, equal to what was stored."""
    data = os.urandom(size)
    file = tmp_path / "video"
    file.write_bytes(data + b"!")
    for source, content in ((data, data), (file, data + b"!")):
        digest = await blobs.put(source)
        assert digest == hashlib.sha256(content).hexdigest()
        assert await blobs.get(digest) == content
        assert b"".join(await streamed(blobs, digest)) == content
        assert await blobs.has(digest)


async def test_twenty_machines_with_one_content_are_one_object_that_is_never_replaced(blobs, endpoint):
    """Reliability tests 12, 13: every PUT is create-only; the name is the digest under the office's prefix."""
    machines = [BucketBlobs(settings_of(endpoint)) for _ in range(20)]
    digests = await asyncio.gather(*(one.put(b"evidence") for one in machines))
    assert len(set(digests)) == 1
    assert keys_in(endpoint) == [f"office/{digests[0][:2]}/{digests[0][2:4]}/{digests[0]}"]
    assert {name for name in dir(BucketBlobs) if not name.startswith("_")} == {"put", "get", "stream", "has"}


@pytest.mark.parametrize("change", [b"evidencE", b"", b"evidence and more"])
async def test_damage_is_found_and_never_handed_out(blobs, endpoint, change):
    """Reliability test 16: an object changed by another way in is named as damaged, read, streamed or stored again."""
    digest = await blobs.put(b"evidence")
    (key,) = keys_in(endpoint)
    other = by_another_way(endpoint)
    await other.put_async(key, change)
    with pytest.raises(DamagedBlobError, match=digest):
        await blobs.get(digest)
    got = []
    with pytest.raises(DamagedBlobError):
        async for piece in blobs.stream(digest):
            got.append(piece)  # noqa: PERF401 - what came before the error counts
    assert got == []
    with pytest.raises(DamagedBlobError):
        await blobs.put(b"evidence")
    assert bytes(await (await other.get_async(key)).bytes_async()) == change


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "ab", "A" * 64, "0" * 63 + "\n", "/" * 64, "../" + "0" * 61])
async def test_only_a_digest_is_ever_a_name(blobs, endpoint, name):
    """Reliability test 20: no name leads out of the prefix; it is simply not found."""
    for call in (blobs.get(Digest(name)), streamed(blobs, Digest(name))):
        with pytest.raises(NotFoundError):
            await call
    assert not await blobs.has(Digest(name))


async def test_what_was_never_stored_is_not_found_and_a_missing_bucket_is_no_empty_one(blobs, endpoint):
    assert not await blobs.has(ABSENT)
    for call in (blobs.get(ABSENT), streamed(blobs, ABSENT)):
        with pytest.raises(NotFoundError, match="没有找到文件"):
            await call
    nowhere = BucketBlobs(settings_of(endpoint, bucket="nowhere"))
    for call in (nowhere.get(ABSENT), nowhere.put(b"evidence")):
        with pytest.raises(UnavailableError, match="没有这个存储桶"):
            await call


async def test_every_put_is_create_only_and_names_what_the_server_shall_receive() -> None:
    """Reliability test 13: If-None-Match, and the SHA-256 of the body for the server to check, signed by our key."""
    seen = []

    async def take(request: web.Request) -> web.Response:
        seen.append((request.method, request.path, dict(request.headers), await request.read()))
        return web.Response(headers={"ETag": '"1"'})

    app = web.Application()
    app.router.add_put("/{path:.*}", take)
    async with TestServer(app) as server:
        digest = await BucketBlobs(settings_of(str(server.make_url("")).rstrip("/"))).put(b"evidence")
    ((method, path, headers, body),) = seen
    assert (method, path, body) == ("PUT", f"/evidence/office/{digest[:2]}/{digest[2:4]}/{digest}", b"evidence")
    lower = {name.lower(): value for name, value in headers.items()}
    assert lower["if-none-match"] == "*"
    assert base64.b64decode(lower["x-amz-checksum-sha256"]).hex() == digest
    assert "Credential=key/" in lower["authorization"]


@pytest.mark.parametrize(("status", "words"), [(403, "密钥被拒绝"), (401, "密钥被拒绝"), (501, "文件存储暂时")])
async def test_a_server_that_refuses_is_one_sentence_without_its_secrets(status: int, words: str) -> None:
    """A refusal is told as such, never taken for "not found" nor for stored, and names no key."""

    async def refuse(_request: web.Request) -> web.Response:
        return web.Response(status=status)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", refuse)
    async with TestServer(app) as server:
        blobs = BucketBlobs(settings_of(str(server.make_url("")).rstrip("/")))
        for call in (blobs.put(b"evidence"), blobs.get(ABSENT), blobs.has(ABSENT), streamed(blobs, ABSENT)):
            with pytest.raises(UnavailableError, match=words) as told:
                await call
            assert "secret" not in told.value.sentence()


async def test_a_moment_of_overload_is_waited_for() -> None:
    """503 twice, then the server takes it: `put` answers once, with what lies there."""
    answers = iter([503, 503, 200])

    async def take(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(status=next(answers), headers={"ETag": '"1"'})

    app = web.Application()
    app.router.add_put("/{path:.*}", take)
    async with TestServer(app) as server:
        blobs = BucketBlobs(settings_of(str(server.make_url("")).rstrip("/")))
        assert await blobs.put(b"evidence") == hashlib.sha256(b"evidence").hexdigest()
    assert next(answers, None) is None


async def test_nobody_there_is_said() -> None:
    """A port where nothing listens: UnavailableError, after the retries."""
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(UnavailableError):
            await BucketBlobs(settings_of(f"http://127.0.0.1:{taken.getsockname()[1]}")).put(b"evidence")


async def test_the_eraser_removes_one_object_and_nothing_else(blobs, endpoint):
    """L1: twice is harmless; a bucket that is not there, or a server that does not answer, is never taken for done."""
    gone, kept = await blobs.put(b"over"), await blobs.put(b"alive")
    eraser = BucketEraser(settings_of(endpoint))
    for _ in range(2):
        await eraser.remove(gone)
    assert not await blobs.has(gone)
    assert await blobs.get(kept) == b"alive"
    with pytest.raises(UnavailableError, match="没有这个存储桶"):
        await BucketEraser(settings_of(endpoint, bucket="nowhere")).remove(kept)
