"""Files stored before what they are attached to exists: whoever attaches one must have stored it himself (M1).

A hash is no secret: receipts, chains and archives are full of them. To know one must not be to own the file.
bytes are stored -> keep (who, for which place) -> ... -> require, when a paper or a wish names the hash
"""

from __future__ import annotations

from inspection.errors import InvalidInputError
from models.blobs import Digest
from models.store import deposits as store
from services.act import Act

CORRECTIONS = "corrections"  # the desk has one place for all; whose the file is, is the member


def at_visit(visit_id: str) -> str:
    """The place of what is attached to a visit."""
    return f"visit:{visit_id}"


def for_recusals(visit_id: str) -> str:
    """The place of what an enterprise proves its wish with that somebody stay away from a visit."""
    return f"recusal:{visit_id}"


async def keep(act: Act, place: str, digest: Digest) -> None:
    """Write down that the actor has stored these bytes for this place; twice is harmless."""
    if await store.add(act.db, act.actor, place, digest, act.now):
        act.record("deposit", place, digest=digest)


async def require(act: Act, place: str, digest: str, what: str) -> None:
    """Raise InvalidInputError unless the actor stored this file for this place; whether others did is not told."""
    if not (await store.own(act.db, act.actor, place, digest) and await act.house.blobs.has(Digest(digest))):
        raise InvalidInputError(what=what, why="没有收到您上传的这个文件，请重新上传。")
