"""What the tests of messages in and out have in common."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import SYSTEM, Actor
from inspection.notices import Button, Notice, NoticeKind
from models.database import Database
from models.results import Outbox
from services.act import Act, House


def act_of(db: AsyncSession, now: datetime, actor: Actor = SYSTEM) -> Act:
    """An act whose house holds nothing: messages need none of it."""
    return Act(db=db, actor=actor, now=now, house=cast("House", SimpleNamespace()))


def notice(number: str = "抽查〔2026〕1号-0001", **changes: Any) -> Notice:
    """A leader's notice with one button."""
    fields = {
        "kind": NoticeKind.ASSIGNED_LEADER,
        "document_no": number,
        "title": "您被抽为检查组组长",
        "summary": "请在两个工作日内接受任务。",
        "facts": (("对象", "演示企业甲"), ("期限", "2026年3月4日")),
        "path": "/m/visits/1",
        "buttons": (Button(key="accept:1", text="接受"),),
    }
    return Notice(**{**fields, **changes})


async def rows(database: Database) -> list[Outbox]:
    """All messages, by their keys."""
    async with database.read() as db:
        found = list(await db.scalars(select(Outbox).order_by(Outbox.dedupe_key)))
        db.expunge_all()
        return found
