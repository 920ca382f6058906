"""The outbox as the console shows it: what was told to whom, and how it ended (K4)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from inspection.notices import Channel, NoticeKind
from models.people import Member
from models.results import Outbox
from models.store import outbox, tokens
from services.act import Act

KIND_WORDS = {
    NoticeKind.ASSIGNED_LEADER: "任务通知（组长）",
    NoticeKind.ASSIGNED_MEMBER: "任务通知（组员）",
    NoticeKind.OWNER_VISIT: "检查通知书",
    NoticeKind.PART_RETURNED: "退回修改",
    NoticeKind.CONFIRM_DUE: "待汇总确认",
    NoticeKind.SIGN_DUE: "待汇总签字",
    NoticeKind.APPROVAL_DUE: "待审批",
    NoticeKind.PUBLISHED: "结果已公示",
    NoticeKind.REPLACEMENT_ASKED: "待审批更换",
    NoticeKind.SECOND_ASKED: "待第二人决定",
    NoticeKind.SECOND_DECIDED: "第二人已决定",
    NoticeKind.ENTRUSTED: "受委托实施检查",
    NoticeKind.RECUSAL_ASKED: "待决定回避申请",
    NoticeKind.OWNER_RECUSAL: "回避申请答复",
    NoticeKind.REPLACED: "检查组变动",
    NoticeKind.DRAW_VOIDED: "抽取作废",
    NoticeKind.LEFT: "人员离岗",
    NoticeKind.REMINDER: "到期催办",
    NoticeKind.DIGEST: "每日待办汇总",
    NoticeKind.FOLLOWUP_OPENED: "后续处理待办",
    NoticeKind.FOLLOWUP_HANDED_IN: "待复查整改",
    NoticeKind.FOLLOWUP_ANSWERED: "移送答复",
    NoticeKind.OWNER_RECTIFY: "整改通知",
    NoticeKind.OWNER_PAPER: "现场文书",
    NoticeKind.ITEM_ADDED: "现场增加事项",
    NoticeKind.OWNER_ASKED: "待答复提问",
    NoticeKind.OWNER_ANSWERED: "提问答复",
    NoticeKind.LEAVE_ASKED: "待审批请假",
    NoticeKind.LEAVE_GRANTED: "请假获准",
    NoticeKind.CORRECTION_ASKED: "更正待签字",
    NoticeKind.CORRECTION_DECIDED: "更正答复",
    NoticeKind.APPOINTMENT: "检查时间约定",
    NoticeKind.OWNER_APPOINTMENT: "检查时间告知",
    NoticeKind.DEADLINE_PAUSED: "期限暂停与恢复",
    NoticeKind.NUDGED: "人工催办",
    NoticeKind.DEADLINE_MOVED: "期限调整通知",
    NoticeKind.RENEWAL_ASKED: "换证待确认",
    NoticeKind.RENEWAL_DECIDED: "换证答复",
    NoticeKind.CALL_DUE: "请电话告知",
    NoticeKind.CHAT_ANSWER: "聊天答复",
}
STATUS_WORDS = {
    "waiting": "待发送",
    "claimed": "发送中",
    "accepted": "已送达",
    "refused": "对方无法接收",
    "unknown": "结果不明",
    "dead": "发送失败",
    "held": "等待对方绑定",
    "withdrawn": "未发即撤回",
}
SOMEBODY = "被检查对象"  # an owner has no name here, and his id says nothing to people


VENDORS = {"wecom": "企业微信", "wechat": "微信小程序"}
STOP_WORDS = {
    "wrong-secret": "企业标识或密钥不正确",
    "wrong-agent": "应用编号与密钥不是同一个应用",
    "ip-not-trusted": "本服务器的 IP 不在应用的可信 IP 之中",
    "app-disabled": "应用已被停用",
    "domain-not-trusted": "链接的域名不是应用的可信域名",
    "corp-closed": "企业已被解散或封禁",
}


async def stops(act: Act) -> list[dict[str, Any]]:
    """Why nothing is sent at all by a vendor, where a person has to change something; mostly none."""
    return [
        {"vendor": VENDORS[vendor], "why": STOP_WORDS.get(why, why), "until": until}
        for vendor, why, until in await tokens.stops(act.db, act.now)
    ]


async def resume(act: Act) -> int:
    """Send again, since somebody has mended what stopped it; returns how many stops this ended."""
    ended = await tokens.resume_all(act.db)
    act.record("messages-resume", "messages", ended=ended)
    return ended


async def messages(act: Act, status: str) -> dict[str, Any]:
    """The newest messages that the actor may see, of one status or all, and how many stand in each."""
    rows = await outbox.list_for_console(act.db, act.actor, status=status)
    members = await act.db.scalars(select(Member).where(Member.userid.in_({row.recipient for row in rows})))
    names = {member.userid: member.name for member in members}
    return {
        "counts": await outbox.counts_by_status(act.db),
        "rows": [_shown(row, names) for row in rows],
        "stops": await stops(act),
    }


def _shown(row: Outbox, names: dict[str, str]) -> dict[str, Any]:
    to_member = row.channel == Channel.WECOM.value  # an SMS names nobody: its number stands elsewhere
    return {
        "id": row.id,
        "created_at": row.created_at,
        "kind": row.kind,
        "kind_text": KIND_WORDS[NoticeKind(row.kind)],
        "recipient": names.get(row.recipient, row.recipient) if to_member else SOMEBODY,
        "channel": row.channel,
        "status": row.status,
        "status_text": STATUS_WORDS[row.status],
        "attempts": row.attempts,
        "last_error": row.last_error,
        "title": row.content["title"],
    }
