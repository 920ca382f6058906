"""Migrations: what they build is what the models say, on both databases, and every step goes back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from app.migrate import alembic_config, migrate, migrate_back
from models.base import here_only
from models.database import Database, run_sync_write
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
    return compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names()) - {"alembic_version"}


async def test_all_steps_build_what_the_models_say(empty: Database) -> None:
    """House rule (tests/migration): models = migrations, on SQLite and on PostgreSQL."""
    await migrate(empty)
    assert await look(empty, differences) == []
    assert await look(empty, tables) == set(Base.metadata.tables)


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
