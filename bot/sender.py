"""The outbox's one reader: claims messages, fixes their bytes, sends them, writes how it ended.

drain: claim -> render and fix the bytes -> commit -> POST (no session open, many at once) -> settle the batch
       -> accepted | refused (this recipient) | dead (a person has to look) | waiting (later) | unknown

The bytes are fixed before the first try, and a try whose answer was lost is repeated with the same bytes while WeCom's
duplicate check lasts (4 h). After that nobody knows whether a repeat would be a second notice: `unknown`, for a person.
WeChat has no such check, so there the first lost answer is `unknown` (reliability 2.1, 2.3).
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from bot import render
from bot.reactions import Failure, GiveUp, Reaction, RetryAfter, Unknown, after_refresh, react
from bot.tokens import Answer
from bot.wechat import WeChatClient
from bot.wecom import WeComClient
from inspection.actors import Actor, DepartmentId, MemberId
from inspection.notices import Channel, Notice
from models.database import Database
from models.results import Outbox
from models.store import audit, outbox
from models.store.outbox import AS_TEXT, Settlement
from services.people.notices import tell_again_as_text

BATCH = 100
# WeCom's 4 h, less what a claim, a slow answer and two clocks may add.
REPEAT_WITHIN = {Channel.WECOM: timedelta(hours=4) - timedelta(minutes=5), Channel.WECHAT: timedelta(0)}
PER_MINUTE, PER_HOUR = 30, 1000  # per app and member; WeCom drops the rest in silence (90312)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TICK_S = 5.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Parcel:
    """A claimed row, ready to go. `first_try`: no earlier try can have been taken."""

    row: Outbox
    channel: Channel
    body: bytes
    first_try: bool
    openid: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class DrainReport:
    """What became of the messages that were due: numbers of rows; `later` will be tried again."""

    accepted: int = 0
    refused: int = 0
    unknown: int = 0
    dead: int = 0
    later: int = 0
    stopped: str = ""  # why nothing is sent at all, "" if all is well


class Sender:
    """Sends what is due. Several may run on one database; a row is claimed by one of them."""

    def __init__(
        self,
        *,
        database: Database,
        wecom: WeComClient,
        wechat: WeChatClient,
        clock: Callable[[], datetime],
        origin: str,
        concurrency: int = 16,
    ) -> None:
        """Send nothing yet; `origin` (https://host) is what links begin with."""
        self._database = database
        self._wecom = wecom
        self._wechat = wechat
        self._clock = clock
        self._origin = origin
        self._slots = asyncio.Semaphore(concurrency)
        self._paused_until: dict[Channel, datetime] = {}

    async def run(self, stop: asyncio.Event, wake: asyncio.Event) -> None:
        """Send until `stop`; `wake` (set after each commit) says that there may be something, a tick looks anyway."""
        while not stop.is_set():
            wake.clear()
            try:
                await self.drain()
            except Exception as error:  # noqa: BLE001 - a database that is away for a moment must not end all sending
                log.error("sending interrupted", error=type(error).__name__)  # noqa: TRY400 - a trace may hold bodies
            with suppress(TimeoutError):
                await asyncio.wait_for(wake.wait(), TICK_S)

    async def drain(self) -> DrainReport:
        """Send until nothing is due; return what became of it."""
        counts: Counter[str] = Counter()
        while await self._is_due():
            parcels = await self._claim(counts)
            answers = await self._post_all(parcels)
            await self._settle(parcels, answers, counts)
        return DrainReport(
            accepted=counts["accepted"],
            refused=counts["refused"],
            unknown=counts["unknown"],
            dead=counts["dead"],
            later=counts["waiting"],
            stopped=self._wecom.line.stopped_why if self._wecom.line.is_stopped else "",
        )

    def _open_channels(self) -> list[str]:
        lines = {Channel.WECOM: self._wecom.line, Channel.WECHAT: self._wechat.line}
        now = self._clock()
        return [
            channel.value
            for channel, line in lines.items()
            if not line.is_stopped and self._paused_until.get(channel, now) <= now
        ]

    async def _is_due(self) -> bool:
        async with self._database.read() as db:
            return await outbox.is_due(db, self._clock(), self._open_channels())

    async def _claim(self, counts: Counter[str]) -> list[Parcel]:
        now = self._clock()
        async with self._database.write() as db:
            rows = await outbox.claim(db, now, channels=self._open_channels(), limit=BATCH)
            with db.no_autoflush:
                text_readers = await outbox.text_readers(db, {row.recipient for row in rows})
                openids = await outbox.openids(db, {row.recipient for row in rows if row.channel == "wechat"})
                allowed = await _within_limits(db, rows, now)
            counts["waiting"] += len(rows) - len(allowed)
            return [
                parcel
                for row in allowed
                if (parcel := self._prepare(db, row, now, text_readers, openids, counts)) is not None
            ]

    def _prepare(
        self,
        db: AsyncSession,
        row: Outbox,
        now: datetime,
        text_readers: frozenset[str],
        openids: Mapping[str, str],
        counts: Counter[str],
    ) -> Parcel | None:
        channel, first_try = Channel(row.channel), row.first_sent_at is None
        if row.first_sent_at is not None and now - row.first_sent_at >= REPEAT_WITHIN[channel]:
            _close(db, row, now, "unknown", "lost-answer")
            counts["unknown"] += 1
            return None
        openid = openids.get(row.recipient, "")
        if channel is Channel.WECHAT and not openid:
            _close(db, row, now, "refused", "no-openid")
            counts["refused"] += 1
            return None
        try:
            body = row.body or self._render(row, channel, as_text=row.recipient in text_readers)
        except (KeyError, TypeError, ValueError) as error:  # one bad row never holds up the others
            _close(db, row, now, "dead", f"not-renderable {type(error).__name__}")
            counts["dead"] += 1
            return None
        outbox.fix_body(row, body, now)
        return Parcel(row=row, channel=channel, body=body, first_try=first_try, openid=openid)

    def _render(self, row: Outbox, channel: Channel, *, as_text: bool) -> bytes:
        notice = Notice.from_data(row.content)
        if channel is Channel.WECHAT:
            return render.owner_message(notice, template=self._wechat.settings.template_visit)
        return render.member_message(
            notice,
            row_id=row.id,
            userid=row.recipient,
            agent_id=self._wecom.settings.agent_id,
            origin=self._origin,
            as_text=as_text or row.dedupe_key.endswith(AS_TEXT),
        )

    async def _post_all(self, parcels: Sequence[Parcel]) -> list[Answer]:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._post(parcel)) for parcel in parcels]
        return [task.result() for task in tasks]

    async def _post(self, parcel: Parcel) -> Answer:
        async with self._slots:
            if parcel.channel.value not in self._open_channels():  # a neighbour in the batch ran into a limit
                return Answer(code=Failure.STOPPED)
            answer = await self._send(parcel)
        reaction = react(answer.code, parcel.row.attempts, parcel.channel)
        if isinstance(reaction, RetryAfter) and reaction.pause:
            self._paused_until[parcel.channel] = self._clock() + reaction.delay
        return answer

    async def _send(self, parcel: Parcel) -> Answer:
        if parcel.channel is Channel.WECOM:
            return await self._wecom.send(parcel.body)
        message = json.loads(parcel.body)
        return await self._wechat.send_subscribe(
            parcel.openid, message["template_id"], message["page"], message["data"]
        )

    async def _settle(self, parcels: Sequence[Parcel], answers: Sequence[Answer], counts: Counter[str]) -> None:
        now = self._clock()
        if not parcels:
            return
        async with self._database.write() as db:
            for parcel, answer in zip(parcels, answers, strict=True):
                end = judge(parcel, answer, now)
                if not await outbox.settle(db, parcel.row, now, end, first_try=parcel.first_try):
                    log.warning("message overtaken", outbox=parcel.row.id)
                    continue
                counts[end.status] += 1
                if end.status in ("dead", "unknown"):
                    _report(db, parcel.row, now, end.status, end.error)
                if end.status == "refused" and end.error.startswith("form"):
                    await tell_again_as_text(db, parcel.row, now)


def judge(parcel: Parcel, answer: Answer, now: datetime) -> Settlement:
    """Turn an answer into the row's next state; success is per recipient, whatever the errcode."""
    row = parcel.row
    if answer.code == 0 and row.recipient in answer.left_out():
        return Settlement(status="refused", not_before=now, error="recipient-left-out")
    if answer.code == 0:
        return Settlement(
            status="accepted",
            not_before=now,
            msgid=_text(answer, "msgid"),
            response_code=_text(answer, "response_code"),
        )
    reaction = after_refresh(react(answer.code, row.attempts, parcel.channel), row.attempts)
    return _settlement(parcel, reaction, answer, now)


def _settlement(parcel: Parcel, reaction: Reaction, answer: Answer, now: datetime) -> Settlement:
    code = answer.code.value if isinstance(answer.code, Failure) else str(answer.code)
    if isinstance(reaction, GiveUp):
        is_card = b'"msgtype":"template_card"' in parcel.body
        if reaction.form and is_card:
            return Settlement(status="refused", not_before=now, error=f"form {code}")
        status = "refused" if reaction.unreachable else "dead"
        return Settlement(status=status, not_before=now, error=f"{reaction.why} {code}")
    if isinstance(reaction, Unknown) and parcel.channel is Channel.WECHAT:
        return Settlement(status="unknown", not_before=now, error=code)
    if isinstance(reaction, Unknown):
        return Settlement(status="waiting", not_before=now + _spread(parcel.row, reaction.delay), error=code)
    delay = _spread(parcel.row, reaction.delay) if isinstance(reaction, RetryAfter) else timedelta(0)
    return Settlement(status="waiting", not_before=now + delay, sent=False, error=code)


async def _within_limits(db: AsyncSession, rows: Sequence[Outbox], now: datetime) -> list[Outbox]:
    """Give back what would exceed a member's 30 a minute or 1,000 an hour; return the rest."""
    sent = await outbox.sent_since(db, {row.recipient for row in rows}, now - MINUTE, now - HOUR)
    tally = {recipient: list(counts) for recipient, counts in sent.items()}
    allowed = []
    for row in rows:
        counts = tally.setdefault(row.recipient, [0, 0])
        if row.channel == Channel.WECOM.value and (counts[0] >= PER_MINUTE or counts[1] >= PER_HOUR):
            outbox.give_back(row, now + MINUTE)
            continue
        counts[0], counts[1] = counts[0] + 1, counts[1] + 1
        allowed.append(row)
    return allowed


def _close(db: AsyncSession, row: Outbox, now: datetime, status: str, error: str) -> None:
    row.status, row.leased_until, row.settled_at, row.last_error = status, None, now, error
    _report(db, row, now, status, error)


def _report(db: AsyncSession, row: Outbox, now: datetime, status: str, error: str) -> None:
    # In the department's own log: it has to find out by another way whether the notice arrived.
    actor = Actor(member_id=MemberId("system"), department_id=DepartmentId(row.department_id), roles=frozenset())
    audit.record(db, actor, now, f"message.{status}", row.subject, outbox=row.id, error=error)
    log.error("message needs a person", outbox=row.id, status=status, error=error)


def _spread(row: Outbox, delay: timedelta) -> timedelta:
    """Up to a quarter more, by the row's random id: those refused together do not come back together."""
    return delay * (1 + int(row.id[-4:], 16) / 0xFFFF / 4)


def _text(answer: Answer, name: str) -> str | None:
    value = answer.data.get(name)
    return str(value) if value else None
