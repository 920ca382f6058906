"""The one place that opens connections to WeCom and WeChat, and the bridge that lets a synchronous SDK use it.

async code -> Transport.call(sdk method) -> [greenlet: the SDK as it is] -> Transport.request -> wait_for(aiohttp)

The SDK is written for `requests`. It runs unchanged inside a greenlet; where it would block on the network, the
greenlet hands the awaitable to the coroutine outside and sleeps until the answer is there (wecom.md 1.5 B; the way
SQLAlchemy's async engine works). No thread is spent and the loop never waits.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Any, Self

import aiohttp
import requests
from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]

CONNECTIONS = 100


class NotSentError(requests.ConnectionError):
    """No connection came about: the request certainly was not taken."""


class LostAnswerError(requests.Timeout):
    """The request went out and no whole answer came back: it may have been taken."""


class _Bridge(greenlet):  # type: ignore[misc]
    """A greenlet that remembers the one to hand awaitables to."""

    def __init__(self, work: Callable[..., Any]) -> None:
        outside = getcurrent()
        super().__init__(work, outside)
        self.gr_context = outside.gr_context  # context variables (log fields) are seen inside


def wait_for(awaitable: Awaitable[Any]) -> Any:
    """Await from synchronous code that runs under `Transport.call`; RuntimeError elsewhere."""
    here = getcurrent()
    if not isinstance(here, _Bridge) or here.parent is None:
        raise RuntimeError("the SDK is called without Transport.call")
    return here.parent.switch(awaitable)


class Transport:
    """Stands where the SDK has a `requests.Session`; closed with `async with` or `close`."""

    def __init__(self, *, timeout_s: float, vendor_origin: str = "", api_base: str = "") -> None:
        """Take the whole call's limit in seconds; addresses at `vendor_origin` go to `api_base` instead."""
        self._timeout = aiohttp.ClientTimeout(total=timeout_s, sock_connect=timeout_s / 2)
        self._vendor_origin = vendor_origin
        self._api_base = api_base
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    async def call(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run an SDK method; whatever it raises comes out here."""
        bridge = _Bridge(work)
        asked = bridge.switch(*args, **kwargs)
        while not bridge.dead:
            try:
                answer = await asked
            except BaseException:  # noqa: BLE001 - cancellation too belongs to the code that waits
                asked = bridge.throw(*sys.exc_info())
            else:
                asked = bridge.switch(answer)
        return asked

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        data: bytes | None = None,
        timeout: float | None = None,  # noqa: ARG002 - the SDK's argument; this transport has one limit for all
    ) -> requests.Response:
        """`requests.Session.request`, as far as the SDK uses it."""
        # The SDK writes WeCom's host into some addresses; replacing it here reaches all of them.
        if self._vendor_origin and url.startswith(self._vendor_origin):
            url = self._api_base + url[len(self._vendor_origin) :]
        status, body = wait_for(self.exchange(method, url, params=params, data=data))
        response = requests.Response()
        response.status_code = status
        response.url = url.split("?", 1)[0]
        response._content = body  # noqa: SLF001 - how requests' own adapters are faked; there is no public way
        return response

    def get(self, url: str, **kwargs: Any) -> requests.Response:
        """`requests.Session.get`, as far as the SDK uses it."""
        return self.request("GET", url, **kwargs)

    async def exchange(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        data: bytes | aiohttp.FormData | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """Send `data` as it is and return (HTTP status, body); raises NotSentError or LostAnswerError."""
        query = {key: str(value) for key, value in (params or {}).items()}
        kind = {"Content-Type": "application/json; charset=utf-8"} if isinstance(data, bytes) else {}
        headers = {**kind, **(headers or {})}
        try:
            async with self._open().request(
                method, url, params=query, data=data, headers=headers, allow_redirects=False
            ) as answer:
                return answer.status, await answer.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotSentError(type(error).__name__) from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise LostAnswerError(type(error).__name__) from None

    async def download(self, url: str, *, params: Mapping[str, Any], most_bytes: int) -> tuple[int, str, bytes | None]:
        """Fetch a file: (HTTP status, content type, bytes; None as soon as they are more than `most_bytes`)."""
        query = {key: str(value) for key, value in params.items()}
        return await self.fetch("GET", url, params=query, most_bytes=most_bytes)

    async def fetch(self, method: str, url: str, *, most_bytes: int, **rest: Any) -> tuple[int, str, bytes | None]:
        """Ask anybody for an answer of at most `most_bytes`, as `download`; `rest` as aiohttp takes it."""
        try:
            async with self._open().request(method, url, allow_redirects=False, **rest) as answer:
                pieces = bytearray()
                async for piece in answer.content.iter_chunked(1 << 18):
                    pieces += piece
                    if len(pieces) > most_bytes:
                        return answer.status, answer.content_type, None
                return answer.status, answer.content_type, bytes(pieces)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotSentError(type(error).__name__) from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise LostAnswerError(type(error).__name__) from None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=self._timeout,
                connector=aiohttp.TCPConnector(limit=CONNECTIONS),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session
