"""Pages of a million targets as the console asks for them: over HTTP, signed in, filters alone and together.

a coordinator with a session -> the console's routes on a loopback port -> GET, GET behind it -> milliseconds of each
"""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import aiohttp
from aiohttp import web

from handlers import console
from handlers.edge import Edge, install
from inspection.actors import Role
from models.database import Database
from models.people import Department, Grant, Member, SignIn
from services.people.signin import hashed

TOKEN = "f" * 64
PATH = "/api/console/targets"
HOUSE: Any = SimpleNamespace(origin="http://127.0.0.1", clock=SimpleNamespace(liaison_post=""))


async def page_times(database: Database, questions: int) -> list[float]:
    """Milliseconds from the request to the last byte of its answer: a first page and, where there is one, the next."""
    await _coordinator(database)
    app = web.Application()
    install(app, Edge(database=database, house=HOUSE, clock=lambda: datetime.now(UTC)), console.routes)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with aiohttp.ClientSession(address, headers={"Authorization": f"Bearer {TOKEN}"}) as browser:
            return await _ask(browser, questions)
    finally:
        await runner.cleanup()


async def _coordinator(database: Database) -> None:
    async with database.write() as db:
        department = Department(code="office", name="联席会议办公室", aliases=[], is_office=True)
        db.add(department)
        await db.flush()
        member = Member(department_id=department.id, userid="bench", name="演示协调员")
        db.add(member)
        await db.flush()
        db.add(Grant(member_id=member.id, role=Role.COORDINATOR.value))
        db.add(SignIn(token_hash=hashed(TOKEN), member_id=member.id, expires_at=datetime(2099, 1, 1, tzinfo=UTC)))


async def _ask(browser: aiohttp.ClientSession, questions: int) -> list[float]:
    chance, found = random.Random(1), []  # noqa: S311 a choice of questions, no secret
    for _ in range(questions):
        some = {
            "region": chance.choice(["", "3799", f"3799{chance.randrange(1, 16):02d}"]),
            "trade": chance.choice(["", "F", "F52", "H6210"]),
            "credit_class": chance.choice(["", "A", "D"]),
            "status": chance.choice(["", "open", "deregistered"]),
            "q": chance.choice(["", "餐饮", "金玉", "宏达顺通", "不存在的词", "9137990"]),
            "after": "",
        }
        for _page in range(2):
            began = time.perf_counter()
            async with browser.get(PATH, params=some) as response:
                page = await response.json()
                response.raise_for_status()
            found.append((time.perf_counter() - began) * 1000)
            some["after"] = page["next"] or ""
            if not some["after"]:
                break
    return found
