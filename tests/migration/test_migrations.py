"""Migrations: what they build is what the models say, on both databases, and every step goes back."""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, Column, Connection, MetaData, func, inspect, select, text
from sqlalchemy.exc import IntegrityError

from app.migrate import alembic_config, migrate, migrate_back
from models.base import here_only
from models.database import Database, run_sync_reshape, run_sync_write
from models.schema import Base

REVISIONS = [step.revision for step in ScriptDirectory.from_config(alembic_config()).walk_revisions()]


@pytest_asyncio.fixture(params=["sqlite", "postgres"])
async def empty(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A database without a single table; on PostgreSQL one of this test's own."""
    if request.param == "sqlite":
        found = Database(f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}")
    else:
        found = Database(request.getfixturevalue("empty_postgres_url"))
    yield found
    await found.close()


async def look(database: Database, at: object) -> object:
    found: list[object] = []
    await run_sync_write(database, lambda connection: found.append(at(connection)))
    return found[0]


def differences(connection: Connection) -> list[object]:
    here = here_only(connection.dialect.name)
    options = {"compare_type": True, "compare_server_default": True, "include_object": here}
    with warnings.catch_warnings():
        # PostgreSQL tells generated columns in its own words, which alembic does not know again: `generated` does.
        warnings.filterwarnings("ignore", "Computed default on .* cannot be modified")
        return compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)


def generated(connection: Connection) -> dict[str, object]:
    """What the database itself works out, in its own words."""
    look_at = inspect(connection)
    return {
        f"{table}.{column['name']}": column["computed"]
        for table in look_at.get_table_names()
        for column in look_at.get_columns(table)
        if "computed" in column
    }


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names()) - {"alembic_version"}


async def test_all_steps_build_what_the_models_say(empty: Database) -> None:
    """House rule (tests/migration): models = migrations, on SQLite and on PostgreSQL."""
    await migrate(empty)
    assert await look(empty, differences) == []
    assert await look(empty, tables) == set(Base.metadata.tables)
    migrated = await look(empty, generated)
    assert migrated.keys() == {"targets.facts"}
    await run_sync_write(empty, Base.metadata.drop_all)
    await run_sync_write(empty, Base.metadata.create_all)
    assert await look(empty, generated) == migrated


async def test_migrating_twice_changes_nothing(empty: Database) -> None:
    """A second start finds its tables and their rows as they were."""
    await migrate(empty)
    async with empty.write() as db:
        await db.execute(Base.metadata.tables["counters"].insert().values(name="kept", value=7))
    await migrate(empty)
    async with empty.read() as db:
        assert (await db.execute(Base.metadata.tables["counters"].select())).all() == [("kept", 7)]


async def test_every_step_goes_back_and_forth(empty: Database) -> None:
    """House rule (tests/migration): every step up and down; at the bottom no table of ours is left."""
    for revision in reversed(REVISIONS):
        await migrate(empty, revision)
    for revision in [*REVISIONS[1:], "base"]:
        await migrate_back(empty, revision)
    assert await look(empty, tables) == set()
    await migrate(empty)
    assert await look(empty, differences) == []


async def test_a_failing_step_leaves_nothing_behind(empty: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it or nothing: an upgrade that breaks leaves the database as it was."""
    monkeypatch.setattr("alembic.operations.Operations.batch_alter_table", lambda *_args, **_kw: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        await migrate(empty)
    assert await look(empty, tables) == set()


def fill(connection: Connection) -> None:
    """Put one made-up row into every table there is, each referring to the others where it can."""
    found = MetaData()
    found.reflect(connection)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA ignore_check_constraints=ON")
    for table in found.sorted_tables:
        if table.name != "alembic_version":
            connection.execute(table.insert().values({one.name: made_up(one) for one in table.columns}))


def made_up(column: Column[Any]) -> Any:
    kinds = {
        date: date(2026, 3, 2),
        datetime: datetime(2026, 3, 2, tzinfo=UTC),
        int: 1,
        float: 1.0,
        bytes: b"x",
        bool: True,
    }
    if column.foreign_keys and column.nullable:
        return None
    if isinstance(column.type, JSON):
        return {}
    return kinds.get(column.type.python_type, "x")


def rows(connection: Connection) -> dict[str, int]:
    found = MetaData()
    found.reflect(connection)
    return {one.name: connection.scalar(select(func.count()).select_from(one)) or 0 for one in found.sorted_tables}


def lose(connection: Connection) -> None:
    connection.execute(text("DELETE FROM departments"))


async def test_a_filled_database_takes_the_newest_steps_and_goes_back(tmp_path: Path) -> None:
    """House rule (tests/migration): no row is lost on SQLite, where a table is changed by being copied and dropped.

    Foreign keys sleep meanwhile: a step that leaves a row astray is undone, and afterwards they watch as ever.
    """
    database, before = Database(f"sqlite+aiosqlite:///{tmp_path / 'filled.db'}"), REVISIONS[2]
    await migrate(database, before)
    await run_sync_write(database, fill)
    filled = await look(database, rows)
    await migrate(database)
    now = await look(database, rows)
    assert isinstance(filled, dict)
    assert isinstance(now, dict)
    assert {name: now.get(name) for name in filled} == filled
    assert set(filled.values()) == {1}
    with pytest.raises(RuntimeError, match="refers to nothing in departments"):
        await run_sync_reshape(database, lose)
    with pytest.raises(IntegrityError):
        await run_sync_write(database, lose)
    await migrate_back(database, before)
    assert await look(database, rows) == filled
    await database.close()
