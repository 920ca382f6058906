"""A server in a process of its own, to be killed at any moment: it draws what there is to draw, then sends for ever."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from bot.sender import Sender
from bot.tokens import shelf_name
from bot.wechat import WeChatClient
from bot.wecom import WeComClient
from models.base import KEYS
from models.database import Database
from models.people import Member
from models.store.tokens import TokenShelf
from models.tasks import Task
from services.act import Act
from services.drawing import draws
from services.people.signin import member_actor
from tests.integration.bot.conftest import wechat_settings, wecom_settings
from tests.office import COORDINATOR, house_of


def serve(url: str, base: str, folder: str, task_id: str, shift_s: float) -> None:
    """Draw the task if nobody has, and send for ever; `shift_s` moves the clock."""
    KEYS.load({"1": bytes(32)}, "1")
    asyncio.run(_serve(url, base, Path(folder), task_id, timedelta(seconds=shift_s)))


async def _serve(url: str, base: str, folder: Path, task_id: str, shift: timedelta) -> None:
    database = Database(url)

    def now() -> datetime:
        return datetime.now(UTC) + shift

    wecom = WeComClient(wecom_settings(base))
    wecom.line.share(TokenShelf(database, shelf_name("wecom", "app", "secret")), now)
    sender = Sender(
        database=database,
        wecom=wecom,
        wechat=WeChatClient(wechat_settings(base)),
        clock=now,
        origin="http://127.0.0.1:8080",
    )
    stop, wake = asyncio.Event(), asyncio.Event()
    database.on_commit.append(wake.set)
    async with asyncio.TaskGroup() as group:
        group.create_task(sender.run(stop, wake))
        if task_id:
            await _draw(database, folder, task_id, now())


async def _draw(database: Database, folder: Path, task_id: str, now: datetime) -> None:
    async with database.write() as db:
        task = await db.scalar(select(Task).where(Task.id == task_id))
        actor = await member_actor(db, Member.userid == COORDINATOR)
        assert task is not None
        assert actor is not None
        if task.status == "frozen":
            await draws.draw(Act(db=db, actor=actor, now=now, house=house_of(folder)), task_id)
