"""Faults at the edge of HTTP: the middleware that spoils answers on the WeCom and WeChat paths.

request -> refused by a fault (502, errcode, cut)? -> core -> lost, broken off, no JSON, bit by bit? -> slow? -> answer
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.sandbox.errors import RefusedError
from bot.sandbox.faults import BREAKING, Fault, FaultKind
from bot.sandbox.gateway import BUSY as SMS_BUSY
from bot.sandbox.keys import CLOSING, STATE
from bot.sandbox.sms import PATH as SMS_PATH
from bot.sandbox.tokens import EXPIRED

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

WIRE = ("/cgi-bin/", "/sns/", "/wxa/", "/sms", "/province/")
ERRCODES = {
    FaultKind.RATE_LIMITED: RefusedError(45009, "api freq out of limit"),
    FaultKind.BUSY: RefusedError(-1, "system busy"),
    FaultKind.TOKEN_EXPIRED: RefusedError(EXPIRED, "access_token expired"),
}
REFUSING = {*ERRCODES, FaultKind.ERRCODE}
PIECES = 16


@web.middleware
async def spoil(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count a request on the wire and let the faults in force strike it."""
    if not request.path.startswith(WIRE):
        return await handler(request)
    state = request.app[STATE]
    state.counters[request.path] += 1
    slow = state.faults.take(FaultKind.SLOW, path=request.path)
    broken = state.faults.take(*BREAKING, path=request.path)
    response = await (_spoilt(request, handler, broken) if broken else handler(request))
    if slow is not None:
        await _wait(request.app[CLOSING], slow.seconds)
    return response


async def _spoilt(request: web.Request, handler: Handler, fault: Fault) -> web.StreamResponse:
    kind = fault.kind
    if kind is FaultKind.BAD_GATEWAY:
        return web.Response(status=502, text="<html><h1>502 Bad Gateway</h1></html>", content_type="text/html")
    if kind is FaultKind.RESET:
        _cut(request)
        return web.Response()
    if kind in REFUSING:
        return _refusal(request, fault)
    response = await handler(request)
    if kind is FaultKind.NOT_JSON:
        return web.Response(text="<html>login to the network first</html>", content_type="text/html")
    if kind is FaultKind.LOST_ANSWER:
        _cut(request)
    elif isinstance(response, web.Response):
        return await _in_pieces(request, response, fault)
    return response


def _refusal(request: web.Request, fault: Fault) -> web.Response:
    """An errcode in the words of whoever is asked; a token that is said to have ended has ended."""
    if request.path.startswith((SMS_PATH, "/province/")):  # these know their own few words only: 1 is "busy"
        return web.json_response({"code": fault.code or SMS_BUSY})
    if fault.kind is FaultKind.TOKEN_EXPIRED:
        state = request.app[STATE]
        state.tokens.rotate()
        state.mini_tokens.rotate()
    refused = ERRCODES.get(fault.kind, RefusedError(fault.code, "by the sandbox's fault"))
    return web.json_response(refused.answer())


async def _in_pieces(request: web.Request, whole: web.Response, fault: Fault) -> web.StreamResponse:
    """An answer that comes bit by bit, or breaks off in its middle."""
    body = whole.body if isinstance(whole.body, bytes) else b""
    size = max(1, len(body) // PIECES)
    answer = web.StreamResponse(headers={"Content-Length": str(len(body)), "Content-Type": whole.content_type})
    await answer.prepare(request)
    with contextlib.suppress(ConnectionError):  # whoever asked did not wait
        for start in range(0, len(body), size):
            await answer.write(body[start : start + size])
            if fault.kind is FaultKind.CUT_ANSWER:
                _cut(request)
                break
            await _wait(request.app[CLOSING], fault.seconds / PIECES)
    return answer


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


async def _wait(closing: asyncio.Event, seconds: float) -> None:
    """Hold an answer back, but not beyond the closing of the server."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await closing.wait()
