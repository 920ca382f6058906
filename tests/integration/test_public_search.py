"""The public search over many results, on both databases (H5, H6): what is found, in which order, on which page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from models.database import Database
from models.grams import grams
from models.people import Department
from models.results import Publication
from models.store import public_search
from models.tasks import Part, Visit
from tests.builders import NOW, visit_row

NAMES = [f"演示{'晨光' if one % 20 == 0 else '山河'}{'餐饮' if one < 30 else '食品'}有限公司" for one in range(100)]


async def published(database: Database, names: Sequence[str]) -> None:
    """Results of these targets, each published a minute after the one before."""
    async with database.write() as db:
        department = Department(code="lead", name="演示部门")
        db.add(department)
        await db.flush()
        first = await visit_row(db, department.id)
        for number, name in enumerate(names):
            visit = Visit(
                task_id=first.task_id, department_id=department.id, position=number, notice_code=f"N{number}",
                target_id=first.target_id, number=f"V{number}",
            )  # fmt: skip
            if number:
                visit.target_id = (await visit_row(db, department.id)).target_id
                db.add(visit)
                await db.flush()
            visit_id = visit.id if number else first.id
            part = Part(visit_id=visit_id, department_id=department.id)
            db.add(part)
            await db.flush()
            db.add(
                Publication(
                    number=f"演示〔2026〕1号-{number:04d}-lead", part_id=part.id, visit_id=visit_id,
                    department_id=department.id, target_code=f"91379999MA{number:08d}", target_name=name,
                    body={"number": number}, published_at=NOW + timedelta(minutes=number), grams=grams(name),
                )
            )  # fmt: skip


def expected(words: str) -> list[int]:
    return [one for one in reversed(range(len(NAMES))) if words in NAMES[one]]


async def test_frequent_and_rare_words_give_the_newest_of_all_on_every_page(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """H5: whichever index finds them: among the newest, altogether few, or many but none of them new."""
    monkeypatch.setattr(public_search, "WINDOW", 15)
    monkeypatch.setattr(public_search, "COUNTED", 25)
    await published(database, NAMES)
    async with database.read() as db:
        for words in ("有限公司", "食品", "晨光", "餐饮", "光餐", "", "河", "查无此名", "%", "_"):
            wanted = expected(words)
            for page in (1, 2, 3):
                total, rows = await public_search.search(db, words, page, 10)
                assert total == min(len(wanted), 26), words
                shown = [row["number"] for row in rows]
                assert shown == wanted[: min(26, len(wanted))][(page - 1) * 10 : page * 10], (words, page)


async def test_a_code_or_a_number_finds_its_own(database: Database) -> None:
    """H5: exact, whatever the case; a name with a hyphen is still found by its words."""
    await published(database, ["演示一有限公司", "Demo-2 有限公司"])
    async with database.read() as db:
        for words, wanted in (
            ("91379999ma00000001", [1]),
            ("演示〔2026〕1号-0000-lead", [0]),
            ("demo-2", [1]),
            ("演示〔2026〕1号-0009-lead", []),
        ):
            total, rows = await public_search.search(db, words, 1, 20)
            assert (total, [row["number"] for row in rows]) == (len(wanted), wanted)
