"""An SMS gateway's memory: what it was given, under which key, and whom it knows by a signature. Pure."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field
from typing import Any

BUSY, NO_NUMBER, WRONG_SECRET = 1, 2, 3
NUMBER = re.compile(r"1[3-9]\d{9}|0\d{9,11}")


@dataclass(kw_only=True, slots=True)
class Gateway:
    """What was sent: key -> message, in order. `busy`: how many requests are yet answered "busy"."""

    secret: str = field(repr=False)
    sent: dict[str, dict[str, str]] = field(default_factory=dict)
    busy: int = 0

    def take(self, body: bytes, signature: str) -> int:
        """Take one request; returns the code of the answer."""
        wanted = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(wanted, signature):
            return WRONG_SECRET
        if self.busy:
            self.busy -= 1
            return BUSY
        data: dict[str, Any] = json.loads(body)
        if not NUMBER.fullmatch(str(data["to"])):
            return NO_NUMBER
        self.sent.setdefault(str(data["key"]), {name: str(data[name]) for name in ("to", "text", "sign")})
        return 0
