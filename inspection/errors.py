"""The one tree of errors.

rule or service raises a `SuichaError` -> the edge turns `kind` into its own kind of answer (HTTP status, chat reply)

A subclass's docstring is the Chinese sentence that the person reads; `code` is stable and machine-readable; `params`
fill the sentence; `action` says what to do next. Nothing here ever holds a token, a message body or personal data.
"""

from __future__ import annotations

from enum import Enum
from typing import ClassVar


class Kind(Enum):
    """What sort of refusal it is, whatever the edge."""

    INVALID = "invalid"  # the input is wrong: mend it and try again
    UNAUTHENTICATED = "unauthenticated"  # nobody is signed in
    FORBIDDEN = "forbidden"  # signed in, but this role may not do this
    NOT_FOUND = "not_found"  # no such thing, or not yours: the two look alike
    GONE = "gone"  # it was there, and was destroyed by rule: the register says when and by whom
    CONFLICT = "conflict"  # the thing is no longer in the state that the act needs
    TOO_LARGE = "too_large"  # over a limit that is named in the sentence
    UNAVAILABLE = "unavailable"  # something outside does not answer: nothing is lost, try later


class SuichaError(Exception):
    """系统暂时不能完成这个操作。"""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "error"
    action: ClassVar[str] = ""

    def __init__(self, **params: object) -> None:
        self.params = params
        super().__init__(self.sentence())

    def sentence(self) -> str:
        """The Chinese sentence with its parameters filled in."""
        text = (type(self).__doc__ or "").strip()
        return text.format_map(self.params) if self.params else text


class InvalidInputError(SuichaError):
    """{what}：{why}"""

    kind = Kind.INVALID
    code = "invalid-input"
    action = "请按提示修改后重新提交，已有数据没有变化。"


class NotSignedInError(SuichaError):
    """尚未登录，或登录已过期。"""

    kind = Kind.UNAUTHENTICATED
    code = "not-signed-in"
    action = "请从企业微信重新打开本页面。"


class ForbiddenError(SuichaError):
    """您的岗位不能执行这个操作。"""

    kind = Kind.FORBIDDEN
    code = "forbidden"
    action = "如需权限，请联系联席会议办公室。"


class NotFoundError(SuichaError):
    """没有找到{what}。"""

    kind = Kind.NOT_FOUND
    code = "not-found"
    action = "请返回列表核对；不属于您所在部门或任务的内容不会显示。"


class DestroyedError(SuichaError):
    """{what}已按规定销毁：{on}，销毁清册 {number}。"""

    kind = Kind.GONE
    code = "destroyed"
    action = "保管期限已满，原件不能再打开；已公示的结果和销毁记录仍可查阅。"


class ConflictError(SuichaError):
    """{what}现在不能这样做：{why}"""

    kind = Kind.CONFLICT
    code = "conflict"
    action = "请刷新页面查看最新状态，已有数据没有变化。"


class TooLargeError(SuichaError):
    """{what}超过上限{limit}。"""

    kind = Kind.TOO_LARGE
    code = "too-large"
    action = "请缩小后重新上传，已有数据没有变化。"


class UnavailableError(SuichaError):
    """{what}暂时没有响应。"""

    kind = Kind.UNAVAILABLE
    code = "unavailable"
    action = "请稍后再试，已提交的内容不会丢失。"
