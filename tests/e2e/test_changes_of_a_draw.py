"""What changes after a draw, pressed: a member or a target replaced, an inspector recused, a draw voided."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from app import verify
from app.tour.story import VisitPlan
from models.people import Grant, Member
from tests.e2e.backstage import Backstage
from tests.e2e.screens import Screens, assert_fits
from tests.e2e.test_console import FIRST, sign_in
from tests.e2e.test_day_in_the_chat import enter_mini_program
from tests.e2e.test_kinds_of_draw import choose, drawn
from tests.e2e.test_sandbox_page import open_chat

pytestmark = [pytest.mark.hard, pytest.mark.timeout(300)]  # twenty seconds: not among CI's browser tests
FIRST_ID, SECOND_ID = "office02", "office01"  # the first is FIRST
WHY = "该时段另有专项行动，附单位证明"
SHOTS = os.environ.get("SUICHA_SHOTS")


async def shoot(page: Page, name: str) -> None:
    """Keep a picture for somebody who looks at it (SUICHA_SHOTS names the folder)."""
    if SHOTS:
        await page.wait_for_timeout(600)
        await page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


async def bundle(office: Backstage) -> dict[str, bytes]:
    """The files of the bundle as the console hands it out; the checker finds nothing in it."""
    found = await office.story.desk.look(f"/api/console/draws/{office.story.draw_number}/bundle")
    with zipfile.ZipFile(io.BytesIO(found)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert verify.check(files).findings == []
    return files


async def head_over(office: Backstage, userid: str) -> str:
    """Who approves for a member's department, and is not he."""
    async with office.demo.parts.database.read() as db:
        own = select(Member.department_id).where(Member.userid == userid).scalar_subquery()
        query = select(Member.userid).join(Grant, Grant.member_id == Member.id)
        found = await db.scalars(
            query.where(Member.department_id == own, Grant.role == "approver", Member.userid != userid)
        )
        return str(found.first())


async def ask(desk: Page, button: str, row: VisitPlan, reason: str) -> None:
    """Ask from the drawn list, with a listed reason and words."""
    line = desk.get_by_role("row", name=row.target_name)
    await line.hover()
    await line.get_by_role("button", name=button).first.click()
    await choose(desk, "理由", reason)
    await desk.get_by_label("说明和依据").fill(WHY)
    await desk.get_by_role("button", name="提交申请").click()
    await expect(desk.get_by_text("已提交，等待批准。")).to_be_visible()


async def press(page: Page, office: Backstage, userid: str, title: str, button: str, word: str) -> None:
    """Press a card's button on this member's phone; it becomes a word."""
    await open_chat(page, office, userid)
    card = page.locator(".tcard", has_text=title)
    await card.get_by_role("button", name=button, exact=True).click()
    await expect(card.get_by_role("button", name=word)).to_be_disabled()


async def test_a_member_and_a_target_are_replaced_from_the_chat(office: Backstage, screens: Screens) -> None:
    """D4, E1-E5: asked on the console, approved on the card; all told, result as drawn, record grown."""
    visits = await office.draw(4)
    first, last = visits[0], visits[-1]
    before = await bundle(office)
    desk = await sign_in(await screens.desk(), FIRST)
    await desk.goto(f"/console/tasks/{office.story.task_id}")
    leaving = await office.member_name(first.leader)
    await ask(desk, f"申请更换{leaving}", first, "工作冲突")
    chat = await (await screens.desk()).new_page()
    await press(
        chat, office, await head_over(office, first.leader), "有检查人员申请更换，请审批", "批准更换", "已批准更换"
    )
    await shoot(chat, "changes-approver")
    await ask(desk, "更换对象", last, "检查对象已迁出本辖区")
    await press(chat, office, SECOND_ID, "申请更换检查对象，请您决定", "同意更换", "已同意")
    await shoot(chat, "changes-second")
    for userid, words in (
        (first.leader, "您不再参加这次检查"),
        (next(one for one in first.members if one != first.leader), "检查组人员已更换"),
        (last.leader, "检查对象已更换，原任务撤回"),
        (FIRST_ID, "申请更换检查对象：已同意"),
    ):
        await open_chat(chat, office, userid)
        await expect(chat.get_by_text(words).last).to_be_visible()
    after = await bundle(office)
    kinds = [json.loads(line)["kind"] for line in after["record.jsonl"].splitlines()]
    assert kinds == ["replaced", "target"]
    assert after["result.json"] == before["result.json"]
    await desk.reload()
    await expect(desk.get_by_role("row", name=last.target_name)).to_have_count(0)
    await expect(desk.get_by_role("row", name=first.target_name)).not_to_contain_text(leaving)
    await desk.get_by_role("link", name="回避与更换").click()
    await expect(desk.get_by_role("row", name=leaving)).to_contain_text("已审批")
    await shoot(desk, "changes-console")
    await assert_fits(desk)


async def test_a_draw_is_voided_from_the_chat_and_stays_published(office: Backstage, screens: Screens) -> None:
    """D4, D10, F3: one asks with a listed reason, another presses his card; the old draw is public beside the new."""
    visits = await office.draw(2)
    before, number = await bundle(office), office.story.draw_number
    desk = await sign_in(await screens.desk(), FIRST)
    await desk.goto(f"/console/tasks/{office.story.task_id}")
    await desk.get_by_role("button", name="申请作废…").click()
    await choose(desk, "理由", "任务范围、比例或参加部门有误")
    await desk.get_by_label("说明和依据").fill(WHY)
    await desk.get_by_role("button", name="提交申请").click()
    await expect(desk.get_by_text("等待另一位协调员决定。", exact=True)).to_be_visible()
    chat = await (await screens.desk()).new_page()
    await open_chat(chat, office, FIRST_ID)
    await expect(chat.get_by_text("申请作废抽取，请您决定")).to_have_count(0)  # nobody decides what he asked for
    await press(chat, office, SECOND_ID, "申请作废抽取，请您决定", "同意作废", "已同意作废")
    await expect(chat.locator(".tcard", has_text="任务范围、比例或参加部门有误")).to_be_visible()
    await shoot(chat, "void-second")
    for userid, words in (
        (FIRST_ID, "申请作废抽取：已同意"),
        (visits[0].leader, "抽取已作废，原任务撤回"),
    ):
        await open_chat(chat, office, userid)
        await expect(chat.get_by_text(words).last).to_be_visible()
        await expect(chat.get_by_text(WHY)).to_have_count(0)

    assert await bundle(office) == before
    again = (await drawn(office, office.story.task_id))["draw"]["number"]
    public = await (await screens.phone()).new_page()
    await public.goto("/public/draws")
    for one in (number, again):
        await expect(public.get_by_text(one, exact=True)).to_be_visible()
    await expect(public.get_by_text("已作废")).to_have_count(1)
    await shoot(public, "void-list")
    await public.get_by_text(number, exact=True).click()
    await expect(public.get_by_role("heading", name="本次抽取已作废")).to_be_visible()
    await expect(public.get_by_text("任务范围、比例或参加部门有误")).to_be_visible()
    await expect(public.get_by_text(WHY)).to_have_count(0)
    await assert_fits(public)
    await shoot(public, "void-public")
    for file in ("announcement.json", "seed.json"):
        assert (await office.cast.public.page(f"/public/draws/{number}/{file}")).encode() == before[file]


async def test_an_enterprise_proves_why_somebody_should_stay_away(
    office: Backstage, screens: Screens, tmp_path: Path
) -> None:
    """E5, M1: asked with a paper on the enterprise's phone; the head reads it and grants it; the office cannot."""
    (visit,) = await office.draw(1)
    code = (await office.cast.person(visit.leader).get(f"/api/phone/visits/{visit.id}"))["notice_code"]
    mini = await enter_mini_program(await (await screens.desk()).new_page(), office)
    await mini.get_by_label("通知编码").fill(code)
    await mini.get_by_role("button", name="绑定").click()
    await mini.locator("a.line").first.click()
    leader = await office.member_name(visit.leader)
    await mini.get_by_role("button", name=f"申请{leader}回避").click()
    await mini.get_by_label("理由").select_option(label="与我单位负责人或竞争对手有亲属关系")
    await mini.get_by_label("情况和依据").fill("与我单位负责人系表兄弟")
    paper = {"name": "户口簿.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 made up"}
    await mini.get_by_label("证明材料").set_input_files(paper)
    await shoot(mini, "recusal-asking")
    await mini.get_by_role("button", name="提交回避申请").click()
    await expect(mini.get_by_text("附材料 1 份")).to_be_visible()
    await shoot(mini, "recusal-asked")
    await assert_fits(mini)
    desk = await sign_in(await screens.desk(), FIRST)
    await desk.get_by_role("link", name="回避与更换").click()
    await desk.get_by_role("tab", name="企业申请回避").click()
    await expect(desk.get_by_role("row", name=leader)).to_contain_text("系表兄弟")
    await expect(desk.get_by_role("link", name="证明材料")).to_have_count(0)
    head = await sign_in(await screens.desk(), await office.member_name(await head_over(office, visit.leader)))
    await head.get_by_role("link", name="回避与更换").click()
    await head.get_by_role("tab", name="企业申请回避").click()
    async with head.expect_download() as coming:
        await head.get_by_role("link", name="证明材料 1").click()
    await (await coming.value).save_as(tmp_path / "paper.pdf")
    assert (tmp_path / "paper.pdf").read_bytes() == paper["buffer"]
    await shoot(head, "recusal-deciding")
    await head.get_by_role("button", name="同意…").click()
    await head.get_by_role("button", name="同意回避", exact=True).click()
    await expect(head.get_by_role("row", name=leader)).to_contain_text("已同意")
    await mini.reload()
    await expect(mini.get_by_text(f"申请{leader}回避：已同意")).to_be_visible()
