"""The public pages and the way of a result to them, over real HTTP (H5, H6, M2, Q2)."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from urllib.parse import quote

import pytest_asyncio

from inspection.draw.announcement import Mode, Source, SourceKind, Team
from inspection.draw.freeze import ANNOUNCEMENT, Terms, freeze
from inspection.draw.pools import Candidate, DrawInspector, Exclusion, Pools
from models.blobs import Digest
from models.database import Database
from models.registers import PlanEntry
from models.tasks import Draw
from tests.api.public_server import Http, http_of
from tests.conftest import Clock
from tests.integration.visits_play import Play, house_of, photo_bytes, signature_bytes

JPEG = {"Content-Type": "image/jpeg"}


@pytest_asyncio.fixture
async def http(database: Database, clock: Clock, tmp_path: Path) -> AsyncIterator[Http]:
    play = await Play(database, house_of(tmp_path / "blobs"), clock).begin()
    async with http_of(play) as found:
        yield found


async def put(http: Http, who: str, data: bytes, kind: str) -> str:
    """Send a file in one request (tus, creation-with-upload)."""
    digest = hashlib.sha256(data).hexdigest()
    said = {"kind": kind, "digest": digest, "taken_at": "2026-03-02T09:00:00+08:00", "lat": "36.6", "lon": "117.0"}
    headers = {
        "Tus-Resumable": "1.0.0",
        "Upload-Length": str(len(data)),
        "Upload-Metadata": ",".join(f"{name} {b64encode(word.encode()).decode()}" for name, word in said.items()),
        "Content-Type": "application/offset+octet-stream",
    }
    path = f"/api/phone/visits/{http.play.scene.visit.id}/uploads"
    status, body, _ = await http.call("POST", path, who, headers=headers, data=data)
    assert (status, body) == (201, {"digest": digest, "stored": True})
    return digest


async def test_a_result_goes_from_the_phone_to_the_public_page(http: Http) -> None:
    """The main way: list, accept, evidence, submit, confirm, approve, publish, seen by anybody."""
    play, visit = http.play, f"/api/phone/visits/{http.play.scene.visit.id}"
    [row] = (await http.call("GET", "/api/phone/visits", "lead-1"))[1]["visits"]
    assert (row["number"], row["leads"], row["status_text"]) == (play.scene.visit.number, True, "待接受")
    assert (await http.call("POST", f"{visit}/accept", "lead-1", json={}))[1] == {"status": "accepted"}
    assert await put(http, "lead-1", photo_bytes("x"), "photo") == await put(http, "lead-1", photo_bytes("x"), "photo")
    photo, ink = (
        await put(http, "lead-1", photo_bytes("x"), "photo"),
        await put(http, "lead-1", signature_bytes(), "signature"),
    )
    detail = (await http.call("GET", visit, "lead-1"))[1]
    assert [one["digest"] for one in detail["evidence"]] == [photo, ink]
    assert detail["can"] == {"accept": False, "submit": True, "confirm": False}
    manifest = await play.filled("lead-1")
    status, receipt, _ = await http.call("POST", f"{visit}/submissions", "lead-1", json=manifest)
    assert (status, receipt["visit_number"]) == (200, play.scene.visit.number)
    assert (await http.call("POST", f"{visit}/submissions", "lead-1", json=manifest))[1] == receipt
    await play.submit("partner-1")
    confirmed = await http.call("POST", f"{visit}/confirm", "lead-1", json={"summary": "已完成。"})
    assert confirmed[1] == {"status": "confirmed"}
    for code in ("lead", "partner"):
        [waiting] = (await http.call("GET", "/api/console/approvals", f"{code}-approver"))[1]["rows"]
        path = f"/api/console/parts/{waiting['part_id']}/approve"
        assert (await http.call("POST", path, f"{code}-approver", json={}))[1] == {"status": "approved"}
    publish = f"/api/console/tasks/{play.scene.task.id}/publish"
    assert (await http.call("POST", publish, "coordinator", json={}))[1] == {"published": 2}
    number = quote(f"{play.scene.visit.number}-lead")
    status, page, headers = await http.call("GET", f"/public/results/{number}")
    assert status == 200
    for words in (play.scene.target.name, "未发现问题", "期限内公示", "演示区卫生健康局"):
        assert words in page
    assert "script-src" not in page
    assert "<script" not in page
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "演示人员" not in page
    assert "演示店主" not in page


async def test_files_that_are_not_there_yet_are_named(http: Http) -> None:
    """409 with what is missing, so that the phone sends just that."""
    await http.play.accept()
    manifest = await http.play.filled("lead-1", photos=["b" * 64])
    path = f"/api/phone/visits/{http.play.scene.visit.id}/submissions"
    status, problem, _ = await http.call("POST", path, "lead-1", json=manifest)
    assert (status, problem["code"], problem["params"]["missing"]) == (409, "evidence-missing", ["b" * 64])


async def test_a_photo_is_looked_at_by_those_who_may(http: Http) -> None:
    """M1: the copy has no metadata of the original; strangers and foreign approvers find nothing."""
    digest = await put(http, "lead-1", photo_bytes("x"), "photo")
    path = f"/api/phone/evidence/{digest}/thumb?visit={http.play.scene.visit.id}"
    status, _, headers = await http.call("GET", path, "lead-approver")
    assert (status, headers["Content-Type"]) == (200, "image/jpeg")
    assert (await http.call("GET", path, "partner-approver"))[0] == 404
    assert (await http.call("GET", path))[0] == 401


async def test_each_door_has_its_role(http: Http) -> None:
    """Habit 5: a door opens to its role and to nobody else."""
    assert (await http.call("GET", "/api/phone/visits"))[0] == 401
    assert (await http.call("GET", "/api/phone/visits", "coordinator"))[0] == 403
    assert (await http.call("GET", "/api/console/approvals", "lead-1"))[0] == 403
    assert (await http.call("POST", "/api/console/tasks/x/publish", "lead-1", json={}))[0] == 403
    assert (await http.call("POST", "/api/console/tasks/x/publish", "coordinator", json={}))[0] == 404


async def test_what_is_not_published_is_not_found(http: Http) -> None:
    """M3: nothing under way is named; the page says so in words and with status 404."""
    await http.play.confirmed()
    number = quote(f"{http.play.scene.visit.number}-lead")
    status, page, _ = await http.call("GET", f"/public/results/{number}")
    assert status == 404
    assert "没有找到这份检查结果" in page
    status, page, _ = await http.call("GET", "/public", params={"q": http.play.scene.target.name})
    assert status == 200
    assert page.count(http.play.scene.target.name) == 2  # what was asked for, twice repeated; no result


async def test_what_visitors_type_is_text(http: Http) -> None:
    """OWASP: the search word comes back escaped."""
    _, page, _ = await http.call("GET", "/public", params={"q": "<script>alert(1)</script>"})
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert (await http.call("GET", "/public", params={"page": "0"}))[0] == 422
    assert (await http.call("GET", "/public", params={"page": "99"}))[0] == 200
    for hostile in ("\0", "%_\\", "'; DROP TABLE publications; --", "长" * 5000):
        assert (await http.call("GET", "/public", params={"q": hostile}))[0] in {200, 400, 422}
    for path in ("/public/results/%00", "/public/draws/%2e%2e%2fetc", "/public/draws/x/announcement.json"):
        assert (await http.call("GET", path))[0] in {400, 404, 422}


async def test_a_frozen_draw_is_public_and_its_fingerprint_can_be_computed(http: Http) -> None:
    """D10, H6: the announcement byte for byte; counts, sources, exclusions; no stratum, and no other file."""
    files = await frozen_draw(http.play)
    _, page, _ = await http.call("GET", "/public/draws")
    assert "JB-2026-0001" in page
    _, page, _ = await http.call("GET", "/public/draws/JB-2026-0001")
    fingerprint = hashlib.sha256(files[ANNOUNCEMENT]).hexdigest()
    for words in (fingerprint, "已注销：1 户", "dice-room", "演示区市场监督管理局：每组 1 人"):
        assert words in page
    assert "secret-stratum" not in page
    status, body, _ = await http.call("GET", "/public/draws/JB-2026-0001/announcement.json")
    assert (status, body) == (200, json.loads(files[ANNOUNCEMENT]))
    for name in ("seed.json", "targets.json", "result.json"):
        assert (await http.call("GET", f"/public/draws/JB-2026-0001/{name}"))[0] == 404
    assert (await http.call("GET", "/public/draws/JB-2026-0002"))[0] == 404


async def frozen_draw(play: Play) -> dict[str, bytes]:
    """A frozen draw of the play's task, with its files in the store."""
    pools = Pools(
        candidates=tuple(Candidate(id=f"T{one}", stratum="secret-stratum", tickets=1) for one in range(3)),
        inspectors=(DrawInspector(id="LEAD-1", department="lead", skills=frozenset()),),
        conflicts=(),
        exclusions=(Exclusion(id="T9", reason="deregistered"),),
    )
    terms = Terms(
        draw_id="JB-2026-0001",
        mode=Mode.DOUBLE,
        frozen_at="2026-03-02T09:00:00+08:00",
        scope_rule="演示范围",
        quotas={"secret-stratum": 1},
        teams=(Team(department="lead", size=1),),
        sources=(Source(name="dice-room", kind=SourceKind.DICE, note="十枚骰子"),),
    )
    files = freeze(terms, pools, bytes(32))
    digests = {name: await play.house.blobs.put(data) for name, data in files.items()}
    async with play.act("coordinator") as act:
        act.db.add(
            Draw(
                number="JB-2026-0001",
                task_id=play.scene.task.id,
                department_id=play.scene.task.department_id,
                frozen_at=play.clock(),
                fingerprint=Digest(digests[ANNOUNCEMENT]),
                files=digests,
                secret="00",
                master="00",
                counts={"targets": 3, "excluded": 1, "inspectors": 1, "to_draw": 1},
            )
        )
    return files


async def test_the_plan_is_public(http: Http) -> None:
    """C5: with its departments and time."""
    scene = http.play.scene
    async with http.play.act("coordinator") as act:
        entry = await act.db.get_one(PlanEntry, scene.task.plan_entry_id)
        entry.name, entry.quota = "餐饮服务联合抽查", {"raw": "10%(20户)"}
        entry.partner_ids = [scene.actors["partner-1"].department_id]
        entry.ends_on = date(2026, 11, 30)
    _, page, _ = await http.call("GET", "/public/plan")
    for words in ("2026年度抽查计划", "餐饮服务联合抽查", "10%(20户)", "演示区卫生健康局", "2026年11月30日"):
        assert words in page


async def test_every_public_page_is_read_without_signing_in(http: Http) -> None:
    """Q2: anybody; and no cookie is set."""
    for path in ("/public", "/public/draws", "/public/plan", "/public/style.css"):
        status, _, headers = await http.call("GET", path)
        assert status == 200
        assert "Set-Cookie" not in headers
