"""ADR 0011: the processor's own instructions find what hashlib finds, and where they are missing nothing is."""

from __future__ import annotations

import random
from hashlib import sha256

import pytest

from inspection.draw.crowd import Group, merge_here
from inspection.draw.lists import TARGETS, ids_of, quick_tally
from inspection.draw.loops import blocks, subtree_roots
from inspection.draw.score import least, score_here
from services.drawing import native, scoring
from services.drawing.scoring import Children, EarlyTree

SEED, MASTER = sha256(b"native").hexdigest(), bytes(range(32))
STRATA = ["A", "A@370100", "", "乙类", "D~379999"]


@pytest.fixture(scope="module")
def library() -> native.Native:
    """The library of this source; machines without a compiler or without the instructions have none."""
    native.build()
    native.load.cache_clear()
    found = native.load()
    if found is None:
        pytest.skip("no compiler, or no SHA-256 instructions")
    return found


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.drawing.scoring.load", lambda: None)


def register(size: int, seed: int = 1) -> bytes:
    """A list with ids of every length up to some hundred bytes, several strata and up to 1,000 tickets."""
    chance = random.Random(seed)  # noqa: S311 made-up ids, the same every time
    ids = sorted({"企" * chance.randrange(40) + f"{number:07}" for number in range(size)}, key=str.encode)
    few = [1] * 50 + [2, 4, 9, 10, 99, 100, 1000]
    return "".join(f"{one}\t{chance.choice(STRATA)}\t{chance.choice(few)}\n" for one in ids).encode()


def limits_of(part: int) -> dict[bytes, bytes]:
    return {label.encode(): bytes([part * place % 256]) + b"\xff" * 31 for place, label in enumerate(STRATA)}


@pytest.mark.parametrize("part", [0, 3, 60, 255])
def test_whoever_may_be_drawn_is_kept(library: native.Native, part: int) -> None:
    """D2: of the lines kept hashlib finds the same hits as of all lines, whatever the limits."""
    targets, limits = register(3_000), limits_of(part)
    kept = library.may_be_under(SEED, limits, targets)
    assert kept is not None
    assert score_here(SEED, limits, kept) == score_here(SEED, limits, targets)
    assert len(kept) < len(targets)


@pytest.mark.parametrize("size", [0, 1, 2, 4_095, 4_096, 4_097, 9_000])
def test_roots_are_the_same(library: native.Native, size: int) -> None:
    """D4: subtrees of any number of lines, ids of any length."""
    targets = register(size)
    assert library.subtree_roots(MASTER, targets) == b"".join(subtree_roots(MASTER, blocks(targets)))


def test_what_it_was_not_made_for_is_left_to_python(library: native.Native) -> None:
    """D2: a line of thousands of bytes, a stratum without a limit, a half line: it says so and decides nothing."""
    limits = {b"A": b"\xff" * 32}
    for odd in (b"x" * 5_000 + b"\tA\t1\n", b"a\tB\t1\n", b"a\tA\t1", b"a\tA\tx\n", b"a\tA\n"):
        assert library.may_be_under(SEED, limits, odd) is None, odd[:20]
    assert library.subtree_roots(MASTER, b"x" * 5_000 + b"\tA\t1\n") is None
    assert library.subtree_roots(MASTER, b"a\tA\t1") is None


def drawn(targets: bytes) -> object:
    children = Children(children=2)
    counts = {label: targets.count(f"\t{label}\t".encode()) for label in STRATA}
    ranked = least(SEED, counts, dict.fromkeys(counts, 120), targets, children.score)
    return ranked, children.subtrees(MASTER, targets)


def test_a_draw_is_the_same_with_and_without(library: native.Native, request: pytest.FixtureRequest) -> None:
    """D2, D4: hits in the same order and the same roots, by the instructions and by child processes."""
    assert library
    targets = register(20_000)
    quick = drawn(targets)
    request.getfixturevalue("without")
    assert drawn(targets) == quick


def test_a_library_that_is_wrong_is_not_used(library: native.Native, monkeypatch: pytest.MonkeyPatch) -> None:
    """D2: one false digest in its own test, and child processes do the work instead."""
    assert library
    monkeypatch.setattr(native, "TESTED", [3])
    monkeypatch.setattr(native.hashlib, "sha256", lambda data=b"": sha256(data + b"!"))
    assert not native._is_right(library._library)


PLAIN = b"".join(b"T%03d\t%c\t%d\n" % (n, 65 + n % 4, 1 + n * 37 % 1000) for n in range(40))
LABELS = ("A", "B", "C", "D")


def test_a_yes_of_the_instructions_is_a_yes_of_python(library: native.Native) -> None:
    """D4: of lists broken in one place those that are counted at all keep every rule, and have the same counts."""
    chance = random.Random(8)  # noqa: S311 made-up damage, the same every time
    yes = 0
    for _ in range(4_000):
        damaged = bytearray(PLAIN)
        damaged[chance.randrange(len(damaged))] = chance.choice(b"\t\n\r /*0159ABTx\x00\x7f\xe4")
        apart = b"".join(b"T%03d\tmoved\n" % n for n in sorted(chance.sample(range(30, 90), 3)))
        found = library.tally(LABELS, bytes(damaged), apart)
        plain = quick_tally(TARGETS, bytes(damaged), ids_of("excluded.tsv", apart))
        if found is not None:
            assert plain is not None, bytes(damaged)
            assert (plain.labels, plain.shared) == (found, "")
            yes += 1
    assert yes > 100


@pytest.mark.parametrize(
    "odd",
    [
        b"a\tA\t0\n", b"a\tA\t1001\n", b"a\tA\t01\n", b"a\tA\t\n", b"a\tE\t1\n", b"\tA\t1\n", b"*\tA\t1\n",
        b"a/b\tA\t1\n", b"a\tA\t1", b"a\tA\n", b"a\tA\t1\t\n", b"b\tA\t1\na\tA\t1\n", b"a\tA\t1\na\tA\t1\n",
        b"ab\tA\t1\na\tA\t1\n", b"x\tA\t1\n",
    ],
)  # fmt: skip
def test_what_is_not_plain_is_not_counted(library: native.Native, odd: bytes) -> None:
    """D4: every rule of targets.tsv, and an id that stands in excluded.tsv too."""
    assert library.tally(LABELS, b"a\tA\t1\nab\tD\t1000\n", b"A\tmoved\nb\tmoved\n") == {"A": 1, "D": 1}
    assert library.tally(LABELS, odd, b"A\tmoved\nx\tmoved\n") is None


def test_counts_other_than_the_pools_are_left_to_python(library: native.Native) -> None:
    """D4: the quick count stands only where it is the pool's own, and its labels are plain."""
    assert library
    right = {"A": 10, "B": 10, "C": 10, "D": 10}
    found = scoring.quick_tally(right, PLAIN, b"")
    assert found
    assert (found.count, found.labels) == (40, right)
    assert scoring.quick_tally({**right, "A": 9}, PLAIN, b"") is None
    assert scoring.quick_tally({"乙": 1}, "a\t乙\t1\n".encode(), b"") is None


@pytest.mark.parametrize("size", [0, 1, 4_096, 9_000])
@pytest.mark.parametrize("step", [1_000, 5_000])
def test_a_tree_begun_early_is_the_same_tree(library: native.Native, size: int, step: int) -> None:
    """D4: told in pieces of any size; a file other than was told, or another key, begins from the beginning."""
    assert library
    lines = register(size).splitlines(keepends=True)
    tree, whole = EarlyTree(MASTER, Children()), b"".join(lines)
    for start in range(0, size, step):
        tree.take(b"".join(lines[start : start + step]))
    assert tree.subtrees(MASTER, whole) == subtree_roots(MASTER, blocks(whole))
    for other in (whole + b"z\tA\t1\n", b"".join(lines[1:])):
        assert tree.subtrees(MASTER, other) == subtree_roots(MASTER, blocks(other))
    assert tree.subtrees(bytes(32), whole) == subtree_roots(bytes(32), blocks(whole))


def test_a_tree_that_only_python_can_hash_is_hashed_by_python(library: native.Native) -> None:
    """D4: one line of thousands of bytes in the midst."""
    assert library
    long = b"x" * 5_000 + b"\tA\t1\n"
    tree, lines = EarlyTree(MASTER, Children()), register(4_096)
    tree.take(lines)
    tree.take(long)
    assert tree.subtrees(MASTER, lines + long) == subtree_roots(MASTER, blocks(lines + long))


def test_without_the_instructions_nothing_is_begun_early(without: None) -> None:
    """D4: and the tree is the same."""
    tree, lines = EarlyTree(MASTER, Children()), register(100)
    tree.take(lines)
    assert tree.subtrees(MASTER, lines) == subtree_roots(MASTER, blocks(lines))
    assert scoring.quick_tally({"A": 1}, b"a\tA\t1\n", b"") is None


def groups_of(size: int, many: int) -> list[Group]:
    """Sorted ids of every length, dealt out at random to groups with ends of their own."""
    chance = random.Random(size)  # noqa: S311 made-up ids, the same every time
    dealt: list[list[bytes]] = [[] for _ in range(many)]
    for line in register(size).splitlines():
        chance.choice(dealt).append(line.split(b"\t")[0])
    return [
        (b"\t".join(ids), b"\t%s\t%d\n" % (STRATA[place % 5].encode(), place)) for place, ids in enumerate(dealt) if ids
    ]


@pytest.mark.parametrize("size", [0, 1, 2, 5_000])
@pytest.mark.parametrize("many", [1, 2, 3, 64])
def test_groups_are_merged_as_python_sorts_them(library: native.Native, size: int, many: int) -> None:
    """D4: the lines of a page in the order of their ids, whichever group each belongs to."""
    groups = groups_of(size, many)
    lines = library.merged(groups)
    assert lines == merge_here(groups) == scoring.merged(groups)
    assert lines.count(b"\n") == size


@pytest.mark.parametrize("odd", [b"b\ta", b"a\ta", b"c\td\tb", b"", b"a\t\tb", b"a\t"])
def test_groups_out_of_order_are_sorted_by_python(library: native.Native, odd: bytes) -> None:
    """D4: what is not in order, or empty, is left to Python, which sorts it; the freeze refuses what may not be."""
    groups = [(b"A\tx", b"\tA\t1\n"), (odd, b"\tB\t1\n")]
    assert library.merged(groups) is None
    assert scoring.merged(groups) == merge_here(groups)


def test_one_id_in_two_groups_is_left_to_python(library: native.Native) -> None:
    """D4: it is no list that may be frozen, and Python's line reader says which line."""
    assert library.merged([(b"a\tb", b"\tA\t1\n"), (b"b", b"\tB\t1\n")]) is None


def test_without_the_instructions_groups_are_merged_all_the_same(without: None) -> None:
    """D4: by Python alone."""
    assert scoring.merged([(b"b\tc", b"\tA\t1\n"), (b"a", b"\tB\t2\n")]) == b"a\tB\t2\nb\tA\t1\nc\tA\t1\n"
