"""The demo office: server, WeCom sandbox and a movable clock in one process, with made-up people and targets.

folder -> config (random keys, once) -> sandbox -> house -> migrate -> furnish -> recall -> doors open
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import string
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select

from app import samples
from app.clock import DemoClock
from app.house import Parts, build
from app.menu import make_menu
from app.migrate import migrate
from app.recall import recall
from app.server import PortTakenError, at_work, build_app, listening
from app.settings import Settings, load_settings
from bot.sandbox import RunningSandbox, SandboxSettings, start_sandbox
from bot.sandbox.settings import PROVINCE_SECRET
from handlers.demo import DemoOffice
from inspection.actors import SYSTEM
from inspection.workdays import SHANGHAI
from models.libraries import Region
from models.people import Department
from models.sheets import write_csv
from services.act import Act
from services.imports import read_file, run_import

HOST = "127.0.0.1"  # a demo whose sign-in is a choice from a list is open to this machine alone
TEMPLATE = "demo-visit-notice"
CONFIG = """\
# 演示办公室的配置，首次启动时自动生成。密钥是随机的，只在本机有效。
[office]
name = "演示区双随机联席会议办公室"
lead_code = "YS"

[keys]
field_keys = {{ "1" = "{field_key}" }}
link_key = "{link_key}"

[wecom]
corp_id = "wwsandbox{digits}"
secret = "{secret}"
agent_id = 1000002
token = "{token}"
encoding_aes_key = "{aes_key}"

[wechat]
appid = "wxsandbox{digits}"
secret = "{mini_secret}"
template_visit = "{template}"

[demo]
enabled = true
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunningDemo:
    """A demo office with its doors open."""

    parts: Parts
    sandbox: RunningSandbox

    @property
    def origin(self) -> str:
        """Where the server is."""
        return self.parts.house.origin


def free_port() -> int:
    """Give a TCP port of this machine that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def demo_settings(folder: Path, port: int, sandbox_port: int) -> Settings:
    """Read the demo's configuration, made with random keys at the first time; ports and paths are as said now."""
    file = folder / "config.toml"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(_new_config(), "utf-8")
        file.chmod(0o600)
    sandbox = f"http://{HOST}:{sandbox_port}"
    said = {
        "SERVER__HOST": HOST,
        "SERVER__PORT": str(port),
        "SERVER__ORIGIN": f"http://{HOST}:{port}",
        "STORAGE__DATABASE": f"sqlite+aiosqlite:///{(folder / 'suicha.db').resolve()}",
        "STORAGE__FILES": str((folder / "files").resolve()),
        "WECOM__API_BASE": sandbox,
        "WECOM__OAUTH_BASE": sandbox,
        "WECHAT__API_BASE": sandbox,
        "PROVINCE__URL": f"{sandbox}/province",
        "PROVINCE__SECRET": PROVINCE_SECRET,
        "DEMO__SANDBOX_PORT": str(sandbox_port),
        "DEMO__FOLDER": str(folder),
    }
    return load_settings(file, {f"SUICHA__{name}": value for name, value in said.items()})


def _new_config() -> str:
    letters = string.ascii_letters + string.digits

    def word(length: int) -> str:
        return "".join(secrets.choice(letters) for _ in range(length))

    return CONFIG.format(
        field_key=secrets.token_hex(32),
        link_key=secrets.token_hex(32),
        digits="".join(secrets.choice(string.digits) for _ in range(9)),
        secret=word(43),
        token=word(24),
        aes_key=word(43),
        mini_secret=word(32),
        template=TEMPLATE,
    )


@asynccontextmanager
async def open_demo(settings: Settings, *, whole: bool) -> AsyncIterator[RunningDemo]:
    """Open the demo office of these settings; `whole`: with all made-up registers, else only with the office's people.

    Raises PortTakenError for either port.
    """
    clock = DemoClock(settings.demo.folder / "clock.json")
    async with open_sandbox(settings, settings.demo.sandbox_port, clock) as sandbox:
        parts = build(settings, clock)
        try:
            await migrate(parts.database)
            await furnish(parts, whole=whole)
            await recall(parts, sandbox)
            app = build_app(parts, _demo_doors(parts, clock, sandbox))
            await make_menu(parts.wecom, parts.house.origin)
            async with at_work(parts), listening(app, settings.server.host, settings.server.port):
                yield RunningDemo(parts=parts, sandbox=sandbox)
        finally:
            await parts.close()


@asynccontextmanager
async def open_sandbox(settings: Settings, port: int, now: Callable[[], datetime]) -> AsyncIterator[RunningSandbox]:
    """Open the sandbox that shares this installation's secrets; PortTakenError."""
    try:
        running = await start_sandbox(sandbox_settings(settings), HOST, port, now)
    except OSError as error:
        raise PortTakenError(port=port) from error
    try:
        yield running
    finally:
        await running.close()


def sandbox_settings(settings: Settings) -> SandboxSettings:
    """Tell the sandbox the shared secrets of this installation and where its callbacks go."""
    wecom, wechat, origin = settings.wecom, settings.wechat, settings.server.origin
    return SandboxSettings(
        corp_id=wecom.corp_id,
        secret=wecom.secret,
        agent_id=wecom.agent_id,
        token=wecom.token,
        encoding_aes_key=wecom.encoding_aes_key,
        callback_url=f"{origin}/wecom/callback",
        trusted_origin=origin,
        mini_appid=wechat.appid,
        mini_secret=wechat.secret,
    )


def _demo_doors(parts: Parts, clock: DemoClock, sandbox: RunningSandbox) -> DemoOffice:
    async def tick() -> dict[str, int]:
        return {"reminders": await parts.remind()}

    return DemoOffice(move_to=clock.move_to, tick=tick, sandbox_url=sandbox.base_url)


async def furnish(parts: Parts, *, whole: bool) -> None:
    """Move in, once: the departments and the office's own people; `whole`: every made-up register.

    Somebody has to be able to sign in before anything can be imported through the front door.
    """
    async with parts.database.write() as db:
        if await db.scalar(select(func.count()).select_from(Department)):
            return
        for one in samples.DEPARTMENTS:
            db.add(Department(code=one.code, name=one.name, aliases=list(one.aliases), is_office=one.is_office))
        for code, name in samples.AREAS.items():
            db.add(Region(code=code, name=name))
    people = samples.sample_inspectors()
    office = [row for row in people if row[2] == samples.OFFICE.name]
    await _import(parts, "inspectors", samples.INSPECTOR_HEADERS, people if whole else office)
    if whole:
        year = parts.clock().astimezone(SHANGHAI).year
        await _import(parts, "items", samples.ITEM_HEADERS, samples.sample_items())
        await _import(parts, "plan", samples.PLAN_HEADERS, samples.sample_plan(year))
        await _import(parts, "targets", samples.TARGET_HEADERS, samples.sample_targets())


async def _import(parts: Parts, kind: str, headers: tuple[str, ...], rows: samples.Rows) -> None:
    file = await asyncio.to_thread(read_file, kind, f"演示数据-{kind}.csv", write_csv(headers, rows))
    async with parts.database.write() as db:
        await run_import(Act(db=db, actor=SYSTEM, now=parts.clock(), house=parts.house), file)
