"""The database's shape, brought to the newest step; every step also goes back.

migrate -> one write transaction -> alembic (migrations/versions) -> head
models changed: python -m app.migrate "what changed" -> the next file in migrations/versions, to be read before commit
"""

from __future__ import annotations

import asyncio
import sys
import tempfile

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from app.ground import REPOSITORY
from models.database import Database, run_sync_reshape, run_sync_write

HEAD = "head"


def alembic_config(connection: Connection | None = None) -> Config:
    """Give alembic's configuration; with a connection, its commands work inside that connection's transaction."""
    config = Config()
    config.set_main_option("script_location", str(REPOSITORY / "migrations"))
    config.attributes["connection"] = connection
    return config


async def migrate(database: Database, to: str = HEAD) -> None:
    """Bring the tables to `to` (a later revision or `head`), all of it or nothing; done twice is harmless."""
    await run_sync_reshape(database, lambda connection: command.upgrade(alembic_config(connection), to))


async def migrate_back(database: Database, to: str) -> None:
    """Take the tables back to an earlier revision, or `base` for none at all."""
    await run_sync_reshape(database, lambda connection: command.downgrade(alembic_config(connection), to))


async def write_revision(message: str) -> None:
    """Write the next revision from what the models say beyond all revisions so far; for developers."""
    number = len(list(ScriptDirectory.from_config(alembic_config()).walk_revisions())) + 1

    def compare(connection: Connection) -> None:
        command.revision(alembic_config(connection), message, autogenerate=True, rev_id=f"{number:04d}")

    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite+aiosqlite:///{folder}/empty.db")
        await migrate(database)
        await run_sync_write(database, compare)
        await database.close()


if __name__ == "__main__":
    asyncio.run(write_revision(sys.argv[1]))
