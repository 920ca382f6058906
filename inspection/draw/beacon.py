"""A public source of randomness with a timetable, such as drand: a round is announced, and fetched when it is out.

Beacon (the office's setting) -> first_after(freeze + some minutes) -> Round, a key of the announcement
                                              its page's bytes -> Round.read -> the value, of this round and no other

Round n is published at genesis + (n - 1) * period (drand's chain info). The announced round fixes the hour too: room
values that come later than it are refused, or whoever enters the last of them would have the last word.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from inspection.draw.announcement import Source, SourceKind
from inspection.draw.drand import is_signed
from inspection.workdays import SHANGHAI

KEY = "beacon"  # of the announcement
BEACON = "beacon.json"  # in the bundle: the page of the round, byte for byte
MOST_VALUE = 256  # characters
DRAND_VALUE, DRAND_SIGNATURE = "randomness", "signature"


class BadRoundError(Exception):
    """A page that is not that of the announced round; the argument is a key of `OUTCOME_WORDS`."""


OUTCOME_WORDS = {
    "not-sent": "连接不上公开源",
    "lost": "没有收到完整答复",
    "too-large": "答复过大",
    "http": "公开源答复错误，可能尚未公布",
    "unreadable": "答复不是约定的格式",
    "other-round": "答复的不是公告的那一轮",
    "other-value": "答复中的数值与其签名不符",
    "not-signed": "答复中的签名不是配置的那条链作出的",
    "room-late": "现场数值没有在公告的那一轮公布之前录齐，须作废后重新冻结",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Round:
    """One round, as it is announced: where its page is, when it is out, where on the page value and number stand."""

    source: str
    url: str
    round: int
    at: str  # RFC 3339
    value_at: str
    round_at: str
    genesis: int
    period: int
    public_key: str = ""  # of drand's chain, where the office holds signatures against it

    @property
    def moment(self) -> datetime:
        """When it is published."""
        return datetime.fromisoformat(self.at)

    def as_source(self) -> Source:
        """The source of the seed that it is, with what is done where the page cannot be had."""
        note = (
            f"第 {self.round} 轮，{self.moment:%Y-%m-%d %H:%M:%S} 公布，自动获取；现场数值须在此之前录入。"
            f"到时获取不到的，由两人从公开页面查取同一轮的值先后录入"
        )
        return Source(name=self.source, kind=SourceKind.PUBLIC, note=note)

    def as_data(self) -> dict[str, Any]:
        """The round as the announcement states it."""
        return {key: value for key, value in asdict(self).items() if key != "public_key" or value}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Round:
        """The inverse of `as_data`."""
        return cls(**data)

    def read(self, page: bytes) -> str:
        """Give the value on the page of this round; BadRoundError for any other page.

        Of drand the value must be the SHA-256 of the signature that stands beside it.
        """
        try:
            told = json.loads(page)
            value, number = at_path(told, self.value_at), at_path(told, self.round_at) if self.round_at else self.round
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            raise BadRoundError("unreadable") from error
        if not isinstance(value, str) or not 0 < len(value) <= MOST_VALUE or value != value.strip():
            raise BadRoundError("unreadable")
        if type(number) is not int or number != self.round:
            raise BadRoundError("other-round")
        if self.value_at == DRAND_VALUE and DRAND_SIGNATURE in told and not _signed(value, told[DRAND_SIGNATURE]):
            raise BadRoundError("other-value")
        return value

    def check_signature(self, page: bytes) -> None:
        """Hold the signature on a page that `read` took against the announced key; BadRoundError. Takes a second."""
        if self.public_key and not is_signed(self.public_key, self.round, json.loads(page).get(DRAND_SIGNATURE)):
            raise BadRoundError("not-signed")


@dataclass(frozen=True, kw_only=True, slots=True)
class Beacon:
    """The office's public source: `{round}` and `{time}` (in unix seconds) of its address are those of the round."""

    name: str
    url: str
    value_at: str
    round_at: str
    genesis: int
    period: int
    after_minutes: int
    public_key: str = ""

    def first_after(self, moment: datetime) -> Round:
        """Give the first round that is published at `moment` or later."""
        number = max(1, 1 + math.ceil((moment.timestamp() - self.genesis) / self.period))
        time = self.genesis + (number - 1) * self.period
        return Round(
            source=self.name,
            url=self.url.replace("{round}", str(number)).replace("{time}", str(time)),
            round=number,
            at=datetime.fromtimestamp(time, UTC).astimezone(SHANGHAI).isoformat(timespec="seconds"),
            value_at=self.value_at,
            round_at=self.round_at,
            genesis=self.genesis,
            period=self.period,
            public_key=self.public_key,
        )


def at_path(told: Any, path: str) -> Any:
    """Give what stands in nested JSON objects under keys joined by dots; LookupError, TypeError."""
    for key in path.split("."):
        told = told[key]
    return told


def _signed(value: str, signature: object) -> bool:
    try:
        return isinstance(signature, str) and sha256(bytes.fromhex(signature)).hexdigest() == value
    except ValueError:
        return False
