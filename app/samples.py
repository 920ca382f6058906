"""The made-up demo office: departments, members, targets, items and a plan, the same at every run.

seed -> sample_targets | sample_inspectors | sample_items | sample_plan (rows) -> write_samples(folder) -> files

Nobody here exists: people are called by stems and numbers, telephones are 1380000xxxx, and the credit codes
are valid by their check characters but of region 379999, which is no place.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspection import credit_code
from models.sheets import write_csv, write_xlsx

if TYPE_CHECKING:
    from pathlib import Path

SEED = 20260101
REGION = "379999"
EXPIRES = "2029-12-31"  # certificates of the demo outlive the demo
CERTIFIED_EACH = 10

Rows = list[list[str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Department:
    """部门 of the demo office. `code` is ASCII, its name in draws and the prefix of its members' userids."""

    code: str
    name: str
    aliases: tuple[str, ...]
    skills: tuple[str, ...]  # what its inspectors know: the first all of them, the others every second one
    is_office: bool = False


OFFICE = Department(
    code="office", name="联席会议办公室", aliases=("联席办", "双随机联席会议办公室"), skills=(), is_office=True
)
DEPARTMENTS = (
    OFFICE,
    Department(
        code="market",
        name="市场监督管理局",
        aliases=("市场监管局", "市场监管部门", "市监局"),
        skills=("食品", "特种设备"),
    ),
    Department(
        code="health", name="卫生健康局", aliases=("卫健局", "卫生健康部门", "卫生健康委员会"), skills=("卫生",)
    ),
    Department(code="fire", name="消防救援大队", aliases=("消防大队", "消防救援机构", "消防部门"), skills=("消防",)),
    Department(code="ecology", name="生态环境局", aliases=("环保局", "生态环境部门"), skills=("环保",)),
    Department(code="education", name="教育局", aliases=("教体局", "教育部门"), skills=("教育",)),
)

TARGET_HEADERS = (
    "企业名称",
    "统一社会信用代码",
    "注册日期",
    "企业类型",
    "经营范围",
    "地区",
    "注册地址",
    "登记状态",
    "信用风险分类",
    "行业代码",
    "行政区划代码",
)
AREAS = {"379991": "东湖街道", "379992": "西岭街道", "379993": "南苑街道", "379994": "北辰镇"}  # codes of no place
# 国民经济行业代码 (GB/T 4754) of each
_TRADES = (
    ("餐饮店", "餐饮服务；食品销售", "H6210"),
    ("食品厂", "食品生产；食品销售", "C1431"),
    ("宾馆", "住宿服务；餐饮服务", "H6120"),
    ("超市", "食品销售；日用百货销售", "F5212"),
    ("游泳馆", "游泳场馆服务；体育用品销售", "R8919"),
    ("影城", "电影放映；食品销售", "R8760"),
    ("培训学校", "面向中小学生的校外培训", "P8391"),
    ("学校食堂", "学校食堂；餐饮服务", "H6299"),
    ("化工厂", "危险化学品生产；化工产品销售", "C2614"),
    ("汽修厂", "机动车维修；汽车零配件零售", "O8111"),
    ("电梯公司", "电梯安装、改造、修理；特种设备维护", "C3435"),
    ("诊所", "诊所服务；药品零售", "Q8425"),
)
_KINDS = ("有限责任公司", "个人独资企业", "个体工商户")
_AUTHORITY = {"个体工商户": "92"}  # places 1 and 2 of the code; companies are 91
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_NUMBERS = "一二三四五六七八九十"

INSPECTOR_HEADERS = (
    "工号",
    "姓名",
    "部门",
    "人员类别",
    "职务",
    "手机号",
    "企业微信账号",
    "执法证号",
    "执法证有效期至",
    "业务专长",
    "角色",
    "状态",
)

_OFFICE_POSTS = ("主任", "协调员", "监督员", "系统管理员")
HEAD, DEPUTY = "主要负责人", "分管负责人"  # the head signs corrections (J2), the deputy approves from day to day
_POST_ROLES = {"主任": "协调员", DEPUTY: "审批人", HEAD: "审批人"}  # a post not named here is itself the role, or none
_STAFF = "工作人员"

ITEM_HEADERS = (
    "序号",
    "抽查领域",
    "抽查事项",
    "检查对象",
    "发起部门",
    "配合部门",
    "抽查层级",
    "事项类别",
    "抽查依据",
    "抽查内容",
    "抽查方式",
    "检查人员要求",
)
# domain, item, targets, lead, partners, level, class, basis, content, skill
_ITEMS = (
    (
        "餐饮服务|餐饮服务食品安全检查|餐饮服务单位|市场监管部门|卫生健康部门、消防救援机构|县(区)级|重点|《中华人民共和国食品安全法》"
        "|许可证是否有效并公示；进货查验记录是否完整；后厨卫生是否符合要求；从业人员健康证明是否有效|食品"
    ),
    (
        "餐饮服务|餐饮场所消防安全检查|餐饮服务单位|消防救援机构|市场监管部门|县(区)级|重点|《中华人民共和国消防法》"
        "|疏散通道是否畅通；灭火器是否完好；燃气使用是否规范|消防"
    ),
    (
        "餐饮服务|餐饮油烟排放检查|餐饮服务单位|生态环境部门|市场监管部门|县(区)级|一般|《中华人民共和国大气污染防治法》"
        "|油烟净化设施是否安装并正常使用；是否定期清洗|环保"
    ),
    (
        "住宿服务|旅馆卫生管理检查|各类旅馆|卫生健康部门|市场监管部门、消防救援机构|市级/县级|重点|《公共场所卫生管理条例》"
        "|卫生许可证是否有效；布草清洗消毒记录是否完整；从业人员健康证明是否有效|卫生"
    ),
    (
        "住宿服务|旅馆消防安全检查|各类旅馆|消防救援机构|卫生健康部门|县(区)级|重点|《中华人民共和国消防法》"
        "|消防设施是否完好；安全出口是否畅通；员工是否掌握疏散方法|消防"
    ),
    (
        "游泳场馆|游泳场馆水质与卫生检查|游泳场(馆)|卫生健康部门|市场监管部门|市县(区)级|一般|《公共场所卫生管理条例》"
        "|水质检测记录是否完整；消毒设施是否正常运行|卫生"
    ),
    (
        "校外培训|校外培训机构办学情况检查|面向中小学生的校外培训机构|教育部门|市场监管部门、消防救援机构|市县(区)级|一般"
        "|《中华人民共和国民办教育促进法》|办学许可是否有效；收费是否公示；从业人员资质是否符合要求|教育"
    ),
    (
        "校外培训|校外培训机构收费与广告检查|面向中小学生的校外培训机构|市场监管部门|教育部门|市县(区)级|一般"
        "|《中华人民共和国广告法》|广告内容是否真实；收费是否明码标价|"
    ),
    (
        "学校食堂|学校食堂食品安全检查|各类学校食堂|市场监管部门|教育部门、卫生健康部门|县(区)级|重点"
        "|《中华人民共和国食品安全法》|食品留样是否规范；陪餐制度是否落实；进货查验记录是否完整|食品"
    ),
    (
        "学校食堂|学校卫生与传染病防控检查|各类学校|卫生健康部门|教育部门|县(区)级|一般|《学校卫生工作条例》"
        "|饮用水卫生是否达标；传染病防控制度是否落实|卫生"
    ),
    (
        "特种设备|电梯使用管理检查|电梯使用和维保单位|市场监管部门|消防救援机构|市县(区)级|重点|《中华人民共和国特种设备安全法》"
        "|检验标志是否有效；维保记录是否完整；应急电话是否畅通|特种设备"
    ),
    (
        "化工企业|化工企业排污情况检查|化工生产企业|生态环境部门|市场监管部门、消防救援机构|市县(区)级|重点"
        "|《中华人民共和国环境保护法》|排污许可是否有效；污染防治设施是否正常运行；监测记录是否完整|环保"
    ),
    (
        "化工企业|化工企业消防安全检查|化工生产企业|消防救援机构|生态环境部门|市县(区)级|重点|《中华人民共和国消防法》"
        "|重点部位是否有专人值守；消防水源是否充足；应急预案是否演练|消防"
    ),
    (
        "机动车维修|机动车维修危险废物管理检查|机动车维修企业|生态环境部门|市场监管部门|县(区)级|一般"
        "|《中华人民共和国固体废物污染环境防治法》|危险废物贮存是否规范；转移联单是否完整|环保"
    ),
)

PLAN_HEADERS = (
    "任务名称",
    "抽查事项",
    "抽查对象范围",
    "抽查比例",
    "抽查频次",
    "信用风险分类要求",
    "检查方式",
    "起止时间",
    "发起部门",
    "配合部门",
    "抽查检查模式",
)
_PLAN = (
    (
        "{y}年餐饮服务联合抽查|餐饮服务食品安全检查、餐饮场所消防安全检查|餐饮服务单位|10%(20户)|1次/年"
        "|按信用风险分类提高高风险单位抽查比例|实地核查|{y}年3月1日-{y}年11月30日|市场监督管理局|卫生健康局、消防救援大队|县抽县查"
    ),
    (
        "旅馆业联合抽查|旅馆卫生管理检查、旅馆消防安全检查|各类旅馆|20%|1次/年||实地核查|{y}年1月-11月|卫生健康局"
        "|市场监督管理局、消防救援大队|县抽县查"
    ),
    (
        "校外培训机构联合抽查|校外培训机构办学情况检查、校外培训机构收费与广告检查|面向中小学生的校外培训机构|5%|>=1||实地核查、网络监测"
        "|{y}年4月-{y}年10月|教育局|市场监管局、消防救援大队|县抽县查"
    ),
    (
        "学校食堂联合抽查|学校食堂食品安全检查、学校卫生与传染病防控检查|各类学校食堂|中学≥50%;小学≥30%|2次/年||实地核查|3月-12月"
        "|市场监督管理局|教育局、卫生健康局|市抽县(区)查"
    ),
    (
        "化工企业联合抽查|化工企业排污情况检查、化工企业消防安全检查|化工生产企业|1户|1次/年|不涉及信用风险分类|实地核查"
        "|{y}年5月1日-{y}年9月30日|生态环境局|市场监督管理局、消防救援大队|县抽县查"
    ),
    (
        "电梯使用安全联合抽查|电梯使用管理检查|电梯使用和维保单位|３％|1次/年||实地核查|{y}年2月24日-{y}年12月31日|市场监督管理局"
        "|消防救援大队|市抽市查"
    ),
    "游泳场馆卫生联合抽查|游泳场馆水质与卫生检查|游泳场(馆)|50%|1次/年||实地核查|{y}年6月-9月|卫健局|市场监督管理局|县抽县查",
)


def sample_targets(n: int = 300) -> Rows:
    """Make `n` targets with valid, different credit codes, spread over trades, areas and credit classes."""
    chance = random.Random(SEED)  # noqa: S311 - made-up data that must be the same at every run
    return [_target(number, chance) for number in range(1, n + 1)]


def _target(number: int, chance: random.Random) -> list[str]:
    trade, scope, trade_code = _TRADES[number % len(_TRADES)]
    area_code, kind = chance.choice(tuple(AREAS)), chance.choice(_KINDS)
    area = AREAS[area_code]
    code = credit_code.compose(_AUTHORITY.get(kind, "91") + REGION, f"MA{number:06d}")
    founded = f"{chance.randint(2005, 2024)}-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}"
    status = "注销" if number % 97 == 0 else "存续"
    grade = chance.choices("ABCD", weights=(50, 30, 15, 5))[0]
    name = f"演示{area.removesuffix('街道').removesuffix('镇')}{number:04d}号{trade}"
    address = f"演示市演示区{area}演示路{number}号"
    return [name, code, founded, kind, scope, area, address, status, grade, trade_code, area_code]


def sample_inspectors() -> Rows:
    """Make the members: ten certified, assistant, expert, deputy, liaison and head a department; the office's four."""
    rows = [_member(OFFICE, 0, number, _STAFF, post) for number, post in enumerate(_OFFICE_POSTS, start=1)]
    for place, department in enumerate(DEPARTMENTS[1:], start=1):
        rows += [_certified(department, place, number) for number in range(1, CERTIFIED_EACH + 1)]
        others = (("辅助人员", "协管员"), ("专家", "技术专家"), (_STAFF, DEPUTY), (_STAFF, "联络员"), (_STAFF, HEAD))
        rows += [
            _member(department, place, number, kind, post)
            for number, (kind, post) in enumerate(others, start=CERTIFIED_EACH + 1)
        ]
    return rows


def _member(department: Department, place: int, number: int, kind: str, post: str) -> list[str]:
    name = _STEMS[place] + _STEMS[(number - 1) // len(_NUMBERS)] * (number > len(_NUMBERS))
    name += _NUMBERS[(number - 1) % len(_NUMBERS)]
    userid = f"{department.code}{number:02d}"
    skills = department.skills[0] if kind == "专家" else ""
    mobile = f"1380000{place:02d}{number:02d}"
    return [
        userid.upper(),
        f"演示{name}",
        department.name,
        kind,
        post,
        mobile,
        userid,
        "",
        "",
        skills,
        _POST_ROLES.get(post, post) if kind == _STAFF else "",
        "有效",
    ]


def _certified(department: Department, place: int, number: int) -> list[str]:
    row = _member(department, place, number, "执法人员", "科长" if number == 1 else "执法员")
    skills = [skill for turn, skill in enumerate(department.skills) if turn == 0 or number % 2 == 0]
    row[7:11] = [f"演示{place:02d}{number:04d}", EXPIRES, "、".join(skills), "检查人员"]
    return row


def sample_items() -> Rows:
    """Make the joint item list: fourteen items over all departments."""
    rows = []
    for number, line in enumerate(_ITEMS, start=1):
        *cells, skill = line.split("|")
        rows.append([str(number), *cells, "实地核查", skill])
    return rows


def sample_plan(year: int) -> Rows:
    """Make the joint plan of `year`, its cells written as variously as real ones."""
    return [line.format(y=year).split("|") for line in _PLAN]


def write_samples(folder: Path, year: int = 2026) -> list[Path]:
    """Write the sample files into `folder` (made if missing); gives their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    targets, inspectors = sample_targets(), sample_inspectors()
    files = {
        "targets.csv": write_csv(TARGET_HEADERS, targets),
        "targets.xlsx": write_xlsx(TARGET_HEADERS, targets),
        "inspectors.csv": write_csv(INSPECTOR_HEADERS, inspectors),
        "inspectors.xlsx": write_xlsx(INSPECTOR_HEADERS, inspectors),
        "items.csv": write_csv(ITEM_HEADERS, sample_items()),
        "plan.csv": write_csv(PLAN_HEADERS, sample_plan(year)),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return [folder / name for name in files]
