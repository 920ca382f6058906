"""WeCom's API: the SDK does the talking, its exceptions and odd answers become one kind of value.

WeComClient.send(bytes) -> Line (token, stops) -> SDK -> Transport -> Answer(code, data)

Answers are values; `bot.reactions` judges them. wechatpy 1.8.18 as it is, with its own retry switched off, which would
never end (wecom.md 1.4).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wechatpy.enterprise import WeChatClient
from wechatpy.exceptions import WeChatClientException

from bot.reactions import Accepted, Failure, GiveUp, react
from bot.tokens import Answer, Line
from bot.transport import LostAnswerError, NotSentError, Transport
from inspection.errors import NotSignedInError, UnavailableError
from inspection.notices import Channel

VENDOR_ORIGIN = "https://qyapi.weixin.qq.com"
ROOT_DEPARTMENT = 1
HTTP_OK, TOO_LARGE = 200, 40006  # 40006: WeCom's own code for a medium of a wrong size
NAME = "企业微信"


@dataclass(frozen=True, kw_only=True, slots=True)
class WeComSettings:
    """One self-built WeCom app. `api_base`: origin without a slash at the end; the secrets never appear in a repr."""

    api_base: str
    corp_id: str
    secret: str = field(repr=False)
    agent_id: int
    token: str = field(repr=False)
    encoding_aes_key: str = field(repr=False)
    timeout_s: float = 8.0


class WeComClient:
    """One app's API. Made inside a running loop's program, closed at its end."""

    def __init__(self, settings: WeComSettings) -> None:
        """Call nobody yet."""
        self.settings = settings
        self._transport = Transport(
            timeout_s=settings.timeout_s, vendor_origin=VENDOR_ORIGIN, api_base=settings.api_base
        )
        self._sdk = WeChatClient(settings.corp_id, settings.secret, auto_retry=False)
        self._sdk._http.close()  # noqa: SLF001 - the SDK offers no other way in
        self._sdk._http = self._transport  # noqa: SLF001
        self.line = Line(Channel.WECOM, self._fetch_token, self._take_token)

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.close()

    async def send(self, body: bytes | Mapping[str, Any]) -> Answer:
        """Send a message (message/send, 90236); bytes go out as they are, which the duplicate check compares."""
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        return await self._call(self._sdk.post, "message/send", data=data)

    async def update_card(self, userids: Sequence[str], response_code: str, replace_name: str) -> Answer:
        """Replace a card's buttons by a word for these members (94888); a response_code works once, for 72 h."""
        data = {
            "userids": list(userids),
            "agentid": self.settings.agent_id,
            "response_code": response_code,
            "button": {"replace_name": replace_name},
        }
        return await self._call(self._sdk.post, "message/update_template_card", data=data)

    async def create_menu(self, menu: Mapping[str, Any]) -> Answer:
        """Replace the app's menu (menu/create, 90231)."""
        return await self._call(self._sdk.post, "menu/create", params={"agentid": self.settings.agent_id}, data=menu)

    async def create_chat(self, chat_id: str, name: str, owner: str, members: Sequence[str]) -> Answer:
        """Make a group chat (appchat/create, 90245): at least two members, the owner one of them."""
        data = {"chatid": chat_id, "name": name, "owner": owner, "userlist": list(members)}
        return await self._call(self._sdk.post, "appchat/create", data=data)

    async def send_to_chat(self, chat_id: str, text: str) -> Answer:
        """Say something in a group chat that the app made (appchat/send, 90248)."""
        data = {"chatid": chat_id, "msgtype": "text", "text": {"content": text}, "safe": 0}
        return await self._call(self._sdk.post, "appchat/send", data=data)

    async def recall(self, msgid: str) -> Answer:
        """Take a message back, at most 24 h old (94867)."""
        return await self._call(self._sdk.post, "message/recall", data={"msgid": msgid})

    async def userid_for_code(self, code: str) -> str:
        """The member (lower case) behind an OAuth code (91023); NotSignedInError for a bad code or an outsider."""
        answer = await self._call(self._sdk.get, "auth/getuserinfo", params={"code": code})
        if isinstance(react(answer.code, 1), GiveUp):
            raise NotSignedInError
        userid = _good(answer).get("userid")
        if not userid:
            raise NotSignedInError
        return str(userid).lower()

    async def contacts(self) -> list[dict[str, Any]]:
        """All members in the app's visible range (90201)."""
        answer = await self._call(
            self._sdk.get, "user/list", params={"department_id": ROOT_DEPARTMENT, "fetch_child": 1}
        )
        return list(_good(answer).get("userlist", ()))

    async def departments(self) -> list[dict[str, Any]]:
        """The corp's departments as the app sees them (90208): id, parentid, name."""
        answer = await self._call(self._sdk.get, "department/list")
        return list(_good(answer).get("department", ()))

    async def download(self, media_id: str, most_bytes: int) -> bytes | Answer:
        """The bytes of a temporary medium (media/get, 90254), or why there are none; more than `most_bytes`: 40006.

        Not through the SDK, which would read any body as JSON first and has no limit (wecom.md 1.4).
        """
        found: list[bytes] = []

        async def once() -> Answer:
            params = {"access_token": self._sdk.access_token, "media_id": media_id}
            url = f"{self.settings.api_base}/cgi-bin/media/get"
            try:
                status, kind, body = await self._transport.download(url, params=params, most_bytes=most_bytes)
            except NotSentError:
                return Answer(code=Failure.NOT_SENT)
            except LostAnswerError:
                return Answer(code=Failure.LOST)
            if body is None:
                return Answer(code=TOO_LARGE)
            if "json" in kind or "text/plain" in kind:  # an error; media carry their own type
                return _read_error(body)
            if status != HTTP_OK:
                return Answer(code=Failure.LOST)
            found[:] = [body]
            return Answer(code=0)

        answer = await self.line.say(once)
        return found[0] if found and answer.code == 0 else answer

    async def _call(
        self, verb: Callable[..., Any], path: str, *, params: Mapping[str, Any] | None = None, data: Any = None
    ) -> Answer:
        # The SDK writes its token into `params`: a second try with the same dict would repeat the refused token.
        return await self.line.say(lambda: self._once(verb, path, params=dict(params or {}), data=data))

    async def _fetch_token(self) -> Answer:
        return await self._once(self._sdk.fetch_access_token)

    def _take_token(self, token: str) -> None:
        self._sdk.session.set(self._sdk.access_token_key, token)
        # Without an expiry the SDK takes the token as given; the line renews it, and knows about other callers.
        self._sdk.expires_at = None

    async def _once(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Answer:
        try:
            result = await self._transport.call(work, *args, **kwargs)
        except NotSentError:
            answer = Answer(code=Failure.NOT_SENT)
        except (LostAnswerError, ValueError):  # ValueError: no JSON
            answer = Answer(code=Failure.LOST)
        except WeChatClientException as error:
            answer = Answer(code=Failure.LOST if error.errcode is None else int(error.errcode))
        else:
            # The SDK hands back a body that is no JSON as the bare response.
            answer = Answer(code=0, data=result) if isinstance(result, dict) else Answer(code=Failure.LOST)
        return answer


def _read_error(body: bytes) -> Answer:
    try:
        data = json.loads(body)
        return Answer(code=int(data["errcode"]) or Failure.LOST, data=data)
    except (ValueError, KeyError, TypeError):
        return Answer(code=Failure.LOST)


def _good(answer: Answer) -> Mapping[str, Any]:
    if isinstance(react(answer.code, 1), Accepted):
        return answer.data
    raise UnavailableError(what=NAME)
