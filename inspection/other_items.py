"""What a group meets on the spot beside the items it was sent for (A3, O1; ADR 0029).

on its department's list in force -> an item of this visit, added with a reason
on no list                        -> not inspected: a clue, for whoever is competent to decide about
"""

from __future__ import annotations

import hashlib

MARK = "（现场增加）"  # behind the item's name wherever people read it
MAX_REASON = 500
MAX_MATTER = 64
MOST = 20  # of one department's part: who needs more was sent with the wrong task


def added_id(visit_id: str, item_id: str) -> str:
    """The id of an item added to a visit: two phones without network that add the same give it the same.

    The phone computes it too (web/src/phone/other.ts).
    """
    return hashlib.sha256(f"{visit_id}/{item_id}".encode()).hexdigest()[:32]


def off_list_number(visit_number: str, matter: str) -> str:
    """The source number of a clue from a visit: the same matter of the same visit is one clue."""
    return f"{visit_number[-48:]}-{hashlib.sha256(f'{visit_number}/{matter}'.encode()).hexdigest()[:12]}"
