"""The office's work on the console, by several people, each in a browser of his own, until the public can read it."""

from __future__ import annotations

import asyncio
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, expect

from app import samples, verify
from models.sheets import write_csv
from models.tasks import Draw
from tests.e2e.backstage import WINDOW, Backstage
from tests.e2e.screens import PHONE, Screens, assert_fits
from tests.e2e.screenshots import shoot

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
FIRST, SECOND = "演示甲二", "演示甲一"
COUNT, DONE = 6, 4  # drawn; made, approved and published in this test
WRONG_CODE = "91379999MA0003110X"
DICE, LOTTERY = ("监督员甲", "4 1 6 2 5 5 1 3 3 6"), ("排列五", "0 3 8 1 6")


async def sign_in(context: BrowserContext, name: str) -> Page:
    """Open the console as nobody, and choose who holds the phone on the sandbox's sign-in page."""
    page = await context.new_page()
    await page.goto("/console/")
    await expect(page.get_by_role("heading", name="请选择登录的成员")).to_be_visible()
    await page.get_by_role("link", name=name, exact=True).click()
    await expect(page.get_by_role("button", name=name)).to_be_visible()
    return page


async def say_yes(page: Page, word: str) -> None:
    """Confirm what cannot be undone."""
    await page.locator(".sure-box").get_by_role("button", name=word, exact=True).click()
    await expect(page.locator(".sure-box")).to_have_count(0)


async def test_from_the_import_to_the_public_page(office: Backstage, screens: Screens, tmp_path: Path) -> None:
    """A, B, C, D, H: import, task, freeze by a second person, seed, draw, bundle, approval, publication."""
    desk = await sign_in(await screens.desk(), FIRST)
    await _import_targets(desk)
    task_id = await _make_task(desk)
    assert await office.count(Draw) == 0
    await office.confirm_libraries(task_id)
    second = await sign_in(await screens.desk(), SECOND)
    await _freeze_and_draw(second, task_id)
    await _check_bundle(second, tmp_path)

    visits = await office.adopt(task_id)
    assert len(visits) == COUNT
    await office.inspect(visits[:DONE])
    await _approve_one(office, screens)
    await office.approve()
    await _publish(desk, task_id)
    await desk.goto("/console/")
    await expect(desk.get_by_role("heading", name="总览")).to_be_visible()
    await expect(desk.locator(".numbers li", has_text="已公示结果").locator("b")).to_have_text(str(3 * DONE))
    await shoot(desk, "console-overview")
    await _read_in_public(screens, visits[0].target_name, visits[0].target_code)


async def _import_targets(desk: Page) -> None:
    """C2: a wrong code is sent back with its row and reason, the rest goes in; a trial run writes nothing."""
    await desk.get_by_role("link", name="数据导入").click()
    rows = samples.sample_targets(310)[300:]
    rows[-1][1] = WRONG_CODE
    data = write_csv(samples.TARGET_HEADERS, rows)
    await desk.locator("input[type=file]").set_input_files(
        {"name": "新增检查对象.csv", "mimeType": "text/csv", "buffer": data}
    )
    await desk.get_by_role("button", name="试运行").click()
    await expect(desk.get_by_role("heading", name="试运行结果：检查对象")).to_be_visible()
    await expect(desk.get_by_text("没有写入任何数据", exact=True)).to_be_visible()
    await expect(desk.get_by_role("cell", name=WRONG_CODE)).to_be_visible()
    await desk.get_by_role("button", name="正式导入").click()
    await expect(desk.get_by_role("heading", name="导入报告：检查对象")).to_be_visible()
    await expect(desk.get_by_text("已导入：新增 9，变更 0。")).to_be_visible()


async def _make_task(desk: Page) -> str:
    """C3, C5: a task from the plan; the pool is shown before anything is fixed. Gives the task's id."""
    await desk.get_by_role("link", name="年度计划").click()
    await desk.get_by_role("row", name="餐饮服务联合抽查").get_by_role("button", name="建立任务").click()
    dialog = desk.get_by_role("dialog", name="建立任务")
    words = dialog.locator(".el-input-tag input")
    for word in ("餐饮", "食品"):
        await words.fill(word)
        await words.press("Enter")
    await dialog.locator("label", has_text="按户数").click()
    amount = dialog.locator(".amount input")
    await amount.fill(str(COUNT))
    await amount.press("Tab")
    today = date.today()  # noqa: DTZ011 the demo's clock is the machine's
    for place, day in (("开始", today - timedelta(days=1)), ("结束", today + WINDOW)):
        await dialog.get_by_placeholder(place).fill(day.isoformat())
    await dialog.get_by_placeholder("结束").press("Enter")
    await dialog.get_by_role("button", name="建立任务").click()
    await desk.get_by_role("button", name="进入任务").click()
    await expect(desk.get_by_role("heading", name="候选名录预览")).to_be_visible()
    await desk.get_by_role("button", name="确认名录，提交冻结").click()
    await say_yes(desk, "确认并提交")
    await expect(desk.get_by_role("button", name="确认名录，提交冻结")).to_have_count(0)
    await expect(desk.get_by_role("button", name="冻结…")).to_have_count(0)  # C6: not by the same person
    return desk.url.rpartition("/")[2]


async def _freeze_and_draw(second: Page, task_id: str) -> None:
    """C6, D: the other coordinator freezes and announces, enters the values in their order, draws."""
    await second.goto(f"/console/tasks/{task_id}")
    await second.get_by_role("button", name="冻结…").click()
    dialog = second.get_by_role("dialog", name="冻结名录并公告种子来源")
    await dialog.get_by_role("button", name="+ 公开信息").click()
    await dialog.get_by_label("来源名称").nth(1).fill(LOTTERY[0])
    await dialog.get_by_label("取值办法").nth(1).fill("冻结之后公布的第一期开奖号码；停开则用下一期")
    await dialog.get_by_role("button", name="冻结", exact=True).click()
    await say_yes(second, "冻结")
    for source, value in (DICE, LOTTERY):
        await expect(second.get_by_role("button", name="抽 取")).to_have_count(0)
        await second.get_by_label(f"{source}的值").fill(value)
        await second.get_by_role("button", name="录入", exact=True).click()
        await say_yes(second, "确认录入")
        await expect(second.locator(".sources .value", has_text=value)).to_be_visible()
    await second.get_by_role("button", name="抽 取").click()
    await say_yes(second, "现在抽取")
    await expect(second.get_by_role("heading", name="抽中名单与检查组")).to_be_visible()
    await expect(second.locator("#drawn tbody tr")).to_have_count(COUNT)
    await second.reload()  # the page glides down to what was drawn; a picture wants it at its top, and standing
    await expect(second.locator("#drawn tbody tr")).to_have_count(COUNT)
    await shoot(second, "console-draw")


async def _check_bundle(second: Page, folder: Path) -> None:
    """D9: what is downloaded convinces the stand-alone checker, with nothing of ours on its path."""
    async with second.expect_download() as loading:
        await second.get_by_role("link", name="下载验证包").click()
    bundle = folder / "bundle.zip"
    await (await loading.value).save_as(bundle)
    checker = await asyncio.create_subprocess_exec(
        sys.executable, "-I", verify.__file__, str(bundle), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await checker.communicate()
    assert checker.returncode == 0, output.decode()


async def _approve_one(office: Backstage, screens: Screens) -> None:
    """H3: an approver reads and approves a part of his own department."""
    department, person = next(iter(office.story.approvers.items()))
    await person.sign_in()
    page = await sign_in(await screens.desk(), person.name)
    await page.get_by_role("link", name="结果审批").click()
    await expect(page.get_by_text(f"{DONE} 份等待本部门审批")).to_be_visible()
    await expect(page.locator(".photos img").first).to_be_visible()
    await page.get_by_role("button", name="审批通过").click()
    await say_yes(page, "通过")
    await expect(page.get_by_text(f"{DONE - 1} 份等待本部门审批")).to_be_visible()
    assert department == person.department


async def _publish(desk: Page, task_id: str) -> None:
    """H5: everything approved becomes public at one word."""
    await desk.goto(f"/console/tasks/{task_id}")
    await desk.get_by_role("button", name=f"公示 {3 * DONE} 份").click()
    await say_yes(desk, "公示")
    await expect(desk.get_by_role("button", name="公示")).to_have_count(0)


async def _read_in_public(screens: Screens, name: str, code: str) -> None:
    """H6: anybody finds the results by the code, at a desk and on a phone."""
    for context in (await screens.desk(), await screens.phone()):
        page = await context.new_page()
        await page.goto("/public")
        await page.get_by_label("查询检查结果").fill(code)
        await page.get_by_role("button", name="查询").click()
        await expect(page.locator(".cards .card", has_text=name)).to_have_count(3)
        await assert_fits(page)
        await page.locator(".cards .card").first.click()
        await expect(page.get_by_role("heading", name="检查结果公示")).to_be_visible()
        await expect(page.get_by_text(code, exact=True)).to_be_visible()
        await assert_fits(page)
    assert page.viewport_size == PHONE
