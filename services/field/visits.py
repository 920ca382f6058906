"""What an inspector sees of his visits, and the first thing he does: accept (D8, G1, F3).

list -> detail (target's file, forms, group, deadlines) -> accept, member by member -> the leader's word is the visit's
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from inspection.checklists import form_of
from inspection.deadlines import DeadlineKind
from inspection.notices import NoticeKind
from inspection.outcomes import MEASURES, RESULT_CODES, result_text
from models.field import AddedItem
from models.results import Deadline, Publication
from models.store import before as before_store
from models.store import companions, destructions
from models.store import deadlines as deadline_store
from models.store import evidence as evidence_store
from models.store import parts as part_store
from models.store import publications as publication_store
from models.store import summaries as summary_store
from models.store import visits as store
from models.store.companions import Entrusted, Expert
from models.store.parts import NOT_DONE, DepartmentPart
from models.store.states import STATUS_WORDS, advance
from models.tasks import Evidence, Part, Visit
from services.act import Act
from services.clock import appointments, deadlines
from services.field import before, chain
from services.people import cards

ASSIGNED = (NoticeKind.ASSIGNED_LEADER, NoticeKind.ASSIGNED_MEMBER)
_ENDED = {"submitted", "confirmed", "published"}


@dataclass(frozen=True, kw_only=True, slots=True)
class VisitDetail:
    """All that the phone shows of one visit."""

    own: store.OwnVisit
    group: Sequence[store.Colleague]
    parts: Sequence[DepartmentPart]
    items: Sequence[Mapping[str, Any]]
    contact: Mapping[str, Any] | None
    history: Sequence[tuple[Publication, str]]
    evidence: Sequence[Evidence]
    deadlines: Sequence[Deadline]
    entrusted: Sequence[Entrusted] = ()
    experts: Sequence[Expert] = ()
    file: Mapping[str, Any] = field(default_factory=dict)  # services.field.before
    destroyed: Mapping[str, Any] | None = None  # number and day of the register its papers went by


async def times(act: Act, own: Sequence[store.OwnVisit]) -> dict[str, datetime]:
    """When these visits of the actor's were agreed upon with their owners, by visit."""
    return await before_store.appointments(act.db, [one.visit.id for one in own])


async def list_visits(act: Act) -> list[tuple[store.OwnVisit, Deadline | None]]:
    """The actor's visits with the nearest open deadline of each; those still to be done come first."""
    own = await store.own_visits(act.db, act.actor)
    names = [name for one in own for name in _subjects(one.visit, one.part)]
    handed_in = {one.visit.id for one in own if one.part.status not in NOT_DONE}
    signed = await summary_store.said_by(act.db, act.actor, [one.visit.id for one in own])
    done = {
        *((DeadlineKind.INSPECT.value, f"visit:{one}") for one in handed_in),
        *((DeadlineKind.SIGN.value, f"visit:{one}") for one in signed),
    }
    nearest: dict[str, Deadline] = {}
    for row in await deadline_store.of_subjects(act.db, names):
        if (row.kind, row.subject) not in done:  # what others still owe is not his
            nearest.setdefault(row.subject, row)
    in_order = sorted(own, key=lambda one: one.visit.status in _ENDED)
    return [(one, _first(nearest, _subjects(one.visit, one.part))) for one in in_order]


async def visit_detail(act: Act, visit_id: str) -> VisitDetail:
    """One of the actor's visits with the target's file (G1); NotFoundError if it is not his."""
    own = await store.own_visit(act.db, act.actor, visit_id)
    contact = await store.contact(act.db, own.target.id)
    return VisitDetail(
        own=own,
        group=await store.group(act.db, visit_id),
        parts=await part_store.of_visit(act.db, visit_id),
        items=await _items(act, own),
        contact=None if contact is None else {"name": contact.name, "phone": contact.phone},
        history=await publication_store.of_target(act.db, own.target.code),
        evidence=await evidence_store.of_visit(act.db, visit_id, own.part.department_id),
        deadlines=await deadline_store.of_subjects(act.db, _subjects(own.visit, own.part)),
        entrusted=await companions.entrusted(act.db, visits=[visit_id]),
        experts=await companions.experts(act.db, visits=[visit_id]),
        file=await before.file_of(act, own),
        destroyed=await destructions.gone(act.db, f"visit:{visit_id}"),
    )


async def accept(act: Act, visit_id: str) -> str:
    """Accept for oneself; the visit is accepted when its leader accepts. Twice is harmless. Returns the status."""
    await store.lock(act.db, visit_id)
    own = await store.own_visit(act.db, act.actor, visit_id)
    if not await store.mark_accepted(act.db, own.member, act.now):
        return own.visit.status
    act.record("accept-visit", f"visit:{visit_id}", leads=own.member.leads)
    await chain.append(act, visit_id, own.visit.number, "accepted", leads=own.member.leads)
    # Accepted on the page, his card in the chat shows it too.
    await cards.close(act, "已接受", subject=f"visit:{visit_id}", kinds=ASSIGNED, member_id=act.actor.member_id)
    if own.member.leads:
        await advance(act.db, own.visit, "accepted", come_from={"assigned"}, what="这次检查", accepted_at=act.now)
        await deadlines.settle(act, DeadlineKind.ACCEPT, f"visit:{visit_id}")
        await appointments.expect(act, own)
    return own.visit.status


def owner_signs(own: store.OwnVisit, group: Sequence[store.Colleague]) -> bool:
    """Whether the owner signs with this part: the leader's department's, on the phone of whichever of them (G7)."""
    return own.member.leads or any(one.leads and one.department_id == own.part.department_id for one in group)


def can(own: store.OwnVisit) -> dict[str, bool]:
    """What the actor may do now."""
    status = own.visit.status
    return {
        "accept": own.member.accepted_at is None and status in {"assigned", "accepted"},
        "submit": status == "accepted" and own.part.status in NOT_DONE,
        "confirm": own.member.leads and status == "submitted",
    }


def status_text(status: str) -> str:
    """A status in words."""
    return STATUS_WORDS.get(status, status)


def result_of(part: DepartmentPart) -> str:
    """The result that stands for a part, in words; empty before there is one."""
    return result_text(part.submission.manifest["results"]) if part.submission else ""


def result_codes() -> list[dict[str, Any]]:
    """The results that may be chosen, with the rules that the phone checks too."""
    return [asdict(one) for one in RESULT_CODES]


def measures() -> list[dict[str, Any]]:
    """The measures that may be chosen, with the rules that the phone checks too."""
    return [asdict(one) for one in MEASURES]


async def _items(act: Act, own: store.OwnVisit) -> list[Mapping[str, Any]]:
    found = list(await store.items(act.db, own.task.id, own.part.department_id, own.visit))
    earlier = await before.last_answers(act, own, found)
    return [
        {
            "task_item_id": item.id,
            "name": item.name,
            "basis": item.basis,
            "form": form_of(item.form, item.name, content, item.basis).as_data(),
            "earlier": earlier.get(item.id),
            **({"added": {"item_id": item.item_id, "reason": item.reason}} if isinstance(item, AddedItem) else {}),
        }
        for item, content in found
    ]


def _subjects(visit: Visit, part: Part) -> tuple[str, str]:
    return f"visit:{visit.id}", f"part:{part.id}"


def _first(nearest: Mapping[str, Deadline], names: tuple[str, ...]) -> Deadline | None:
    found = [nearest[name] for name in names if name in nearest]
    return min(found, key=lambda row: row.due_on, default=None)
