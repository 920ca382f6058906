"""What a member sends that is no text: a photo, a voice note, a video, a file, a place.

fields of the push -> services.field.chat_items -> Reply: where it goes, or a card that asks which visit
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from bot.replies import Question, Reply
from inspection.coordinates import Position
from inspection.errors import InvalidInputError
from models.store.visits import OwnVisit
from services.act import Act
from services.field import chat_items
from services.field.chat_items import KINDS, PLACE, WORDS

NOTHING_IN_HAND = "您没有已接受、未提交的检查，{what}没有存入任何检查。先发送“接受”接受任务。"
LABEL = 60


async def receive(kind: str, act: Act, fields: Mapping[str, Any]) -> Reply:
    """A photo, voice note, video or file."""
    what = WORDS[kind]
    media_id = str(fields.get("MediaId") or "")
    if not media_id:
        raise InvalidInputError(what=what, why="没有收到内容，请重新发送。")
    found = await chat_items.receive(act, kind, media_id)
    if found.visit is not None:
        return Reply()  # the receipt follows when it is stored
    if not found.choices:
        return Reply(text=NOTHING_IN_HAND.format(what=what))
    if found.asked_before:
        return Reply()  # one question for a series
    return Reply(question=_which("刚发来的属于哪一户？", "keep", found.choices))


async def place(act: Act, fields: Mapping[str, Any]) -> Reply:
    """A place: the member's arrival at the visit in hand."""
    position, label = _position(fields), str(fields.get("Label") or "")
    found = await chat_items.place_for(act)
    if found.visit is not None:
        return Reply(text=await _arrived(act, found.visit.visit.id, position, label))
    if not found.choices:
        return Reply(text=NOTHING_IN_HAND.format(what="位置"))
    key = f"arrive:{position.latitude}:{position.longitude}"
    return Reply(question=_which("您到了哪一户？", key, found.choices, label))


async def keep(act: Act, visit_id: str) -> Reply:
    """The answer to "which visit": everything sent and not placed yet goes there."""
    own, count = await chat_items.choose(act, visit_id)
    return Reply(word="已归入", text=f"{count} 项归入“{own.target.name}”，正在存入；半小时内再发的也归入这一户。")


async def arrive(act: Act, what: str) -> Reply:
    """The answer to "where are you" ("LAT:LON:VISIT")."""
    latitude, longitude, visit_id = [*what.split(":"), "", ""][:3]
    position = _position({"Location_X": latitude, "Location_Y": longitude})
    return Reply(word="已签到", text=await _arrived(act, visit_id, position, ""))


MESSAGES: dict[str, Callable[[Act, Mapping[str, Any]], Awaitable[Reply]]] = {PLACE: place}


def _of(kind: str) -> Callable[[Act, Mapping[str, Any]], Awaitable[Reply]]:
    async def said(act: Act, fields: Mapping[str, Any]) -> Reply:
        return await receive(kind, act, fields)

    return said


MESSAGES |= {kind: _of(kind) for kind in KINDS}


async def _arrived(act: Act, visit_id: str, position: Position, label: str) -> str:
    own, new = await chat_items.arrive(act, visit_id, position, label)
    place_words = f"，位置：{label[:LABEL]}" if label else ""
    return f"已签到：“{own.target.name}”{place_words}。" if new else f"“{own.target.name}”已签到过，以第一次为准。"


def _which(title: str, action: str, choices: Sequence[OwnVisit], text: str = "") -> Question:
    options = [(one.visit.id, one.target.name) for one in choices]
    return Question(title=title, text=text[:LABEL] or "选择后存入该户的现场证据", action=action, options=options)


def _position(fields: Mapping[str, Any]) -> Position:
    try:
        return Position(latitude=float(fields["Location_X"]), longitude=float(fields["Location_Y"]))
    except (KeyError, TypeError, ValueError):
        raise InvalidInputError(what="位置", why="没有读到坐标，请重新发送。") from None
