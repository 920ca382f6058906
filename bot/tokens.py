"""Access tokens: one fetch for many callers, one refresh for a refused token, and a halt when a person is needed.

Line.say(once) -> [token good?] -> once -> answer       40014, 42001 -> one refresh, once more, and then as it is
                                        wrong secret, untrusted IP ... -> stopped: nothing is called for an hour
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from bot.reactions import STOPPED_FOR, Failure, RefreshToken, Stop, react
from inspection.notices import Channel

TOKEN_MARGIN = 0.05  # of its life: renewed while the old one still works

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What came back: an errcode (0 is good) or a failure, and the answer's fields."""

    code: int | Failure
    data: Mapping[str, Any] = field(default_factory=dict)

    def left_out(self) -> frozenset[str]:
        """The recipients, in lower case, whom a good answer yet names as not reached (WeCom 90236)."""
        fields = ("invaliduser", "unlicenseduser")
        return frozenset(
            userid.lower() for name in fields for userid in str(self.data.get(name) or "").split("|") if userid
        )


Once = Callable[[], Awaitable[Answer]]


class Line:
    """The line to one vendor. `fetch` gets a token and keeps it; its answer's `expires_in` is in seconds."""

    def __init__(self, channel: Channel, fetch: Once) -> None:
        """Call nobody yet."""
        self._channel = channel
        self._fetch = fetch
        self._lock = asyncio.Lock()
        self._round = 0
        self._expires_at = 0.0
        self._stopped_until = 0.0
        self.stopped_why = ""

    @property
    def is_stopped(self) -> bool:
        """Whether an alarm stands: nothing is called until its hour is over, or `resume`."""
        return time.monotonic() < self._stopped_until

    def resume(self) -> None:
        """Call again: a person has mended the setting."""
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
            if not isinstance(react(answer.code, 1, self._channel), RefreshToken):
                break
        return answer

    def heed(self, answer: Answer) -> Answer:
        """Stop calling if the answer says so; hand the answer on."""
        reaction = react(answer.code, 1, self._channel)
        if isinstance(reaction, Stop) and answer.code is not Failure.STOPPED:
            self._stopped_until, self.stopped_why = time.monotonic() + STOPPED_FOR.total_seconds(), reaction.why
            log.error("calls stopped", channel=self._channel.value, code=answer.code, why=reaction.why)
        return answer

    async def _ready_token(self, refused_round: int) -> Answer:
        # Many may find the token gone at once: the first one fetches, the others see that the round has changed, or
        # that the first one ran into a stop.
        async with self._lock:
            if self.is_stopped:
                return Answer(code=Failure.STOPPED)
            if self._round > refused_round and self._expires_at > time.monotonic():
                return Answer(code=0)
            answer = self.heed(await self._fetch())
            if answer.code == 0:
                self._round += 1
                life_s = float(answer.data.get("expires_in", 0))
                self._expires_at = time.monotonic() + life_s * (1 - TOKEN_MARGIN)
        # The token's answer may be lost; the message itself has certainly not left.
        return Answer(code=Failure.NOT_SENT) if answer.code is Failure.LOST else answer
