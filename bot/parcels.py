"""From due rows to requests: claimed, held against all limits, joined where equal, rendered, their bytes fixed.

Packer.claim, in one transaction: outbox.claim -> room of the corp -> room of each member -> equal ones joined
                                  -> bytes fixed -> [commit by the caller, then POST]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from bot import render
from bot.replies import answer_body
from bot.verdicts import REPEAT_WITHIN
from inspection.notices import Channel, Notice, NoticeKind, Priority
from inspection.workdays import SHANGHAI
from models.store import addresses, outbox, tallies
from models.store.outbox import AS_TEXT, MOST_RECEIVERS, Claimed
from models.store.tallies import Limits
from services.people import fallbacks

PER_MINUTE, PER_HOUR = 30, 1000  # per app and member; WeCom drops the rest in silence (90312)
MINUTE, HOUR = timedelta(seconds=61), timedelta(hours=1, seconds=1)  # a second for two clocks
CROWDED = (0, 30)  # minutes of the hour at which everybody sends: WeCom asks for others (90236)
MANY = 500
UNHURRIED = (Priority.BULK.value, Priority.DIGEST.value)

Quiet = Callable[[AsyncSession, datetime], Awaitable[bool]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Parcel:
    """One request, ready to go: the first row holds its bytes. `first_try`: no earlier try can have been taken."""

    rows: Sequence[Claimed]
    channel: Channel
    body: bytes
    first_try: bool
    address: str = ""  # openid or phone number, never stored beside a message


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """What rendering needs to know: our app, where links lead, the owners' template, an SMS's first word (签名)."""

    agent_id: int
    origin: str
    template: str
    sign: str = ""


@dataclass(kw_only=True)
class _Load:
    """What one claim has come to."""

    now: datetime
    fixed: dict[str, bytes | None] = field(default_factory=dict)
    parcels_of: dict[str, str] = field(default_factory=dict)
    closed: list[tuple[Claimed, str, str]] = field(default_factory=list)
    parcels: list[Parcel] = field(default_factory=list)


class Packer:
    """Claims rows and makes requests of them. `quiet` says when only urgent ones go."""

    def __init__(self, shape: Shape, limits: Limits, quiet: Quiet | None = None, *, sms: bool = False) -> None:
        """Claim nothing yet; `sms`: there is a gateway."""
        self._sms = sms
        self._shape = shape
        self._limits = limits
        self._quiet = quiet

    async def claim(
        self, db: AsyncSession, now: datetime, channels: Sequence[str], limit: int, counts: Counter[str]
    ) -> tuple[int, list[Parcel]]:
        """Claim up to `limit` rows and those that say the same; return how many were due, and the requests.

        Whoever must wait is given back, whoever cannot be sent is closed.
        """
        left = await tallies.room(db, now, self._limits)
        if not (left.calls and left.persons):
            channels = [one for one in channels if one != Channel.WECOM.value]
        limit = min(limit, max(left.calls, 1))
        if not channels:
            return 0, []
        rows = await outbox.claim(db, now, channels=channels, limit=limit, priorities=await self._priorities(db, now))
        if not rows:
            return 0, []
        groups = await self._joined(db, rows, now, left.persons)
        groups = await self._within_limits(db, groups, now, left.persons, counts)
        return len(rows), await self._pack(db, groups, now, counts)

    async def _priorities(self, db: AsyncSession, now: datetime) -> Sequence[int]:
        if self._quiet is not None and await self._quiet(db, now):
            return (Priority.URGENT.value,)
        crowded = now.astimezone(SHANGHAI).minute in CROWDED
        if crowded and await outbox.many_due(db, now, UNHURRIED, MANY):
            return tuple(one.value for one in Priority if one.value not in UNHURRIED)
        return tuple(Priority)

    async def _joined(
        self, db: AsyncSession, rows: Sequence[Claimed], now: datetime, persons: int
    ) -> list[list[Claimed]]:
        """Requests as lists of rows: those sent together before, those that say the same, and single ones."""
        old = {row.id: [row] for row in rows if row.parcel == row.id}
        if old:
            for one in await outbox.followers(db, old, now):
                old[one.parcel or ""].append(one)
        groups = list(old.values())
        fresh = [row for row in rows if row.parcel is None]
        groups.extend([row] for row in fresh if row.join_key is None or row.first_sent_at is not None)
        equal: dict[str, list[Claimed]] = {}
        for row in fresh:
            if row.join_key is not None and row.first_sent_at is None:
                equal.setdefault(row.join_key, []).append(row)
        for some in equal.values():
            more = await outbox.equals(db, some[0], now, max(0, min(MOST_RECEIVERS, persons) - len(some)))
            groups.extend(_together([*some, *more]))
        return groups

    async def _within_limits(
        self, db: AsyncSession, groups: list[list[Claimed]], now: datetime, persons: int, counts: Counter[str]
    ) -> list[list[Claimed]]:
        """Give back what would exceed a member's 30 a minute or 1,000 an hour, or the app's day; return the rest."""
        to_members = [row for group in groups for row in group if row.channel == Channel.WECOM.value]
        if not to_members:
            return groups
        sent = await outbox.sent_since(db, {row.recipient for row in to_members}, now - MINUTE, now - HOUR)
        tally = {recipient: list(found) for recipient, found in sent.items()}
        for row in to_members:  # a row that is tried again was counted; it is counted anew below
            if row.first_sent_at is not None and row.recipient in tally:
                tally[row.recipient] = [max(0, one - 1) for one in tally[row.recipient]]
        kept, late, calls, people = [], list[str](), 0, 0
        for group in groups:
            fits, waits = _split(group, tally)
            if group[0].channel == Channel.WECOM.value and people + len(fits) > persons:
                # Of a new request for many those whom the day still has room for; one whose bytes are fixed goes whole.
                room = 0 if group[0].body is not None else persons - people
                fits, waits = fits[:room], [*fits[room:], *waits]
            late.extend(row.id for row in waits)
            if fits:
                kept.append(fits)
                if fits[0].channel == Channel.WECOM.value:
                    calls, people = calls + 1, people + len(fits)
        if late:
            await outbox.give_back(db, late, now + MINUTE)
            counts["waiting"] += len(late)
        if calls:
            await tallies.count(db, now, calls=calls, persons=people)
        return kept

    async def _pack(
        self, db: AsyncSession, groups: Iterable[list[Claimed]], now: datetime, counts: Counter[str]
    ) -> list[Parcel]:
        load, groups = _Load(now=now), list(groups)
        addresses = await _addresses(db, [group[0] for group in groups])
        for group in groups:
            self._add(load, group, addresses)
        if load.fixed:
            await outbox.fix_bodies(db, load.fixed, load.parcels_of, now)
        for row, status, error in load.closed:
            await outbox.close(db, [row.id], now, status, error)
            counts[status] += 1
        await fallbacks.take_over(db, load.closed, now, sms=self._sms)
        return load.parcels

    def _add(self, load: _Load, group: list[Claimed], addresses: Mapping[str, str]) -> None:
        lead = group[0]
        channel, first_sent = Channel(lead.channel), lead.first_sent_at
        address = addresses.get(lead.id, "")
        if first_sent is not None and load.now - first_sent >= REPEAT_WITHIN[channel]:
            load.closed.extend((row, "unknown", "lost-answer") for row in group)
            return
        if channel is not Channel.WECOM and not address:
            load.closed.append((lead, "refused", "no-openid" if channel is Channel.WECHAT else "no-number"))
            return
        try:
            body = lead.body or self._render(group, channel)
        except (KeyError, TypeError, ValueError) as error:  # one bad row never holds up the others
            load.closed.extend((row, "dead", f"not-renderable {type(error).__name__}") for row in group)
            return
        load.fixed |= {row.id: body if row is lead else None for row in group}
        if len(group) > 1:
            load.parcels_of |= {row.id: lead.id for row in group}
        load.parcels.append(
            Parcel(rows=group, channel=channel, body=body, first_try=first_sent is None, address=address)
        )

    def _render(self, group: Sequence[Claimed], channel: Channel) -> bytes:
        lead, shape = group[0], self._shape
        as_text = lead.wants_text or lead.dedupe_key.endswith(AS_TEXT)
        if lead.kind == NoticeKind.CHAT_ANSWER.value:
            return answer_body(
                lead.content,
                number=lead.document_no,
                row_id=lead.id,
                userid=lead.recipient,
                agent_id=shape.agent_id,
                as_text=as_text,
            )
        notice = Notice.from_data(lead.content)
        if channel is Channel.WECHAT:
            return render.owner_message(notice, template=shape.template)
        if channel is Channel.SMS:
            return render.text_message(notice, sign=shape.sign)
        return render.member_message(
            notice,
            row_id=lead.id,
            userid="|".join(row.recipient for row in group),
            agent_id=shape.agent_id,
            origin=shape.origin,
            as_text=as_text,
        )


def _together(equal: Sequence[Claimed]) -> list[list[Claimed]]:
    """Requests for rows that say the same: cards apart from texts, nobody twice in one request, 1,000 at most."""
    found: list[list[Claimed]] = []
    for row in equal:
        for group in found:
            room = len(group) < MOST_RECEIVERS and group[0].wants_text == row.wants_text
            if room and row.recipient not in {one.recipient for one in group}:
                group.append(row)
                break
        else:
            found.append([row])
    return found


def _split(group: list[Claimed], tally: dict[str, list[int]]) -> tuple[list[Claimed], list[Claimed]]:
    """Who of a request may be written to now, and who not; one whose bytes are fixed goes whole or not at all."""
    if group[0].channel != Channel.WECOM.value:
        return group, []
    fits = [row for row in group if _has_room(tally.get(row.recipient))]
    if len(fits) < len(group) and group[0].body is not None:
        return [], group
    for row in fits:
        found = tally.setdefault(row.recipient, [0, 0])
        found[0], found[1] = found[0] + 1, found[1] + 1
    names = {row.id for row in fits}
    return fits, [row for row in group if row.id not in names]


def _has_room(found: Sequence[int] | None) -> bool:
    return found is None or (found[0] < PER_MINUTE and found[1] < PER_HOUR)


async def _addresses(db: AsyncSession, leads: Sequence[Claimed]) -> dict[str, str]:
    """Row id -> openid or phone number, for the ways that need one."""
    wechat = [row for row in leads if row.channel == Channel.WECHAT.value]
    found: dict[str, str] = {}
    if wechat:
        openids = await addresses.openids(db, {row.recipient for row in wechat})
        found = {row.id: openids.get(row.recipient, "") for row in wechat}
    sms = [row for row in leads if row.channel == Channel.SMS.value]
    if sms:
        numbers = await fallbacks.numbers(db, {row.recipient for row in sms})
        found |= {row.id: numbers.get(row.recipient, "") for row in sms}
    return found
