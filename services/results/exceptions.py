"""Exceptions from publication, made by hand before anybody outside can see (H7, M2, M4).

preview (as it would be public, and what the rules found) -> hold_back (whole, or fields and words) -> publish obeys
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from inspection.disclosure import BASES, FIELDS, MAX_WORDS, shown
from inspection.errors import ConflictError, InvalidInputError
from models.corrections import PublicationHold
from models.store import disclosures as store
from models.store import parts as part_store
from models.store import publications as publication_store
from models.store import tasks as task_store
from models.store.parts import PartCase
from services.act import Act
from services.results.bodies import Around, added_on_the_spot, body_of

MAX_REASON = 1000
SHORTEST, LONGEST = 2, 100  # characters of a word that is masked
NOT_PUBLIC = frozenset({"submitted", "approved"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Exemption:
    """What is kept back and why; `whole` keeps back everything, else fields and words are masked."""

    whole: bool
    basis: str
    fields: Sequence[str]
    words: Sequence[str]
    reason: str


async def preview(act: Act, part_id: str) -> dict[str, Any]:
    """A part of the actor's own department as it would be public now, and what the rules found to mask."""
    case = await part_store.own_case(act.db, act.actor, part_id)
    hold = await store.hold(act.db, part_id)
    own = [one for one in await task_store.items(act.db, case.task.id) if one.department_id == case.department.id]
    draw_number = await publication_store.draw_number(act.db, case.task.id)
    shared = Around(
        items={case.department.id: [(one.id, one.name) for one in own]},
        added=await added_on_the_spot(act, case.task),
        draw_number=draw_number,
        plan_name="",
        plan_number="",
        task_code="",
    )
    body = body_of(act, case, shared, None)
    made, found = shown(body, hold.fields if hold else (), hold.words if hold else ())
    return {
        "body": made,
        "found": found,
        "hold": _held(hold),
        "bases": [
            {"code": code, "text": one.text, "source": one.source, "whole": one.whole} for code, one in BASES.items()
        ],
        "fields": [{"code": code, "text": text} for code, text in FIELDS.items()],
    }


async def hold_back(act: Act, part_id: str, wanted: Exemption) -> None:
    """Keep back a part, or fields and words of it, before it is public; anew in place of what was said before."""
    case = await _not_public(act, part_id)
    _check(wanted)
    row = await store.hold(act.db, part_id)
    if row is None:
        row = PublicationHold(part_id=part_id, department_id=case.department.id)
        act.db.add(row)
    row.whole, row.basis, row.reason = wanted.whole, wanted.basis, wanted.reason.strip()
    row.fields = [] if wanted.whole else list(dict.fromkeys(wanted.fields))
    row.words = [] if wanted.whole else list(dict.fromkeys(one.strip() for one in wanted.words))
    row.made_by, row.made_at = act.actor.member_id, act.now
    await act.db.flush()
    act.record("publication-hold", f"part:{part_id}", basis=row.basis, whole=row.whole, fields=row.fields)


async def let_go(act: Act, part_id: str) -> None:
    """Take an exception back, before the result is public."""
    await _not_public(act, part_id)
    row = await store.hold(act.db, part_id)
    if row is None:
        raise ConflictError(what="公示例外", why="没有登记例外。")
    await act.db.delete(row)
    act.record("publication-let-go", f"part:{part_id}", basis=row.basis)


async def _not_public(act: Act, part_id: str) -> PartCase:
    await part_store.lock(act.db, part_id)
    case = await part_store.own_case(act.db, act.actor, part_id)
    if case.part.status not in NOT_PUBLIC:
        raise ConflictError(what="公示例外", why="结果已经公示或不予公开；已公示的请办理更正。")
    return case


def _check(wanted: Exemption) -> None:
    basis = BASES.get(wanted.basis)
    if basis is None:
        raise InvalidInputError(what="法律依据", why=f"应当是：{'、'.join(one.text for one in BASES.values())}。")
    if wanted.whole and not basis.whole:
        raise InvalidInputError(what="公示例外", why=f"“{basis.text}”只能遮蔽有关内容，不能整份不公开。")
    if not wanted.whole and not wanted.fields and not wanted.words:
        raise InvalidInputError(what="公示例外", why="请选择要遮蔽的栏目，或写明要遮蔽的文字。")
    if set(wanted.fields) - FIELDS.keys():
        raise InvalidInputError(what="遮蔽栏目", why=f"应当是：{'、'.join(FIELDS.values())}。")
    if len(wanted.words) > MAX_WORDS or any(not SHORTEST <= len(one.strip()) <= LONGEST for one in wanted.words):
        raise InvalidInputError(what="遮蔽文字", why=f"最多 {MAX_WORDS} 处，每处 {SHORTEST} 到 {LONGEST} 字。")
    if not wanted.reason.strip() or len(wanted.reason) > MAX_REASON:
        raise InvalidInputError(what="理由", why=f"请写明，不超过 {MAX_REASON} 字。")


def _held(hold: PublicationHold | None) -> dict[str, Any] | None:
    if hold is None:
        return None
    return {"whole": hold.whole, "basis": hold.basis, "fields": hold.fields, "words": hold.words, "reason": hold.reason}
