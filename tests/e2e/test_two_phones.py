"""Two inspectors of one department at one form, each on a real phone screen, both without network for a while."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import BrowserContext, Locator, Page, expect

from app.tour.story import VisitPlan
from tests.e2e.backstage import Backstage
from tests.e2e.hands import Hands
from tests.e2e.screens import PATIENCE_MS, Screens, assert_fits
from tests.e2e.screenshots import IMAGES, WANTED, shoot

pytestmark = [pytest.mark.browser, pytest.mark.hard, pytest.mark.timeout(300)]


async def opened(phone: BrowserContext, office: Backstage, visit: VisitPlan, userid: str) -> Page:
    """A member's phone, signed in through WeCom's door, with the visit open."""
    page = await phone.new_page()
    where = f"{office.origin}/m/visits/{visit.id}"
    await page.goto(f"{office.sandbox}/open?member={userid}&url={where}")
    await expect(page.get_by_role("button", name="接受任务")).to_be_visible(timeout=PATIENCE_MS)
    return page


async def seen(page: Page, visit: VisitPlan) -> Any:
    return await (await page.request.get(f"/api/phone/visits/{visit.id}")).json()


def card_of(page: Page, item: Any, question: Any) -> Locator:
    return page.locator(f"[id='q-{item['task_item_id']}-{question['id']}']")


async def test_both_answers_are_shown_and_one_is_chosen(office: Backstage, screens: Screens) -> None:
    """G5, G10: both typed offline; both see both with names and times; the choice reaches both; nothing is lost."""
    visit = (await office.draw(1))[0]
    first, second = await screens.phone(), await screens.phone()
    lead = await opened(first, office, visit, visit.leader)
    told = await seen(lead, visit)
    department = next(one["department"] for one in told["members"] if one["mine"])
    names = {one["name"]: one for one in told["members"] if one["department"] == department}
    other = next(name for name, one in names.items() if not one["mine"])
    [userid] = [one for one in visit.members if await office.member_name(one) == other]
    mate = await opened(second, office, visit, userid)
    for page in (lead, mate):
        await page.get_by_role("button", name="接受任务").tap()
        await expect(page.get_by_role("button", name="填检查表")).to_be_visible()
    every = [(item, one) for item in told["items"] for one in item["form"]["questions"]]
    item, question = next(both for both in every if both[1]["kind"] == "yesno")

    for phone, page, value in ((first, lead, "是"), (second, mate, "不适用")):
        await screens.cut(phone)
        await page.get_by_role("tab", name="检查表").tap()
        await card_of(page, item, question).get_by_role("radio", name=value, exact=True).tap()
        await expect(page.get_by_text("已保存在本机")).to_be_visible()
    async with lead.expect_response("**/answers"):
        await screens.join(first)
    async with mate.expect_response("**/answers"):
        await screens.join(second)

    differing = card_of(mate, item, question).get_by_role("group", name="同组填写不同")
    await expect(differing).to_contain_text(next(name for name, one in names.items() if one["mine"]))
    await assert_fits(mate)
    await shoot(mate, "phone-differing")
    await lead.reload()
    await lead.get_by_role("tab", name="检查表").tap()
    mine = card_of(lead, item, question).get_by_role("group", name="同组填写不同")
    await expect(mine.get_by_role("button", name="用这个")).to_have_count(2)
    await expect(mine).to_contain_text(other)
    assert len(await office.submissions(visit)) == 0

    async with lead.expect_response("**/answers"):
        await mine.locator(".version", has_text=other).get_by_role("button", name="用这个").tap()
    await expect(mine).to_have_count(0)
    await mate.reload()
    await mate.get_by_role("tab", name="检查表").tap()
    await expect(card_of(mate, item, question).get_by_role("radio", name="不适用")).to_be_checked()
    await expect(differing).to_have_count(0)


async def test_two_conclusions_are_settled_and_both_have_all_photos(office: Backstage, screens: Screens) -> None:
    """G5, G9: results typed apart are chosen between on either phone; a photo and a signature reach the other one."""
    visit = (await office.draw(1))[0]
    first, second = await screens.phone(), await screens.phone()
    lead = await opened(first, office, visit, visit.leader)
    told = await seen(lead, visit)
    own = next(one for one in told["members"] if one["mine"])
    other = next(one for one in told["members"] if one["department"] == own["department"] and not one["mine"])
    [userid] = [one for one in visit.members if await office.member_name(one) == other["name"]]
    mate = await opened(second, office, visit, userid)
    for phone, page, result in ((first, lead, "未发现问题"), (second, mate, "发现问题待后续处理")):
        await page.get_by_role("button", name="接受任务").tap()
        await expect(page.get_by_role("button", name="填检查表")).to_be_visible()
        await screens.cut(phone)
        await page.get_by_role("tab", name="结论").tap()
        await page.get_by_role("checkbox", name=result, exact=True).first.tap()
        await expect(page.get_by_text("已保存在本机")).to_be_visible()
    hands = Hands(page=mate, target=visit.target_name, font=office.demo.parts.house.font)
    await hands.take_photo(mate.locator("#photos"))
    await hands.go("签字")
    await hands.sign(f"{other['name']}签字")
    for phone, page in ((first, lead), (second, mate)):
        async with page.expect_response("**/answers"):
            await screens.join(phone)
    await expect(mate.get_by_text("处填写的不同")).to_be_visible()
    await lead.wait_for_timeout(3_000)  # the photo goes out behind the answers
    await lead.reload()
    await lead.get_by_role("tab", name="结论").tap()
    group = lead.get_by_role("group", name="检查结果：同组填写不同")
    await expect(group.get_by_role("button", name="用这个")).to_have_count(2)
    await expect(lead.locator("#photos .picture img")).to_have_count(1)
    await assert_fits(lead)
    await shoot(lead, "phone-conclusions")
    await lead.get_by_role("tab", name="签字").tap()
    await lead.get_by_role(
        "button", name=f"采用{other['name']}手机上{other['name']}的签字"
    ).scroll_into_view_if_needed()
    await shoot(lead, "phone-signed-elsewhere")
    await lead.get_by_role("button", name=f"采用{other['name']}手机上{other['name']}的签字").tap()
    await expect(lead.get_by_alt_text(f"{other['name']}的签字", exact=True)).to_be_visible()
    await lead.get_by_role("tab", name="结论").tap()
    async with lead.expect_response("**/answers"):
        await group.locator(".version", has_text=other["name"]).get_by_role("button", name="用这个").tap()
    await expect(group).to_have_count(0)
    await expect(lead.get_by_role("checkbox", name="发现问题待后续处理")).to_be_checked()
    await assert_fits(lead)


async def test_an_order_is_written_numbered_and_read_by_the_enterprise(office: Backstage, screens: Screens) -> None:
    """I8: an order to correct from the phone: typed without network it stays, numbered with it, a PDF at once."""
    visit = (await office.draw(1))[0]
    phone = await screens.phone()
    page = await opened(phone, office, visit, visit.leader)
    await page.get_by_role("button", name="接受任务").tap()
    await page.get_by_role("tab", name="结论").tap()
    panel = page.locator("#papers")
    await panel.get_by_role("button", name="开具文书").tap()
    await panel.get_by_role("radio", name="责令改正通知书").tap()
    await panel.get_by_label("事实").fill("后厨冷藏柜温度 12 ℃，未见温度记录。")
    await screens.cut(phone)
    await panel.get_by_label("依据").fill("《餐饮服务食品安全操作规范》")
    await panel.get_by_label("改正要求").fill("调整至 8 ℃ 以下，并自今日起每日记录。")
    await panel.get_by_label("改正期限").fill("2027-01-15")
    await expect(panel.get_by_text("没有网络：内容保存在本机")).to_be_visible()
    await panel.scroll_into_view_if_needed()
    await assert_fits(page)
    await shoot(page, "phone-paper")
    await screens.join(phone)
    await panel.get_by_role("button", name="开具并交付").tap()
    await page.get_by_role("dialog").get_by_role("button", name="开具").tap()
    row = panel.locator("li", has_text="责令改正通知书")
    await expect(row).to_contain_text("责改〔")
    await row.scroll_into_view_if_needed()
    await shoot(page, "phone-papers")
    door = await row.get_by_role("link", name="打开").get_attribute("href")
    answer = await page.request.get(f"{office.origin}{door}")
    assert answer.headers["content-type"] == "application/pdf"
    paper = await answer.body()
    assert paper.startswith(b"%PDF")
    if WANTED:
        (IMAGES / "paper.pdf").write_bytes(paper)
