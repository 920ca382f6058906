"""Cards already out that are to be changed: asked for with an act, done once after it, given up when it is too late.

act -> ask (one row a card, the first word stands) -> due -> settle -> done | given-up, or waiting for a later try
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.notices import NoticeKind
from models.chat import CardChange
from models.results import Outbox
from models.store.states import insert_ignore

WECOM = "wecom"
LOOKED_AT = 20  # answers back: a question is not buried under more
NEVER_OUT = ("refused", "dead", "withdrawn", "held")


async def cards_of(db: AsyncSession, *where: ColumnElement[bool]) -> Sequence[Outbox]:
    """The members' messages that these conditions find, but for those that never went out."""
    query = select(Outbox).where(Outbox.channel == WECOM, Outbox.status.not_in(NEVER_OUT), *where)
    return (await db.scalars(query)).all()


async def ask(db: AsyncSession, outbox_id: str, kind: str, word: str, now: datetime) -> bool:
    """Ask for a change; a card that is to be taken back is taken back, whatever was to stand on it before."""
    values = {"kind": kind, "word": word, "asked_at": now, "not_before": now}
    if await insert_ignore(db, CardChange, outbox_id=outbox_id, status="waiting", attempts=0, outcome="", **values):
        return True
    if kind != "recall":
        return False
    await db.execute(
        update(CardChange)
        .where(CardChange.outbox_id == outbox_id, CardChange.kind != kind)
        .values(status="waiting", attempts=0, **values)
        .execution_options(synchronize_session=False)
    )
    return True


async def is_ours(db: AsyncSession, outbox_id: str) -> bool:
    """Tell whether a card of this id went out from here."""
    return bool(outbox_id) and await db.scalar(select(Outbox.id).where(Outbox.id == outbox_id)) is not None


async def question_to(db: AsyncSession, userid: str, since: datetime) -> Outbox | None:
    """The newest question that the app asked this member in the chat since then, as a card or in words."""
    query = (
        select(Outbox)
        .where(Outbox.recipient == userid, Outbox.kind == NoticeKind.CHAT_ANSWER.value, Outbox.created_at >= since)
        .where(Outbox.status.not_in(NEVER_OUT))
        .order_by(Outbox.id.desc())
        .limit(LOOKED_AT)
    )
    return next((row for row in await db.scalars(query) if "question" in row.content), None)


async def done(db: AsyncSession, outbox_id: str) -> None:
    """Note that a card shows its word already."""
    await _settle(db, outbox_id, status="done", outcome="pressed")


async def due(db: AsyncSession, now: datetime, limit: int = 50) -> Sequence[tuple[CardChange, Outbox]]:
    """Changes to be made now, of cards whose sending has ended."""
    query = (
        select(CardChange, Outbox)
        .join(Outbox, Outbox.id == CardChange.outbox_id)
        .where(CardChange.status == "waiting", CardChange.not_before <= now)
        .where(Outbox.status.not_in(("waiting", "claimed")))
        .order_by(CardChange.not_before, CardChange.outbox_id)
        .limit(limit)
    )
    return [(change, row) for change, row in await db.execute(query)]


async def later(db: AsyncSession, outbox_id: str, not_before: datetime, outcome: str) -> None:
    """Try again later."""
    await _settle(db, outbox_id, attempts=CardChange.attempts + 1, not_before=not_before, outcome=outcome)


async def settle(db: AsyncSession, outbox_id: str, status: str, outcome: str) -> None:
    """Close a change: done, or given-up with the reason."""
    await _settle(db, outbox_id, status=status, outcome=outcome)


async def _settle(db: AsyncSession, outbox_id: str, **values: object) -> None:
    await db.execute(
        update(CardChange)
        .where(CardChange.outbox_id == outbox_id, CardChange.status == "waiting")
        .values(**values)
        .execution_options(synchronize_session=False)
    )
