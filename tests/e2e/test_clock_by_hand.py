"""The clock's pages, every button pressed: appointments, calendar link, certificate, summary, board, filings."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, expect

from app.tour import office as acts
from app.tour.story import VisitPlan
from models.clock import DeadlinePause
from models.filings import Filing
from models.libraries import CertificateRenewal
from models.tasks import SummarySignature
from tests.e2e.backstage import WINDOW, Backstage
from tests.e2e.hands import Hands, storefront
from tests.e2e.screens import Screens, assert_fits
from tests.e2e.test_clock import move_to
from tests.e2e.test_console import FIRST, say_yes

pytestmark = [pytest.mark.browser, pytest.mark.hard, pytest.mark.timeout(900)]
SHOTS = os.environ.get("SUICHA_SHOTS")


async def shoot(page: Page, name: str, *, whole: bool = False) -> None:
    """Keep a picture for somebody who looks at it (SUICHA_SHOTS names the folder)."""
    if SHOTS:
        await page.wait_for_timeout(600)
        await page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=whole)


async def enter(context: BrowserContext, name: str, path: str) -> Page:
    """Open a page and choose on WeCom's page who holds the device."""
    page = await context.new_page()
    await page.goto(path)
    await page.get_by_role("link", name=name, exact=True).click()
    await page.wait_for_url(f"**{path}")
    return page


async def today_of(office: Backstage) -> date:
    return date.fromisoformat((await office.story.desk.get("/api/me"))["now"][:10])


async def test_the_phone_agrees_subscribes_and_sends_a_certificate(office: Backstage, screens: Screens) -> None:
    """F1, D8, B11: agreed, moved, cancelled; a calendar link made, changed, ended; a renewed 执法证 confirmed."""
    visit = (await office.draw(2))[0]
    leader, day = await office.member_name(visit.leader), await today_of(office)
    page = await enter(await screens.phone(), leader, f"/m/visits/{visit.id}")
    await page.get_by_role("button", name="接受任务").tap()
    await page.get_by_role("button", name="约定时间").tap()
    await page.get_by_label("日期").fill((day + timedelta(days=3)).isoformat())
    await page.get_by_label("时间").fill("14:30")
    await page.get_by_label("请对方准备的材料").fill("营业执照、进货台账")
    await shoot(page, "phone-appointment-form")
    await page.get_by_role("button", name="确定").tap()
    await expect(page.get_by_role("button", name="改时间")).to_be_visible()
    await assert_fits(page)
    await shoot(page, "phone-appointment")
    await page.get_by_role("button", name="改时间").tap()
    await page.get_by_label("时间").fill("09:00")
    await page.get_by_role("button", name="确定").tap()
    await expect(page.locator(".appointment .time")).to_contain_text("09:00")
    await page.get_by_role("button", name="取消约定").tap()
    await page.get_by_role("dialog").get_by_role("button", name="确认").tap()
    await expect(page.get_by_text("还没有约定")).to_be_visible()

    await page.goto("/m/calendar")
    await page.get_by_role("button", name="生成链接").tap()
    await expect(page.locator(".url")).to_contain_text("/public/calendars/")
    await assert_fits(page)
    await shoot(page, "phone-calendar")
    await page.get_by_role("button", name="复制链接").tap()
    await page.get_by_role("button", name="换一个链接").tap()
    await page.get_by_role("dialog").get_by_role("button", name="确认").tap()
    await page.get_by_role("button", name="停用链接").tap()
    await expect(page.get_by_text("还没有生成链接")).to_be_visible()

    await page.goto("/m/")
    await page.get_by_role("link", name="证件").tap()
    await page.get_by_role("button", name="已换新证，报送").tap()
    await page.get_by_label("新的有效期").fill((day + timedelta(days=1800)).isoformat())
    picture = storefront("执法证", office.demo.parts.house.font, 1)
    await page.get_by_label("证件照片").set_input_files(
        {"name": "IMG.jpg", "mimeType": "image/jpeg", "buffer": picture}
    )
    await assert_fits(page)
    await shoot(page, "phone-certificate-form", whole=True)
    await page.get_by_role("button", name="报送", exact=True).tap()
    await expect(page.get_by_text("等待本部门联络员确认").first).to_be_visible()
    await shoot(page, "phone-certificate")
    await _confirm_renewal(office, screens, visit)
    await page.reload()
    await expect(page.get_by_text("等待本部门联络员确认")).to_have_count(0)


async def _confirm_renewal(office: Backstage, screens: Screens, visit: VisitPlan) -> None:
    """The liaison of the leader's department looks at the photo and confirms."""
    liaison = await office.member_name(visit.leader.rstrip("0123456789") + "14")
    desk = await enter(await screens.desk(), liaison, "/console/clock")
    await expect(desk.get_by_role("heading", name="换发证件待确认")).to_be_visible()
    await desk.get_by_role("heading", name="换发证件待确认").scroll_into_view_if_needed()
    await shoot(desk, "console-renewals")
    await desk.get_by_role("button", name="确认", exact=True).click()
    await say_yes(desk, "确认")
    await expect(desk.get_by_role("heading", name="换发证件待确认")).to_have_count(0)
    assert await office.count(CertificateRenewal) == 1


async def test_the_summary_is_signed_on_each_phone(office: Backstage, screens: Screens) -> None:
    """G8, G9: the leader signs with a finger, a colleague writes why not, the leader for one who is away."""
    visits = await office.draw(1)
    await office.inspect(visits)
    visit = visits[0]
    page = await enter(await screens.phone(), await office.member_name(visit.leader), f"/m/visits/{visit.id}")
    await page.get_by_role("button", name="在汇总表上签字").scroll_into_view_if_needed()
    await assert_fits(page)
    await shoot(page, "phone-summary", whole=True)
    hands = Hands(page=page, target=visit.target_name, font=office.demo.parts.house.font)
    await hands.sign("在汇总表上签字")
    await expect(page.get_by_text("（已签 1 /")).to_be_visible()
    other = next(one for one in visit.members if one != visit.leader)
    second = await enter(await screens.phone(), await office.member_name(other), f"/m/visits/{visit.id}")
    await second.get_by_role("button", name="有不同意见，不签字").tap()
    await second.get_by_label("未签字的理由").fill("对消防部门的结论有不同意见，应当先复核疏散通道。")
    await shoot(second, "phone-summary-decline")
    await second.get_by_role("button", name="注明").tap()
    await expect(second.get_by_text("未签字：对消防部门")).to_be_visible()
    await page.reload()
    await page.get_by_role("button", name="不能签字").first.tap()
    await page.get_by_label("未签字的理由").fill("病假，无法签字。")
    await page.get_by_role("button", name="注明").tap()
    await expect(page.get_by_text("未签字：病假")).to_be_visible()
    await shoot(page, "phone-summary-after", whole=True)
    assert await office.count(SummarySignature) == 3


async def test_the_desk_pauses_files_and_looks_ahead(office: Backstage, screens: Screens) -> None:
    """K2, S5, C1: a pause with reason and basis, a filing entered and written off, the weeks before a draw, ladders."""
    await office.draw(3)
    day = await today_of(office)
    window = (day.isoformat(), (day + WINDOW).isoformat())
    await acts.make_task(office.story, office.stage, window, count=12)
    desk = await enter(await screens.desk(), FIRST, "/console/clock")
    await expect(desk.get_by_role("heading", name="各部门")).to_be_visible()
    await desk.get_by_role("button", name="暂停计时").first.click()
    await desk.get_by_label("法律依据（条款或批准文号）").fill("演示办法第三条")
    await desk.get_by_label("事实（通知相关人员，记入审计）").fill("店铺装修停业，现场张贴告示。")
    await shoot(desk, "console-pause")
    await desk.get_by_role("button", name="暂停", exact=True).click()
    await expect(desk.get_by_role("button", name="恢复计时")).to_be_visible()
    assert await office.count(DeadlinePause) == 1
    await shoot(desk, "console-board", whole=True)
    await desk.get_by_role("heading", name="期限与催办阶梯").scroll_into_view_if_needed()
    await shoot(desk, "console-ladders")

    await desk.goto("/console/filings")
    await desk.get_by_role("button", name="登记备案事项").click()
    await desk.get_by_role("button", name="事项清单、两库和实施细则盖章备案").click()
    await desk.get_by_role("button", name="全部部门").click()
    await shoot(desk, "console-filing-form")
    await desk.get_by_role("button", name="登记", exact=True).click()
    await expect(desk.get_by_text("按期限催办")).to_be_visible()
    assert await office.count(Filing) > 1
    await desk.get_by_role("button", name="已报送").first.click()
    await desk.get_by_role("button", name="办结").click()
    await expect(desk.get_by_text("已办结，不再催办")).to_be_visible()
    await shoot(desk, "console-filings", whole=True)

    await desk.goto(f"/console/tasks/{office.story.task_id}")
    await expect(desk.get_by_role("heading", name="检查期内的负荷")).to_be_visible()
    await desk.get_by_role("heading", name="检查期内的负荷").scroll_into_view_if_needed()
    await shoot(desk, "console-task-load", whole=True)
    for days in range(1, 6):
        await move_to(office, day + timedelta(days=days))
    desk = await enter(await screens.desk(), FIRST, "/console/clock/bulletin")  # signed in anew: five days have passed
    await expect(desk.get_by_role("heading", name="每周通报")).to_be_visible()
    await shoot(desk, "console-bulletin")
    chat = await (await screens.phone()).new_page()
    await chat.goto(f"{office.sandbox}/")
    await chat.get_by_text(FIRST, exact=True).first.click()
    await expect(chat.get_by_text("待办").first).to_be_visible()
    await shoot(chat, "phone-digest-office", whole=True)
    await chat.get_by_role("button", name="返回").click()
    await chat.get_by_label("找成员").fill(office.story.visits[0].leader)
    await shoot(chat, "phone-digest-list")
