"""The outbox's one reader: claims messages, fixes their bytes, sends them, writes how it ended.

drain: turn (one transaction: settle what came back, claim what is due) -> queue -> POST, many at once -> turn ...
       -> accepted | refused (this recipient) | dead (a person has to look) | waiting (later) | unknown

The bytes are fixed before the first try, and a try whose answer was lost is repeated with the same bytes while WeCom's
duplicate check lasts (4 h). After that nobody knows whether a repeat would be a second notice: `unknown`, for a person.
WeChat and SMS have no such check, so there the first lost answer is `unknown` (reliability 2.1, 2.3). What reached
nobody goes another way in the same transaction (`services.people.fallbacks`).
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from bot.ledger import keep_ledger
from bot.parcels import Packer, Parcel, Quiet, Shape
from bot.reactions import STOPPED_FOR, WINDOW, Failure, Reaction, RetryAfter, Stop, after_refresh, react
from bot.rounds import rounds
from bot.sms import SmsClient
from bot.tokens import Answer
from bot.verdicts import judge
from bot.wechat import WeChatClient
from bot.wecom import WeComClient
from inspection.notices import Channel
from models.database import Database
from models.store import outbox
from models.store.outbox import Ending
from models.store.tallies import Limits
from services.people import fallbacks
from services.people.notices import tell_again_as_text

BATCH = 100
LOW = 50  # fewer requests than this in the queue: time to claim more
MARGIN = timedelta(seconds=2)
TICK_S = 5.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class DrainReport:
    """What became of the messages that were due: numbers of rows; `later` will be tried again."""

    accepted: int = 0
    refused: int = 0
    unknown: int = 0
    dead: int = 0
    later: int = 0
    stopped: str = ""  # why nothing is sent at all, "" if all is well


@dataclass(kw_only=True)
class _Run:
    """One drain under way."""

    queue: deque[Parcel] = field(default_factory=deque)
    back: list[tuple[Parcel, Answer]] = field(default_factory=list)
    in_the_air: int = 0
    moved: asyncio.Event = field(default_factory=asyncio.Event)  # an answer came
    filled: asyncio.Event = field(default_factory=asyncio.Event)  # there is something to post
    counts: Counter[str] = field(default_factory=Counter)
    over: bool = False

    @property
    def is_idle(self) -> bool:
        return not (self.queue or self.in_the_air)


class Sender:
    """Sends what is due. Several may run on one database; a row is claimed by one of them."""

    def __init__(  # noqa: PLR0913 the wiring hands over each part by name
        self,
        *,
        database: Database,
        wecom: WeComClient,
        wechat: WeChatClient,
        clock: Callable[[], datetime],
        origin: str,
        concurrency: int = 16,
        sms: SmsClient | None = None,
        limits: Limits | None = None,
        quiet: Quiet | None = None,
    ) -> None:
        """Send nothing yet; `origin` (https://host) is what links begin with, `quiet` says when only urgent ones go."""
        self._database = database
        self._wecom = wecom
        self._wechat = wechat
        self._sms = sms
        self._clock = clock
        self._concurrency = concurrency
        shape = Shape(
            agent_id=wecom.settings.agent_id,
            origin=origin,
            template=wechat.settings.template_visit,
            sign=sms.settings.sign if sms else "",
        )
        self._packer = Packer(shape, limits or Limits(), quiet, sms=sms is not None)
        self._paused_until: dict[Channel, datetime] = {}
        self._eased_until: datetime | None = None

    async def run(self, stop: asyncio.Event, wake: asyncio.Event) -> None:
        """Send until `stop`; `wake` (set after each commit) says that there may be something, a tick looks anyway."""
        await rounds(lambda: self._round(stop), stop, wake, every_s=TICK_S)

    async def _round(self, stop: asyncio.Event) -> None:
        try:
            await self.drain(stop)
        except Exception as error:  # noqa: BLE001 - a database that is away for a moment must not end all sending
            log.error("sending interrupted", error=type(error).__name__)  # noqa: TRY400 - a trace may hold bodies

    async def drain(self, stop: asyncio.Event | None = None) -> DrainReport:
        """Send until nothing is due (or `stop`: then only what is in the air is awaited); say what became of it."""
        run = _Run()
        for line in (self._wecom.line, self._wechat.line):
            await line.recheck()
        if await self._is_due():
            async with asyncio.TaskGroup() as group:
                for place in range(self._concurrency):
                    group.create_task(self._post_on(run, place))
                try:
                    await self._turns(run, stop)
                finally:
                    run.over = True
                    run.filled.set()
        stopped = self._wecom.line.stopped_why if self._wecom.line.is_stopped else ""
        names = ("accepted", "refused", "unknown", "dead")
        return DrainReport(**{name: run.counts[name] for name in names}, later=run.counts["waiting"], stopped=stopped)

    async def _turns(self, run: _Run, stop: asyncio.Event | None) -> None:
        dry = False  # the last claim found all there was; what came since is found by the turn that settles
        while True:
            stopping = stop is not None and stop.is_set()
            while stopping and run.queue:  # claimed, not tried: back at once instead of after the lease
                run.back.append((run.queue.popleft(), Answer(code=Failure.STOPPED)))
            low = not stopping and len(run.queue) < LOW
            if (low and not dry) or len(run.back) >= BATCH or (run.back and run.is_idle):
                seen = await self._turn(run, wants=low)
                dry = seen < BATCH if low else dry
            elif run.is_idle:
                return
            else:
                run.moved.clear()
                await run.moved.wait()

    async def _turn(self, run: _Run, *, wants: bool) -> int:
        """Settle what came back and claim what is due, in one transaction; return how many rows were seen."""
        back, run.back = run.back, []
        now = self._clock()
        async with self._database.write() as db:
            await self._settle(db, back, now, run.counts)
            seen, parcels = 0, list[Parcel]()
            if wants:
                seen, parcels = await self._packer.claim(db, now, self._open_channels(), BATCH, run.counts)
        run.queue.extend(parcels)
        if parcels:
            run.filled.set()
        return seen

    async def _post_on(self, run: _Run, place: int) -> None:
        while True:
            while not run.queue or place >= self._width():
                if run.over:
                    return
                run.filled.clear()
                await run.filled.wait()
            parcel = run.queue.popleft()
            run.in_the_air += 1
            try:
                answer = await self._post(parcel)
                run.back.append((parcel, answer))  # not in one line: `back` is another list after every turn
            finally:
                run.in_the_air -= 1
                run.moved.set()

    async def _post(self, parcel: Parcel) -> Answer:
        lead = parcel.rows[0]
        # A neighbour ran into a limit, or the queue was so slow that the lease would end before the answer comes.
        timeout = timedelta(seconds=self._wecom.settings.timeout_s) + MARGIN
        if parcel.channel.value not in self._open_channels() or self._clock() + timeout > lead.leased_until:
            return Answer(code=Failure.STOPPED)
        answer = await self._send(parcel)
        reaction = after_refresh(react(answer.code, lead.attempts, parcel.channel), lead.attempts)
        self._heed(reaction, parcel.channel, answer)
        return answer

    def _heed(self, reaction: Reaction, channel: Channel, answer: Answer) -> None:
        """What one answer means for the messages after it."""
        now = self._clock()
        if isinstance(reaction, RetryAfter) and reaction.pause:
            self._paused_until[channel] = now + WINDOW
        elif isinstance(reaction, RetryAfter) and reaction.ease:
            self._eased_until = now + WINDOW
        elif isinstance(reaction, Stop) and reaction.api:
            self._paused_until[channel] = now + STOPPED_FOR
            log.error("messages stopped", channel=channel.value, code=answer.code, why=reaction.why)

    def _width(self) -> int:
        """How many may be in the air: half as many for a while after the vendor said "too many at once" (45033)."""
        eased = self._eased_until is not None and self._clock() < self._eased_until
        return max(1, self._concurrency // 2) if eased else self._concurrency

    async def _send(self, parcel: Parcel) -> Answer:
        if parcel.channel is Channel.WECOM:
            return await self._wecom.send(parcel.body)
        message = json.loads(parcel.body)
        if parcel.channel is Channel.SMS and self._sms is not None:
            return await self._sms.send(parcel.address, message["text"], key=parcel.rows[0].id)
        return await self._wechat.send_subscribe(
            parcel.address, message["template_id"], message["page"], message["data"]
        )

    def _open_channels(self) -> list[str]:
        lines = {Channel.WECOM: self._wecom.line, Channel.WECHAT: self._wechat.line}
        now = self._clock()
        found = [channel for channel, line in lines.items() if not line.is_stopped]
        if self._sms is not None:
            found.append(Channel.SMS)
        return [channel.value for channel in found if self._paused_until.get(channel, now) <= now]

    async def _is_due(self) -> bool:
        async with self._database.read() as db:
            return await outbox.is_due(db, self._clock(), self._open_channels())

    async def _settle(
        self, db: AsyncSession, back: Sequence[tuple[Parcel, Answer]], now: datetime, counts: Counter[str]
    ) -> None:
        endings = [
            Ending(row=row, how=judge(row, answer, parcel.body, now), first_try=parcel.first_try)
            for parcel, answer in back
            for row in parcel.rows
        ]
        written = await outbox.settle(db, endings, now)
        failed = list[fallbacks.Failed]()
        for end in endings:
            if end.row.id not in written:
                log.warning("message overtaken", outbox=end.row.id)
                continue
            counts[end.how.status] += 1
            if end.how.status == "refused" and end.how.error.startswith("form"):
                await tell_again_as_text(db, end.row, now)
            else:
                failed.append((end.row, end.how.status, end.how.error))
        await fallbacks.take_over(db, failed, now, sms=self._sms is not None)
        await keep_ledger(db, [parcel for parcel, _ in back], endings, written, now)
