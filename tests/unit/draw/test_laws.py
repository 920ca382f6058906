"""D2, D7, C12, E5, D11: laws that need numbers: many draws, many recusals, many bundles.

The counts of issue 4 run with `make test-hard`; an ordinary run takes a smaller part of the very same cases.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from hashlib import sha256
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import verify
from inspection.draw import lists, pools
from inspection.draw.announcement import Mode, Team
from inspection.draw.lists import quick_tally
from inspection.draw.loops import score_lines
from inspection.draw.match import loads_of, match, roster
from inspection.draw.merkle import tree_root
from inspection.draw.pools import Candidate, Conflict, DrawInspector, Exclusion, Pools
from inspection.draw.refusals import BundleError, PoolLineError
from inspection.draw.result import run_draw
from inspection.draw.score import score_here
from inspection.draw.text import json_bytes
from services.drawing.scoring import Children, cut_lines
from tests.unit.draw.conftest import build
from tests.unit.draw.test_verify import TAMPERING

TICKETS = (1, 1, 2, 4, 8)
CHI_SQUARE_4 = 23.5  # exceeded by chance once in ten thousand, at four degrees of freedom
NO_LIMIT = {b"A": b"\xff" * 32}
KEY = b"suicha"


# --- tickets -----------------------------------------------------------------------------------------------------


def first_of(number):
    """Draw one of five candidates; gives its place."""
    pool = b"".join(b"%d\tA\t%d\n" % (place, tickets) for place, tickets in enumerate(TICKETS))
    seed = sha256(b"chi-square %d" % number).hexdigest()
    return int(min(score_lines(seed, NO_LIMIT, pool))[1])


def test_tickets_shift_probability_as_they_should():
    """C12: over 100,000 draws each comes first in proportion to its tickets (chi-square, seeds fixed)."""
    draws = 100_000
    counts = Counter(map(first_of, range(draws)))
    expected = [draws * tickets / sum(TICKETS) for tickets in TICKETS]
    chi = sum((counts[place] - mean) ** 2 / mean for place, mean in enumerate(expected))
    assert chi < CHI_SQUARE_4, (chi, counts)


# --- loads under heavy recusal, against the best that any matching could do ---------------------------------------


def can_carry(fitting, size, most):
    """Tell by maximum flow (augmenting paths) whether all get their people with nobody above `most` places."""
    given = {one: set() for people in fitting.values() for one in people}

    def place(target, seen):
        for one in fitting[target]:
            if one in seen or target in given[one]:
                continue
            seen.add(one)
            moved = None if len(given[one]) < most else next((t for t in sorted(given[one]) if place(t, seen)), "")
            if moved != "":
                given[one] -= {moved}
                given[one].add(target)
                return True
        return False

    return all(place(target, set()) for target, able in fitting.items() for _ in range(min(size, len(able))))


def least_peak(fitting, size, from_):
    most = from_
    while not can_carry(fitting, size, most):
        most += 1
    return most


def test_the_flow_finds_what_trying_everything_finds():
    """D7: the yardstick itself, on offices small enough to try every matching."""
    for number in range(60):
        chance = random.Random(number)  # noqa: S311 - made-up offices, the same every time
        fitting = {f"T{n}": [one for one in "abc" if chance.random() < 0.6] for n in range(5)}
        ways = product(*(combinations(able, min(2, len(able))) for able in fitting.values()))
        best = min(max(Counter(one for way in ways_ for one in way).values(), default=0) for ways_ in ways)
        assert least_peak(fitting, 2, 0) == best


@pytest.mark.parametrize("number", range(12))
def test_under_heavy_recusal_the_busiest_is_near_the_optimum(number):
    """D7, E5: with 70 % of all pairs recused the busiest has at most two places more than in the best matching."""
    chance = random.Random(number)  # noqa: S311 - made-up offices, the same every time
    people = [DrawInspector(id=f"i{n:02}", department="market", skills=()) for n in range(20)]
    targets = [f"T{n:03}" for n in range(100)]
    barred = [
        Conflict(target=target, inspector=one.id) for target in targets for one in people if chance.random() < 0.7
    ]
    team = Team(department="market", size=2)
    groups = match(sha256(KEY + b"%d" % number).hexdigest(), (team,), roster(people, barred), targets)
    pairs = {(item.target, item.inspector) for item in barred}
    fitting = {target: [one.id for one in people if (target, one.id) not in pairs] for target in targets}
    places = sum(min(2, len(able)) for able in fitting.values())
    loads = loads_of(groups)
    assert sum(loads.values()) == places
    best = least_peak(fitting, 2, -(-places // len(people)))
    assert best <= max(loads.values()) <= best + 2


# --- true bundles pass, tampered ones do not ----------------------------------------------------------------------


def office(number):
    """Make the `number`-th made-up office: pools, quotas, people and recusals of its own.

    What the kinds of tampering take hold of stays: T001 and T079, an `A` first, a recusal, two exclusions, 80 targets.
    """
    chance = random.Random(number)  # noqa: S311 - made-up offices, the same every time
    candidates = tuple(
        Candidate(id=f"T{n:03}", stratum="ABCD"[n % 4], tickets=(1, 1, 2, 4)[n % 4] if n else 1) for n in range(80)
    )
    people = tuple(
        DrawInspector(id=f"i{n:02}", department=("fire", "market")[n % 2], skills=("food", "gas") if n % 3 else ())
        for n in range(16)
    )
    pairs = {(f"T{chance.randrange(80):03}", f"i{chance.randrange(16):02}") for _ in range(chance.randrange(40))}
    conflicts = (Conflict(target="*", inspector="i03"), *(Conflict(target=t, inspector=i) for t, i in sorted(pairs)))
    gone = (Exclusion(id="T900", reason="yearly-limit"), Exclusion(id="T901", reason="deregistered"))
    return Pools(candidates=candidates, inspectors=people, conflicts=conflicts, exclusions=gone)


def bundle(number, mode=Mode.DOUBLE, **terms):
    values = {"server": "5a" * 32, "监督员": str(number), "彩票": f"{number % 33:02} {number % 16:02}"}
    return build(office(number), values, mode=mode, draw_id=f"2026-{number:03}", **terms)


def accept(numbers):
    for number in numbers:
        mode = list(Mode)[number % 4]
        assert verify.check(bundle(number, mode)).findings == [], number


def refuse(cases, numbers):
    for number in numbers:
        files = bundle(number)
        for case in cases:
            change, where, what = TAMPERING[case]
            tampered = change(files)
            if tampered == files:
                continue
            findings = verify.check(tampered).findings
            assert findings, (case, number)
            assert where in findings[0][0], (case, number, findings)
            assert what in findings[0][1], (case, number, findings)


# These name a value of the one office of test_verify (an order, a member) that another office need not have.
OF_ONE_OFFICE = {"draw order changed", "a short team hidden", "lists: a recusal removed, all mended"}
KINDS = sorted(TAMPERING.keys() - OF_ONE_OFFICE)


def test_true_bundles_pass():
    """D11: honest offices, all four modes."""
    accept(range(24))


def test_every_kind_of_tampering_is_refused_in_other_offices_too():
    """D4, E5, D11: with the right place and reason, whatever the lists and the seed."""
    assert len(KINDS) >= 25
    refuse(KINDS, range(3))


@pytest.mark.hard
@pytest.mark.timeout(3600)
def test_a_thousand_true_bundles_pass():
    """D11: 1,000 honest bundles accepted."""
    accept(range(1000))


@pytest.mark.hard
@pytest.mark.timeout(3600)
def test_two_hundred_bundles_of_every_kind_of_tampering_are_refused():
    """D4, E5, D11: at least 25 kinds, 200 bundles each, all refused with the right reason."""
    refuse(KINDS, range(200))


# --- the quick ways are the plain ways ------------------------------------------------------------------------------

READERS = {
    lists.TARGETS: pools.targets_from_tsv,
    lists.CONFLICTS: pools.conflicts_from_tsv,
    lists.EXCLUDED: pools.excluded_from_tsv,
}
fields = st.text(st.sampled_from("ab*/é\u0301\x00\x85 ,1甲\r"), max_size=3) | st.sampled_from(
    ["a", "b", "1", "1000", "0"]
)
files = st.lists(st.lists(fields, min_size=1, max_size=4).map("\t".join), max_size=4).map(
    lambda lines: "".join(line + "\n" for line in lines).encode()
)


@settings(max_examples=400)
@given(st.sampled_from(sorted(READERS)), files | st.binary(max_size=12))
def test_the_quick_yes_is_never_given_where_a_line_is_wrong(file, data):
    """D4: what is accepted as bytes passes the reader that looks at every line, and counts the same."""
    quick = quick_tally(file, data)
    try:
        values = READERS[file](data)
    except PoolLineError:
        assert quick is None
        return
    if quick:
        assert quick.count == len(values)
        labels = [getattr(one, "stratum", getattr(one, "reason", None)) for one in values]
        assert quick.labels == Counter(label for label in labels if label is not None)


@given(st.binary(max_size=60).map(lambda data: data + b"\n"), st.integers(1, 5), st.integers(1, 4))
def test_slices_are_whole_lines_and_all_of_them(data, parts, every):
    """D2: whatever the number of processes, every line is in exactly one slice, cut where subtrees end."""
    slices = cut_lines(data, parts, every)
    assert b"".join(data[start:end] for start, end in slices) == data
    assert all(data[end - 1 : end] == b"\n" for _, end in slices)
    assert all(data.count(b"\n", start, end) % every == 0 for start, end in slices[:-1])


def test_children_score_and_hash_what_one_process_does(monkeypatch):
    """D2, D4: the same hits in the same order, the same root, and progress that ends at the whole."""
    targets = b"".join(b"T%08d\t%c\t%d\n" % (n, 65 + n % 3, 1 + n % 2) for n in range(300_000))
    limits = dict.fromkeys([b"A", b"B", b"C"], b"\x01" + b"\xff" * 31)
    told = []
    monkeypatch.setattr("services.drawing.scoring.load", lambda: None)  # test_native has the other way
    children = Children(lambda done, whole: told.append((done, whole)), children=2)
    seed, master = sha256(KEY).hexdigest(), bytes(32)
    assert children.score(seed, limits, targets) == score_here(seed, limits, targets)
    assert tree_root(master, targets, children.subtrees) == tree_root(master, targets)
    assert told[-1] == (len(targets), len(targets))


def test_a_draw_does_not_depend_on_there_being_processes(monkeypatch):
    """D2: where no child can be started, or one dies, the slice is worked off in this process."""
    targets = b"".join(b"T%08d\tA\t1\n" % n for n in range(300_000))
    limits, seed = {b"A": b"\x01" + b"\xff" * 31}, sha256(KEY).hexdigest()
    expected = score_here(seed, limits, targets)
    monkeypatch.setattr("services.drawing.scoring.load", lambda: None)
    for broken in ("/nonexistent/python", "/bin/false"):
        monkeypatch.setattr("services.drawing.scoring.sys.executable", broken)
        assert Children(children=2).score(seed, limits, targets) == expected


def test_a_list_of_its_own_is_drawn_without_reading_it_again_but_not_without_its_hash():
    """D4: `own` spares the rules, never the announced hash."""
    whole = bundle(1)
    assert run_draw(whole, own=True) == run_draw(whole)
    with pytest.raises(BundleError, match="SHA-256"):
        run_draw(whole | {"targets.tsv": whole["targets.tsv"] + b"Z\tA\t1\n"}, own=True)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@given(values)
def test_the_quick_writer_lays_out_what_the_standard_one_does(value):
    """D2: the bytes of announcements and results are those of the published vectors' layout, whatever is in them."""
    expected = json.dumps(value, indent=1, ensure_ascii=False)
    try:
        data = expected.encode()
    except UnicodeEncodeError:
        return
    assert json_bytes(value) == data
