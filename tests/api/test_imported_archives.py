"""Archives from elsewhere: read in an empty office, marked, never mixed with its own, refused whole when wrong (L1)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from app import cli
from handlers import archives
from inspection.errors import ConflictError
from models.archives import Archive, ImportedArchive, ImportedFile
from models.base import KEYS
from models.database import Database, run_sync_write
from models.registers import Target
from models.results import Outbox, Publication
from models.schema import Base
from models.tasks import Task, Visit
from services.results import imported, publications, task_archives
from tests.api.archive_play import NUMBER, closed_zip, made, opened_zip, with_draw
from tests.api.public_server import Http, http_of
from tests.conftest import Clock, demo_config
from tests.integration.test_followups import FOUND
from tests.integration.visits_play import Play, house_of

OWN = (Task, Visit, Target, Archive, Publication, Outbox)


@pytest_asyncio.fixture
async def filed(clock: Clock, tmp_path: Path) -> AsyncIterator[tuple[Path, Play]]:
    """The archive of another office's task, as a file, and that office."""
    there = Database(f"sqlite+aiosqlite:///{tmp_path / 'there.db'}")
    await run_sync_write(there, Base.metadata.create_all)
    play = await Play(there, house_of(tmp_path / "there"), clock).begin()
    await with_draw(play)
    await play.accept()
    await play.submit("lead-1", await play.filled("lead-1", **FOUND))
    await play.submit("partner-1")
    await play.confirm()
    for code in ("lead", "partner"):
        await play.approve(code)
    async with play.act("coordinator") as act:
        await publications.publish_task(act, play.scene.task.id)
        await task_archives.order(act, play.scene.task.id)
    assert await made(play) == 1
    path = tmp_path / "task.zip"
    async with there.read() as db:
        digest = await db.scalar(select(Archive.digest))
    path.write_bytes(await play.house.blobs.get(digest))
    yield path, play
    await there.close()


@pytest_asyncio.fixture
async def http(database: Database, clock: Clock, tmp_path: Path) -> AsyncIterator[Http]:
    """The office that reads it, with a drawn visit of its own under the same numbers."""
    play = await Play(database, house_of(tmp_path / "here"), clock).begin()
    async with http_of(play, archives.routes) as found:
        yield found


async def count(database: Database, *tables: type) -> list[int]:
    async with database.read() as db:
        return [await db.scalar(select(func.count()).select_from(one)) or 0 for one in tables]


async def take(play: Play, path: Path) -> tuple[str, bool]:
    opened = await imported.open_checked(play.house.blobs, path)
    async with play.act("coordinator") as act:
        row, new = await imported.take(act, opened, key_named=False)
        return row.id, new


async def test_an_imported_task_is_read_beside_our_own(http: Http, filed: tuple[Path, Play]) -> None:
    """L1, L2: visits, answers, files, results and draw proof are there to be read; nothing of our own changes."""
    path, there = filed
    before = await count(http.play.database, *OWN)
    archive_id, new = await take(http.play, path)
    assert new
    assert await take(http.play, path) == (archive_id, False)  # the same file again
    assert await count(http.play.database, *OWN, ImportedArchive) == [*before, 1]
    with pytest.raises(ConflictError, match="不会被覆盖"):
        await take(http.play, closed_zip(opened_zip(path.read_bytes()), path.with_name("repacked.zip")))
    with pytest.raises(ConflictError, match="自己立的卷"):
        await take(there, path)
    door = "/api/console/imported-archives"
    assert (await http.call("GET", door, "lead-approver"))[0] == 403
    [row] = (await http.call("GET", door, "coordinator"))[1]["rows"]
    assert (row["kind"], row["key_named"], row["keep_until"]) == ("task", False, "2056-12-31")
    told = (await http.call("GET", f"{door}/{archive_id}", "coordinator"))[1]
    [visit] = told["visits"]
    assert visit["visit"]["code"] == there.scene.target.code
    assert {one["department"] for one in visit["results"]} == {"演示区市场监督管理局", "演示区卫生健康局"}
    assert len(visit["published"]) == 2
    assert [one["number"] for one in told["draws"]] == [NUMBER]
    held = opened_zip(path.read_bytes())
    assert {one["path"] for one in told["files"]} == held.keys()
    [answers] = [one for one in told["files"] if one["path"].endswith("submissions/lead.json")]
    status, body, headers = await http.call("GET", f"{door}/{archive_id}/files/{answers['position']}", "coordinator")
    assert (status, json.loads(body)) == (200, json.loads(held[answers["path"]]))
    assert headers["Content-Disposition"].startswith("attachment")
    assert (await http.call("GET", f"{door}/{archive_id}/files/9999", "coordinator"))[0] == 404


async def test_the_command_takes_whole_files_and_refuses_others(
    filed: tuple[Path, Play], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """L1, L2: an empty office; cut, changed, forged or no archive at all is one sentence, and nothing is written."""
    path, _ = filed
    config = demo_config(tmp_path / "empty")
    whole = path.read_bytes()
    files = opened_zip(whole)
    key = json.loads(files["manifest.json"])["key"]["id"]
    wrong = {
        "cut.zip": whole[: len(whole) // 2],
        "text.zip": "不是档案".encode(),
        "changed.zip": closed_zip({**files, "volume.pdf": b"%PDF-1.7"}, tmp_path / "c.zip").read_bytes(),
    }

    async def run(*words: str) -> tuple[int, str]:
        code = await asyncio.to_thread(cli.main, ["archive", *words, "--config", str(config)])
        said = capsys.readouterr()
        return code, said.out + said.err

    try:
        for name, data in wrong.items():
            (tmp_path / name).write_bytes(data)
            code, said = await run("import", str(tmp_path / name))
            assert (code, "没有导入任何内容" in said) == (1, True), said
        assert (await run("import", str(path), "--key", "0" * 16))[0] == 1
        assert not list((tmp_path / "empty").glob("files/??/??/*"))
        assert "已导入" in (await run("import", str(path), "--key", key))[1]
        assert "没有变化" in (await run("import", str(path), "--key", key))[1]
        here = Database(f"sqlite+aiosqlite:///{tmp_path / 'empty' / 'suicha.db'}")
        assert await count(here, *OWN, ImportedArchive) == [*[0 for _ in OWN], 1]
        assert await count(here, ImportedFile) == [len(files)]
        await here.close()
    finally:
        KEYS.load({"1": bytes(32)}, "1")  # the other office brought its own
