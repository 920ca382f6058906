"""The chain of a visit's events: each seals the one before, so that none is left out or changed unseen (G10, L1).

append (the visit is locked) -> digest = SHA-256 of canonical JSON {visit, seq, at, by, kind, body, previous}
The archive holds them as data/events.json; `suicha verify` computes them anew (app.verify_archive).
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from inspection.workdays import SHANGHAI
from models.field import VisitEvent
from models.store import typed as store
from services.act import Act

FIRST = "0" * 64


async def append(act: Act, visit_id: str, number: str, kind: str, /, **body: Any) -> str:
    """Add an event to a visit that the caller holds locked; `body` is plain JSON without personal data.

    Returns its digest.
    """
    last = await store.last_event(act.db, visit_id)
    row = VisitEvent(
        visit_id=visit_id,
        seq=last.seq + 1 if last else 1,
        at=act.now,
        member_id=act.actor.member_id,
        kind=kind,
        body=body,
        previous=last.digest if last else FIRST,
    )
    row.digest = digest_of(told(row, number))
    act.db.add(row)
    await act.db.flush()
    return row.digest


def told(row: VisitEvent, number: str) -> dict[str, Any]:
    """An event as it is sealed and as the archive holds it (without its own digest)."""
    return {
        "visit": number,
        "seq": row.seq,
        "at": row.at.astimezone(SHANGHAI).isoformat(),
        "by": row.member_id,
        "kind": row.kind,
        "body": row.body,
        "previous": row.previous,
    }


def digest_of(event: dict[str, Any]) -> str:
    """SHA-256 of an event's canonical JSON: sorted keys, no spaces, UTF-8."""
    sealed = json.dumps(event, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(sealed.encode()).hexdigest()
