"""D2: a round of drand is its network's own, held against the chain's public key."""

from __future__ import annotations

import subprocess
import sys

import pytest

from inspection.draw.drand import is_signed

# Published by drand: the chain "quicknet" (its /info) and its round 1000.
QUICKNET = (
    "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451"
    "0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
)
SIGNATURE = "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39"


def test_a_round_of_quicknet_is_quicknets() -> None:
    """D2: the published signature of round 1000 holds, and for no other round."""
    assert is_signed(QUICKNET, 1000, SIGNATURE)
    assert not is_signed(QUICKNET, 1001, SIGNATURE)


@pytest.mark.parametrize(
    "signature",
    [
        "c0" + "00" * 47,  # the point at infinity, which signs everything for a key at infinity
        "00" * 48,
        "9f" + SIGNATURE[2:],
        SIGNATURE[:-2],
        SIGNATURE.upper(),
        "",
        None,
        7,
    ],
)
def test_what_is_no_signature_is_none(signature: object) -> None:
    """D2: nothing else passes, and nothing else raises."""
    assert not is_signed(QUICKNET, 1000, signature)
    assert not is_signed("c0" + "00" * 95, 1000, SIGNATURE)
    assert not is_signed("00" * 96, 1000, SIGNATURE)


def test_a_hostile_document_still_ends_as_an_error_where_the_library_is_loaded() -> None:
    """In a process of its own: py_ecc's recursion limit would let deep nesting end the process, signal and all."""
    words = (
        "import json, sys; before = sys.getrecursionlimit(); from inspection.draw.drand import is_signed;"
        f"assert is_signed({QUICKNET!r}, 1000, {SIGNATURE!r}); assert sys.getrecursionlimit() == before\n"
        "try:\n json.loads('[' * 200_000)\nexcept RecursionError:\n print('refused')"
    )
    ended = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 ours
    assert (ended.returncode, ended.stdout.strip()) == (0, "refused"), ended.stderr
