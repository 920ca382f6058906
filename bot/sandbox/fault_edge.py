"""Faults at the edge of HTTP: the middleware that spoils answers on the WeCom and WeChat paths.

request -> refused by a fault (502, 45009, -1, 42001)? -> core -> lost or not JSON? -> slow? -> answer
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.sandbox.errors import RefusedError
from bot.sandbox.faults import BREAKING, FaultKind
from bot.sandbox.keys import CLOSING, STATE
from bot.sandbox.state import Sandbox
from bot.sandbox.tokens import EXPIRED

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

WIRE = ("/cgi-bin/", "/sns/")
ERRCODES = {
    FaultKind.RATE_LIMITED: RefusedError(45009, "api freq out of limit"),
    FaultKind.BUSY: RefusedError(-1, "system busy"),
    FaultKind.TOKEN_EXPIRED: RefusedError(EXPIRED, "access_token expired"),
}


@web.middleware
async def spoil(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count a request on the wire and let the faults in force strike it."""
    if not request.path.startswith(WIRE):
        return await handler(request)
    state = request.app[STATE]
    state.counters[request.path] += 1
    slow = state.faults.take(FaultKind.SLOW, path=request.path)
    broken = state.faults.take(*BREAKING, path=request.path)
    response = await _answer(request, handler, broken.kind if broken else None)
    if slow is not None:
        await _wait(request.app[CLOSING], slow.seconds)
    return response


async def _answer(request: web.Request, handler: Handler, kind: FaultKind | None) -> web.StreamResponse:
    if kind is FaultKind.BAD_GATEWAY:
        return web.Response(status=502, text="<html><h1>502 Bad Gateway</h1></html>", content_type="text/html")
    if kind in ERRCODES:
        if kind is FaultKind.TOKEN_EXPIRED:
            _rotate(request.app[STATE])
        return web.json_response(ERRCODES[kind].answer())
    response = await handler(request)
    if kind is FaultKind.NOT_JSON:
        return web.Response(text="<html>login to the network first</html>", content_type="text/html")
    if kind is FaultKind.LOST_ANSWER and request.transport is not None:
        request.transport.abort()
    return response


def _rotate(state: Sandbox) -> None:
    state.tokens.rotate()
    state.mini_tokens.rotate()


async def _wait(closing: asyncio.Event, seconds: float) -> None:
    """Hold an answer back, but not beyond the closing of the server."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await closing.wait()
