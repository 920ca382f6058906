"""The reasons that may be given where the rules ask for one: listed, so that they can be counted and shown (E2, E5).

code -> words; the code is stored and announced, the words are for people
"""

from __future__ import annotations

from collections.abc import Mapping

from inspection.errors import InvalidInputError

VOID_REASONS = {
    "pool-wrong": "名录有误，应抽未列或不应列而列",
    "scope-wrong": "任务范围、比例或参加部门有误",
    "source-missing": "公告的随机数来源无法取得",
    "procedure": "抽取程序不符合规定",
    "technical": "设备或系统故障",
    "plan-changed": "抽查计划调整或上级另有要求",
}
RECUSAL_GROUNDS = {
    "interest": "与检查对象有利害关系",
    "kinship": "与检查对象的负责人有亲属关系",
    "former-employer": "曾在检查对象任职",
    "owner-request": "检查对象申请回避并经同意",
}
OWNER_GROUNDS = {  # what an enterprise may say when it asks that an inspector stay away (行政处罚法第四十三条)
    "interest": "与我单位有直接利害关系",
    "kinship": "与我单位负责人或竞争对手有亲属关系",
    "former-employer": "曾在我单位或竞争对手任职",
    "other": "有其他可能影响公正检查的情形",
}
# What keeps an inspector from a target without anybody declaring it; announced beside the grounds above.
ABSENCE, ROTATION, PAIR = "absence", "rotation", "pair"
CONFLICT_WORDS = {
    **RECUSAL_GROUNDS,
    ABSENCE: "检查期间不在岗",
    ROTATION: "轮换：上一次检查过该对象",
    PAIR: "轮换：避免原班搭档",
}
REPLACEMENT_REASONS = {
    "post-changed": "岗位调整",
    "work-conflict": "工作冲突",
    "health": "健康状况",
    "recusal": "执法回避",
    "left": "离职或执法证件失效",
    "in-person": "在企业微信卡片上提出，理由当面说明",
}
SHORT_PLACE = "short"  # a place that nobody fitted when the draw was made: nobody leaves it
APPOINTED = "appointed"  # 单随机: targets alone were drawn, and a department named its inspectors
ENTRUSTED = "entrusted"  # 委托执法: the department that was entrusted named its inspectors
CHANGE_REASONS = {**REPLACEMENT_REASONS, SHORT_PLACE: "补充缺员", APPOINTED: "部门选派", ENTRUSTED: "受委托选派"}
TARGET_REASONS = {
    "deregistered": "检查对象已注销",
    "revoked": "检查对象已被吊销",
    "moved": "检查对象已迁出本辖区",
    "suspended": "检查对象已停业",
    "no-object": "没有本次抽查事项的经营活动",
}
DOOR_REASONS = {  # why nobody scanned the code at the door (亮码入企)
    "nobody": "现场无人",
    "refused": "对方拒绝扫码",
    "no-device": "对方没有可以扫码的设备",
    "no-network": "现场没有网络",
    "urgent": "须立即控制证据或制止危害",
    "other": "其他（写明情况）",
}
MAX_DETAIL = 500


def listed(reasons: Mapping[str, str], code: str, what: str) -> str:
    """Give the words of a listed reason; InvalidInputError for any other."""
    if code not in reasons:
        raise InvalidInputError(what=what, why=f"应当是：{'、'.join(reasons.values())}。")
    return reasons[code]


def said(text: str, what: str) -> str:
    """Give the words that somebody wrote to explain himself; InvalidInputError for none, or for too many."""
    text = text.strip()
    if not text or len(text) > MAX_DETAIL:
        raise InvalidInputError(what=what, why=f"请写明情况和依据，不超过 {MAX_DETAIL} 字。")
    return text
