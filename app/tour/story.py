"""What the tour remembers on its way: who is who, which visits there are, and what was counted.

Nothing here is assumed: the cast is the made-up office's list, everything else is read back from the servers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app import samples
from app.tour.people import Cast, Person

OBSERVER, COORDINATOR, APPROVER = "监督员", "协调员", "审批人"


@dataclass(frozen=True, kw_only=True, slots=True)
class VisitPlan:
    """One visit as the console shows it: who goes, and which part is whose."""

    id: str
    number: str
    position: int
    target_name: str
    target_code: str
    leader: str  # userid
    teams: Mapping[str, tuple[str, ...]]  # department -> staff numbers, the leader first
    parts: Mapping[str, str]  # department -> part id

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> VisitPlan:
        """Take one entry of the task's `visits`."""
        teams: dict[str, tuple[str, ...]] = {}
        for one in row["members"]:
            teams[one["department"]] = (*teams.get(one["department"], ()), one["no"])
        return cls(
            id=row["id"],
            number=row["number"],
            position=row["position"],
            target_name=row["target_name"],
            target_code=row["target_code"],
            leader=next(userid_of(one["no"]) for one in row["members"] if one["leads"]),
            teams=teams,
            parts={part["department"]: part["id"] for part in row["parts"]},
        )

    @property
    def members(self) -> list[str]:
        """The userids of all who go."""
        return [userid_of(number) for team in self.teams.values() for number in team]

    def speaker(self, department: str) -> str:
        """Who enters this department's part: its leader if he is one of them, else the first."""
        team = [userid_of(number) for number in self.teams[department]]
        return self.leader if self.leader in team else team[0]


@dataclass(kw_only=True, slots=True)
class Story:
    """The tour so far."""

    cast: Cast
    desk: Person  # the first coordinator
    second: Person  # the other one: what is frozen needs two
    observer: Person
    approvers: Mapping[str, Person]  # by department
    task_id: str = ""
    task_name: str = ""
    draw_number: str = ""
    visits: list[VisitPlan] = field(default_factory=list)
    numbers: dict[str, Any] = field(default_factory=dict)  # what --json shows
    checks: dict[str, bool] = field(default_factory=dict)  # what must hold for `ok`
    outbox_before: dict[str, int] = field(default_factory=dict)  # by status, in an office that has worked already
    shown_before: int = 0
    reminders_before: int = 0

    @property
    def late(self) -> VisitPlan:
        """The visit that is left lying on purpose."""
        return self.visits[-1]

    @property
    def punctual(self) -> list[VisitPlan]:
        """All the others."""
        return self.visits[:-1]


def begin(cast: Cast) -> Story:
    """Hand out the roles of the made-up office."""
    by_role: dict[str, list[list[str]]] = {}
    for row in samples.sample_inspectors():
        by_role.setdefault(row[10], []).append(row)
    first, second = (cast.person(row[6]) for row in by_role[COORDINATOR])
    return Story(
        cast=cast,
        desk=first,
        second=second,
        observer=cast.person(by_role[OBSERVER][0][6]),
        approvers={row[2]: cast.person(row[6]) for row in by_role[APPROVER] if row[4] == samples.DEPUTY},
    )


def userid_of(staff_no: str) -> str:
    """The WeCom id of a staff number, as the made-up office writes them."""
    return staff_no.lower()
