"""The four frozen lists of a draw and their files, exact to the byte (D2, D3, D4, E5).

values -> to_tsv (checks, sorts) -> bytes -> from_tsv (checks every rule again) -> values
                                    bytes -> tally (the same rules, no value per line) -> counts

A file is UTF-8, NFC, LF line ends, one line a value, sorted by bytes, each key once. A refusal names file and line.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice, pairwise
from operator import ge
from typing import TypeVar

from inspection.draw.lists import CONFLICTS, EXCLUDED, INSPECTORS, MAX_TICKETS, TARGETS, Tally, ids_of, quick_tally
from inspection.draw.refusals import PoolLineError
from inspection.draw.text import is_nfc

ANY_TARGET = "*"
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")  # all but TAB; they would also break the order by bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A target in the pool: `tickets` (1 to 1000) makes it that many times as likely to come first (C12)."""

    id: str
    stratum: str
    tickets: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DrawInspector:
    """An inspector in the pool, the department he is drawn for, and his skills in the order of their bytes (B13)."""

    id: str
    department: str
    skills: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Conflict:
    """This inspector may not inspect this target (recusal, rotation, absence: E5); target `*` bars him altogether."""

    target: str
    inspector: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Exclusion:
    """Someone in the task's scope who is not in the pool, and the rule that left him out."""

    id: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Pools:
    """All that is frozen: candidates, inspectors, conflicts and exclusions, in any order."""

    candidates: tuple[Candidate, ...]
    inspectors: tuple[DrawInspector, ...]
    conflicts: tuple[Conflict, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()

    def files(self) -> dict[str, bytes]:
        """Write the four files, by name; raises PoolLineError with the line the wrong value would have had."""
        return {
            TARGETS: targets_to_tsv(self.candidates),
            INSPECTORS: inspectors_to_tsv(self.inspectors),
            CONFLICTS: conflicts_to_tsv(self.conflicts),
            EXCLUDED: excluded_to_tsv(self.exclusions),
        }


Quickly = Callable[[bytes, bytes], Tally | None]  # targets.tsv, excluded.tsv
Value = TypeVar("Value", Candidate, DrawInspector, Conflict, Exclusion)


def targets_to_tsv(candidates: Iterable[Candidate]) -> bytes:
    """Write targets.tsv from candidates in any order; raises PoolLineError."""
    return _write(TARGETS, ((c.id, c.stratum, str(c.tickets)) for c in candidates), _candidate)


def targets_from_tsv(data: bytes) -> tuple[Candidate, ...]:
    """Read targets.tsv; raises PoolLineError with the first line that breaks a rule."""
    return _read(TARGETS, data, _candidate)


def inspectors_to_tsv(inspectors: Iterable[DrawInspector]) -> bytes:
    """Write inspectors.tsv from inspectors in any order; raises PoolLineError."""
    return _write(INSPECTORS, ((i.id, i.department, ",".join(i.skills)) for i in inspectors), _inspector)


def inspectors_from_tsv(data: bytes) -> tuple[DrawInspector, ...]:
    """Read inspectors.tsv; raises PoolLineError with the first line that breaks a rule."""
    return _read(INSPECTORS, data, _inspector)


def conflicts_to_tsv(conflicts: Iterable[Conflict]) -> bytes:
    """Write conflicts.tsv from conflicts in any order; raises PoolLineError."""
    return _write(CONFLICTS, ((c.target, c.inspector) for c in conflicts), _conflict)


def conflicts_from_tsv(data: bytes) -> tuple[Conflict, ...]:
    """Read conflicts.tsv; raises PoolLineError with the first line that breaks a rule."""
    return _read(CONFLICTS, data, _conflict)


def excluded_to_tsv(exclusions: Iterable[Exclusion]) -> bytes:
    """Write excluded.tsv from exclusions in any order; raises PoolLineError."""
    return _write(EXCLUDED, ((e.id, e.reason) for e in exclusions), _exclusion)


def excluded_from_tsv(data: bytes) -> tuple[Exclusion, ...]:
    """Read excluded.tsv; raises PoolLineError with the first line that breaks a rule."""
    return _read(EXCLUDED, data, _exclusion)


def take_stock(files: Mapping[str, bytes], quickly: Quickly = lambda _targets, _excluded: None) -> dict[str, Tally]:
    """Count the four frozen files' lines and labels after checking every rule; raises PoolLineError as reading would.

    The tally of targets.tsv has as `shared` an id that stands in excluded.tsv too. `quickly` may give that tally from
    targets.tsv and excluded.tsv where all is plain, and None where in doubt.
    """
    excluded = _tally(EXCLUDED, files[EXCLUDED])
    targets = quickly(files[TARGETS], files[EXCLUDED])
    return {
        TARGETS: targets or _tally(TARGETS, files[TARGETS], ids_of(EXCLUDED, files[EXCLUDED])),
        INSPECTORS: _tally(INSPECTORS, files[INSPECTORS]),
        CONFLICTS: _tally(CONFLICTS, files[CONFLICTS]),
        EXCLUDED: excluded,
    }


def _tally(file: str, data: bytes, apart: frozenset[bytes] = frozenset()) -> Tally:
    if quick := quick_tally(file, data, apart):
        return quick
    values = READERS[file](data)
    labels = [one.stratum if isinstance(one, Candidate) else getattr(one, "reason", "") for one in values]
    shared = [one.id for one in values if isinstance(one, Candidate) and one.id.encode() in apart]
    return Tally(count=len(values), labels=Counter(labels), shared=min(shared, default=""))


READERS: Mapping[str, Callable[[bytes], tuple[Candidate | DrawInspector | Conflict | Exclusion, ...]]] = {
    TARGETS: targets_from_tsv,
    INSPECTORS: inspectors_from_tsv,
    CONFLICTS: conflicts_from_tsv,
    EXCLUDED: excluded_from_tsv,
}


def _write(file: str, rows: Iterable[tuple[str, ...]], parse: Callable[[list[str]], Value]) -> bytes:
    """Sort and join, then read back: what is written has passed the very rules that a reader will apply."""
    lines = sorted("\t".join(row) for row in rows)
    _check_lines(file, lines)
    data = "".join([line + "\n" for line in lines]).encode()
    if quick_tally(file, data) is None:
        _parse(file, lines, parse)
    return data


def _read(file: str, data: bytes, parse: Callable[[list[str]], Value]) -> tuple[Value, ...]:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PoolLineError(file=file, line=line, why="不是 UTF-8 编码") from error
    lines = text.split("\n")  # not splitlines(): it would also cut at U+2028 and its like
    if lines.pop():
        raise PoolLineError(file=file, line=len(lines) + 1, why="最后一行没有以换行符结束")
    _check_lines(file, lines)
    return _parse(file, lines, parse)


def _parse(file: str, lines: list[str], parse: Callable[[list[str]], Value]) -> tuple[Value, ...]:
    """Turn lines into values. Comparing code points is comparing UTF-8 bytes, so `str` order is the protocol's."""
    values: list[Value] = []
    try:
        for line in lines:
            values.append(parse(line.split("\t")))  # noqa: PERF401 - the count tells the line of a refusal
    except ValueError as error:
        raise PoolLineError(file=file, line=len(values) + 1, why=error.args[0]) from None
    keys = [_key(value) for value in values]
    if any(map(ge, keys, islice(keys, 1, None))):
        number = next(number for number, (before, after) in enumerate(pairwise(keys), 2) if before >= after)
        why = "重复" if keys[number - 2] == keys[number - 1] else "没有按字节排序"
        raise PoolLineError(file=file, line=number, why=why)
    return tuple(values)


def _key(value: Value) -> str:
    return f"{value.target}\t{value.inspector}" if isinstance(value, Conflict) else value.id


def _candidate(fields: list[str]) -> Candidate:
    id_, stratum, tickets = _fields(fields, 3)
    if id_ == ANY_TARGET:
        raise ValueError("检查对象的编号不能是 *")
    number = int(tickets) if tickets.isascii() and tickets.isdigit() and len(tickets) <= len(str(MAX_TICKETS)) else 0
    if not 1 <= number <= MAX_TICKETS or tickets[0] == "0":
        raise ValueError(f"签数必须是 1 到 {MAX_TICKETS} 的整数")
    return Candidate(id=id_, stratum=stratum, tickets=number)


def _inspector(fields: list[str]) -> DrawInspector:
    id_, department, joined = _fields(fields, 3)
    skills = tuple(joined.split(",")) if joined else ()
    if not department:
        raise ValueError("缺少部门")
    if any(not skill or any(mark.isspace() for mark in skill) for skill in skills):
        raise ValueError("技能之间只能有一个逗号，不能有空白")
    if any(before >= after for before, after in pairwise(skills)):
        raise ValueError("技能没有按字节排序或有重复")
    return DrawInspector(id=id_, department=department, skills=skills)


def _conflict(fields: list[str]) -> Conflict:
    target, inspector = _fields(fields, 2)
    _check_id(inspector)
    return Conflict(target=target, inspector=inspector)


def _exclusion(fields: list[str]) -> Exclusion:
    id_, reason = _fields(fields, 2)
    if not reason:
        raise ValueError("缺少排除的理由")
    return Exclusion(id=id_, reason=reason)


def _fields(fields: list[str], count: int) -> list[str]:
    if len(fields) != count:
        raise ValueError(f"应有 {count} 个以制表符分隔的字段")
    _check_id(fields[0])
    return fields


def _check_id(id_: str) -> None:
    if not id_ or "/" in id_:
        raise ValueError("编号不能为空，也不能含有 /")


def _check_lines(file: str, lines: list[str]) -> None:
    """Refuse what is not NFC or holds a control character: a whole file at once, and only a bad one line by line."""
    whole = "\t".join(lines)
    if is_nfc(whole) and not CONTROL.search(whole):
        return
    for number, line in enumerate(lines, 1):
        if not is_nfc(line):
            raise PoolLineError(file=file, line=number, why="文字不是 NFC 规范形式")
        if CONTROL.search(line):
            raise PoolLineError(file=file, line=number, why="含有控制字符或换行（行末只能是 LF）")
