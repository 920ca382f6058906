"""The sandbox's page: everybody's phones, cards that look and act as WeCom's, at a desk and on a phone."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from app.tour.story import VisitPlan
from bot.sandbox import FaultKind
from tests.e2e.backstage import Backstage
from tests.e2e.screens import Screens, assert_fits
from tests.e2e.screenshots import shoot

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


async def open_chat(page: Page, office: Backstage, userid: str) -> None:
    """Take this member's phone."""
    await page.goto(office.sandbox)
    await page.get_by_label("找成员").fill(userid)
    await page.locator("aside button", has_text=await office.member_name(userid)).click()
    await expect(page.get_by_label("消息")).to_be_visible()
    if not await page.get_by_label("找成员").is_visible():
        return  # a telephone shows the list or one phone
    await page.get_by_label("找成员").fill("")
    await page.get_by_label("找成员").blur()
    await page.locator("aside button.on").scroll_into_view_if_needed()


async def status_of(office: Backstage, visit: VisitPlan) -> str:
    task = await office.story.desk.get(f"/api/console/tasks/{office.story.task_id}")
    return str(next(row["status"] for row in task["visits"] if row["id"] == visit.id))


async def test_a_cards_button_accepts_the_visit(office: Backstage, screens: Screens) -> None:
    """E5: the leader's card says so and differs from the members'; its button works through the encrypted callback."""
    visit = (await office.draw(8))[0]
    page = await (await screens.desk()).new_page()
    await open_chat(page, office, visit.leader)
    card = page.locator(".tcard", has_text="您被抽取为检查组组长").filter(has_text=visit.number)
    await expect(card.get_by_text(visit.target_name)).to_be_visible()
    await shoot(page, "sandbox")
    assert await status_of(office, visit) == "assigned"
    await card.get_by_role("button", name="接受任务").click()
    await expect(card.get_by_role("button", name="接受任务")).to_have_count(0)
    await expect(card.locator("button.dead")).to_be_visible()
    assert await status_of(office, visit) == "accepted"

    member = next(one for one in visit.members if one != visit.leader)
    await open_chat(page, office, member)
    await expect(page.locator(".tcard", has_text="您被抽取为检查组成员").first).to_be_visible()


async def test_every_fault_is_switched_on_from_its_page(office: Backstage, screens: Screens) -> None:
    """Issue 5, sandbox: each kind of fault has its switch, is in force as set, and all go off again."""
    page = await (await screens.phone()).new_page()
    await page.goto(f"{office.sandbox}/#faults")
    faults = office.demo.sandbox.state.faults
    for number, kind in enumerate(FaultKind, 1):
        await page.locator(f"input[value={kind.value}]").check(force=True)
        await page.get_by_role("button", name="打开", exact=True).click()
        await expect(page.locator("tbody tr")).to_have_count(number)
    assert {one["kind"] for one in faults.shown()} == {kind.value for kind in FaultKind}
    await assert_fits(page)
    await page.get_by_role("button", name="全部关闭").click()
    await expect(page.get_by_text("一切正常")).to_be_visible()
    assert faults.shown() == []


async def test_the_tabs_at_a_desk_and_on_a_phone(office: Backstage, screens: Screens) -> None:
    """The callbacks are listed; every tab opens without an error and fits a telephone."""
    visit = (await office.draw(1))[0]
    for context in (await screens.desk(), await screens.phone()):
        page = await context.new_page()
        await open_chat(page, office, visit.leader)
        await page.get_by_label("消息").fill("我的任务")
        await page.get_by_role("button", name="发送", exact=True).click()
        await expect(page.locator(".mine", has_text="我的任务").last).to_be_visible()
        for tab in ("被检查对象", "回调记录", "故障开关", "成员手机"):
            await page.get_by_role("tab", name=tab).click()
            await expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
            await assert_fits(page)
        await page.get_by_role("tab", name="回调记录").click()
        await expect(page.locator("main")).to_contain_text("text")
    await page.get_by_role("tab", name="成员手机").click()
    await page.get_by_role("button", name="返回").click()
    await expect(page.get_by_label("找成员")).to_be_visible()
    await expect(page.get_by_label("消息")).to_be_hidden()
