"""Faults that a test or the page switches on.

POST /sandbox/api/faults -> Fault in the list -> take(kind, path) fires by rate until `times` is used up

Chance is a seeded generator: the same order of requests meets the same faults.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import Enum

DEFAULT_PATH = "/cgi-bin/message/"


class FaultKind(Enum):
    """What goes wrong."""

    SLOW = "slow"  # done at once, answered `seconds` later
    LOST_ANSWER = "lost_answer"  # done, then the connection is cut without an answer
    BAD_GATEWAY = "bad_gateway"  # HTTP 502 from the edge, nothing done
    RATE_LIMITED = "rate_limited"  # errcode 45009, nothing done
    BUSY = "busy"  # errcode -1, nothing done
    TOKEN_EXPIRED = "token_expired"  # noqa: S105  errcode 42001 and the token really is rotated
    NOT_JSON = "not_json"  # done, answered 200 with HTML
    SILENT_DROP = "silent_drop"  # answered with errcode 0, delivered to nobody
    INVALID_USER = "invalid_user"  # `member` is reported as invaliduser
    PUSH_TWICE = "push_twice"  # a callback that was taken well is pushed once more
    PUSH_LOST = "push_lost"  # a callback never leaves the sandbox


BREAKING = (
    FaultKind.BAD_GATEWAY,
    FaultKind.RATE_LIMITED,
    FaultKind.BUSY,
    FaultKind.TOKEN_EXPIRED,
    FaultKind.LOST_ANSWER,
    FaultKind.NOT_JSON,
)


@dataclass(kw_only=True, slots=True)
class Fault:
    """One fault in force. `times`: how often it may still fire, None for ever."""

    kind: FaultKind
    rate: float = 1.0
    times: int | None = None
    seconds: float = 0.0
    path: str = DEFAULT_PATH
    member: str = ""
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
