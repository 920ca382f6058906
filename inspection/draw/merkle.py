"""RFC 6962 tree over salted lines: an enterprise sees that it was in the pool, and learns nothing of the others.

id -> salt = SHA-256(master || id) -> leaf = SHA-256(0x00 || salt || line) -> pairs up to the root (in the announcement)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from inspection.draw.loops import blocks, leaves, pair_up, subtree_roots, tree_hash

MASTER_BYTES = 32
Subtrees = Callable[[bytes, bytes], Sequence[bytes]]  # master, targets.tsv -> roots of each `loops.SUBTREE` lines


@dataclass(frozen=True, kw_only=True, slots=True)
class Proof:
    """What one enterprise is handed: its own line of targets.tsv (no LF), its salt, its place and its audit path."""

    line: str
    salt: bytes
    index: int
    size: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """A node on the way from a leaf to the root: joined with a sister, who stands to its left or to its right."""

    value: bytes
    sister: bytes = b""
    left: bool = False


def root(hashes: Sequence[bytes]) -> bytes:
    """Give the tree hash of the leaves (RFC 6962 section 2.1); of none it is SHA-256 of nothing."""
    return tree_hash(list(hashes))


def subtrees_here(master: bytes, targets_tsv: bytes) -> list[bytes]:
    """Give the roots of each `loops.SUBTREE` lines, worked out in this process."""
    return subtree_roots(master, blocks(targets_tsv))


def tree_root(master: bytes, targets_tsv: bytes, subtrees: Subtrees = subtrees_here) -> str:
    """Give the announcement's `merkle_root` (hex) of a whole targets.tsv; `subtrees` may use several processes."""
    return root(subtrees(master, targets_tsv)).hex()


def audit_path(hashes: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Give the sister hashes from leaf `index` up to the root (RFC 6962 section 2.1.1); raises IndexError."""
    if not 0 <= index < len(hashes):
        raise IndexError(index)
    path = []
    for level in _levels(hashes)[:-1]:
        sister = index ^ 1
        if sister < len(level):
            path.append(level[sister])
        index >>= 1
    return tuple(path)


def prove(master: bytes, targets_tsv: bytes, target: str) -> Proof | None:
    """Give one enterprise's own proof, or None if it is not in the pool."""
    lines = targets_tsv.split(b"\n")[:-1]
    key = target.encode() + b"\t"
    index = next((number for number, line in enumerate(lines) if line.startswith(key)), None)
    if index is None:
        return None
    return Proof(
        line=lines[index].decode(),
        salt=sha256(master + target.encode()).digest(),
        index=index,
        size=len(lines),
        path=audit_path(leaves(master, targets_tsv), index),
    )


def climb(proof: Proof) -> tuple[Node, ...] | None:
    """Give the nodes on the way up, the leaf first; None for a path that does not fit its place and size.

    The algorithm is that of RFC 9162 section 2.1.3.2.
    """
    if not 0 <= proof.index < proof.size:
        return None
    place, last = proof.index, proof.size - 1
    nodes = [Node(value=sha256(b"\x00" + proof.salt + proof.line.encode()).digest())]
    for sister in proof.path:
        if last == 0:
            return None
        found, left = nodes[-1].value, bool(place & 1) or place == last
        joined = sister + found if left else found + sister
        nodes.append(Node(value=sha256(b"\x01" + joined).digest(), sister=sister, left=left))
        while left and not place & 1 and place:
            place, last = place >> 1, last >> 1
        place, last = place >> 1, last >> 1
    return tuple(nodes) if last == 0 else None


def verify_path(proof: Proof, merkle_root: str) -> bool:
    """Tell whether the proof leads to the announced root (hex)."""
    nodes = climb(proof)
    return nodes is not None and nodes[-1].value.hex() == merkle_root


def _levels(hashes: Sequence[bytes]) -> list[list[bytes]]:
    levels = [list(hashes)]
    while len(levels[-1]) > 1:
        levels.append(pair_up(levels[-1]))
    return levels
