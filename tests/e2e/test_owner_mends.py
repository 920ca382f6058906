"""An enterprise mends what was found, on its phone; who was not reached is called; what enterprises think is shown."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from models.followups import FollowUp, FollowUpPhoto
from models.owners import NoticeRecord, Rating
from models.people import Department, Member
from models.results import PhoneCall
from models.tasks import Part, Visit
from tests.api.chat_play import jpeg
from tests.e2e.backstage import Backstage
from tests.e2e.screens import Screens, assert_fits
from tests.e2e.test_day_in_the_chat import enter_mini_program
from tests.e2e.test_results import found_something, sign_in

pytestmark = [pytest.mark.hard, pytest.mark.timeout(300)]  # a minute: not among CI's browser tests
SHOTS = os.environ.get("SUICHA_SHOTS")


async def shoot(page: Page, name: str) -> None:
    """Keep a picture for somebody who looks at it (SUICHA_SHOTS names the folder)."""
    if SHOTS:
        await page.wait_for_timeout(500)
        await page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


async def asked_to_mend(office: Backstage) -> tuple[str, str]:
    """Let a department order a rectification; gives its id and its visit's notice code."""
    department, _, inspector = await found_something(office)
    async with office.demo.parts.database.read() as db:
        (own,) = await db.scalars(select(Department.id).where(Department.name == department))
        part = await db.scalar(
            select(Part).where(Part.department_id == own, Part.status == "approved").order_by(Part.id)
        )
        members = list(await db.scalars(select(Member).where(Member.department_id == own)))
        approver = next(one.userid for one in members if one.post == "分管负责人")
        responsible = next(one.userid for one in members if one.name == inspector)
        assert part is not None
        code = await db.scalar(select(Visit.notice_code).where(Visit.id == part.visit_id))
        part_id = part.id
    order = {
        "part_id": part_id,
        "kind": "rectification",
        "demand": "更换布草间过期的灭火器，并建立每月检查记录。",
        "responsible": responsible,
    }
    made = await office.cast.person(approver).post("/api/console/followups", order)
    return made["id"], str(code)


async def test_an_enterprise_mends_on_its_phone(office: Backstage, screens: Screens) -> None:
    """I8, F1: what, by when, photos, the answer; not yet right, so again; and how it ended, all at 390 pixels."""
    visits = await office.draw(1)
    await office.inspect(visits)
    await office.approve()
    followup_id, code = await asked_to_mend(office)
    mini = await enter_mini_program(await (await screens.desk()).new_page(), office)
    await mini.get_by_label("通知编码").fill(code)
    await mini.get_by_role("button", name="绑定").click()
    await expect(mini.get_by_role("heading", name="整改")).to_be_visible()
    await assert_fits(mini)
    await shoot(mini, "owner-home-mend")
    await mini.locator("a.line", has_text="灭火器").click()
    button = mini.get_by_role("button", name="报送整改")
    await expect(button).to_be_disabled()
    await mini.get_by_label("整改情况").fill("已更换两具灭火器，并从本月起逐月登记。")
    await expect(button).to_be_disabled()
    photos = [{"name": f"{n}.jpg", "mimeType": "image/jpeg", "buffer": jpeg(40 + 60 * n)} for n in range(3)]
    await mini.get_by_label("照片").set_input_files(photos)
    await expect(mini.get_by_alt_text("整改照片")).to_have_count(3)
    await shoot(mini, "owner-mend")
    await button.click()
    await expect(mini.get_by_text("已报送，检查部门会来复查")).to_be_visible()
    await expect(mini.get_by_label("照片")).to_have_count(0)
    await assert_fits(mini)
    async with office.demo.parts.database.read() as db:
        row = await db.get_one(FollowUp, followup_id)
        looks = await db.scalar(select(Member.userid).where(Member.id == row.responsible_id))
        assert len(list(await db.scalars(select(FollowUpPhoto.id)))) == 3
    desk = office.cast.person(str(looks))
    again = {"passed": False, "note": "东侧楼道还有一具过期，请一并更换。"}
    await desk.post(f"/api/console/followups/{followup_id}/recheck", again)
    await mini.reload()
    await expect(mini.get_by_text("复查未通过")).to_be_visible()
    await expect(mini.get_by_text("东侧楼道还有一具过期")).to_be_visible()
    await mini.get_by_label("照片").set_input_files(
        [{"name": "x.heic", "mimeType": "image/jpeg", "buffer": b"not a picture"}]
    )
    await expect(mini.get_by_role("alert")).to_be_visible()
    await expect(mini.get_by_alt_text("整改照片")).to_have_count(3)
    await mini.get_by_label("整改情况").fill("东侧一具也已更换。")
    await button.click()
    await expect(mini.get_by_text("已报送，检查部门会来复查")).to_be_visible()
    await desk.post(f"/api/console/followups/{followup_id}/recheck", {"passed": True, "note": "现场查看，均已更换。"})
    await mini.reload()
    await expect(mini.get_by_text("复查合格").first).to_be_visible()
    await assert_fits(mini)
    await shoot(mini, "owner-mended")


async def test_who_was_not_reached_is_called_and_what_enterprises_think_is_seen(
    office: Backstage, screens: Screens
) -> None:
    """F1, issue 5: a held notice becomes a call; looked up, noted, on record; ratings by department, nobody's name."""
    (visit,) = await office.draw(1)
    parts = office.demo.parts
    parts.clock.move_to(parts.clock() + timedelta(hours=25))  # type: ignore[attr-defined]
    await parts.remind()
    page = await sign_in(await screens.desk(), "演示甲一", "/calls")
    line = page.locator("tr", has_text=visit.target_name)
    await expect(line.get_by_text("企业还没有人绑定微信")).to_be_visible()
    await shoot(page, "console-calls")
    await line.get_by_role("button", name="拨打").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_text("接听人")).to_be_visible()
    await dialog.locator(".el-form-item", has_text="接听人").locator("input").fill("店长")
    await shoot(page, "console-calling")
    await dialog.get_by_role("button", name="登记").click()
    await expect(page.get_by_text("这一条办结")).to_be_visible()
    await expect(line.get_by_text("店长 接听")).to_be_visible()
    async with parts.database.write() as db:
        assert list(await db.scalars(select(PhoneCall.status).where(PhoneCall.subject == f"visit:{visit.id}"))) == [
            "done"
        ]
        assert list(await db.scalars(select(NoticeRecord.way).where(NoticeRecord.visit_id == visit.id))) == ["phone"]
        for place, department in enumerate(
            (await db.scalars(select(Department.id).order_by(Department.name))).all()[:3]
        ):
            for number in range((7, 3, 5)[place]):
                token = f"{department}{number}".ljust(60, "0")
                said = {
                    "comment": "检查人员讲得清楚，没有影响营业。" if number % 3 == 0 else None,
                    "stars": 5 - number % 2,
                }
                db.add(Rating(token=token[:64], department_id=department, month=date(2026, 11, 1), **said))
    await page.goto("/console/ratings")
    await expect(page.get_by_text("不足 5 份，暂不显示")).to_be_visible()
    await page.locator(".el-table__expand-icon").first.click()
    await shoot(page, "console-ratings")
    await assert_fits(page)
