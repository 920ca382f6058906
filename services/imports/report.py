"""What one file did, counted while it is compared with what is there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from inspection.tables import Rejected
from models.reading import SHOWN
from services.imports.rejects import RejectsFile

REJECTED_SHOWN = 1_000  # in a report; the counts go on, and the file of rejects has them


class Outcome(Enum):
    """What became of a row."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


def _no_examples() -> dict[str, list[dict[str, Any]]]:
    return {"added": [], "changed": [], "vanished": []}


@dataclass(kw_only=True, slots=True)
class Tally:
    """The running count of an import; `file` takes the rejected rows as they stood."""

    read: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    vanished: int = 0  # of the same list, no longer in the file; never deleted
    rejected_count: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    departments_added: list[str] = field(default_factory=list)
    examples: dict[str, list[dict[str, Any]]] = field(default_factory=_no_examples)
    file: RejectsFile | None = None

    def count(self, outcome: Outcome) -> None:
        """Count a row that went in."""
        self.read += 1
        setattr(self, outcome.value, getattr(self, outcome.value) + 1)

    def show(self, sort: str, code: str, name: str, fields: Iterable[tuple[str, object, object]] | None = None) -> None:
        """Name a row of this sort among the examples, with (field, before, after) of what changes; some only."""
        if len(self.examples[sort]) >= SHOWN:
            return
        entry: dict[str, Any] = {"code": code, "name": name}
        if fields is not None:
            entry["fields"] = [{"field": one, "before": _cell(old), "after": _cell(new)} for one, old, new in fields]
        self.examples[sort].append(entry)

    def reject(self, rejected: Rejected) -> None:
        """Count a row that stays out, and keep why; beyond REJECTED_SHOWN the file alone keeps it."""
        self.read += 1
        self.rejected_count += 1
        if len(self.rejected) < REJECTED_SHOWN:
            self.rejected.append(rejected)
        if self.file is not None:
            self.file.add(rejected)

    def reject_all(self, rejected: Iterable[Rejected]) -> None:
        """Count many rows that stay out."""
        for one in rejected:
            self.reject(one)

    def as_data(self) -> dict[str, Any]:
        """The counts and reasons as JSON data, without the rows themselves (they may hold personal data)."""
        return {
            "read": self.read,
            "added": self.added,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "vanished": self.vanished,
            "rejected_count": self.rejected_count,
            "rejected": [
                {"row": one.row, "field": one.field, "value": one.value, "reason": one.reason} for one in self.rejected
            ],
            "rejects_file": self.file.rows if self.file is not None else 0,
            "departments_added": self.departments_added,
            "examples": self.examples,
        }


def _cell(value: object) -> str:
    if isinstance(value, dict):
        return str(value.get("raw", ""))
    return "、".join(map(str, value)) if isinstance(value, list | tuple) else str(value or "")[:200]


def digest_of(values: dict[str, Any]) -> str:
    """SHA-256 of imported fields in one canonical form: a second import compares this alone."""
    data = json.dumps(values, ensure_ascii=False, sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.sha256(data.encode()).hexdigest()
