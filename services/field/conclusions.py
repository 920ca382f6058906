"""A part's conclusion as its inspectors type it on several phones: weighed like answers, or joined (ADR 0022, 0030).

results, measures, words, each item's result -> weighed: what differs is shown, and one is chosen
photos and recordings of the visit           -> joined: nobody's is lost, nothing to choose
signatures                                   -> shown: whoever hands in takes over what was signed elsewhere, or not
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

PLACE = "conclusion"  # where a conclusion stands instead of a task item
WEIGHED: Mapping[str, str] = {"results": "检查结果", "measures": "处置措施", "detail": "具体情况", "note": "备注"}
JOINED = ("photos", "recordings")
ITEM, SIGNATURE = "item:", "sign:"


def names(items: Collection[str], staff_numbers: Collection[str]) -> set[str]:
    """Every name under which something of a conclusion may be sent."""
    own = {f"{ITEM}{one}" for one in items} | {f"{SIGNATURE}{one}" for one in staff_numbers}
    return own | set(WEIGHED) | set(JOINED)


def weighed(name: str) -> bool:
    """Tell whether two who differ here must choose."""
    return name in WEIGHED or name.startswith(ITEM)


def text_of(name: str, items: Mapping[str, str]) -> str:
    """What a name is called; `items`: names by task item."""
    return WEIGHED.get(name) or f"“{items.get(name.removeprefix(ITEM), '')}”的结果"


def said(manifest: Mapping[str, Any]) -> dict[str, str]:
    """What a manifest concludes, by name; codes do not depend on the order in which they were pressed."""
    told = {
        "results": _codes(manifest["results"]),
        "measures": _codes(manifest["measures"]),
        "detail": manifest["result_detail"],
        "note": manifest["note"],
    }
    by_item = manifest.get("item_results", ())
    return told | {f"{ITEM}{one['task_item_id']}": _codes(one["results"]) for one in by_item}


def _codes(codes: Collection[str]) -> str:
    return ",".join(sorted(codes))
