"""Who comes next by the protocol: the draw's own files, seed and loads, and who of the frozen list can still come (E4).

draw row -> files -> Bench (roster, seed, loads so far) -> next_for(team, target, group) | new_group(target)
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from inspection.draw.announcement import Team, parse_announcement
from inspection.draw.freeze import ANNOUNCEMENT
from inspection.draw.lists import CONFLICTS, INSPECTORS
from inspection.draw.match import Group, Roster, TeamDrawn, next_replacement, roster
from inspection.draw.pools import conflicts_from_tsv, inspectors_from_tsv
from inspection.draw.result import RESULT, read_roster
from inspection.quotas import region_of
from inspection.workdays import local_date
from models.blobs import Digest
from models.store import pools as pool_store
from models.store import recusals as recusal_store
from models.store import replacements as store
from models.store import tasks as task_store
from models.store.pools import Available, Window
from models.tasks import Draw, Task
from services.act import Act
from services.drawing import lowers

NEEDED = (ANNOUNCEMENT, INSPECTORS, CONFLICTS, RESULT)


@dataclass(frozen=True, kw_only=True, slots=True)
class Bench:
    """A draw's frozen people as they stand now; `gone`: on the list, but not to be had any more."""

    seed: str
    teams: tuple[Team, ...]
    serves: dict[str, frozenset[str]]  # by department of a part, the regions or item sets it serves
    people: Roster
    result: dict[str, Any]
    loads: Counter[str]
    available: dict[str, Available]
    declared: frozenset[tuple[str, str]]  # (target, inspector) recused since the freeze, or before
    gone: frozenset[str] = field(default=frozenset())

    def team(self, department: str) -> Team:
        """The team of a department, by its code."""
        return next(team for team in self.teams if team.department == department)

    def out_for(self, target: str) -> set[str]:
        """Who is on the frozen list and cannot come to a target any more: gone, or recused from it since."""
        return {*self.gone, *(inspector for about, inspector in self.declared if about == target)}

    def next_for(self, team: Team, target: str, group: Collection[str]) -> str | None:
        """Who comes next into a target's group by the protocol, or nobody."""
        out = {*group, *self.out_for(target)}
        return next_replacement(self.seed, team, self.people, target, out, self.loads)

    def new_group(self, target: str, stratum: str) -> Group:
        """The group of a target that was not drawn: team by team, as if it had been drawn last.

        Where targets alone were drawn (P1) nobody was frozen, and every place stands open as in the draw.
        """
        loads, parts = Counter(self.loads), []
        where = region_of(stratum)
        for team in self.teams:
            if team.department in self.serves and where not in self.serves[team.department]:
                continue
            chosen: list[str] = []
            while len(chosen) < team.size and (one := self.next_for(team, target, chosen)):
                chosen.append(one)
            parts.append(TeamDrawn(department=team.department, members=tuple(chosen), short=team.size - len(chosen)))
            self.loads.update(chosen)
        self.loads.clear()
        self.loads.update(loads)
        lead = parts[0].members if parts else ()
        return Group(target=target, leader=lead[0] if lead else None, teams=tuple(parts))

    def choices(self, team: Team, target: str, group: Collection[str], *, fill: bool = False) -> list[Available]:
        """Whom an approver may choose from (E4): fit, free, not in the group, not recused.

        To `fill` a place that nobody of the frozen lists fitted, only what keeps people away now counts.
        """
        barred = {one for about, one in self.declared if about == target}
        if not fill:
            barred |= self.people.barred_from(target)
        return [
            one
            for one in self.available.values()
            if one.department_code == team.department
            and set(team.skills).issubset(one.skills)
            and one.staff_no not in barred
            and one.staff_no not in group
        ]


async def bench(act: Act, task: Task, draw: Draw) -> Bench:
    """Read a draw's people as they stand now; the caller holds the draw's lock where loads must not move."""
    frozen = await frozen_people(act, draw)
    window = Window(today=local_date(act.now), starts_on=task.starts_on, ends_on=task.ends_on)
    departments = [row.department.id for row in await task_store.teams(act.db, task.id)]
    found = await pool_store.inspectors_of(act.db, departments, window)
    available = {one.staff_no: one for one in found if not one.on_leave}
    declared = await recusal_store.declared(act.db, [one.id for one in found])
    replaced, swapped = await store.of_draw(act.db, draw.id)
    places = [member for one in frozen.groups for team in one["teams"] for member in team["members"]]
    later = [one.entering for one in replaced] + [member for one in swapped for member in one.members]
    return Bench(
        seed=frozen.result["seed"],
        teams=frozen.teams,
        serves=frozen.serves,
        people=frozen.people,
        result=frozen.result,
        loads=Counter(places) + Counter(later),
        available=available,
        declared=frozenset((target, inspector) for target, inspector, _ in declared),
        gone=frozenset(one.id for one in frozen.people.inspectors if one.id not in available),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Frozen:
    """What the files of a draw, and of its parts, say of people; `groups` as result.json has them."""

    teams: tuple[Team, ...]
    serves: dict[str, frozenset[str]]
    people: Roster
    result: dict[str, Any]
    groups: list[dict[str, Any]]


async def frozen_people(act: Act, draw: Draw) -> Frozen:
    """Read what the files of a drawn draw say of people."""
    files = {
        name: await act.house.blobs.get(Digest(digest))
        for name, digest in draw.files.items()
        if name.rpartition("/")[2] in NEEDED
    }
    return await asyncio.to_thread(_read, files)


def _read(files: dict[str, bytes]) -> Frozen:
    announcement, result = parse_announcement(files[ANNOUNCEMENT]), json.loads(files[RESULT])
    teams, serves, groups = list(announcement.teams), dict[str, frozenset[str]](), list(result["groups"])
    people = [read_roster(files)]
    for one in lowers.committed(files):
        teams += one.teams
        serves |= {team.department: frozenset(one.regions) for team in one.teams}
        groups += json.loads(files[f"{lowers.FOLDER}{one.name}/{RESULT}"])["groups"]
        people.append(roster(inspectors_from_tsv(one.inspectors), conflicts_from_tsv(one.conflicts)))
    barred: dict[str, frozenset[str]] = {}
    for some in people:
        barred |= {target: barred.get(target, frozenset()) | out for target, out in some.barred.items()}
    return Frozen(
        teams=tuple(teams),
        serves=serves,
        people=Roster(inspectors=tuple(one for some in people for one in some.inspectors), barred=barred),
        result=result,
        groups=groups,
    )
