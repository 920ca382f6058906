"""Archives years later: destroyed by two people at the desk, said on every page; taken over by another office (L1)."""

from __future__ import annotations

import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import func, select, update

from models.archives import Archive, ImportedArchive, ImportedFile
from models.people import Grant, Member
from models.tasks import Task, Visit
from tests.e2e.backstage import Backstage, open_backstage
from tests.e2e.screens import Screens, assert_fits
from tests.e2e.test_day_in_the_chat import enter_mini_program
from tests.e2e.test_results import shoot, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
LONG_AGO, OVER = datetime(1990, 3, 2, 1, 0, tzinfo=UTC), date(2020, 12, 31)
A_TICK_MS = 120_000  # files go by a tick of fifteen seconds, and the machine may be loaded
TAKEN = "他处移来的任务档案"


async def coordinators(office: Backstage) -> list[str]:
    """The names of those who may propose and decide, at least two."""
    query = select(Member.name).join(Grant, Grant.member_id == Member.id).order_by(Member.userid)
    found = await office._rows(query, Grant.role == "coordinator")
    assert len(found) > 1
    return [str(one) for one in found]


async def filed_task(office: Backstage, screens: Screens) -> Page:
    """Let one visit be made public and its task be filed; gives the page on which its ZIP lies."""
    await office.inspect(await office.draw(1))
    await office.approve()
    await office.publish()
    page = await sign_in(await screens.desk(), (await coordinators(office))[0], "/archives")
    await page.get_by_role("button", name="立卷", exact=True).first.click()
    await expect(page.locator("a", has_text=".zip")).to_have_count(1, timeout=A_TICK_MS)
    return page


async def destroy(office: Backstage, screens: Screens, page: Page, title: str, picture: str) -> str:
    """Propose as the one, be refused, approve as the other; gives the number of the register."""
    one, other = (await coordinators(office))[:2]
    await page.goto("/console/disposal")
    row = page.locator("tr", has_text=title)
    await row.locator(".el-checkbox").click()
    await page.locator(".el-form-item", has_text="鉴定结论").locator(".el-select").click()
    await page.get_by_role("option", name="经鉴定无继续保存价值").click()
    await page.get_by_label("鉴定意见").fill("鉴定小组逐卷审查，无继续保存价值。")
    await shoot(page, f"{picture}-due", 1280, 390)
    await page.set_viewport_size({"width": 1280, "height": 800})
    await page.get_by_role("button", name="提出销毁 1 卷").click()
    await expect(page.get_by_text("由另一位协调员决定")).to_be_visible()
    await expect(page.get_by_role("button", name="批准…")).to_have_count(0)  # never by who proposed it
    desk = await sign_in(await screens.desk(), other, "/disposal")
    assert other != one
    await desk.get_by_role("button", name="批准…").click()
    await expect(desk.get_by_text("销毁后不能恢复")).to_be_visible()
    await shoot(desk, f"{picture}-sure", 1280)
    await desk.get_by_role("dialog").get_by_role("button", name="批准销毁").click()
    await expect(desk.locator(".el-tag", has_text="已销毁")).to_be_visible(timeout=A_TICK_MS)
    await desk.get_by_role("button", name="销毁〔").click()
    await expect(desk.get_by_role("dialog").get_by_text("无继续保存价值").first).to_be_visible()
    await expect(desk.get_by_role("dialog").locator(".mono")).not_to_have_count(0)
    await shoot(desk, f"{picture}-register", 1280, 390)
    return await desk.get_by_role("dialog").locator(".el-drawer__title").inner_text()


async def test_what_two_people_destroyed_is_said_on_every_page(office: Backstage, screens: Screens) -> None:
    """L1, L2, H6: a filed task goes by two hands; desk, task, phone and public pages name the register instead."""
    page = await filed_task(office, screens)
    visit = office.story.visits[0]
    async with office.demo.parts.database.write() as db:
        await db.execute(update(Archive).values(made_at=LONG_AGO, keep_until=OVER, retention="years-30"))
    task = (await office.story.desk.get(f"/api/console/tasks/{office.story.task_id}"))["name"]
    number = await destroy(office, screens, page, task, "disposal")
    await page.goto("/console/archives")
    await expect(page.get_by_text("已按规定销毁")).to_have_count(2)  # the task and its visit
    await expect(page.locator("a", has_text=".zip")).to_have_count(0)
    await shoot(page, "disposal-archives", 1280, 390)
    await page.set_viewport_size({"width": 1280, "height": 800})
    await page.goto(f"/console/tasks/{office.story.task_id}")
    await expect(page.get_by_text(f"按规定销毁，销毁清册 {number}")).to_be_visible()
    await shoot(page, "disposal-task", 1280)
    phone = await screens.phone()
    task_number = quote((await office._rows(select(Task.number), Task.id == office.story.task_id))[0])
    for path, name in ((f"results/{quote(visit.number)}-market", "result"), (f"tasks/{task_number}", "task")):
        public = await phone.new_page()
        await public.goto(f"/public/{path}")
        await expect(public.get_by_text(f"销毁清册 {number}")).to_be_visible()
        await assert_fits(public)
        await shoot(public, f"disposal-public-{name}", 390, 1280)
    held = await phone.new_page()
    await held.goto(f"/m/visits/{visit.id}")
    await held.get_by_role("link", name=await office.member_name(visit.leader), exact=True).click()
    await expect(held.get_by_text(f"按规定销毁（销毁清册 {number}）")).to_be_visible()
    await assert_fits(held)
    for gone in ("情况记录表（PDF）", "在汇总表上签字"):
        await expect(held.get_by_text(gone)).to_have_count(0)
    await shoot(held, "disposal-phone", 390)
    mini = await enter_mini_program(await (await screens.desk()).new_page(), office)
    await mini.get_by_label("通知编码").fill((await office._rows(select(Visit.notice_code), Visit.id == visit.id))[0])
    await mini.get_by_role("button", name="绑定").click()
    await mini.locator("a.line", has_text=visit.target_name).first.click()
    await expect(mini.get_by_text(f"按规定销毁（销毁清册 {number}）")).to_be_visible()
    await expect(mini.get_by_role("link", name="检查情况记录表")).to_have_count(0)
    await shoot(mini, "disposal-owner", 390)


@pytest.mark.hard  # two offices, one after the other
async def test_an_archive_goes_from_one_office_to_an_empty_one(chromium: Browser, tmp_path: Path) -> None:
    """L1, L2: taken out at one desk, cut and changed copies refused at the other, the whole read and once destroyed."""
    path = tmp_path / "task.zip"
    async with open_backstage(tmp_path / "there") as there:
        screens = Screens(chromium, (there.origin, there.sandbox))
        page = await filed_task(there, screens)
        target = there.story.visits[0].target_name
        async with page.expect_download() as download:
            await page.locator("a", has_text=".zip").click()
        await (await download.value).save_as(path)
        await screens.close()
        assert screens.wrong == []
    async with open_backstage(tmp_path / "here") as here:
        screens = Screens(chromium, (here.origin, here.sandbox))
        screens.expect_refusals(422)
        screens.expect_refusals(410)
        await taken_in(here, screens, path, target)
        await screens.close()
        assert screens.wrong == []


async def taken_in(office: Backstage, screens: Screens, path: Path, target: str) -> None:
    page = await sign_in(await screens.desk(), (await coordinators(office))[0], "/archives")
    wrong = path.with_name("changed.zip")
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(wrong, "w") as changed:
        for name in whole.namelist():
            changed.writestr(name, whole.read(name) + (b" " if name == "volume.pdf" else b""))
    await page.get_by_role("button", name="导入档案…").click()
    dialog = page.get_by_role("dialog", name="导入他处的档案")
    await dialog.locator("input[type=file]").set_input_files(wrong)
    await dialog.get_by_role("button", name="导入", exact=True).click()
    await expect(page.get_by_text("没有通过校验")).to_be_visible()
    await shoot(page, "import-refused", 1280, 390)
    await page.set_viewport_size({"width": 1280, "height": 800})
    assert [await office.count(one) for one in (ImportedArchive, ImportedFile)] == [0, 0]
    await page.reload()
    await give(page, path, "已导入")
    await page.locator(".imported").get_by_role("button", name="抽查〔").click()
    await expect(page.get_by_role("dialog").get_by_role("heading", name=target)).to_be_visible()
    await shoot(page, "import-read", 1280, 390)
    await page.set_viewport_size({"width": 1280, "height": 800})
    async with office.demo.parts.database.write() as db:
        await db.execute(update(ImportedArchive).values(made_at=LONG_AGO, keep_until=OVER, retention="years-30"))
        digests = list(await db.scalars(select(func.lower(ImportedFile.digest))))
    number = await destroy(office, screens, page, TAKEN, "import-disposal")
    assert not any([await office.demo.parts.house.blobs.has(one) for one in digests])  # type: ignore[arg-type]
    await page.goto("/console/archives")
    await expect(page.locator(".imported").get_by_text(f"销毁清册 {number}")).to_be_visible()
    await shoot(page, "import-destroyed", 1280)
    await give(page, path, "按规定销毁")


async def give(page: Page, path: Path, said: str) -> None:
    """Take a file in and read what the page says."""
    await page.get_by_role("button", name="导入档案…").click()
    dialog = page.get_by_role("dialog", name="导入他处的档案")
    await dialog.locator("input[type=file]").set_input_files(path)
    await dialog.get_by_role("button", name="导入", exact=True).click()
    await expect(page.locator(".el-message", has_text=said)).to_be_visible()
