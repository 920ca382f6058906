"""The processes of `suicha bench publish`: the server, readers who search, a crowd of visitors, inspectors' phones.

python -m benchmarks.publish_play server URL             -> its address ; ends with its parent
python -m benchmarks.publish_play readers BASE N SECONDS ROWS -> searches as [kind, ms] ; N readers
python -m benchmarks.publish_play crowd BASE RATE SECONDS -> {"per_s", "same", "p95_ms"} ; RATE requests a second
python -m benchmarks.publish_play phones BASE SECONDS    -> latencies in ms ; reads {"tokens", "visits"} from its input
Everybody comes at the time that was planned, however slowly the others are answered (no waiting in step), and what he
waited counts from then.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import quote

import aiohttp
from aiohttp import web

from app import memory
from benchmarks.machine import folder, p95
from benchmarks.messages_play import now
from benchmarks.publish_fill import code_of, name_of, number_of
from handlers import phone, public, public_data
from handlers.edge import SESSION_COOKIE, Edge, install
from inspection.workdays import official_calendar
from models.base import KEYS
from models.blobs import LocalBlobs
from models.database import Database
from models.spool import Spool
from services.act import House, Rules

RESULTS = 1_000_000
PAUSE_S = 1.0  # between two searches of one reader, on average
POPULAR = 200  # pages that the crowd reads: some much more than others
HAS_IT = 0.5  # of the crowd's requests come from browsers that ask whether the page is still the same
PHONES_PER_S = 20


async def server(url: str) -> None:
    """Serve public pages and phones as the product does, until the parent closes our input."""
    database = Database(url)
    house = House(
        office_name="演示", lead_code="YS", origin="http://127.0.0.1", blobs=LocalBlobs(folder()),
        spool=Spool(folder() / "arriving"),
        calendar=official_calendar(), rules=Rules(), link_key=bytes(32), photo_lab=None, font=folder(),
    )  # fmt: skip
    app = web.Application()
    install(app, Edge(database=database, house=house, clock=now), phone.routes, public.routes, public_data.routes)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    memory.settle()  # as the server does once its doors are open
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()
    await database.close()


def searches(chance: random.Random, results: int) -> tuple[str, str]:
    """What one reader types, and what kind of search that is; never the same twice, but for the words everybody has."""
    some = chance.randrange(results)
    name = name_of(some)
    kinds = {
        "name": name,
        "brand": name[4:8],
        "two": name[4 + chance.randrange(3) :][:2],
        "trade": name[8:12],
        "place": name[:4] + name[8:10],
        "common": "有限公司",
        "code": code_of(some),
        "number": number_of(some),
        "nothing": f"查无此{some}",
    }
    kind = chance.choice(list(kinds))
    return kind, kinds[kind]


async def readers(base: str, count: int, seconds: float, results: int) -> None:
    """Search as `count` people who read in between; print what each search took."""
    took: list[tuple[str, float]] = []

    async def one(http: aiohttp.ClientSession, number: int) -> None:
        chance = random.Random(f"{number}/{time.time_ns()}")  # noqa: S311 made-up readers, no secret
        end = time.perf_counter() + seconds
        while True:
            await asyncio.sleep(chance.uniform(0, 2 * PAUSE_S))
            if time.perf_counter() > end:
                return
            kind, words = searches(chance, results)
            began = time.perf_counter()
            await _get(http, f"/public?q={quote(words)}")
            took.append((kind, (time.perf_counter() - began) * 1000))

    async with aiohttp.ClientSession(base, connector=aiohttp.TCPConnector(limit=0)) as http:
        await asyncio.gather(*(one(http, number) for number in range(count)))
    print(json.dumps(took), flush=True)


async def crowd(base: str, rate: float, seconds: float) -> None:
    """Read popular public pages, `rate` a second; half of the browsers have the page already."""
    chance = random.Random(1)  # noqa: S311 made-up visitors, no secret
    pages = [f"/public/results/{quote(number_of(one * 7))}" for one in range(POPULAR // 2)]
    pages += [f"/public/enterprises/{code_of(one * 7)}" for one in range(POPULAR // 2 - 1)]
    pages.insert(0, "/public")
    weights = [1 / (one + 1) for one in range(len(pages))]
    tags: dict[str, str] = {}
    same = 0

    async def one(line: _Line) -> None:
        nonlocal same
        path = chance.choices(pages, weights)[0]
        known = path in tags and chance.random() < HAS_IT
        status, tags[path] = await line.get(path, tags[path] if known else "")
        if status not in {200, 304}:
            raise RuntimeError(f"{path}: {status}")
        same += status == web.HTTPNotModified.status_code

    lines = _Lines(base)
    took, span = await _at_rate(rate, seconds, lines.over(one))
    print(json.dumps({"per_s": round(len(took) / span), "same": same, "p95_ms": p95(took)}), flush=True)


class _Line:
    """One visitor's connection, spoken by hand: a whole HTTP client would cost this machine more than the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def get(self, path: str, tag: str) -> tuple[int, str]:
        """Ask for a page, of which `tag` may be at hand already; give its status and its tag."""
        known = f"If-None-Match: {tag}\r\n" if tag else ""
        self._writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{known}\r\n".encode())
        first, *heads = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        told = {name.lower(): value for name, _, value in (head.partition(": ") for head in heads)}
        await self._reader.readexactly(int(told.get("content-length", 0)))
        return int(first.split(" ")[1]), told.get("etag", "")


class _Lines:
    """As many connections as are needed at once, each used again."""

    def __init__(self, base: str) -> None:
        self._host, self._port = base.removeprefix("http://").split(":")
        self._free: list[_Line] = []

    def over(self, one: Callable[[_Line], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        """Give what takes a free connection, does `one` over it and lays it back."""

        async def ask() -> None:
            line = self._free.pop() if self._free else _Line(*await asyncio.open_connection(self._host, self._port))
            await one(line)
            self._free.append(line)

        return ask


async def phones(base: str, seconds: float) -> None:
    """Look at the own list and at single visits, and write: accept one again."""
    given: dict[str, Any] = json.loads(sys.stdin.readline())
    chance = random.Random(2)  # noqa: S311 made-up inspectors, no secret

    async def one(http: aiohttp.ClientSession) -> None:
        phone = chance.randrange(len(given["tokens"]))
        headers = {"Cookie": f"{SESSION_COOKIE}={given['tokens'][phone]}"}
        visit = f"/api/phone/visits/{chance.choice(given['visits'][phone])}"
        what = chance.random()
        if what < 0.5:  # noqa: PLR2004
            await _get(http, "/api/phone/visits", headers)
        elif what < 0.8:  # noqa: PLR2004
            await _get(http, visit, headers)
        else:
            async with http.post(f"{visit}/accept", json={}, headers=headers) as answer:
                await answer.read()
                answer.raise_for_status()

    async with aiohttp.ClientSession(base, connector=aiohttp.TCPConnector(limit=200)) as http:
        took, _ = await _at_rate(PHONES_PER_S, seconds, lambda: one(http))
    print(json.dumps(took), flush=True)


async def _at_rate(rate: float, seconds: float, one: Callable[[], Awaitable[None]]) -> tuple[list[float], float]:
    """Begin `rate` requests a second, each at its planned time; give what each took from then, and the whole span."""
    took: list[float] = []

    async def run(planned: float) -> None:
        await one()
        took.append((time.perf_counter() - planned) * 1000)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        async for planned in _times(began, rate, seconds):
            group.create_task(run(planned))
    return took, time.perf_counter() - began


async def _times(began: float, rate: float, seconds: float) -> AsyncIterator[float]:
    for number in range(int(rate * seconds)):
        planned = began + number / rate
        if planned > time.perf_counter():
            await asyncio.sleep(planned - time.perf_counter())
        yield planned


async def _get(http: aiohttp.ClientSession, path: str, headers: dict[str, str] | None = None) -> None:
    async with http.get(path, headers=headers) as answer:
        await answer.read()
        answer.raise_for_status()


if __name__ == "__main__":
    KEYS.load({"1": bytes(32)}, "1")
    what, *words = sys.argv[1:]
    if what == "server":
        asyncio.run(server(words[0]))
    elif what == "readers":
        asyncio.run(readers(words[0], int(words[1]), float(words[2]), int(words[3])))
    elif what == "crowd":
        asyncio.run(crowd(words[0], float(words[1]), float(words[2])))
    else:
        asyncio.run(phones(words[0], float(words[1])))
