"""What several inspectors typed at one question: nothing is overwritten, and what differs is shown (issue 7, offline).

Each version names the versions over which it was typed. Whatever nobody typed over stands; when what stands differs,
the inspectors are asked to choose, and the choice is a version typed over all of them. No clock decides anything:
phones' clocks are wrong, and who was last is not who was right.

content -> version_id ;  versions -> standing -> in_conflict?
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """One answer as one inspector typed it, over which others, and when by his phone and by our clock."""

    id: str
    member_id: str
    content: Mapping[str, Any]  # of `content`
    over: tuple[str, ...] = ()
    typed_at: datetime | None = None
    received_at: datetime


def content(value: Any, comment: str = "", photos: Sequence[str] = ()) -> dict[str, Any]:
    """Write an answer as it is compared: without empty cells, spaces at the ends, an order of photos.

    A blank answer gives an empty mapping.
    """
    if isinstance(value, list | tuple):
        rows = [{key: _cell(cell) for key, cell in row.items() if _cell(cell) != ""} for row in value]
        said: Any = [row for row in rows if row]
    else:
        said = _cell(value)
    whole = {"value": said, "comment": comment.strip(), "photos": sorted(set(photos))}
    return {name: part for name, part in whole.items() if part not in ("", [])}


def version_id(where: Sequence[str], member_id: str, said: Mapping[str, Any], over: Iterable[str]) -> str:
    """Name a version by all it is: the same words sent twice are one version."""
    data = [*where, member_id, said, sorted(set(over))]
    return hashlib.sha256(json.dumps(data, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def standing(versions: Sequence[Version]) -> list[Version]:
    """Give the versions over which nobody has typed, in the order in which they came."""
    gone = {one for version in versions for one in version.over}
    return [version for version in versions if version.id not in gone]


def in_conflict(heads: Sequence[Version]) -> bool:
    """Tell whether what stands differs: two who typed the same are of one mind."""
    return any(head.content != heads[0].content for head in heads[1:])


def _cell(cell: Any) -> str:
    return "" if cell is None else str(cell).strip()
