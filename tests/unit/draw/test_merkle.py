"""D4: an enterprise can see for itself that it was in the pool, and learns nothing of the others."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.draw.merkle import audit_path, leaves, prove, root, tree_root, verify_path

MASTER = bytes(range(32))


def by_definition(hashes):
    """Tree hash in RFC 6962's own recursive words."""
    if len(hashes) < 2:
        return hashes[0] if hashes else sha256().digest()
    half = 1
    while half * 2 < len(hashes):
        half *= 2
    return sha256(b"\x01" + by_definition(hashes[:half]) + by_definition(hashes[half:])).digest()


def table(size):
    return "".join(f"T{number:04}\tA\t1\n" for number in range(size)).encode()


@given(st.integers(0, 70))
def test_the_root_is_that_of_the_definition(size):
    """D4: pairing upwards gives the RFC's tree for every size."""
    hashes = leaves(MASTER, table(size))
    assert root(hashes) == by_definition(hashes)


@given(st.integers(1, 70), st.data())
def test_every_line_proves_itself_and_no_other(size, data):
    """D4: the proof leads to the root; with any part changed it does not."""
    index = data.draw(st.integers(0, size - 1))
    announced = tree_root(MASTER, table(size))
    proof = prove(MASTER, table(size), f"T{index:04}")
    assert verify_path(proof, announced)
    assert proof.line == f"T{index:04}\tA\t1"
    for forged in (
        replace(proof, line=proof.line.replace("A\t1", "A\t4")),
        replace(proof, salt=bytes(32)),
        replace(proof, path=(*proof.path, bytes(32))),
        replace(proof, index=size),
        replace(proof, index=-1),
    ):
        assert not verify_path(forged, announced)
    if proof.path:
        assert not verify_path(replace(proof, path=proof.path[:-1]), announced)
    assert not verify_path(proof, "00" * 32)


def test_who_is_not_in_the_pool_gets_no_proof():
    """D4: no proof for a stranger, nor for the beginning of somebody's id."""
    assert prove(MASTER, table(3), "T0009") is None
    assert prove(MASTER, table(3), "T000") is None


def test_salts_differ_and_hide_the_neighbours():
    """D4: equal lines under another master are other leaves, so a leaf cannot be guessed."""
    assert leaves(MASTER, b"T1\tA\t1\n") != leaves(bytes(32), b"T1\tA\t1\n")
    salt = sha256(MASTER + b"T1").digest()
    assert leaves(MASTER, b"T1\tA\t1\n") == [sha256(b"\x00" + salt + b"T1\tA\t1").digest()]


@pytest.mark.parametrize("index", [-1, 3])
def test_no_path_outside_the_tree(index):
    """D4: a place that does not exist has no path."""
    with pytest.raises(IndexError):
        audit_path([bytes(32)] * 3, index)
