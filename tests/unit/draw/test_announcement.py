"""D4: the announcement is complete and true before any seed value exists."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256

import pytest

from inspection.draw.announcement import Mode, SourceKind, Team, fingerprint, parse_announcement
from inspection.draw.freeze import freeze
from inspection.draw.pools import Exclusion
from inspection.draw.refusals import AnnouncementError

MASTER = bytes(32)


def test_it_is_read_as_it_was_meant(terms, pools):
    """D4, A6: counts, hashes, strata, teams and sources come back as typed values."""
    files = freeze(terms, pools, MASTER)
    found = parse_announcement(files["announcement.json"])
    assert (found.targets.count, found.excluded.count, found.scope_count) == (80, 2, 82)
    assert found.targets.sha256 == sha256(files["targets.tsv"]).hexdigest()
    assert found.reasons == {"deregistered": 1, "yearly-limit": 1}
    assert {item.stratum: item.quota for item in found.strata} == terms.quotas
    assert (found.teams, found.sources, found.mode) == (terms.teams, terms.sources, Mode.DOUBLE)
    assert found.reserves == 20


def test_the_fingerprint_is_that_of_the_bytes(terms, pools):
    """D4: another layout of the same JSON is another draw."""
    data = freeze(terms, pools, MASTER)["announcement.json"]
    other = json.dumps(json.loads(data)).encode()
    assert parse_announcement(other) == parse_announcement(data)
    assert fingerprint(other) != fingerprint(data)
    assert fingerprint(data) == sha256(data).hexdigest()


def test_further_keys_are_allowed_and_reserves_default_to_twenty(double):
    """D4: the protocol may carry more; silence about reserves means 20."""
    value = json.loads(double["announcement.json"]) | {"office": "示例区"}
    del value["reserves"]
    assert parse_announcement(json.dumps(value).encode()).reserves == 20


WRONG = {
    "another protocol": (("protocol",), "suicha-draw/2"),
    "empty draw id": (("draw_id",), " "),
    "draw id as number": (("draw_id",), 7),
    "scope as text": (("scope",), "all"),
    "unknown mode": (("mode",), "some"),
    "a day that does not exist": (("frozen_at",), "2026-13-20T09:00:00+08:00"),
    "a time without zone": (("frozen_at",), "2026-11-20T09:00:00"),
    "count as true": (("targets", "count"), True),
    "count as float": (("targets", "count"), 60.0),
    "negative count": (("conflicts", "count"), -1),
    "upper-case hash": (("inspectors", "sha256"), "AB" * 32),
    "no root": (("targets", "merkle_root"), None),
    "scope does not add up": (("scope", "count"), 64),
    "reasons do not add up": (("excluded", "reasons"), {"deregistered": 4}),
    "strata do not add up": (("strata", 0, "count"), 21),
    "strata out of order": (("strata", 0, "stratum"), "s9"),
    "stratum twice": (("strata", 0, "stratum"), "s2"),
    "quota missing": (("strata", 0, "quota"), None),
    "team of nobody": (("teams", 0, "size"), 0),
    "skills as text": (("teams", 0, "skills"), "gas"),
    "skill not a text": (("teams", 0, "skills"), [1]),
    "no teams": (("teams",), []),
    "teams not a list": (("teams",), {}),
    "no source in the room": (("sources",), []),
    "source twice": (("sources", 2, "name"), "server"),
    "source after its time": (("sources", 1, "kind"), "public"),
    "line break in a name": (("sources", 1, "name"), "a\nb"),
    "equals sign in a name": (("sources", 1, "name"), "a=b"),
    "system without commitment": (("sources", 0, "commitment"), None),
    "dice with commitment": (("sources", 1, "commitment"), "ab" * 32),
    "commitment not hex": (("sources", 0, "commitment"), "secret"),
    "public without note": (("sources", 2, "note"), ""),
    "strata of texts": (("strata",), ["s1"]),
    "name not NFC": (("sources", 1, "name"), "e\u0301"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_breaks_a_rule_is_refused(double, case):
    """D4: an announcement that is not whole, or does not add up, freezes nothing."""
    (*path, last), wrong = WRONG[case]
    whole = json.loads(double["announcement.json"])
    inner = whole
    for step in path:
        inner = inner[step]
    inner[last] = wrong
    if case == "source after its time":
        whole["sources"] = [whole["sources"][index] for index in (0, 2, 1)]
        whole["sources"][2]["kind"], whole["sources"][2]["note"] = "dice", ""
        whole["sources"][1]["kind"] = "public"
    with pytest.raises(AnnouncementError):
        parse_announcement(json.dumps(whole).encode())


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"\xff", b'{"a": NaN}', b'{"protocol": "suicha-draw/1", "protocol": "x"}', b"[" * 100_000],
)
def test_what_is_no_single_json_object_is_refused(data):
    """D4: no bytes make the reader fail in any other way, and no key is read in two ways."""
    with pytest.raises(AnnouncementError):
        parse_announcement(data)


def test_only_system_sources_are_not_enough(terms, pools):
    """D2: the server alone never decides a draw."""
    only = tuple(source for source in terms.sources if source.kind is SourceKind.SYSTEM)
    with pytest.raises(AnnouncementError, match="system"):
        freeze(replace(terms, sources=only), pools, MASTER)


def test_nobody_is_both_in_the_pool_and_out_of_it(terms, pools):
    """D4: scope = targets + excluded, and no id is in both."""
    both = replace(pools, exclusions=(Exclusion(id="T001", reason="key-list"),))
    with pytest.raises(AnnouncementError, match="T001"):
        freeze(terms, both, MASTER)


@pytest.mark.parametrize("quotas", [{"A": 1}, {"A": 1, "B": 1, "C": 1, "D": 1, "E": 1}])
def test_every_stratum_has_its_quota_and_no_other(terms, pools, quotas):
    """D3: a stratum without a quota, or a quota without a stratum, freezes nothing."""
    with pytest.raises(AnnouncementError, match="层"):
        freeze(replace(terms, quotas=quotas), pools, MASTER)


def test_a_department_sends_one_team_and_the_master_is_whole(terms, pools):
    """D8: two teams of one department could take one person twice; a short master would weaken every salt."""
    with pytest.raises(AnnouncementError, match="部门"):
        freeze(replace(terms, teams=(Team(department="fire", size=1),) * 2), pools, MASTER)
    with pytest.raises(AnnouncementError, match="32"):
        freeze(terms, pools, b"short")
