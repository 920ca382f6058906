"""Whether a paper in somebody's hands is genuine: what its QR code says, and what the page answers.

a paper is made -> url_of (kind, id, digest; a key of the house's under them) -> QR -> anybody's camera
-> read: the key fits, so the office made it; whether it still stands says whoever knows the paper
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass

from inspection.errors import NotFoundError
from services.act import House

_SHOWN = 16  # so much of a digest stands in the address; the paper itself bears it whole
_KEY = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """What a genuine QR code names."""

    kind: str
    id: str  # without dots
    digest: str  # how it begins


def packed(words: str) -> str:
    """Words as an id that an address bears unchanged."""
    return base64.urlsafe_b64encode(words.encode()).decode().rstrip("=")


def unpacked(name: str) -> str:
    """The words of a packed id."""
    return base64.urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode()


def url_of(house: House, kind: str, paper_id: str, digest: str) -> str:
    """The address of the page that proves a paper."""
    words = f"{kind}.{paper_id}.{digest[:_SHOWN]}"
    return f"{house.origin}/public/papers/{words}.{_key(house, words)}"


def read(house: House, code: str) -> Mark:
    """What a code names; NotFoundError for one that this office has not made."""
    words, _, key = code.rpartition(".")
    parts = words.split(".")
    if len(parts) != len(Mark.__slots__) or not hmac.compare_digest(key.encode(), _key(house, words).encode()):
        raise NotFoundError(what="这份文书；二维码不是本机关系统开具的")
    return Mark(kind=parts[0], id=parts[1], digest=parts[2])


def _key(house: House, words: str) -> str:
    return hmac.digest(house.link_key, f"paper/{words}".encode(), "sha256").hex()[:_KEY]
