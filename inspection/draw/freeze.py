"""The freeze (D4): pools and terms become the five files that nothing changes afterwards.

Pools, or what the database made -> four .tsv -> every rule, counts, hashes, Merkle root
                                          + Terms -> announcement.json, published
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from inspection.draw.announcement import DEFAULT_RESERVES, PROTOCOL, Mode, Source, Team, parse_announcement
from inspection.draw.lists import CONFLICTS, EXCLUDED, INSPECTORS, TARGETS, Tally
from inspection.draw.merkle import MASTER_BYTES, Subtrees, subtrees_here, tree_root
from inspection.draw.pools import Pools, Quickly, take_stock
from inspection.draw.refusals import AnnouncementError
from inspection.draw.text import json_bytes, sha256_hex

ANNOUNCEMENT = "announcement.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What people decide before the freeze: `quotas` by stratum, `frozen_at` RFC 3339, the lead department first."""

    draw_id: str
    mode: Mode
    frozen_at: str
    scope_rule: str
    quotas: Mapping[str, int]
    teams: tuple[Team, ...]
    sources: tuple[Source, ...]
    reserves: int = DEFAULT_RESERVES
    conflict_reasons: Mapping[str, int] = field(default_factory=dict)  # public counts; a further key of the protocol
    lower: tuple[Mapping[str, Any], ...] = ()  # what lower offices committed to (D6); a further key too
    further: Mapping[str, Any] = field(default_factory=dict)  # more public keys: the year's batches, what sets mean


def freeze(terms: Terms, pools: Pools, master: bytes) -> dict[str, bytes]:
    """Give the bundle's five frozen files by name; `master` is the office's 32 secret random bytes.

    Raises PoolLineError or AnnouncementError, and then nothing is frozen.
    """
    return freeze_files(terms, pools.files(), master)


def freeze_files(
    terms: Terms,
    files: Mapping[str, bytes],
    master: bytes,
    subtrees: Subtrees = subtrees_here,
    quickly: Quickly = lambda _targets, _excluded: None,
) -> dict[str, bytes]:
    """Freeze four files that are written already; every rule is checked.

    `subtrees` and `quickly` (see `pools.take_stock`) may do their loops otherwise than here. Raises PoolLineError or
    AnnouncementError, and then nothing is frozen.
    """
    _check_terms(terms, master)
    stock = take_stock(files, quickly)
    if both := stock[TARGETS].shared:
        raise AnnouncementError(where="scope", why=f"{both} 既在待抽名单又在排除名单")
    root = tree_root(master, files[TARGETS], subtrees)
    return {ANNOUNCEMENT: _announcement(terms, stock, files, root), **files}


def _announcement(terms: Terms, stock: Mapping[str, Tally], files: Mapping[str, bytes], root: str) -> bytes:
    marks = {name: {"count": tally.count, "sha256": sha256_hex(files[name])} for name, tally in stock.items()}
    data = json_bytes(
        {
            "protocol": PROTOCOL,
            "draw_id": terms.draw_id,
            "mode": terms.mode.value,
            "frozen_at": terms.frozen_at,
            "targets": marks[TARGETS] | {"merkle_root": root},
            "inspectors": marks[INSPECTORS],
            "conflicts": marks[CONFLICTS] | _reasons(terms),
            "excluded": marks[EXCLUDED] | {"reasons": dict(sorted(stock[EXCLUDED].labels.items()))},
            "scope": {"count": stock[TARGETS].count + stock[EXCLUDED].count, "rule": terms.scope_rule},
            "strata": _strata(stock[TARGETS].labels, terms.quotas),
            "teams": [asdict(team) | {"skills": list(team.skills)} for team in terms.teams],
            "sources": [asdict(source) | {"kind": source.kind.value} for source in terms.sources],
            "reserves": terms.reserves,
        }
        | ({"lower": list(terms.lower)} if terms.lower else {})
        | dict(terms.further),
    )
    parse_announcement(data)  # what is published has passed every rule that its readers apply
    return data


def _reasons(terms: Terms) -> dict[str, Any]:
    return {"reasons": dict(sorted(terms.conflict_reasons.items()))} if terms.conflict_reasons else {}


def _check_terms(terms: Terms, master: bytes) -> None:
    if len(master) != MASTER_BYTES:
        raise AnnouncementError(where="merkle_root", why=f"盐的主密钥必须是 {MASTER_BYTES} 字节")
    departments = [team.department for team in terms.teams]
    if len(set(departments)) != len(departments):
        raise AnnouncementError(where="teams", why="同一部门出现了两次，一个人会在同一组占两个位置")


def _strata(counts: Mapping[str, int], quotas: Mapping[str, int]) -> list[dict[str, Any]]:
    if counts.keys() != quotas.keys():
        odd = min(counts.keys() ^ quotas.keys())
        raise AnnouncementError(where="strata", why=f"“{odd}”层的名单与抽取数量不对应")
    return [{"stratum": label, "count": counts[label], "quota": quotas[label]} for label in sorted(counts)]
