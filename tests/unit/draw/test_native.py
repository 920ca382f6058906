"""ADR 0011: the processor's own instructions find what hashlib finds, and where they are missing nothing is."""

from __future__ import annotations

import random
from hashlib import sha256

import pytest

from inspection.draw.loops import blocks, subtree_roots
from inspection.draw.score import least, score_here
from services.drawing import native
from services.drawing.scoring import Children

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
