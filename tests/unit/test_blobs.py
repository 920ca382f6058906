"""The evidence store: what is in stays in, unchanged (reliability 3, tests 4 and 13)."""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
from pathlib import Path

import pytest

from inspection.errors import NotFoundError
from models.blobs import DamagedBlobError, Digest, LocalBlobs
from models.erasing import LocalEraser

ABSENT = Digest("0" * 64)


@pytest.fixture
def blobs(tmp_path: Path) -> LocalBlobs:
    return LocalBlobs(tmp_path / "blobs")


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


async def streamed(blobs: LocalBlobs, digest: Digest) -> list[bytes]:
    return [piece async for piece in blobs.stream(digest)]


@pytest.mark.parametrize("size", [0, 1, 1 << 20, (1 << 20) + 1, 3_500_000])
async def test_what_goes_in_comes_out_under_its_hash(blobs, size):
    """G10: bytes, whole or streamed, equal to what was stored."""
    data = os.urandom(size)
    digest = await blobs.put(data)
    assert digest == hashlib.sha256(data).hexdigest()
    assert await blobs.get(digest) == data
    assert b"".join(await streamed(blobs, digest)) == data
    assert await blobs.has(digest)


async def test_a_file_is_copied_and_its_later_changes_do_not_reach_the_store(blobs, tmp_path):
    upload = tmp_path / "upload"
    upload.write_bytes(b"first")
    digest = await blobs.put(upload)
    upload.write_bytes(b"other")
    assert await blobs.get(digest) == b"first"


async def test_the_same_content_from_fifty_at_once_is_one_file(blobs, tmp_path):
    """Reliability test 12: parallel and repeated sends are harmless and leave nothing behind."""
    digests = await asyncio.gather(*(blobs.put(b"evidence") for _ in range(50)))
    assert len(set(digests)) == 1
    assert [path.name for path in files(tmp_path)] == [digests[0]]


async def test_names_are_sharded_and_read_only(blobs, tmp_path):
    digest = await blobs.put(b"evidence")
    (path,) = files(tmp_path)
    assert path == tmp_path / "blobs" / digest[:2] / digest[2:4] / digest
    assert stat.S_IMODE(path.stat().st_mode) == 0o440


@pytest.mark.parametrize("change", [b"evidencE", b"", b"evidence and more"])
async def test_damage_is_found_and_never_handed_out(blobs, tmp_path, change):
    """Reliability test 16: a changed file is named as damaged, read whole, streamed, or stored again."""
    digest = await blobs.put(b"evidence")
    (path,) = files(tmp_path)
    path.chmod(0o640)
    path.write_bytes(change)
    with pytest.raises(DamagedBlobError, match=digest):
        await blobs.get(digest)
    got = []
    with pytest.raises(DamagedBlobError):
        async for piece in blobs.stream(digest):
            got.append(piece)  # noqa: PERF401 - what came before the error counts
    assert got == []
    with pytest.raises(DamagedBlobError):
        await blobs.put(b"evidence")
    assert path.read_bytes() == change


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "", "ab", "A" * 64, "0" * 63 + "\n", "0" * 65, "/" * 64, "٠" * 64, "../" + "0" * 61]
)
async def test_only_a_digest_is_ever_a_name(blobs, tmp_path, name):
    """Reliability test 20: no name leads out of the store; it is simply not found."""
    (tmp_path / "etc").mkdir()
    with pytest.raises(NotFoundError):
        await blobs.get(Digest(name))
    with pytest.raises(NotFoundError):
        await streamed(blobs, Digest(name))
    assert not await blobs.has(Digest(name))


async def test_what_was_never_stored_is_not_found(blobs):
    assert not await blobs.has(ABSENT)
    with pytest.raises(NotFoundError, match="没有找到文件"):
        await blobs.get(ABSENT)
    with pytest.raises(NotFoundError):
        await streamed(blobs, ABSENT)


async def test_content_is_on_disk_before_its_name_and_its_name_before_the_answer(blobs, monkeypatch):
    """Reliability 3: fsync of the file, link, fsync of every folder, in this order, all before `put` returns."""
    seen = []
    fsync, link = os.fsync, os.link

    def seen_fsync(handle):
        seen.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        fsync(handle)

    def seen_link(source, target):
        seen.append("link")
        link(source, target)

    monkeypatch.setattr(os, "fsync", seen_fsync)
    monkeypatch.setattr(os, "link", seen_link)
    await blobs.put(b"evidence")
    assert seen == ["file", "link", "folder", "folder", "folder"]


@pytest.mark.parametrize("call", ["fsync", "link", "fchmod"])
async def test_a_full_disk_stores_nothing_and_says_so(blobs, tmp_path, monkeypatch, call):
    """Reliability test 4: EIO or ENOSPC at any step leaves no half file under a digest, and a retry works."""

    def refuse(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, call, refuse)
        with pytest.raises(OSError, match="No space"):
            await blobs.put(b"evidence")
    assert files(tmp_path) == []
    assert await blobs.get(await blobs.put(b"evidence")) == b"evidence"


def test_there_is_no_way_to_replace_or_delete():
    """Reliability test 13: the store has exactly these doors."""
    doors = {name for name in dir(LocalBlobs) if not name.startswith("_")}
    assert doors == {"put", "get", "stream", "has"}


async def test_the_eraser_removes_one_file_and_nothing_else(blobs, tmp_path):
    """L1: by its digest alone; what is gone, was never there or is no digest changes nothing."""
    gone, kept = await blobs.put(b"over"), await blobs.put(b"alive")
    eraser = LocalEraser(blobs._root)
    for _ in range(2):
        await eraser.remove(gone)
    await eraser.remove(ABSENT)
    for name in ("../" + "0" * 61, "", "/etc/passwd"):
        with pytest.raises(NotFoundError):
            await eraser.remove(name)
    assert not await blobs.has(gone)
    assert await blobs.get(kept) == b"alive"
    assert await blobs.put(b"over") == gone  # the same content may come anew
