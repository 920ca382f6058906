"""Nothing but the destroyer removes a stored file, and it knows every column that names one (L1)."""

from __future__ import annotations

import ast
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import String

from models.schema import Base
from models.store import blob_references

ROOT = Path(__file__).parents[2]
FOLDERS = ("app", "bot", "handlers", "inspection", "models", "scheduler", "services")
# Columns of 64 hex digits, or lists of such, that name no stored file.
NO_FILES = {
    "chat_items.digest": "of the evidence it became, which evidence.digest names",
    "destruction_files.digest": "the register itself",
    "draws.fingerprint": "of announcement.json, which draws.files names",
    "import_reports.file_digest": "of a file that is not kept",
    "inbox.digest": "of a callback",
    "item_versions.source_digest": "of cells",
    "items.digest": "of cells",
    "plan_entries.digest": "of cells",
    "plan_merge_refusals.digest": "of the ids of entries",
    "plan_revisions.digest": "of values",
    "province_records.digest": "of a message",
    "replacements.evidence": "words",
    "site_papers.digest": "of the words in the row",
    "summary_signatures.signature": "of the visit's own evidence, which evidence.digest names",
    "summary_signatures.summary_digest": "of the words that are signed",
    "target_swaps.evidence": "words",
    "targets.digest": "of cells",
    "visit_events.digest": "of the event",
    "visits.summary_digest": "of the words that are signed",
}
DIGITS = 64
MARKS = ("digest", "photo", "signature", "snapshot", "attachment", "fingerprint", "files", "evidence", "blob")


def columns_that_may_name_files() -> set[str]:
    """Every column that could hold a digest, by its length or its name."""
    return {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if any(mark in column.name for mark in MARKS)
        and column.type.python_type not in {int, date}
        and (not isinstance(column.type, String) or column.type.length == DIGITS)
    }


def test_every_column_that_names_a_file_is_asked_before_one_is_removed() -> None:
    """L1: whoever adds a column with a digest says here that it names no stored file, or the destroyer asks it."""
    pairs = [*blob_references.columns(datetime.now(UTC)), *blob_references.lists()]
    asked = {f"{column.class_.__tablename__}.{column.key}" for column, _ in pairs}
    assert columns_that_may_name_files() - NO_FILES.keys() - asked == set()
    assert asked & NO_FILES.keys() == set()
    assert NO_FILES.keys() <= columns_that_may_name_files()


def naming(word: str) -> set[str]:
    """The modules of the product in which a word stands."""
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    return {str(path.relative_to(ROOT)) for path in paths if word in path.read_text("utf-8")}


def test_only_the_destroyer_is_handed_the_eraser() -> None:
    """L1, reliability test 13: nobody else knows of it, by import or otherwise."""
    assert naming("Eraser") == {"models/erasing.py", "app/ground.py", "services/results/destroyer.py"}
    assert naming("open_eraser") == {"app/ground.py", "app/house.py"}


def test_the_stores_themselves_cannot_remove_what_they_keep() -> None:
    """Reliability test 13: in the folder's store only its own temporary file goes; in the bucket's nothing does."""
    removing = {"unlink", "remove", "rmdir", "rmtree", "rename", "replace", "delete", "delete_async", "rename_async"}
    calls = {
        name: [
            node.func.attr
            for node in ast.walk(ast.parse((ROOT / name).read_text("utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in removing
        ]
        for name in ("models/blobs.py", "models/bucket.py")
    }
    assert calls == {"models/blobs.py": ["unlink"], "models/bucket.py": []}
