"""Whether drand's network signed a round: BLS over BLS12-381, scheme `bls-unchained-g1-rfc9380` (quicknet; D2).

public key of the chain (/info) + round + signature on its page -> is_signed

The pairing is py_ecc's, the Ethereum Foundation's, in plain Python: about a second of work, done once for a draw.
"""

from __future__ import annotations

import re
import sys
from hashlib import sha256
from typing import Any, cast

# Its first import lifts Python's recursion limit for the whole process to a depth at which a hostile JSON, nested deep
# enough, ends the process instead of raising RecursionError. Nothing that is used here recurses: the limit goes back.
_limit = sys.getrecursionlimit()
import py_ecc  # noqa: E402, F401

sys.setrecursionlimit(_limit)

SUITE = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
KEY_PATTERN = r"[0-9a-f]{192}"  # a point of G2, compressed
SIGNATURE_PATTERN = r"[0-9a-f]{96}"  # a point of G1
ROUND_BYTES = 8


def is_signed(public_key: str, number: int, signature: object) -> bool:
    """Tell whether `signature` (hex) is that of round `number` by the chain with this public key (hex)."""
    # Here and not above: it takes a second to load, and few processes ever read a round.
    from py_ecc.bls.g2_primitives import signature_to_G2, subgroup_check  # noqa: PLC0415
    from py_ecc.bls.hash_to_curve import hash_to_G1  # noqa: PLC0415
    from py_ecc.bls.point_compression import decompress_G1  # noqa: PLC0415
    from py_ecc.optimized_bls12_381.optimized_curve import G2, is_inf  # noqa: PLC0415
    from py_ecc.optimized_bls12_381.optimized_pairing import pairing  # noqa: PLC0415

    if not isinstance(signature, str) or not re.fullmatch(SIGNATURE_PATTERN, signature):
        return False
    message = hash_to_G1(sha256(number.to_bytes(ROUND_BYTES, "big")).digest(), SUITE, cast("Any", sha256))
    try:
        signed = decompress_G1(cast("Any", int(signature, 16)))
        key = signature_to_G2(cast("Any", bytes.fromhex(public_key)))
    except ValueError:  # no point of the curve
        return False
    if is_inf(signed) or is_inf(key) or not subgroup_check(signed) or not subgroup_check(key):
        return False
    return bool(pairing(G2, signed) == pairing(key, message))
