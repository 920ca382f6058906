"""The public pages as anybody sees them: readable on a phone and at a desk, no script, no stranger, no person."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from playwright.async_api import Page, ViewportSize, expect

from tests.e2e.backstage import Backstage
from tests.e2e.screens import Screens, assert_fits
from tests.e2e.screenshots import shoot

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
PAPER: ViewportSize = {"width": 880, "height": 1180}  # a sheet held upright


async def test_every_public_page_fits_and_runs_no_script(office: Backstage, screens: Screens) -> None:
    """H5, H6, Q2: results, draws and the plan, found by whoever looks for them; names of inspectors nowhere."""
    visits = await office.draw(8)
    await office.inspect(visits)
    await office.approve()
    await office.publish()
    result = f"/public/results/{quote(visits[0].number)}-market"
    paths = ("/public", "/public/draws", f"/public/draws/{office.story.draw_number}", "/public/plan", result)
    for context in (await screens.phone(), await screens.desk()):
        page = await context.new_page()
        for path in paths:
            answer = await page.goto(path)
            assert answer is not None
            assert answer.ok, path
            await _assert_plain(page)
    await page.goto("/public")
    await expect(page.locator(".cards .card")).to_have_count(min(20, 3 * len(visits)))
    await shoot(page, "public-results")
    await page.goto(result)
    await expect(page.get_by_role("heading", name="检查结果公示")).to_be_visible()
    await page.set_viewport_size(PAPER)
    await shoot(page, "public-result")


async def test_what_is_not_published_is_not_there(office: Backstage, screens: Screens) -> None:
    """H5: before the publication neither the list nor the address tells anything."""
    visit = (await office.draw(1))[0]
    await office.inspect([visit])
    await office.approve()
    page = await (await screens.desk()).new_page()
    await page.goto("/public")
    await page.get_by_label("查询检查结果").fill(visit.target_code)
    await page.get_by_role("button", name="查询").click()
    await expect(page.get_by_text("没有找到已公示的结果")).to_be_visible()
    await expect(page.get_by_text(visit.target_name)).to_have_count(0)


async def _assert_plain(page: Page) -> None:
    await assert_fits(page)
    await expect(page.locator("script")).to_have_count(0)
    text = await page.locator("body").inner_text()
    assert "演示乙" not in text  # how the made-up inspectors of the market department are called
    assert "1380000" not in text
