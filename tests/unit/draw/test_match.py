"""D7, D8, E1-E5: who inspects is decided by the seed, around every recusal, with even loads."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from inspection.draw.announcement import Team
from inspection.draw.match import loads_of, match, next_replacement, roster, turn
from inspection.draw.pools import Conflict, DrawInspector

SEED = sha256(b"match").hexdigest()
seeds = st.integers(0, 1 << 64).map(lambda number: sha256(b"%d" % number).hexdigest())
TARGETS = tuple(f"T{number}" for number in range(12))
PEOPLE = tuple(f"i{number}" for number in range(10))
TEAMS = (Team(department="market", size=2), Team(department="fire", size=1, skills=("gas",)))

inspectors = st.lists(
    st.builds(
        DrawInspector,
        id=st.sampled_from(PEOPLE),
        department=st.sampled_from(["market", "fire"]),
        skills=st.sampled_from([(), ("gas",), ("food", "gas")]),
    ),
    unique_by=lambda one: one.id,
)
conflicts = st.lists(
    st.builds(Conflict, target=st.sampled_from([*TARGETS, *TARGETS, "*"]), inspector=st.sampled_from(PEOPLE)),
    max_size=40,
)


def fits(one, team, target, barred):
    pairs = {(item.target, item.inspector) for item in barred}
    able = one.department == team.department and set(team.skills) <= set(one.skills)
    return able and not {(target, one.id), ("*", one.id)} & pairs


@given(seeds, inspectors, conflicts)
def test_only_who_fits_and_short_only_if_too_few_fit(seed, people, barred):
    """D7, E5: every member fits; a place stays open only where fewer fit than the team's size."""
    for group in match(seed, TEAMS, roster(people, barred), TARGETS):
        for team, part in zip(TEAMS, group.teams, strict=True):
            fitting = {one.id for one in people if fits(one, team, group.target, barred)}
            assert set(part.members) <= fitting
            assert len(set(part.members)) == len(part.members) == min(team.size, len(fitting))
            assert part.short == team.size - len(part.members)


@given(seeds, st.integers(2, 9), st.integers(1, 2), st.integers(0, 30))
def test_loads_differ_by_at_most_one_where_everybody_fits(seed, people, size, targets):
    """D7: nobody is favoured and nobody is burdened."""
    staff = [DrawInspector(id=f"i{number}", department="market", skills=()) for number in range(people)]
    groups = match(seed, (Team(department="market", size=size),), roster(staff, ()), [f"T{n}" for n in range(targets)])
    loads = loads_of(groups)
    counts = [loads[one.id] for one in staff]
    assert sum(counts) == targets * size
    assert max(counts) - min(counts) <= 1


@given(seeds, inspectors, conflicts, st.randoms(use_true_random=False))
def test_the_order_of_the_lists_does_not_matter(seed, people, barred, shuffler):
    """D7: same seed, same groups, in whatever order inspectors and conflicts come."""
    shuffled = roster(shuffler.sample(people, len(people)), shuffler.sample(barred, len(barred)))
    assert match(seed, TEAMS, roster(people, barred), TARGETS) == match(seed, TEAMS, shuffled, TARGETS)


@given(seeds, inspectors, conflicts)
def test_the_heap_does_what_the_text_says(seed, people, barred):
    """D7: against the protocol's own words: fewest fitting first, then least (load, turn)."""
    loads = dict.fromkeys(PEOPLE, 0)
    expected = {target: [] for target in TARGETS}
    for team in TEAMS:
        fitting = {target: [one.id for one in people if fits(one, team, target, barred)] for target in TARGETS}
        for target in sorted(TARGETS, key=lambda target: len(fitting[target])):
            ranked = sorted(fitting[target], key=lambda one: (loads[one], turn(seed, one, loads[one] + 1)))
            for one in ranked[: team.size]:
                loads[one] += 1
            expected[target].append(tuple(ranked[: team.size]))
    groups = match(seed, TEAMS, roster(people, barred), TARGETS)
    assert {group.target: [part.members for part in group.teams] for group in groups} == expected


@given(seeds, inspectors, conflicts)
def test_the_leader_is_the_lead_departments_first(seed, people, barred):
    """D8: the leader comes from the initiating department's team; if nobody of it fits, there is none."""
    for group in match(seed, TEAMS, roster(people, barred), TARGETS):
        lead = group.teams[0].members
        assert group.leader == (lead[0] if lead else None)


@given(seeds, inspectors, conflicts, st.sampled_from(TARGETS), st.sampled_from(TEAMS))
def test_a_replacement_fits_and_is_new_to_the_group(seed, people, barred, target, team):
    """E4, E5: never a member of the group, never a recused one; None only if nobody is left."""
    crew = roster(people, barred)
    groups = match(seed, TEAMS, crew, TARGETS)
    members = next(group for group in groups if group.target == target).members()
    loads = loads_of(groups)
    found = next_replacement(seed, team, crew, target, members, loads)
    left = {one.id for one in people if fits(one, team, target, barred)} - set(members)
    if found is None:
        assert not left
    else:
        assert found in left
        assert loads[found] == min(loads[one] for one in left)


def test_recorded_replacements_count_as_places():
    """E4: a second replacement takes another inspector, since the first one's load has risen."""
    staff = [DrawInspector(id=f"i{number}", department="market", skills=()) for number in range(4)]
    team, crew = Team(department="market", size=1), roster(staff, ())
    groups = match(SEED, (team,), crew, ["T1"])
    first = next_replacement(SEED, team, crew, "T1", groups[0].members(), loads_of(groups))
    group = (*groups[0].members(), first)
    second = next_replacement(SEED, team, crew, "T1", group, loads_of(groups, [first]))
    assert len({*group, second}) == 3
    assert loads_of(groups, [first])[first] == 1


def test_no_teams_no_members():
    """D7: without teams nobody is invented."""
    (group,) = match(SEED, (), roster((), ()), ["T1"])
    assert (group.leader, group.members()) == (None, ())
