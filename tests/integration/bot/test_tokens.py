"""One token for all processes: fetched by one, refreshed by one, stopped for all; a process is a client here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest_asyncio

from bot.reactions import Failure
from bot.tokens import shelf_name
from bot.wecom import WeComClient
from models.database import Database
from models.store.tokens import LEASE, TokenShelf
from services.people.messages import resume, stops
from tests.conftest import Clock
from tests.integration.bot.conftest import Vendor, wecom_settings
from tests.integration.bot.parts import act_of

BODY = b'{"touser":"zhangsan"}'
MADE_UP = "made-up-secret"


@dataclass
class Houses:
    """Several processes of one house: each has a client of its own, the database is all that they share."""

    database: Database
    vendor: Vendor
    clock: Clock
    clients: list[WeComClient] = field(default_factory=list)

    def process(self, secret: str = MADE_UP) -> WeComClient:
        client = WeComClient(wecom_settings(self.vendor.url, secret=secret))
        client.line.share(TokenShelf(self.database, shelf_name("wecom", "corp-1", secret)), self.clock)
        self.clients.append(client)
        return client

    async def said_by_all(self, times: int = 1) -> list[int | Failure]:
        answers = await asyncio.gather(*(one.send(BODY) for one in self.clients for _ in range(times)))
        return [answer.code for answer in answers]


@pytest_asyncio.fixture
async def houses(database: Database, vendor: Vendor, clock: Clock) -> AsyncIterator[Houses]:
    found = Houses(database, vendor, clock)
    yield found
    for client in found.clients:
        await client.close()


async def test_four_processes_fetch_one_token(houses: Houses, vendor: Vendor) -> None:
    """Issue 5, tokens: 4 cold processes, 10 callers each: one gettoken; a fifth, started later, none."""
    for _ in range(4):
        houses.process()
    assert set(await houses.said_by_all(10)) == {0}
    houses.process()
    assert set(await houses.said_by_all()) == {0}
    assert vendor.tokens_given == 1
    assert set(vendor.tokens_used) == {"t1"}


async def test_a_refused_token_is_refreshed_once_for_all_processes(houses: Houses, vendor: Vendor) -> None:
    """Wecom.md 2.8: 40014, 42001: one refresh, whoever met the refusal first; the others take what he fetched."""
    for _ in range(4):
        houses.process()
    await houses.said_by_all()
    vendor.script.extend([{"errcode": 42001, "errmsg": ""}] * 4)
    assert set(await houses.said_by_all()) == {0}
    assert vendor.tokens_given == 2
    assert vendor.tokens_used[-4:] == ["t2"] * 4


async def test_a_token_that_is_refused_for_ever_is_fetched_twice_and_no_more(houses: Houses, vendor: Vendor) -> None:
    """Wecom.md 1.4: refresh once, say it once more, and then it is as it is: no loop in any process."""
    for _ in range(3):
        houses.process()
    vendor.script.extend([{"errcode": 40014, "errmsg": ""}] * 100)
    assert set(await houses.said_by_all()) == {40014}
    assert len(vendor.bodies) == 6
    assert vendor.tokens_given <= 4


async def test_a_wrong_secret_stops_every_process_for_an_hour_and_is_shown(
    houses: Houses, database: Database, vendor: Vendor, clock: Clock
) -> None:
    """Wecom.md 2.8: asked once by one of them (repeating it bans the IP); the console says so, for WeCom cannot."""
    first = houses.process()
    vendor.token_script.extend([{"errcode": 40001, "errmsg": ""}] * 50)
    assert (await first.send(BODY)).code == 40001
    for _ in range(3):
        houses.process()
    assert set(await houses.said_by_all(5)) == {Failure.STOPPED}
    assert (vendor.tokens_given, vendor.bodies) == (1, [])
    async with database.read() as db:
        (shown,) = await stops(act_of(db, clock.now))
    assert (shown["vendor"], "密钥" in shown["why"]) == ("企业微信", True)
    clock.advance(minutes=59)
    assert set(await houses.said_by_all()) == {Failure.STOPPED}
    clock.advance(minutes=2)
    late = houses.process()  # the others count their hour by the machine's own clock
    assert (await late.send(BODY)).code == 40001
    assert vendor.tokens_given == 2


async def test_a_corrected_secret_is_not_held_by_the_old_ones_stop(
    houses: Houses, database: Database, vendor: Vendor, clock: Clock
) -> None:
    """Issue 5, tokens: mended in the settings and started again: it sends at once, and the alarm is over."""
    wrong = houses.process("wrong")
    vendor.token_script.append({"errcode": 40001, "errmsg": ""})
    await wrong.send(BODY)
    assert (await houses.process("right").send(BODY)).code == 0
    clock.advance(hours=1, seconds=1)
    async with database.read() as db:
        assert await stops(act_of(db, clock.now)) == []


async def test_whoever_has_mended_it_says_so_and_every_process_goes_on(
    houses: Houses, database: Database, vendor: Vendor, clock: Clock
) -> None:
    """Wecom.md 2.8: 60020 in answer to a message stops all of them; one press on the console, and they send again."""
    both = [houses.process(), houses.process()]
    await houses.said_by_all()
    vendor.script.append({"errcode": 60020, "errmsg": ""})
    assert (await both[0].send(BODY)).code == 60020
    cold = houses.process()
    assert (await cold.send(BODY)).code is Failure.STOPPED
    await both[0].line.recheck()
    assert both[0].line.is_stopped
    async with database.write() as db:
        assert await resume(act_of(db, clock.now)) == 1
        assert await stops(act_of(db, clock.now)) == []
    for one in houses.clients:
        await one.line.recheck()
    assert set(await houses.said_by_all()) == {0}


async def test_a_process_that_dies_while_it_fetches_holds_nobody_up_for_long(
    houses: Houses, database: Database, vendor: Vendor, clock: Clock
) -> None:
    """Reliability 2.3: its lease ends; until then nobody else fetches, afterwards one does."""
    shelf = TokenShelf(database, shelf_name("wecom", "corp-1", "made-up-secret"))
    assert await shelf.lease(0, clock.now)
    assert not await shelf.lease(0, clock.now)
    clock.now += LEASE
    clock.advance(seconds=1)
    for _ in range(2):
        houses.process()
    assert set(await houses.said_by_all()) == {0}
    assert vendor.tokens_given == 1
