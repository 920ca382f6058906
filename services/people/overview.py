"""What the console shows of the whole office: figures, deadlines, messages, the latest acts (K1, K4)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from inspection.actors import PUBLIC, SYSTEM, MemberId, Role
from inspection.deadlines import DeadlineKind
from inspection.workdays import local_date
from models.people import AuditEntry, Department, Inspector, Member
from models.registers import Item, PlanEntry, Target
from models.results import Deadline, Publication
from models.store import audit
from models.store import lists as list_store
from models.store import plans as plan_store
from models.store import tasks as store
from models.store.lists import listed_item
from models.store.outbox import counts_by_status
from models.store.pools import away_on
from models.tasks import Task, Visit
from services.act import Act
from services.clock.audiences import subjects_of

ACT_WORDS = {
    "export": "导出人员名录",
    "list-package": "制作清单备案材料",
    "import": "导入数据",
    "task-create": "建立任务",
    "clue": "登记线索",
    "clue-dismiss": "线索不予核查",
    "clue-plan": "线索转专项计划",
    "case-check": "安排个案检查",
    "province-retry": "重新上报省平台",
    "province-compare": "与省平台对账",
    "task-prepare": "提交冻结",
    "appoint": "选派检查人员",
    "expert-add": "专家加入检查组",
    "batch-open": "建立批次任务",
    "batch-renew": "批次改用新次序",
    "draw-freeze": "冻结名单",
    "draw-value": "录入随机数",
    "draw-value-said": "录入公开随机数（待另一人核对）",
    "draw-stamp": "取得可信时间戳",
    "draw": "随机抽取",
    "dispatch": "派发任务",
    "recusal": "登记回避",
    "recusal-end": "解除回避",
    "recusal-ask": "企业申请回避",
    "recusal-grant": "同意企业的回避申请",
    "recusal-decline": "不同意企业的回避申请",
    "replacement-ask": "申请更换人员",
    "replacement": "更换人员",
    "replacement-open": "人员回避退出，位置待补",
    "replacement-decline": "不同意更换人员",
    "target-swap-propose": "申请更换检查对象",
    "target-swap": "更换检查对象",
    "target-swap-decline": "不同意更换检查对象",
    "entrust": "委托执法",
    "entrusted-people": "受委托选派人员",
    "bundle-by-code": "监督员下载验证包",
    "proof-code": "发放查验码",
    "proof-shown": "企业查验名单",
    "void-propose": "申请作废抽取",
    "void": "作废抽取",
    "void-decline": "不同意作废",
    "accept-visit": "接受任务",
    "item-added": "现场增加检查事项",
    "item-dropped": "撤下现场增加的事项",
    "evidence": "上传证据",
    "announce-part": "开始提交本部门结果",
    "submit-part": "提交本部门结果",
    "deposit": "存入附件",
    "site-paper": "开具现场文书",
    "answer-chosen": "选定同组人员填写不同的答案",
    "confirm-visit": "汇总确认",
    "summary-sign": "在汇总表签字",
    "summary-decline": "注明未在汇总表签字",
    "approve-part": "审批通过",
    "approve-level": "本级审批通过",
    "return-part": "退回修改",
    "publish": "公示结果",
    "correction-ask": "申请更正公示",
    "correction-sign": "签字更正公示",
    "correction-decline": "不同意更正",
    "publication-hold": "登记公示例外",
    "publication-let-go": "取消公示例外",
    "archive": "立卷归档",
    "duty-proof": "出具尽职证明",
    "archive-import": "导入档案",
    "archive-order": "安排任务立卷",
    "destruction-propose": "提出销毁到期档案",
    "destruction-approve": "批准销毁到期档案",
    "destruction-decline": "不批准销毁到期档案",
    "destruction-done": "到期档案销毁完成",
    "destroyed": "案卷按规定销毁",
    "disposal-hold": "暂缓销毁",
    "disposal-hold-lift": "解除暂缓销毁",
    "archive-key": "变更封存密钥",
    "followup-open": "提出后续处理",
    "followup-photo": "企业上传整改照片",
    "followup-hand-in": "企业报送整改",
    "followup-recheck": "复查未通过",
    "followup-extend": "延长处理期限",
    "followup-close": "办结后续处理",
    "list-create": "建立清单",
    "item-draft": "起草事项",
    "item-withdraw": "起草取消事项",
    "item-discard": "删除草稿",
    "list-publish": "公布清单",
    "list-file": "清单备案",
    "leniency-add": "增加免罚事项",
    "leniency-end": "停止免罚事项",
    "filing-make": "登记备案事项",
    "filing-done": "报送备案事项",
    "filing-drop": "撤销备案事项",
    "renewal-ask": "报送换发证件",
    "renewal-confirm": "确认换发证件",
    "renewal-decline": "不同意换发证件",
    "plan-entries": "编写计划",
    "plan-step": "办理计划",
    "plan-adjust": "调整计划条目",
    "plan-propose": "建议调整计划",
    "plan-items": "明确计划对应的事项",
    "inspector-back": "恢复离岗人员",
    "credit-propose": "提出信用分类建议",
    "credit-decide": "决定信用分类建议",
    "department-add": "登记部门",
    "department-name": "修改部门名称",
    "plan-decide": "答复调整建议",
    "plan-merge-decline": "决定不合并条目",
    "library-make": "建立分库",
    "library-produce": "生成分库",
    "library-mend": "调整分库",
    "library-confirm": "审核确认分库",
    "library-word": "确认名录库",
    "duty-rule": "登记监管规则",
    "duty-drop": "删除监管规则",
    "duty-run": "划分监管责任",
    "duty-settle": "指定监管部门",
    "licence-add": "登记许可证",
    "region-name": "命名区划",
    "inspector-edit": "修改检查人员",
    "certificate-add": "登记执法证",
    "certificate-withdraw": "注销执法证",
    "leave-add": "登记离岗",
    "leave-end": "销假",
    "skill-link": "增加专长对照",
    "skill-unlink": "删除专长对照",
    "contacts-sync": "同步通讯录",
    "contact-left": "人员离岗停用",
    "contact-returned": "停用人员重新出现",
    "contact-userid": "企业微信账号变更",
    "policy-make": "启用政策表",
    "policy-end": "停用政策表",
    "ledger-record": "登记检查",
    "ledger-exempt": "频次豁免",
    "calendar-day": "调整工作日",
    "calendar-year": "登记年度节假日",
    "deadlines-moved": "重新计算期限",
    "clock-set-right": "校正系统时钟",
    "feed-link": "生成日历链接",
    "feed-revoke": "停用日历链接",
    "deadline-pause": "暂停计时",
    "deadline-nudge": "催办期限",
    "appointment-fix": "约定检查时间",
    "appointment-cancel": "取消约定时间",
    "deadline-resume": "恢复计时",
    "deadline-snooze": "推迟提醒",
    "sign-in": "登录",
    "prefer-words": "选择消息样式",
    "urge": "催办逾期",
    "team-chat": "建立检查组群",
    "team-chat-failed": "检查组群未建成",
    "arrive": "到场签到",
    "owner-bind": "企业绑定",
    "owner-subscribe": "企业订阅通知",
    "owner-confirm": "确认收到通知",
    "owner-ask": "企业提问",
    "owner-answer": "答复企业提问",
    "owner-rate": "企业评价",
    "notice-record": "登记通知方式",
    "door-show": "出示入企码",
    "door-scan": "扫入企码",
    "door-reason": "未扫码说明",
    "message.unknown": "消息结果不明",
    "message.dead": "消息发送失败",
    "call-number": "查看告知电话",
    "call-note": "登记电话告知",
    "message.unbound": "通知无人绑定，改由短信或电话",
    "messages-resume": "恢复发送消息",
    "message.refused": "消息被拒收",
}
SIGN_IN = "sign-in"
SPEAKING = ("number", "visit", "file", "source", "name")  # details that name the subject in words for people
KIND_WORDS = {"certified": "执法人员", "assistant": "辅助人员", "expert": "专家"}


async def overview(act: Act) -> dict[str, Any]:
    """The first page of the console, for the actor's department or the whole office."""
    return {
        "counts": await _counts(act),
        "deadlines": await open_deadlines(act, limit=12),
        "messages": await counts_by_status(act.db),
        "recent": await recent_acts(act, limit=12, without=SIGN_IN),
    }


async def _counts(act: Act) -> dict[str, int]:
    tables = {
        "targets": Target,
        "inspectors": Inspector,
        "items": Item,
        "plan_entries": PlanEntry,
        "tasks": Task,
        "visits": Visit,
        "published": Publication,
    }
    counts = {name: await act.db.scalar(select(func.count()).select_from(table)) or 0 for name, table in tables.items()}
    overdue = (
        select(func.count())
        .select_from(Deadline)
        .where(Deadline.settled_at.is_(None), Deadline.due_on < local_date(act.now))
    )
    return {**counts, "overdue": await act.db.scalar(overdue) or 0}


async def open_deadlines(act: Act, limit: int) -> list[dict[str, Any]]:
    """The open deadlines, the most pressing first; a department sees its own."""
    query = select(Deadline).where(Deadline.settled_at.is_(None)).order_by(Deadline.due_on, Deadline.id).limit(limit)
    if not act.actor.has(Role.COORDINATOR, Role.ADMIN):
        query = query.where(Deadline.department_id == act.actor.department_id)
    rows = (await act.db.scalars(query)).all()
    names = await store.departments(act.db)
    about = [row.subject for row in rows]
    subjects = await subjects_of(act, about)
    today = local_date(act.now)
    return [
        {
            "kind": row.kind,
            "text": DeadlineKind(row.kind).text,
            "subject_text": subjects[row.subject].target_name if row.subject in subjects else "",
            "department": names[row.department_id].name,
            "due_on": row.due_on,
            "provisional": row.provisional,
            "overdue": row.due_on < today,
        }
        for row in rows
    ]


async def recent_acts(act: Act, limit: int, without: str = "") -> list[dict[str, Any]]:
    """The newest audit entries with the names of who acted, but for acts of the kind `without`."""
    rows = await audit.entries(act.db, act.actor, limit=limit, without=without)
    members = await store.member_names(act.db, [row.member_id for row in rows])
    departments = await store.departments(act.db)
    return [_audit_row(row, members, departments) for row in rows]


def _nobody_of_ours(who: str) -> str:
    """An act of somebody who is no member: the clock's, an unknown visitor's, or an enterprise's own."""
    return {SYSTEM.member_id: "系统", PUBLIC.member_id: "公众"}.get(MemberId(who), "当事人")


def _audit_row(row: AuditEntry, members: dict[str, str], departments: dict[str, Department]) -> dict[str, Any]:
    department = departments.get(row.department_id)
    return {
        "at": row.at,
        "who": members.get(row.member_id) or _nobody_of_ours(row.member_id),
        "department": department.name if department else "",
        "act": row.act,
        "act_text": ACT_WORDS.get(row.act, row.act),
        "subject": row.subject,
        "subject_text": next((str(row.detail[name]) for name in SPEAKING if name in row.detail), ""),
        "detail": row.detail,
    }


async def inspectors(act: Act) -> list[dict[str, Any]]:
    """The inspectors' library; a department sees its own, certificate numbers stay out of lists."""
    query = (
        select(Inspector, Member, Department.name)
        .join(Member, Member.id == Inspector.member_id)
        .join(Department, Department.id == Inspector.department_id)
        .order_by(Department.code, Inspector.staff_no)
    )
    if not act.actor.has(Role.COORDINATOR, Role.ADMIN):
        query = query.where(Inspector.department_id == act.actor.department_id)
    away = await away_on(act.db, local_date(act.now))
    return [
        {
            "staff_no": inspector.staff_no,
            "name": member.name,
            "department": department,
            "kind": inspector.kind,
            "kind_text": KIND_WORDS[inspector.kind],
            "skills": inspector.skills,
            "certificate_expires": inspector.certificate_expires,
            "on_leave": inspector.id in away,
            "active": member.active,
            "post": member.post,
            "userid": member.userid,
        }
        for inspector, member, department in (await act.db.execute(query)).all()
    ]


async def items(act: Act) -> list[dict[str, Any]]:
    """The items in force today, of all lists that are inspected by (A2, A3)."""
    names = await store.departments(act.db)
    rows = [listed_item(one) for one in await list_store.in_force_on(act.db, local_date(act.now))]
    shown = ("id", "domain", "name", "item_class", "subject", "basis", "method", "skill")
    return [
        {
            **{name: getattr(row, name) for name in shown},
            "department": names[row.department_id].name,
            "partners": [names[one].name for one in row.partner_ids],
        }
        for row in rows
    ]


async def plan(act: Act) -> list[dict[str, Any]]:
    """The entries that tasks may be made from, with the tasks made from each (C2, C4)."""
    names = await store.departments(act.db)
    made: dict[str, list[dict[str, str]]] = {}
    for task in await store.tasks(act.db, act.actor):
        made.setdefault(task.plan_entry_id, []).append({"id": task.id, "number": task.number, "status": task.status})
    shown = ("id", "name", "item_text", "scope_text", "frequency", "starts_on", "ends_on", "mode", "year")
    return [
        {
            **{name: getattr(row, name) for name in shown},
            "quota_text": row.quota.get("raw", ""),
            "department": names[row.department_id].name,
            "partners": [names[one].name for one in row.partner_ids],
            "tasks": made.get(row.id, []),
        }
        for row in await plan_store.standing(act.db)
    ]
