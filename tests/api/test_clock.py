"""The clock's doors over real HTTP: board, days, pauses, the card's button, bulletin, forecast, private calendars."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from inspection.actors import SYSTEM
from models.clock import DigestLine, FeedLink
from models.people import Department, Member
from models.results import Deadline
from models.store import snoozes
from models.tasks import VisitMember
from tests.api.conftest import LIAISON, Building, answer, ok
from tests.office import COORDINATOR, Office

BOARD = "/api/console/clock"


async def drawn(house: Building) -> Office:
    await house.office.drawn()
    return house.office


async def leader_of(office: Office) -> str:
    """An inspector who leads a visit."""
    async with office.act(SYSTEM) as act:
        query = select(Member.userid).join(VisitMember, VisitMember.member_id == Member.id).where(VisitMember.leads)
        return str(await act.db.scalar(query.limit(1)))


async def test_the_board_shows_what_is_due_and_the_ladders(house: Building) -> None:
    """K1, K4: every department with its counts, the rows with their next reminder, every kind with its ladder."""
    await drawn(house)
    await house.parts.remind()
    browser = await house.as_member(COORDINATOR)
    seen = await ok(browser, "GET", f"{BOARD}/board")
    assert sum(row["open"] for row in seen["departments"]) == len(seen["rows"]) > 0
    assert seen["clock"]["term"] == 1
    assert not seen["clock"]["stale"]
    kinds = (await ok(browser, "GET", f"{BOARD}/kinds"))["rows"]
    [publish] = [row for row in kinds if row["kind"] == "publish"]
    assert (publish["days"], publish["steps"]) == (20, [7, 3, 1])
    assert publish["ladder"][-1] == "联席会议办公室（逾期 1 个工作日起）"


async def test_a_day_of_the_offices_own_is_entered_and_taken_back(house: Building) -> None:
    """H2: by the console's door, audited; an approver may look and not touch."""
    browser = await house.as_member(COORDINATOR)
    body = {"day": "2026-06-01", "working": False, "reason": "演示民族节日"}
    assert (await ok(browser, "POST", f"{BOARD}/calendar/days", json=body))["days"][0]["day"] == "2026-06-01"
    approver = await house.as_member("market13")
    assert not (await ok(approver, "GET", f"{BOARD}/calendar"))["can_edit"]
    status, _ = await answer(approver, "POST", f"{BOARD}/calendar/days", json=body)
    assert status == 403
    body["working"] = None
    assert (await ok(browser, "POST", f"{BOARD}/calendar/days", json=body))["days"] == []
    years = await ok(browser, "POST", f"{BOARD}/calendar/years", json={"year": 2027, "known": True})
    assert years["own_years"] == [2027]


async def test_a_pause_and_its_end(house: Building) -> None:
    """K2: recorded with its reason; the board shows it."""
    await drawn(house)
    browser = await house.as_member(COORDINATOR)
    row = next(one for one in (await ok(browser, "GET", f"{BOARD}/board"))["rows"] if one["can_pause"])
    path = f"{BOARD}/deadlines/{row['id']}"
    await ok(
        browser,
        "POST",
        f"{path}/pause",
        json={"reason": "target-closed", "note": "装修停业，现场告示照片一张", "basis": "演示办法第三条"},
    )
    [held] = [one for one in (await ok(browser, "GET", f"{BOARD}/board"))["rows"] if one["paused"]]
    assert (held["id"], held["paused"]["reason_text"], held["next_on"]) == (row["id"], "检查对象暂停经营", None)
    assert (await ok(browser, "POST", f"{path}/resume", json={}))["due_on"] == row["due_on"]
    status, _ = await answer(browser, "POST", f"{path}/resume", json={})
    assert status == 409


async def test_the_card_puts_off_and_settles(house: Building) -> None:
    """Issue 6: the digest's button over the real callback's path: what can wait comes again next working morning."""
    office = await drawn(house)
    leader = await leader_of(office)
    async with office.act(SYSTEM) as act:
        row = await act.db.scalar(select(Deadline).where(Deadline.kind == "inspect"))
        assert row is not None
        line: dict[str, Any] = {"userid": leader, "deadline_id": row.id, "stage": "-7", "late": False}
        await snoozes.keep_lines(act.db, date(2026, 3, 2), [line])
    browser = await house.as_member(leader)
    assert (await ok(browser, "POST", f"/api/clock/deadlines/{row.id}/snooze", json={}))["until"] == "2026-03-03"
    other = await house.as_member(LIAISON)
    status, _ = await answer(other, "POST", f"/api/clock/deadlines/{row.id}/snooze", json={})
    assert status == 404
    assert await office.count(DigestLine) == 1


async def test_the_bulletin_is_a_page_to_print(house: Building) -> None:
    """S2 art. 25, K1: every department with its rank, as JSON and as a page without a script."""
    await drawn(house)
    browser = await house.as_member(COORDINATOR)
    seen = await ok(browser, "GET", f"{BOARD}/bulletin?day=2026-03-04")
    assert len(seen["rows"]) == await house.office.count(Department)
    status, page = await answer(browser, "GET", "/print/bulletin?day=2026-03-04")
    text = page.decode()
    assert status == 200
    assert "期限办理情况通报" in text
    assert "<script" not in text
    assert all(row["department"] in text for row in seen["rows"])
    status, _ = await answer(browser, "GET", f"{BOARD}/bulletin?day=soon")
    assert 400 <= status < 500


async def test_the_forecast_names_the_weeks_that_will_break(house: Building) -> None:
    """C1, C2: a plan that one man a week cannot do is seen before the draw."""
    browser = await house.as_member(COORDINATOR)
    seen = await ok(browser, "GET", f"{BOARD}/forecast?year=2026")
    assert len(seen["entries"]) == 7
    assert {one["department"] for one in seen["departments"]} >= {"市场监督管理局"}
    for one in seen["departments"]:
        assert 52 <= len(one["weeks"]) <= 54
        assert all(week["breaks"] == (week["load"] > 3 * week["working_days"] / 5) for week in one["weeks"])
    sized = [one for one in seen["entries"] if one["visits"]]
    assert sum(week["visits"] for one in seen["departments"] for week in one["weeks"]) == pytest.approx(
        sum(one["visits"] * 2 * (1 + len(one["partners"])) for one in sized), abs=60
    )


async def test_a_task_shows_the_weeks_that_will_break_before_its_draw(house: Building) -> None:
    """C1, R4: on the task's own page, with what the plan puts into its weeks beside it; gone after it."""
    task_id = await house.office.task()
    browser = await house.as_member(COORDINATOR)
    path = f"{BOARD}/tasks/{task_id}/load"
    none, few, many = [(await ok(browser, "GET", f"{path}?visits={count}"))["departments"] for count in (0, 5, 5_000)]
    assert [one["department"] for one in few] == [one["department"] for one in many]
    assert len(few) == 3
    for bare, light, heavy in zip(none, few, many, strict=True):
        assert [week["monday"] for week in light["weeks"]] == [week["monday"] for week in heavy["weeks"]]
        added = sum(week["visits"] for week in light["weeks"]) - sum(week["visits"] for week in bare["weeks"])
        assert added == pytest.approx(10, abs=0.1 * len(light["weeks"]))  # five visits by teams of two
        assert all(week["breaks"] for week in heavy["weeks"] if week["working_days"])
    inspector = await house.as_member("market01")
    assert (await answer(inspector, "GET", path))[0] == 403
    await house.office.drawn()
    tasks = (await ok(browser, "GET", "/api/console/tasks"))["rows"]
    drawn_id = next(one["id"] for one in tasks if one["status"] == "drawn")
    assert (await ok(browser, "GET", f"{BOARD}/tasks/{drawn_id}/load"))["departments"] == []


async def test_a_private_calendar_shows_visits_and_deadlines_until_it_is_revoked(each_house: Building) -> None:
    """Issue 6, RFC 5545: whole days, folded lines; the token is not kept; replaced, revoked or its maker gone: 404."""
    office = await drawn(each_house)
    leader = await leader_of(office)
    browser = await each_house.as_member(leader)
    url = (await ok(browser, "POST", "/api/clock/links", json={}))["url"]
    path = url.removeprefix(each_house.office.house.origin)
    nobody = each_house.browser()
    status, data = await answer(nobody, "GET", path)
    assert status == 200
    assert max(len(line) for line in data.split(b"\r\n")) <= 75
    text = re.sub(r"\r\n ", "", data.decode())
    assert text.startswith("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")
    assert text.endswith("END:VCALENDAR\r\n")
    assert text.count("BEGIN:VEVENT") == text.count("END:VEVENT") > 1
    assert "SUMMARY:检查：演示" in text
    assert "SUMMARY:截止：接受检查任务" in text
    async with office.act(SYSTEM) as act:
        assert path.rpartition("/")[2] not in {row.token_hash for row in await act.db.scalars(select(FeedLink))}
    again = (await ok(browser, "POST", "/api/clock/links", json={}))["url"]
    assert (await answer(nobody, "GET", path))[0] == 404
    path = again.removeprefix(each_house.office.house.origin)
    assert (await answer(nobody, "GET", path))[0] == 200
    assert (await ok(browser, "POST", "/api/clock/links/revoke", json={}))["revoked"]
    assert (await answer(nobody, "GET", path))[0] == 404
    assert (await answer(browser, "POST", "/api/clock/links", json={"department": True}))[0] == 403


async def test_a_leavers_calendar_is_dead(house: Building) -> None:
    """M1: whoever is no longer here sees nothing more through a link that he kept."""
    await drawn(house)
    browser = await house.as_member("market13")
    url = (await ok(browser, "POST", "/api/clock/links", json={"department": True}))["url"]
    path = url.removeprefix(house.office.house.origin)
    status, data = await answer(house.browser(), "GET", path)
    assert status == 200
    assert "X-WR-CALNAME:随查 · 市场监督管理局" in data.decode()
    await house.office.change(Member, Member.userid == "market13", active=False)
    assert (await answer(house.browser(), "GET", path))[0] == 404
