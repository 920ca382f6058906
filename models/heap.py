"""Memory that a large piece of work has let go, back to the system.

glibc keeps what is freed for the next one who asks. After a million rows that is a hundred megabytes and more (pages of
SQLite's cache, pieces on their way), held beside the next reader until the server stops.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any


@cache
def _trim() -> Any:
    """Glibc's own way; None under another C library, which has its own ways."""
    return getattr(ctypes.CDLL(None), "malloc_trim", None)


def give_back() -> None:
    """Return freed pages to the system, where the C library can (blocking; run in a thread)."""
    if (trim := _trim()) is not None:
        trim(0)
