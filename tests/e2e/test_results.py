"""After the visit, on the console: what follows a result is chosen, counted and ended by people (I, H)."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.async_api import BrowserContext, Page, expect
from sqlalchemy import select, update

from app import verify_archive
from models.followups import FollowUp
from models.people import Department, Member
from models.results import Publication
from models.tasks import Part, Submission
from tests.e2e.backstage import Backstage
from tests.e2e.screens import PHONE, Screens, assert_fits

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
RENAMED = "餐饮服务食品安全检查（含外卖）"
SHOTS = os.environ.get("SUICHA_SHOTS")
FOUND = {"results": ["corrected"], "measures": ["order"], "result_detail": "布草间灭火器过期，已责令更换。"}


async def shoot(page: Page, name: str, *widths: int) -> None:
    """Keep a picture for somebody who looks at it (SUICHA_SHOTS names the folder)."""
    for width in widths if SHOTS else ():
        await page.set_viewport_size({"width": width, "height": 900})
        await page.screenshot(path=Path(SHOTS or ".") / f"{name}-{width}.png", full_page=True)


async def sign_in(context: BrowserContext, name: str, path: str) -> Page:
    page = await context.new_page()
    await page.goto(f"/console{path}")
    await page.get_by_role("link", name=name, exact=True).click()
    await expect(page.get_by_role("button", name=name)).to_be_visible()
    return page


async def found_something(office: Backstage) -> tuple[str, str, str]:
    """Let one approved part have found something; gives its target's name, its approver and an inspector by name."""
    async with office.demo.parts.database.write() as db:
        part = (await db.scalars(select(Part).where(Part.status == "approved").order_by(Part.id))).first()
        assert part is not None
        sent = await db.get_one(Submission, part.submission_id)
        manifest = {**sent.manifest, **FOUND}
        await db.execute(update(Submission).where(Submission.id == sent.id).values(manifest=manifest))
        members = (await db.scalars(select(Member).where(Member.department_id == part.department_id))).all()
        approver = next(one.name for one in members if one.post == "分管负责人")
        inspector = (await db.get_one(Member, sent.member_id)).name
        department = (await db.get_one(Department, part.department_id)).name
    return department, approver, inspector


async def test_a_finding_is_followed_up_on_the_console(office: Backstage, screens: Screens) -> None:
    """I8: the desk shows what a result asks about; the approver opens a rectification; it stands there with its day."""
    visits = await office.draw(2)
    await office.inspect(visits[:1])
    await office.approve()
    _, approver, inspector = await found_something(office)
    page = await sign_in(await screens.desk(), approver, "/followups")
    await expect(page.get_by_role("heading", name="待确定后续处理")).to_be_visible()
    await shoot(page, "followups-asked", 1440, 1024)
    await page.get_by_role("button", name="责令整改").click()
    dialog = page.get_by_role("dialog")
    await dialog.locator(".el-form-item", has_text="责任人").locator(".el-select").click()
    await page.get_by_role("option", name=inspector, exact=True).click()
    await shoot(page, "followups-new", 1440)
    await dialog.get_by_role("button", name="提出").click()
    await expect(page.get_by_text("责任人会收到通知")).to_be_visible()
    await expect(page.get_by_role("heading", name="待确定后续处理")).to_have_count(0)
    await page.get_by_role("button", name="查看").click()
    await expect(page.get_by_role("button", name="复查合格")).to_be_visible()
    await page.wait_for_timeout(400)  # the drawer slides in
    await shoot(page, "followups-one", 1440, 1024)
    await page.get_by_placeholder("写明情况").fill("现场复查，灭火器已全部更换。")
    await page.get_by_role("button", name="复查合格").click()
    await expect(page.get_by_text("没有办理中的处理")).to_be_visible()
    await page.get_by_text("已办结", exact=True).click()
    await expect(page.get_by_text("复查合格")).to_be_visible()
    await assert_fits(page)
    async with office.demo.parts.database.read() as db:
        assert [one.outcome for one in await db.scalars(select(FollowUp))] == ["passed"]


async def test_a_result_is_corrected_with_ink_and_the_public_sees_both(
    office: Backstage, screens: Screens, tmp_path: Path
) -> None:
    """J1, J2, H6: asked by an inspector, signed by the head, seen on the public page by a citizen on his phone."""
    visits = await office.draw(2)
    await office.inspect(visits[:1])
    await office.approve()
    department, head, inspector = await found_something(office)
    await office.publish()
    async with office.demo.parts.database.write() as db:
        where = (Member.post == "分管负责人", Department.name == department)
        member = await db.scalar(select(Member).join(Department, Department.id == Member.department_id).where(*where))
        assert member is not None
        member.post = "主要负责人"
        number = await db.scalar(select(Publication.number).where(Publication.department_id == member.department_id))
    paper = tmp_path / "paper.pdf"
    paper.write_bytes(b"%PDF-1.7 made up")
    page = await sign_in(await screens.desk(), inspector, "/corrections")
    await page.get_by_text("公示更正", exact=True).first.click()
    await page.get_by_role("button", name="申请更正").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("公示编号").fill(str(number))
    await dialog.get_by_role("button", name="查找").click()
    await dialog.get_by_label("事项 1").fill(RENAMED)
    await dialog.locator(".el-form-item", has_text="检查日期").locator("input").fill("2026-11-20")
    await dialog.locator(".el-form-item", has_text="检查日期").locator("input").press("Enter")
    await dialog.locator(".el-form-item", has_text="更正情形").locator(".el-select").click()
    await page.get_by_role("option", name="录入有误").click()
    await dialog.get_by_placeholder("仅内部可见").fill("日期录错一天")
    await dialog.locator("input[type=file]").set_input_files(paper)
    await shoot(page, "corrections-ask", 1440)
    await dialog.get_by_role("button", name="提交").click()
    await expect(page.get_by_text("等待主要负责人签字")).to_be_visible()
    desk = await sign_in(await screens.desk(), head, "/corrections")
    await expect(desk.get_by_text(RENAMED)).to_be_visible()  # the head sees what he signs
    await desk.get_by_role("button", name="签字…").click()
    box = await desk.get_by_label("签名").bounding_box()
    assert box is not None
    await desk.mouse.move(box["x"] + 40, box["y"] + 120)
    await desk.mouse.down()
    for x, y in ((120, 40), (200, 140), (300, 60), (420, 120)):
        await desk.mouse.move(box["x"] + x, box["y"] + y, steps=8)
    await desk.mouse.up()
    await shoot(desk, "corrections-sign", 1440)
    await desk.get_by_role("button", name="签字并更正").click()
    await expect(desk.get_by_text("现为第 2 版")).to_be_visible()
    await shoot(desk, "corrections", 1440, 1024)
    await _as_a_citizen(screens, str(number))


async def _as_a_citizen(screens: Screens, number: str) -> None:
    """Read the corrected result, the one before it, and every other public page on a phone."""
    citizen = await (await screens.phone()).new_page()
    await citizen.goto(f"/public/results/{quote(number)}")
    await expect(citizen.get_by_text("第 1 版（原公示）")).to_be_visible()
    await expect(citizen.get_by_text(RENAMED)).to_be_visible()
    for name, link in (("result", ""), ("old", "第 1 版（原公示）")):
        if link:
            await citizen.get_by_text(link).click()
        await assert_fits(citizen)
        await shoot(citizen, f"public-{name}", 390, 1440)
        await citizen.set_viewport_size(PHONE)
    for path in ("tasks", "handlings", "data"):
        await citizen.goto(f"/public/{path}")
        await assert_fits(citizen)
        await shoot(citizen, f"public-{path}", 390, 1440)
        await citizen.set_viewport_size(PHONE)
    await citizen.goto("/public")
    await citizen.locator(".card").first.click()
    await citizen.locator("dd a").first.click()
    await shoot(citizen, "public-enterprise", 390, 1440)


async def test_a_visit_and_its_task_are_filed_on_the_console(
    office: Backstage, screens: Screens, tmp_path: Path
) -> None:
    """L1, L2, D11: one press each; the task's is made in the background; both downloads pass `suicha verify`."""
    await office.inspect(await office.draw(1))
    await office.approve()
    await office.publish()
    page = await sign_in(await screens.desk(), "演示甲二", "/archives")
    await page.get_by_role("button", name="立卷").last.click()
    await expect(page.get_by_text("已立卷")).to_be_visible()
    await expect(page.get_by_role("button", name="重新立卷")).to_be_enabled()
    await page.get_by_role("button", name="立卷", exact=True).first.click()
    await expect(page.get_by_text("已开始在后台立卷")).to_be_visible()
    await shoot(page, "archives-making", 1280)
    await expect(page.locator("a", has_text=".zip")).to_have_count(2)
    await shoot(page, "archives", 1280, 390)
    for number, name in enumerate(("task", "visit")):
        async with page.expect_download() as download:
            await page.locator("a", has_text=".zip").nth(number).click()
        path = tmp_path / f"{name}.zip"
        await (await download.value).save_as(path)
        assert verify_archive.check(path).findings == []
        if SHOTS:
            shutil.copy(path, SHOTS)
