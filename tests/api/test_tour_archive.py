"""The archive of a tour: filed over HTTP, verified, tampered with, read by an empty office (issue 8, Shows)."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from rich.console import Console
from sqlalchemy import func, select

from app import cli, verify_archive
from app.demo import RunningDemo, demo_settings, free_port, open_demo
from app.tour.people import Places, assembled
from app.tour.play import play
from app.tour.stage import Stage
from app.tour.story import begin
from models.archives import Archive, ImportedArchive, ImportedFile
from models.base import KEYS
from models.blobs import Digest
from models.database import Database
from models.tasks import Visit
from tests.api.archive_play import closed_zip, opened_zip, relisted, resigned
from tests.conftest import demo_config

pytestmark = [pytest.mark.hard, pytest.mark.timeout(900)]


@pytest_asyncio.fixture
async def demo(tmp_path: Path) -> AsyncIterator[RunningDemo]:
    async with open_demo(demo_settings(tmp_path / "house", free_port(), free_port()), whole=False) as found:
        yield found
    KEYS.load({"1": bytes(32)}, "1")


async def filed(demo: RunningDemo, folder: Path) -> tuple[bytes, str]:
    """Play the tour, order the archive of its task at the desk and wait for it; gives the ZIP and its key's number."""
    template = demo.parts.settings.wechat.template_visit
    places = Places(origin=demo.origin, sandbox=demo.sandbox.base_url, template=template)
    outcome = await play(places, Stage(Console(file=io.StringIO())), folder)
    assert outcome.ok, outcome.checks
    async with assembled(places) as cast:
        desk = begin(cast).desk
        [task] = (await desk.get("/api/console/archives"))["tasks"]
        await desk.post(f"/api/console/tasks/{task['task_id']}/archive")
        for _ in range(300):
            [task] = (await desk.get("/api/console/archives"))["tasks"]
            if task["order"]["status"] in {"done", "failed"}:
                break
            await asyncio.sleep(1)
        [row] = task["archives"]
    return await demo.parts.house.blobs.get(Digest(row["digest"])), row["key_id"]


async def test_the_archive_of_a_tour(demo: RunningDemo, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """L1, L2, D11: every drawn target's volume and the draw are in it; changed it is refused, whole it can be read."""
    data, key = await filed(demo, tmp_path)
    path = tmp_path / "tour.zip"
    path.write_bytes(data)
    files = opened_zip(data)
    async with demo.parts.database.read() as db:
        numbers = set(await db.scalars(select(Visit.number)))
    assert {name.split("/")[1] for name in files if name.startswith("visits/")} == numbers
    report = verify_archive.check(path, key)
    assert report.findings == []
    assert f"检查卷 {len(numbers)} 份，检查对象与抽取结果（含更换记录）一致" in report.lines
    gone = f"visits/{min(numbers)}/"
    less = {name: one for name, one in files.items() if not name.startswith(gone)}
    for forged, reason in ((less, "文件缺失"), (resigned(relisted(less)), "不一致")):
        wrong = closed_zip(forged, tmp_path / "less.zip")
        assert any(reason in what for _, what in verify_archive.check(wrong).findings)
    config = demo_config(tmp_path / "empty")

    def take(name: Path) -> int:
        return cli.main(["archive", "import", str(name), "--key", key, "--config", str(config)])

    assert [await asyncio.to_thread(take, one) for one in (wrong, path, path)] == [1, 0, 0]
    assert "没有变化" in capsys.readouterr().out
    here = Database(f"sqlite+aiosqlite:///{tmp_path / 'empty' / 'suicha.db'}")
    tables: list[Any] = [ImportedArchive, ImportedFile, Visit, Archive]
    async with here.read() as db:
        counts = [await db.scalar(select(func.count()).select_from(one)) for one in tables]
    await here.close()
    assert counts == [1, len(files), 0, 0]
