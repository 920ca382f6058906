"""The ways of drawing ordered on the console, a year's batches opened, and a draw voided by two people."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.e2e.backstage import Backstage
from tests.e2e.screens import Screens, assert_fits
from tests.e2e.test_console import FIRST, SECOND, say_yes, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
PLAN = "旅馆业联合抽查"
DICE = {"name": "监督员甲", "kind": "dice", "note": "现场掷六面骰子 10 次"}


async def choose(page: Page, label: str, text: str) -> None:
    """Choose from a list by what stands in it; a click by place would miss while the dialog still grows."""
    shown = page.locator(".el-select-dropdown:visible")
    await expect(shown).to_have_count(0)  # a list that is still closing holds the same words
    await page.get_by_role("combobox", name=label, exact=True).dispatch_event("click")
    await shown.locator(".el-select-dropdown__item", has_text=text).first.click()


async def begin(desk: Page, way: str) -> None:
    """Open the dialog of the hotels' plan entry and choose a way of drawing."""
    await desk.get_by_role("link", name="年度计划").click()
    await desk.get_by_role("row", name=PLAN).get_by_role("button", name="建立任务").click()
    await choose(desk, "抽取方式", way)


async def made(desk: Page, kind: str) -> str:
    """Make the task and look at it; gives its id."""
    await desk.get_by_role("dialog", name="建立任务").get_by_role("button", name="建立任务").click()
    await desk.get_by_role("button", name="进入任务").click()
    await expect(desk.get_by_role("heading", name="候选名录预览")).to_be_visible()
    await expect(desk.get_by_text(kind, exact=True)).to_be_visible()
    await assert_fits(desk)
    return desk.url.rpartition("/")[2]


async def drawn(office: Backstage, task_id: str) -> dict[str, Any]:
    """Take a task to its draw behind the scenes; gives the task."""
    desk, second, path = office.story.desk, office.story.second, f"/api/console/tasks/{task_id}"
    await office.confirm_libraries(task_id)
    await desk.post(f"{path}/prepare")
    await second.sign_in()
    await second.post(f"{path}/freeze", {"sources": [DICE], "accept_short": True})
    await desk.post(f"{path}/seed", {"source": DICE["name"], "value": "4 1 6 2 5 5 1 3 3 6"})
    await desk.post(f"{path}/draw")
    task: dict[str, Any] = await desk.get(path)
    return task


async def test_every_way_of_drawing_is_ordered_on_the_console(office: Backstage, screens: Screens) -> None:
    """A8, C10, D3, D6, P1, P2: each way asks what it needs, says what is missing, and is named on the task's page."""
    desk = await sign_in(await screens.desk(), FIRST)
    create = desk.get_by_role("dialog", name="建立任务").get_by_role("button", name="建立任务")
    await begin(desk, "多个事项合并")
    await expect(desk.get_by_text("至少选择两个事项。")).to_be_visible()
    await expect(create).to_be_disabled()
    await choose(desk, "合并事项 1", "旅馆卫生管理检查")
    await choose(desk, "合并事项 2", "消防安全检查")
    await made(desk, "双随机（对象和人员） · 2 个事项合并抽取")

    for way, kind in (("只抽检查对象", "单随机：只抽检查对象"), ("只抽检查人员", "单随机：只抽检查人员")):
        await begin(desk, way)
        await made(desk, kind)

    await begin(desk, "只抽检查批次顺序")
    amount = desk.get_by_role("spinbutton", name="每批户数")
    await amount.fill("100")
    await amount.press("Tab")
    order = await made(desk, "只抽检查批次顺序")
    await drawn(office, order)
    await wall_of_an_order(desk, order)
    await desk.goto(f"/console/tasks/{order}")
    await desk.get_by_role("button", name="建立任务").first.click()
    await say_yes(desk, "建立")
    await expect(desk.get_by_role("link", name="所属次序")).to_be_visible()
    await expect(desk.get_by_text("抽定的检查次序第 1 批")).to_be_visible()


async def wall_of_an_order(desk: Page, task_id: str) -> None:
    """On the wall of the room an order has batches, and neither groups nor inspectors."""
    await desk.goto(f"/console/room/{task_id}")
    await expect(desk.get_by_text("将排定次序")).to_be_visible()
    await expect(desk.get_by_text("执法检查人员")).to_have_count(0)
    for _ in range(4):
        await desk.keyboard.press("ArrowRight")
    await expect(desk.get_by_role("heading", name="排定次序")).to_be_visible()
    await expect(desk.get_by_text("第 1 批（").first).to_be_visible()
    await desk.keyboard.press("ArrowLeft")
    await expect(desk.get_by_role("heading", name="种子")).to_be_visible()
    await assert_fits(desk)


async def test_a_draw_is_dispatched_down_and_voided_by_two(office: Backstage, screens: Screens) -> None:
    """D6, D7, E1: each department its own people and how evenly; voided with a listed reason, and public for good."""
    desk = await sign_in(await screens.desk(), FIRST)
    await begin(desk, "按区域派发")
    for place, department, region in ((1, "市场监督管理局", "370000"), (2, "消防救援大队", "110000")):
        await choose(desk, f"下级部门 {place}", department)
        box = desk.get_by_role("combobox", name=f"负责区域 {place}", exact=True)
        await box.dispatch_event("click")
        await box.fill(region)
        await box.press("Enter")
    task_id = await made(desk, "双随机（对象和人员） · 上级抽取、按区域派发")
    task = await drawn(office, task_id)
    await desk.reload()
    loads = desk.locator("section", has=desk.get_by_role("heading", name="人员负荷"))
    await expect(loads.get_by_role("row", name="市场监督管理局")).to_contain_text("均衡")
    await assert_fits(desk)

    await desk.get_by_role("button", name="申请作废…").click()
    await choose(desk, "理由", "")
    await desk.get_by_label("说明和依据").fill("范围填写有误")
    await desk.get_by_role("button", name="提交申请").click()
    await expect(desk.get_by_text("等待另一位协调员决定。", exact=True)).to_be_visible()
    await expect(desk.get_by_role("button", name="同意作废")).to_have_count(0)
    second = await sign_in(await screens.desk(), SECOND)
    await second.goto(f"/console/tasks/{task_id}")
    await second.get_by_role("button", name="同意作废").click()
    await say_yes(second, "确定")
    await expect(second.get_by_text(f"{task['draw']['number']} 已作废")).to_be_visible()
    await expect(second.get_by_role("heading", name="候选名录预览")).to_be_visible()
    phone = await (await screens.phone()).new_page()
    await phone.goto(f"/public/draws/{task['draw']['number']}")
    await expect(phone.get_by_role("heading", name="本次抽取已作废")).to_be_visible()
    await assert_fits(phone)
