"""Issue 5, "Speed": draining 10,000 different messages beside raw aiohttp, callbacks meanwhile, claim and settle.

sandbox (own process, 20 ms an answer) <- raw aiohttp, then our sender, with the same bytes' worth and parallelism

ratio_drain_*   messages a second, ours over raw: the whole way from `waiting` to `accepted`, commits included
loop_block_ms   the longest time for which the sender's loop answered nobody, by its own clock
callback_*      one process that serves callbacks and pushes 10,000 messages, asked from another process
ratio_claim_*   `benchmarks.messages_claim`
Best of the runs: the machine is shared, and what others take away says nothing of us.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import psycopg
from aiohttp import web
from sqlalchemy import func, select

from app import memory
from benchmarks import messages_claim
from benchmarks.machine import POSTGRES, folder, log, machine, median
from benchmarks.messages_play import AES_KEY, CORP, TOKEN, now, sealed_click, sender_of, userid, wecom_settings
from bot import render
from bot.callbacks import PATH, CallbackCounts, callback_routes
from bot.sandbox.cipher import CallbackCipher
from inspection.actors import SYSTEM
from inspection.notices import Button, Notice, NoticeKind
from models.base import KEYS, new_id
from models.database import Database, run_sync_write
from models.results import Outbox
from models.schema import Base
from services.act import Act
from services.people.notices import Letter, tell_many

MESSAGES, RUNS, PARALLEL, SENDERS = 10_000, 3, 16, 4
PUSHES, PAUSE_MS, ALONE = 400, 15.0, 500
BEAT_S = 0.002
_PG_NAME = f"suicha_bench_messages_{os.getpid()}"


def run(rows: int = MESSAGES, runs: int = RUNS) -> dict[str, Any]:
    """Measure all; a PostgreSQL that does not answer leaves its figures empty."""
    KEYS.load({"1": bytes(32)}, "1")
    rows = min(rows, MESSAGES)
    with _sandbox() as base, _databases() as urls:
        found: dict[str, Any] = {}
        for name, url in urls.items():
            found[name] = [asyncio.run(_drains(url, base, rows)) for _ in range(runs)]
        calls = [asyncio.run(_callbacks(urls["sqlite"], base, rows)) for _ in range(runs)]
        claims = {name: messages_claim.measure(url, runs) for name, url in urls.items()}
    figures: dict[str, Any] = {"messages": rows, "runs": runs, "parallel": PARALLEL}
    for name in ("sqlite", "pg"):
        some = found.get(name)
        figures[f"ratio_drain_{name}"] = max(min(one["ratio"], one["ratio_four"]) for one in some) if some else None
        figures[f"ratio_claim_{name}"] = claims[name]["ratio"] if name in claims else None
    drains = [one for some in found.values() for one in some]
    figures["loop_block_ms"] = max(min(one["loop_block_ms"] for one in some) for some in found.values())
    figures["loop_block_ms_runs"] = [one["loop_block_ms"] for one in drains]
    for key in ("callback_p50_ms", "callback_p99_ms", "callback_cpu_ms"):
        figures[key] = min(one[key] for one in calls)
    return {**figures, "drains": found, "callbacks": calls, "claims": claims, "machine": machine()}


async def _drains(url: str, base: str, rows: int) -> dict[str, Any]:
    """Raw, ours with one sender, ours with four processes: messages a second."""
    raw = await _raw(base, rows)
    database = await _filled(url, rows)
    one, block_ms = await _drain(database, base)
    await _sent(database, rows)
    await database.close()
    database = await _filled(url, rows)
    four = await _drain_by_four(url, base)
    await _sent(database, rows)
    await database.close()
    log(f"raw {rows / raw:.0f}/s, one sender {rows / one:.0f}/s, four {rows / four:.0f}/s, block {block_ms} ms")
    return {
        "raw_per_s": round(rows / raw),
        "one_per_s": round(rows / one),
        "four_per_s": round(rows / four),
        "ratio": round(raw / one, 3),
        "ratio_four": round(raw / four, 3),
        "loop_block_ms": block_ms,
    }


async def _raw(base: str, rows: int) -> float:
    """Seconds that bare aiohttp needs for as many messages, as different, at the same parallelism."""
    bodies = [_body(number) for number in range(rows)]
    waiting = iter(bodies)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=100)) as http:
        settings = wecom_settings(base)
        query = {"corpid": CORP, "corpsecret": settings.secret}
        async with http.get(f"{base}/cgi-bin/gettoken", params=query) as answer:
            token = (await answer.json())["access_token"]

        async def post() -> None:
            for body in waiting:
                async with http.post(
                    f"{base}/cgi-bin/message/send", params={"access_token": token}, data=body
                ) as answer:
                    if json.loads(await answer.read())["errcode"] != 0:
                        raise RuntimeError("the sandbox refused a message of the reference")

        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(PARALLEL):
                group.create_task(post())
        return time.perf_counter() - began


def _notice(number: int) -> Notice:
    return Notice(
        kind=NoticeKind.ASSIGNED_MEMBER,
        document_no=f"演示抽查〔2026〕{number:05d}号",
        title="您被抽为检查组成员",
        summary="请在两个工作日内接受任务，并按期完成现场检查。",
        facts=(("对象", f"演示企业{number:05d}"), ("期限", "2026年12月4日")),
        path=f"/m/visits/{number:032x}",
        buttons=(Button(key=f"accept:{number:032x}", text="接受"),),
    )


def _body(number: int) -> bytes:
    return render.member_message(
        _notice(number),
        row_id=new_id(),
        userid=userid(number),
        agent_id=wecom_settings("").agent_id,
        origin="http://127.0.0.1:8080",
        as_text=False,
    )


async def _filled(url: str, rows: int) -> Database:
    """An empty database but for the messages, all due."""
    database = Database(url)
    await run_sync_write(database, Base.metadata.drop_all)
    await run_sync_write(database, Base.metadata.create_all)
    letters = [
        Letter(
            userid=userid(number),
            notice=_notice(number),
            department_id="d",
            subject=f"visit:{number:032x}",
            dedupe_key=f"bench/{number}",
        )
        for number in range(rows)
    ]
    async with database.write() as db:
        act = Act(db=db, actor=SYSTEM, now=now(), house=None)  # type: ignore[arg-type]  # telling asks nothing of it
        for start in range(0, rows, 400):  # as many acts: bulk would rest in the minutes 0 and 30
            await tell_many(act, letters[start : start + 400])
    return database


async def _sent(database: Database, rows: int) -> None:
    async with database.read() as db:
        found = await db.scalar(select(func.count()).select_from(Outbox).where(Outbox.status == "accepted"))
    if found != rows:
        raise RuntimeError(f"{found} of {rows} messages were accepted")


async def _drain(database: Database, base: str) -> tuple[float, float]:
    """Seconds of one drain, and the longest block of its loop in ms."""
    sender, wecom, wechat = sender_of(database, base, PARALLEL)
    memory.settle()  # as the server does once its doors are open
    async with _beating() as beats:
        began = time.perf_counter()
        await sender.drain()
        seconds = time.perf_counter() - began
    await wecom.close()
    await wechat.close()
    return seconds, round(max(beats), 1)


@asynccontextmanager
async def _beating() -> AsyncIterator[list[float]]:
    """Ask the loop every 2 ms for a sign of life; gives how many ms too late each came."""
    late: list[float] = []

    async def beat() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(BEAT_S)
            late.append((time.perf_counter() - began - BEAT_S) * 1000)

    task = asyncio.create_task(beat())
    yield late
    task.cancel()


async def _drain_by_four(url: str, base: str) -> float:
    """Seconds that four processes need, together at the same parallelism."""
    children = [_child("sender", url, base, str(PARALLEL // SENDERS)) for _ in range(SENDERS)]
    try:
        for child in children:
            await asyncio.to_thread(_hear, child)
        began = time.perf_counter()
        for child in children:
            _tell(child, "go\n")
        for child in children:
            await asyncio.to_thread(_hear, child)
        return time.perf_counter() - began
    finally:
        for child in children:
            _end(child)


async def _callbacks(url: str, base: str, rows: int) -> dict[str, float]:
    """Latencies of callbacks while the same process pushes, and the CPU of one when it does nothing else."""
    database = await _filled(url, rows)
    app = web.Application()
    app.add_routes(callback_routes(database, wecom_settings(base), now, asyncio.Event(), CallbackCounts()))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}{PATH}"
    sender, wecom, wechat = sender_of(database, base, PARALLEL)
    memory.settle()
    draining = asyncio.create_task(sender.drain())
    took = await asyncio.to_thread(_pushed, address, PUSHES, PAUSE_MS)
    under_way = not draining.done()
    await draining
    cpu = await _cpu_of_one(address)
    for one in (wecom, wechat):
        await one.close()
    await runner.cleanup()
    await database.close()
    return {
        "callback_p50_ms": median(took),
        "callback_p99_ms": round(sorted(took)[int(len(took) * 0.99) - 1], 1),
        "callback_cpu_ms": round(cpu, 2),
        "push_under_way_to_the_end": float(under_way),
    }


async def _cpu_of_one(address: str) -> float:
    """Milliseconds of CPU, all threads, that this process spends on one callback; the asking is another's."""
    child = _child("pushes", address, str(ALONE), "0")
    cipher = CallbackCipher(TOKEN, AES_KEY, CORP)
    sealed_click(cipher, 0)
    began = time.process_time()
    await asyncio.to_thread(_hear, child)
    spent = time.process_time() - began
    _end(child)
    return spent / ALONE * 1000


def _pushed(address: str, count: int, pause_ms: float) -> list[float]:
    child = _child("pushes", address, str(count), str(pause_ms))
    try:
        return [float(one) for one in json.loads(_hear(child))]
    finally:
        _end(child)


@contextmanager
def _sandbox() -> Iterator[str]:
    child = _child("sandbox")
    try:
        yield _hear(child)
    finally:
        _end(child)


@contextmanager
def _databases() -> Iterator[dict[str, str]]:
    path = folder() / "messages.db"
    urls = {"sqlite": f"sqlite+aiosqlite:///{path}"}
    try:
        admin = psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError:
        log("PostgreSQL does not answer: its figures are left out")
        admin = None
    try:
        if admin is not None:
            admin.execute(f'CREATE DATABASE "{_PG_NAME}"')
            urls["pg"] = POSTGRES.rsplit("/", 1)[0].replace("postgresql://", "postgresql+psycopg://") + f"/{_PG_NAME}"
        yield urls
    finally:
        if admin is not None:
            admin.execute(f'DROP DATABASE IF EXISTS "{_PG_NAME}" WITH (FORCE)')
            admin.close()
        for suffix in ("", "-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)


def _child(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 our own module
        [sys.executable, "-m", "benchmarks.messages_play", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _hear(child: subprocess.Popen[str]) -> str:
    line = child.stdout.readline() if child.stdout else ""
    if not line:
        raise RuntimeError("a process of the benchmark ended early")
    return line.strip()


def _tell(child: subprocess.Popen[str], words: str) -> None:
    if child.stdin:
        child.stdin.write(words)
        child.stdin.flush()


def _end(child: subprocess.Popen[str]) -> None:
    if child.stdin:
        child.stdin.close()
    child.wait(timeout=30)
    if child.stdout:
        child.stdout.close()
