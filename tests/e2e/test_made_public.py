"""A whole task made public, as a citizen, the enterprise and an auditor meet it; and the desk that sends it on (H-L).

Looked at in real Chromium at 390 and 1280 pixels: SUICHA_SHOTS names the folder that the pictures go to.
"""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.async_api import BrowserContext, Page, expect
from sqlalchemy import select

from app import verify
from models.people import Member
from models.registers import Target
from models.results import Publication
from models.tasks import Task, Visit
from tests.e2e.backstage import Backstage
from tests.e2e.screens import PHONE, Screens, assert_fits
from tests.e2e.test_day_in_the_chat import enter_mini_program
from tests.e2e.test_results import SHOTS, shoot, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.hard, pytest.mark.timeout(600)]
WIDTHS = (390, 1280)
PAPER = b"%PDF-1.7 made up"


async def whole_task(office: Backstage, count: int = 6) -> str:
    """Let a task be drawn, inspected, approved and made public; gives its number."""
    visits = await office.draw(count)
    await office.inspect(visits)
    await office.approve()
    await office.publish()
    async with office.demo.parts.database.read() as db:
        return str(await db.scalar(select(Task.number)))


async def opened(context: BrowserContext, path: str, name: str) -> Page:
    """A public page that answers, fits and runs no script."""
    page = await context.new_page()
    answer = await page.goto(path)
    assert answer is not None
    assert answer.ok, path
    await assert_fits(page)
    await expect(page.locator("script")).to_have_count(0)
    await shoot(page, name, *WIDTHS)
    return page


async def test_a_citizen_follows_a_result_to_everything_behind_it(office: Backstage, screens: Screens) -> None:
    """H5, H6, H8, Q2: from a name to result, enterprise, task, draw, plan and list; nobody's name."""
    number = await whole_task(office)
    phone = await screens.phone()
    page = await opened(phone, "/public", "citizen-search")
    await page.set_viewport_size(PHONE)
    target = office.story.visits[0].target_name
    await page.get_by_label("查询检查结果").fill(target)
    await page.get_by_role("button", name="查询").click()
    await expect(page.locator(".cards .card")).to_have_count(3)  # three departments went there together
    await page.locator(".cards .card").first.click()
    await expect(page.get_by_text("本次检查其他部门的结果")).to_be_visible()
    await shoot(page, "citizen-result", *WIDTHS)
    here = page.url
    for link, heading in ((target, target), ("2026", "检查结果"), ("YS-", "抽取记录")):
        await page.goto(here)
        await page.locator("dd a", has_text=link).first.click()
        await expect(page.get_by_role("heading", name=heading).first).to_be_visible()
        await assert_fits(page)
    people = [str(one) for one in await office._rows(select(Member.name), Member.active.is_(True))]
    for path in ("", "/tasks", f"/tasks/{quote(number)}", "/handlings", "/draws", "/plan", "/items", "/data"):
        page = await opened(phone, f"/public{path}", f"citizen{quote(path, safe='').replace('%', '')[:12]}")
        said = await page.locator("body").inner_text()
        assert not [one for one in people if one in said], path
        await page.close()


async def test_an_enterprise_reads_its_result_and_has_it_corrected(
    office: Backstage, screens: Screens, tmp_path: Path
) -> None:
    """H6, J1-J3, F1: the result on its phone, the public page behind it; the demo's own head signs the correction."""
    await whole_task(office, 2)
    visit = office.story.visits[0]
    mini = await enter_mini_program(await (await screens.desk()).new_page(), office)
    async with office.demo.parts.database.read() as db:
        code = await db.scalar(select(Visit.notice_code).where(Visit.id == visit.id))
        number = f"{visit.number}-market"
    await mini.get_by_label("通知编码").fill(str(code))
    await mini.get_by_role("button", name="绑定").click()
    await mini.locator("a.line", has_text=visit.target_name).first.click()
    await expect(mini.get_by_role("heading", name="检查结果（已公示）")).to_be_visible()
    await assert_fits(mini)
    await shoot(mini, "enterprise-visit", *WIDTHS)
    paper = tmp_path / "paper.pdf"
    paper.write_bytes(PAPER)
    page = await sign_in(await screens.desk(), await office.member_name("market01"), "/corrections")
    await page.get_by_role("button", name="申请更正").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("公示编号").fill(number)
    await dialog.get_by_role("button", name="查找").click()
    await dialog.locator(".el-form-item", has_text="检查对象").locator("input").fill(f"{visit.target_name}（更名）")
    await dialog.locator(".el-form-item", has_text="更正情形").locator(".el-select").click()
    await page.get_by_role("option", name="检查对象信息有误").click()
    await dialog.get_by_placeholder("仅内部可见").fill("企业已更名")
    await dialog.locator("input[type=file]").set_input_files(paper)
    await dialog.get_by_role("button", name="提交").click()
    await expect(page.get_by_text("等待主要负责人签字")).to_be_visible()
    desk = await sign_in(await screens.desk(), await office.member_name("market15"), "/corrections")
    await desk.get_by_role("button", name="签字…").click()
    box = await desk.get_by_label("签名").bounding_box()
    assert box is not None
    await desk.mouse.move(box["x"] + 40, box["y"] + 120)
    await desk.mouse.down()
    for x, y in ((120, 40), (200, 140), (300, 60), (420, 120)):
        await desk.mouse.move(box["x"] + x, box["y"] + y, steps=8)
    await desk.mouse.up()
    await desk.get_by_role("button", name="签字并更正").click()
    await expect(desk.get_by_text("现为第 2 版")).to_be_visible()
    await mini.set_viewport_size(PHONE)
    await mini.reload()
    await expect(mini.get_by_text("更正 ›")).to_be_visible()
    await shoot(mini, "enterprise-corrected", *WIDTHS)
    public = await opened(await screens.phone(), f"/public/results/{quote(number)}", "enterprise-public")
    await expect(public.get_by_text("第 1 版（原公示）")).to_be_visible()
    await public.get_by_text("第 1 版（原公示）").click()
    await expect(public.get_by_text("更名")).to_have_count(0)


async def test_an_auditor_recounts_what_is_public(office: Backstage, screens: Screens, tmp_path: Path) -> None:
    """K6, L2, H6, D11: open data against pages, counts against the task, the draw recomputed in his browser."""
    number = await whole_task(office, 3)
    desk = await screens.desk()
    page = await opened(desk, "/public/data", "auditor-data")
    async with page.expect_download() as download:
        await page.get_by_role("link", name="JSON").first.click()
    rows = json.loads(await _saved(download, tmp_path))["rows"]
    async with office.demo.parts.database.read() as db:
        known = {one.number: one.body for one in await db.scalars(select(Publication))}
    assert {row["number"] for row in rows} == set(known)
    assert len(known) == 9
    assert all(row["result_text"] == known[row["number"]]["result_text"] for row in rows)
    page = await opened(desk, f"/public/tasks/{quote(number)}", "auditor-task")
    await expect(page.locator(".cards .card")).to_have_count(9)
    draw = office.story.draw_number
    page = await opened(desk, f"/public/draws/{draw}", "auditor-draw")
    for link in ("冻结公告", "种子文件"):
        await expect(page.get_by_role("link", name=link)).to_be_visible()
    bundle = await office.cast.person("office03").look(f"/api/console/draws/{draw}/bundle")
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        assert verify.check({name: archive.read(name) for name in archive.namelist()}).findings == []
    checker = await desk.new_page()
    await checker.goto("/public/verify")
    payload = {"name": "bundle.zip", "mimeType": "application/zip", "buffer": bundle}
    await checker.set_input_files("#files", [payload])
    await expect(checker.locator("#outcome")).to_contain_text("通过")
    await shoot(checker, "auditor-verify", *WIDTHS)


async def _saved(download: object, folder: Path) -> str:
    path = folder / "download"
    await (await download.value).save_as(path)  # type: ignore[attr-defined]
    return path.read_text("utf-8-sig")


async def test_the_desk_sends_results_on_and_takes_lists_in(office: Backstage, screens: Screens) -> None:
    """T1, H5: what was published lies at the platform; compared, spoilt, compared again; each of its lists taken."""
    await whole_task(office, 2)
    page = await sign_in(await screens.desk(), await office.member_name("office01"), "/province")
    await expect(page.get_by_text("省平台已接收 6")).to_be_visible()
    await page.get_by_role("button", name="现在对账").click()
    await expect(page.get_by_text("对账完成，两边一致")).to_be_visible()
    records = (await office.cast.sandbox.get("/sandbox/api/province"))["records"]
    await office.cast.sandbox.post("/sandbox/api/province", {"forget": records[0]["key"]})
    await page.get_by_role("button", name="现在对账").click()
    await expect(page.get_by_text("省平台缺少 1 条，已重新上报")).to_be_visible()
    await shoot(page, "province", 1280)
    for word, added in (("检查对象", 6), ("执法人员", 2), ("抽查事项", 2), ("年度计划", 1)):
        await page.get_by_role("radiogroup", name="省平台名录").get_by_text(word).click()
        await page.get_by_role("button", name="从省平台试导入").click()
        await expect(page.get_by_text("没有写入任何数据")).to_be_visible()
        await page.get_by_role("button", name="确认导入").click()
        await expect(page.get_by_role("heading", name=f"导入报告：{word}")).to_be_visible()
        await shoot(page, f"province-{added}-{word}", 1280)
    await assert_fits(page)


async def test_clues_become_checks_and_a_plan_on_the_desk(office: Backstage, screens: Screens) -> None:
    """O1, O2: written down on the office's own day, checked by named people, six alike make a special plan."""
    today = date.fromisoformat((await office.story.desk.get("/api/me"))["now"][:10])
    async with office.demo.parts.database.write() as db:
        some = list(await db.scalars(select(Target).where(Target.region_code != "").order_by(Target.code).limit(7)))
        for one in some[:6]:
            one.region_code = "379911"
        codes = [one.code for one in some]
    page = await sign_in(await screens.desk(), await office.member_name("market13"), "/clues")
    await page.get_by_role("button", name="登记线索").click()
    dialog = page.get_by_role("dialog")
    received = dialog.locator(".el-form-item", has_text="收到日期").locator("input")
    await expect(received).to_have_value(today.isoformat())
    await dialog.get_by_placeholder("工单号、交办文号").fill("12315-1")
    await dialog.locator(".el-form-item", has_text="信用代码").locator("input").fill(codes[6])
    await dialog.locator(".el-form-item", has_text="责任部门").locator(".el-select").click()
    await page.get_by_role("option", name="市场监督管理局", exact=True).click()
    await dialog.get_by_placeholder("几个字，如：食品过期").fill("食品过期")
    await shoot(page, "clues-new", 1280)
    await dialog.get_by_role("button", name="登记", exact=True).click()
    await expect(page.get_by_text("待核查")).to_be_visible()
    choices = await office.cast.person("market13").get("/api/console/clues/choices")
    await page.get_by_role("button", name="立即核查").click()
    dialog = page.get_by_role("dialog", name="个案检查（不经抽取）")
    await dialog.locator(".el-form-item", has_text="检查人员").locator(".el-select").click()
    for one in choices["people"][:2]:
        await page.get_by_role("option", name=one["staff_no"]).click()
    await page.keyboard.press("Escape")
    await dialog.locator(".el-form-item", has_text="抽查事项").locator(".el-select").click()
    await page.get_by_role("option", name=choices["items"][0]["name"]).click()
    await page.keyboard.press("Escape")
    await shoot(page, "clues-check", 1280)
    await dialog.get_by_role("button", name="安排检查").click()
    await expect(page.get_by_text("已安排检查", exact=True)).to_be_visible()
    await _six_alike(page, codes[:6], today)


async def _six_alike(page: Page, codes: list[str], today: date) -> None:
    head = "线索来源,来源编号,收到日期,统一社会信用代码,责任部门,反映事项,具体内容"
    lines = [
        f"数据监测预警,J{at},{today - timedelta(days=at)},{code},市场监督管理局,虚假宣传,网页"
        for at, code in enumerate(codes)
    ]
    table = {"name": "signals.csv", "mimeType": "text/csv", "buffer": "\n".join([head, *lines]).encode()}
    await page.locator("input[type=file]").set_input_files(table)
    await expect(page.get_by_text("读取 6 行：新增 6 条")).to_be_visible()
    await expect(page.get_by_role("heading", name="共性问题")).to_be_visible()
    await shoot(page, "clues", 1280)
    await page.set_viewport_size({"width": 1280, "height": 800})
    await page.get_by_role("button", name="拟定专项计划").first.click()
    await page.get_by_role("dialog").get_by_role("button", name="拟定").click()
    await expect(page.get_by_text("虚假宣传专项检查").first).to_be_visible()
    await shoot(page, "clues-plan", 1280)


async def test_the_figures_are_seen_and_taken_out(office: Backstage, screens: Screens, tmp_path: Path) -> None:
    """K1, K3, K5, L3: charts on the page, the bulletin and the workbook; a list's papers for its filing."""
    async with office.demo.parts.database.write() as db:
        for place, one in enumerate(await db.scalars(select(Target))):
            one.trade, one.region_code = ("H6210", "F5212")[place % 2], ("379901", "379902")[place % 2]
    await whole_task(office, 8)
    page = await sign_in(await screens.desk(), await office.member_name("office01"), "/figures")
    await expect(page.get_by_role("img", name="按信用风险分类的问题率")).to_be_visible()
    for word in ("行业门类", "行业大类", "区域", "抽查事项"):
        await page.locator(".el-radio-button", has_text=word).click()
        await expect(page.get_by_role("img", name=f"按{word}的问题率")).to_be_visible()
    await shoot(page, "figures", 1280)
    await page.set_viewport_size({"width": 1280, "height": 800})
    for button, name, begins in (("通报（PDF）", "bulletin.pdf", b"%PDF"), ("全部导出", "figures.xlsx", b"PK")):
        async with page.expect_download() as download:
            await page.get_by_role("button", name=button).click()
        await (await download.value).save_as(tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(begins)
        keep(tmp_path / name)
    await page.goto("/console/lists")
    await page.get_by_role("link", name="部门联合抽查事项清单").first.click()
    async with page.expect_download() as download:
        await page.get_by_role("button", name="备案材料").click()
    await (await download.value).save_as(tmp_path / "filing.zip")
    with zipfile.ZipFile(tmp_path / "filing.zip") as archive:
        assert any(name.endswith("公开页面.html") for name in archive.namelist())
    await expect(page.get_by_text("备案材料已下载")).to_be_visible()
    await shoot(page, "filing", 1280)


def keep(path: Path) -> None:
    """Keep a file beside the pictures."""
    if SHOTS:
        shutil.copy(path, SHOTS)
