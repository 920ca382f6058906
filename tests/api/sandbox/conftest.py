"""A sandbox on a free port, a client that speaks WeCom's paths, and a receiver of callbacks."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
import xmltodict
from aiohttp import web
from wechatpy.enterprise.crypto import WeChatCrypto

from bot.sandbox import Member, RunningSandbox, SandboxSettings, start_sandbox

AES_KEY = base64.b64encode(bytes(range(32))).decode().rstrip("=")
SETTINGS = SandboxSettings(
    corp_id="wwsandbox0000000001",
    secret="made-up-secret",
    agent_id=1000002,
    token="madeuptoken",
    encoding_aes_key=AES_KEY,
    callback_url="",
    trusted_origin="http://app.example:8080",
    mini_appid="wxsandbox0000000001",
    mini_secret="made-up-mini-secret",
    callback_timeout=0.2,
)


LOGIN_LINK = {
    "appid": SETTINGS.corp_id,
    "redirect_uri": "http://app.example:8080/login/wecom?next=%2Fvisits",
    "response_type": "code",
    "scope": "snsapi_base",
    "state": "abc123",
}


@dataclass
class Client:
    """The app's side of the wire."""

    http: aiohttp.ClientSession
    sandbox: RunningSandbox
    token: str = ""

    async def get(self, path: str, **query: str) -> Any:
        async with self.http.get(self.sandbox.base_url + path, params=query) as response:
            return json.loads(await response.text())

    async def post(self, path: str, body: Any, **query: str) -> Any:
        async with self.http.post(self.sandbox.base_url + path, params=query, data=encode(body)) as response:
            return json.loads(await response.text())

    async def api(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        url = f"{self.sandbox.base_url}/sandbox/api{path}"
        async with self.http.request(method, url, data=None if body is None else encode(body)) as response:
            return response.status, await response.json()

    async def login(self) -> str:
        answer = await self.get("/cgi-bin/gettoken", corpid=SETTINGS.corp_id, corpsecret=SETTINGS.secret)
        self.token = answer["access_token"]
        return self.token

    async def call(self, path: str, body: Any) -> Any:
        return await self.post(f"/cgi-bin/{path}", body, access_token=self.token)

    async def send(self, to: str = "zhangsan", **changes: Any) -> Any:
        body = {"touser": to, "agentid": SETTINGS.agent_id, "msgtype": "text", "text": {"content": "通知一号"}}
        return await self.call("message/send", {**body, **changes})

    async def send_card(self, card: dict[str, Any], to: str = "zhangsan", **changes: Any) -> Any:
        return await self.send(to, msgtype="template_card", template_card=card, **changes)

    async def hold_phone(self, member: str, url: str = "http://app.example:8080/") -> int:
        """Take a member's phone and open an address on it."""
        query = {"member": member, "url": url}
        async with self.http.get(f"{self.sandbox.base_url}/open", params=query, allow_redirects=False) as response:
            assert response.status != 302 or response.headers["Location"] == url
            return response.status

    async def authorize(self, **changes: str) -> tuple[int, str, str]:
        """Follow the app's login link on the phone: status, where it leads, the page."""
        url = f"{self.sandbox.base_url}/connect/oauth2/authorize"
        async with self.http.get(url, params={**LOGIN_LINK, **changes}, allow_redirects=False) as response:
            return response.status, response.headers.get("Location", ""), await response.text()

    async def code_for(self, member: str) -> str:
        await self.hold_phone(member)
        _, location, _ = await self.authorize()
        return parse_qs(urlsplit(location).query)["code"][0]

    async def chat(self, userid: str = "zhangsan") -> list[Any]:
        _, body = await self.api("GET", f"/members/{userid}/messages")
        return body["messages"]


def encode(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


@dataclass
class Receiver:
    """The app's callback door, opened with the SDK's own crypto; answers what `answers` says, then 200."""

    crypto: WeChatCrypto
    url: str = ""
    heard: list[dict[str, Any]] = field(default_factory=list)
    sealed: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    async def post(self, request: web.Request) -> web.Response:
        query, body = request.query, await request.text()
        plain = self.crypto.decrypt_message(body, query["msg_signature"], query["timestamp"], query["nonce"])
        self.heard.append(xmltodict.parse(plain)["xml"])
        self.sealed.append(body)
        return web.Response(status=self.answers.pop(0) if self.answers else 200)

    async def get(self, request: web.Request) -> web.Response:
        query = request.query
        echo = self.crypto.check_signature(query["msg_signature"], query["timestamp"], query["nonce"], query["echostr"])
        return web.Response(text=echo)


@pytest.fixture
async def sandbox(clock) -> AsyncIterator[RunningSandbox]:
    running = await start_sandbox(SETTINGS, "127.0.0.1", 0, clock)
    for userid, name in (("zhangsan", "张三样例"), ("LiSi", "李四样例"), ("wangwu", "王五样例")):
        running.state.contacts.add(Member(userid=userid, name=name), quiet=True)
    yield running
    await running.close()


@pytest.fixture
async def client(sandbox: RunningSandbox) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        client = Client(http, sandbox)
        await client.login()
        yield client


@pytest.fixture
async def receiver(sandbox: RunningSandbox) -> AsyncIterator[Receiver]:
    receiver = Receiver(WeChatCrypto(SETTINGS.token, SETTINGS.encoding_aes_key, SETTINGS.corp_id))
    app = web.Application()
    app.router.add_post("/wecom/callback", receiver.post)
    app.router.add_get("/wecom/callback", receiver.get)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
    receiver.url = f"{origin}/wecom/callback"
    sandbox.state.connect(callback_url=receiver.url, trusted_origin=SETTINGS.trusted_origin)
    yield receiver
    await runner.cleanup()


@pytest.fixture
def button_card() -> dict[str, Any]:
    return {
        "card_type": "button_interaction",
        "main_title": {"title": "抽查任务通知"},
        "task_id": "visit-1",
        "button_list": [
            {"text": "接受", "key": "accept", "style": 1},
            {"text": "申请回避", "key": "recuse", "style": 2},
        ],
    }
