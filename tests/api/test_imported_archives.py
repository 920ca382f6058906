"""Archives from elsewhere: read in an empty office, marked, never mixed with its own, refused whole when wrong (L1)."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from app import cli
from handlers import archives
from handlers.edge import EDGE, SESSION_COOKIE, pieces_of
from inspection.errors import ConflictError
from models.archives import Archive, ImportedArchive, ImportedFile
from models.base import KEYS
from models.database import Database
from models.registers import Target
from models.results import Outbox, Publication
from models.tasks import Task, Visit
from services.field import deposits
from services.results import disposal, imported, publications, task_archives
from tests.api.archive_play import NUMBER, closed_zip, made, opened_zip, with_draw
from tests.api.public_server import Http, http_of
from tests.conftest import Clock, demo_config
from tests.integration.disposal_play import AFTER, approve, on_disk, propose, remove, second_of
from tests.integration.disposal_play import filed as filed_here
from tests.integration.test_followups import FOUND
from tests.integration.visits_play import Play, house_of
from tests.tables import new_sqlite

OWN = (Task, Visit, Target, Archive, Publication, Outbox)


@pytest_asyncio.fixture
async def filed(clock: Clock, tmp_path: Path) -> AsyncIterator[tuple[Path, Play]]:
    """The archive of another office's task, as a file, and that office."""
    there = Database(new_sqlite(tmp_path / "there.db"))
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
    async with play.act("coordinator") as act:
        await imported.refuse_unwanted(act, path)
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
    held = on_disk(there)
    with pytest.raises(ConflictError, match="自己立的卷"):
        await take(there, path)
    assert on_disk(there) == held
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
    packed = opened_zip(path.read_bytes())
    assert {one["path"] for one in told["files"]} == packed.keys()
    [answers] = [one for one in told["files"] if one["path"].endswith("submissions/lead.json")]
    status, body, headers = await http.call("GET", f"{door}/{archive_id}/files/{answers['position']}", "coordinator")
    assert (status, json.loads(body)) == (200, json.loads(packed[answers["path"]]))
    assert headers["Content-Disposition"].startswith("attachment")
    assert (await http.call("GET", f"{door}/{archive_id}/files/9999", "coordinator"))[0] == 404


async def send(
    http: Http, data: bytes, who: str = "coordinator", name: str = "卷.zip", key: str = ""
) -> tuple[int, Any]:
    path = f"/api/console/imported-archives?filename={quote(name)}&key={key}"
    status, told, _ = await http.call("POST", path, who, data=data)
    return status, told


async def test_the_console_takes_whole_files_and_refuses_others_in_one_sentence(
    http: Http, filed: tuple[Path, Play], monkeypatch: pytest.MonkeyPatch
) -> None:
    """L1, L2: uploaded, checked whole, on the shelf once; cut, changed, by another key, too large: nothing is kept."""
    path, _ = filed
    whole = path.read_bytes()
    files = opened_zip(whole)
    key = json.loads(files["manifest.json"])["key"]["id"]
    changed = closed_zip({**files, "volume.pdf": b"%PDF-1.7"}, path.with_name("c.zip")).read_bytes()
    http.app[EDGE].running["other"] = {}  # what another import tells is left alone
    before = on_disk(http.play)
    for data, named, word in (
        (whole[: len(whole) // 2], "", "不能读取"),
        ("不是档案".encode(), "", "不能读取"),
        (changed, "", "volume.pdf"),
        (whole, "0" * 16, "不是指定的"),
    ):
        status, told = await send(http, data, key=named)
        assert (status, "卷.zip" in told["detail"], word in told["detail"]) == (422, True, True), told
        assert "没有导入任何内容" in told["action"]
    assert (await send(http, whole, "lead-approver"))[0] == 403
    with monkeypatch.context() as small:
        small.setattr("handlers.edge.pieces_of", partial(_limited, limit=len(whole) - 1))
        status, told = await send(http, whole)
        assert (status, "上限" in told["detail"], "suicha archive import" in told["action"]) == (413, True, True)
    assert await count(http.play.database, ImportedArchive, ImportedFile) == [0, 0]
    assert on_disk(http.play) == before
    seen = []
    monkeypatch.setattr("services.results.imported._store", partial(_watched, http, seen, imported._store))
    status, told = await send(http, whole, key=key)
    assert (status, told["new"]) == (200, True)
    assert seen[-1] == ("storing", len(files) - 1, len(files))
    assert (await send(http, whole, key=key))[1] == {**told, "new": False}
    [row] = (await http.call("GET", "/api/console/imported-archives", "coordinator"))[1]["rows"]
    assert (row["id"], row["key_named"]) == (told["id"], True)
    assert list(http.app[EDGE].running) == ["other"]


async def test_an_imported_archive_is_destroyed_by_rule_and_does_not_come_back(
    http: Http, filed: tuple[Path, Play]
) -> None:
    """L1: not before its own last day; two people; what only it held is gone, no page gives it, none takes it again."""
    path, _ = filed
    play, door = http.play, "/api/console/imported-archives"
    play.scene.actors["second"] = await second_of(play)
    shared = await play.house.blobs.put(opened_zip(path.read_bytes())["volume.pdf"])
    async with play.act("lead-1") as act:
        await deposits.keep(act, deposits.CORRECTIONS, shared)
    before = on_disk(play)
    assert (await send(http, path.read_bytes()))[0] == 200
    [row] = (await http.call("GET", door, "coordinator"))[1]["rows"]
    assert row["destroyed"] is None
    subject = f"imported:{row['id']}"
    with pytest.raises(ConflictError, match="保管至 2056-12-31"):
        await propose(play, subject)
    play.clock.now = AFTER.replace(year=2057)
    async with play.act("coordinator") as act:
        [due] = await disposal.due(act)
    assert (due["subject"], due["kind"], due["number"], due["bar"]) == (subject, "imported", row["number"], "")
    async with play.act("coordinator") as act:
        held = await disposal.place_hold(act, subject, "audit", "审计调阅。")
    with pytest.raises(ConflictError, match="审计"):
        await propose(play, subject)
    async with play.act("second") as act:
        await disposal.lift_hold(act, held.id, "审计结束")
        await deposits.keep(act, deposits.CORRECTIONS, shared)  # of the day on which it is destroyed
    register = await propose(play, subject)
    await approve(play, register)
    await remove(play)
    assert on_disk(play) == before
    [row] = (await http.call("GET", door, "coordinator"))[1]["rows"]
    assert row["destroyed"] == {"number": register.number, "on": "2057-01-01"}
    for path_ in (f"{door}/{row['id']}", f"{door}/{row['id']}/files/0"):
        status, told, _ = await http.call("GET", path_, "coordinator")
        assert (status, register.number in told["detail"]) == (410, True)
    status, told = await send(http, path.read_bytes())
    assert (status, register.number in told["detail"]) == (410, True)
    assert on_disk(play) == before
    async with play.act("second") as act:
        [line] = (await disposal.contents(act, register.id))["items"]
        assert (line["kind"], line["archives"][0]["digest"]) == ("imported", row["digest"])


async def test_a_proof_of_duty_from_elsewhere_is_read_in_its_files(http: Http, filed: tuple[Path, Play]) -> None:
    """K6, L1: it has no visits of its own to show, and its day comes like any other's."""
    _, there = filed
    async with http_of(there, archives.routes) as other:
        headers = {"Cookie": f"{SESSION_COOKIE}={await other.token('lead-1')}"}
        door, scope = "/api/console/inspectors/me/duty-proof", {"starts_on": "2026-01-01", "ends_on": "2026-12-31"}
        async with other.session.post(other.url(door), headers=headers, json=scope) as answer:
            assert answer.status == 200
            data = await answer.read()
    status, made = await send(http, data)
    assert status == 200, made
    told = (await http.call("GET", f"/api/console/imported-archives/{made['id']}", "coordinator"))[1]
    assert (told["kind"], told["visits"], told["draws"]) == ("duty", [], [])
    assert {one["path"] for one in told["files"]} == opened_zip(data).keys()
    http.play.clock.now = AFTER.replace(year=2100)
    async with http.play.act("coordinator") as act:
        [due] = await disposal.due(act)
    assert (due["title"], due["number"], due["bar"]) == ("他处移来的尽职证明", told["number"], "")


async def _limited(request: Any, _limit: int, limit: int) -> AsyncIterator[bytes]:
    async for piece in pieces_of(request, limit):
        yield piece


async def _watched(http: Http, seen: list[Any], store: Any, *words: Any) -> Any:
    """What the page is told while the files of an archive go into the store."""
    [one] = [each for each in http.app[EDGE].running.values() if each]
    seen.append((one["step"], one["done"], one["of"]))
    return await store(*words)


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


async def test_the_command_writes_one_of_our_own_out(
    clock: Clock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """L1: byte for byte; an unknown number, a folder that is not there and what was destroyed are one sentence each."""
    folder, out = tmp_path / "office", tmp_path / "out.zip"
    config = demo_config(folder)

    async def export(number: str, to: Path) -> tuple[int, str]:
        code = await asyncio.to_thread(cli.main, ["archive", "export", number, str(to), "--config", str(config)])
        said = capsys.readouterr()
        return code, said.out + said.err

    try:
        code, said = await export("没有这个编号-D1", out)
        assert (code, "没有找到编号为 没有这个编号-D1 的档案" in said, out.exists()) == (1, True, False)
        database = Database(f"sqlite+aiosqlite:///{folder / 'suicha.db'}")
        play = await Play(database, house_of(folder / "files"), clock).begin()
        play.scene.actors["second"] = await second_of(play)
        digest = await filed_here(play)
        async with database.read() as db:
            number = await db.scalar(select(Archive.number)) or ""
        code, said = await export(number, out)
        assert code == 0, said
        assert hashlib.sha256(out.read_bytes()).hexdigest() == digest
        code, said = await export(number, tmp_path / "nowhere" / "out.zip")
        assert (code, "不能写入" in said) == (1, True)
        clock.now = AFTER
        row = await propose(play)
        await approve(play, row)
        await remove(play)
        code, said = await export(number, tmp_path / "late.zip")
        assert (code, "已按规定销毁" in said, row.number in said) == (1, True, True)
        assert not (tmp_path / "late.zip").exists()
        await database.close()
    finally:
        KEYS.load({"1": bytes(32)}, "1")  # the other office brought its own
