"""The draw protocol `suicha-draw/1` (D2, D3, D4, D7, E5), pure: bytes in, values out.

pools + terms -> freeze -> announcement (published) -> seed values -> seed -> score -> match -> result -> published

Nothing here generates chance: only SHA-256 and order, so that anybody who holds the bundle can recompute the result.
`app/verify.py` is the second, independent implementation that an auditor runs.
"""
