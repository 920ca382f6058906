"""Public pages by enterprise and task, feeds, open data, caching; corrections through their doors (H6, H7, J, Q2)."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest_asyncio
from sqlalchemy import select

from handlers import corrections, public_data
from models.database import Database
from models.people import AuditEntry, Member
from models.tasks import Submission
from services.results import publications
from tests.api.public_server import Http, http_of
from tests.conftest import Clock
from tests.integration.visits_play import Play, house_of, signature_bytes

PAPER = b"%PDF-1.7 made up"


@pytest_asyncio.fixture
async def http(database: Database, clock: Clock, tmp_path: Path) -> AsyncIterator[Http]:
    play = await Play(database, house_of(tmp_path / "blobs"), clock).begin()
    await play.confirmed()
    await play.approve("lead")
    async with play.act("coordinator") as act:
        (await act.db.get_one(Member, play.scene.actors["lead-approver"].member_id)).post = "主要负责人"
    async with http_of(play, corrections.routes, public_data.routes) as found:
        yield found


async def publish(http: Http) -> str:
    async with http.play.act("coordinator") as act:
        await publications.publish_task(act, http.play.scene.task.id)
    return f"{http.play.scene.visit.number}-lead"


async def corrected(http: Http, number: str) -> None:
    """Ask with evidence, sign with ink, all through the doors."""
    digest = hashlib.sha256(PAPER).hexdigest()
    door = f"/api/console/corrections/evidence/{digest}"
    assert (await http.call("PUT", door, "lead-1", data=b"MZ no paper"))[0] == 422
    assert (await http.call("PUT", door, "lead-1", data=PAPER))[1] == {"digest": digest}
    wish = {
        "number": number,
        "ground": "entry",
        "reason": "录入有误",
        "evidence": [digest],
        "changes": {"results": ["corrected"], "measures": ["order"]},
    }
    assert (await http.call("POST", "/api/console/corrections", "coordinator", json=wish))[0] == 403
    made = (await http.call("POST", "/api/console/corrections", "lead-1", json=wish))[1]
    [row] = (await http.call("GET", "/api/console/corrections", "lead-approver"))[1]["rows"]
    assert (row["can_sign"], row["changes"][0]["before"]) == (True, ["none"])
    paper = f"/api/console/corrections/{made['id']}/evidence/{digest}"
    assert (await http.call("GET", paper, "partner-approver"))[0] == 404
    assert (await http.call("GET", paper, "lead-approver"))[0] == 200
    sign = f"/api/console/corrections/{made['id']}/sign"
    blank = {"signature": base64.b64encode(b"no png").decode()}
    assert (await http.call("POST", sign, "lead-approver", json=blank))[0] == 422
    ink = {"signature": "data:image/png;base64," + base64.b64encode(signature_bytes()).decode()}
    assert (await http.call("POST", sign, "lead-1", json=ink))[0] == 403
    assert (await http.call("POST", sign, "lead-approver", json=ink))[1] == {"version": 2}


async def test_a_correction_is_seen_everywhere_and_hides_nothing(http: Http) -> None:
    """J1, J2, H6: page, enterprise, task, list, CSV, JSON and feeds follow; the old version stays at its address."""
    number = await publish(http)
    await corrected(http, number)
    page = f"/public/results/{quote(number)}"
    for path, words in {
        page: ("发现问题已责令改正", "第 1 版（原公示）", "37999920260001", "379999202603020001", "不定向"),
        f"{page}/v1": ("未发现问题", "本页为原公示内容"),
        f"/public/enterprises/{http.play.scene.target.code}": ("已更正", "发现问题已责令改正"),
        f"/public/tasks/{quote(http.play.scene.task.number)}": ("379999202603020001", "已更正"),
        "/public/tasks": (http.play.scene.task.name,),
        "/public/handlings": ("录入有误", "第 2 版"),
        "/public/data": ("2026-03",),
    }.items():
        status, text, headers = await http.call("GET", path)
        assert status == 200, path
        for word in words:
            assert word in text, (path, word)
        assert "<script" not in text
        assert "s-maxage" in headers["Cache-Control"]
    _, text, headers = await http.call("GET", "/public/data/results-2026-03.csv")
    [row] = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert (row["抽查结果"], row["版本"], row["更正日期"]) == ("发现问题已责令改正", "2", "2026-03-02")
    answer = (await http.call("GET", "/public/data/results-2026-03.json"))[1]
    assert [one["result_text"] for one in answer["rows"]] == ["发现问题已责令改正"]
    assert "results" not in answer["rows"][0]
    for form in ("atom", "rss"):
        _, text, _ = await http.call("GET", f"/public/feed.{form}")
        assert "更正" in "".join(ET.fromstring(text).itertext())  # noqa: S314 our own words


async def test_a_page_that_did_not_change_is_not_sent_again(http: Http) -> None:
    """H6: ETag and 304; another page after a correction."""
    number = await publish(http)
    page = f"/public/results/{quote(number)}"
    session, url = http.session, http.url(page)
    async with session.get(url) as answer:
        etag = answer.headers["ETag"]
    async with session.get(url, headers={"If-None-Match": etag}) as answer:
        assert (answer.status, await answer.read()) == (304, b"")
    await corrected(http, number)
    async with session.get(url, headers={"If-None-Match": etag}) as answer:
        assert answer.status == 200


async def test_nothing_is_public_that_is_not(http: Http) -> None:
    """M3, H7: pages and data of what is not published are not found; a kept-back part appears nowhere."""
    code, task = http.play.scene.target.code, quote(http.play.scene.task.number)
    part = http.play.scene.parts["lead"].id
    for path in (f"/public/enterprises/{code}", f"/public/tasks/{task}", "/public/results/x/v1"):
        assert (await http.call("GET", path))[0] == 404
    for path in ("/public/data/results-2026-13.csv", "/public/data/results-0000-00.json"):
        assert (await http.call("GET", path))[0] == 422
    preview = (await http.call("GET", f"/api/console/parts/{part}/publication", "lead-approver"))[1]
    assert preview["body"]["target_code"] == code
    hold = {"whole": True, "basis": "security", "reason": "涉及反恐重点目标"}
    assert (await http.call("POST", f"/api/console/parts/{part}/hold", "partner-approver", json=hold))[0] == 404
    assert (await http.call("POST", f"/api/console/parts/{part}/hold", "lead-approver", json=hold))[0] == 200
    await publish(http)
    for path in (f"/public/enterprises/{code}", "/public/data/results-2026-03.csv", "/public", "/public/feed.atom"):
        assert code not in str((await http.call("GET", path))[1])


async def test_each_department_answers_for_what_is_public_of_it(http: Http) -> None:
    """M4, H3: approved by its own approver alone, on record with the very papers; the page names it, and no other."""
    play = http.play
    part, number = play.scene.parts["partner"], f"{play.scene.visit.number}-partner"
    door = f"/api/console/parts/{part.id}/approve"
    assert [(await http.call("POST", door, who, json={}))[0] for who in ("coordinator", "lead-approver")] == [403, 404]
    await publish(http)
    assert (await http.call("GET", f"/public/results/{quote(number)}"))[0] == 404  # its department has not said yes
    assert (await http.call("POST", door, "partner-approver", json={}))[0] == 200
    await publish(http)
    status, text, _ = await http.call("GET", f"/public/results/{quote(number)}")
    shown = text.split("本次检查其他部门的结果")[0]
    assert (status, "演示区卫生健康局" in shown, "演示区市场监督管理局" in shown) == (200, True, False)
    assert "公示内容由各检查部门负责" in text
    async with play.database.read() as db:
        query = select(AuditEntry.member_id, AuditEntry.detail).where(
            AuditEntry.act == "approve-part", AuditEntry.subject == f"part:{part.id}"
        )
        [(member, detail)] = await db.execute(query)
        sent = await db.scalar(select(Submission.manifest_digest).where(Submission.part_id == part.id))
    assert (member, detail["manifest"]) == (play.scene.actors["partner-approver"].member_id, sent)
