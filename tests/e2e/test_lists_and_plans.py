"""Lists, plans and their changes on the console, until the public reads them: change, filing, approval, adjustment."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.async_api import Locator, Page, expect

from models.lists import ListChange
from models.plans import PlanRevision, PlanStep
from tests.e2e.backstage import Backstage
from tests.e2e.screens import Screens, assert_fits
from tests.e2e.test_console import FIRST, say_yes, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
YEAR = date.today().year  # noqa: DTZ011 the demo's clock is the machine's
ITEM, TASK, FILED = "成品油零售企业检查", "成品油市场联合抽查", "演备〔2026〕7号"


async def choose(page: Page, box: Locator, word: str) -> None:
    """Open a select and take the option with this word."""
    await box.click()
    await page.locator(".el-select-dropdown__item:visible", has_text=word).first.click()


async def say_why(page: Page, words: str) -> None:
    """Give the words that an act asks for."""
    await page.locator(".el-message-box textarea").fill(words)
    await page.locator(".el-message-box").get_by_role("button", name="确定").click()


async def test_from_a_list_change_to_the_public_plan(office: Backstage, screens: Screens) -> None:
    """A2, A10-A13, C1-C7, H6: an item is listed and filed, planned, approved, adjusted; anybody reads all of it."""
    screens.expect_refusals(422)
    desk = await sign_in(await screens.desk(), FIRST)
    await _list_an_item(desk)
    assert await office.count(ListChange) == 2  # the imported table and this change
    await _carry_a_plan(desk)
    assert await office.count(PlanStep) == 6  # made, submitted, collected, approved, published, filed
    await _adjust(desk)
    assert await office.count(PlanStep) == 7
    assert await office.count(PlanRevision) >= 2
    await _covered(desk)
    for context in (await screens.desk(), await screens.phone()):
        page = await context.new_page()
        await page.goto("/public/plan")
        entry = page.locator(".entries > li", has_text=TASK)
        await expect(entry).to_contain_text("公布后的调整")
        await expect(entry).to_contain_text("抽查比例或数量由“10%(20户)”改为“5%”")
        await assert_fits(page)
        await page.goto("/public/items")
        await expect(page.locator(".entries li", has_text=ITEM)).to_contain_text("重点检查事项")
        await assert_fits(page)


async def _list_an_item(desk: Page) -> None:
    """A2, A12, A13: every column, the guide and a question of its own; a wrong one is refused in words."""
    await desk.get_by_role("link", name="事项清单", exact=True).click()
    await desk.get_by_role("link", name="部门联合抽查事项清单").click()
    await desk.get_by_role("button", name="新增事项").click()
    dialog = desk.get_by_role("dialog", name="起草新事项")
    await dialog.get_by_label("事项名称（必填）").fill(ITEM)
    await choose(desk, dialog.locator(".el-select").first, "市场监督管理局")
    await dialog.locator("label", has_text="重点").click()
    await dialog.get_by_text("工作指引 0/7").click()
    await dialog.get_by_label("检查流程").fill("亮证、查看、记录、签字")
    await dialog.locator("label", has_text="检查表").click()
    await dialog.get_by_role("button", name="从标准表开始，另编检查表").click()
    await dialog.get_by_role("button", name="增加问题").click()
    await dialog.get_by_role("button", name="保存草稿").click()
    await expect(desk.locator(".el-message--error").last).to_contain_text("第 7 个问题的内容应为 1 至 300 字")
    await dialog.get_by_label("问题 7", exact=True).fill("加油机检定状态")
    await dialog.get_by_role("button", name="保存草稿").click()
    await desk.locator(".drafts").get_by_role("button", name="改草稿").click()  # a row opens as it was left
    again = desk.get_by_role("dialog", name=f"起草变更：{ITEM}")
    await expect(again.get_by_label("事项名称（必填）")).to_have_value(ITEM)
    await again.get_by_role("button", name="取消").click()
    await desk.get_by_role("button", name="公布 1").click()
    await desk.get_by_role("button", name="下一步：理由").click()
    await say_why(desk, "依据新条例")
    await expect(desk.locator(".drafts")).to_have_count(0)
    await desk.get_by_role("button", name="登记备案").click()
    await _file(desk)
    await expect(desk.get_by_text(FILED)).to_be_visible()


async def _file(desk: Page) -> None:
    await desk.get_by_label("备案文号").fill(FILED)
    await desk.get_by_role("dialog", name="登记备案").get_by_role("button", name="登记", exact=True).click()
    await expect(desk.get_by_role("dialog", name="登记备案")).to_have_count(0)


async def _carry_a_plan(desk: Page) -> None:
    """C1, C3-C5: made, mended while a draft, submitted, collected, approved, published, filed."""
    await desk.get_by_role("link", name="计划管理").click()
    await desk.get_by_role("button", name="新建计划").click()
    making = desk.get_by_role("dialog", name="新建计划")
    await making.get_by_label("名称").fill(f"{YEAR}年成品油专项")
    year = making.locator(".el-input-number input")  # from November on, next year's is offered
    await year.fill(str(YEAR))
    await year.press("Tab")
    await making.locator(".el-switch").click()
    await making.get_by_role("button", name="新建", exact=True).click()
    await desk.get_by_role("button", name="增加条目").click()
    dialog = desk.get_by_role("dialog", name="增加条目")
    await dialog.get_by_label("任务名称（必填）").fill(TASK)
    await dialog.get_by_label("抽查比例或数量（必填）").fill("若干")
    await choose(desk, dialog.locator(".el-select").first, "市场监督管理局")
    await dialog.get_by_role("button", name="保存").click()
    await expect(desk.locator(".el-message--error").last).to_contain_text("抽查比例")
    await dialog.get_by_label("抽查比例或数量（必填）").fill("10%")
    await choose(desk, dialog.locator(".el-select").nth(2), ITEM)
    await dialog.get_by_label("任务名称（必填）").click()
    await dialog.get_by_role("button", name="保存").click()
    await desk.get_by_role("button", name="修改", exact=True).click()
    again = desk.get_by_role("dialog", name="修改条目")
    await expect(again.get_by_label("抽查比例或数量（必填）")).to_have_value("10%")
    await again.get_by_label("抽查比例或数量（必填）").fill("10%(20户)")
    await again.get_by_role("button", name="保存").click()
    for word in ("报送", "汇总"):
        await desk.locator(".acts").get_by_role("button", name=word, exact=True).click()
        await say_yes(desk, word)
    await desk.get_by_role("button", name="审定", exact=True).click()
    await say_why(desk, "第四次联席会议")
    await desk.get_by_role("button", name="公布", exact=True).click()
    await say_yes(desk, "公布")
    await desk.get_by_role("button", name="登记备案").click()
    await _file(desk)


async def _adjust(desk: Page) -> None:
    """C6: with a reason; the quota is there to be changed, and the plan is to be filed again."""
    await desk.get_by_role("button", name="调整", exact=True).click()
    dialog = desk.get_by_role("dialog", name="调整条目")
    await expect(dialog.get_by_role("button", name="保存")).to_be_disabled()
    await dialog.get_by_label("抽查比例或数量（必填）").fill("5%")
    await dialog.get_by_label("理由（必填）").fill("人手不足")
    await dialog.get_by_role("button", name="保存").click()
    await expect(desk.get_by_text("调整后须再次备案")).to_be_visible()
    await desk.get_by_role("button", name="调整 1 次").click()
    await expect(desk.get_by_text("比例或户数：10%(20户) → 5%")).to_be_visible()
    await desk.keyboard.press("Escape")


async def _covered(desk: Page) -> None:
    """C7: the item says which entry plans it, and how that was found."""
    await desk.goto("/console/plans")
    await desk.get_by_text("覆盖情况").click()
    await desk.locator("label", has_text="全部").click()
    row = desk.get_by_role("row", name=ITEM)
    await expect(row).to_contain_text(TASK)
    await expect(row).to_contain_text("计划条目指定")
