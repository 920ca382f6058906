"""A published result as the provincial platform takes it: its record and its table (T1, H5; requirements 2.4).

body of a publication -> record (one a result, for the queue) -> rows (one an item, for the table that is uploaded)

The fields are those that the national publicity system shows of a check: plan, task, type, authority, date, and each
item with its result. A new version of a result is a record of its own, which replaces the one before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from inspection.outcomes import item_texts

COLUMNS: Mapping[str, str] = {
    "number": "公示编号",
    "version": "版本",
    "plan_number": "抽查计划编号",
    "plan_name": "抽查计划名称",
    "task_code": "抽查任务编号",
    "task_name": "抽查任务名称",
    "check_type": "抽查类型",
    "department": "抽查机关",
    "inspected_on": "抽查完成日期",
    "target_code": "统一社会信用代码",
    "target_name": "企业名称",
    "published_on": "公示日期",
    "seqno": "序号",
    "item": "抽查事项",
    "result": "抽查结果",
}
_SHARED = [name for name in COLUMNS if name not in {"seqno", "item", "result"}]


def key_of(body: Mapping[str, Any]) -> str:
    """The name of a version of a result, once and for ever: sent again under it, nothing happens twice."""
    return f"{body['number']}/v{body['version']}"


def record_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """The record of a published result; whatever the public page does not show is not in it (H7)."""
    items = list(body["items"]) or [body["task_name"]]
    rows = zip(items, item_texts(body, items), strict=True)
    details = [{"seqno": at, "item": item, "result": text} for at, (item, text) in enumerate(rows, 1)]
    return {name: body[name] for name in _SHARED} | {"results": list(body["results"]), "details": details}


def rows_of(bodies: Iterable[Mapping[str, Any]]) -> Iterable[list[str]]:
    """The rows of the table, in the order of `COLUMNS`: an item of a result each."""
    for body in bodies:
        record = record_of(body)
        for detail in record["details"]:
            yield [_cell(detail.get(name, record.get(name))) for name in COLUMNS]


def packed(record: Mapping[str, Any]) -> bytes:
    """A record's bytes, the same for the same record."""
    return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest_of(data: bytes) -> str:
    """What both sides compare a record by."""
    return hashlib.sha256(data).hexdigest()


def _cell(value: Any) -> str:
    return "" if value is None else str(value)
