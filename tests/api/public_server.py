"""A server of the phone, approval and public routes over real HTTP, with somebody signed in as each of the play."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import web
from yarl import URL

from app import verify_archive
from app.server import listening
from handlers import approvals, phone, public, uploads
from handlers.archives import CHECKER
from handlers.edge import SESSION_COOKIE, Edge, Routes, install
from services.people.signin import sign_in_member
from tests.integration.visits_play import Play

HOST = "127.0.0.1"


@dataclass
class Http:
    """A client that is whoever the test says; nobody by default."""

    session: aiohttp.ClientSession
    server: URL
    app: web.Application
    play: Play

    async def call(self, method: str, path: str, who: str = "", **options: Any) -> tuple[int, Any, dict[str, str]]:
        """Send a request; returns (status, JSON or text, headers)."""
        headers = dict(options.pop("headers", {}))
        if who:
            headers["Cookie"] = f"{SESSION_COOKIE}={await self.token(who)}"
        async with self.session.request(method, self.url(path), headers=headers, **options) as answer:
            is_json = answer.content_type.endswith("json")
            body = await answer.json(content_type=None) if is_json else await answer.text(errors="replace")
            return answer.status, body, dict(answer.headers)

    def url(self, path: str) -> URL:
        """A path of this server as a whole address."""
        return self.server.join(URL(path))

    async def token(self, who: str) -> str:
        async with self.play.act("coordinator") as act:
            return await sign_in_member(act, who)


@asynccontextmanager
async def http_of(play: Play, *more: Routes) -> AsyncIterator[Http]:
    app = web.Application()
    app[CHECKER] = lambda path, key: verify_archive.check(path, key).findings
    edge = Edge(database=play.database, house=play.house, clock=play.clock)
    install(app, edge, phone.routes, uploads.routes, approvals.routes, public.routes, *more)
    # As the product listens: aiohttp's own test server ends handlers whose caller is gone, the product does not.
    async with listening(app, HOST, 0) as port, aiohttp.ClientSession() as session:
        yield Http(session=session, server=URL.build(scheme="http", host=HOST, port=port), app=app, play=play)
