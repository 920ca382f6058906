"""Follow-ups over real HTTP: the desk's doors and the owner's own (I)."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from handlers import followups, public_data
from handlers.edge import SESSION_COOKIE
from models.database import Database
from services.people import signin
from services.results import publications
from tests.api.public_server import Http, http_of
from tests.conftest import Clock
from tests.integration.test_followups import FOUND, bound
from tests.integration.visits_play import Play, house_of, photo_bytes


@pytest_asyncio.fixture
async def http(database: Database, clock: Clock, tmp_path: Path) -> AsyncIterator[Http]:
    play = await Play(database, house_of(tmp_path / "blobs"), clock).begin()
    await play.accept()
    await play.submit("lead-1", await play.filled("lead-1", **FOUND))
    await play.submit("partner-1")
    await play.confirm()
    await play.approve("lead")
    async with http_of(play, followups.routes, public_data.routes) as found:
        yield found


async def test_a_rectification_through_its_doors(http: Http) -> None:
    """I8: opened at the desk, photographed by the owner, looked at again, ended; strangers find nothing."""
    [asked] = (await http.call("GET", "/api/console/followups", "lead-approver"))[1]["proposals"]
    new = {"part_id": asked["part_id"], "kind": "rectification", "demand": "更换灭火器", "responsible": "lead-1"}
    status, made, _ = await http.call("POST", "/api/console/followups", "lead-approver", json=new)
    assert (status, made["due_on"]) == (200, "2026-03-17")
    assert (await http.call("POST", "/api/console/followups", "lead-1", json=new))[0] == 403
    await bound(http.play)
    async with http.play.act("coordinator") as act:
        _, token = await signin.sign_in_owner(act, "oDemoOwner0000000009")
    cookie = {"headers": {"Cookie": f"{SESSION_COOKIE}={token}"}}
    data = photo_bytes("after")
    digest = hashlib.sha256(data).hexdigest()
    door = f"/api/owner/rectifications/{made['id']}"

    async def owner(method: str, path: str, **options: object) -> tuple[int, object]:
        url = http.url(path)
        async with http.session.request(method, url, **cookie, **options) as answer:  # type: ignore[arg-type]
            is_json = answer.content_type.endswith("json")
            return answer.status, await answer.json() if is_json else await answer.read()

    assert (await owner("PUT", f"{door}/photos/{'0' * 64}", data=data))[0] == 422
    assert (await owner("PUT", f"{door}/photos/{digest}", data=data))[0] == 201
    assert (await owner("PUT", f"{door}/photos/{digest}", data=data))[0] == 200
    _, own = await owner("GET", "/api/owner/rectifications")
    [row] = own["rows"]  # type: ignore[index]
    assert (row["status"], row["can_send"], len(row["photos"])) == ("open", True, 1)
    assert [(one["what"], one["note"], one["due_on"]) for one in row["steps"]] == [("提出", "更换灭火器", "2026-03-17")]
    assert "lead" not in str(row["steps"])  # who said it stays inside
    status, picture = await owner("GET", row["photos"][0]["thumb_url"])
    assert (status, picture[:3]) == (200, b"\xff\xd8\xff")  # type: ignore[index]
    assert (await owner("POST", f"{door}/hand-in", json={"note": "已更换"}))[1] == {"status": "handed-in"}
    desk = f"/api/console/followups/{made['id']}"
    assert (await http.call("GET", f"{desk}/photos/{digest}/display", "lead-approver"))[0] == 200
    assert (await http.call("GET", f"{desk}/photos/{digest}/display", "partner-approver"))[0] == 404
    assert (await http.call("GET", desk, "partner-approver"))[0] == 404
    looked = {"passed": True, "note": "合格"}
    assert (await http.call("POST", f"{desk}/recheck", "lead-1", json=looked))[1] == {"status": "closed"}
    [closed] = (await http.call("GET", "/api/console/followups?closed=1", "lead-approver"))[1]["rows"]
    assert (closed["outcome_text"], closed["can"]["close"]) == ("复查合格", False)


async def test_what_followed_stands_under_the_name_for_whoever_asks_by_code(http: Http) -> None:
    """H8, I5, I6, I7: a bank or a tender's office needs the code alone; what is open or was refused burdens nobody."""
    play = http.play
    code, part = play.scene.target.code, play.scene.parts["lead"].id
    opened = {}
    for kind, more in (("case", {}), ("dishonesty", {"ground": "penalty"}), ("abnormal-list", {})):
        wish = {"part_id": part, "kind": kind, "demand": "依法办理", "responsible": "lead-1", **more}
        status, made, _ = await http.call("POST", "/api/console/followups", "lead-approver", json=wish)
        assert status == 200, made
        opened[kind] = made["id"]
    assert (await http.call("GET", f"/public/enterprises/{code}"))[0] == 404  # nothing is public of it yet
    async with play.act("coordinator") as act:
        await publications.publish_task(act, play.scene.task.id)
    page = f"/public/enterprises/{code}"
    status, text, _ = await http.call("GET", page)
    assert (status, "发现问题已责令改正" in text, "处理结果" in text) == (200, True, False)
    for kind, outcome, number in (
        ("case", "punished", "演示罚〔2026〕1号"),
        ("dishonesty", "shared", ""),
        ("abnormal-list", "not-listed", ""),
    ):
        body = {"outcome": outcome, "note": "已决定", "document_no": number}
        door = f"/api/console/followups/{opened[kind]}/close"
        assert (await http.call("POST", door, "partner-approver", json=body))[0] == 404
        status, told, _ = await http.call("POST", door, "lead-approver", json=body)
        assert status == 200, told
    assert code in (await http.call("GET", f"/public?q={code}"))[1]
    for path in (page, "/public/handlings"):
        text = (await http.call("GET", path))[1]
        for said in (
            "立案查处：作出行政处罚",
            "演示罚〔2026〕1号",
            "记入失信记录：已记入并共享",
            "演示区市场监督管理局",
        ):
            assert said in text, (path, said)
        assert "经营异常名录" not in text
