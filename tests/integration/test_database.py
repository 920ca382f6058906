"""The unit of work keeps its word on both databases."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import DBAPIError

from inspection.errors import ConflictError
from models.database import Database
from models.people import AuditEntry, Department
from models.store.states import advance, insert_ignore, next_number
from models.tasks import Part
from tests.builders import visit_row


async def test_hundred_writers_lose_no_number(database: Database) -> None:
    """D2: numbers of an office have no gaps, however many ask at once."""

    async def take() -> int:
        async with database.write() as db:
            return await next_number(db, "draw/2026")

    assert sorted(await asyncio.gather(*(take() for _ in range(40)))) == list(range(1, 41))


async def test_a_rolled_back_number_is_given_again(database: Database) -> None:
    """A draw that failed to be written leaves no gap."""
    with pytest.raises(RuntimeError):
        async with database.write() as db:
            assert await next_number(db, "draw/2026") == 1
            raise RuntimeError
    async with database.write() as db:
        assert await next_number(db, "draw/2026") == 1


async def test_a_reader_cannot_write(database: Database) -> None:
    """Nothing is drawn, sent or published by a GET: the database itself refuses."""
    async with database.read() as db:
        db.add(Department(code="x", name="x"))
        with pytest.raises(DBAPIError):
            await db.flush()


async def test_times_come_back_aware_and_names_are_unreadable_on_disk(database: Database) -> None:
    """M1: what stands in a personal column is ciphertext; L2: times are instants."""
    at = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    async with database.write() as db:
        db.add(AuditEntry(at=at, member_id="m", department_id="d", act="a", subject="s"))
    async with database.read() as db:
        entry = (await db.execute(AuditEntry.__table__.select())).one()
    assert entry.at == at
    assert entry.at.tzinfo is not None


async def test_of_many_who_advance_one_row_one_gets_through(database: Database) -> None:
    """2.3.4: a state change is `UPDATE ... WHERE status = :from`."""
    async with database.write() as db:
        department = Department(code="a", name="甲")
        db.add(department)
        await db.flush()
        assert await insert_ignore(db, Department, id="b" * 32, code="b", name="乙", aliases=[], is_office=False)
        assert not await insert_ignore(db, Department, id="c" * 32, code="b", name="丙", aliases=[], is_office=False)
    won: list[bool] = []

    async def attempt(part_id: str) -> None:
        async with database.write() as db:
            part = await db.get(Part, part_id)
            assert part is not None
            try:
                await advance(db, part, "approved", come_from={"submitted"}, what="本部门检查结果")
            except ConflictError:
                won.append(False)
            else:
                won.append(True)

    part_id = await _a_submitted_part(database, department.id)
    await asyncio.gather(*(attempt(part_id) for _ in range(12)))
    assert won.count(True) == 1


async def _a_submitted_part(database: Database, department_id: str) -> str:
    async with database.write() as db:
        visit = await visit_row(db, department_id)
        part = Part(visit_id=visit.id, department_id=department_id, status="submitted")
        db.add(part)
        await db.flush()
        return part.id


async def test_an_error_for_the_log_brings_no_values_with_it(database: Database) -> None:
    """M1: logs never hold personal data, so an error of the database never quotes what was to be written."""
    row = {"id": "1" * 32, "code": "told-to-nobody", "name": "told-to-nobody", "aliases": [], "is_office": False}
    async with database.write() as db:
        await db.execute(Department.__table__.insert().values(**row))
    with pytest.raises(DBAPIError) as refused:
        async with database.write() as db:
            await db.execute(Department.__table__.insert().values(**{**row, "name": "another", "code": "another"}))
    assert "another" not in str(refused.value)
