"""Who holds the phone: single-use codes of five minutes. Pure.

authorize(query, member) -> may this link be opened? -> code -> redeem once -> userid

Source: developer.work.weixin.qq.com 91022, 91023 (scope, state, trusted domain, 40029).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit, urlunsplit

from bot.sandbox.errors import RefusedError

CODE_LIFE = timedelta(minutes=5)
BAD_CODE = 40029
BAD_CORP = 40013
BAD_DOMAIN = 50001
BAD_REQUEST = 40058
OUTSIDER = "~outsider"  # the phone of somebody who is no member; no userid looks like this
OUTSIDER_OPENID = "oSandboxOutsider"
SCOPES = ("snsapi_base", "snsapi_privateinfo")
DEFAULT_PORTS = {"http": 80, "https": 443}
STATE = re.compile(r"[a-zA-Z0-9]{0,128}")


class CodeDesk:
    """Codes that name somebody, good for one use within five minutes."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._open: dict[str, tuple[str, datetime]] = {}

    def issue(self, name: str) -> str:
        """Make a code for somebody."""
        code = secrets.token_urlsafe(32)
        self._open[code] = (name, self._now() + CODE_LIFE)
        return code

    def redeem(self, code: str) -> str:
        """Return whom the code names and end it; 40029 when used, older than five minutes or unknown."""
        name, ends = self._open.pop(code, ("", self._now()))
        if not name or self._now() >= ends:
            raise RefusedError(BAD_CODE, "invalid code")
        return name


def check_authorize(query: Mapping[str, str], corp_id: str, trusted_origin: str) -> str:
    """Check an authorize link and return its redirect_uri; RefusedError shows as WeCom's error page."""
    if query.get("appid") != corp_id:
        raise RefusedError(BAD_CORP, "invalid corpid")
    redirect_uri = query.get("redirect_uri", "")
    if origin(redirect_uri) != origin(trusted_origin):
        raise RefusedError(BAD_DOMAIN, "redirect_uri does not match the trusted domain")
    if query.get("response_type") != "code" or query.get("scope") not in SCOPES:
        raise RefusedError(BAD_REQUEST, "response_type must be code, scope snsapi_base or snsapi_privateinfo")
    if query["scope"] == "snsapi_privateinfo" and not query.get("agentid"):
        raise RefusedError(BAD_REQUEST, "snsapi_privateinfo needs agentid")
    if not STATE.fullmatch(query.get("state", "")):
        raise RefusedError(BAD_REQUEST, "state: at most 128 of a-z A-Z 0-9")
    return redirect_uri


def origin(url: str) -> str:
    """Return scheme://host:port of an http(s) address, empty for anything else."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or "@" in parts.netloc:
        return ""
    port = port or DEFAULT_PORTS[parts.scheme]
    return f"{parts.scheme}://{parts.hostname}:{port}"


def with_code(redirect_uri: str, code: str, state: str) -> str:
    """Add code and state to the address the app asked for, keeping its own query."""
    parts = urlsplit(redirect_uri)
    added = urlencode({"code": code, "state": state} if state else {"code": code})
    return urlunsplit(parts._replace(query=f"{parts.query}&{added}" if parts.query else added))
