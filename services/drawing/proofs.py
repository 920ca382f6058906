"""An enterprise sees for itself that it was in the pool, and learns nothing of the others (B8, Q2; draw-protocol).

notice code | code handed out by the office -> its own line, salt, audit path -> root as announced -> page
                                            (handing a line out is a setting, and is logged each time)
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from inspection.actors import Role
from inspection.draw.announcement import Announcement, parse_announcement
from inspection.draw.freeze import ANNOUNCEMENT
from inspection.draw.lists import EXCLUDED, TARGETS
from inspection.draw.merkle import Node, Proof, climb, prove, verify_path
from inspection.draw.result import RESULT
from inspection.draw.text import sha256_hex
from inspection.errors import ConflictError, ForbiddenError, NotFoundError
from models.base import new_id
from models.blobs import Digest
from models.draws import ProofCode
from models.registers import Target
from models.store import publications as publication_store
from models.store import tasks as task_store
from models.store.states import insert_ignore
from models.tasks import Draw, Visit
from services.act import Act
from services.drawing import codes

DRAWN_PART = 30  # per cent of the ruler that stands for scores up to the cutoff, however few they are


@dataclass(frozen=True, kw_only=True, slots=True)
class Ticket:
    """One ticket of an enterprise: its score, and where on a ruler of 100 it stands."""

    number: int
    score: str
    at: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """What one enterprise is shown of one draw: nothing here is about anybody else."""

    draw: Draw
    target: str
    announcement: Announcement
    excluded: str = ""  # the rule that left it out, where it was not in the pool
    proof: Proof | None = None
    holds: bool = False  # the path leads to the announced root
    nodes: tuple[Node, ...] = ()  # from its leaf to the root
    tickets: tuple[Ticket, ...] = ()  # once there is a seed
    cutoff: str = ""  # of its own stratum
    drawn: bool = False


async def hand_out(act: Act, number: str, target_code: str) -> str:
    """Make (or show again) the code by which one enterprise sees its own line; for coordinators, and recorded."""
    return await _hand(act, await _of_office(act, number), target_code)


async def hand_out_to(act: Act, number: str, target_codes: Sequence[str]) -> int:
    """Make codes for many enterprises, or (none named) for all that were drawn; returns for how many."""
    draw = await _of_office(act, number)
    drawn = select(Target.code).join(Visit, Visit.target_id == Target.id).where(Visit.task_id == draw.task_id)
    wanted = list(dict.fromkeys(target_codes)) or list(await act.db.scalars(drawn.order_by(Visit.position)))
    for one in wanted:
        await _hand(act, draw, one)
    return len(wanted)


async def handed_out(act: Act, number: str) -> list[dict[str, Any]]:
    """The codes of a draw that were made, to be handed to each enterprise alone: a table for the office."""
    draw = await _of_office(act, number)
    query = select(ProofCode, Target.name).join(Target, Target.code == ProofCode.target)
    rows = (await act.db.execute(query.where(ProofCode.draw_id == draw.id).order_by(ProofCode.id))).all()
    return [{"code": row.target, "name": name, "proof": row.code, "made_at": row.made_at} for row, name in rows]


async def _of_office(act: Act, number: str) -> Draw:
    if not act.actor.has(Role.COORDINATOR):
        raise ForbiddenError
    _refuse_if_off(act)
    return await task_store.draw_by_number(act.db, act.actor, number)


async def _hand(act: Act, draw: Draw, target_code: str) -> str:
    found = await act.db.scalar(select(Target.code).where(Target.code == target_code))
    if found is None:
        raise NotFoundError(what=f"检查对象 {target_code[:18]}")
    await insert_ignore(
        act.db,
        ProofCode,
        id=new_id(),
        draw_id=draw.id,
        target=target_code,
        code=codes.new_code(),
        made_by=act.actor.member_id,
        made_at=act.now,
    )
    act.record("proof-code", f"draw:{draw.id}", number=draw.number, target=target_code)
    row = await act.db.scalar(select(ProofCode).where(ProofCode.draw_id == draw.id, ProofCode.target == target_code))
    if row is None:
        raise RuntimeError("a row vanished inside its own transaction")
    return row.code


async def show(act: Act, number: str, target_code: str, code: str) -> Shown:
    """Show an enterprise its own line; WrongCodeError, TooManyTriesError, ConflictError where this is switched off."""
    _refuse_if_off(act)
    await codes.refuse_guessing(act, _key(number))
    draw, _ = await publication_store.draw(act.db, number)
    if not await _opens(act, draw, target_code, code):
        raise codes.WrongCodeError
    act.record("proof-shown", f"draw:{draw.id}", number=number, target=target_code)
    names = [name for name in (ANNOUNCEMENT, TARGETS, EXCLUDED, RESULT) if name in draw.files]
    files = {name: await act.house.blobs.get(Digest(draw.files[name])) for name in names}
    return await asyncio.to_thread(_shown, draw, files, target_code)


def note_wrong(act: Act, number: str) -> None:
    """Count a wrong code."""
    codes.note_wrong(act, _key(number))


async def _opens(act: Act, draw: Draw, target_code: str, code: str) -> bool:
    handed = await act.db.scalar(select(ProofCode).where(ProofCode.draw_id == draw.id, ProofCode.target == target_code))
    if handed and codes.fits(code, handed.code):
        return True
    query = select(Visit.notice_code).join(Target, Target.id == Visit.target_id)
    noticed = await act.db.scalar(query.where(Visit.task_id == draw.task_id, Target.code == target_code))
    return noticed is not None and codes.fits(code, noticed)


def _shown(draw: Draw, files: dict[str, bytes], code: str) -> Shown:
    announcement = parse_announcement(files[ANNOUNCEMENT])
    proof = prove(bytes.fromhex(draw.master), files[TARGETS], code)
    if proof is None:
        return Shown(draw=draw, target=code, announcement=announcement, excluded=_excluded(files[EXCLUDED], code))
    seed, cutoff, drawn = _result(files, proof.line.split("\t")[1], code)
    count = int(proof.line.rsplit("\t", 1)[1])
    scores = [sha256_hex(f"{seed}/target/{code}/{number}".encode()) for number in range(1, count + 1)] if seed else []
    return Shown(
        draw=draw,
        target=code,
        announcement=announcement,
        proof=proof,
        holds=verify_path(proof, announcement.merkle_root),
        nodes=climb(proof) or (),
        tickets=tuple(Ticket(number=k, score=one, at=_place(one, cutoff)) for k, one in enumerate(scores, 1)),
        cutoff=cutoff,
        drawn=drawn,
    )


def _place(score: str, cutoff: str) -> float:
    """Where a score stands on the ruler: up to the cutoff in its first part, behind it in the rest."""
    value, limit = (int(one[:16] or "0", 16) / 16**16 for one in (score, cutoff))
    if score <= cutoff:
        return DRAWN_PART * value / limit if limit else 0
    return DRAWN_PART + (100 - DRAWN_PART) * (value - limit) / (1 - limit)


def _result(files: dict[str, bytes], stratum: str, code: str) -> tuple[str, str, bool]:
    if RESULT not in files:
        return "", "", False
    result: dict[str, Any] = json.loads(files[RESULT])
    drawn = any(one["target"] == code for one in result["drawn"])
    return result["seed"], result["cutoffs"].get(stratum, ""), drawn


def _excluded(excluded: bytes, code: str) -> str:
    start = f"{code}\t"
    lines = excluded.decode().split("\n")
    return next((line.removeprefix(start) for line in lines if line.startswith(start)), "")


def _refuse_if_off(act: Act) -> None:
    if not act.house.rules.proofs:
        raise ConflictError(what="名单查验", why="本办公室没有开放这项服务，请到联席会议办公室查询。")


def _key(number: str) -> str:
    return f"proof:{number}"
