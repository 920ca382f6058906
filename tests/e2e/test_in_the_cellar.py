"""Without network: what the list brought to the phone when it was opened once is all there, untapped as it was."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, expect
from sqlalchemy import update

from app.tour.story import VisitPlan
from models.results import Publication
from models.tasks import Visit
from tests.e2e.backstage import Backstage
from tests.e2e.screens import Screens, assert_fits
from tests.e2e.screenshots import shoot
from tests.e2e.test_visit_on_the_phone import ready_for_no_network

pytestmark = [pytest.mark.browser, pytest.mark.hard, pytest.mark.timeout(300)]
LAST_MINUTE = "T23:59:00+08:00"


async def test_all_of_a_visit_opens_without_network(office: Backstage, screens: Screens) -> None:
    """G1, G5: the list opened once; then, cut off: today's visit, its target's file, items, forms, earlier results."""
    visit = await _visited_before(office)
    leader = office.cast.person(visit.leader)
    await leader.post(f"/api/phone/visits/{visit.id}/accept", {})
    today = (await leader.get("/api/me"))["now"][:10]
    await leader.post(f"/api/phone/visits/{visit.id}/appointment", {"starts_at": f"{today}{LAST_MINUTE}", "note": ""})
    seen = await leader.get(f"/api/phone/visits/{visit.id}")
    phone = await screens.phone()
    page = await _list_opened_once(phone, office, visit)
    await screens.cut(phone)
    await page.reload()
    await expect(page.get_by_role("heading", name="今天 1")).to_be_visible()
    await assert_fits(page)
    await shoot(page, "phone-list-offline")
    await page.get_by_role("link", name=visit.target_name).tap()
    await _assert_file(page, seen)
    await _assert_forms(page, seen)


async def _visited_before(office: Backstage) -> VisitPlan:
    """A visit whose target was inspected and published before; the registers' chance is helped a little."""
    [first] = before = await office.draw(1)
    await office.inspect(before)
    await office.approve()
    await office.publish()
    [visit] = await office.draw(1)
    async with office.demo.parts.database.write() as db:
        target = (await db.get_one(Visit, visit.id)).target_id
        await db.execute(update(Visit).where(Visit.id == first.id).values(target_id=target))
        same = {"target_code": visit.target_code, "target_name": visit.target_name}
        await db.execute(update(Publication).where(Publication.visit_id == first.id).values(**same))
    return visit


async def _list_opened_once(phone: BrowserContext, office: Backstage, visit: VisitPlan) -> Page:
    """The leader opens his list and does nothing else, until the phone has fetched what it keeps."""
    page = await phone.new_page()
    async with (
        page.expect_response(f"**/api/phone/visits/{visit.id}") as file,
        page.expect_response("**/api/phone/listed-items") as listed,
    ):
        await page.goto(f"{office.sandbox}/open?member={visit.leader}&url={office.origin}/m/")
    await (await file.value).finished()
    await (await listed.value).finished()
    await ready_for_no_network(page)
    return page


async def _assert_file(page: Page, seen: Any) -> None:
    """Who it is, who else comes, what was found before."""
    target = seen["target"]
    assert target["history"]
    assert target["map_url"]
    for words in (target["code"], target["address"], *(one["name"] for one in seen["members"])):
        await expect(page.get_by_text(words, exact=False).first).to_be_visible()
    await expect(page.get_by_role("link", name="地图")).to_have_attribute("href", target["map_url"])
    for heading in ("预查比对", "以往检查"):
        await expect(page.get_by_role("heading", name=heading)).to_be_visible()
    for one in target["history"]:
        await expect(page.get_by_text(one["number"])).to_be_visible()
    await assert_fits(page)
    await shoot(page, "phone-file-offline")


async def _assert_forms(page: Page, seen: Any) -> None:
    """Every item with every question that is asked at first, and the last answers beside them."""
    await page.get_by_role("tab", name="检查表").tap()
    items = page.locator(".van-collapse-item")
    await expect(items).to_have_count(len(seen["items"]))
    told = 0
    for number, item in enumerate(seen["items"]):
        title = items.nth(number).locator(".van-collapse-item__title")
        await expect(title).to_contain_text(item["name"])
        if await title.get_attribute("aria-expanded") != "true":
            await title.tap()
        for question in item["form"]["questions"]:
            if not question.get("shown_if"):
                card = page.locator(f"[id='q-{item['task_item_id']}-{question['id']}']")
                await expect(card).to_contain_text(question["text"])
        told += len((item["earlier"] or {}).get("answers", ()))
    assert told, "the last visit's answers are to stand there too"
    await expect(page.get_by_text("上次（").first).to_be_visible()
    await assert_fits(page)
    await shoot(page, "phone-forms-offline")
