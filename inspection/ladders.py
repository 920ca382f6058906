"""Who is told of a deadline, step by step: inspector, leader, liaison, department's head, joint office (K2, T4).

"liaison@0" -> Step(liaison, from the due day on) ; told(ladder, stage, people) -> userids
Leave shifts the person, never the deadline: who is away is stood in for by the next of the ladder who is there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

_STEP = re.compile(r"(?P<rung>[a-z]+)(@(?P<place>0|[+-][1-9][0-9]?))?")
_FIRST = -100  # before every step that can be set


class Rung(Enum):
    """A rung of the ladder, by what the person is to the matter."""

    INSPECTOR = "inspector"  # those of the group who still have to act; of a certificate, its holder
    LEADER = "leader"  # 组长 of the visit
    LIAISON = "liaison"  # 联络员 of the department (F4)
    HEAD = "approver"  # 分管负责人 of the department (E3, H1)
    OFFICE = "office"  # 联席会议办公室

    @property
    def text(self) -> str:
        """The rung in words for people."""
        return _TEXTS[self]


_TEXTS = {
    Rung.INSPECTOR: "检查人员",
    Rung.LEADER: "组长",
    Rung.LIAISON: "部门联络员",
    Rung.HEAD: "部门分管负责人",
    Rung.OFFICE: "联席会议办公室",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A rung and the place from which on it is told: working days around the due day."""

    rung: Rung
    begins: int

    @property
    def text(self) -> str:
        """The step in words for people."""
        if self.begins <= _FIRST:
            return self.rung.text
        when = (
            "到期日"
            if self.begins == 0
            else f"到期前 {-self.begins} 个"
            if self.begins < 0
            else f"逾期 {self.begins} 个"
        )
        return f"{self.rung.text}（{when}{'' if self.begins == 0 else '工作日'}起）"


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody on a rung; `away` today."""

    userid: str
    away: bool = False


def parse_ladder(words: Sequence[str]) -> tuple[Step, ...]:
    """Read a ladder as the settings write it; ValueError names the word that is none, or an empty ladder."""
    steps = []
    for word in words:
        match = _STEP.fullmatch(word)
        if match is None or match["rung"] not in {rung.value for rung in Rung}:
            raise ValueError(f"{word} is no rung")
        steps.append(Step(rung=Rung(match["rung"]), begins=_FIRST if match["place"] is None else int(match["place"])))
    if not steps:
        raise ValueError("a ladder needs a rung")
    return tuple(steps)


def place_of(stage: str) -> int:
    """A stage's place ("-3", "0", "+2") as a number."""
    return int(stage)


def told(ladder: Sequence[Step], stage: str, people: Mapping[Rung, Sequence[Person]]) -> list[str]:
    """Give the userids that hear of this stage, everybody once, lowest rung first.

    Whoever is away today is stood in for by the next rung on which somebody is there. A rung that the department does
    not have brings nobody up early; only if otherwise nobody would hear of it the ladder is climbed, to the office.
    """
    found: dict[str, None] = {}
    rungs = [step.rung for step in ladder]
    for position, step in enumerate(ladder):
        if step.begins > place_of(stage):
            continue
        here = people.get(step.rung, ())
        present = [one.userid for one in here if not one.away]
        if len(present) < len(here):
            present += _deputies(rungs[position + 1 :], people)
        found |= dict.fromkeys(present)
    return list(found) or _deputies([*rungs, Rung.OFFICE], people)


def _deputies(above: Sequence[Rung], people: Mapping[Rung, Sequence[Person]]) -> list[str]:
    for rung in above:
        present = dict.fromkeys(one.userid for one in people.get(rung, ()) if not one.away)
        if present:
            return list(present)
    return []
