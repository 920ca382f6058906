"""Access tokens: one fetch for many callers, one refresh for a refused token, and a halt when a person is needed.

Line.say(once) -> [token good? here or in the database] -> once -> answer
                                        40014, 42001 -> one refresh, once more, and then as it is
                                        wrong secret, untrusted IP ... -> stopped: nothing is called for an hour
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import structlog

from bot.reactions import STOPPED_FOR, Failure, RefreshToken, Stop, react
from inspection.notices import Channel
from models.store.tokens import TokenShelf

TOKEN_MARGIN = 0.05  # of its life: renewed while the old one still works
WAIT_S, WAITS = 0.1, 100  # for another process that fetches

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What came back: an errcode (0 is good) or a failure, and the answer's fields."""

    code: int | Failure
    data: Mapping[str, Any] = field(default_factory=dict)

    def left_out(self) -> frozenset[str]:
        """The recipients, in lower case, whom a good answer yet names as not reached (WeCom 90236)."""
        return self._named("invaliduser") | self.unlicensed()

    def unlicensed(self) -> frozenset[str]:
        """Those of them who have no licence for the app; a name may stand in both lists."""
        return self._named("unlicenseduser")

    def _named(self, field_name: str) -> frozenset[str]:
        names = str(self.data.get(field_name) or "").split("|")
        return frozenset(name.strip().lower() for name in names if name.strip())


Once = Callable[[], Awaitable[Answer]]


Fetch = Callable[[], Awaitable[Answer]]  # a good answer holds "access_token" and "expires_in", seconds
TakeToken = Callable[[str], None]


class Line:
    """The line to one vendor. With a `shelf` its token and its stop are shared with all other processes."""

    def __init__(self, channel: Channel, fetch: Fetch, take: TakeToken) -> None:
        """Call nobody yet; `take` hands a token to whoever makes the calls."""
        self._channel = channel
        self._fetch = fetch
        self._take = take
        self._lock = asyncio.Lock()
        self._round = 0
        self._expires_at = 0.0
        self._stopped_until = 0.0
        self._shelf: TokenShelf | None = None
        self._clock: Callable[[], datetime] = _utc_now
        self.stopped_why = ""

    def share(self, shelf: TokenShelf, clock: Callable[[], datetime]) -> None:
        """Share the token with other processes from now on, by the same clock."""
        self._shelf, self._clock = shelf, clock

    @property
    def name(self) -> str:
        """The vendor, in one word."""
        return self._channel.value

    @property
    def is_stopped(self) -> bool:
        """Whether an alarm stands: nothing is called until its hour is over, or `resume`."""
        return time.monotonic() < self._stopped_until

    def resume(self) -> None:
        """Call again: a person has mended the setting (in this process; `TokenShelf.resume` for all)."""
        self._stopped_until, self.stopped_why = 0.0, ""

    async def say(self, once: Once) -> Answer:
        """Make a call that needs a token; `once` is called at most twice."""
        refused_round = 0
        for _ in ("as it stands", "with a fresh token"):
            answer = await self._ready_token(refused_round)
            if answer.code != 0:
                return answer
            refused_round = self._round
            answer = self.heed(await once())
            await self._stop_all(answer)
            if not isinstance(react(answer.code, 1, self._channel), RefreshToken):
                break
        return answer

    def heed(self, answer: Answer) -> Answer:
        """Stop calling if the answer says so; hand the answer on."""
        reaction = react(answer.code, 1, self._channel)
        if isinstance(reaction, Stop) and not reaction.api and answer.code is not Failure.STOPPED:
            self._stop(STOPPED_FOR.total_seconds(), reaction.why)
            log.error("calls stopped", channel=self._channel.value, code=answer.code, why=reaction.why)
        return answer

    async def recheck(self) -> None:
        """Call again where the stop that all processes share is over, or somebody has ended it."""
        if self._shelf is not None and self.is_stopped:
            held = await self._shelf.read()
            if held.stopped_until is None or held.stopped_until <= self._clock():
                self.resume()

    async def _stop_all(self, answer: Answer) -> None:
        reaction = react(answer.code, 1, self._channel)
        if self._shelf is not None and isinstance(reaction, Stop) and not reaction.api:
            await self._shelf.stop(self._clock() + STOPPED_FOR, reaction.why)

    def _stop(self, seconds: float, why: str) -> None:
        self._stopped_until, self.stopped_why = time.monotonic() + seconds, why

    async def _ready_token(self, refused_round: int) -> Answer:
        # Many may find the token gone at once: the first one fetches, the others see that the round has changed, or
        # that the first one ran into a stop.
        if self._is_good(refused_round) and not self.is_stopped:
            return Answer(code=0)
        async with self._lock:
            if self.is_stopped:
                return Answer(code=Failure.STOPPED)
            if self._is_good(refused_round):
                return Answer(code=0)
            answer = await (
                self._fetch_alone() if self._shelf is None else self._fetch_shared(self._shelf, refused_round)
            )
        # The token's answer may be lost; the message itself has certainly not left.
        return Answer(code=Failure.NOT_SENT) if answer.code is Failure.LOST else answer

    def _is_good(self, refused_round: int) -> bool:
        return self._round > refused_round and self._expires_at > time.monotonic()

    async def _fetch_alone(self) -> Answer:
        answer = self.heed(await self._fetch())
        if answer.code == 0:
            self._use(str(answer.data.get("access_token", "")), self._round + 1, _life_s(answer))
        return answer

    async def _fetch_shared(self, shelf: TokenShelf, refused_round: int) -> Answer:
        """Take what another process has fetched, or become the one that fetches; the rest wait for it."""
        for _ in range(WAITS):
            held, now = await shelf.read(), self._clock()
            if held.stopped_until is not None and held.stopped_until > now:
                self._stop((held.stopped_until - now).total_seconds(), held.stopped_why)
                return Answer(code=Failure.STOPPED)
            left_s = (held.expires_at - now).total_seconds() if held.expires_at else 0.0
            if held.token and held.round > refused_round and left_s > 0:
                self._use(held.token, held.round, left_s)
                return Answer(code=0)
            if await shelf.lease(held.round, now):
                return await self._fetch_for_all(shelf, held.round + 1)
            await asyncio.sleep(WAIT_S)
        return Answer(code=Failure.NOT_SENT)

    async def _fetch_for_all(self, shelf: TokenShelf, number: int) -> Answer:
        kept = False
        try:
            answer = self.heed(await self._fetch())
            if answer.code == 0:
                life_s = _life_s(answer)
                token = str(answer.data.get("access_token", ""))
                await shelf.keep(token, self._clock() + timedelta(seconds=life_s))
                self._use(token, number, life_s)
                kept = True
        finally:
            if not kept:
                await shelf.release()
        await self._stop_all(answer)
        return answer

    def _use(self, token: str, number: int, life_s: float) -> None:
        self._take(token)
        self._round, self._expires_at = number, time.monotonic() + life_s


def _life_s(answer: Answer) -> float:
    return float(answer.data.get("expires_in", 0)) * (1 - TOKEN_MARGIN)


def _utc_now() -> datetime:
    return datetime.now(UTC)


def shelf_name(vendor: str, app: str, secret: str) -> str:
    """The name under which processes share a token; another secret is another name."""
    return f"{vendor}/{app}/{sha256(secret.encode()).hexdigest()[:12]}"
