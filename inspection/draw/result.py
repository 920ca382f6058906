"""The draw itself: one door from the frozen files and the seed to the result (D2, D3, D7, D10).

bundle files -> hashes and counts as announced -> seed recomputed -> select -> match -> DrawResult -> result | published
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inspection.draw.announcement import PROTOCOL, Announcement, FileMark, Mode, fingerprint, parse_announcement
from inspection.draw.freeze import ANNOUNCEMENT
from inspection.draw.lists import CONFLICTS, EXCLUDED, INSPECTORS, TARGETS, Tally
from inspection.draw.match import Group, Roster, TeamDrawn, match, roster
from inspection.draw.pools import conflicts_from_tsv, inspectors_from_tsv, take_stock
from inspection.draw.refusals import BundleError
from inspection.draw.score import Drawn, Scorer, score_here, select
from inspection.draw.seed import SEED, read_seed
from inspection.draw.text import Laid, json_bytes, laid_list, quoted, sha256_hex

RESULT, PUBLISHED = "result.json", "published.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class DrawResult:
    """What a draw decided: targets in draw order, cutoffs and reserves by stratum, groups in draw order."""

    draw_id: str
    seed: str
    fingerprint: str
    drawn: tuple[Drawn, ...]
    cutoffs: Mapping[str, str]
    reserves: Mapping[str, tuple[str, ...]]
    groups: tuple[Group, ...]


def run_draw(bundle_files: Mapping[str, bytes], scorer: Scorer = score_here, *, own: bool = False) -> DrawResult:
    """Carry out the draw of a bundle: the announcement, four lists and seed.json, by file name.

    `own`: the caller froze these lists itself, so their announced hashes prove every rule that the freeze applied, and
    only the hashes are checked. `scorer` may use several processes. Raises BundleError (a file missing or not as
    announced), PoolLineError, AnnouncementError or SeedValueError.
    """
    raw = _file(bundle_files, ANNOUNCEMENT)
    announcement = parse_announcement(raw)
    for name, mark in announcement.marks().items():
        _check_announced(bundle_files, name, mark)
    if not own:
        _check_stock(announcement, take_stock(bundle_files))
    seed = read_seed(_file(bundle_files, SEED), raw, announcement.sources)
    selection = select(seed, announcement, bundle_files[TARGETS], scorer)
    groups: tuple[Group, ...] = ()
    if announcement.mode in (Mode.DOUBLE, Mode.INSPECTORS):
        groups = match(seed, announcement.teams, read_roster(bundle_files), [item.target for item in selection.drawn])
    return DrawResult(
        draw_id=announcement.draw_id,
        seed=seed,
        fingerprint=fingerprint(raw),
        drawn=selection.drawn,
        cutoffs=selection.cutoffs,
        reserves=selection.reserves,
        groups=groups,
    )


def read_roster(files: Mapping[str, bytes]) -> Roster:
    """Read the inspectors and conflicts of a bundle for matching and for replacements; raises PoolLineError."""
    return roster(inspectors_from_tsv(_file(files, INSPECTORS)), conflicts_from_tsv(_file(files, CONFLICTS)))


def _check_stock(announcement: Announcement, stock: Mapping[str, Tally]) -> None:
    strata = {item.stratum: item.count for item in announcement.strata}
    if stock[TARGETS].labels != Counter(strata):
        raise BundleError(where=TARGETS, why="各层数量与公告不符")
    if stock[EXCLUDED].labels != Counter(announcement.reasons):
        raise BundleError(where=EXCLUDED, why="各排除理由的数量与公告不符")
    if stock[TARGETS].shared:
        raise BundleError(where=EXCLUDED, why="有对象既在待抽名单又在排除名单")


def result_json(result: DrawResult) -> bytes:
    """Write result.json, for observers and auditors; its SHA-256 is published."""
    return json_bytes(
        {
            "protocol": PROTOCOL,
            "draw_id": result.draw_id,
            "seed": result.seed,
            "drawn": Laid(laid_list(map(_drawn_text, result.drawn), "\n  ")),
            "cutoffs": dict(result.cutoffs),
            "reserves": {stratum: list(ids) for stratum, ids in result.reserves.items()},
            "groups": groups_laid(result.groups),
        },
    )


def published_json(result: DrawResult, names: Mapping[str, str], written: bytes = b"") -> bytes:
    """Write published.json, what everybody may see (D10): no strata, scores, cutoffs or reserves.

    `names` holds, by inspector id, those names that are public; of the others only their number is told. `written` is
    the result's `result_json`, where the caller has it already.
    """
    return json_bytes(
        {
            "protocol": PROTOCOL,
            "draw_id": result.draw_id,
            "fingerprint": result.fingerprint,
            "result_sha256": sha256_hex(written or result_json(result)),
            "drawn": [item.target for item in result.drawn],
            "groups": Laid(laid_list((_published_text(item, names) for item in result.groups), "\n  ")),
        },
    )


def groups_laid(groups: Sequence[Group]) -> Laid:
    """Lay out groups as result.json has them, for a list that stands in the outermost object."""
    return Laid(laid_list(map(_group_text, groups), "\n  "))


# Ten thousand of each stand in one file, and an encoder that looks at every value takes longer than the draw.


def _drawn_text(one: Drawn) -> str:
    return (
        f'{{\n   "target": {quoted(one.target)},\n   "stratum": {quoted(one.stratum)},'
        f'\n   "score": {quoted(one.score)},\n   "ticket": {one.ticket}\n  }}'
    )


def _group_text(group: Group) -> str:
    leader = "null" if group.leader is None else quoted(group.leader)
    teams = laid_list(map(_team_text, group.teams), "\n    ")
    return f'{{\n   "target": {quoted(group.target)},\n   "leader": {leader},\n   "teams": {teams}\n  }}'


def _team_text(team: TeamDrawn) -> str:
    members = laid_list(map(quoted, team.members), "\n      ")
    return (
        f'{{\n     "department": {quoted(team.department)},\n     "members": {members},'
        f'\n     "short": {team.short}\n    }}'
    )


def _published_text(group: Group, names: Mapping[str, str]) -> str:
    teams = laid_list((_published_team(team, names) for team in group.teams), "\n    ")
    return f'{{\n   "target": {quoted(group.target)},\n   "teams": {teams}\n  }}'


def _published_team(team: TeamDrawn, names: Mapping[str, str]) -> str:
    public = laid_list((quoted(names[member]) for member in team.members if member in names), "\n      ")
    return (
        f'{{\n     "department": {quoted(team.department)},\n     "size": {len(team.members)},'
        f'\n     "names": {public}\n    }}'
    )


def _file(files: Mapping[str, bytes], name: str) -> bytes:
    if name not in files:
        raise BundleError(where=name, why="文件缺失")
    return files[name]


def _check_announced(files: Mapping[str, bytes], name: str, mark: FileMark) -> None:
    data = _file(files, name)
    if sha256_hex(data) != mark.sha256:
        raise BundleError(where=name, why="内容与公告中的 SHA-256 不符")
    if data.count(b"\n") != mark.count:
        raise BundleError(where=name, why="行数与公告不符")
