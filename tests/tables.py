"""Empty databases with all tables, on SQLite a copy of one file, for its tables take longer than a test."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import create_engine

from models.schema import Base


def make_tables(url: str) -> None:
    """Make all tables, by a driver that does not need a loop."""
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    engine.dispose()


def new_sqlite(path: Path) -> str:
    """Make a file with all tables and not a row; gives its address."""
    shutil.copy(Path(_model().name) / "empty.db", path)
    return f"sqlite+aiosqlite:///{path}"


@cache
def _model() -> tempfile.TemporaryDirectory[str]:
    """The folder of the file that is copied; it goes with the process."""
    folder = tempfile.TemporaryDirectory()
    make_tables(f"sqlite:///{folder.name}/empty.db")
    return folder
