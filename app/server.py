"""The server: a house with its doors open, its sender, inbox and clock at work in one nursery.

build -> migrate -> application -> (sender | inbox | ticks) -> serve until stopped -> close
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from aiohttp import web

from app import memory, verify_archive
from app.ground import REPOSITORY
from app.house import Parts, openid_of, phone_of
from bot.callbacks import CallbackCounts, callback_routes
from handlers import (
    approvals,
    archives,
    auth,
    calls,
    clock,
    clues,
    console,
    corrections,
    demo,
    departments,
    disposal,
    figures,
    filings,
    followups,
    forms,
    imports,
    inspectors,
    libraries,
    lists,
    owners,
    phone,
    plans,
    policies,
    province,
    public,
    public_data,
    public_visits,
    renewals,
    replacements,
    room,
    site_papers,
    together,
    uploads,
)
from handlers.archives import CHECKER
from handlers.auth import IDENTITY, Identity
from handlers.demo import DEMO, DemoOffice
from handlers.edge import Edge, install
from handlers.inspectors import ADDRESS_BOOK
from handlers.owners import PHONE_OF, TEMPLATE
from handlers.pages import add_security_headers, install_pages, load_pages
from handlers.problems import explain
from handlers.province import PLATFORM
from inspection.errors import SuichaError
from scheduler.clock import Tick, build_scheduler
from services.clock.leader import BEAT_SECONDS

TICK_SECONDS = 30
CONTACTS_SECONDS = 6 * 3600  # events tell of changes at once; the full run finds what they missed
SWEEP_SECONDS = 3600
ARCHIVES_SECONDS = 3  # a person is looking at the page
DESTROY_SECONDS = 15
DIST = REPOSITORY / "web" / "dist"
SHUTDOWN_SECONDS = 3.0


class PortTakenError(SuichaError):
    """端口 {port} 已被其他程序占用。"""

    code = "port-taken"
    action = "请关闭占用它的程序，或换一个端口：配置中的 [server] port，演示办公室用 make run PORT=… SANDBOX_PORT=…"


# Every list of routes; the demo office brings one more.
DOORS = (
    auth.routes,
    phone.routes,
    uploads.routes,
    together.routes,
    site_papers.routes,
    console.routes,
    clock.routes,
    imports.routes,
    approvals.routes,
    calls.routes,
    followups.routes,
    archives.routes,
    province.routes,
    clues.routes,
    figures.routes,
    corrections.routes,
    lists.routes,
    forms.routes,
    libraries.routes,
    inspectors.routes,
    renewals.routes,
    filings.routes,
    policies.routes,
    departments.routes,
    disposal.routes,
    plans.routes,
    replacements.routes,
    room.routes,
    public.routes,
    public_visits.routes,
    owners.routes,
    public_data.routes,
)


def build_app(parts: Parts, demo_office: DemoOffice | None = None, dist: Path = DIST) -> web.Application:
    """Hang every door into one application."""
    settings = parts.settings
    app = web.Application(middlewares=[explain])
    app[IDENTITY] = Identity(
        oauth_base=settings.wecom.oauth_base,
        corp_id=settings.wecom.corp_id,
        agent_id=settings.wecom.agent_id,
        origin=parts.house.origin,
        userid_of=parts.wecom.userid_for_code,
        openid_of=openid_of(parts),
        demo=demo_office is not None,
    )
    app[ADDRESS_BOOK] = parts.address_book
    app[CHECKER] = lambda path, key: verify_archive.check(path, key).findings
    app[PHONE_OF] = phone_of(parts)
    app[PLATFORM] = parts.province
    app[TEMPLATE] = settings.wechat.template_visit
    edge = Edge(
        database=parts.database,
        house=parts.house,
        clock=parts.clock,
        upload_limit=settings.server.max_upload_mb << 20,
    )
    install(app, edge, *DOORS)
    if demo_office is not None:
        app[DEMO] = demo_office
        install(app, edge, demo.routes)
    app.add_routes(
        callback_routes(parts.database, parts.wecom.settings, parts.clock, parts.wake_inbox, CallbackCounts())
    )
    app.router.add_get("/healthz", _healthy)
    install_pages(app, load_pages(dist))
    app.on_response_prepare.append(add_security_headers)
    return app


async def _healthy(_request: web.Request) -> web.Response:
    return web.json_response({"ok": True})


@asynccontextmanager
async def at_work(parts: Parts) -> AsyncIterator[None]:
    """Run sender, inbox and ticks beside whatever the caller does; all of them end with it."""
    stop = asyncio.Event()
    ticks = [
        Tick(name="remind", every_s=TICK_SECONDS, work=parts.remind),
        Tick(name="lead", every_s=BEAT_SECONDS, work=parts.leader.term),
        Tick(name="archives", every_s=ARCHIVES_SECONDS, work=parts.make_archives),
        Tick(name="destroy", every_s=DESTROY_SECONDS, work=parts.destroy_files),
        Tick(name="uploads", every_s=SWEEP_SECONDS, work=parts.sweep_uploads),
        Tick(name="contacts", every_s=CONTACTS_SECONDS, work=parts.sync_contacts),
    ]
    scheduler = build_scheduler(ticks)
    failed: Exception | None = None
    async with asyncio.TaskGroup() as nursery:
        nursery.create_task(parts.sender.run(stop, parts.wake_sender))
        nursery.create_task(parts.inbox.run(stop, parts.wake_inbox))
        nursery.create_task(parts.errands.run(stop, parts.wake_errands))
        scheduler.start()
        try:
            yield
        except Exception as error:  # noqa: BLE001 told again below: a nursery would wrap the caller's own error
            failed = error
        finally:
            scheduler.shutdown(wait=False)
            stop.set()
            parts.wake_sender.set()
            parts.wake_inbox.set()
            parts.wake_errands.set()
    if failed is not None:
        raise failed


@asynccontextmanager
async def listening(app: web.Application, host: str, port: int) -> AsyncIterator[int]:
    """Listen and give the port (0: a free one was taken); PortTakenError says so in one sentence."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise PortTakenError(port=port) from error
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def serve(parts: Parts, stop: asyncio.Event) -> None:
    """Serve until `stop`."""
    server = parts.settings.server
    async with at_work(parts), listening(build_app(parts), server.host, server.port):
        memory.settle()
        with suppress(asyncio.CancelledError):
            await stop.wait()
