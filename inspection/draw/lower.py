"""Drawn above, dispatched down (D6, D7): each part matches its own inspectors from the very seed of the draw above.

each part's people, recusals, teams -> `Lower` -> commitments in the announcement above, before any seed value exists
drawn targets of its regions + what it committed to + the seed -> match_lower -> groups -> lower/NAME/result.json

A part adds nothing of its own once the seed is known, so it could not bend its draw either (ADR 0008).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from inspection.draw.announcement import PROTOCOL, Team
from inspection.draw.freeze import ANNOUNCEMENT
from inspection.draw.match import Group, match, roster
from inspection.draw.pools import conflicts_from_tsv, inspectors_from_tsv
from inspection.draw.refusals import BundleError
from inspection.draw.result import DrawResult, groups_laid
from inspection.draw.text import json_bytes, read_json, sha256_hex
from inspection.quotas import region_of

KEY = "lower"  # of the announcement above, and the folder of the parts in its bundle


@dataclass(frozen=True, kw_only=True, slots=True)
class Lower:
    """A part: the regions it is competent for, its teams, and its lists as they are frozen.

    `regions` are what stands behind the class in a label: regions, or sets of items (`inspection.draw.merge`).
    """

    name: str
    regions: tuple[str, ...]
    teams: tuple[Team, ...]
    inspectors: bytes
    conflicts: bytes = b""

    def commitment(self) -> dict[str, Any]:
        """Give what the announcement above says of this part, before any seed value exists."""
        return {
            "name": self.name,
            "regions": list(self.regions),
            "teams": [asdict(team) | {"skills": list(team.skills)} for team in self.teams],
            "inspectors": _mark(self.inspectors),
            "conflicts": _mark(self.conflicts),
        }


def match_lower(announcement: bytes, lower: Lower, result: DrawResult) -> tuple[Group, ...]:
    """Give the groups of a part, in draw order, from what the draw above decided.

    Raises BundleError if the announcement above did not commit to this part as it is, PoolLineError for a broken list.
    """
    whole = read_json(announcement, lambda why: BundleError(where=ANNOUNCEMENT, why=why))
    committed = whole.get(KEY)
    if not isinstance(committed, list) or lower.commitment() not in committed:
        raise BundleError(where=f"下级“{lower.name}”", why="检查人员、回避名单或分组与冻结时的承诺不符")
    people = roster(inspectors_from_tsv(lower.inspectors), conflicts_from_tsv(lower.conflicts))
    drawn = [one.target for one in result.drawn if region_of(one.stratum) in lower.regions]
    return match(result.seed, lower.teams, people, drawn)


def part_json(result: DrawResult, lower: Lower, groups: Sequence[Group]) -> bytes:
    """Write a part's result.json, for observers and auditors."""
    data: Mapping[str, Any] = {
        "protocol": PROTOCOL,
        "draw_id": result.draw_id,
        "part": lower.name,
        "seed": result.seed,
        "groups": groups_laid(groups),
    }
    return json_bytes(data)


def _mark(data: bytes) -> dict[str, Any]:
    return {"count": data.count(b"\n"), "sha256": sha256_hex(data)}
