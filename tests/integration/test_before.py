"""What an inspector finds before a visit: the target's file of all departments, and his own last answers."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest_asyncio
from sqlalchemy import select

from models.clues import Clue
from models.database import Database
from models.libraries import Licence
from models.people import Inspector
from models.tasks import Part, TaskItem, Visit, VisitMember
from services.field import visits
from tests.builders import visit_row
from tests.conftest import Clock
from tests.integration.visits_play import Play, house_of


@pytest_asyncio.fixture
async def play(database: Database, clock: Clock, tmp_path: Path) -> Play:
    found = await Play(database, house_of(tmp_path / "blobs"), clock).begin()
    await found.accept()
    return found


async def next_visit(play: Play, who: str) -> str:
    """Another task draws the same target, with the same item, for this inspector."""
    scene, actor = play.scene, play.scene.actors[who]
    async with play.database.write() as db:
        visit = await visit_row(db, actor.department_id)
        visit.target_id, visit.status = scene.target.id, "accepted"
        old = await db.get_one(TaskItem, scene.items["lead"].id)
        same = {name: getattr(old, name) for name in ("item_id", "department_id", "name", "basis", "form")}
        db.add(TaskItem(task_id=visit.task_id, **same))
        inspector = await db.scalar(_inspector(actor.member_id))
        common = {"visit_id": visit.id, "department_id": actor.department_id}
        db.add(VisitMember(inspector_id=inspector, member_id=actor.member_id, leads=True, **common))
        db.add(Part(**common))
        await db.flush()
        return visit.id


def _inspector(member_id: str) -> Any:
    return select(Inspector.id).where(Inspector.member_id == member_id)


async def test_the_last_answers_stand_beside_the_questions_and_answer_nothing(play: Play) -> None:
    """G5: shown with visit and day; another department's answers are not; nothing is answered by them."""
    await play.submit("lead-1")
    await play.submit("partner-1")
    later = await next_visit(play, "lead-1")
    async with play.act("lead-1") as act:
        found = await visits.visit_detail(act, later)
        first = await visits.visit_detail(act, play.scene.visit.id)
    earlier = found.items[0]["earlier"]
    assert earlier["visit_number"] == play.scene.visit.number
    assert earlier["answers"]["licence"] == {"value": "yes", "comment": ""}
    assert first.items[0]["earlier"] is None
    async with play.database.read() as db:
        visit = await db.get_one(Visit, later)
        assert visit.status == "accepted"


async def test_the_file_holds_licences_clues_and_where_it_is(play: Play) -> None:
    """G1: 预查比对 over all departments; whoever complained, and what he wrote, is not in it."""
    target, department = play.scene.target, play.scene.parts["partner"].department_id
    async with play.database.write() as db:
        row = await db.get_one(type(target), target.id)
        row.address = "演示路 74 号"
        db.add(Licence(target_id=target.id, name="食品经营许可证", number="演0001", expires_on=date(2026, 1, 1)))
        db.add(
            Clue(
                number="线索〔2026〕1号",
                source="complaint",
                source_no="1",
                received_on=date(2026, 2, 1),
                department_id=department,
                target_id=target.id,
                matter="食品过期",
                content="演示赵六来电",
                entered_by="x",
                entered_at=play.clock(),
            )
        )
    async with play.act("lead-1") as act:
        found = (await visits.visit_detail(act, play.scene.visit.id)).file
    assert [one["number"] for one in found["licences"]] == ["演0001"]
    assert [(one["matter"], one["source"]) for one in found["clues"]] == [("食品过期", "投诉举报")]
    assert "演示赵六" not in str(found)
    assert found["open"] == []
    assert found["map_url"].startswith("https://uri.amap.com/search?keyword=")
