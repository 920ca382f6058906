"""Everybody who plays: each with his own cookies, signed in as on his phone, through WeCom's OAuth.

sandbox /open?member=X -> /auth/wecom -> sandbox authorize -> /auth/wecom/callback -> cookie -> the page asked for
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import aiohttp

from inspection.errors import SuichaError

PATIENCE = aiohttp.ClientTimeout(total=90)
CONNECTIONS = 24
BYTES = ("application/zip", "image/")


class TourError(SuichaError):
    """演示没有走完：{why}"""

    code = "tour"
    action = "数据仍在，没有丢失；请把上面的步骤和这句话告诉开发人员。"


@dataclass(frozen=True, kw_only=True, slots=True)
class Places:
    """Where the two servers are (no slash at the end), and the mini-program's template for notices."""

    origin: str
    sandbox: str
    template: str


class Person:
    """Somebody with a browser of his own. Requests answer JSON as values; a refusal is a TourError with its words."""

    def __init__(self, userid: str, places: Places, connector: aiohttp.TCPConnector) -> None:
        """Open the browser; he signs in with the first request."""
        self.userid = userid
        self.name = userid
        self.department = ""
        self.department_code = ""
        self._places = places
        self._browser = aiohttp.ClientSession(
            connector=connector,
            connector_owner=False,
            timeout=PATIENCE,
            cookie_jar=aiohttp.CookieJar(unsafe=True),  # cookies of an address without a name, 127.0.0.1
        )
        self._signing_in = asyncio.Lock()
        self._signed_in = False

    async def sign_in(self) -> dict[str, Any]:
        """Go through WeCom's OAuth as this member; gives what `/api/me` says of him."""
        start = f"{self._places.origin}/auth/wecom?next=/m/"
        url = f"{self._places.sandbox}/open"
        async with self._browser.get(url, params={"member": self.userid, "url": start}) as response:
            await response.read()
        async with self._browser.get(f"{self._places.origin}/api/me") as response:
            me: dict[str, Any] = await _value(response, f"{self.userid} 登录")
        if me.get("userid") != self.userid:
            raise TourError(why=f"{self.userid} 登录后成了另一个人。")
        self.name, self.department = me["name"], me["department"]["name"]
        self.department_code = me["department"]["code"]
        return me

    async def get(self, path: str, **query: str) -> Any:
        """Ask for a value."""
        return await self._ask("GET", path, params=query)

    async def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Do something."""
        return await self._ask("POST", path, json=body or {})

    async def send(self, method: str, path: str, data: bytes, **query: str) -> Any:
        """Send a table."""
        return await self._ask(method, path, data=data, params=query)

    async def send_file(self, path: str, data: bytes, **said: str) -> Any:
        """Send a file at once, by the same protocol as the phone's page (tus, creation-with-upload)."""
        words = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in said.items())
        headers = {
            "Tus-Resumable": "1.0.0",
            "Upload-Length": str(len(data)),
            "Upload-Metadata": words,
            "Content-Type": "application/offset+octet-stream",
        }
        return await self._ask("POST", path, data=data, headers=headers)

    async def look(self, path: str) -> bytes:
        """Look at a picture."""
        data: bytes = await self._ask("GET", path)
        return data

    async def close(self) -> None:
        """Close the browser."""
        await self._browser.close()

    async def _ask(self, method: str, path: str, **what: Any) -> Any:
        await self._be_signed_in()
        async with self._browser.request(method, self._places.origin + path, **what) as response:
            if response.status != HTTPStatus.UNAUTHORIZED:
                return await _value(response, f"{self.name} {method} {path}")
        self._signed_in = False  # the clock was moved past the session's end
        await self._be_signed_in()
        async with self._browser.request(method, self._places.origin + path, **what) as response:
            return await _value(response, f"{self.name} {method} {path}")

    async def _be_signed_in(self) -> None:
        async with self._signing_in:
            if not self._signed_in:
                await self.sign_in()
                self._signed_in = True


class Anybody:
    """Somebody whom the server does not know: the public, an owner's phone, or who sits before the sandbox's page."""

    def __init__(self, base: str, connector: aiohttp.TCPConnector) -> None:
        """`base` is the server's address."""
        self._base = base
        self._browser = aiohttp.ClientSession(connector=connector, connector_owner=False, timeout=PATIENCE)

    async def get(self, path: str, token: str = "", **query: str) -> Any:
        """Ask for a value."""
        return await self._ask("GET", path, token, params=query)

    async def post(self, path: str, body: dict[str, Any] | None = None, token: str = "") -> Any:
        """Do something; `token` is the mini-program's."""
        return await self._ask("POST", path, token, json=body or {})

    async def page(self, path: str, **query: str) -> str:
        """Read a page as text; "" where there is none."""
        async with self._browser.get(self._base + path, params=query) as response:
            return await response.text() if response.ok else ""

    async def close(self) -> None:
        """Close the browser."""
        await self._browser.close()

    async def _ask(self, method: str, path: str, token: str, **what: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self._browser.request(method, self._base + path, headers=headers, **what) as response:
            return await _value(response, f"{method} {path}")


class Cast:
    """All who play, made when they are first needed."""

    def __init__(self, places: Places, connector: aiohttp.TCPConnector) -> None:
        """Nobody has come yet."""
        self.places = places
        self._connector = connector
        self._people: dict[str, Person] = {}
        self.sandbox = Anybody(places.sandbox, connector)
        self.public = Anybody(places.origin, connector)

    def person(self, userid: str) -> Person:
        """The member with this WeCom id."""
        if userid not in self._people:
            self._people[userid] = Person(userid, self.places, self._connector)
        return self._people[userid]

    @property
    def size(self) -> int:
        """How many members have signed in so far."""
        return len(self._people)

    async def close(self) -> None:
        """Send everybody home."""
        for one in self._people.values():
            await one.close()
        await self.sandbox.close()
        await self.public.close()


@asynccontextmanager
async def assembled(places: Places) -> AsyncIterator[Cast]:
    """Gather a cast for these servers; at the end all browsers are closed."""
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    cast = Cast(places, connector)
    try:
        yield cast
    except aiohttp.ClientError as error:
        raise TourError(why=f"服务器没有应答（{type(error).__name__}）。") from error
    finally:
        await cast.close()
        await connector.close()


async def _value(response: aiohttp.ClientResponse, doing: str) -> Any:
    if response.ok and response.content_type.startswith(BYTES):
        return await response.read()
    try:
        value = await response.json(content_type=None)
    except ValueError:
        raise TourError(why=f"{doing}：得到的不是数据（HTTP {response.status}）。") from None
    if response.ok:
        return value
    words = value.get("title") or value.get("error", {}).get("message") or "没有说明"
    raise TourError(why=f"{doing}：{words}（HTTP {response.status}）")
