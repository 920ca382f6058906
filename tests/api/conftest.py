"""The real house with its doors open: server and WeCom sandbox on free loopback ports, members who sign in by OAuth.

settings -> app.house.build -> app.server.build_app -> listening ; bot.sandbox beside it ; the sample office inside
"""

from __future__ import annotations

import base64
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest_asyncio
from aiohttp import web

from app import samples
from app.house import Parts, build
from app.server import build_app
from app.settings import Settings
from bot.sandbox import Member as SandboxMember
from bot.sandbox import RunningSandbox, SandboxSettings, start_sandbox
from bot.sandbox.settings import PROVINCE_SECRET
from handlers.demo import DemoOffice
from inspection.actors import SYSTEM, Role
from models.database import Database
from models.people import Department, Grant, Member
from tests.conftest import Clock
from tests.office import Office
from tests.tables import new_sqlite

HOST = "127.0.0.1"
CORP, APP_SECRET, AGENT, TOKEN = "wwsandbox0000000001", "made-up-secret", 1000002, "madeuptoken"
AES_KEY = base64.b64encode(bytes(range(32))).decode().rstrip("=")
MINI_APP, MINI_SECRET = "wxsandbox0000000001", "made-up-mini-secret"
FIRST = "office00"  # the coordinator of an office's first day
LIAISON = "market14"  # 联络员: a role by his post, none granted
OUTSIDER = "~outsider"  # the sandbox's word for somebody who is no member of the corp


@dataclass
class Building:
    """A running house, its office, and the browsers that visit it."""

    parts: Parts
    sandbox: RunningSandbox
    office: Office
    url: str  # where the server listens; differs from the origin only where that is said to be https
    app: web.Application
    _browsers: list[aiohttp.ClientSession] = field(default_factory=list)

    def browser(self, **headers: str) -> aiohttp.ClientSession:
        """A browser that knows nobody yet; addresses below the server's."""
        found = aiohttp.ClientSession(self.url, cookie_jar=aiohttp.CookieJar(unsafe=True), headers=headers)
        self._browsers.append(found)
        return found

    async def hold_phone(self, browser: aiohttp.ClientSession, userid: str) -> None:
        """Give a member's phone to this browser."""
        query = {"member": userid, "url": self.url}
        async with browser.get(f"{self.sandbox.base_url}/open", params=query, allow_redirects=False) as response:
            assert response.status == 302, await response.text()

    async def as_member(self, userid: str) -> aiohttp.ClientSession:
        """Sign a member in through the real redirects: our door, WeCom's page, our callback, and on to `next`."""
        browser = self.browser()
        await self.hold_phone(browser, userid)
        async with browser.get("/auth/wecom", params={"next": "/api/me"}) as response:
            assert response.status == 200, await response.text()
            assert (await response.json())["userid"] == userid
        return browser

    async def as_owner(self, nickname: str = "演示店主") -> aiohttp.ClientSession:
        """Sign an owner in by the mini-program's code; the token travels as a bearer."""
        browser = self.browser()
        api = f"{self.sandbox.base_url}/sandbox/api/owners"
        async with browser.post(api, json={"nickname": nickname}) as response:
            openid = (await response.json())["openid"]
        async with browser.post(f"{api}/{openid}/js-code", json={}) as response:
            code = (await response.json())["code"]
        async with browser.post("/api/owner/login", json={"js_code": code}) as response:
            assert response.status == 200, await response.text()
            token = (await response.json())["token"]
        return self.browser(Authorization=f"Bearer {token}")

    async def close(self) -> None:
        for browser in self._browsers:
            await browser.close()


async def answer(browser: aiohttp.ClientSession, method: str, path: str, **rest: Any) -> tuple[int, Any]:
    """Status and JSON (or bytes) of one request."""
    async with browser.request(method, path, **rest) as response:
        is_json = response.content_type.endswith("json")
        return response.status, await response.json(content_type=None) if is_json else await response.read()


async def ok(browser: aiohttp.ClientSession, method: str, path: str, **rest: Any) -> Any:
    """The JSON of a request that must succeed."""
    status, body = await answer(browser, method, path, **rest)
    assert status == 200, body
    return body


def settings_of(url: str, folder: Path, origin: str, sandbox: str, **server: Any) -> Settings:
    """A configuration as an office would write it, all addresses on this machine."""
    return Settings.model_validate(
        {
            "server": {"origin": origin, **server},
            "storage": {"database": url, "files": folder / "files"},
            "keys": {"field_keys": {"1": "00" * 32}, "link_key": "00" * 32},
            "wecom": {
                "api_base": sandbox,
                "oauth_base": sandbox,
                "corp_id": CORP,
                "secret": APP_SECRET,
                "agent_id": AGENT,
                "token": TOKEN,
                "encoding_aes_key": AES_KEY,
            },
            "province": {"url": f"{sandbox}/province", "secret": PROVINCE_SECRET},
            "rules": {"confirm_libraries": False},  # its own tests confirm: test_libraries
            "wechat": {"api_base": sandbox, "appid": MINI_APP, "secret": MINI_SECRET, "template_visit": "T1"},
        }
    )


@asynccontextmanager
async def building(
    url: str, folder: Path, clock: Clock, *, scheme: str = "http", **server: Any
) -> AsyncIterator[Building]:
    """Open the doors of an empty house on free ports, and close them again."""
    with socket.socket() as door:
        door.bind((HOST, 0))
        address = f"{HOST}:{door.getsockname()[1]}"
        origin = f"{scheme}://{address}"
        sandbox = await start_sandbox(_sandbox_settings(origin), HOST, 0, clock)
        parts = build(settings_of(url, folder, origin, sandbox.base_url, **server), clock)

        def move_to(then: datetime) -> None:
            clock.now = then

        async def tick() -> dict[str, int]:
            return {"reminders": await parts.remind()}

        app = build_app(parts, DemoOffice(move_to=move_to, tick=tick, sandbox_url=sandbox.base_url))
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        await web.SockSite(runner, door).start()
        office = Office(database=parts.database, house=parts.house, clock=clock)
        found = Building(parts=parts, sandbox=sandbox, office=office, url=f"http://{address}", app=app)
        yield found
        await found.close()
        await runner.cleanup()
        await parts.close()
        await sandbox.close()


def _sandbox_settings(origin: str) -> SandboxSettings:
    return SandboxSettings(
        corp_id=CORP,
        secret=APP_SECRET,
        agent_id=AGENT,
        token=TOKEN,
        encoding_aes_key=AES_KEY,
        callback_url="",
        trusted_origin=origin,
        mini_appid=MINI_APP,
        mini_secret=MINI_SECRET,
    )


async def furnish(found: Building) -> Building:
    """Move the sample office in: its registers, and its members into WeCom's address book."""
    await found.office.open()
    for row in samples.sample_inspectors():
        found.sandbox.state.contacts.add(SandboxMember(userid=row[6], name=row[1]), quiet=True)
    return found


@pytest_asyncio.fixture
async def house(tmp_path: Path, clock: Clock) -> AsyncIterator[Building]:
    """The sample office on SQLite."""
    async with building(new_sqlite(tmp_path / "house.db"), tmp_path, clock) as found:
        yield await furnish(found)


@pytest_asyncio.fixture
async def each_house(database: Database, tmp_path: Path, clock: Clock) -> AsyncIterator[Building]:
    """The sample office, once on SQLite and once on PostgreSQL."""
    url = database.engine.url.render_as_string(hide_password=False)
    async with building(url, tmp_path, clock) as found:
        yield await furnish(found)


@pytest_asyncio.fixture
async def empty_house(tmp_path: Path, clock: Clock) -> AsyncIterator[Building]:
    """An office on its first day: one coordinator, empty registers, and at most 1 MB a file."""
    async with building(new_sqlite(tmp_path / "house.db"), tmp_path, clock, max_upload_mb=1) as found:
        async with found.office.act(SYSTEM) as act:
            office = samples.OFFICE
            department = Department(code=office.code, name=office.name, aliases=list(office.aliases), is_office=True)
            act.db.add(department)
            await act.db.flush()
            member = Member(department_id=department.id, userid=FIRST, name="演示协调员")
            act.db.add(member)
            await act.db.flush()
            act.db.add(Grant(member_id=member.id, role=Role.COORDINATOR.value))
        found.sandbox.state.contacts.add(SandboxMember(userid=FIRST, name="演示协调员"), quiet=True)
        yield found
