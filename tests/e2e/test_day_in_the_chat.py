"""A day in the sandbox as a new inspector would try it: asked, accepted, arrived, evidence, the door; and an owner."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from app.tour.story import VisitPlan
from models.owners import Door, NoticeRecord
from models.tasks import Evidence, Visit
from tests.api.chat_play import jpeg
from tests.e2e.backstage import Backstage
from tests.e2e.screens import PHONE, Screens, assert_fits
from tests.e2e.screenshots import shoot
from tests.e2e.test_sandbox_page import open_chat

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


SENT = (("文件", "营业执照.pdf", b"%PDF-1.7\n" + bytes(400)), ("照片", "店面.jpg", jpeg()))


async def say(page: Page, words: str, answer: str) -> None:
    """Write to the app and wait for its answer."""
    await page.get_by_label("消息").fill(words)
    await page.get_by_role("button", name="发送", exact=True).click()
    await expect(page.locator(".row:not(.mine)", has_text=answer).last).to_be_visible()


async def test_an_inspector_gets_through_the_day_in_the_chat(office: Backstage, screens: Screens) -> None:
    """F3, G10: nothing but the chat: what is to be done, accept, arrive, a photo with its receipt, leave asked for."""
    (visit,) = await office.draw(1)
    page = await (await screens.desk()).new_page()
    await open_chat(page, office, visit.leader)
    await say(page, "怎么用？", "可以这样问我")
    await say(page, "　我 的 任 务", visit.number)
    await say(page, "接受", "接受检查任务")
    await page.locator(".tcard", has_text="接受检查任务").get_by_role("button", name="接受", exact=True).click()
    await expect(page.locator(".tcard", has_text="接受检查任务").get_by_text("已接受1户")).to_be_visible()
    assigned = page.locator(".tcard", has_text="您被抽取为检查组组长")
    await expect(assigned.get_by_role("button", name="已接受")).to_be_disabled()  # settled though not pressed itself
    await page.get_by_role("button", name="我的检查").click()
    await page.get_by_role("button", name="签到", exact=True).click()
    await expect(page.locator(".row", has_text="发送位置").last).to_be_visible()
    await page.get_by_role("button", name="更多").click()
    await page.get_by_role("button", name="发送位置").click()
    await expect(page.locator(".row", has_text="已签到").last).to_be_visible()
    for kind, name, data in SENT:
        await page.get_by_role("button", name="更多").click()
        async with page.expect_file_chooser() as opening:
            await page.get_by_role("button", name=f"发送{kind}").click()
        await (await opening.value).set_files({"name": name, "mimeType": "", "buffer": data})
        await expect(page.locator(".row", has_text=f"{kind}　校验值").last).to_be_visible()
    await shoot(page, "chat-day")
    assert len(await office.evidence(visit)) == await office.count(Evidence) == len(SENT)
    phone = await leaders_phone(office, screens, visit)
    photo = phone.get_by_role("link", name="照片")
    await expect(photo.get_by_role("img")).to_be_visible()
    for kind in ("照片", "文件"):
        opened = await phone.request.get(str(await phone.get_by_role("link", name=kind).get_attribute("href")))
        assert (opened.status, len(await opened.body()) > 300) == (200, True)
    await assert_fits(phone)
    await assert_fits(page)


async def test_an_owner_is_told_and_scans_at_the_door(office: Backstage, screens: Screens) -> None:
    """F1: bound by the code on the notice, who comes and with which rights, received; the code at the door scanned."""
    (visit,) = await office.draw(1)
    await office.cast.person(visit.leader).post(f"/api/phone/visits/{visit.id}/accept")
    desk = await (await screens.desk()).new_page()
    mini = await enter_mini_program(desk, office)
    code = (await office.cast.person(visit.leader).get(f"/api/phone/visits/{visit.id}"))["notice_code"]
    await mini.get_by_label("通知编码").fill(code)
    await mini.get_by_role("button", name="绑定").click()
    await expect(mini.get_by_text("已绑定")).to_be_visible()
    await shoot(mini, "owner-home")
    await mini.locator("a.line").first.click()
    await mini.get_by_role("button", name="确认收到通知").click()
    await expect(mini.get_by_text("已确认收到")).to_be_visible()
    await expect(mini.get_by_text("执法证", exact=False).first).to_be_visible()
    await mini.get_by_label("提问").fill("能否上午来？")
    await mini.get_by_role("button", name="提交问题").click()
    await expect(mini.get_by_text("等待组长答复")).to_be_visible()
    await assert_fits(mini)
    await mini.evaluate("scrollTo(0, 0)")
    await shoot(mini, "owner-visit")
    phone = await leaders_phone(office, screens, visit)
    await phone.get_by_role("button", name="出示入企码").tap()
    await expect(phone.get_by_alt_text("入企码")).to_be_visible()
    await phone.get_by_label("答复").fill("可以，上午九点。")
    await phone.get_by_role("button", name="答复", exact=True).tap()
    await expect(phone.get_by_text("已答复：可以，上午九点。")).to_be_visible()
    await assert_fits(phone)
    await shoot(phone, "phone-door")
    await mini.goto(f"{office.origin}/public/door/{await phone.locator('.code').inner_text()}")
    await expect(mini.get_by_text(visit.target_name).first).to_be_visible()
    await assert_fits(mini)
    await shoot(mini, "public-door")
    await mini.get_by_role("button", name="我已扫码核对").click()
    await expect(mini.get_by_text("已登记扫码")).to_be_visible()
    async with office.demo.parts.database.read() as db:
        assert await db.scalar(select(Door.scanned_at).where(Door.visit_id == visit.id)) is not None
        assert list(await db.scalars(select(NoticeRecord.way))) == ["wechat"]
        assert await db.scalar(select(Visit.status).where(Visit.id == visit.id)) == "accepted"


async def enter_mini_program(desk: Page, office: Backstage) -> Page:
    """Make a WeChat user on the sandbox's page and open the mini-program as he would."""
    await desk.goto(office.sandbox)
    await desk.get_by_role("tab", name="被检查对象").click()
    await desk.get_by_label("昵称").fill("演示店主")
    await desk.get_by_role("button", name="添加").click()
    async with desk.context.expect_page() as opening:
        await desk.get_by_role("button", name="打开小程序").click()
    mini = await opening.value
    await mini.set_viewport_size(PHONE)
    await expect(mini.get_by_role("heading", name="绑定企业")).to_be_visible()
    assert "code" not in mini.url
    return mini


async def leaders_phone(office: Backstage, screens: Screens, visit: VisitPlan) -> Page:
    """The leader's phone on the page towards his enterprise."""
    phone = await (await screens.phone()).new_page()
    await phone.goto(f"{office.sandbox}/open?member={visit.leader}&url={office.origin}/m/visits/{visit.id}/owner")
    await expect(phone.get_by_role("heading", name="亮码入企")).to_be_visible()
    return phone
