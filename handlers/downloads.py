"""Files that are handed out to be saved, under names that may be Chinese (RFC 6266, RFC 5987).

bytes and a name -> an answer that the browser saves and never shows as a page of ours
"""

from __future__ import annotations

from urllib.parse import quote

from aiohttp import web

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ZIP = "application/zip"


def download(name: str, data: bytes, kind: str) -> web.Response:
    """An answer that is saved as `name`; `kind` is its media type."""
    return web.Response(body=data, content_type=kind, headers=as_file(name))


def as_file(name: str) -> dict[str, str]:
    """The header by which a browser saves an answer under a name, for answers sent in pieces."""
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
