"""The parts of a draw that match their own inspectors (D6, C10): their files in the bundle, and all groups together.

freeze: lower/NAME/inspectors.tsv, conflicts.tsv, as committed to -> draw: lower/NAME/result.json, from the same seed
                                              groups of all parts, by target -> one visit each (inspection.draw.lower)
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from inspection.draw.announcement import Team
from inspection.draw.freeze import ANNOUNCEMENT
from inspection.draw.lists import CONFLICTS, INSPECTORS
from inspection.draw.lower import KEY, Lower, match_lower, part_json
from inspection.draw.match import Group
from inspection.draw.result import RESULT, DrawResult
from models.blobs import Digest
from models.tasks import Draw
from services.act import Act

FOLDER = f"{KEY}/"


def lists(lower: Iterable[Lower]) -> dict[str, bytes]:
    """Give the lists of the parts as they are frozen, by file name."""
    found: dict[str, bytes] = {}
    for one in lower:
        found |= {f"{FOLDER}{one.name}/{INSPECTORS}": one.inspectors, f"{FOLDER}{one.name}/{CONFLICTS}": one.conflicts}
    return found


def match_below(files: Mapping[str, bytes], result: DrawResult) -> tuple[dict[str, bytes], tuple[Group, ...]]:
    """Draw the inspectors of every part from the seed above: the parts' results by name, and each target's whole group.

    `files` are the frozen ones of the draw above; `result` what it decided.
    """
    made: dict[str, bytes] = {}
    found: dict[str, list[Group]] = {}
    for lower in committed(files):
        groups = match_lower(files[ANNOUNCEMENT], lower, result)
        made[f"{FOLDER}{lower.name}/{RESULT}"] = part_json(result, lower, groups)
        for group in groups:
            found.setdefault(group.target, []).append(group)
    return made, tuple(_whole(found[one.target]) for one in result.drawn if one.target in found)


def _whole(groups: list[Group]) -> Group:
    """One target's group from its parts; who leads the first part leads it."""
    leader = next((one.leader for one in groups if one.leader), None)
    return Group(target=groups[0].target, leader=leader, teams=tuple(team for one in groups for team in one.teams))


def committed(files: Mapping[str, bytes]) -> list[Lower]:
    """Give the parts that an announcement commits to, with their lists; `files` are those of the draw above."""
    return [
        Lower(
            name=one["name"],
            regions=tuple(one["regions"]),
            teams=tuple(
                Team(department=team["department"], size=team["size"], skills=tuple(team["skills"]))
                for team in one["teams"]
            ),
            inspectors=files[f"{FOLDER}{one['name']}/{INSPECTORS}"],
            conflicts=files[f"{FOLDER}{one['name']}/{CONFLICTS}"],
        )
        for one in json.loads(files[ANNOUNCEMENT]).get(KEY, ())
    ]


def names_of(draw: Draw) -> list[str]:
    """The parts of a drawn draw."""
    end = f"/{RESULT}"
    return sorted(
        name[len(FOLDER) : -len(end)] for name in draw.files if name.startswith(FOLDER) and name.endswith(end)
    )


async def groups_of(act: Act, draw: Draw, result: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The groups of a drawn draw by target, as result.json has them, the parts' put together."""
    found = {group["target"]: group for group in result["groups"]}
    for name in names_of(draw):
        own = json.loads(await act.house.blobs.get(Digest(draw.files[f"{FOLDER}{name}/{RESULT}"])))
        for group in own["groups"]:
            known = found.setdefault(group["target"], {**group, "teams": []})
            known["leader"] = known["leader"] or group["leader"]
            known["teams"] = [*known["teams"], *group["teams"]]
    return found
