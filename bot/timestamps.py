"""Asks a timestamp authority for the hour of each announcement (RFC 3161, 3.4: by HTTP); an errand beside the sender.

due -> request over the announcement's SHA-256 -> POST, limits of time and size -> services.drawing.stamps.checked
    -> the answer's bytes kept      whatever goes wrong: again later, for ever; nobody waits for it
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from cryptography.x509 import Certificate

from bot.reactions import back_off
from bot.transport import LostAnswerError, NotSentError, Transport
from models.blobs import Blobs
from models.database import Database
from services.drawing import stamps
from services.drawing.stamps import BadStampError, Due

HTTP_OK = 200
MOST_BYTES = 64 << 10  # an answer with its certificates has a few thousand
QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class AuthoritySettings:
    """An authority: its whole address, and the root certificates its chain must end at (none: not checked here)."""

    url: str
    roots: Sequence[Certificate] = ()
    timeout_s: float = 10.0


class Timestamper:
    """Asks for what is due; several may run, an answer is kept once."""

    def __init__(
        self, *, database: Database, blobs: Blobs, settings: AuthoritySettings, clock: Callable[[], datetime]
    ) -> None:
        """Ask nobody yet."""
        self._database = database
        self._blobs = blobs
        self._settings = settings
        self._clock = clock
        self._transport = Transport(timeout_s=settings.timeout_s)

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.close()

    async def work(self) -> int:
        """Ask for what is due; returns how many announcements were looked at."""
        now = self._clock()
        async with self._database.read() as db:
            some = await stamps.due(db, now)
        for one in some:
            try:
                await self._ask(one)
            except BadStampError as error:
                (why,) = error.args
                log.warning("no timestamp yet", draw=one.draw_id, why=why, attempts=one.attempts + 1)
                async with self._database.write() as db:
                    await stamps.later(db, one, now + back_off(one.attempts + 1), why)
        return len(some)

    async def _ask(self, one: Due) -> None:
        announcement = await self._blobs.get(one.announcement)
        request = await asyncio.to_thread(stamps.request_for, announcement)
        data = await self._post(request.as_bytes())
        stamp = await asyncio.to_thread(stamps.checked, data, request, announcement, self._settings.roots)
        digest = await self._blobs.put(data)
        async with self._database.write() as db:
            await stamps.keep(db, one, self._clock(), digest, stamp)

    async def _post(self, query: bytes) -> bytes:
        headers = {"Content-Type": QUERY, "Accept": REPLY}
        try:
            status, _, data = await self._transport.fetch(
                "POST", self._settings.url, data=query, headers=headers, most_bytes=MOST_BYTES
            )
        except NotSentError:
            raise BadStampError("not-sent") from None
        except LostAnswerError:
            raise BadStampError("lost") from None
        if data is None:
            raise BadStampError("too-large")
        if status != HTTP_OK:
            raise BadStampError("http")
        return data
