"""A provincial platform's memory: the records it took, by key, and whom it knows by a signature. Pure."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any

OK, BUSY, BAD_RECORD, WRONG_SECRET, OTHER_CONTENT = range(5)
NEEDED = ("number", "task_code", "task_name", "department", "target_code", "target_name", "published_on", "details")


@dataclass(kw_only=True, slots=True)
class Platform:
    """What the platform holds: key -> record, in the order of the keys."""

    secret: str = field(repr=False)
    records: dict[str, dict[str, Any]] = field(default_factory=dict)

    def knows(self, asked: bytes, signed: str) -> bool:
        """Tell whether a request was signed by us."""
        return hmac.compare_digest(hmac.new(self.secret.encode(), asked, hashlib.sha256).hexdigest(), signed)

    def take(self, key: str, body: bytes) -> dict[str, Any]:
        """Take a record; the same again is answered as before, another under its key refused."""
        digest = hashlib.sha256(body).hexdigest()
        known = self.records.get(key)
        if known is not None:
            same = known["digest"] == digest
            return {"code": OK, **told(known)} if same else {"code": OTHER_CONTENT, "why": "同一编号已有不同内容"}
        record: dict[str, Any] = json.loads(body)
        missing = [name for name in NEEDED if not record.get(name)]
        if missing:
            return {"code": BAD_RECORD, "why": f"缺少字段：{'、'.join(missing)}"}
        receipt = f"SP{len(self.records) + 1:08d}"
        self.records[key] = {"key": key, "digest": digest, "receipt": receipt, "record": record}
        return {"code": OK, **told(self.records[key])}


def told(known: dict[str, Any]) -> dict[str, Any]:
    """What the platform says of a record that it has."""
    return {name: known[name] for name in ("key", "digest", "receipt")}
