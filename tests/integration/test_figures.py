"""The figures of a period, on both databases (K1, K2, K3, K5, K7)."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import openpyxl
import pytest
import pytest_asyncio

from inspection.errors import InvalidInputError
from models.database import Database
from models.registers import Target
from models.tasks import Draw
from services.results import figures, publications
from tests.conftest import Clock
from tests.integration.visits_play import Play, house_of

MARCH = (date(2026, 3, 1), date(2026, 3, 31))


@pytest_asyncio.fixture
async def play(database: Database, clock: Clock, tmp_path: Path) -> Play:
    return await Play(database, house_of(tmp_path / "blobs"), clock).begin()


async def drawn(play: Play) -> None:
    """The play's task was drawn, and its target has a class, a trade and a region."""
    async with play.act("coordinator") as act:
        task = play.scene.task
        act.db.add(
            Draw(
                number="JB-1", task_id=task.id, department_id=task.department_id, status="drawn",
                frozen_at=play.clock(), fingerprint="0" * 64, secret="00", master="00",
            )
        )  # fmt: skip
        target = await act.db.get_one(Target, play.scene.target.id)
        target.credit_class, target.trade, target.region_code = "C", "H6210", "379999"
        for number in range(9):
            act.db.add(Target(code=f"91379999MA1{number:07d}", name="演示", digest="0" * 64, credit_class="C"))


async def found(play: Play) -> dict:
    async with play.act("coordinator") as act:
        return await figures.figures(act, *MARCH)


async def test_departments_are_counted_and_what_was_entered_late_is_not_done(play: Play) -> None:
    """K1, K2, K3: due, public, in time, finished by department; the late one is public and yet not done."""
    before = {one["department"]: one for one in (await found(play))["departments"]}
    assert [(one["due"], one["open"], one["rate"]) for one in before.values()] == [(1, 1, 0.0)] * 2
    await play.confirmed()
    await play.approve("lead")
    async with play.act("coordinator") as act:
        await publications.publish_task(act, play.scene.task.id)
    await play.approve("partner")
    play.clock.advance(days=40)
    late = {one["department"]: one for one in (await found(play))["departments"]}["演示区卫生健康局"]
    assert (late["public"], late["overdue"]) == (0, 1)
    async with play.act("coordinator") as act:
        await publications.publish_task(act, play.scene.task.id)
    rows = {one["department"]: one for one in (await found(play))["departments"]}
    good, late = rows["演示区市场监督管理局"], rows["演示区卫生健康局"]
    assert (good["public"], good["in_time"], good["rate"], good["finished_rate"]) == (1, 1, 1.0, 1.0)
    assert (late["public"], late["in_time"], late["rate"], late["overdue"]) == (1, 0, 0.0, 0)
    async with play.act("coordinator") as act:
        assert (await figures.figures(act, date(2025, 1, 1), date(2025, 2, 1)))["departments"][0]["due"] == 0
        with pytest.raises(InvalidInputError):
            await figures.figures(act, date(2025, 1, 1), date(2026, 12, 1))


async def test_rates_have_intervals_and_speak_of_drawn_results_alone(play: Play) -> None:
    """K5, K7: joint share, coverage, rates by group; a check without a draw says nothing of the whole."""
    await play.accept()
    await play.submit(
        "lead-1", await play.filled("lead-1", results=["corrected"], measures=["order"], result_detail="灭火器过期")
    )
    await play.submit("partner-1")
    await play.confirm()
    for code in ("lead", "partner"):
        await play.approve(code)
    async with play.act("coordinator") as act:
        await publications.publish_task(act, play.scene.task.id)
    assert (await found(play))["groups"] == {by: [] for by in ("section", "trade", "region", "class", "item")}
    await drawn(play)
    now = await found(play)
    assert (now["joint"]["share"], now["coverage"]["inspected"]) == (1.0, 2)
    [row] = now["groups"]["class"]
    assert (row["key"], row["seen"], row["hits"], row["share"]) == ("C", 1, 1, 1.0)
    assert (round(row["low"], 4), row["high"]) == (0.2065, 1.0)  # one visit, whose two results are no two samples
    assert {row["hot"], row["risen"], row["fallen"]} == {False}  # one visit is no hot spot
    assert [(one["key"], one["code"]) for one in now["groups"]["trade"]] == [("H62 餐饮业", "H62")]
    assert [(one["key"], one["code"]) for one in now["groups"]["section"]] == [("H 住宿和餐饮业", "H")]
    assert {one["key"]: one["hits"] for one in now["groups"]["item"]} == {
        "演示区市场监督管理局事项": 1,
        "演示区卫生健康局事项": 0,
    }
    assert (now["estimate"]["population"], now["estimate"]["seen"], now["estimate"]["share"]) == (10, 1, 1.0)
    async with play.act("coordinator") as act:
        sheet = openpyxl.load_workbook(io.BytesIO(await figures.workbook(act, *MARCH, "groups"))).active
        assert ("信用风险分类", "C", "1", "1", "100.00%") in [row[:5] for row in sheet.iter_rows(values_only=True)]
        with pytest.raises(InvalidInputError):
            await figures.workbook(act, *MARCH, "x")
