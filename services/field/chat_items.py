"""What inspectors send in the chat goes to the visit in hand (G10): photos, voice, video, files, places.

message -> receive -> one visit in hand | the one of the last half hour | ask which (one card, however many photos)
choice  -> choose -> waiting -> (bot.collector fetches) -> services.field.evidence, as if taken on the page
place   -> arrive -> Arrival (签到): the first one stands
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from inspection.coordinates import Position
from inspection.errors import ConflictError
from models.chat import Arrival, ChatItem
from models.store import chat_items as store
from models.store import visits as visit_store
from models.store.states import insert_ignore
from models.store.visits import OwnVisit
from services.act import Act
from services.people import asking

IN_HAND = timedelta(minutes=30)  # a series of photos goes where its first one went
KINDS = {"image": "photo", "voice": "voice", "video": "video", "file": "file"}
WORDS = {"image": "照片", "voice": "语音", "video": "视频", "file": "文件", "location": "位置"}
PLACE = "location"


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """What became of something sent: the visit it goes to, or those to choose from; neither: there is none to go to."""

    visit: OwnVisit | None = None
    choices: Sequence[OwnVisit] = ()
    asked_before: bool = False


async def receive(act: Act, kind: str, media_id: str) -> Received:
    """Keep what a member sent and find its visit."""
    own = await asking.visits_in_hand(act)
    if not own:
        return Received()
    waiting = await store.asking(act.db, act.actor.member_id)
    asked_before = bool(waiting) and act.now - waiting[-1].received_at < IN_HAND  # later he is asked again
    visit = await _in_hand(act, own)
    act.db.add(
        ChatItem(
            member_id=act.actor.member_id,
            kind=kind,
            media_id=media_id,
            received_at=act.now,
            visit_id=visit.visit.id if visit else None,
            status="waiting" if visit else "asking",
            not_before=act.now,
        )
    )
    await act.db.flush()
    return Received(visit=visit, choices=() if visit else own, asked_before=asked_before)


async def choose(act: Act, visit_id: str) -> tuple[OwnVisit, int]:
    """Give what the member sent and was asked about to this visit of his; returns it and how many things."""
    own = await visit_store.own_visit(act.db, act.actor, visit_id)
    count = await store.give(act.db, act.actor.member_id, visit_id, act.now)
    if not count:
        raise ConflictError(what="发来的内容", why="已经归入检查，或已过期。")
    return own, count


async def place_for(act: Act) -> Received:
    """Find the visit that a place belongs to."""
    own = await asking.visits_in_hand(act)
    visit = await _in_hand(act, own)
    return Received(visit=visit, choices=() if visit else own)


async def arrive(act: Act, visit_id: str, place: Position, label: str) -> tuple[OwnVisit, bool]:
    """Note that the member is there; the first time stands. Returns the visit, and whether this was the first time.

    The place is WeCom's own (GCJ-02 in the mainland), kept as it came.
    """
    own = await visit_store.own_visit(act.db, act.actor, visit_id)
    values: dict[str, Any] = {"lat": place.latitude, "lon": place.longitude, "label": label[:200], "by": "wecom"}
    new = await insert_ignore(
        act.db,
        Arrival,
        visit_id=visit_id,
        member_id=act.actor.member_id,
        department_id=own.member.department_id,
        at=act.now,
        place=values,
    )
    if new:
        act.record("arrive", f"visit:{visit_id}", visit=own.visit.number)
    return own, new


async def _in_hand(act: Act, own: Sequence[OwnVisit]) -> OwnVisit | None:
    if len(own) == 1:
        return own[0]
    last = await store.last_visit(act.db, act.actor.member_id, act.now - IN_HAND)
    return next((one for one in own if one.visit.id == last), None)
