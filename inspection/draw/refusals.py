"""What the draw refuses, each with the place where it is wrong; branches of the one tree in `inspection.errors`."""

from __future__ import annotations

from typing import ClassVar

from inspection.errors import Kind, SuichaError


class PoolLineError(SuichaError):
    """{file}第{line}行：{why}。"""

    code = "draw-pool-line"
    action = "请更正名单后重新冻结；未冻结的名单可以修改，已有抽取不受影响。"


class AnnouncementError(SuichaError):
    """抽取公告的{where}：{why}。"""

    code = "draw-announcement"
    action = "请更正抽取设置后重新冻结；已公布的公告不会改变。"


class SeedValueError(SuichaError):
    """种子来源“{name}”：{why}。"""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code = "draw-seed-value"
    action = "请按公告的来源顺序逐个录入；已录入的值不会改变。"


class BundleError(SuichaError):
    """抽取包中的{where}：{why}。"""

    code = "draw-bundle"
    action = "请使用冻结时导出的原始文件；任何改动都会使校验失败。"
