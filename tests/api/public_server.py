"""A server of the phone, approval and public routes over real HTTP, with somebody signed in as each of the play."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from handlers import approvals, phone, public
from handlers.edge import SESSION_COOKIE, Edge, Routes, install
from services.people.signin import sign_in_member
from tests.integration.visits_play import Play


@dataclass
class Http:
    """A client that is whoever the test says; nobody by default."""

    session: aiohttp.ClientSession
    server: TestServer
    play: Play

    async def call(self, method: str, path: str, who: str = "", **options: Any) -> tuple[int, Any, dict[str, str]]:
        """Send a request; returns (status, JSON or text, headers)."""
        headers = {"Cookie": f"{SESSION_COOKIE}={await self._token(who)}"} if who else {}
        async with self.session.request(method, self.server.make_url(path), headers=headers, **options) as answer:
            is_json = answer.content_type.endswith("json")
            body = await answer.json(content_type=None) if is_json else await answer.text(errors="replace")
            return answer.status, body, dict(answer.headers)

    async def _token(self, who: str) -> str:
        async with self.play.act("coordinator") as act:
            return await sign_in_member(act, who)


@asynccontextmanager
async def http_of(play: Play, *more: Routes) -> AsyncIterator[Http]:
    app = web.Application()
    edge = Edge(database=play.database, house=play.house, clock=play.clock)
    install(app, edge, phone.routes, approvals.routes, public.routes, *more)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        yield Http(session=session, server=server, play=play)
