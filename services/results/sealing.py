"""Sealing: files one by one into a ZIP on disk, a manifest of their SHA-256, an Ed25519 signature over it (L1, L2).

Volume.add(bytes) | copy(blob) -> ZIP, hashed as it goes by -> manifest -> signature -> blob

Nothing is held but the file that is being written: a task's archive may be as large as the disk.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import tempfile
import zipfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models.archives import ArchiveKey
from models.blobs import Blobs, Digest
from models.store import archives as store
from services.act import Act

FORMAT = "suicha-archive/1"
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the same files make the same archive, byte for byte
PACKED = frozenset({"jpg", "png", "mp4", "amr", "pdf"})  # packed already: a second time costs and saves nothing


class Volume:
    """An archive being written; `index` says of every file in it how large it is and what its hash is."""

    def __init__(self, path: Path) -> None:
        """Begin an empty archive in this file."""
        self.path = path
        self.index: dict[str, tuple[int, str]] = {}
        self._zip = zipfile.ZipFile(path, "w", allowZip64=True)

    async def add(self, name: str, data: bytes) -> None:
        """Write a file that is in memory."""
        await asyncio.to_thread(self._zip.writestr, _entry(name), data)
        self.index[name] = (len(data), hashlib.sha256(data).hexdigest())

    async def copy(self, name: str, blobs: Blobs, digest: Digest) -> None:
        """Write a stored file piece by piece; raises what the store raises of a missing or damaged one."""
        size, hasher = 0, hashlib.sha256()
        with self._zip.open(_entry(name), "w", force_zip64=True) as into:
            async for piece in blobs.stream(digest):
                await asyncio.to_thread(into.write, piece)
                hasher.update(piece)
                size += len(piece)
        self.index[name] = (size, hasher.hexdigest())

    async def seal(self, head: Mapping[str, Any], key: ArchiveKey) -> bytes:
        """Write manifest and signature and close the archive; gives the manifest's bytes."""
        files = [{"path": name, "size": size, "sha256": sha} for name, (size, sha) in sorted(self.index.items())]
        manifest = as_json({"format": FORMAT, **head, "key": {"id": key.id, "public": key.public}, "files": files})
        signature = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key.private)).sign(manifest)
        await asyncio.to_thread(self._zip.writestr, _entry(MANIFEST), manifest)
        await asyncio.to_thread(self._zip.writestr, _entry(SIGNATURE), signature.hex().encode())
        await asyncio.to_thread(self._zip.close)
        return manifest

    def drop(self) -> None:
        """Give up what is not sealed."""
        self._zip.close()


@asynccontextmanager
async def volume() -> AsyncIterator[Volume]:
    """Open an archive in a file of its own, gone afterwards: what is to stay is put into the store before."""
    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        made = Volume(Path(file.name))
        try:
            yield made
        finally:
            made.drop()


async def sealing_key(act: Act) -> ArchiveKey:
    """The key that seals; made where there is none."""
    for one in await store.keys(act.db):
        if one.retired_at is None:
            return one
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    row = ArchiveKey(
        id=hashlib.sha256(public).hexdigest()[:16],
        public=public.hex(),
        private=private.private_bytes_raw().hex(),
        made_at=act.now,
    )
    act.db.add(row)
    await act.db.flush()
    act.record("archive-key", f"archive-key:{row.id}", retired=False)
    return row


def as_json(value: Any) -> bytes:
    """A value as the archives write it."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1, default=str).encode()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, ZIP_TIME)
    entry.compress_type = zipfile.ZIP_STORED if name.rpartition(".")[2] in PACKED else zipfile.ZIP_DEFLATED
    return entry
