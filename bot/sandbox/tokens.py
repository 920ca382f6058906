"""Access tokens: one current token by the clock, older ones remembered so that "expired" and "never existed" differ.

fetch -> the same token until it ends | check -> fine, 41001 missing, 40014 unknown, 42001 ended
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.sandbox.errors import RefusedError

LIFETIME = timedelta(seconds=7200)
MISSING = 41001
UNKNOWN = 40014
EXPIRED = 42001


class TokenDesk:
    """Gives out and checks the tokens of one app. `renew_before`: a fetch this long before the end brings a new one."""

    def __init__(self, now: Callable[[], datetime], *, renew_before: timedelta = timedelta(0)) -> None:
        self._now = now
        self._renew_before = renew_before
        self._ends: dict[str, datetime] = {}
        self._current = ""

    def fetch(self) -> tuple[str, int]:
        """Return the current token and the seconds it still has; makes one if there is none."""
        if not self._current or self._now() >= self._ends[self._current] - self._renew_before:
            self._current = secrets.token_urlsafe(160)
            self._ends[self._current] = self._now() + LIFETIME
        return self._current, int((self._ends[self._current] - self._now()).total_seconds())

    def check(self, token: str) -> None:
        """Refuse a missing, unknown or ended token."""
        if not token:
            raise RefusedError(MISSING, "access_token missing")
        ends = self._ends.get(token)
        if ends is None:
            raise RefusedError(UNKNOWN, "invalid access_token")
        if self._now() >= ends:
            raise RefusedError(EXPIRED, "access_token expired")

    def rotate(self) -> None:
        """End the current token at once: the next fetch brings another."""
        if self._current:
            self._ends[self._current] = self._now()
        self._current = ""
