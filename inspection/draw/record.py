"""The record that grows after a draw while result.json stays (E1-E5): one line an act, each holding the one before.

result.json -> H -> line 1 {"previous": H, ...} -> H(line 1) -> line 2 ... ; the format is in docs/draw-record.md
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from inspection.draw.text import sha256_hex

RECORD = "record.jsonl"
REPLACED, LEFT, FILLED, APPOINTED, ENTRUSTED = "replaced", "left", "filled", "appointed", "entrusted"
TARGET = "target"


def record_lines(draw_id: str, result: bytes, entries: Iterable[Mapping[str, Any]]) -> bytes:
    """Write the record of a draw from its entries in the order in which they were approved.

    An entry has `kind`, `target`, `department`, `leaving`, `entering`, `way`, `reason`, `passed`, `approved_by`, `at`;
    of kind "target" also `members` and `absent`. Given the same entries and one more, the bytes before are a prefix.
    """
    before, lines = sha256_hex(result), []
    for number, entry in enumerate(entries, 1):
        whole = {"number": number, "draw_id": draw_id, "previous": before, **entry}
        line = json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"
        before = sha256_hex(line)
        lines.append(line)
    return b"".join(lines)
