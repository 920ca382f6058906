"""The one error of the wire: an errcode that WeCom or WeChat would answer with."""

from __future__ import annotations

from inspection.errors import SuichaError


class RefusedError(SuichaError):
    """沙箱拒绝了这个请求：{errcode} {errmsg}"""

    code = "sandbox-refused"

    def __init__(self, errcode: int, errmsg: str) -> None:
        self.errcode = errcode
        self.errmsg = errmsg
        super().__init__(errcode=errcode, errmsg=errmsg)

    def answer(self) -> dict[str, object]:
        """Give the JSON body that the real server would send (HTTP 200)."""
        return {"errcode": self.errcode, "errmsg": self.errmsg}
