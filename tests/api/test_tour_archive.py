"""The archive of a tour: filed over HTTP, verified, tampered with, read by an empty office (issue 8, Shows)."""

from __future__ import annotations

import asyncio
import hashlib
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
    photo = next(name for name in files if "/evidence/photo" in name)
    dulled = {**files, photo: files[photo][:-1] + bytes([files[photo][-1] ^ 1])}
    result = next(name for name in files if name.startswith("draw/") and name.endswith("/result.json"))
    other = {**files, result: files[result].replace(b"9137", b"9138", 1)}
    forgeries = [
        (less, "文件缺失"),
        (resigned(relisted(less)), "不一致"),
        (dulled, "内容与目录不一致"),
        (resigned(relisted(dulled)), "引用了证据"),  # what was submitted names it by its hash
        (resigned(relisted(other)), "result.json"),  # the draw is computed again
    ]
    wrong = [closed_zip(forged, tmp_path / f"wrong-{at}.zip") for at, (forged, _) in enumerate(forgeries)]
    for one, (_, reason) in zip(wrong, forgeries, strict=True):
        said = "".join(f"{where}：{what}" for where, what in verify_archive.check(one).findings)
        assert reason in said, (reason, said)
    wrong.append(tmp_path / "cut.zip")
    wrong[-1].write_bytes(data[: len(data) // 2])
    config = demo_config(tmp_path / "empty")

    def take(name: Path, by: str = key) -> int:
        return cli.main(["archive", "import", str(name), "--key", by, "--config", str(config)])

    def stored() -> set[str]:
        return {one.name for one in (tmp_path / "empty").glob("files/??/??/*")}

    assert {await asyncio.to_thread(take, one) for one in wrong} == {1}
    assert await asyncio.to_thread(take, path, "0" * 16) == 1
    assert stored() == set()  # of what was refused nothing lies in the house
    capsys.readouterr()
    assert [await asyncio.to_thread(take, path) for _ in range(2)] == [0, 0]
    assert "没有变化" in capsys.readouterr().out
    assert stored() == {hashlib.sha256(one).hexdigest() for one in (data, *files.values())}
    here = Database(f"sqlite+aiosqlite:///{tmp_path / 'empty' / 'suicha.db'}")
    tables: list[Any] = [ImportedArchive, ImportedFile, Visit, Archive]
    async with here.read() as db:
        counts = [await db.scalar(select(func.count()).select_from(one)) for one in tables]
    await here.close()
    assert counts == [1, len(files), 0, 0]
