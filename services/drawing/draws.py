"""The draw's life: frozen by a second person, seeded in the ordered way, drawn once (D2-D8; docs: draw-protocol).

prepared -> freeze (announcement out, pools fixed as bytes) -> enter_value (dice, then public) -> draw -> dispatch
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Any, ClassVar

from inspection.actors import Role
from inspection.draw.announcement import Mode, Source, SourceKind
from inspection.draw.beacon import KEY as BEACON_KEY
from inspection.draw.beacon import Round
from inspection.draw.freeze import ANNOUNCEMENT, Terms, freeze_files
from inspection.draw.lists import CONFLICTS
from inspection.draw.record import RECORD
from inspection.draw.refusals import SeedValueError
from inspection.draw.result import PUBLISHED, RESULT, DrawResult, published_json, result_json, run_draw
from inspection.draw.seed import SEED, check_entry, seed_json
from inspection.draw.text import sha256_hex
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError
from inspection.workdays import SHANGHAI
from models.blobs import Digest
from models.store import tasks as store
from models.store.states import advance, insert_ignore, next_number
from models.tasks import Draw, SeedValue, Task
from services.act import Act
from services.drawing import beacons, codes, kinds, lowers, stamps
from services.drawing.bundles import zipped
from services.drawing.dispatch import dispatch
from services.drawing.progress import DRAW, FREEZE, Progress
from services.drawing.record import record_of
from services.drawing.scoring import Children, EarlyTree, quick_tally
from services.drawing.tasks import Pool, pool_of, refuse_unready
from services.registers.confirmations import refuse_unconfirmed

SECRET_BYTES = 32
SYSTEM_SOURCE = "server"


class ShortTargetsError(ConflictError):
    """有 {count} 户因回避等原因，部分部门凑不齐检查组。"""

    code: ClassVar[str] = "short-targets"
    action: ClassVar[str] = "请先增派人员；确实无法增派的，勾选“已知悉缺员”后再冻结，确认会记入审计。名单没有变化。"


async def freeze(
    act: Act,
    task_id: str,
    sources: Sequence[Source],
    *,
    accept_short: bool = False,
    beacon_after: int | None = None,
    progress: Progress | None = None,
) -> Draw:
    """Freeze the pool: a second person, other than who prepared it; what is frozen is stored once, as bytes (D4).

    `sources` are the values of the room and the world, at least one; the server's own committed value comes first.
    `accept_short`: targets that conflicts leave short are known and accepted; it stands in the audit log (E5).
    `beacon_after`: the office's public source is the last to speak, by its round so many minutes from now.
    `progress` is told how far it is.
    """
    progress = progress or Progress(FREEZE)
    progress.step()
    task = await store.task(act.db, act.actor, task_id)
    if task.prepared_by == act.actor.member_id:
        raise ConflictError(what="任务", why="提交冻结和冻结须由两人分别完成，请由另一位协调员冻结。")
    await advance(act.db, task, "frozen", come_from={"prepared"}, what="任务")
    await refuse_unconfirmed(act, task)
    secret, master = secrets.token_bytes(SECRET_BYTES), secrets.token_bytes(SECRET_BYTES)
    tree = EarlyTree(master, Children(progress.told))
    pool = await pool_of(act, task, progress.step, tree.take)
    refuse_unready(pool)
    if pool.short_targets and not accept_short:
        raise ShortTargetsError(count=len({one.target for one in pool.short_targets}))
    number = await _draw_number(act)
    out = None if beacon_after is None else beacons.next_round(act, beacon_after)
    terms = _terms(act, task, pool, number, _all_sources((*sources, *([out.as_source()] if out else ())), secret), out)
    progress.step()
    files = {
        **await asyncio.to_thread(
            freeze_files, terms, pool.frozen(), master, tree.subtrees, partial(quick_tally, pool.strata)
        ),
        **lowers.lists(pool.lower),
    }
    progress.step()
    draw = Draw(
        number=number,
        task_id=task.id,
        department_id=task.department_id,
        frozen_at=act.now,
        fingerprint=sha256_hex(files[ANNOUNCEMENT]),
        sources=[{**asdict(source), "kind": source.kind.value} for source in terms.sources],
        files=await _store(act, files),
        secret=secret.hex(),
        master=master.hex(),
        counts=_frozen_counts(pool),
    )
    await _announce(act, draw, terms.sources, out, short_accepted=len(pool.short_targets))
    return draw


async def _announce(act: Act, draw: Draw, sources: Sequence[Source], out: Round | None, *, short_accepted: int) -> None:
    """Write the draw down and set off what its announcement brings: codes, the timestamp, the world's round."""
    act.db.add(draw)
    await act.db.flush()
    codes.issue(act, draw, sources)
    stamps.wanted(act, draw)
    if out:
        beacons.announced(act, draw, out)
    act.record(
        "draw-freeze",
        f"draw:{draw.id}",
        number=draw.number,
        fingerprint=draw.fingerprint,
        short_accepted=short_accepted,
    )


def _frozen_counts(pool: Pool) -> dict[str, int]:
    return {
        "targets": pool.candidates,
        "excluded": pool.excluded.total(),
        "inspectors": len(pool.people) if pool.lower or pool.mode in kinds.WITH_PEOPLE else 0,  # as it is announced
        "to_draw": sum(pool.quotas.values()),
    }


async def _draw_number(act: Act) -> str:
    lead_code = act.house.lead_code
    year = act.now.astimezone(SHANGHAI).year
    return f"{lead_code}-{year}-{await next_number(act.db, f'draw/{lead_code}/{year}'):04d}"


def _all_sources(sources: Sequence[Source], secret: bytes) -> tuple[Source, ...]:
    if any(source.kind is SourceKind.SYSTEM or source.name == SYSTEM_SOURCE for source in sources):
        raise InvalidInputError(what="随机数来源", why="系统来源由服务器自动加入，不能手工添加。")
    system = Source(
        name=SYSTEM_SOURCE,
        kind=SourceKind.SYSTEM,
        note="服务器在冻结时承诺、抽取时揭示的 32 字节随机数",
        commitment=sha256_hex(secret),
    )
    in_order = sorted(sources, key=lambda source: source.kind is SourceKind.PUBLIC)
    return (system, *in_order)


def _terms(act: Act, task: Task, pool: Pool, number: str, sources: tuple[Source, ...], out: Round | None) -> Terms:
    return Terms(
        draw_id=number,
        mode=pool.mode,
        frozen_at=act.now.astimezone(SHANGHAI).isoformat(timespec="seconds"),
        scope_rule=kinds.scope_text(task),
        quotas=pool.quotas,
        teams=() if pool.lower or pool.mode is Mode.ORDER else pool.teams,
        sources=sources,
        conflict_reasons=pool.barred.counts() if pool.frozen()[CONFLICTS] else {},
        lower=tuple(one.commitment() for one in pool.lower),
        further={**kinds.further_keys(task, pool.candidates), **({BEACON_KEY: out.as_data()} if out else {})},
    )


async def enter_value(act: Act, task_id: str, name: str, value: str) -> bool:
    """Enter the value of one announced source, once, in the ordered way; raises SeedValueError or ConflictError.

    False where it is a fetched source's and a second person has to say the same first (`beacons.by_hand`).
    """
    task = await store.task(act.db, act.actor, task_id)
    draw = await _frozen_draw(act, task)
    said = await beacons.by_hand(act, draw, name, value)
    if said is not None:
        await put_value(act, draw, name, said)
    return said is not None


async def put_value(act: Act, draw: Draw, name: str, value: str, by: str = "") -> None:
    """Enter a value for somebody whom the caller has let in; raises SeedValueError or ConflictError."""
    if draw.status != "frozen":
        raise ConflictError(what="这次抽取", why="名单尚未冻结，或已经抽取完毕。")
    sources = sources_of(draw)
    entered = await store.seed_values(act.db, draw.id)
    # The server's own value stands since the freeze, committed to; it counts as the first to have spoken.
    known = {SYSTEM_SOURCE: draw.secret, **entered}
    cleaned = check_entry(sources, known, name, value)
    await beacons.refuse_late(act, draw, next(one for one in sources if one.name == name))
    new = await insert_ignore(
        act.db,
        SeedValue,
        draw_id=draw.id,
        source=name,
        value=cleaned,
        entered_by=by or act.actor.member_id,
        entered_at=act.now,
    )
    if not new:  # two entered it in the same moment, and neither saw the other's value yet
        raise SeedValueError(name=name, why="已经录入过，每个来源只能录入一次")
    act.record("draw-value", f"draw:{draw.id}", source=name, value=cleaned)


async def draw(act: Act, task_id: str, progress: Progress | None = None) -> Draw:
    """Draw, match, lock and dispatch in one transaction (D2, D4, D5, D7): of many who ask at once, one draws.

    `progress` is told how far it is.
    """
    progress = progress or Progress(DRAW)
    progress.step()
    task = await store.task(act.db, act.actor, task_id)
    row = await _frozen_draw(act, task)
    await advance(act.db, row, "drawn", come_from={"frozen"}, what="这次抽取", drawn_at=act.now)
    await advance(act.db, task, "drawn", come_from={"frozen"}, what="任务")
    values = {SYSTEM_SOURCE: row.secret, **await store.seed_values(act.db, row.id)}
    files = await frozen_files(act, row)
    files[SEED] = seed_json(files[ANNOUNCEMENT], sources_of(row), values)
    progress.step()
    result = await asyncio.to_thread(run_draw, files, Children(progress.told).score, own=True)
    progress.step()
    written = result_json(result)
    made = {SEED: files[SEED], RESULT: written, PUBLISHED: published_json(result, {}, written)}
    below, groups = await asyncio.to_thread(lowers.match_below, files, result)
    result = replace(result, groups=groups) if below else result
    made |= below | await beacons.page_of(act, row)
    progress.step()
    row.files = {**row.files, **await _store(act, made)}
    row.counts = {**row.counts, **_counts(result)}
    act.record("draw", f"draw:{row.id}", seed=result.seed, result=row.files[RESULT], **_counts(result))
    await dispatch(act, task, row, result)
    return row


def _counts(result: DrawResult) -> dict[str, int]:
    short = sum(1 for group in result.groups if any(team.short for team in group.teams))
    return {"drawn": len(result.drawn), "groups": len(result.groups), "short": short}


async def frozen_files(act: Act, row: Draw) -> dict[str, bytes]:
    """The draw's files by name, each held against its digest by the store."""
    return {name: await act.house.blobs.get(Digest(digest)) for name, digest in row.files.items()}


async def bundle(act: Act, number: str) -> bytes:
    """The bundle of a draw as a ZIP: what `suicha verify` checks; for observers and coordinators only."""
    if not act.actor.has(Role.COORDINATOR, Role.OBSERVER):
        raise ForbiddenError
    row = await store.draw_by_number(act.db, act.actor, number)
    return await zip_of(act, row)


async def zip_of(act: Act, row: Draw) -> bytes:
    """The bundle of a draw as a ZIP, for whom the caller has let in."""
    files = await frozen_files(act, row) | await stamps.file_of(act, row)
    if row.drawn_at is not None:
        files[RECORD] = await record_of(act, row)
    return await asyncio.to_thread(zipped, files)


async def _store(act: Act, files: Mapping[str, bytes]) -> dict[str, Any]:
    return {name: await act.house.blobs.put(data) for name, data in files.items()}


async def _frozen_draw(act: Act, task: Task) -> Draw:
    row = await store.draw_of(act.db, task.id)
    if row is None or row.status != "frozen":
        raise ConflictError(what="这次抽取", why="名单尚未冻结，或已经抽取完毕。")
    return row


def sources_of(row: Draw) -> tuple[Source, ...]:
    """The sources that a draw announced, in order."""
    return tuple(Source(**{**source, "kind": SourceKind(source["kind"])}) for source in row.sources)
