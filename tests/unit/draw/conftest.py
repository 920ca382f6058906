"""What the draw's tests share: the published vectors, and a made-up bundle of any shape."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from inspection.draw.announcement import Mode, Source, SourceKind, Team, parse_announcement
from inspection.draw.freeze import ANNOUNCEMENT, Terms, freeze
from inspection.draw.pools import Candidate, Conflict, DrawInspector, Exclusion, Pools
from inspection.draw.result import PUBLISHED, RESULT, published_json, result_json, run_draw
from inspection.draw.seed import SEED, seed_json

VECTORS = Path(__file__).parent / "vectors"
MODES = ("double", "inspectors", "order", "targets")
MASTER = bytes(range(32))
SECRET = "5a" * 32
Files = dict[str, bytes]

POOLS = Pools(
    candidates=tuple(
        Candidate(id=f"T{number:03}", stratum="ABCD"[number % 4], tickets=(1, 1, 2, 4)[number % 4])
        for number in range(80)
    ),
    inspectors=tuple(
        DrawInspector(
            id=f"i{number:02}",
            department=("fire", "market")[number % 2],
            skills=("food", "gas") if number % 3 else (),
        )
        for number in range(16)
    ),
    conflicts=(Conflict(target="T001", inspector="i01"), Conflict(target="*", inspector="i03")),
    exclusions=(Exclusion(id="T900", reason="yearly-limit"), Exclusion(id="T901", reason="deregistered")),
)
TERMS = Terms(
    draw_id="2026-003",
    mode=Mode.DOUBLE,
    frozen_at="2026-11-20T09:00:00+08:00",
    scope_rule="全区在营企业",
    quotas={"A": 2, "B": 2, "C": 3, "D": 4},
    teams=(Team(department="market", size=2), Team(department="fire", size=1, skills=("gas",))),
    sources=(
        Source(name="server", kind=SourceKind.SYSTEM, commitment=sha256(bytes.fromhex(SECRET)).hexdigest()),
        Source(name="监督员", kind=SourceKind.DICE, note="现场掷骰五枚"),
        Source(name="彩票", kind=SourceKind.PUBLIC, note="冻结后第一期；停开则用下一期"),
    ),
)
VALUES = {"server": SECRET, "监督员": "31445", "彩票": "06 31 02"}


def load(name: str) -> Files:
    return {path.name: path.read_bytes() for path in sorted((VECTORS / name).iterdir())}


def build(pools: Pools = POOLS, values: dict[str, str] | None = None, **terms: object) -> Files:
    files = freeze(replace(TERMS, **terms), pools, MASTER)
    sources = parse_announcement(files[ANNOUNCEMENT]).sources
    files[SEED] = seed_json(files[ANNOUNCEMENT], sources, values or VALUES)
    result = run_draw(files)
    files[RESULT] = result_json(result)
    files[PUBLISHED] = published_json(result, {"i05": "张示例"})
    return files


@pytest.fixture(params=MODES)
def vector(request: pytest.FixtureRequest) -> Files:
    """Each published vector in turn, files by name."""
    return load(request.param)


@pytest.fixture(scope="session")
def double() -> Files:
    """Give the vector that draws both targets and inspectors; tests change copies only."""
    return load("double")


@pytest.fixture(scope="session")
def make() -> Callable[..., Files]:
    """Give a complete bundle of the made-up office; pools, values and any of the terms can be replaced."""
    return build


@pytest.fixture
def pools() -> Pools:
    return POOLS


@pytest.fixture
def terms() -> Terms:
    return TERMS
