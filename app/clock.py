"""The time: the machine's, or in the demo office one that may be moved, and stays moved over a restart."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path


def system_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


class DemoClock:
    """A clock that runs as the machine's does, plus what it was moved by; it never goes back."""

    def __init__(self, keep_in: Path) -> None:
        """`keep_in` is the file that remembers the offset."""
        self._file = keep_in
        stored = json.loads(keep_in.read_text("utf-8")) if keep_in.exists() else {"seconds": 0}
        self._offset = timedelta(seconds=stored["seconds"])

    def __call__(self) -> datetime:
        """The demo's now."""
        return system_clock() + self._offset

    def move_to(self, then: datetime) -> None:
        """Move forward to `then`; a time that has passed already changes nothing."""
        ahead = then - self()
        if ahead > timedelta(0):
            self._offset += ahead
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_text(json.dumps({"seconds": self._offset.total_seconds()}), "utf-8")
