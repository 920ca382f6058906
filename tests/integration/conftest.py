"""The sample office, once on SQLite and once on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest_asyncio

from models.database import Database
from tests.conftest import Clock
from tests.office import Office, house_of


@pytest_asyncio.fixture
async def office(database: Database, clock: Clock, tmp_path: Path) -> Office:
    return await Office(database=database, house=house_of(tmp_path / "blobs"), clock=clock).open()
