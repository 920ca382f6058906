"""Faults that a test or the page switches on.

POST /sandbox/api/faults -> Fault in the list -> take(kind, path) fires by rate until `times` is used up

Chance is a seeded generator: the same order of requests meets the same faults.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import Enum

DEFAULT_PATH = "/cgi-bin/message/"
TOKEN_PATH = "/cgi-bin/"  # noqa: S105  gettoken and WeChat's stable_token


class FaultKind(Enum):
    """What goes wrong."""

    SLOW = "slow"  # done at once, answered `seconds` later
    TRICKLE = "trickle"  # done at once, answered in small pieces over `seconds`
    LOST_ANSWER = "lost_answer"  # done, then the connection is cut without an answer
    CUT_ANSWER = "cut_answer"  # done, then the connection is cut in the middle of the answer
    RESET = "reset"  # the connection is cut, nothing done
    BAD_GATEWAY = "bad_gateway"  # HTTP 502 from the edge, nothing done
    RATE_LIMITED = "rate_limited"  # errcode 45009, nothing done
    BUSY = "busy"  # errcode -1, nothing done
    ERRCODE = "errcode"  # whatever errcode `code` says, nothing done
    TOKEN_EXPIRED = "token_expired"  # noqa: S105  errcode 42001 and the token really is rotated
    TOKEN_ROTATES = "token_rotates"  # noqa: S105  each fetch of a token brings a new one and ends the one before
    NOT_JSON = "not_json"  # done, answered 200 with HTML
    SILENT_DROP = "silent_drop"  # answered with errcode 0, delivered to nobody
    INVALID_USER = "invalid_user"  # `member` (or whoever it is) is reported as invaliduser; 81013 if he was alone
    PUSH_TWICE = "push_twice"  # a callback that was taken well is pushed once more
    PUSH_UNHEARD = "push_unheard"  # a callback was taken well and nobody heard: it is tried again, three times in all
    PUSH_LATE = "push_late"  # a callback leaves `seconds` later, behind others
    PUSH_LOST = "push_lost"  # a callback never leaves the sandbox


BREAKING = (
    FaultKind.BAD_GATEWAY,
    FaultKind.RATE_LIMITED,
    FaultKind.BUSY,
    FaultKind.ERRCODE,
    FaultKind.TOKEN_EXPIRED,
    FaultKind.RESET,
    FaultKind.LOST_ANSWER,
    FaultKind.CUT_ANSWER,
    FaultKind.TRICKLE,
    FaultKind.NOT_JSON,
)
PUSHES = (FaultKind.PUSH_TWICE, FaultKind.PUSH_UNHEARD, FaultKind.PUSH_LATE, FaultKind.PUSH_LOST)


def usual_path(kind: FaultKind) -> str:
    """Where a fault of this kind strikes if nothing is said."""
    if kind in PUSHES:
        return "/"
    return TOKEN_PATH if kind is FaultKind.TOKEN_ROTATES else DEFAULT_PATH


@dataclass(kw_only=True, slots=True)
class Fault:
    """One fault in force. `times`: how often it may still fire, None for ever."""

    kind: FaultKind
    rate: float = 1.0
    times: int | None = None
    seconds: float = 0.0
    path: str = DEFAULT_PATH
    member: str = ""
    code: int = 0
    fired: int = 0

    def shown(self) -> dict[str, object]:
        """Show it as JSON."""
        return {
            "kind": self.kind.value,
            "rate": self.rate,
            "times": self.times,
            "seconds": self.seconds,
            "path": self.path,
            "member": self.member,
            "code": self.code,
            "fired": self.fired,
        }


class Faults:
    """The faults in force, in the order in which they were switched on."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._chance = random.Random(20260101)  # noqa: S311  (repeatable tests, not a secret)

    def add(self, fault: Fault) -> None:
        """Switch a fault on."""
        self._faults.append(fault)

    def clear(self, kind: FaultKind | None = None) -> None:
        """Switch off all faults, or those of one kind."""
        self._faults = [fault for fault in self._faults if kind is not None and fault.kind is not kind]

    def shown(self) -> list[dict[str, object]]:
        """List what is in force."""
        return [fault.shown() for fault in self._faults]

    def take(self, *kinds: FaultKind, path: str, member: str = "") -> Fault | None:
        """Return the first fault of these kinds that strikes this request, counting it; None mostly."""
        for fault in self._faults:
            if (
                fault.kind in kinds
                and path.startswith(fault.path)
                and fault.member in {"", member}
                and self._hit(fault)
            ):
                return fault
        return None

    def _hit(self, fault: Fault) -> bool:
        if fault.times == 0 or (fault.rate < 1 and self._chance.random() >= fault.rate):
            return False
        fault.times = None if fault.times is None else fault.times - 1
        fault.fired += 1
        return True
