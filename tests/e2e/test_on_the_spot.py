"""What is met on the spot, on real phone screens: items beside the visit's own, and what stands on no list."""

from __future__ import annotations

from datetime import date, timedelta
from http import HTTPStatus
from uuid import uuid4

import pytest
from playwright.async_api import expect
from sqlalchemy import select

from app.tour.story import VisitPlan
from models.clues import Clue
from models.field import SitePaper
from models.tasks import Part, Submission, Visit
from services.people import genuine
from tests.e2e.backstage import Backstage
from tests.e2e.screens import Screens, assert_fits
from tests.e2e.screenshots import shoot
from tests.e2e.test_day_in_the_chat import enter_mini_program
from tests.e2e.test_two_phones import opened

pytestmark = [pytest.mark.browser, pytest.mark.hard, pytest.mark.timeout(300)]
DUE = (date.today() + timedelta(days=20)).isoformat()  # noqa: DTZ011 the demo's clock is this machine's
ORDER = {
    "kind": "correct",
    "facts": "后厨冷藏柜温度 12 ℃，未见温度记录。",
    "basis": "《餐饮服务食品安全操作规范》",
    "demand": "调整至 8 ℃ 以下，并自今日起每日记录。",
    "due_on": DUE,
}
WHY = "现场发现兼营散装食品"
MATTER = "门口堆放快递，疑似无证经营寄递"


async def test_an_item_is_added_without_network_and_the_rest_is_noted(office: Backstage, screens: Screens) -> None:
    """A3, O1: found in the kept list, added with a reason, asked for like the others; off the list: a clue."""
    visit = (await office.draw(1))[0]
    phone = await screens.phone()
    page = await opened(phone, office, visit, visit.leader)
    await page.get_by_role("button", name="接受任务").tap()
    await expect(page.get_by_role("button", name="填检查表")).to_be_visible()
    async with page.expect_response("**/api/phone/listed-items") as listing:
        await page.goto(f"{office.origin}/m/")
    listed = (await (await listing.value).json())["items"]
    assert listed
    await page.goto(f"{office.origin}/m/visits/{visit.id}")
    await page.wait_for_function("() => navigator.serviceWorker.controller?.state === 'activated'")
    await screens.cut(phone)
    await page.reload()
    await page.get_by_role("tab", name="检查表").tap()
    own = await page.locator(".van-collapse-item").count()
    await page.get_by_role("button", name="其他事项").tap()
    await assert_fits(page)
    await shoot(page, "phone-other-list")
    first = page.locator(".other li button").first
    name = (await first.locator("b").text_content()) or ""
    await first.tap()
    await page.get_by_label("现场增加的理由").fill(WHY)
    await shoot(page, "phone-other-reason")
    await page.get_by_role("button", name="加入检查表").tap()
    added = page.locator(".van-collapse-item", has_text="现场增加")
    await expect(added).to_contain_text(name)
    await expect(added).to_contain_text(WHY)
    await page.get_by_role("button", name="其他事项").tap()
    await page.get_by_role("button", name="清单里没有").tap()
    await page.get_by_label("事项", exact=True).fill(MATTER)
    await page.get_by_role("button", name="记为线索").tap()
    await expect(page.get_by_role("heading", name="随结果记为线索")).to_be_visible()
    await expect(page.locator(".bar [role=status]")).to_contain_text("已保存在本机")
    await page.reload()  # kept on the phone
    await page.get_by_role("tab", name="检查表").tap()
    await expect(page.locator(".van-collapse-item")).to_have_count(own + 1)
    await expect(page.get_by_text(MATTER)).to_be_visible()
    await page.get_by_text(MATTER).scroll_into_view_if_needed()
    await assert_fits(page)
    await shoot(page, "phone-other-added")
    await added.locator(".van-collapse-item__title").tap()
    await added.get_by_role("button", name="撤下").tap()
    await page.get_by_role("dialog").get_by_role("button", name="撤下").tap()
    await expect(page.locator(".van-collapse-item")).to_have_count(own)
    await screens.join(phone)
    async with office.demo.parts.database.read() as db:
        assert list(await db.scalars(select(Clue))) == []  # nothing leaves the phone before the part is handed in


async def test_papers_are_handed_over_printed_and_checked(office: Backstage, screens: Screens) -> None:
    """G5, G6: orders, the record form and the receipt as PDF (and DOCX) on both sides' pages; the code proves each."""
    visits = await office.draw(1)
    visit = visits[0]
    leader = office.cast.person(visit.leader)
    await leader.post(f"/api/phone/visits/{visit.id}/accept", {})
    minutes = {"kind": "minutes", "facts": "现场正常营业。", "statement": "无意见。"}
    for paper in (ORDER, minutes):
        made = await leader.post(f"/api/phone/visits/{visit.id}/papers", {"request_id": str(uuid4()), **paper})
    await office.inspect(visits)
    page = await (await screens.phone()).new_page()
    where = f"{office.origin}/m/visits/{visit.id}"
    await page.goto(f"{office.sandbox}/open?member={visit.leader}&url={where}")
    await expect(page.locator("#summary")).to_be_visible(timeout=30_000)
    other_phone = page.locator(".notice", has_text="不在这部手机上")
    await expect(other_phone.get_by_role("link")).to_have_attribute("href", f"/api/phone/visits/{visit.id}/receipt.pdf")
    await assert_fits(page)
    await shoot(page, "phone-record")
    await page.get_by_role("tab", name="结论").tap()
    await page.locator("#papers").scroll_into_view_if_needed()
    await assert_fits(page)
    await shoot(page, "phone-papers-copies")
    at = f"{office.origin}/api/phone/visits/{visit.id}"
    doors = (("record.pdf", b"%PDF"), ("record.docx", b"PK"), ("receipt.pdf", b"%PDF"))
    doors += ((f"papers/{made['id']}/paper.pdf", b"%PDF"), (f"papers/{made['id']}/paper.docx", b"PK"))
    for name, head in doors:
        answer = await page.request.get(f"{at}/{name}")
        assert (answer.status, (await answer.body())[: len(head)]) == (200, head), name
    async with office.demo.parts.database.read() as db:
        code = (await db.get_one(Visit, visit.id)).notice_code
    mini = await enter_mini_program(await (await screens.desk()).new_page(), office)
    await mini.get_by_label("通知编码").fill(code)
    await mini.get_by_role("button", name="绑定").click()
    await expect(mini.get_by_text("已绑定")).to_be_visible()
    await assert_fits(mini)
    await shoot(mini, "owner-home-bound")
    await mini.locator("a.line", has_text=visit.target_name).click()
    handed = mini.locator("section", has=mini.get_by_role("heading", name="现场文书"))
    await expect(handed.get_by_role("link")).to_have_count(3)
    for link in await handed.get_by_role("link").all():
        answer = await mini.request.get(str(await link.get_attribute("href")))
        assert (answer.status, (await answer.body())[:4]) == (200, b"%PDF")
    await handed.scroll_into_view_if_needed()
    await assert_fits(mini)
    await shoot(mini, "owner-papers")
    await _assert_proved(office, screens, visit, made["id"])


async def _assert_proved(office: Backstage, screens: Screens, visit: VisitPlan, paper_id: str) -> None:
    """Anybody's phone opens what the codes say: order, receipts, record form; a forged one proves nothing."""
    house = office.demo.parts.house
    async with office.demo.parts.database.read() as db:
        row = await db.get_one(Visit, visit.id)
        paper = await db.get_one(SitePaper, paper_id)
        sent = await db.scalars(select(Submission).join(Part, Part.submission_id == Submission.id))
        marks = [
            ("paper", genuine.packed(paper.number), paper.digest, paper.number),
            *(("receipt", one.id, one.manifest_digest, one.id) for one in sent),
            ("record", row.id, row.summary_digest, row.number),
        ]
    anybody = await (await screens.phone()).new_page()
    for kind, name, digest, number in marks:
        await anybody.goto(genuine.url_of(house, kind, name, digest))
        await expect(anybody.get_by_text("真实有效")).to_be_visible()
        await expect(anybody.get_by_text(number).first).to_be_visible()
        await assert_fits(anybody)
    await shoot(anybody, "public-paper")
    screens.expect_refusals(HTTPStatus.NOT_FOUND)
    await anybody.goto(genuine.url_of(house, "record", visit.id, "0" * 64)[:-1] + "x")
    await expect(anybody.get_by_text("真实有效")).to_have_count(0)
    await expect(anybody.get_by_text("二维码不是本机关系统开具的")).to_be_visible()
