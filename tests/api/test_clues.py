"""Clues over real HTTP, on both databases: entered, checked at once, dismissed, gathered into a plan (O1, O2)."""

from __future__ import annotations

from typing import Any

import aiohttp
from sqlalchemy import select

from models.registers import Target
from tests.api.conftest import LIAISON, Building, answer, ok
from tests.integration.test_clues import CODES, HEAD, MARKET
from tests.office import COORDINATOR

AT = "/api/console/clues"
APPROVER, OTHER, INSPECTOR = "market13", "health13", "market03"
CLUE = {
    "source": "complaint", "source_no": "12315-1", "received_on": "2026-03-01", "target_code": CODES[1],
    "department": MARKET, "matter": "食品过期", "content": "货架上有过期食品",
}  # fmt: skip


async def post(browser: aiohttp.ClientSession, path: str, body: dict[str, Any]) -> Any:
    return await ok(browser, "POST", f"{AT}{path}", json=body)


async def status(browser: aiohttp.ClientSession, path: str, body: dict[str, Any]) -> int:
    return (await answer(browser, "POST", f"{AT}{path}", json=body))[0]


async def test_a_complaint_goes_to_its_department_and_is_checked_the_same_day(each_house: Building) -> None:
    """O1: entered by the office once; its department alone decides who goes; it lies on the inspector's phone."""
    office, head = await each_house.as_member(COORDINATOR), await each_house.as_member(APPROVER)
    made = await post(office, "", CLUE)
    assert (made["new"], (await post(office, "", CLUE))["new"]) == (True, False)
    for wrong, code in (({"received_on": "2026-12-31"}, 422), ({"source": "x"}, 422), ({"target_code": "9" * 18}, 404)):
        assert await status(office, "", {**CLUE, "source_no": "12315-2", **wrong}) == code
    choices = await ok(head, "GET", f"{AT}/choices")
    first, second = (one["staff_no"] for one in choices["people"][:2])
    order = {"staff_nos": [first, second], "item_ids": [choices["items"][0]["id"]], "ends_on": "2026-03-20"}
    other = await each_house.as_member(OTHER)
    assert await status(office, f"/{made['id']}/check", order) == 403
    assert await status(other, f"/{made['id']}/check", order) == 404
    assert await status(head, f"/{made['id']}/check", {**order, "staff_nos": [first]}) == 422
    assert await status(head, f"/{made['id']}/check", {**order, "ends_on": "2026-03-01"}) == 422
    sent = await post(head, f"/{made['id']}/check", order)
    phone = await each_house.as_member(first.lower())
    mine = await ok(phone, "GET", "/api/phone/visits")
    assert sent["visit_number"] in str(mine)
    assert await status(head, f"/{made['id']}/check", order) == 409
    assert (await ok(other, "GET", AT))["rows"] == []
    [row] = (await ok(head, "GET", AT))["rows"]
    assert (row["status"], row["visit_number"], row["own"]) == ("checked", sent["visit_number"], True)


async def test_who_neither_coordinates_nor_approves_sees_no_clue(each_house: Building) -> None:
    """O1, M1: a complaint may name who complained."""
    for who in (INSPECTOR, LIAISON):
        browser = await each_house.as_member(who)
        assert (await answer(browser, "GET", AT))[0] == 403
        assert await status(browser, "", CLUE) == 403
    assert (await answer(each_house.browser(), "GET", AT))[0] == 401


async def test_a_table_of_signals_shows_a_pattern_that_becomes_a_special_plan(each_house: Building) -> None:
    """O2, O4: six shops of one small area; the plan is a draft with the pattern as its reason, the clues are in it."""
    async with each_house.office.act(COORDINATOR) as act:
        some = list(await act.db.scalars(select(Target).where(Target.region_code != "").order_by(Target.code).limit(6)))
        for one in some:
            one.region_code = "379911"
        codes = [one.code for one in some]
    head = await each_house.as_member(APPROVER)
    lines = [f"数据监测预警,J{at},2026-03-01,{code},{MARKET},虚假宣传,网页监测" for at, code in enumerate(codes)]
    table = "\n".join([HEAD, *lines, f"数据监测预警,J9,2026-03-01,无此代码,{MARKET},虚假宣传,"]).encode()
    for added in (6, 0):
        report = await ok(head, "POST", f"{AT}/table?filename=signals.csv", data=table)
        assert (report["read"], report["added"], [one["row"] for one in report["rejected"]]) == (7, added, [8])
    [found] = [one for one in (await ok(head, "GET", AT))["patterns"] if one["kind"] == "region"]
    assert (found["named"], found["key"], found["chance"] < 0.01) == (6, "379911", True)
    wish = {name: found[name] for name in ("matter", "kind", "key")}
    made = await post(head, "/plan", wish)
    assert await status(head, "/plan", wish) == 404
    plan = await ok(head, "GET", f"/api/console/plans/{made['plan_id']}")
    assert ("虚假宣传专项抽查" in str(plan), "379911" in str(plan)) == (True, True)
    page = await ok(head, "GET", AT)
    assert ({one["status"] for one in page["rows"]}, [one for one in page["patterns"] if one["kind"] == "region"]) == (
        {"planned"},
        [],
    )
    clue = page["rows"][0]["id"]
    assert await status(head, f"/{clue}/dismiss", {"reason": "unclear"}) == 409
