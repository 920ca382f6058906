"""A result on its way to the public: kept back in part by hand, approved by two people, desk and card (H1, H7, M2)."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

import pytest
from playwright.async_api import expect
from sqlalchemy import select

from app.tour.story import VisitPlan
from models.people import Department, Member
from models.tasks import Part
from tests.e2e.backstage import Backstage
from tests.e2e.screens import Screens, assert_fits
from tests.e2e.test_results import shoot, sign_in
from tests.e2e.test_sandbox_page import open_chat

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
LEVELS = ("分管负责人", "主要负责人")
MASKED = "（依法不予公开）"


async def person(office: Backstage, department: str, post: str) -> Member:
    query = select(Member).join(Department, Department.id == Member.department_id).where(Department.code == department)
    (found,) = await office._rows(query, Member.post == post)
    return found


async def test_a_result_is_masked_by_hand_and_approved_in_two_levels(office: Backstage, screens: Screens) -> None:
    """H1, H7, M2: the desk's first yes only sends it on, the card's second approves; the item is nowhere public."""
    house = office.demo.parts.house
    object.__setattr__(house, "rules", replace(house.rules, approval_levels=LEVELS))
    (visit,) = await office.draw(1)
    await office.inspect([visit])
    first, second = [await person(office, "market", post) for post in LEVELS]
    page = await sign_in(await screens.desk(), first.name, "/approvals")
    await expect(page.get_by_text("第 1 级，共 2 级")).to_be_visible()
    await page.get_by_role("button", name="公示内容…").click()
    dialog = page.get_by_role("dialog", name="公示内容与例外")
    item = await dialog.locator("dt:text-is('抽查事项') + dd").inner_text()
    assert item
    for label, option in (("法律依据", "商业秘密"), ("遮蔽栏目", "抽查事项")):
        await dialog.locator(".el-form-item", has_text=label).locator(".el-select").click()
        await page.get_by_role("option", name=option).click()
    await dialog.get_by_text("登记例外", exact=True).first.click()  # the list of fields closes
    await dialog.get_by_label("遮蔽文字").fill(visit.target_name[2:4])
    await dialog.get_by_label("理由").fill("配方工艺，企业书面申请")
    await shoot(page, "masking-form", 1280)
    await dialog.get_by_role("button", name="登记例外").click()
    await expect(dialog.locator("dt:text-is('抽查事项') + dd")).to_have_text(MASKED)
    await expect(dialog.locator("dt:text-is('检查对象') + dd")).to_contain_text(MASKED)
    await shoot(page, "masking-done", 1280)
    await dialog.get_by_role("button", name="关闭", exact=True).click()
    await page.get_by_role("button", name="审批通过").click()
    await expect(page.get_by_text("通过后送第 2 级审批。")).to_be_visible()
    await page.get_by_role("dialog").get_by_role("button", name="通过", exact=True).click()
    await expect(page.get_by_text("下一级须由另一位审批人办理")).to_be_visible()
    await expect(page.get_by_role("button", name="审批通过", exact=True)).to_have_count(0)
    await shoot(page, "approval-first", 1280)
    assert await statuses(office, first.department_id) == ["submitted"]  # one yes of two makes nothing public
    chat = await (await screens.desk()).new_page()
    await open_chat(chat, office, second.userid)
    card = chat.locator(".tcard", has_text="有一份检查结果待您审批（第 2 级）")
    await expect(chat.locator(".tcard", has_text="有一份检查结果待您审批")).to_have_count(1)  # not for the first level
    await shoot(chat, "approval-card", 1280)
    await card.get_by_role("button", name="审批通过").click()
    await expect(card.get_by_text("已通过")).to_be_visible()
    await shoot(chat, "approval-card-pressed", 1280)
    assert await statuses(office, first.department_id) == ["approved"]
    await office.publish()
    await nowhere_public(office, screens, visit, item)


async def nowhere_public(office: Backstage, screens: Screens, visit: VisitPlan, item: str) -> None:
    """Neither the item nor the whole name of the target on any page, in open data or the feed."""
    public = await (await screens.phone()).new_page()
    path = f"/public/results/{quote(visit.number)}-market"
    await public.goto(path)
    await expect(public.locator("body")).to_contain_text(MASKED)
    await assert_fits(public)
    await shoot(public, "masked-public", 390, 1280)
    month = (await office.story.desk.get("/api/me"))["now"][:7]
    data = [f"/public/data/results-{month}.{form}" for form in ("json", "csv")]
    for address in (path, *data, "/public", "/public/feed.rss", f"/public/enterprises/{visit.target_code}"):
        answer = await public.request.get(address)
        said = await answer.text()
        assert (answer.ok, item in said, visit.target_name in said) == (True, False, False), address


async def statuses(office: Backstage, department_id: str) -> list[str]:
    return await office._rows(select(Part.status), Part.department_id == department_id)
