"""Where the sandbox's application keeps its parts."""

from __future__ import annotations

import asyncio

from aiohttp import web

from bot.sandbox.callbacks import Courier
from bot.sandbox.state import Sandbox

STATE = web.AppKey("sandbox", Sandbox)
COURIER = web.AppKey("courier", Courier)
CLOSING = web.AppKey("closing", asyncio.Event)
