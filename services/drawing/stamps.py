"""The announcement's hour, vouched for by somebody outside the office: an RFC 3161 timestamp (D2, D4, L2).

freeze -> wanted (a row, in the freeze's transaction) -> (after the commit) bot.timestamps asks -> checked -> kept
                                              no answer, or one that does not fit: again later; the freeze stands

The authority's answer is kept as it came and lies in the bundle as announcement.tsr, which `openssl ts -verify` takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from asn1crypto.tsp import TimeStampResp
from cryptography.x509 import Certificate, NameOID, load_der_x509_certificate
from rfc3161_client import (
    HashAlgorithm,
    TimeStampRequest,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import Actor, DepartmentId, MemberId
from inspection.draw.freeze import ANNOUNCEMENT
from models.blobs import Digest
from models.draws import DrawStamp
from models.store import audit
from models.tasks import Draw
from services.act import Act

TSR = "announcement.tsr"  # in the bundle: the whole TimeStampResp (RFC 3161, 2.4.2)
SHA256 = "2.16.840.1.101.3.4.2.1"
GRANTED = (0, 1)  # granted, grantedWithMods
WAITING, STAMPED = "waiting", "stamped"
OUTCOME_WORDS = {
    "not-sent": "连接不上时间戳机构",
    "lost": "没有收到完整答复",
    "too-large": "答复过大",
    "http": "时间戳机构答复错误",
    "unreadable": "答复不是 RFC 3161 时间戳",
    "not-granted": "时间戳机构没有签发",
    "other-imprint": "时间戳不是对本公告签发的",
    "other-nonce": "时间戳不是对本次申请签发的",
    "not-trusted": "签名或证书链不可信",
}


class BadStampError(Exception):
    """An answer that is no timestamp of this announcement; the argument is a key of `OUTCOME_WORDS`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stamp:
    """What a timestamp says: when, by whom, under which number of his."""

    at: datetime
    authority: str
    serial: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """An announcement that waits for its timestamp."""

    draw_id: str
    department_id: str
    announcement: Digest
    attempts: int


def wanted(act: Act, draw: Draw) -> None:
    """Ask for a timestamp of a draw's announcement, where the office has an authority."""
    if act.house.timestamps:
        act.db.add(DrawStamp(draw_id=draw.id, not_before=act.now))


async def due(db: AsyncSession, now: datetime, limit: int = 20) -> list[Due]:
    """The announcements that an authority is to be asked about now, the oldest first."""
    query = (
        select(DrawStamp.attempts, Draw)
        .join(Draw, Draw.id == DrawStamp.draw_id)
        .where(DrawStamp.status == WAITING, DrawStamp.not_before <= now)
        .order_by(DrawStamp.not_before, DrawStamp.draw_id)
        .limit(limit)
    )
    return [
        Due(
            draw_id=draw.id,
            department_id=draw.department_id,
            announcement=Digest(draw.files[ANNOUNCEMENT]),
            attempts=attempts,
        )
        for attempts, draw in await db.execute(query)
    ]


def request_for(announcement: bytes) -> TimeStampRequest:
    """Make a request over the SHA-256 of the announcement, with a nonce, asking for the certificate."""
    return TimestampRequestBuilder().data(announcement).hash_algorithm(HashAlgorithm.SHA256).build()


def checked(data: bytes, request: TimeStampRequest, announcement: bytes, roots: Sequence[Certificate] = ()) -> Stamp:
    """Give what an authority's answer says, after it was held against the announcement and the request.

    With `roots` the signature and the certificate chain are checked too, else only status, imprint and nonce.
    Raises BadStampError.
    """
    try:
        answer = _read(data)
        if answer.status not in GRANTED:
            raise BadStampError("not-granted")
        told = answer.tst_info
        imprint = (told.message_imprint.hash_algorithm.dotted_string, told.message_imprint.message)
        stamp = Stamp(at=told.gen_time, authority=_authority(answer), serial=f"{told.serial_number:x}")
        nonce = told.nonce
    except ValueError as error:
        raise BadStampError("unreadable") from error
    if imprint != (SHA256, sha256(announcement).digest()):
        raise BadStampError("other-imprint")
    if nonce != request.nonce:
        raise BadStampError("other-nonce")
    if roots:
        try:
            VerifierBuilder(roots=list(roots), nonce=request.nonce).build().verify_message(answer, announcement)
        except (VerificationError, ValueError) as error:
            raise BadStampError("not-trusted") from error
    return stamp


async def later(db: AsyncSession, one: Due, not_before: datetime, outcome: str) -> None:
    """Ask again later; `outcome` is a key of `OUTCOME_WORDS`."""
    await _settle(db, one, attempts=DrawStamp.attempts + 1, not_before=not_before, outcome=outcome)


async def keep(db: AsyncSession, one: Due, now: datetime, digest: Digest, stamp: Stamp) -> None:
    """Keep the answer, once, and put it on record."""
    values = {"digest": digest, "at": stamp.at, "authority": stamp.authority, "serial": stamp.serial, "outcome": ""}
    if await _settle(db, one, status=STAMPED, **values):
        actor = Actor(member_id=MemberId("system"), department_id=DepartmentId(one.department_id), roles=frozenset())
        detail = {"at": stamp.at.isoformat(), "authority": stamp.authority, "response": digest}
        audit.record(db, actor, now, "draw-stamp", f"draw:{one.draw_id}", **detail)


async def file_of(act: Act, draw: Draw) -> dict[str, bytes]:
    """The authority's answer as a file of the bundle; nothing where there is none (yet)."""
    row = await of_draw(act.db, draw.id)
    return {TSR: await act.house.blobs.get(Digest(row.digest))} if row is not None and row.digest else {}


async def of_draw(db: AsyncSession, draw_id: str) -> DrawStamp | None:
    """What became of a draw's timestamp; None where none was wanted."""
    return await db.get(DrawStamp, draw_id)


def shown(row: DrawStamp | None) -> dict[str, Any] | None:
    """A timestamp as pages show it: there, or being asked for, with what went wrong the last time."""
    if row is None:
        return None
    return {
        "stamped": row.status == STAMPED,
        "at": row.at,
        "authority": row.authority,
        "serial": row.serial,
        "attempts": row.attempts,
        "trouble": OUTCOME_WORDS.get(row.outcome, ""),
    }


def _read(data: bytes) -> TimeStampResponse:
    """Read an answer; one whose certificates are not in the order that DER wants, as openssl writes them, is put right.

    No signature covers that order, and the strict reader refuses the whole answer for it. ValueError.
    """
    try:
        return decode_timestamp_response(data)
    except ValueError:
        return decode_timestamp_response(TimeStampResp.load(data, strict=True).dump(force=True))


def _authority(answer: TimeStampResponse) -> str:
    """The name in the signer's certificate; empty where the answer carries none."""
    signers = {(one.issuer, one.serial_number) for one in answer.signed_data.signer_infos}
    for data in answer.signed_data.certificates:
        certificate = load_der_x509_certificate(data)
        if (certificate.issuer, certificate.serial_number) in signers:
            names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
            return str(names[0].value)[:128] if names else certificate.subject.rfc4514_string()[:128]
    return ""


async def _settle(db: AsyncSession, one: Due, **values: Any) -> bool:
    found = await db.scalar(
        update(DrawStamp)
        .where(DrawStamp.draw_id == one.draw_id, DrawStamp.status == WAITING)
        .values(**values)
        .returning(DrawStamp.draw_id)
        .execution_options(synchronize_session=False)
    )
    return found is not None
