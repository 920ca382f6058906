"""A small vendor that answers as told and keeps the bytes it got, and the clients and senders that speak to it."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from bot.sender import Sender
from bot.wechat import WeChatClient, WeChatSettings
from bot.wecom import WeComClient, WeComSettings
from models.database import Database
from tests.conftest import Clock

CUT = "cut"  # taken, then the connection is closed without an answer
HTML = "html"  # 200 with something that is no JSON
BAD_GATEWAY = "502"
# Longer than a loaded machine ever stands still; whoever tries out a slow answer sets a limit of his own. Shorter than
# a lease (30 s): a message keeps it for as long as an answer may take.
PATIENCE_S = 15.0


@dataclass
class Vendor:
    """WeCom and WeChat in one. `script`: what the next sends get; afterwards all is accepted."""

    url: str = ""
    script: deque[dict[str, Any] | str] = field(default_factory=deque)
    token_script: deque[dict[str, Any] | str] = field(default_factory=deque)
    bodies: list[bytes] = field(default_factory=list)
    tokens_used: list[str] = field(default_factory=list)
    tokens_given: int = 0

    async def token(self, request: web.Request) -> web.Response:
        self.tokens_given += 1
        if self.token_script:
            return self._answer(request, self.token_script.popleft())
        return web.json_response({"errcode": 0, "access_token": f"t{self.tokens_given}", "expires_in": 7200})

    async def call(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.read())
        self.tokens_used.append(request.query.get("access_token", ""))
        if self.script:
            return self._answer(request, self.script.popleft())
        return web.json_response({"errcode": 0, "msgid": f"m{len(self.bodies)}", "response_code": "rc"})

    def _answer(self, request: web.Request, what: dict[str, Any] | str) -> web.Response:
        if what == CUT and request.transport is not None:
            request.transport.close()
        if what == BAD_GATEWAY:
            return web.Response(status=502, text="bad gateway")
        return web.Response(text="<html>") if isinstance(what, str) else web.json_response(what)


@pytest_asyncio.fixture
async def vendor() -> AsyncIterator[Vendor]:
    found = Vendor()
    app = web.Application()
    app.router.add_get("/cgi-bin/gettoken", found.token)
    app.router.add_post("/cgi-bin/stable_token", found.token)
    app.router.add_route("*", "/{path:.*}", found.call)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield found
    await runner.cleanup()


def wecom_settings(url: str, **changes: Any) -> WeComSettings:
    fields = {
        "api_base": url,
        "corp_id": "wwsandbox0000000001",
        "secret": "made-up-secret",
        "agent_id": 1000002,
        "token": "madeuptoken",
        "encoding_aes_key": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
        "timeout_s": PATIENCE_S,
    }
    return WeComSettings(**{**fields, **changes})


def wechat_settings(url: str) -> WeChatSettings:
    return WeChatSettings(
        api_base=url,
        appid="wxsandbox0000000001",
        secret="made-up-mini-secret",
        template_visit="T1",
        timeout_s=PATIENCE_S,
    )


@pytest_asyncio.fixture
async def wecom(vendor: Vendor) -> AsyncIterator[WeComClient]:
    client = WeComClient(wecom_settings(vendor.url))
    yield client
    await client.close()


@pytest_asyncio.fixture
async def wechat(vendor: Vendor) -> AsyncIterator[WeChatClient]:
    client = WeChatClient(wechat_settings(vendor.url))
    yield client
    await client.close()


@pytest.fixture
def sender(database: Database, wecom: WeComClient, wechat: WeChatClient, clock: Clock) -> Sender:
    return Sender(database=database, wecom=wecom, wechat=wechat, clock=clock, origin="http://127.0.0.1:8080")
