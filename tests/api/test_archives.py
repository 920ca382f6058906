"""A visit's papers: sealed, checked by anybody, refused when tampered with, kept by class (L1, L2, K6)."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import AsyncIterator, Callable
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from app import cli, verify_archive
from handlers import archives
from inspection.followups import FollowUpKind
from inspection.retention import Terms, class_of, keep_until
from inspection.site_papers import SitePaper
from models.database import Database
from services.field import site_papers
from services.results import publications
from tests.api.archive_play import Files, closed_zip, opened_zip
from tests.api.public_server import Http, http_of
from tests.conftest import Clock
from tests.integration.test_followups import FOUND, bound, opened, send_photo
from tests.integration.visits_play import Play, house_of, photo_bytes


@pytest_asyncio.fixture
async def http(database: Database, clock: Clock, tmp_path: Path) -> AsyncIterator[Http]:
    """A published visit with a finding that is being put right."""
    play = await Play(database, house_of(tmp_path / "blobs"), clock).begin()
    await play.accept()
    async with play.act("lead-1") as act:
        minutes = SitePaper(kind="minutes", facts="现场正常营业。")
        await site_papers.issue(act, play.scene.visit.id, str(uuid4()), minutes)
    await play.submit("lead-1", await play.filled("lead-1", **FOUND))
    await play.submit("partner-1")
    await play.confirm()
    async with http_of(play, archives.routes) as found:
        yield found


RECORD = "papers/部门联合抽查情况记录表.pdf"


async def publish(http: Http) -> None:
    play = http.play
    for code in ("lead", "partner"):
        await play.approve(code)
    owner = await bound(play)
    row = await opened(play, FollowUpKind.RECTIFICATION)
    await send_photo(play, owner, row.id, photo_bytes("mended"))
    async with play.act("coordinator") as act:
        await publications.publish_task(act, play.scene.task.id)


async def packed(http: Http, who: str = "lead-approver") -> bytes:
    door = f"/api/console/visits/{http.play.scene.visit.id}/archive"
    status, made, _ = await http.call("POST", door, who, json={})
    assert status == 200, made
    async with http.session.get(
        http.url(f"/api/console/archives/{made['id']}/zip"),
        headers={"Cookie": f"suicha_session={await http.token(who)}"},
    ) as answer:
        data = await answer.read()
    assert hashlib.sha256(data).hexdigest() == made["digest"]
    return data


def resealed(files: Files) -> Files:
    """The manifest mended to fit what was changed, but nobody signs it."""
    manifest = json.loads(files["manifest.json"])
    for one in manifest["files"]:
        data = files.get(one["path"], b"")
        one["size"], one["sha256"] = len(data), hashlib.sha256(data).hexdigest()
    return {**files, "manifest.json": json.dumps(manifest).encode()}


async def test_everything_of_a_visit_is_in_one_sealed_volume(
    http: Http, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """L1, L2, K6: answers, photos, signatures, messages, acts, an index, PDF/A; checked by `suicha verify`."""
    door = f"/api/console/visits/{http.play.scene.visit.id}/archive"
    assert (await http.call("POST", door, "lead-approver", json={}))[0] == 409  # not before it is public
    await publish(http)
    assert (await http.call("POST", door, "lead-1", json={}))[0] == 403
    files = opened_zip(await packed(http))
    names = "\n".join(files)
    for piece in (
        "submissions/lead.json",
        "submissions/partner.json",
        "evidence/photo-",
        "evidence/signature-",
        "rectification/",
        "papers/演示区市场监督管理局笔录〔2026〕1号.pdf",
        "data/audit.json",
        "data/messages.json",
        "volume.pdf",
    ):
        assert piece in names
    for paper in ("volume.pdf", RECORD):
        assert files[paper].startswith(b"%PDF")
    assert b"pdfaid" in files["volume.pdf"]
    acts = {one["act"] for one in json.loads(files["data/audit.json"])}
    assert {"提交本部门结果", "汇总确认", "审批通过", "提出后续处理", "上传证据"} <= acts
    told = json.loads(files["data/messages.json"])
    assert {"结果已公示", "整改通知"} <= {one["what"] for one in told}
    assert "oDemoOwner" not in json.dumps(told)
    manifest = json.loads(files["manifest.json"])
    assert (manifest["retention"], manifest["keep_until"]) == ("years-30", "2056-12-31")
    path = closed_zip(files, tmp_path / "a.zip")
    assert cli.main(["verify", str(path)]) == 0
    said = capsys.readouterr().out
    assert "签名有效" in said
    events = json.loads(files["data/events.json"])
    assert [one["kind"] for one in events] == ["accepted", "paper", "submitted", "submitted", "confirmed"]
    assert "现场事件 5 个，首尾相接" in said
    events[1]["body"]["digest"] = "0" * 64
    broken = closed_zip({**files, "data/events.json": json.dumps(events).encode()}, tmp_path / "b.zip")
    assert ("data/events.json", "第 2 个事件的内容与其校验值不一致") in verify_archive.check(broken).findings
    keys = (await http.call("GET", "/public/keys.json"))[1]["keys"]
    assert [one["id"] for one in keys] == [manifest["key"]["id"]]
    assert "private" not in keys[0]


def _change(files: Files) -> Files:
    return {**files, "data/results.json": files["data/results.json"].replace("灭火器".encode(), "没问题".encode())}


def _drop(files: Files) -> Files:
    return {name: data for name, data in files.items() if not name.startswith("evidence/")}


TAMPERED: dict[str, Callable[[Files], Files]] = {
    "changed": _change,
    "changed and listed anew": lambda files: resealed(_change(files)),
    "a photo less": _drop,
    "another record form": lambda files: {**files, RECORD: files["volume.pdf"]},
    "no record form": lambda files: {name: data for name, data in files.items() if name != RECORD},
    "a file more": lambda files: {**files, "data/extra.json": b"{}"},
    "another signature": lambda files: {**files, "manifest.sig": b"00" * 64},
    "no signature at all": lambda files: {**files, "manifest.sig": b"x"},
    "nothing in it": lambda _: {"manifest.json": b"[]", "manifest.sig": b""},
}


async def test_whatever_was_changed_is_refused(http: Http, tmp_path: Path) -> None:
    """L2: every change is found, one that mends the list too; broken bytes are no crash."""
    await publish(http)
    whole = await packed(http)
    files = opened_zip(whole)
    for name, change in TAMPERED.items():
        path = closed_zip(change(files), tmp_path / "t.zip")
        assert verify_archive.check(path).findings, name
        assert verify_archive.main(path) == 1
    cut = tmp_path / "cut.zip"
    cut.write_bytes(whole[: len(whole) // 2])
    assert verify_archive.check(cut).findings


def test_a_file_that_unfolds_to_far_more_than_itself_is_not_unfolded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L2: what only a bomb does is refused by the list of the ZIP alone; what stays small may unfold as it likes."""
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("manifest.json", bytes(4 << 20))
    assert verify_archive.check(path).findings[0][0] == "文件格式"
    monkeypatch.setattr(verify_archive, "SMALL", 1 << 20)
    [(where, what)] = verify_archive.check(path).findings
    assert where == "压缩包"
    assert "倍，不是档案" in what


async def test_a_new_key_leaves_the_old_archives_checkable(http: Http, tmp_path: Path) -> None:
    """L2: rotation by the office alone; filed again it is the next number, and both are sealed validly."""
    await publish(http)
    first = opened_zip(await packed(http))
    assert (await http.call("POST", "/api/console/archives/new-key", "lead-approver", json={}))[0] == 403
    assert (await http.call("POST", "/api/console/archives/new-key", "coordinator", json={}))[0] == 200
    second = opened_zip(await packed(http, "partner-approver"))
    told = [json.loads(one["manifest.json"]) for one in (first, second)]
    assert [one["number"][-3:] for one in told] == ["-D1", "-D2"]
    assert told[0]["key"]["id"] != told[1]["key"]["id"]
    for one in (first, second):
        assert verify_archive.check(closed_zip(one, tmp_path / "k.zip")).findings == []
    keys = (await http.call("GET", "/public/keys.json"))[1]["keys"]
    assert [one["retired_at"] is None for one in keys] == [True, False]
    [row] = (await http.call("GET", "/api/console/archives", "lead-approver"))[1]["rows"]
    assert len(row["archives"]) == 2


def test_the_longest_class_holds() -> None:
    """L1: nothing found 10 years, a finding 30, a case for ever."""
    assert class_of(["none"], [], Terms()) == "years-10"
    assert class_of(["corrected", "none"], [], Terms()) == "years-30"
    assert class_of(["none"], ["rectification"], Terms()) == "years-30"
    assert class_of(["none"], ["rectification", "case"], Terms()) == "permanent"
    assert class_of(["none"], [], Terms(clean="years-30")) == "years-30"  # as the office's own table says
    assert keep_until("years-10", date(2026, 3, 2)) == date(2036, 12, 31)
    assert keep_until("permanent", date(2026, 3, 2)) is None
