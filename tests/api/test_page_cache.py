"""Public pages kept in memory: what the crowd costs, and that nobody is shown what no longer stands (Q2, H6, J2)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from sqlalchemy import event

from handlers import public_data
from handlers.edge import EDGE
from handlers.page_cache import AT_ONCE, SECONDS, PageCache
from models.database import Database
from models.store import publications as store
from services.results import publications
from tests.api.public_server import Http, http_of
from tests.conftest import Clock
from tests.integration.visits_play import Play, house_of


class Counted:
    """How many statements the database was asked."""

    def __init__(self, database: Database) -> None:
        self.statements = 0
        event.listen(database.engine.sync_engine, "before_cursor_execute", self._count)

    def _count(self, *_: object) -> None:
        self.statements += 1

    def taken(self) -> int:
        found, self.statements = self.statements, 0
        return found


@pytest_asyncio.fixture
async def http(database: Database, clock: Clock, tmp_path: Path) -> AsyncIterator[Http]:
    play = await Play(database, house_of(tmp_path / "blobs"), clock).begin()
    await play.confirmed()
    await play.approve("lead")
    async with http_of(play, public_data.routes) as found:
        yield found


def cache(http: Http) -> PageCache:
    return http.app[EDGE].pages


async def publish(http: Http) -> str:
    async with http.play.act("coordinator") as act:
        await publications.publish_task(act, http.play.scene.task.id)
    return f"/public/results/{quote(http.play.scene.visit.number)}-lead"


async def test_a_page_is_read_from_the_database_once_and_whoever_has_it_is_told_so(http: Http) -> None:
    """Q2: the second reader costs no statement, nor does the browser that asks whether it changed (304)."""
    page = await publish(http)
    counted = Counted(http.play.database)
    _, first, headers = await http.call("GET", page)
    assert counted.taken() > 0
    assert (await http.call("GET", page))[1] == first
    for etag in (headers["Etag"], f"W/{headers['Etag']}", f'"other", {headers["Etag"]}'):
        async with http.session.get(http.url(page), headers={"If-None-Match": etag}) as answer:
            assert (answer.status, await answer.read(), answer.headers["Etag"]) == (304, b"", headers["Etag"])
    assert counted.taken() == 0
    assert "s-maxage" in headers["Cache-Control"]
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")


async def test_what_this_process_publishes_is_seen_at_once_by_everybody(http: Http) -> None:
    """H2, H6: list, enterprise, feed and month follow a publication; a page that was not there is not kept so."""
    target = http.play.scene.target
    pages = ("/public", f"/public/enterprises/{target.code}", "/public/feed.atom", "/public/data/results-2026-03.csv")
    for path in pages:
        assert target.name not in (await http.call("GET", path))[1]
    await publish(http)
    for path in pages:
        assert target.name in (await http.call("GET", path))[1]


async def test_what_another_process_changed_is_seen_after_half_a_minute(http: Http) -> None:
    """The rule of the cache: no page is older, whoever changed what it shows."""
    page = await publish(http)
    await http.call("GET", page)
    async with http.play.database.write() as db:
        row = await store.by_number(db, f"{http.play.scene.visit.number}-lead")
        row.body = {**row.body, "result_text": "别处改过"}
    assert "别处改过" not in (await http.call("GET", page))[1]
    kept = cache(http)
    now = kept._now
    kept._now = lambda: now() + SECONDS
    assert "别处改过" in (await http.call("GET", page))[1]


async def test_a_crowd_on_one_page_makes_it_once_and_many_pages_leave_connections_to_the_phones() -> None:
    """Q2: a page is made once however many wait; one after the other where they are quick; memory is bounded."""
    made: list[str] = []
    under_way = most = 0

    async def answer(cache: PageCache, path: str, size: int = 10) -> None:
        async def make() -> web.Response:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0.005)
            under_way -= 1
            made.append(path)
            return web.Response(body=b"x" * size)

        request = make_mocked_request("GET", path)
        assert (await cache.answer(request, make)).status == 200

    cache = PageCache()
    await asyncio.gather(*(answer(cache, "/public") for _ in range(100)))
    assert made == ["/public"]
    await asyncio.gather(*(answer(cache, f"/public?q={one}") for one in range(40)))
    assert (most, len(made)) == (1, 41)
    for one in range(70):
        await answer(cache, f"/large/{one}", 1 << 20)
    assert cache._bytes == sum(len(page.body) for page in cache._pages.values()) <= 32 << 20


async def test_a_page_that_waits_for_the_database_does_not_hold_up_the_next(http: Http) -> None:
    """Q2: pages whose statements take long are under way side by side, and never so many that phones find no line."""
    answered, under_way = asyncio.Event(), 0
    some_wait = asyncio.Event()

    async def slow() -> web.Response:
        nonlocal under_way
        under_way += 1
        if under_way == AT_ONCE:
            some_wait.set()
        await answered.wait()
        return web.Response(body=b"x")

    kept = cache(http)
    asked = [
        asyncio.create_task(kept.answer(make_mocked_request("GET", f"/public?q={one}"), slow))
        for one in range(2 * AT_ONCE)
    ]
    await asyncio.wait_for(some_wait.wait(), 30)
    assert under_way == AT_ONCE
    answered.set()
    assert [(await one).status for one in asked] == [200] * 2 * AT_ONCE
