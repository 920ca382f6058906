"""The room over real HTTP (Q1, D11): observers without accounts enter by code; enterprises see their own line (Q2)."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile

from sqlalchemy import select

from models.draws import WrongCode
from models.people import AuditEntry
from models.registers import Target
from models.tasks import Draw, Visit
from services.drawing.codes import MOST_WRONG
from tests.api.conftest import Building, answer, ok
from tests.office import COORDINATOR, DEREGISTERED_HOTEL, DICE, OBSERVER, PUBLIC, VALUES


async def test_an_observer_enters_by_his_code(house: Building) -> None:
    """Q1: fingerprint before, one value by code, the bundle after; each step seen on the wall."""
    office = house.office
    task_id = await office.frozen()
    desk, phone = await house.as_member(COORDINATOR), house.browser()
    wall = await ok(desk, "GET", f"/api/console/tasks/{task_id}/room")
    number = wall["draw"]["number"]
    assert wall["outcome"] is None
    assert wall["qr"].startswith("<svg")
    assert [one["entered"] for one in wall["sources"]] == [False, False, False]
    codes = (await ok(desk, "GET", f"/api/console/tasks/{task_id}/observers"))["rows"]
    assert [one["source"] for one in codes] == [DICE.name]
    status, seen = await answer(phone, "GET", f"/public/room/{number}")
    assert (status, wall["draw"]["fingerprint"] in seen.decode()) == (200, True)

    enter = f"/public/room/{number}/enter"
    status, told = await answer(phone, "POST", enter, data={"code": "22222222", "value": "1"})
    assert (status, "不符" in told.decode()) == (422, True)
    assert await office.count(WrongCode) == 1
    sent = {"code": codes[0]["code"].lower()[:4] + " " + codes[0]["code"][4:], "value": VALUES[DICE.name]}
    status, _ = await answer(phone, "POST", enter, data=sent, allow_redirects=False)
    assert status == 303
    status, told = await answer(phone, "POST", enter, data={**sent, "value": "66666"})
    assert (status, "已经录入过" in told.decode()) == (422, True)
    wall = await ok(desk, "GET", f"/api/console/tasks/{task_id}/room")
    assert wall["sources"][1]["value"] == VALUES[DICE.name]

    take = f"/public/room/{number}/bundle"
    status, _ = await answer(phone, "POST", take, data=sent)
    assert status == 422, "before the draw there is nothing to hold"
    await office.enter(task_id, PUBLIC.name)
    await office.draw(task_id)
    status, data = await answer(phone, "POST", take, data=sent)
    assert status == 200
    packed = zipfile.ZipFile(io.BytesIO(data))
    names = set(packed.namelist())
    status, page = await answer(phone, "GET", "/public/verify")
    assert (status, page) == (200, packed.read("check/verify.html")), "the page for phones is that of the bundle"
    assert {"announcement.json", "targets.tsv", "seed.json", "result.json"} <= names
    wall = await ok(desk, "GET", f"/api/console/tasks/{task_id}/room")
    assert len(wall["outcome"]["rows"]) == wall["draw"]["counts"]["drawn"]
    status, told = await answer(phone, "GET", f"/public/draws/{number}/published.json")
    assert json.loads(json.dumps(told))["fingerprint"] == wall["draw"]["fingerprint"]


async def test_codes_are_not_guessed(house: Building) -> None:
    """Q1: after so many wrong codes in an hour none is tried any more, not even the right one; then it is again."""
    office = house.office
    task_id = await office.frozen()
    draw = (await office.all(select(Draw)))[0]
    async with office.act() as act:
        for _ in range(MOST_WRONG):
            act.db.add(WrongCode(key=f"room:{draw.number}", at=act.now))
    desk, phone = await house.as_member(COORDINATOR), house.browser()
    code = (await ok(desk, "GET", f"/api/console/tasks/{task_id}/observers"))["rows"][0]["code"]
    sent = {"code": code, "value": "12345"}
    status, told = await answer(phone, "POST", f"/public/room/{draw.number}/enter", data=sent)
    assert (status, "一小时后" in told.decode()) == (422, True)
    office.clock.advance(hours=1, minutes=1)
    status, _ = await answer(phone, "POST", f"/public/room/{draw.number}/enter", data=sent, allow_redirects=False)
    assert status == 303


async def test_observers_see_the_wall_and_no_codes(house: Building) -> None:
    """T4: an observer looks on; what is handed to observers is the office's to hand out."""
    task_id = await house.office.frozen()
    guest = await house.as_member(OBSERVER)
    await ok(guest, "GET", f"/api/console/tasks/{task_id}/room")
    status, _ = await answer(guest, "GET", f"/api/console/tasks/{task_id}/observers")
    assert status == 403


async def test_an_unannounced_list_is_public_after_its_last_day(house: Building) -> None:
    """F2, M3: neither the wall nor the public file names a target that must not know; after the window they may."""
    office = house.office
    task_id, draw = await office.drawn(announced=False)
    phone, desk = house.browser(), await house.as_member(COORDINATOR)
    wall = await ok(desk, "GET", f"/api/console/tasks/{task_id}/room")
    names = await office.all(select(Visit.number))
    assert names
    assert {one["name"] for one in wall["outcome"]["rows"]} == {"不事先告知，名称不公开"}
    path = f"/public/draws/{draw.number}/published.json"
    assert (await answer(phone, "GET", path))[0] == 404
    office.clock.advance(days=400)
    assert (await answer(phone, "GET", path))[0] == 200


async def test_an_enterprise_sees_its_own_line(house: Building) -> None:
    """Q2: by its notice's code, or one the office hands out; the path leads to the announced root; it is recorded."""
    office = house.office
    _, draw = await office.drawn()
    files = await office.files(draw)
    drawn = json.loads(files["result.json"])["drawn"][0]["target"]
    others = [line.split("\t")[0] for line in files["targets.tsv"].decode().splitlines()]
    other = next(
        one for one in others if one not in {row["target"] for row in json.loads(files["result.json"])["drawn"]}
    )
    notice = (await office.all(select(Visit.notice_code).join(Target).where(Target.code == drawn)))[0]
    desk, phone = await house.as_member(COORDINATOR), house.browser()
    sent = {"number": draw.number, "target": drawn, "code": notice}
    status, page = await answer(phone, "POST", "/public/proof", data=sent)
    assert status == 200
    assert "在冻结的名单中，已被抽中" in page.decode()
    assert json.loads(files["announcement.json"])["targets"]["merkle_root"] in page.decode()
    assert other not in page.decode()
    assert "抽中区" in page.decode(), "a picture: where its tickets fell beside the cutoff"
    assert "与公告的根相同" in page.decode()
    for wrong in ({**sent, "target": other}, {**sent, "number": "JB-2026-9999"}, {**sent, "code": "22222222"}):
        status, page = await answer(phone, "POST", "/public/proof", data=wrong)
        assert (status, "编号与验证码不符" in page.decode()) == (422, True)
    path = f"/api/console/draws/{draw.number}/proof-code"
    for code, words in ((other, "未被抽中"), (DEREGISTERED_HOTEL, "不在待抽名单：已注销")):
        handed = (await ok(desk, "POST", path, json={"target_code": code}))["code"]
        assert (await ok(desk, "POST", path, json={"target_code": code}))["code"] == handed
        status, page = await answer(
            phone, "POST", "/public/proof", data={"number": draw.number, "target": code, "code": handed}
        )
        assert words in page.decode()
    assert await office.count(AuditEntry, AuditEntry.act == "proof-shown") == 3
    table = f"/api/console/draws/{draw.number}/proof-codes"
    count = (await ok(desk, "POST", table, json={"target_codes": []}))["count"]
    assert count == await office.count(Visit)
    rows = (await ok(desk, "GET", table))["rows"]
    assert len({one["proof"] for one in rows}) == len(rows) == count + 2, "the drawn, and the two handed out before"
    assert (await answer(desk, "POST", table, json={"target_codes": [other, "91NOBODY"]}))[0] == 404
    assert (await answer(await house.as_member(OBSERVER), "GET", table))[0] == 403


async def test_minutes_are_a_pdf(house: Building) -> None:
    """D11, L1: the minutes of a drawn draw, to print and sign; none before."""
    task_id = await house.office.seeded()
    desk = await house.as_member(COORDINATOR)
    number = (await house.office.all(select(Draw.number)))[0]
    path = f"/api/console/draws/{number}/minutes.pdf"
    assert (await answer(desk, "GET", path))[0] == 409
    await house.office.draw(task_id)
    status, data = await answer(desk, "GET", path)
    assert (status, data[:5]) == (200, b"%PDF-")
    assert len(hashlib.sha256(data).hexdigest()) == 64
