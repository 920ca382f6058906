"""The announcement that freezes a draw before any seed value exists (D4): its values, and bytes -> values.

announcement.json -> parse_announcement (every rule) -> Announcement; the bytes themselves -> fingerprint

Any JSON layout and further keys are allowed; the bytes of the file are what counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from inspection.draw.lists import CONFLICTS, EXCLUDED, INSPECTORS, TARGETS
from inspection.draw.reader import Reader
from inspection.draw.refusals import AnnouncementError
from inspection.draw.text import has_control, is_hex, read_json, sha256_hex

PROTOCOL = "suicha-draw/1"
DEFAULT_RESERVES = 20
RFC3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})")


class Mode(Enum):
    """What is drawn (A8, D3, D7)."""

    DOUBLE = "double"  # targets by quota, and inspectors for them
    TARGETS = "targets"  # targets by quota only
    INSPECTORS = "inspectors"  # every target is checked; only inspectors are drawn
    ORDER = "order"  # every target is checked; the draw decides the order of batches


class SourceKind(Enum):
    """Who produces a seed value; sources stand and speak in this order."""

    SYSTEM = "system"  # 32 random bytes of the server's, committed to at the freeze
    DICE = "dice"  # a named observer, in the room
    PUBLIC = "public"  # the world, after the freeze: the last word


SPEAKING_ORDER = (SourceKind.SYSTEM, SourceKind.DICE, SourceKind.PUBLIC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A seed source: `note` says what exactly is taken; `commitment` is H of a system source's 32 bytes, else None."""

    name: str
    kind: SourceKind
    note: str = ""
    commitment: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Team:
    """How many inspectors of a department go to each target, and the skills each of them must have (D8)."""

    department: str
    size: int
    skills: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Stratum:
    """A stratum's candidates and how many of them are to be drawn (抽查比例)."""

    stratum: str
    count: int
    quota: int


@dataclass(frozen=True, kw_only=True, slots=True)
class FileMark:
    """What the announcement says of one frozen list: its number of lines and its SHA-256 in hex."""

    count: int
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Announcement:
    """All that announcement.json promises; the first team is the lead department's."""

    draw_id: str
    mode: Mode
    frozen_at: str
    targets: FileMark
    merkle_root: str
    inspectors: FileMark
    conflicts: FileMark
    excluded: FileMark
    reasons: Mapping[str, int]
    scope_count: int
    scope_rule: str
    strata: tuple[Stratum, ...]
    teams: tuple[Team, ...]
    sources: tuple[Source, ...]
    reserves: int = DEFAULT_RESERVES

    def marks(self) -> dict[str, FileMark]:
        """Give what is announced of each frozen list, by file name."""
        return {TARGETS: self.targets, INSPECTORS: self.inspectors, CONFLICTS: self.conflicts, EXCLUDED: self.excluded}


def fingerprint(announcement: bytes) -> str:
    """Give the draw's fingerprint: the SHA-256 (hex) of the bytes of announcement.json."""
    return sha256_hex(announcement)


def parse_announcement(data: bytes) -> Announcement:
    """Read announcement.json; raises AnnouncementError naming the key that breaks a rule."""
    whole = Reader("", read_json(data, lambda why: _refuse("文件", why)))
    if whole.text("protocol") != PROTOCOL:
        raise _refuse("protocol", f"必须是 {PROTOCOL}")
    targets, excluded, scope = whole.inner("targets"), whole.inner("excluded"), whole.inner("scope")
    announcement = Announcement(
        draw_id=whole.text("draw_id", filled=True),
        mode=whole.member("mode", Mode),
        frozen_at=whole.text("frozen_at", filled=True),
        targets=_mark(targets),
        merkle_root=targets.hex("merkle_root"),
        inspectors=_mark(whole.inner("inspectors")),
        conflicts=_mark(whole.inner("conflicts")),
        excluded=_mark(excluded),
        reasons=excluded.inner("reasons").counts(),
        scope_count=scope.count("count"),
        scope_rule=scope.text("rule"),
        strata=tuple(_stratum(item) for item in whole.each("strata")),
        teams=tuple(_team(item) for item in whole.each("teams")),
        sources=tuple(_source(item) for item in whole.each("sources")),
        reserves=whole.count("reserves") if "reserves" in whole.values else DEFAULT_RESERVES,
    )
    check_announcement(announcement)
    return announcement


def check_announcement(announcement: Announcement) -> None:
    """Check what no single value can show: sums, orders, sources; raises AnnouncementError."""
    _check_time(announcement.frozen_at)
    if announcement.scope_count != announcement.targets.count + announcement.excluded.count:
        raise _refuse("scope", "范围总数不等于待抽对象与排除对象之和")
    if sum(announcement.reasons.values()) != announcement.excluded.count:
        raise _refuse("excluded.reasons", "各理由的数量之和不等于排除总数")
    labels = [item.stratum for item in announcement.strata]
    if labels != sorted(set(labels)):
        raise _refuse("strata", "没有按字节排序或有重复")
    if sum(item.count for item in announcement.strata) != announcement.targets.count:
        raise _refuse("strata", "各层数量之和不等于待抽对象总数")
    if announcement.mode in (Mode.DOUBLE, Mode.INSPECTORS) and not announcement.teams:
        raise _refuse("teams", "需要抽取执法检查人员，但没有部门")
    _check_sources(announcement.sources)


def _check_time(text: str) -> None:
    try:
        datetime.fromisoformat(text.upper() if RFC3339.fullmatch(text) else "")
    except ValueError as error:
        raise _refuse("frozen_at", "不是带时区的 RFC 3339 时间") from error


def _check_sources(sources: tuple[Source, ...]) -> None:
    names = [source.name for source in sources]
    if len(set(names)) != len(names):
        raise _refuse("sources", "来源名称重复")
    places = [SPEAKING_ORDER.index(source.kind) for source in sources]
    if places != sorted(places):
        raise _refuse("sources", "来源必须按 system、dice、public 的顺序排列")
    if all(source.kind is SourceKind.SYSTEM for source in sources):
        raise _refuse("sources", "至少要有一个不是 system 的来源")
    for source in sources:
        _check_source(source)


def _check_source(source: Source) -> None:
    where = f"sources 中的“{source.name}”"
    if source.name != source.name.strip() or "=" in source.name or has_control(source.name):
        raise _refuse(where, "名称首尾不能有空白，不能有等号或控制字符")
    if source.kind is SourceKind.SYSTEM and not is_hex(source.commitment):
        raise _refuse(where, "system 来源必须有 64 位小写十六进制的承诺值")
    if source.kind is not SourceKind.SYSTEM and source.commitment is not None:
        raise _refuse(where, "只有 system 来源可以有承诺值")
    if source.kind is SourceKind.PUBLIC and not source.note.strip():
        raise _refuse(where, "public 来源必须事先写明取哪个值、取不到时用什么代替")


def _mark(item: Reader) -> FileMark:
    return FileMark(count=item.count("count"), sha256=item.hex("sha256"))


def _stratum(item: Reader) -> Stratum:
    return Stratum(stratum=item.text("stratum"), count=item.count("count"), quota=item.count("quota"))


def _team(item: Reader) -> Team:
    size = item.count("size")
    if size < 1:
        raise item.refuse("size", "每组至少一人")
    skills = item.list("skills")
    if not all(isinstance(skill, str) and skill for skill in skills):
        raise item.refuse("skills", "必须是文字的列表")
    return Team(department=item.text("department", filled=True), size=size, skills=tuple(map(str, skills)))


def _source(item: Reader) -> Source:
    commitment = item.values.get("commitment")
    if commitment is not None and not is_hex(commitment):
        raise item.refuse("commitment", "必须是 64 位小写十六进制或 null")
    return Source(
        name=item.text("name", filled=True),
        kind=item.member("kind", SourceKind),
        note=item.text("note"),
        commitment=None if commitment is None else str(commitment),
    )


def _refuse(where: str, why: str) -> AnnouncementError:
    return AnnouncementError(where=where, why=why)
