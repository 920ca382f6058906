"""What an announcement says of its draw, in the words that wall, minutes and public page share (D10, D11, Q1).

announcement.json -> Announced: how it is drawn, whose people take part (those of its parts too), the year's batches
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from inspection.draw.announcement import Announcement, Mode, parse_announcement
from inspection.draw.freeze import ANNOUNCEMENT
from inspection.draw.lower import KEY as LOWER
from models.blobs import Digest
from models.tasks import Draw
from services.act import Act
from services.drawing.kinds import kind_words

ENDS = {Mode.ORDER: ("排定次序", "排定次序"), Mode.INSPECTORS: ("匹配检查组", "匹配检查组")}  # before, afterwards
DRAWN = ("抽取", "抽中")
GROUPLESS = {Mode.TARGETS: "检查人员由各部门选派", Mode.ORDER: "检查人员在各批次中另行抽取"}


@dataclass(frozen=True, kw_only=True, slots=True)
class PeopleList:
    """A frozen list of inspectors: of which departments (codes; none: the draw's own list), how long, its hash."""

    departments: tuple[str, ...]
    count: int
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Announced:
    """An announcement and what follows from it. `groupless`: why no group stands beside a target; empty where it does.

    `teams`: department code and places. `will` and `done`: what becomes of the targets, before and after the draw.
    """

    told: Announcement
    kind: str
    will: str
    done: str
    groupless: str
    teams: tuple[tuple[str, int], ...]
    people: tuple[PeopleList, ...]
    batches: tuple[Mapping[str, Any], ...]  # number, count, starts_on, ends_on (ISO)

    @property
    def inspectors(self) -> int:
        """How many inspectors may be drawn, the parts' together."""
        return sum(one.count for one in self.people)

    def batch_of(self, position: int) -> str:
        """The batch of the target at this place (from 1) of a drawn order, in words; empty where there are none."""
        ends = accumulate(one["count"] for one in self.batches)
        return next((batch_words(one) for one, end in zip(self.batches, ends, strict=True) if position <= end), "")


def batch_words(batch: Mapping[str, Any]) -> str:
    """A batch with its days."""
    return f"第 {batch['number']} 批（{batch['starts_on']} 至 {batch['ends_on']}）"


def read(data: bytes) -> Announced:
    """Read announcement.json; raises AnnouncementError."""
    told, whole = parse_announcement(data), json.loads(data)
    parts, merged = whole.get(LOWER, ()), len(whole.get("items", ()))
    mode = Mode.DOUBLE if parts else told.mode  # what is drawn as `targets` has its people drawn in the parts
    will, done = ENDS.get(mode, DRAWN)
    own = PeopleList(departments=(), count=told.inspectors.count, sha256=told.inspectors.sha256)
    people = [own, *(_people_of(part) for part in parts)]
    return Announced(
        told=told,
        kind=kind_words(mode, merged, dispatched=bool(parts) and not merged),
        will=will,
        done=done,
        groupless=GROUPLESS.get(mode, ""),
        teams=(
            *((one.department, one.size) for one in told.teams),
            *((one["department"], one["size"]) for part in parts for one in part["teams"]),
        ),
        people=tuple(one for one in people if one.count),
        batches=tuple(whole.get("batches", ())),
    )


def _people_of(part: Mapping[str, Any]) -> PeopleList:
    departments = tuple(team["department"] for team in part["teams"])
    return PeopleList(departments=departments, count=part["inspectors"]["count"], sha256=part["inspectors"]["sha256"])


async def of_draw(act: Act, draw: Draw) -> Announced:
    """What a frozen draw announced."""
    return read(await act.house.blobs.get(Digest(draw.files[ANNOUNCEMENT])))
