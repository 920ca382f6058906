"""The one way that a stored file goes: by its digest, after the commit that says so (services.results.destroyer).

`models.blobs.Blobs`, which everything else is handed, has no such door. To remove what is gone already is harmless.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Protocol

from obstore import exceptions

from models.blobs import Digest, fsync_folder, key_of
from models.bucket import BucketSettings, open_store, told


class Eraser(Protocol):
    """Removes stored files for ever."""

    async def remove(self, digest: Digest) -> None:
        """Remove this content, durably; OSError or UnavailableError where it may still be there."""


class LocalEraser:
    """Of the files in a folder of this machine (`models.blobs.LocalBlobs`)."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def remove(self, digest: Digest) -> None:
        """See `Eraser.remove`; the name is gone, also after a power cut."""
        await asyncio.to_thread(self._remove, self._root / key_of(digest))

    def _remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            fsync_folder(path.parent)


class BucketEraser:
    """Of the objects in a bucket (`models.bucket.BucketBlobs`).

    A versioned bucket keeps what was removed as an older version: its own lifecycle rule must let that go.
    """

    def __init__(self, settings: BucketSettings) -> None:
        self._store = open_store(settings)

    async def remove(self, digest: Digest) -> None:
        """See `Eraser.remove`."""
        with told():
            try:
                await self._store.delete_async(key_of(digest))
            except (FileNotFoundError, exceptions.NotFoundError) as error:
                if "NoSuchBucket" in str(error):
                    raise
