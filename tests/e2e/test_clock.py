"""The clock on the screens: the board with its bars, the bulletin, the year ahead, the digest's card on a phone."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from playwright.async_api import expect

from inspection.workdays import SHANGHAI
from tests.e2e.backstage import Backstage
from tests.e2e.screens import Screens
from tests.e2e.screenshots import shoot
from tests.e2e.test_console import FIRST, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


async def move_to(office: Backstage, day: date) -> None:
    at = datetime.combine(day, time(9), SHANGHAI).isoformat()
    await office.story.desk.post("/api/demo/clock", {"to": at})


async def test_the_clock_on_the_screens(office: Backstage, screens: Screens) -> None:
    """K1, K2, S2 art. 25: what is due is seen by department, ranked by week, and told in one card a morning."""
    visits = await office.draw(8)
    today = date.fromisoformat((await office.story.desk.get("/api/me"))["now"][:10])
    for days in range(1, 9):
        await move_to(office, today + timedelta(days=days))
    desk = await sign_in(await screens.desk(), FIRST)
    await desk.get_by_role("link", name="期限看板").click()
    await expect(desk.get_by_role("heading", name="各部门")).to_be_visible()
    await expect(desk.locator(".line").first).to_contain_text("逾期")
    await shoot(desk, "console-clock-board")
    await desk.get_by_role("button", name="每周通报").click()
    await expect(desk.get_by_role("heading", name="每周通报")).to_be_visible()
    await shoot(desk, "console-clock-bulletin")
    await desk.goto("/print/bulletin")
    await expect(desk.get_by_role("heading", name="部门联合抽查期限办理情况通报")).to_be_visible()
    await shoot(desk, "print-bulletin")
    await desk.goto("/console/clock/forecast")
    await expect(desk.get_by_role("heading", name="全年日程")).to_be_visible()
    await shoot(desk, "console-clock-forecast")
    phone = await (await screens.phone()).new_page()
    await phone.goto(f"{office.sandbox}/")
    leader = await office.member_name(visits[0].leader)
    await phone.get_by_text(leader, exact=True).first.click()
    await expect(phone.get_by_text("待办").first).to_be_visible()
    await shoot(phone, "phone-digest")
