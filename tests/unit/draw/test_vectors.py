"""D2, D3, D7: the published vectors come out byte for byte, from both implementations."""

from __future__ import annotations

import json

from app.verify import check
from inspection.draw.announcement import fingerprint, parse_announcement
from inspection.draw.freeze import Terms, freeze
from inspection.draw.merkle import tree_root
from inspection.draw.pools import (
    Pools,
    conflicts_from_tsv,
    excluded_from_tsv,
    inspectors_from_tsv,
    targets_from_tsv,
)
from inspection.draw.result import result_json, run_draw
from inspection.draw.seed import seed_json


def test_result_is_the_vector_to_the_byte(vector):
    """D2: the result's parsed value and its very bytes are those published."""
    found = result_json(run_draw(vector))
    assert json.loads(found) == json.loads(vector["result.json"])
    assert found == vector["result.json"]


def test_second_implementation_agrees(vector):
    """D11: the auditor's own checker passes the vector, with master.hex in it."""
    report = check(vector)
    assert report.findings == []
    assert any(fingerprint(vector["announcement.json"]) in line for line in report.lines)
    assert any("默克尔根" in line for line in report.lines)


def test_freeze_and_seed_write_the_vectors_bytes(vector):
    """D4: freezing the vector's pools again gives its announcement and lists, and its values give its seed.json."""
    announcement = parse_announcement(vector["announcement.json"])
    terms = Terms(
        draw_id=announcement.draw_id,
        mode=announcement.mode,
        frozen_at=announcement.frozen_at,
        scope_rule=announcement.scope_rule,
        quotas={item.stratum: item.quota for item in announcement.strata},
        teams=announcement.teams,
        sources=announcement.sources,
        reserves=announcement.reserves,
    )
    master = bytes.fromhex(vector["master.hex"].decode())
    pools = Pools(
        candidates=targets_from_tsv(vector["targets.tsv"]),
        inspectors=inspectors_from_tsv(vector["inspectors.tsv"]),
        conflicts=conflicts_from_tsv(vector["conflicts.tsv"]),
        exclusions=excluded_from_tsv(vector["excluded.tsv"]),
    )
    files = freeze(terms, pools, master)
    assert files == {name: vector[name] for name in files}
    assert tree_root(master, vector["targets.tsv"]) == announcement.merkle_root
    values = json.loads(vector["seed.json"])["values"]
    assert seed_json(vector["announcement.json"], announcement.sources, values) == vector["seed.json"]
