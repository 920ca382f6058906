"""The announced round of a public source (drand): fetched by itself when it is out, else entered by two people (D2).

freeze -> announced (a row) -> (its hour) bot.beacons fetches -> keep: the page's bytes, and the value into the seed
                                  cannot be had -> tried again; meanwhile two people read it off the public page:
                                                   by_hand (one says it) -> by_hand (another says the same) -> the seed
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.draw.announcement import Source, SourceKind
from inspection.draw.beacon import BEACON, OUTCOME_WORDS, Round
from inspection.draw.refusals import SeedValueError
from inspection.draw.seed import clean_value
from inspection.errors import ConflictError
from models.blobs import Digest
from models.draws import DrawBeacon
from models.store import tasks as store
from models.tasks import Draw
from services.act import Act

WAITING, FETCHED, BY_HAND = "waiting", "fetched", "by-hand"


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """A round that is out and not yet fetched."""

    draw_id: str
    round: Round
    attempts: int
    room_in: bool  # whether every value of the room came in before it


def next_round(act: Act, after_minutes: int | None) -> Round:
    """Give the round to announce: so many minutes from now; ConflictError where the office has no public source."""
    beacon = act.house.beacon
    if beacon is None:
        raise ConflictError(what="公开随机源", why="本办公室没有配置可自动获取的公开随机源。")
    return beacon.first_after(act.now + timedelta(minutes=after_minutes or beacon.after_minutes))


def announced(act: Act, draw: Draw, one: Round) -> None:
    """Remember what is to be fetched, and when."""
    act.db.add(DrawBeacon(draw_id=draw.id, round=one.as_data(), not_before=one.moment))


async def refuse_late(act: Act, draw: Draw, source: Source) -> None:
    """Refuse a value of the room once the announced round is out: it would be chosen by who knows the other values."""
    row = await act.db.get(DrawBeacon, draw.id) if source.kind is SourceKind.DICE else None
    if row is not None and act.now >= (out := Round.from_data(row.round)).moment:
        why = f"“{out.source}”公告的那一轮已于 {out.moment:%H:%M:%S} 公布，现场数值须在此之前录入，请作废后重新冻结"
        raise SeedValueError(name=source.name, why=why)


async def by_hand(act: Act, draw: Draw, name: str, value: str) -> str | None:
    """Take the value of the announced round from a person who read it off the public page.

    Gives the value once two people have said the same, None while a second one is needed. A different value takes the
    place of the first, and waits again. SeedValueError before its hour, before a fetch has failed, or from one person.
    """
    row = await act.db.get(DrawBeacon, draw.id, with_for_update=True)
    if row is None or Round.from_data(row.round).source != name:
        return clean_value(name, value)
    if row.status != WAITING or not _by_hand(row):
        raise SeedValueError(name=name, why="由系统按公告的时间自动获取；获取不到时才能人工录入")
    value = clean_value(name, value)
    if row.proposed_by == act.actor.member_id:
        raise SeedValueError(name=name, why="您已录入，须由另一人从公开页面核对后录入同一个值")
    if row.proposed_value == value:
        row.status = BY_HAND
        return value
    row.proposed_value, row.proposed_by = value, act.actor.member_id
    act.record("draw-value-said", f"draw:{draw.id}", source=name, value=value)
    return None


async def due(db: AsyncSession, now: datetime, limit: int = 20) -> list[Due]:
    """The rounds to fetch now, of draws that still wait for their values."""
    query = (
        select(DrawBeacon, Draw)
        .join(Draw, Draw.id == DrawBeacon.draw_id)
        .where(DrawBeacon.status == WAITING, DrawBeacon.not_before <= now, Draw.status == "frozen")
        .order_by(DrawBeacon.not_before, DrawBeacon.draw_id)
        .limit(limit)
    )
    found = []
    for row, draw in (await db.execute(query)).all():
        entered = await store.seed_values(db, draw.id)
        room = {one["name"] for one in draw.sources if one["kind"] == SourceKind.DICE.value}
        one = Round.from_data(row.round)
        found.append(Due(draw_id=draw.id, round=one, attempts=row.attempts, room_in=room <= set(entered)))
    return found


async def later(db: AsyncSession, one: Due, not_before: datetime, outcome: str) -> None:
    """Try again later; `outcome` is a key of `OUTCOME_WORDS`."""
    await _settle(db, one.draw_id, attempts=DrawBeacon.attempts + 1, not_before=not_before, outcome=outcome)


async def fetched(db: AsyncSession, one: Due, digest: Digest) -> bool:
    """Keep the page's digest; False where two people were quicker."""
    return await _settle(db, one.draw_id, status=FETCHED, digest=digest, outcome="")


async def page_of(act: Act, draw: Draw) -> dict[str, bytes]:
    """The page that the value was read from, as a file of the bundle; nothing where people entered it."""
    row = await act.db.get(DrawBeacon, draw.id)
    return {BEACON: await act.house.blobs.get(Digest(row.digest))} if row is not None and row.digest else {}


async def shown(db: AsyncSession, draw_id: str) -> Mapping[str, Any] | None:
    """What the console shows of a draw's round: which, when, how far; None where none was announced."""
    row = await db.get(DrawBeacon, draw_id)
    if row is None:
        return None
    one = Round.from_data(row.round)
    return {
        "source": one.source,
        "round": one.round,
        "at": one.moment,
        "url": one.url,
        "status": row.status,
        "by_hand": row.status == WAITING and _by_hand(row),
        "said": row.proposed_by is not None and row.status == WAITING,
        "trouble": OUTCOME_WORDS.get(row.outcome, ""),
    }


def _by_hand(row: DrawBeacon) -> bool:
    """A fetch has failed, and not because the room was late: then no value of this round may be used at all."""
    return row.attempts > 0 and row.outcome != "room-late"


async def _settle(db: AsyncSession, draw_id: str, **values: Any) -> bool:
    found = await db.scalar(
        update(DrawBeacon)
        .where(DrawBeacon.draw_id == draw_id, DrawBeacon.status == WAITING)
        .values(**values)
        .returning(DrawBeacon.draw_id)
        .execution_options(synchronize_session=False)
    )
    return found is not None
