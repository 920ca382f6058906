"""委托执法 on the screens (D9): entrusted on the console, named by the other department, entered, approved, public."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from playwright.async_api import expect

from tests.e2e.backstage import WINDOW, Backstage
from tests.e2e.screens import Screens, assert_fits
from tests.e2e.test_changes_of_a_draw import shoot
from tests.e2e.test_console import FIRST, sign_in
from tests.e2e.test_kinds_of_draw import PLAN, choose, drawn

pytestmark = [pytest.mark.hard, pytest.mark.timeout(300)]  # half a minute: not among CI's browser tests
BRIGADE, ENTRUSTED = "消防救援大队", "教育局"
AUTHORITY, PAPER = "省消防救援总队", "消委〔2026〕3号"
WORDS = f"受{AUTHORITY}委托，由{ENTRUSTED}实施"


async def one_target(office: Backstage) -> dict[str, Any]:
    """Draw one hotel and no inspector: every place is open."""
    desk = office.story.desk
    today = date.fromisoformat((await desk.get("/api/me"))["now"][:10])
    entry = next(one for one in (await desk.get("/api/console/plan"))["rows"] if one["name"] == PLAN)
    order = {"plan_entry_id": entry["id"], "mode": "targets", "count": 1, "keywords": ["住宿服务"]}
    window = {"starts_on": today.isoformat(), "ends_on": (today + WINDOW).isoformat()}
    return await drawn(office, (await desk.post("/api/console/tasks", {**order, **window}))["id"])


async def test_the_entrusted_office_enters_the_result(office: Backstage, screens: Screens) -> None:
    """D9, H1, H3, B14: the words on console, phone, and the public result; an expert too."""
    desk = await sign_in(await screens.desk(), FIRST)
    task = await one_target(office)
    visit = task["visits"][0]
    at = f"/api/console/visits/{visit['id']}"
    others = [gap for gap in visit["short"] if gap["department"] != BRIGADE]
    for gap in others:
        rows = (await office.story.desk.get(f"{at}/appointees", department=gap["code"]))["rows"]
        people = [one["staff_no"] for one in rows[: gap["missing"]]]
        await office.story.desk.post(f"{at}/appoint", {"department": gap["code"], "staff_numbers": people})
    await desk.goto(f"/console/tasks/{task['id']}")
    row = desk.get_by_role("row", name=visit["target_name"])
    await row.get_by_role("button", name="委托执法").click()
    await desk.get_by_label("委托机关").fill(AUTHORITY)
    await choose(desk, "受委托部门", ENTRUSTED)
    await desk.get_by_label("委托文书编号").fill(PAPER)
    await shoot(desk, "entrust-dialog")
    await desk.get_by_role("button", name="登记", exact=True).click()
    await expect(row).to_contain_text(WORDS)

    head = await sign_in(await screens.desk(), await office.member_name("education13"))
    await head.get_by_role("link", name="回避与更换").click()
    await head.get_by_role("tab", name="受委托检查（1）").click()
    await shoot(head, "entrusted-list")
    await head.get_by_role("button", name="选派…").click()
    box = head.get_by_role("combobox", name="选派人员")
    await box.dispatch_event("click")
    for _ in range(2):
        await head.locator(".el-select-dropdown:visible .el-select-dropdown__item:not(.is-selected)").first.click()
    await head.keyboard.press("Escape")
    await shoot(head, "entrusted-naming")
    await head.get_by_role("button", name="选派", exact=True).click()
    await expect(head.get_by_text("已选派，检查人员随即收到通知。")).to_be_visible()

    await desk.reload()
    await row.hover()
    await row.get_by_role("button", name="请专家").click()
    await desk.get_by_role("combobox", name="专家").dispatch_event("click")
    await desk.locator(".el-select-dropdown:visible .el-select-dropdown__item").first.click()
    await desk.get_by_role("button", name="加入", exact=True).click()
    await expect(row).to_contain_text("协助，不计入人数、不代签")
    await expect(row).to_contain_text(WORDS)
    await shoot(desk, "entrusted-visit")
    await office.adopt(task["id"])
    await see_it_through(office, screens, visit["target_name"])


async def see_it_through(office: Backstage, screens: Screens, target: str) -> None:
    """Inspect, approve, publish; look at the phone, the public page and the minutes."""
    (visit,) = [one for one in office.story.visits if one.target_name == target]
    speaker = visit.speaker(BRIGADE)
    assert speaker.startswith("education")
    phone = await (await screens.phone()).new_page()
    await phone.goto(f"{office.sandbox}/open?member={speaker}&url={office.origin}/m/visits/{visit.id}")
    await expect(phone.get_by_text(WORDS)).to_be_visible()
    await shoot(phone, "entrusted-phone")
    await assert_fits(phone)
    await office.inspect([visit])
    await office.approve()
    await office.publish()
    number = f"{visit.number}-fire"
    anybody = await (await screens.phone()).new_page()
    await anybody.goto(f"/public/results/{number}")
    await expect(anybody.get_by_text(WORDS)).to_be_visible()
    await expect(anybody.get_by_text("协助检查", exact=False)).to_be_visible()
    await shoot(anybody, "entrusted-public")
    await assert_fits(anybody)
