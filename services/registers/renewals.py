"""A certificate that was renewed: its holder says so from his phone, a liaison or head confirms (B11).

ask (number, last day), photo -> liaison and heads told -> confirm: the library holds the new day, nobody is reminded
                                                        -> decline with a reason: the holder is told, and may ask anew
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from sqlalchemy import select

from inspection.deadlines import DeadlineKind
from inspection.errors import ForbiddenError, InvalidInputError, NotFoundError
from inspection.notices import Notice, NoticeKind
from inspection.workdays import local_date
from models.blobs import Digest
from models.libraries import Certificate, CertificateRenewal
from models.people import Inspector, Member
from models.store import renewals as store
from models.store.states import advance
from services.act import Act, House
from services.clock import deadlines
from services.field.evidence import DigestMismatchError
from services.field.photos import Stamp
from services.people.notices import Letter, tell_many, tell_member
from services.registers.inspectors import CERTIFIED, masked

FIRST = "执法证"
MAX_NUMBER = 64
MAX_REASON = 300


class OwnRenewalError(ForbiddenError):
    """自己的证件不能由自己确认。"""

    code: ClassVar[str] = "own-renewal"
    action: ClassVar[str] = "请本部门另一位联络员或分管负责人确认，报送的内容没有变化。"


@dataclass(frozen=True, kw_only=True, slots=True)
class Renewal:
    """What the holder says: of which certificate (empty: the 执法证), its new number (empty: as before), last day."""

    certificate_id: str
    number: str
    expires_on: date


async def own(act: Act) -> dict[str, Any]:
    """The actor's own certificates and what he has asked for; NotFoundError where he is no inspector."""
    inspector = await _inspector(act)
    asked = await store.newest(act.db, inspector.id)
    today = local_date(act.now)
    rows = [("", FIRST, inspector.certificate_no, inspector.certificate_expires)]
    rows += [(one.id, one.kind, one.number, one.expires_on) for one in await store.papers(act.db, inspector.id)]
    return {
        "rows": [
            {
                "id": paper,
                "kind": kind,
                "number": masked(number),
                "expires_on": expires,
                "valid": expires is not None and expires >= today,
                "renewal": _shown(asked[paper]) if paper in asked else None,
            }
            for paper, kind, number, expires in rows
        ]
    }


async def ask(act: Act, new: Renewal) -> str:
    """Ask that a renewed certificate of one's own is put down; one that waits is replaced. Returns the request's id."""
    inspector = await _inspector(act)
    paper = await _paper(act, inspector, new.certificate_id)
    number = new.number.strip()
    if len(number) > MAX_NUMBER:
        raise InvalidInputError(what="证号", why=f"不超过 {MAX_NUMBER} 字。")
    before = paper.expires_on if paper else inspector.certificate_expires
    if new.expires_on <= local_date(act.now) or (before is not None and new.expires_on <= before):
        raise InvalidInputError(what="新的有效期", why="应当晚于今天，并晚于原来的有效期。")
    await store.drop_waiting(act.db, inspector.id, new.certificate_id)
    row = CertificateRenewal(
        inspector_id=inspector.id,
        certificate_id=paper.id if paper else None,
        number=number or None,
        expires_on=new.expires_on,
        asked_at=act.now,
    )
    act.db.add(row)
    await act.db.flush()
    act.record("renewal-ask", f"inspector:{inspector.staff_no}", expires_on=str(new.expires_on))
    await _tell_deciders(act, inspector, row)
    return row.id


async def expect_photo(act: Act, renewal_id: str, digest: str, data: bytes) -> Stamp:
    """Check that these bytes may become the picture of a request of the actor's own; what is written on it."""
    if hashlib.sha256(data).hexdigest() != digest:
        raise DigestMismatchError
    inspector, row = await _own_request(act, renewal_id)
    member = await act.db.get_one(Member, inspector.member_id)
    return Stamp(
        at=act.now, place="本人报送", task="换发证件", target=f"有效期至 {row.expires_on}", inspector=member.name
    )


async def develop(house: House, data: bytes, stamp: Stamp) -> Digest:
    """Make the copy that a decider looks at and store it; raises PhotoRefusedError or TooLargeError."""
    return await house.blobs.put((await house.photo_lab.develop(data, stamp)).display)


async def keep_photo(act: Act, renewal_id: str, photo: Digest) -> None:
    """Put the picture to the request."""
    _, row = await _own_request(act, renewal_id)
    row.photo = photo
    await act.db.flush()


async def waiting(act: Act) -> list[dict[str, Any]]:
    """What waits for a word, of the actor's own department; of all of them for the office."""
    return [
        {
            **_shown(one.row),
            "id": one.row.id,
            "name": one.member.name,
            "staff_no": one.inspector.staff_no,
            "department": one.department,
            "kind": one.paper.kind if one.paper else FIRST,
            "number": one.row.number or "",
            "before": one.paper.expires_on if one.paper else one.inspector.certificate_expires,
            "photo": one.row.photo is not None,
            "can_decide": one.inspector.member_id != act.actor.member_id,
        }
        for one in await store.waiting(act.db, act.actor)
    ]


async def decide(act: Act, renewal_id: str, *, confirmed: bool, reason: str) -> str:
    """Put the new day into the library, or say why not; returns the status. Nobody confirms his own."""
    one = await store.case(act.db, act.actor, renewal_id)
    if one.inspector.member_id == act.actor.member_id:
        raise OwnRenewalError
    reason = reason.strip()
    if len(reason) > MAX_REASON or (not confirmed and not reason):
        raise InvalidInputError(what="理由", why=f"不同意时请写明，不超过 {MAX_REASON} 字。")
    fields = {"decided_by": act.actor.member_id, "decided_at": act.now, "reason": reason}
    to = "confirmed" if confirmed else "declined"
    await advance(act.db, one.row, to, come_from={"asked"}, what="证件换发", **fields)
    if confirmed:
        await _put_down(act, one)
    about = f"inspector:{one.inspector.staff_no}"
    if confirmed:
        act.record("renewal-confirm", about, expires_on=str(one.row.expires_on))
    else:
        act.record("renewal-decline", about, expires_on=str(one.row.expires_on))
    await _tell_holder(act, one)
    return one.row.status


async def photo(act: Act, renewal_id: str) -> Digest:
    """The picture of a certificate that waits for the actor's word; NotFoundError."""
    one = await store.case(act.db, act.actor, renewal_id)
    if one.row.photo is None:
        raise NotFoundError(what="这张照片")
    return Digest(one.row.photo)


async def _put_down(act: Act, one: store.RenewalCase) -> None:
    if one.paper is not None:
        one.paper.expires_on = one.row.expires_on
        one.paper.number = one.row.number or one.paper.number
    else:
        one.inspector.certificate_expires = one.row.expires_on
        one.inspector.certificate_no = one.row.number or one.inspector.certificate_no
    await act.db.flush()
    paper = one.paper.id if one.paper else one.inspector.id
    await deadlines.settle(act, DeadlineKind.RENEW_CERTIFICATE, f"certificate:{paper}")


async def _inspector(act: Act) -> Inspector:
    found = await act.db.scalar(select(Inspector).where(Inspector.member_id == act.actor.member_id))
    if found is None or found.kind != CERTIFIED:
        raise NotFoundError(what="您的执法证件")
    return found


async def _own_request(act: Act, renewal_id: str) -> tuple[Inspector, CertificateRenewal]:
    inspector = await _inspector(act)
    row = await act.db.get(CertificateRenewal, renewal_id)
    if row is None or row.inspector_id != inspector.id or row.status != "asked":
        raise NotFoundError(what="这份换证报送")
    return inspector, row


async def _paper(act: Act, inspector: Inspector, certificate_id: str) -> Certificate | None:
    if not certificate_id:
        return None
    found = [one for one in await store.papers(act.db, inspector.id) if one.id == certificate_id]
    if not found:
        raise NotFoundError(what="这份证件")
    return found[0]


def _shown(row: CertificateRenewal) -> dict[str, Any]:
    return {
        "expires_on": row.expires_on,
        "status": row.status,
        "asked_at": row.asked_at,
        "reason": row.reason,
    }


async def _tell_deciders(act: Act, inspector: Inspector, row: CertificateRenewal) -> None:
    member = await act.db.get_one(Member, inspector.member_id)
    notice = Notice(
        kind=NoticeKind.RENEWAL_ASKED,
        document_no=f"换证-{inspector.staff_no}-{row.id[-8:]}",
        title="有一份换发的执法证件待确认",
        summary="请核对证件照片和有效期，确认后记入人员名录库。",
        facts=(("人员", member.name), ("工号", inspector.staff_no), ("新有效期", str(row.expires_on))),
        path="/console/clock",
    )
    whom = await store.deciders(act.db, inspector.department_id, act.house.clock.liaison_post)
    letters = [
        Letter(
            userid=userid,
            notice=notice,
            department_id=inspector.department_id,
            subject=f"inspector:{inspector.staff_no}",
            dedupe_key=f"renewal-asked/{row.id}/{userid}",
        )
        for userid in whom
        if userid != member.userid
    ]
    await tell_many(act, letters)


async def _tell_holder(act: Act, one: store.RenewalCase) -> None:
    confirmed = one.row.status == "confirmed"
    notice = Notice(
        kind=NoticeKind.RENEWAL_DECIDED,
        document_no=f"换证-{one.inspector.staff_no}-{one.row.id[-8:]}-答复",
        title="换发的证件已确认" if confirmed else "换发的证件没有确认",
        summary=f"有效期至 {one.row.expires_on}，已记入人员名录库。" if confirmed else one.row.reason,
        facts=(("证件", one.paper.kind if one.paper else FIRST), ("有效期至", str(one.row.expires_on))),
        path="/m/certificates",
    )
    await tell_member(
        act,
        one.member.userid,
        notice,
        department_id=one.inspector.department_id,
        subject=f"inspector:{one.inspector.staff_no}",
        dedupe_key=f"renewal-decided/{one.row.id}",
    )
