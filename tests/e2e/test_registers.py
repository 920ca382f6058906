"""A department at its desk: the liaison writes, the head signs; one target by hand, and what a file would change."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from app import samples
from models.lists import ListChange
from models.registers import Target
from models.sheets import write_csv, write_xlsx
from tests.e2e.backstage import Backstage
from tests.e2e.screens import Screens, assert_fits
from tests.e2e.test_console import FIRST, say_yes, sign_in
from tests.e2e.test_lists_and_plans import YEAR, choose, say_why

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
LIAISON, HEAD = "演示乙乙四", "演示乙乙三"  # of the market bureau
LIST, PLAN, ENTRY = "市场监管局抽查事项清单", f"市场监管局{YEAR}年计划", "餐饮单位抽查"
CHANGED = "企业名称,统一社会信用代码,登记状态\n演示东湖0002号旅店,91379999MA0000023E,停业\n".encode()


async def test_a_liaison_writes_and_his_head_signs(office: Backstage, screens: Screens) -> None:
    """A4, A10, C4, T4: claimed and planned by the liaison; published, handed in and taken back by the head."""
    liaison = await sign_in(await screens.desk(), LIAISON)
    await _claim(liaison)
    await expect(liaison.get_by_role("button", name="公布 1")).to_have_count(0)
    plan = await _plan(liaison)
    assert await office.count(ListChange) == 1  # the imported table: nothing of the liaison's is out yet

    head = await sign_in(await screens.desk(), HEAD)
    await head.get_by_role("link", name="事项清单", exact=True).click()
    await head.get_by_role("link", name=LIST).click()
    await head.get_by_role("button", name="公布 1").click()
    await head.get_by_role("button", name="下一步：理由").click()
    await say_why(head, "按权责清单认领")
    await expect(head.get_by_text("未备案，应于")).to_be_visible()
    await assert_fits(head)
    await head.goto(plan)
    for word in ("报送", "撤回"):
        await head.get_by_role("button", name=word, exact=True).click()
        await say_yes(head, word)
    await expect(head.get_by_text("撤回修改")).to_be_visible()
    assert await office.count(ListChange) == 2


async def _claim(liaison: Page) -> None:
    """A4: a department claims from what it takes part in."""
    await liaison.get_by_role("link", name="事项清单", exact=True).click()
    await liaison.get_by_role("button", name="新建清单").click()
    await liaison.get_by_label("名称").fill(LIST)
    await liaison.get_by_role("dialog").get_by_role("button", name="新建", exact=True).click()
    await liaison.get_by_role("button", name="对照与认领").click()
    dialog = liaison.get_by_role("dialog")
    await choose(liaison, dialog.locator(".pick"), "部门联合抽查事项清单")
    await expect(dialog.get_by_text("只看本部门参与的")).to_be_visible()
    await expect(dialog.get_by_role("row", name="旅馆消防安全检查")).to_have_count(0)  # without the market bureau
    await dialog.get_by_role("row", name="餐饮服务食品安全检查").locator(".el-checkbox").click()
    await dialog.get_by_role("button", name="认领 1 项").click()
    await dialog.get_by_role("button", name="关闭", exact=True).click()


async def _plan(liaison: Page) -> str:
    """C1: an entry of a plan; only the head hands it in. Gives the plan's address."""
    await liaison.get_by_role("link", name="计划管理").click()
    await liaison.get_by_role("button", name="新建计划").click()
    making = liaison.get_by_role("dialog", name="新建计划")
    await making.get_by_label("名称").fill(PLAN)
    await making.get_by_role("button", name="新建", exact=True).click()
    await liaison.get_by_role("button", name="增加条目").first.click()
    dialog = liaison.get_by_role("dialog", name="增加条目")
    await dialog.get_by_label("任务名称（必填）").fill(ENTRY)
    await dialog.get_by_label("抽查比例或数量（必填）").fill("5%")
    await dialog.get_by_role("button", name="保存").click()
    await expect(liaison.get_by_text("写好后由本部门分管负责人报送")).to_be_visible()
    await expect(liaison.get_by_role("button", name="报送")).to_have_count(0)
    return liaison.url


async def test_one_target_by_hand_and_what_a_file_would_change(office: Backstage, screens: Screens) -> None:
    """B2, B5: a product with its own fields, refused in words first; a dry run says in words what would change."""
    screens.expect_refusals(422)
    desk = await sign_in(await screens.desk(), FIRST)
    await desk.get_by_role("link", name="检查对象", exact=True).click()
    await desk.get_by_role("button", name="新增检查对象").click()
    dialog = desk.get_by_role("dialog", name="新增检查对象")
    await choose(desk, dialog.locator(".el-select").first, "产品")
    await dialog.get_by_label("名称（必填）").fill("演示牌电热水壶")
    await dialog.get_by_label("生产单位").fill("演示电器厂")
    await dialog.get_by_label("行政区划代码").fill("东湖")
    await dialog.get_by_role("button", name="保存").click()
    await expect(desk.locator(".el-message--error").last).to_contain_text("行政区划代码")
    await dialog.get_by_label("行政区划代码").fill("")
    await dialog.get_by_role("button", name="保存").click()
    await expect(desk.get_by_role("heading", name="演示牌电热水壶")).to_be_visible()
    await expect(desk.get_by_text("演示电器厂")).to_be_visible()
    await assert_fits(desk)
    async with office.demo.parts.database.read() as db:
        assert list(await db.scalars(select(Target.name).where(Target.category == "product"))) == ["演示牌电热水壶"]

    await desk.get_by_role("link", name="数据导入").click()
    file = {"name": "变更.csv", "mimeType": "text/csv", "buffer": CHANGED}
    await desk.locator("input[type=file]").set_input_files(file)
    await desk.get_by_role("button", name="试运行").click()
    changes = desk.locator(".examples")
    await expect(changes).to_contain_text("登记状态在业 → 停业")
    await expect(changes).to_contain_text("名称演示东湖0002号宾馆 → 演示东湖0002号旅店")
    await _wrong_files(desk)
    async with office.demo.parts.database.read() as db:
        assert await db.scalar(select(Target.status).where(Target.code == "91379999MA0000023E")) == "open"


async def _wrong_files(desk: Page) -> None:
    """B5: what is wrong with a file stays to be read, one sentence, and goes with it; nothing can be imported of it."""
    items = write_csv(samples.ITEM_HEADERS, samples.sample_items())
    for name, data, words in (
        ("清单.csv", items, "表头像是“抽查事项清单”，不是“检查对象”；请选择“抽查事项清单”重新导入"),
        ("断了.xlsx", write_xlsx(["企业名称"], [["甲"]])[:900], "不完整或已损坏，打不开"),
    ):
        await desk.locator("input[type=file]").set_input_files({"name": name, "mimeType": "", "buffer": data})
        await desk.get_by_role("button", name="试运行").click()
        await expect(desk.get_by_role("alert").filter(has_text=words)).to_contain_text("已有数据没有变化")
        await expect(desk.get_by_role("button", name="正式导入")).to_be_disabled()
    await assert_fits(desk)
    await desk.locator("label.el-radio-button", has_text="抽查事项清单").click()
    await expect(desk.get_by_role("alert")).to_have_count(0)
