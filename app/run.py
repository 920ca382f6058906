"""What the commands do, as functions: settings in, something runs or is reported, everything is closed at the end.

run_server, run_demo, run_sandbox: until SIGTERM or SIGINT        migrate_once, import_file: one transaction and out
"""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app import memory, samples
from app.clock import DemoClock, system_clock
from app.demo import RunningDemo, demo_settings, open_demo, open_sandbox
from app.ground import load_keys, open_database
from app.house import Clock, Parts, build
from app.menu import make_menu
from app.migrate import migrate
from app.server import serve
from app.settings import Settings
from app.tour.people import Places, TourError
from app.tour.play import Outcome, leave_work, play
from app.tour.stage import Stage
from bot.sandbox import Member as SandboxMember
from inspection.actors import SYSTEM
from inspection.errors import InvalidInputError
from services.act import Act
from services.imports import Report, read_file, run_import
from services.registers import exports

PLAYED = "tour.json"  # in the demo's folder: the tour was played here, and how it went


def clock_of(settings: Settings) -> Clock:
    """The clock of this installation: in a demo office the one that may be moved."""
    return DemoClock(settings.demo.folder / "clock.json") if settings.demo.enabled else system_clock


@asynccontextmanager
async def house_of(settings: Settings) -> AsyncIterator[Parts]:
    """Put a house together with its tables up to date, doors closed."""
    parts = build(settings, clock_of(settings))
    try:
        await migrate(parts.database)
        yield parts
    finally:
        await parts.close()


def stopped_by_signals() -> asyncio.Event:
    """Give an event that SIGTERM and SIGINT set; what is under way then ends in good order."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


async def run_server(settings: Settings, stage: Stage) -> None:
    """Migrate and serve until stopped; a configuration with [demo] enabled opens the demo office without a tour."""
    stop = stopped_by_signals()
    if settings.demo.enabled:
        async with open_demo(settings, whole=True) as demo:
            _show_doors(demo, settings.demo.folder, stage)
            await stop.wait()
    else:
        async with house_of(settings) as parts:
            stage.say(f"{settings.office.name}：{settings.server.origin}（监听 {settings.server.host}）")
            await serve(parts, stop)
    stage.say("已停止，数据完好。")


async def run_demo(folder: Path, ports: tuple[int, int], stage: Stage, *, tour: bool) -> None:
    """Open the demo office in `folder` on (server, sandbox) ports, play the tour there once, stay until stopped."""
    stop = stopped_by_signals()
    settings = demo_settings(folder, *ports)
    async with open_demo(settings, whole=True) as demo:
        memory.settle()
        if tour and not (folder / PLAYED).exists():
            stage.say("第一次启动：在演示办公室里完整演示一遍，约需半分钟。")
            await unless_stopped(stop, _play_here(demo, settings, stage))
        if not stop.is_set():
            _show_doors(demo, folder, stage)
        await stop.wait()
    stage.say("已停止，数据完好。")


async def unless_stopped(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Do the work, but leave it as soon as `stop` is set."""
    async with asyncio.TaskGroup() as group:
        tasks = {group.create_task(work), group.create_task(_wait(stop))}
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()


async def _wait(stop: asyncio.Event) -> None:
    await stop.wait()


async def _play_here(demo: RunningDemo, settings: Settings, stage: Stage) -> None:
    """Play the tour in the running office; one that breaks off leaves an office that can be used all the same."""
    folder = settings.demo.folder
    places = Places(origin=demo.origin, sandbox=demo.sandbox.base_url, template=settings.wechat.template_visit)
    try:
        outcome = await play(places, stage, folder)
        stage.say("再留下一项进行到一半的任务，供您试用：")
        await leave_work(places, stage)
    except TourError as error:
        stage.say(f"{error.sentence()} {error.action}")
        return
    text = json.dumps(outcome.as_data(), ensure_ascii=False, indent=1)
    await asyncio.to_thread((folder / PLAYED).write_text, text, "utf-8")
    stage.say(closing_words(outcome))


async def make_app_menu(settings: Settings) -> None:
    """Put the app's menu into WeCom; MenuRefusedError."""
    parts = build(settings, clock_of(settings))
    try:
        await make_menu(parts.wecom, parts.house.origin)
    finally:
        await parts.close()


def closing_words(outcome: Outcome) -> str:
    """Say in one line how the tour went."""
    if outcome.ok:
        return f"演示完成，{len(outcome.checks)} 项核对全部相符，用时 {outcome.seconds:.0f} 秒。"
    return f"演示走完，但这些核对不符：{'、'.join(name for name, holds in outcome.checks.items() if not holds)}"


def _show_doors(demo: RunningDemo, folder: Path, stage: Stage) -> None:
    stage.say(
        f"\n演示办公室已开门（按 Ctrl+C 停止，数据保存在 {folder}）：\n"
        f"  工作台（电脑）        {demo.origin}/console/\n"
        f"  企业微信沙箱（手机）  {demo.sandbox.base_url}/\n"
        f"  公示页面（公众）      {demo.origin}/public\n"
        "登录：打开工作台，在“请选择登录的成员”中点一个人，例如 演示甲一（协调员）、演示乙乙三（审批人）；\n"
        "      在沙箱里选一名检查人员，点开他收到的卡片，就是他手机上的页面。"
    )


async def run_sandbox(settings: Settings, port: int, stage: Stage) -> None:
    """Run the WeCom sandbox alone, with the made-up office's people in its address book, until stopped."""
    stop = stopped_by_signals()
    async with open_sandbox(settings, port, clock_of(settings)) as running:
        for row in samples.sample_inspectors():
            running.state.contacts.add(SandboxMember(userid=row[6], name=row[1], position=row[4]), quiet=True)
        stage.say(f"企业微信沙箱：{running.base_url}/　回调发往 {running.state.settings.callback_url}")
        await stop.wait()


async def migrate_once(settings: Settings) -> None:
    """Bring the database's tables up to date."""
    load_keys(settings)
    database = open_database(settings)
    try:
        await migrate(database)
    finally:
        await database.close()


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportOrder:
    """Which file to import, as what, of which list."""

    kind: str
    path: Path
    dry_run: bool = False
    source: str = ""
    rejects: Path | None = None


async def import_file(settings: Settings, order: ImportOrder, progress: Callable[[int, int, int], None]) -> Report:
    """Import a file as the system itself; the same door as the console's. `progress` hears (done, of, rows)."""
    file = await asyncio.to_thread(read_file, order.kind, order.path.name, order.path)
    async with house_of(settings) as parts, parts.database.write() as db:
        act = Act(db=db, actor=SYSTEM, now=parts.clock(), house=parts.house)
        return await run_import(
            act, file, dry_run=order.dry_run, source=order.source, progress=progress, rejects_to=order.rejects
        )


async def export_file(settings: Settings, kind: str, path: Path, year: int) -> None:
    """Write a register to a file, XLSX or CSV by its name. Nothing is left of a file that breaks."""
    draft = path.with_name(f".{path.name}.draft")
    try:
        async with house_of(settings) as parts, parts.database.write() as db:
            act = Act(db=db, actor=SYSTEM, now=parts.clock(), house=parts.house)
            if path.suffix.lower() == ".xlsx":
                draft.write_bytes(await exports.as_xlsx(act, kind, year=year))
            else:
                with draft.open("wb") as file:
                    async for piece in exports.as_csv(act, kind, year=year):
                        file.write(piece)
        draft.replace(path)
    except OSError as error:
        raise InvalidInputError(what=f"文件“{path}”", why=f"不能写入（{error.strerror}）。") from error
    finally:
        draft.unlink(missing_ok=True)
