"""Shared ground of all tests: both databases, keys, a clock that only the test moves."""

from __future__ import annotations

import gc
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio
import structlog
from sqlalchemy import delete, exists, literal, select, text, union_all

from app.demo import demo_settings
from models.base import KEYS
from models.database import Database
from models.schema import Base
from tests.tables import make_tables, new_sqlite

POSTGRES = os.environ.get("SUICHA_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
LEFT_OUT = "PostgreSQL does not answer at SUICHA_TEST_POSTGRES: its tests are LEFT OUT"


class Clock:
    """A clock that stands still until the test moves it."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture(autouse=True, scope="session")
def _keys() -> None:
    KEYS.load({"1": bytes(32)}, "1")


@pytest.fixture(autouse=True)
def _logs_go_where_they_went() -> Iterator[None]:
    """A test of the command line sets logs up for a stream that is closed after it."""
    yield
    structlog.reset_defaults()


def demo_config(folder: Path) -> Path:
    """Write a demo's configuration whose paths are all in this folder; gives its file."""
    demo_settings(folder, 8080, 8081)
    file = folder / "config.toml"
    text = file.read_text("utf-8").replace("enabled = true", f'enabled = true\nfolder = "{folder}"')
    storage = f'[storage]\ndatabase = "sqlite+aiosqlite:///{folder}/suicha.db"\nfiles = "{folder}/files"\n'
    file.write_text(text + storage, "utf-8")
    return file


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 3, 2, 1, 0, tzinfo=UTC))  # a Monday, 09:00 in China


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A database of this run's own, shared by its tests."""
    with own_postgres(f"suicha_test_{os.getpid()}") as url:
        yield url


@pytest.fixture
def empty_postgres_url() -> Iterator[str]:
    """A database of this test's own, without a table."""
    with own_postgres(f"suicha_empty_{os.getpid()}") as url:
        yield url


@contextmanager
def own_postgres(name: str) -> Iterator[str]:
    """Make a database and drop it at the end; left out loudly where no server answers, a failure in CI."""
    try:
        admin = psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError:
        if os.environ.get("CI"):
            pytest.fail(LEFT_OUT)
        pytest.skip(LEFT_OUT)
    with admin:
        admin.execute(f'CREATE DATABASE "{name}"')
    yield POSTGRES.rsplit("/", 1)[0].replace("postgresql://", "postgresql+psycopg://") + f"/{name}"
    with psycopg.connect(POSTGRES, autocommit=True) as admin:
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def postgres_tables(postgres_url: str) -> str:
    """The database of this run with all tables."""
    make_tables(postgres_url)
    return postgres_url


@pytest_asyncio.fixture(params=["sqlite", "postgres"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database with all tables, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        found = Database(new_sqlite(tmp_path / "test.db"))
    else:
        found = Database(request.getfixturevalue("postgres_tables"))
    yield found
    if not found.is_sqlite:
        await delete_all(found)
    await found.close()


async def delete_all(database: Database) -> None:
    """Delete every row. TRUNCATE makes some hundred new files, which a busy server's next checkpoint waits for."""
    tables = {table.name: table for table in Base.metadata.sorted_tables}
    filled = [select(literal(name)).where(exists(select(1).select_from(table))) for name, table in tables.items()]
    async with database.write() as db:
        await db.execute(text("SET LOCAL lock_timeout = '20s'"))  # a connection that a failed test left open
        await db.execute(text("SET LOCAL session_replication_role = replica"))  # no foreign key, no order
        for name in (await db.scalars(union_all(*filled))).all():
            await db.execute(delete(tables[name]))


def pytest_collection_finish() -> None:
    """Leave what all tests stand on out of the collector's rounds: an eighth of their time went into them."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly, at the very end, when half of the databases was not tested."""
    skipped = terminalreporter.stats.get("skipped", [])
    if any(LEFT_OUT in str(report.longrepr) for report in skipped):
        terminalreporter.write_line(LEFT_OUT, red=True, bold=True)
