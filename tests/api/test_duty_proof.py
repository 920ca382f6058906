"""尽职免责: what an inspector was drawn for and did, for himself, his head and the office alone (K6)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from sqlalchemy import select

from app import verify_archive
from handlers import archives
from models.database import Database
from models.people import AuditEntry
from tests.api.archive_play import NUMBER, Files, closed_zip, opened_zip, with_draw
from tests.api.public_server import Http, http_of
from tests.conftest import Clock
from tests.integration.test_followups import FOUND
from tests.integration.visits_play import Play, house_of

DOOR = "/api/console/inspectors/LEAD-1/duty-proof"


@pytest_asyncio.fixture
async def http(database: Database, clock: Clock, tmp_path: Path) -> AsyncIterator[Http]:
    play = await Play(database, house_of(tmp_path / "blobs"), clock).begin()
    await with_draw(play)
    await play.accept()
    await play.submit("lead-1", await play.filled("lead-1", **FOUND))
    await play.submit("partner-1")
    await play.confirm()
    async with http_of(play, archives.routes) as found:
        yield found


async def proof(http: Http, who: str, **scope: str) -> Files:
    headers = {"Cookie": f"suicha_session={await http.token(who)}"}
    async with http.session.post(http.url(DOOR), headers=headers, json=scope) as answer:
        assert answer.status == 200, await answer.text()
        return opened_zip(await answer.read())


async def test_what_was_drawn_and_done_is_sealed_for_one_inspector(http: Http, tmp_path: Path) -> None:
    """K6, L2: drawn by chance, accepted, submitted, in time, by hash; nobody else's acts; changed it is refused."""
    files = await proof(http, "lead-1", task=http.play.scene.task.number)
    [visit] = json.loads(files["data/visits.json"])
    assert visit["drawn"].startswith(f"随机抽取（{NUMBER}")
    assert (visit["role"], visit["result"] != "", len(visit["submitted"])) == ("组长", True, 1)
    accepted = next(one for one in visit["deadlines"] if one["settled"])
    assert accepted["kept"]
    acts = json.loads(files["data/acts.json"])
    assert {one["who"] for one in acts} == {"演示人员lead-1"}
    assert {"接受任务", "提交本部门结果", "汇总确认"} <= {one["act"] for one in acts}
    assert {one["kind"] for one in json.loads(files["data/evidence.json"])} == {"photo", "signature"}
    assert f"draw/{NUMBER}/result.json" in files
    assert files["volume.pdf"].startswith(b"%PDF")
    assert verify_archive.check(closed_zip(files, tmp_path / "p.zip")).findings == []
    acts[0]["at"] = "2026-01-01 00:00:00"
    broken = {**files, "data/acts.json": json.dumps(acts).encode()}
    assert verify_archive.check(closed_zip(broken, tmp_path / "p.zip")).findings
    async with http.play.act("coordinator") as act:
        made = (await act.db.scalars(select(AuditEntry).where(AuditEntry.act == "duty-proof"))).all()
    assert [one.subject for one in made] == ["inspector:LEAD-1"]


async def test_who_may_have_it(http: Http) -> None:
    """K6, M1: himself, his department's head, the office; no colleague, no other head; without visits none."""
    scope = {"starts_on": "2026-01-01", "ends_on": "2026-12-31"}
    for who in ("lead-1", "lead-approver", "coordinator"):
        assert "volume.pdf" in await proof(http, who, **scope)
    for who in ("lead-2", "partner-1", "partner-approver"):
        assert (await http.call("POST", DOOR, who, json=scope))[0] == 404
    assert (await http.call("POST", DOOR, "lead-1", json={}))[0] == 422
    own = DOOR.replace("LEAD-1", "me")
    assert (await http.call("POST", own, "lead-1", json=scope))[0] == 200
    assert (await http.call("POST", own, "lead-approver", json=scope))[0] == 404  # he is no inspector
    other = {"starts_on": "2020-01-01", "ends_on": "2020-12-31"}
    assert (await http.call("POST", DOOR, "lead-1", json=other))[0] == 404
