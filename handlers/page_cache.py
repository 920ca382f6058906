"""Public pages kept for a moment, so that a crowd of readers costs the phones nothing (Q2, speed).

request -> kept? -> the reader has it already: 304, else the bytes as they are ; no database
        -> else made once, however many wait for it; one after the other, but for those that wait for the database

The rule: a page is at most `SECONDS` old, whichever process changed what it shows; what this process changes itself is
seen at once (`Database.on_public`). What is not there (404) and what is large is made anew each time.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

SECONDS = 30.0
MOST_BYTES = 32 << 20  # all pages together
LARGE = 1 << 20  # a page that is not kept
AT_ONCE = 4  # of the database's 15 connections: the phones have the others
MOMENT = 0.05  # seconds after which a page that still waits for the database lets the next one begin
FOR_PROXIES = "public, max-age=0, s-maxage=30, must-revalidate"
OK, SAME = 200, 304
Make = Callable[[], Awaitable[web.Response]]


@dataclass(frozen=True, slots=True)
class _Page:
    status: int
    body: bytes
    headers: Mapping[str, str]
    tag: str
    until: float


class PageCache:
    """The pages of one process; `now` is a clock that only goes forward, in seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._pages: OrderedDict[str, _Page] = OrderedDict()
        self._bytes = 0
        self._under_way: dict[str, asyncio.Task[_Page]] = {}
        self._some = asyncio.Semaphore(AT_ONCE)
        self._turn = asyncio.Lock()
        self._changes = 0

    def forget(self) -> None:
        """Drop every page: something that the public sees has changed."""
        self._pages.clear()
        self._under_way.clear()  # whoever asks from now on waits for no page that was begun before
        self._bytes = 0
        self._changes += 1

    async def answer(self, request: web.Request, make: Make) -> web.Response:
        """Give the page of this address, 304 to whoever has it already; `make` is called where it is not kept."""
        page = self._pages.get(request.path_qs)
        if page is None or page.until <= self._now():
            page = await self._once(request.path_qs, make)
        else:
            self._pages.move_to_end(request.path_qs)
        return _answer(request, page)

    async def _once(self, key: str, make: Make) -> _Page:
        """Make a page, or wait for the one that is being made; a reader who leaves takes nobody's page with him."""
        work = self._under_way.get(key)
        if work is None:
            work = self._under_way[key] = asyncio.create_task(self._made(key, make))
            work.add_done_callback(lambda done: self._done(key, done))
        return await asyncio.shield(work)

    def _done(self, key: str, work: asyncio.Task[_Page]) -> None:
        if self._under_way.get(key) is work:
            del self._under_way[key]

    async def _made(self, key: str, make: Make) -> _Page:
        async with self._some:
            changes = self._changes
            made = await self._in_turn(make)
        page = _page(made, self._now() + SECONDS)
        if page.status == OK and len(page.body) <= LARGE and changes == self._changes:
            self._keep(key, page)
        return page

    async def _in_turn(self, make: Make) -> web.Response:
        """Make a page while no other begins: several at a time would take turns with every phone's request."""
        async with self._turn:
            work = asyncio.ensure_future(make())
            await asyncio.wait([work], timeout=MOMENT)
        return await work

    def _keep(self, key: str, page: _Page) -> None:
        old = self._pages.pop(key, None)
        self._bytes += len(page.body) - (len(old.body) if old else 0)
        self._pages[key] = page
        while self._bytes > MOST_BYTES:
            _, dropped = self._pages.popitem(last=False)
            self._bytes -= len(dropped.body)


def once(request: web.Request, made: web.Response) -> web.Response:
    """Answer with a page that is not kept: 304 to whoever has it already."""
    return _answer(request, _page(made, 0.0))


def _page(made: web.Response, until: float) -> _Page:
    body = made.body if isinstance(made.body, bytes) else b""
    tag = hashlib.sha256(body).hexdigest()[:32]
    told = {"Cache-Control": FOR_PROXIES, "ETag": f'"{tag}"'} if made.status == OK else {}
    return _Page(made.status, body, {**told, **made.headers}, tag, until)


def _answer(request: web.Request, page: _Page) -> web.Response:
    if page.status == OK and any(one.value == page.tag for one in request.if_none_match or ()):
        return web.Response(status=SAME, headers={name: page.headers[name] for name in ("Cache-Control", "ETag")})
    return web.Response(status=page.status, body=page.body, headers=page.headers)
