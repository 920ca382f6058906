"""Drawn above, dispatched down (D6, D7): each lower office matches its own inspectors from the seed of the draw above.

each lower's lists -> `Lower` -> commitments in the announcement above, before any seed value exists
the draw above -> lower_bundle: mode "inspectors", targets = those drawn in its regions -> run_draw -> its groups

A lower office adds nothing of its own after the seed is known: people and recusals are committed to, and every byte of
its announcement follows from the bundle above. So it could not bend its draw either (ADR 0008).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

from inspection.draw.announcement import Mode, Source, SourceKind, Team, parse_announcement
from inspection.draw.freeze import ANNOUNCEMENT, Terms, freeze_files
from inspection.draw.lists import CONFLICTS, EXCLUDED, INSPECTORS, TARGETS
from inspection.draw.loops import blocks, columns
from inspection.draw.pools import targets_from_tsv
from inspection.draw.refusals import BundleError
from inspection.draw.result import DrawResult, run_draw
from inspection.draw.seed import SEED, seed_json
from inspection.draw.text import read_json, sha256_hex
from inspection.quotas import region_of

KEY = "lower"  # of the announcement above


@dataclass(frozen=True, kw_only=True, slots=True)
class Lower:
    """A lower office's part: the regions it is competent for, its teams, and its lists as they are frozen.

    `regions` are what stands behind the class in a label: regions, or sets of items (`inspection.draw.merge`).
    """

    name: str
    regions: tuple[str, ...]
    teams: tuple[Team, ...]
    inspectors: bytes
    conflicts: bytes = b""

    def commitment(self) -> dict[str, Any]:
        """Give what the announcement above says of this part, before any seed value exists."""
        return {
            "name": self.name,
            "regions": list(self.regions),
            "teams": [asdict(team) | {"skills": list(team.skills)} for team in self.teams],
            "inspectors": sha256_hex(self.inspectors),
            "conflicts": sha256_hex(self.conflicts),
        }


def lower_bundle(
    above: Mapping[str, bytes], lower: Lower, master: bytes, result: DrawResult | None = None
) -> dict[str, bytes]:
    """Give a lower office's announcement, four lists and seed.json; `master` is the secret of the draw above.

    `above` is the bundle of a draw that has its seed; `result` what it decided, where the caller has drawn it himself.
    Raises BundleError if this part was not committed to as it is.
    """
    whole = read_json(above[ANNOUNCEMENT], lambda why: BundleError(where=ANNOUNCEMENT, why=why))
    committed = whole.get(KEY)
    if not isinstance(committed, list) or lower.commitment() not in committed:
        raise BundleError(where=f"下级“{lower.name}”", why="检查人员、回避名单或分组与上级冻结时的承诺不符")
    announcement, result = parse_announcement(above[ANNOUNCEMENT]), result or run_draw(above)
    drawn = {one.target.encode() for one in result.drawn if region_of(one.stratum) in lower.regions}
    targets = _lines_of(above[TARGETS], drawn)
    source = Source(name=result.draw_id, kind=SourceKind.PUBLIC, note="上级抽取的种子，没有别的值可以代替")
    terms = Terms(
        draw_id=f"{result.draw_id}-{lower.name}",
        mode=Mode.INSPECTORS,
        frozen_at=announcement.frozen_at,
        scope_rule=f"{result.draw_id} 抽中的检查对象中属于“{lower.name}”的",
        quotas={one.stratum: 0 for one in targets_from_tsv(targets)},
        teams=lower.teams,
        sources=(source,),
        reserves=0,
    )
    lists = {TARGETS: targets, INSPECTORS: lower.inspectors, CONFLICTS: lower.conflicts, EXCLUDED: b""}
    files = freeze_files(terms, lists, sha256(master + lower.name.encode()).digest())
    return files | {SEED: seed_json(files[ANNOUNCEMENT], (source,), {source.name: result.seed})}


def check_lower(above: Mapping[str, bytes], below: Mapping[str, bytes], lower: Lower, master: bytes) -> None:
    """Hold a lower office's frozen files against the draw above, byte by byte; raises BundleError."""
    for name, data in lower_bundle(above, lower, master).items():
        if below.get(name) != data:
            raise BundleError(where=name, why="与上级抽取应得出的文件不一致")


def _lines_of(targets: bytes, ids: set[bytes]) -> bytes:
    kept: list[bytes] = []
    for block in blocks(targets):
        pairs = zip(columns(block, 3)[0], block.split(b"\n"), strict=False)
        kept += [line + b"\n" for id_, line in pairs if id_ in ids]
    return b"".join(kept)
