"""Temporary media: three days on the shelf.

media/upload -> kind and size right? -> media_id ; media/get -> bytes, or 40007 once three days have passed

Source: developer.work.weixin.qq.com 90253 (the newer sizes).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.sandbox.errors import RefusedError

LIFE = timedelta(days=3)
SMALLEST = 6  # "more than 5 bytes"
MEGABYTE = 2**20
MOST_BYTES = {"image": 10 * MEGABYTE, "voice": 2 * MEGABYTE, "video": 10 * MEGABYTE, "file": 20 * MEGABYTE}
HEADS = {"image": (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"), "voice": (b"#!AMR",)}

BAD_KIND = 40004
BAD_FORMAT = 40005
BAD_SIZE = 40006
BAD_MEDIA_ID = 40007


@dataclass(frozen=True, kw_only=True, slots=True)
class Media:
    """One stored file."""

    id: str
    kind: str
    filename: str
    data: bytes
    created_at: datetime


class MediaShelf:
    """Keeps uploaded files until they expire."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._shelf: dict[str, Media] = {}

    def put(self, kind: str, filename: str, data: bytes) -> Media:
        """Store a file; refuses wrong kinds, sizes and formats."""
        if kind not in MOST_BYTES:
            raise RefusedError(BAD_KIND, "invalid media type")
        if not SMALLEST <= len(data) <= MOST_BYTES[kind]:
            raise RefusedError(BAD_SIZE, "invalid media size")
        if kind in HEADS and not data.startswith(HEADS[kind]):
            raise RefusedError(BAD_FORMAT, "invalid file format")
        media = Media(id=secrets.token_urlsafe(24), kind=kind, filename=filename, data=data, created_at=self._now())
        self._shelf[media.id] = media
        return media

    def get(self, media_id: str) -> Media:
        """Return a stored file; 40007 when unknown or older than three days."""
        media = self._shelf.get(media_id)
        if media is None or self._now() - media.created_at >= LIFE:
            raise RefusedError(BAD_MEDIA_ID, "invalid media_id")
        return media
