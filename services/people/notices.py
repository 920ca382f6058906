"""The outbox's one writer: what is to be told to whom, stored with the act that it tells of.

service -> tell_member | tell_many | tell_owner -> outbox row, in the act's own transaction -> (after commit) bot.sender
chat    -> answer -> the same: an answer is not lost when the process dies between the act and its sending
owner binds a target -> release_held -> the notices kept for that target are on their way

An act that rolls back takes its messages with it; `dedupe_key` makes telling twice harmless (F3, reliability 2.3).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import CursorResult, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.notices import Channel, Notice, NoticeKind, Priority
from inspection.workdays import SHANGHAI
from models.people import OwnerBinding
from models.results import Outbox
from models.store.outbox import AS_TEXT, Claimed, add_many
from models.store.states import insert_ignore
from services.act import Act

MANY = 500  # more letters than this in one act are bulk
_BULK = {Priority.ORDINARY.value: Priority.BULK.value}


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """One notice to one member: `userid` as in WeCom, `subject` what it is about ("visit:ID"), a key for ever."""

    userid: str
    notice: Notice
    department_id: str
    subject: str
    dedupe_key: str
    not_before: datetime | None = None  # None: at once


async def tell_member(
    act: Act, userid: str, notice: Notice, *, department_id: str, subject: str, dedupe_key: str
) -> bool:
    """Tell a member through WeCom (F3); False if the same thing was told before."""
    letter = Letter(userid=userid, notice=notice, department_id=department_id, subject=subject, dedupe_key=dedupe_key)
    return await tell_many(act, [letter]) == 1


async def tell_many(act: Act, letters: Iterable[Letter]) -> int:
    """Tell many members in few statements (a draw's push); return how many of the letters were new.

    Letters that say the same word for word go out as one request; many at once are bulk, which gives way to the rest.
    """
    rows = [_to_member(act.now, letter) for letter in letters]
    if len(rows) > MANY:
        rows = [{**row, "priority": _BULK.get(row["priority"], row["priority"])} for row in rows]
    _join_equal(rows)
    return await add_many(act.db, rows)


async def tell_owner(
    act: Act, target_id: str, notice: Notice, *, department_id: str, dedupe_key: str, visit_id: str
) -> bool:
    """Tell those who read a target's notices through WeChat (F1); False if told before.

    Where nobody has bound the target yet, the row is kept as `held` (see `release_held`).
    """
    owners = await _owners(act.db, target_id)
    common = _row(act.now, notice, dedupe_key=dedupe_key, department_id=department_id, subject=f"visit:{visit_id}")
    common["channel"] = Channel.WECHAT.value
    if not owners:
        return await insert_ignore(act.db, Outbox, **common, recipient=_held_for(target_id), status="held")
    # The first row carries the plain key, so that a notice held before the binding is not told a second time after it.
    if not await insert_ignore(act.db, Outbox, **common, recipient=owners[0]):
        return False
    more = [{**common, "recipient": owner, "dedupe_key": f"{dedupe_key}/{owner}"} for owner in owners[1:]]
    await add_many(act.db, more)
    return True


async def release_held(act: Act, target_id: str, owner_id: str) -> int:
    """Send the notices kept for a target to the owner who has just bound it; return how many."""
    result: CursorResult[Any] = await act.db.execute(  # type: ignore[assignment]
        update(Outbox)
        .where(Outbox.status == "held", Outbox.recipient == _held_for(target_id))
        .values(status="waiting", recipient=owner_id, not_before=act.now)
        .execution_options(synchronize_session=False)
    )
    return result.rowcount


async def answer(
    db: AsyncSession, now: datetime, userid: str, said: Mapping[str, Any], *, department_id: str, key: str
) -> bool:
    """Answer a member in the chat, at any hour; `said` is the answer as `bot.replies` shapes it. False if said before.

    Its number is its moment: WeCom swallows equal words that are said twice within four hours (reliability 2.1).
    """
    moment = f"{now.astimezone(SHANGHAI):%m-%d %H:%M:%S}"
    row = {
        "dedupe_key": f"chat/{key}",
        "document_no": moment,
        "department_id": department_id,
        "channel": Channel.WECOM.value,
        "recipient": userid.lower(),
        "kind": NoticeKind.CHAT_ANSWER.value,
        "subject": "chat",
        "priority": Priority.URGENT.value,
        "content": {"title": "聊天答复", "buttons": [], **said},
        "not_before": now,
        "created_at": now,
    }
    return await insert_ignore(db, Outbox, **row)


async def tell_again_as_text(db: AsyncSession, row: Claimed, now: datetime) -> bool:
    """Give a card that WeCom refused for its form a second life as text: a new row, for no key ever has two bodies."""
    same = ("document_no", "department_id", "channel", "recipient", "kind", "subject", "priority", "content")
    values = {name: getattr(row, name) for name in same}
    return await insert_ignore(
        db, Outbox, **values, dedupe_key=row.dedupe_key + AS_TEXT, not_before=now, created_at=now
    )


def _join_equal(rows: list[dict[str, Any]]) -> None:
    """Mark the rows whose words are the same: one request reaches up to a thousand members (WeCom 90236).

    Not those with buttons: their response_code, with which a card is changed once, would be one for all.
    """
    digests = [sha256(json.dumps(row["content"], sort_keys=True).encode()).hexdigest()[:32] for row in rows]
    known = Counter(digests)
    for row, digest in zip(rows, digests, strict=True):
        row["join_key"] = digest if known[digest] > 1 and not row["content"]["buttons"] else None


def _to_member(now: datetime, letter: Letter) -> dict[str, Any]:
    row = _row(
        now,
        letter.notice,
        dedupe_key=letter.dedupe_key,
        department_id=letter.department_id,
        subject=letter.subject,
    )
    # WeCom answers with ids in lower case; stored so, they compare.
    later = {} if letter.not_before is None else {"not_before": letter.not_before}
    return {**row, **later, "channel": Channel.WECOM.value, "recipient": letter.userid.lower()}


def _row(now: datetime, notice: Notice, *, dedupe_key: str, department_id: str, subject: str) -> dict[str, Any]:
    return {
        "dedupe_key": dedupe_key,
        "document_no": notice.document_no,
        "department_id": department_id,
        "kind": notice.kind.value,
        "subject": subject,
        "priority": _priority(notice).value,
        "content": notice.as_data(),
        "not_before": now,
        "created_at": now,
    }


def _priority(notice: Notice) -> Priority:
    if notice.urgent:
        return Priority.URGENT
    return Priority.DIGEST if notice.kind is NoticeKind.DIGEST else Priority.ORDINARY


def _held_for(target_id: str) -> str:
    return f"target:{target_id}"


async def _owners(db: AsyncSession, target_id: str) -> list[str]:
    query = select(OwnerBinding.owner_id).where(OwnerBinding.target_id == target_id)
    return list(await db.scalars(query.order_by(OwnerBinding.bound_at, OwnerBinding.owner_id)))
