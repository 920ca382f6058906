"""WeChat's API for the owners' mini-program: sign-in and subscription messages.

WeChatClient.send_subscribe(openid, template, page, data) -> Line (stable_token, stops) -> Transport -> Answer

stable_token instead of cgi-bin/token: fetching the one never spoils another process's (wecom.md 3). There is no
duplicate check here: a send whose answer was lost is never repeated by the machine.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.reactions import Accepted, Failure, GiveUp, react
from bot.tokens import Answer, Line
from bot.transport import LostAnswerError, NotSentError, Transport
from inspection.errors import NotFoundError, NotSignedInError, UnavailableError
from inspection.notices import Channel

NAME = "微信"
HTTP_OK = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class WeChatSettings:
    """One mini-program. `api_base`: origin without a slash at the end; `template_visit`: the notice's template."""

    api_base: str
    appid: str
    secret: str = field(repr=False)
    template_visit: str
    timeout_s: float = 8.0


class WeChatClient:
    """One mini-program's API."""

    def __init__(self, settings: WeChatSettings) -> None:
        """Call nobody yet."""
        self.settings = settings
        self._transport = Transport(timeout_s=settings.timeout_s)
        self._token = ""
        self.line = Line(Channel.WECHAT, self._fetch_token, self._take_token)

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.close()

    async def openid_for_code(self, code: str) -> str:
        """The openid behind a `wx.login` code (sns/jscode2session); NotSignedInError for a bad one.

        The session_key that comes along stays here and is forgotten (reliability 4.2.6).
        """
        identity = {"appid": self.settings.appid, "secret": self.settings.secret}
        answer = self.line.heed(
            await self._once(
                "GET", "sns/jscode2session", {**identity, "js_code": code, "grant_type": "authorization_code"}
            )
        )
        reaction = react(answer.code, 1, Channel.WECHAT)
        if isinstance(reaction, GiveUp):
            raise NotSignedInError
        if not isinstance(reaction, Accepted) or "openid" not in answer.data:
            raise UnavailableError(what=NAME)
        return str(answer.data["openid"])

    async def phone_for_code(self, code: str) -> str:
        """The number behind a code of WeChat's number button (getuserphonenumber); NotFoundError for a bad one."""
        answer = await self.line.say(
            lambda: self._once(
                "POST", "wxa/business/getuserphonenumber", {"access_token": self._token}, body={"code": code}
            )
        )
        reaction = react(answer.code, 1, Channel.WECHAT)
        if isinstance(reaction, GiveUp):
            raise NotFoundError(what="微信给出的手机号")
        info = answer.data.get("phone_info")
        if not isinstance(reaction, Accepted) or not isinstance(info, Mapping):
            raise UnavailableError(what=NAME)
        return str(info.get("purePhoneNumber") or info.get("phoneNumber") or "")

    async def send_subscribe(self, openid: str, template: str, page: str, data: Mapping[str, str]) -> Answer:
        """Send one subscription message (subscribeMessage.send); `data` within the template's field limits."""
        message = {
            "touser": openid,
            "template_id": template,
            "page": page,
            "data": {key: {"value": value} for key, value in data.items()},
            "lang": "zh_CN",
        }
        return await self.line.say(
            lambda: self._once("POST", "cgi-bin/message/subscribe/send", {"access_token": self._token}, body=message)
        )

    async def _fetch_token(self) -> Answer:
        body = {
            "grant_type": "client_credential",
            "appid": self.settings.appid,
            "secret": self.settings.secret,
            "force_refresh": False,
        }
        return await self._once("POST", "cgi-bin/stable_token", {}, body=body)

    def _take_token(self, token: str) -> None:
        self._token = token

    async def _once(
        self, method: str, path: str, params: Mapping[str, Any], *, body: Mapping[str, Any] | None = None
    ) -> Answer:
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        try:
            url = f"{self.settings.api_base}/{path}"
            status, raw = await self._transport.exchange(method, url, params=params, data=data)
        except NotSentError:
            return Answer(code=Failure.NOT_SENT)
        except LostAnswerError:
            return Answer(code=Failure.LOST)
        return _read(status, raw)


def _read(status: int, raw: bytes) -> Answer:
    # WeChat is said to label JSON as text/plain, so the label is not looked at.
    try:
        data = json.loads(raw)
    except ValueError:
        return Answer(code=Failure.LOST)
    if status != HTTP_OK or not isinstance(data, dict):
        return Answer(code=Failure.LOST)
    return Answer(code=int(data.get("errcode", 0)), data=data)
