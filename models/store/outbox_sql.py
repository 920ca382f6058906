"""The two statements that change a hundred rows of the outbox at once, for both databases.

rows as one JSON parameter -> json_each | json_to_recordset -> UPDATE ... FROM
"""

from __future__ import annotations

from sqlalchemy import TextClause, text

_FIELDS = {
    "fix": {"id": "varchar", "body": "text", "parcel": "varchar"},
    "settle": {
        "id": "varchar",
        "attempts": "int",
        "status": "varchar",
        "not_before": "timestamptz",
        "final": "int",
        "forget": "int",
        "msgid": "varchar",
        "response_code": "varchar",
        "error": "text",
    },
}
_CHANGES = {
    "fix": """UPDATE outbox SET body = coalesce(outbox.body, {bytes}), parcel = coalesce(outbox.parcel, v.parcel),
 sent_at = {now}, first_sent_at = coalesce(outbox.first_sent_at, {now})
 FROM {rows} WHERE outbox.id = v.id AND {status} = 'claimed'""",
    "settle": """UPDATE outbox SET status = v.status, not_before = v.not_before, leased_until = NULL,
 sent_at = CASE WHEN v.forget = 1 THEN NULL ELSE {now} END, settled_at = CASE WHEN v.final = 1 THEN {now} END,
 msgid = v.msgid, response_code = v.response_code, last_error = v.error,
 first_sent_at = CASE WHEN v.forget = 1 THEN NULL ELSE outbox.first_sent_at END
 FROM {rows} WHERE outbox.id = v.id AND {status} = 'claimed' AND outbox.attempts = v.attempts
 RETURNING outbox.id""",
}


def _written(what: str, *, lite: bool) -> TextClause:
    fields = _FIELDS[what]
    if lite:
        columns = ", ".join(f"value ->> '$.{name}' AS {name}" for name in fields)
        rows = f"(SELECT {columns} FROM json_each(:rows)) AS v"  # noqa: S608 put together from this file's own words
        as_bytes, now = "CAST(v.body AS BLOB)", ":now"
        status = "+outbox.status"  # the plus: not by the index of states, but by the hundred ids
    else:
        columns = ", ".join(f"{name} {kind}" for name, kind in fields.items())
        rows = f"json_to_recordset(CAST(:rows AS json)) AS v({columns})"
        as_bytes, now, status = "convert_to(v.body, 'UTF8')", "CAST(:now AS timestamptz)", "outbox.status"
    return text(_CHANGES[what].format(rows=rows, bytes=as_bytes, now=now, status=status))


_STATEMENTS = {(what, lite): _written(what, lite=lite) for what in _FIELDS for lite in (True, False)}


def statement(what: str, *, lite: bool) -> TextClause:
    """The statement that fixes bodies ("fix") or settles ("settle"): parameters `rows` (JSON) and `now`."""
    return _STATEMENTS[what, lite]
