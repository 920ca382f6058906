"""The draw's hot loops, over bytes and whole blocks of lines (D2, D3, D4): all that costs time at ten million lines.

frozen file -> blocks (about 1 MiB of whole lines) -> columns -> score_lines | subtree_roots

Only hashlib and small things are imported here: a child process (`services.drawing.scoring`) that runs these loops
starts in the blink of an eye.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import _Hash as Hash

BLOCK = 1 << 20  # bytes; small enough for the caches, large enough to forget the cost of a block
SUBTREE = 1 << 12  # leaves of one complete subtree: slices cut at its multiples make the same tree as the whole file
Hit = tuple[bytes, bytes, int, bytes]  # score, id, ticket, stratum: sorts as the protocol says (equal scores by id)


def blocks(data: bytes, size: int = BLOCK) -> Iterator[bytes]:
    """Cut a file into blocks of whole lines, each of about `size` bytes; the last line must end with LF."""
    start = 0
    while start < len(data):
        end = data.find(b"\n", start + size) + 1 or len(data)
        yield data[start:end]
        start = end


def columns(block: bytes, width: int) -> list[list[bytes]]:
    """Give the columns of lines that have exactly `width` fields each (`inspection.draw.lists` has seen to that)."""
    fields = block.replace(b"\n", b"\t").split(b"\t")
    fields.pop()
    return [fields[number::width] for number in range(width)]


def score_lines(seed: str, limits: Mapping[bytes, bytes], block: bytes) -> list[Hit]:
    """Hash every ticket of a block of targets.tsv; keep those whose score is not above their stratum's limit.

    The seed is exactly one SHA-256 block, so its state is computed once and copied per ticket.
    """
    seeded = sha256(f"{seed}/target/".encode()).copy
    kept = []
    for id_, stratum, tickets in zip(*columns(block, 3), strict=True):  # ten million turns of this are the draw's cost
        if tickets == b"1":
            ticket = seeded()
            ticket.update(id_ + b"/1")
            score = ticket.digest()
            if score <= limits[stratum]:
                kept.append((score, id_, 1, stratum))
        else:
            score, number = _best(seeded(), id_, int(tickets))
            if score <= limits[stratum]:
                kept.append((score, id_, number, stratum))
    return kept


def subtree_roots(master: bytes, pieces: Iterable[bytes]) -> list[bytes]:
    """Give the tree hashes of each `SUBTREE` lines of targets.tsv in blocks, the last of what is left over."""
    roots: list[bytes] = []
    hashes: list[bytes] = []
    for block in pieces:
        hashes += leaves(master, block)
        while len(hashes) >= SUBTREE:
            roots.append(tree_hash(hashes[:SUBTREE]))
            del hashes[:SUBTREE]
    return [*roots, tree_hash(hashes)] if hashes else roots


def leaves(master: bytes, block: bytes) -> list[bytes]:
    """Hash each line of a block of targets.tsv (without its LF) with its own salt into a leaf."""
    pairs = zip(columns(block, 3)[0], block.split(b"\n"), strict=False)  # after the last LF is nothing
    return [sha256(b"\x00" + sha256(master + id_).digest() + line).digest() for id_, line in pairs]


def tree_hash(hashes: list[bytes]) -> bytes:
    """Give the tree hash of the leaves (RFC 6962 section 2.1); of none it is SHA-256 of nothing."""
    while len(hashes) > 1:
        hashes = pair_up(hashes)
    return hashes[0] if hashes else sha256().digest()


def pair_up(level: list[bytes]) -> list[bytes]:
    """Give the next level; an odd one is carried up as it is: RFC 6962's split at the largest power of two."""
    paired = [sha256(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
    return paired + level[-1:] if len(level) & 1 else paired


def _best(block: Hash, id_: bytes, tickets: int) -> tuple[bytes, int]:
    """Give the least of one candidate's tickets and its number; `block` has taken in the seed."""
    block.update(id_ + b"/")
    best, found = b"", 0
    for number in range(1, tickets + 1):
        ticket = block.copy()
        ticket.update(b"%d" % number)
        score = ticket.digest()
        if not found or score < best:
            best, found = score, number
    return best, found
