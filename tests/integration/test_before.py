"""What an inspector finds before a visit: the target's file of all departments, and his own last answers."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
from sqlalchemy import select

from inspection.coordinates import Position, distance_m
from models.clues import Clue
from models.database import Database
from models.libraries import Licence
from models.people import Inspector
from models.tasks import Part, TaskItem, Visit, VisitMember
from services.field import evidence, visits
from services.field.evidence import Upload
from services.field.photos import Stamp
from tests.builders import visit_row
from tests.conftest import Clock
from tests.integration.visits_play import Play, house_of, photo_bytes


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


@pytest.mark.parametrize(
    ("latitude", "longitude", "shifted"),
    [
        (39.9075, 116.397222, True),  # 天安门
        (31.2397, 121.4998, True),  # 东方明珠
        (23.1066, 113.3245, True),  # 广州塔
        (29.6578, 91.1171, True),  # 布达拉宫
        (35.6586, 139.7454, False),  # Tokyo
        (48.8584, 2.2945, False),  # Paris
    ],
)
async def test_the_map_shows_where_the_photo_was_taken(
    play: Play, latitude: float, longitude: float, *, shifted: bool
) -> None:
    """G1, G10: measured in WGS-84 and kept so; the map's marker stands where a Chinese map (GCJ-02) has the place."""
    place, data = Position(latitude=latitude, longitude=longitude), photo_bytes("placed")
    upload = Upload(visit_id=play.scene.visit.id, digest=hashlib.sha256(data).hexdigest(), kind="photo", place=place)
    async with play.act("lead-1") as act:
        stamp = await evidence.expect(act, upload)
        assert isinstance(stamp, Stamp)
    developed = await evidence.develop(play.house, upload, data, stamp)
    async with play.act("lead-1") as act:
        await evidence.keep(act, upload, developed)
    async with play.act("lead-1") as act:
        found = await visits.visit_detail(act, play.scene.visit.id)
    [kept] = [one.place for one in found.evidence if one.kind == "photo"]
    assert (kept["lat"], kept["lon"]) == (latitude, longitude)
    url = urlsplit(found.file["map_url"])
    asked = {name: value for name, [value] in parse_qs(url.query).items()}
    assert (url.path, asked["coordinate"], asked["name"]) == ("/marker", "gaode", play.scene.target.name)
    east, north = (float(one) for one in asked["position"].split(","))
    metres = distance_m(place, Position(latitude=north, longitude=east))
    assert 100 < metres < 700 if shifted else metres < 1
