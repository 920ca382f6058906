"""The sandbox as a server.

create_sandbox_app -> routes + faults + courier ; start_sandbox -> listens -> RunningSandbox(base_url, state, close)
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from bot.sandbox.callbacks import Courier
from bot.sandbox.fault_edge import spoil
from bot.sandbox.keys import CLOSING, COURIER, STATE
from bot.sandbox.oauth_pages import add_oauth_routes
from bot.sandbox.page import add_page_files
from bot.sandbox.page_json import explain
from bot.sandbox.page_office import add_office_routes
from bot.sandbox.page_phones import add_phone_routes
from bot.sandbox.province import add_province_routes
from bot.sandbox.settings import SandboxSettings
from bot.sandbox.sms import add_sms_routes
from bot.sandbox.state import Sandbox
from bot.sandbox.wire import add_wire_routes

MOST_BODY_BYTES = 21 * 2**20  # the largest file WeCom takes, and a little
SHUTDOWN_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class RunningSandbox:
    """A sandbox that listens. `base_url` is the api_base for a client, without a slash at its end."""

    base_url: str
    state: Sandbox
    courier: Courier
    _runner: web.AppRunner

    async def settled(self) -> None:
        """Wait until every callback on its way has its outcome."""
        await self.courier.settled()

    async def close(self) -> None:
        """Stop listening; callbacks on their way are cancelled, listeners sent home."""
        await self._runner.cleanup()


def create_sandbox_app(settings: SandboxSettings, *, now: Callable[[], datetime]) -> web.Application:
    """Build the application. `now` returns an aware datetime and is asked whenever time matters."""
    app = web.Application(middlewares=[spoil, explain], client_max_size=MOST_BODY_BYTES)
    state = Sandbox(settings, now)
    app[STATE] = state
    app[COURIER] = Courier(state)
    app[CLOSING] = asyncio.Event()
    add_wire_routes(app)
    add_oauth_routes(app)
    add_office_routes(app)
    add_phone_routes(app)
    add_sms_routes(app)
    add_province_routes(app)
    add_page_files(app)
    app.on_response_prepare.append(_say_who_answers)
    app.on_shutdown.append(_send_home)
    app.cleanup_ctx.append(_courier_at_work)
    return app


async def _say_who_answers(_request: web.Request, response: web.StreamResponse) -> None:
    """The page's shared code takes no answer without this header for one of ours (handlers.pages)."""
    response.headers["Suicha-Answer"] = "1"


async def start_sandbox(settings: SandboxSettings, host: str, port: int, now: Callable[[], datetime]) -> RunningSandbox:
    """Start a sandbox on `host`:`port` (0: a free port). Raises OSError when the port is taken."""
    app = create_sandbox_app(settings, now=now)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
    except OSError:
        await runner.cleanup()
        raise
    bound = runner.addresses[0][1]
    return RunningSandbox(base_url=f"http://{host}:{bound}", state=app[STATE], courier=app[COURIER], _runner=runner)


async def _send_home(app: web.Application) -> None:
    """End slow answers and event streams, so that closing does not wait for them."""
    app[CLOSING].set()
    app[STATE].feed.close()


async def _courier_at_work(app: web.Application) -> AsyncIterator[None]:
    """Keep the courier's nursery open in one task of its own: start-up and cleanup may run in two different ones."""
    ready, done = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        async with app[COURIER].working():
            ready.set()
            await done.wait()

    task = asyncio.get_running_loop().create_task(work())
    await ready.wait()
    yield
    done.set()
    await task
