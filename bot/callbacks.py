"""The address that WeCom pushes to: verified, stored, answered at once; worked later by `bot.inbox`.

GET  -> answer_verification -> the plain echo
POST -> open_callback -> inbox row (a repeat is ignored) -> commit -> 200, empty -> wake the worker

WeCom repeats a push up to three times when it hears nothing within five seconds (90930); answering only after the
commit means that what it stops repeating is ours.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime

import structlog
from aiohttp import web

from bot.codec import MOST_BYTES, CallbackRefusedError, answer_verification, open_callback
from bot.wecom import WeComSettings
from models.database import Database
from models.store import inbox

PATH = "/wecom/callback"
NOT_OURS = {"signature", "corp", "stale", "timestamp"}  # 403; whatever cannot be read at all: 400

log = structlog.get_logger(__name__)


class CallbackCounts(Counter[str]):
    """How many pushes were stored, repeated or refused (by reason), for the dashboard."""


def callback_routes(
    database: Database,
    settings: WeComSettings,
    clock: Callable[[], datetime],
    wake: asyncio.Event,
    counts: CallbackCounts,
) -> list[web.RouteDef]:
    """Make the two routes; `wake` is set after each stored push."""

    async def verify(request: web.Request) -> web.Response:
        try:
            return web.Response(body=answer_verification(request.query, settings))
        except CallbackRefusedError as refusal:
            return _refuse(refusal, counts)

    async def receive(request: web.Request) -> web.Response:
        try:
            event = open_callback(request.query, await _body(request), settings, clock())
        except CallbackRefusedError as refusal:
            return _refuse(refusal, counts)
        async with database.write() as db:
            new = await inbox.keep(
                db,
                digest=event.digest,
                event_key=event.event_key,
                kind=event.kind,
                payload=json.dumps(event.fields, ensure_ascii=False),
                now=clock(),
            )
        counts["stored" if new else "repeated"] += 1
        wake.set()
        return web.Response()

    return [web.get(PATH, verify, allow_head=False), web.post(PATH, receive)]


async def _body(request: web.Request) -> bytes:
    if (request.content_length or 0) > MOST_BYTES:
        raise CallbackRefusedError("too-large")
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:  # no length was given, and more than the application's limit came
        raise CallbackRefusedError("too-large") from None


def _refuse(refusal: CallbackRefusedError, counts: CallbackCounts) -> web.Response:
    counts[refusal.reason] += 1
    log.warning("callback refused", reason=refusal.reason)
    return web.Response(status=403 if refusal.reason in NOT_OURS else 400)
