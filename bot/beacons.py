"""Fetches the announced round of a public source when its hour has come; an errand beside the sender.

due -> GET, limits of time and size -> Round.read, check_signature (this round, its own value, the chain's)
    -> bytes kept, value into the seed
    -> anything else: again in a moment, said on the console; two people may enter it meanwhile
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from bot.transport import LostAnswerError, NotSentError, Transport
from inspection.actors import SYSTEM
from inspection.draw.beacon import BadRoundError
from inspection.errors import SuichaError
from models.database import Database
from models.tasks import Draw
from services.act import Act, House
from services.drawing import beacons, draws
from services.drawing.beacons import Due

HTTP_OK = 200
MOST_BYTES = 64 << 10
AGAIN, SELDOMER = timedelta(seconds=5), timedelta(minutes=1)  # people stand in a room and wait, but not for hours
SOON = 24  # tries at the shorter distance
BY = "beacon"

log = structlog.get_logger(__name__)


class BeaconReader:
    """Fetches what is due; several may run, a value is entered once."""

    def __init__(self, *, database: Database, house: House, timeout_s: float, clock: Callable[[], datetime]) -> None:
        """Fetch nothing yet."""
        self._database = database
        self._house = house
        self._clock = clock
        self._transport = Transport(timeout_s=timeout_s)

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.close()

    async def work(self) -> int:
        """Fetch what is due; returns how many rounds were looked at."""
        now = self._clock()
        async with self._database.read() as db:
            some = await beacons.due(db, now)
        for one in some:
            try:
                await self._one(one)
            except BadRoundError as error:
                (why,) = error.args
                log.warning("no round yet", draw=one.draw_id, round=one.round.round, why=why)
                async with self._database.write() as db:
                    await beacons.later(db, one, now + (AGAIN if one.attempts < SOON else SELDOMER), why)
        return len(some)

    async def _one(self, one: Due) -> None:
        if not one.room_in:
            raise BadRoundError("room-late")
        page = await self._get(one.round.url)
        value = one.round.read(page)
        await asyncio.to_thread(one.round.check_signature, page)
        digest = await self._house.blobs.put(page)
        try:
            async with self._database.write() as db:
                act = Act(db=db, actor=SYSTEM, now=self._clock(), house=self._house)
                if await beacons.fetched(db, one, digest):
                    await draws.put_value(act, await db.get_one(Draw, one.draw_id), one.round.source, value, by=BY)
        except SuichaError as error:  # voided, or entered by people in the same moment: nothing is left to do
            log.info("round not entered", draw=one.draw_id, code=error.code)

    async def _get(self, url: str) -> bytes:
        try:
            status, _, data = await self._transport.fetch("GET", url, most_bytes=MOST_BYTES)
        except NotSentError:
            raise BadRoundError("not-sent") from None
        except LostAnswerError:
            raise BadRoundError("lost") from None
        if data is None:
            raise BadRoundError("too-large")
        if status != HTTP_OK:
            raise BadRoundError("http")
        return data
