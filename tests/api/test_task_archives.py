"""A whole task's papers: made in the background, checked by anybody, refused when tampered with (L1, L2, D11, K6)."""

from __future__ import annotations

import asyncio
import json
import sys
import zipfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from app import cli, verify_archive
from handlers import archives
from models.database import Database
from services.results import publications
from tests.api.archive_play import NUMBER, Files, closed_zip, fetched, made, opened_zip, relisted, resigned, with_draw
from tests.api.public_server import Http, http_of
from tests.conftest import Clock
from tests.integration.test_followups import FOUND
from tests.integration.visits_play import Play, house_of

TASK_DOOR = "/api/console/tasks/{}/archive"


@pytest_asyncio.fixture
async def http(database: Database, clock: Clock, tmp_path: Path) -> AsyncIterator[Http]:
    """A drawn and inspected task of one visit, with a finding, approved but not public yet."""
    play = await Play(database, house_of(tmp_path / "blobs"), clock).begin()
    await with_draw(play)
    await play.accept()
    await play.submit("lead-1", await play.filled("lead-1", **FOUND))
    await play.submit("partner-1")
    await play.confirm()
    for code in ("lead", "partner"):
        await play.approve(code)
    async with http_of(play, archives.routes) as found:
        yield found


async def publish(http: Http) -> None:
    async with http.play.act("coordinator") as act:
        await publications.publish_task(act, http.play.scene.task.id)


async def on_shelf(http: Http, who: str = "coordinator") -> dict[str, object]:
    [row] = (await http.call("GET", "/api/console/archives", who))[1]["tasks"]
    return dict(row)


async def archive(http: Http) -> bytes:
    """Publish, order, make, fetch: the archive as the desk gets it."""
    await publish(http)
    door = TASK_DOOR.format(http.play.scene.task.id)
    assert (await http.call("POST", door, "coordinator", json={}))[0] == 200
    assert await made(http.play) == 1
    [row] = (await on_shelf(http))["archives"]
    status, data = await fetched(http, row["id"], "partner-approver")
    assert status == 200
    return data


async def test_a_task_is_filed_in_the_background_and_checked_alone(
    http: Http, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """L1, L2, K6, D11: plan, items, draw proof, visits, messages, acts in one; checked without the product."""
    door = TASK_DOOR.format(http.play.scene.task.id)
    assert (await http.call("POST", door, "coordinator", json={}))[0] == 409  # not before all of it is public
    await publish(http)
    assert (await http.call("POST", door, "lead-1", json={}))[0] == 403
    status, order, _ = await http.call("POST", door, "lead-approver", json={})
    assert (status, order["status"], order["total"]) == (200, "waiting", 1)
    assert (await http.call("POST", door, "coordinator", json={}))[1] == order  # one is under way: it is the answer
    assert [await made(http.play), await made(http.play)] == [1, 0]
    row = await on_shelf(http)
    assert row["order"] == {"status": "done", "done": 1, "total": 1, "trouble": ""}
    [filed] = row["archives"]
    assert filed["number"] == f"{http.play.scene.task.number}-D1"
    path = tmp_path / "task.zip"
    path.write_bytes((await fetched(http, filed["id"], "lead-approver"))[1])
    files = opened_zip(path.read_bytes())
    folder = f"visits/{http.play.scene.visit.number}/"
    for piece in ("data/plan.json", "data/task.json", "data/audit.json", f"draw/{NUMBER}/targets.tsv",
                  f"draw/{NUMBER}/record.jsonl", f"{folder}submissions/lead.json", f"{folder}volume.pdf",
                  f"{folder}data/published.json", f"{folder}data/messages.json", "volume.pdf"):  # fmt: skip
        assert piece in files
    told = json.loads(files["manifest.json"])
    assert (told["kind"], told["retention"], told["keep_until"]) == ("task", "years-30", "2056-12-31")
    assert cli.main(["verify", str(path), "--key", filed["key_id"]]) == 0
    said = capsys.readouterr().out
    assert all(words in said for words in ("签名有效", f"抽取 {NUMBER}：重算", "检查对象与抽取结果（含更换记录）一致"))
    assert cli.main(["verify", str(path), "--key", "0" * 16]) == 1
    assert "不是指定的" in capsys.readouterr().out
    for name in ("verify.py", "verify_archive.py"):  # as they lie in the archive, with Python and nothing else
        (tmp_path / name).write_bytes(files[f"check/{name}"])
    program = (
        "import sys, pathlib; sys.path.insert(0, '.'); import verify_archive as checker; "
        "sys.exit(checker.main(pathlib.Path('task.zip')))"
    )
    alone = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-S", "-c", program, cwd=tmp_path, stdout=asyncio.subprocess.PIPE
    )
    assert "通过" in (await alone.communicate())[0].decode()
    assert alone.returncode == 0


async def test_what_cannot_be_read_fails_the_order_with_a_sentence(http: Http) -> None:
    """L1: a stored file that is damaged is named to people; nothing is filed, and the order may be given again."""
    await publish(http)
    door = TASK_DOOR.format(http.play.scene.task.id)
    assert (await http.call("POST", door, "coordinator", json={}))[0] == 200
    damaged = _stored(http.play, b"91379999MA00000001\t")
    damaged.chmod(0o600)
    damaged.write_bytes(b"something else")
    await made(http.play)
    row = await on_shelf(http)
    assert row["archives"] == []
    assert row["order"]["status"] == "failed"
    assert "损坏" in row["order"]["trouble"]


def _stored(play: Play, begin: bytes) -> Path:
    """The stored file that begins so: here the pool of the draw."""
    return next(one for one in play.house.blobs._root.glob("??/??/*") if one.read_bytes().startswith(begin))


def _in(name: str, old: str, new: str) -> Callable[[Files], Files]:
    """Change words in the one file whose path ends so."""

    def change(files: Files) -> Files:
        [path] = [one for one in files if one.endswith(name)]
        assert old.encode() in files[path], path
        return {**files, path: files[path].replace(old.encode(), new.encode())}

    return change


def _without(piece: str) -> Callable[[Files], Files]:
    return lambda files: {name: data for name, data in files.items() if piece not in name}


def _dulled(piece: str) -> Callable[[Files], Files]:
    """Other bytes under the same name: the name still says the hash of what was there."""
    return lambda files: {name: data + b" " if piece in name else data for name, data in files.items()}


def _and(*changes: Callable[[Files], Files]) -> Callable[[Files], Files]:
    def change(files: Files) -> Files:
        for one in changes:
            files = one(files)
        return files

    return change


def _head(**values: object) -> Callable[[Files], Files]:
    return lambda files: {
        **files,
        "manifest.json": json.dumps({**json.loads(files["manifest.json"]), **values}).encode(),
    }


forged = _and(relisted, resigned)  # whoever has a key of his own and can write a manifest
TAMPERED: dict[str, tuple[Callable[[Files], Files], str]] = {
    "an answer changed": (_in("submissions/lead.json", "corrected", "corrupted"), "不一致"),
    "a word of the result changed": (_in("data/results.json", "灭火器", "没问题"), "内容与目录不一致"),
    "changed and listed anew": (_and(_in("data/results.json", "灭火器", "没问题"), relisted), "签名无效"),
    "photos gone": (_without("evidence/photo"), "文件缺失"),
    "photos gone, forged": (_and(_without("evidence/photo"), forged), "引用了证据"),
    "another photo by its name, forged": (_and(_dulled("evidence/photo"), forged), "引用了证据"),
    "another signature by its name, forged": (_and(_dulled("evidence/signature"), forged), "引用了证据"),
    "a file more": (lambda files: {**files, "data/extra.json": b"{}"}, "不在目录里"),
    "longer": (lambda files: {**files, "volume.pdf": files["volume.pdf"] + b" "}, "大小与目录不一致"),
    "another signature": (lambda files: {**files, "manifest.sig": b"00" * 64}, "签名无效"),
    "a broken signature": (lambda files: {**files, "manifest.sig": b"x"}, "不是一个 Ed25519 签名"),
    "no signature": (_without("manifest.sig"), "缺少签名"),
    "no manifest": (_without("manifest.json"), "文件缺失"),
    "no manifest's words": (lambda files: {**files, "manifest.json": b"[]"}, "类型不对"),
    "another format": (_head(format="suicha-archive/9"), "format 不是"),
    "another kind": (_head(kind="diary"), "kind 不是"),
    "kept for less": (_and(_head(keep_until="2030-12-31"), resigned), "截止日与保管期限不符"),
    "another key's number": (_head(key={"id": "0" * 16, "public": "00" * 32}), "公钥与密钥编号不一致"),
    "a path outside": (_and(_head(files=[{"path": "../x", "size": 0, "sha256": ""}]), resigned), "路径不合规"),
    "listed twice": (
        lambda files: resigned(_head(files=json.loads(files["manifest.json"])["files"] * 2)(files)),
        "列了两次",
    ),
    "another seed, forged": (_and(_in("seed.json", "31445", "31446"), forged), "种子应为"),
    "another draw result, forged": (
        _and(_in("/result.json", "91379999MA00000001", "91379999MA00000999"), forged),
        "result.json",
    ),
    "the pool changed, forged": (_and(_in("/excluded.tsv", "yearly-limit", "deregistered"), forged), "冻结后被改动"),
    "a draw gone, forged": (_and(_without("draw/"), forged), "与 draw/ 下的不一致"),
    "a visit gone, forged": (_and(_without("visits/"), forged), "与 visits/ 下的不一致"),
    "another target, forged": (
        _and(
            _in("data/visits.json", "91379999MA00000001", "91379999MA00000009"),
            _in("data/visit.json", "91379999MA00000001", "91379999MA00000009"),
            forged,
        ),
        "与抽取结果不一致",
    ),
    "an event changed, forged": (_and(_in("data/events.json", '"accepted"', '"submitted"'), forged), "个事件的内容"),
    "no PDF/A, forged": (_and(lambda files: {**files, "volume.pdf": b"%PDF-1.7 x"}, forged), "PDF/A"),
}


async def test_whatever_was_changed_is_refused_for_what_it_is(http: Http, tmp_path: Path) -> None:
    """L2, D11: each of these is refused with its own reason, also where somebody signs anew with a key of his own."""
    whole = await archive(http)
    files = opened_zip(whole)
    for name, (change, reason) in TAMPERED.items():
        path = closed_zip(change(files), tmp_path / "t.zip")
        report = verify_archive.check(path)
        said = "".join(f"{where}：{what}" for where, what in report.findings)
        assert reason in said, (name, said)
    path.write_bytes(whole[: len(whole) // 2])
    assert "不能读取" in verify_archive.check(path).findings[0][1]
    flipped = bytearray(whole)
    flipped[whole.index(b"%PDF-") + 4000] ^= 1
    path.write_bytes(flipped)
    assert "压缩数据损坏" in verify_archive.check(path).findings[0][1]
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("manifest.json", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            packed.writestr("manifest.json", b"2")
    assert "出现了两次" in verify_archive.check(path).findings[0][1]
    honest = closed_zip(forged(files), tmp_path / "f.zip")  # nothing changed but the key: only the key's number tells
    assert verify_archive.check(honest).findings == []
    told = json.loads(files["manifest.json"])["key"]["id"]
    assert "不是指定的" in verify_archive.check(honest, told).findings[0][1]
