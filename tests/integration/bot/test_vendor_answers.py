"""Every answer that WeCom may give to a message, by the book (shared facts, wecom.md 2.8), through the real sender."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.sender import DrainReport, Sender
from bot.wechat import WeChatClient
from bot.wecom import WeComClient
from models.database import Database
from models.results import Outbox, PhoneCall
from services.people.notices import tell_member
from tests.conftest import Clock
from tests.integration.bot.conftest import Vendor, wecom_settings
from tests.integration.bot.parts import act_of, notice


@dataclass(frozen=True)
class Row:
    """One row of the book: what becomes of the message, and what of everything after it."""

    codes: tuple[int, ...]
    status: str  # of the message after this one answer
    posts: int = 1
    tokens: int = 1
    stopped: str = ""  # why nothing is sent at all
    rests: timedelta = timedelta(0)  # how long this API rests
    as_text: bool = False  # a plainer second message goes out
    called: bool = False  # a person is asked to phone


HOUR, WINDOW = timedelta(hours=1), timedelta(seconds=60)
BOOK = (
    Row((0,), "accepted"),
    Row((-1, 6000, 45033), "waiting"),
    Row((40014, 42001), "accepted", posts=2, tokens=2),
    Row((40001, 40013, 40091), "waiting", stopped="wrong-secret"),
    Row((41001, 82001, 82002, 82003), "dead", called=True),
    Row((45009,), "waiting", rests=WINDOW),
    Row((40007, 40029, 42003, 60140), "dead", called=True),
    Row((40056, 301002), "waiting", stopped="wrong-agent"),
    Row((40058, 40063, 44004, 45002, 45008, 40008), "refused", posts=2, as_text=True),
    Row((60020,), "waiting", stopped="ip-not-trusted"),
    Row((60011, 60111, 40003, 46004, 81013), "refused", called=True),
    Row((48002,), "waiting", rests=HOUR),
    Row((50003,), "waiting", stopped="app-disabled"),
    Row((50001, 80001), "waiting", stopped="domain-not-trusted"),
    Row((86001, 86003, 86216, 40050), "dead", called=True),
    Row((301007,), "waiting", stopped="corp-closed"),
    Row((12345,), "dead", called=True),  # a code that no book knows is for a person
)


@asynccontextmanager
async def fresh(database: Database, vendor: Vendor, wechat: WeChatClient, clock: Clock) -> AsyncIterator[Sender]:
    """A sender that has met nothing yet."""
    client = WeComClient(wecom_settings(vendor.url))
    vendor.bodies.clear()
    vendor.tokens_given = 0
    yield Sender(database=database, wecom=client, wechat=wechat, clock=clock, origin="http://127.0.0.1:8080")
    await client.close()


async def tell(database: Database, clock: Clock, number: str) -> None:
    async with database.write() as db:
        act = act_of(db, clock.now)
        await tell_member(act, "zhangsan", notice(number), department_id="d", subject="visit:1", dedupe_key=number)


async def state(database: Database, key: str) -> str | None:
    async with database.read() as db:
        return await db.scalar(select(Outbox.status).where(Outbox.dedupe_key == key))


async def calls(database: Database) -> int:
    async with database.read() as db:
        return len(list(await db.scalars(select(PhoneCall.id))))


@pytest.mark.parametrize("row", BOOK, ids=lambda row: "-".join(map(str, row.codes)))
async def test_every_code_has_its_reaction(
    row: Row, database: Database, vendor: Vendor, wechat: WeChatClient, clock: Clock
) -> None:
    """Wecom.md 2.8, the whole table: nothing is lost, nothing is said twice, and a stop is a stop."""
    for code in row.codes:
        before = await calls(database)
        async with fresh(database, vendor, wechat, clock) as sender:
            await tell(database, clock, f"文号{code}")
            if code:
                vendor.script.append({"errcode": code, "errmsg": ""})
            report: DrainReport = await sender.drain()
            assert await state(database, f"文号{code}") == row.status, code
            assert (len(vendor.bodies), vendor.tokens_given) == (row.posts, row.tokens), code
            assert report.stopped == row.stopped, code
            assert await state(database, f"文号{code}/text") == ("accepted" if row.as_text else None), code
            assert await calls(database) - before == row.called, code
            await tell(database, clock, f"下一条{code}")
            posts = len(vendor.bodies)
            await sender.drain()
            assert (len(vendor.bodies) > posts) == (not row.stopped and not row.rests), code
            if row.rests:
                clock.now += row.rests + timedelta(seconds=30)
                await sender.drain()
                assert await state(database, f"下一条{code}") == "accepted", code
            sender._wecom.line.resume()
            clock.advance(minutes=2)
            await sender.drain()
            assert await state(database, f"下一条{code}") == "accepted", code
            assert await state(database, f"文号{code}") == ("accepted" if row.status == "waiting" else row.status), code
