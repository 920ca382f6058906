"""D2, D4, D10: one door runs the draw, and it opens only to files that are as announced."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.verify import check
from inspection.draw.announcement import Mode
from inspection.draw.pools import Candidate, Conflict, DrawInspector, Pools
from inspection.draw.refusals import BundleError
from inspection.draw.result import published_json, result_json, run_draw
from inspection.errors import SuichaError


@pytest.mark.parametrize(
    "name", ["announcement.json", "targets.tsv", "inspectors.tsv", "conflicts.tsv", "excluded.tsv", "seed.json"]
)
def test_a_missing_or_altered_file_stops_the_draw(double, name):
    """D4: after the freeze no file can be dropped or changed by a single byte."""
    with pytest.raises(BundleError, match="缺失"):
        run_draw({key: data for key, data in double.items() if key != name})
    altered = double | {name: double[name].replace(b"1", b"2", 1)}
    with pytest.raises(SuichaError):
        run_draw(altered)


def announce(files, **changes):
    """Announce something else about the same lists, as a forger would."""
    whole = json.loads(files["announcement.json"])
    for path, value in changes.items():
        outer, inner = path.split("__")
        whole[outer][int(inner) if inner.isdigit() else inner] = value
    return files | {"announcement.json": json.dumps(whole).encode()}


def test_counts_that_are_not_those_of_the_lists_stop_the_draw(double):
    """D4: lines, strata and reasons are counted again."""
    forged = announce(double, targets__count=59, excluded__count=6, excluded__reasons={"x": 6})
    forged = announce(forged, strata__0={"stratum": "s1", "count": 21, "quota": 1})
    with pytest.raises(BundleError, match="行数"):
        run_draw(forged)
    strata = {0: {"stratum": "s1", "count": 21, "quota": 1}, 1: {"stratum": "s2", "count": 18, "quota": 1}}
    with pytest.raises(BundleError, match="各层"):
        run_draw(announce(double, strata__0=strata[0], strata__1=strata[1]))
    with pytest.raises(BundleError, match="理由"):
        run_draw(announce(double, excluded__reasons={"yearly-limit": 5}))


def test_nobody_is_in_two_lists(double):
    """D4: an id both drawn from and left out stops the draw."""
    target = double["targets.tsv"].split(b"\t")[0]
    rest = double["excluded.tsv"].split(b"\n")[1:]
    excluded = b"\n".join([target + b"\tderegistered", *rest])
    with pytest.raises(BundleError, match="既在"):
        run_draw(announce(double, excluded__sha256=sha256(excluded).hexdigest()) | {"excluded.tsv": excluded})


def test_what_is_published_tells_no_stratum_score_or_cutoff(double):
    """D10: the public sees ids in draw order, hashes, and only those names that are public."""
    result = run_draw(double)
    found = json.loads(published_json(result, {"i087965": "王示例"}))
    assert set(found) == {"protocol", "draw_id", "fingerprint", "result_sha256", "drawn", "groups"}
    assert found["drawn"] == [item.target for item in result.drawn]
    assert found["result_sha256"] == sha256(double["result.json"]).hexdigest()
    assert found["fingerprint"] == sha256(double["announcement.json"]).hexdigest()
    text = json.dumps(found, ensure_ascii=False)
    assert "王示例" in text
    assert not any(secret in text for secret in ["score", "stratum", "cutoff", "i087965", "i527186"])
    assert [team["size"] for team in found["groups"][0]["teams"]] == [2, 1, 2]


@pytest.mark.parametrize("mode", list(Mode))
def test_each_mode_draws_what_it_says(make, mode):
    """A8, D3, D7: groups only where inspectors are drawn; everybody where only the order or inspectors are."""
    result = run_draw(make(mode=mode))
    assert len(result.drawn) == (11 if mode in (Mode.DOUBLE, Mode.TARGETS) else 80)
    assert len(result.groups) == (len(result.drawn) if mode in (Mode.DOUBLE, Mode.INSPECTORS) else 0)


def test_reserves_are_as_many_as_announced(make):
    """E4: the announcement says how many reserves are kept."""
    assert {len(ids) for ids in run_draw(make(reserves=2)).reserves.values()} == {2}
    assert {len(ids) for ids in run_draw(make(reserves=0)).reserves.values()} == {0}


def test_an_empty_pool_draws_nobody(make, pools):
    """D2: nothing in, nothing out, and no failure."""
    result = run_draw(make(replace(pools, candidates=()), quotas={}))
    assert (result.drawn, result.groups, json.loads(result_json(result))["cutoffs"]) == ((), (), {})


def test_a_stratum_with_quota_nought_has_reserves_and_no_cutoff(make):
    """D3: nobody of it is drawn, so no score cuts anybody off."""
    result = run_draw(make(quotas={"A": 0, "B": 1, "C": 1, "D": 1}))
    assert "A" not in result.cutoffs
    assert len(result.reserves["A"]) == 20


office = st.builds(
    Pools,
    candidates=st.lists(
        st.builds(
            Candidate,
            id=st.text("T0123甲", min_size=1, max_size=4),
            stratum=st.sampled_from(["", "A", "B"]),
            tickets=st.integers(1, 5),
        ),
        unique_by=lambda one: one.id,
        max_size=25,
    ).map(tuple),
    inspectors=st.lists(
        st.builds(
            DrawInspector,
            id=st.sampled_from([f"i{number}" for number in range(9)]),
            department=st.sampled_from(["market", "fire"]),
            skills=st.sampled_from([(), ("gas",)]),
        ),
        unique_by=lambda one: one.id,
    ).map(tuple),
    conflicts=st.lists(
        st.builds(
            Conflict,
            target=st.sampled_from(["*", "T", "0", "1", "2", "甲"]),
            inspector=st.sampled_from([f"i{number}" for number in range(9)]),
        ),
        unique=True,
    ).map(tuple),
)


@settings(deadline=None)
@given(office, st.sampled_from(list(Mode)), st.integers(0, 4), st.integers(0, 3))
def test_two_implementations_agree_on_every_office(make, pools, mode, quota, reserves):
    """D2, D7, E5: whatever the lists (few inspectors, many recusals), the auditor's checker draws the same."""
    quotas = dict.fromkeys({one.stratum for one in pools.candidates}, quota)
    files = make(pools, mode=mode, quotas=quotas, reserves=reserves)
    assert check(files | {"master.hex": bytes(range(32)).hex().encode()}).findings == []


def test_another_value_is_another_draw(make):
    """D2: one digit of one observer changes the whole result; the announcement stays."""
    one, other = make(), make(values={"server": "5a" * 32, "监督员": "31446", "彩票": "06 31 02"})
    assert one["announcement.json"] == other["announcement.json"]
    assert run_draw(one).drawn != run_draw(other).drawn
