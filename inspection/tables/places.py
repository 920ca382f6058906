"""GB/T 2260 region codes and GB/T 4754 trade codes: what a six-digit and a letter-with-digits cell may be (B6).

cell text -> region_code() -> "370102"      cell text -> trade_code() -> "F5212" | "F52" | "F"     (tables as data)

Only the first two digits of a region are held against a table: counties change every year, provinces do not. Offices
use codes of their own below them (development zones), which is allowed.
"""

from __future__ import annotations

import re

from inspection.cells import number_text, plain, unreadable

PROVINCES = {
    "10": "国家", "11": "北京", "12": "天津", "13": "河北", "14": "山西", "15": "内蒙古", "21": "辽宁", "22": "吉林",
    "23": "黑龙江", "31": "上海", "32": "江苏", "33": "浙江", "34": "安徽", "35": "福建", "36": "江西", "37": "山东",
    "41": "河南", "42": "湖北", "43": "湖南", "44": "广东", "45": "广西", "46": "海南", "50": "重庆", "51": "四川",
    "52": "贵州", "53": "云南", "54": "西藏", "61": "陕西", "62": "甘肃", "63": "青海", "64": "宁夏", "65": "新疆",
    "71": "台湾", "81": "香港", "82": "澳门",
}  # fmt: skip

# GB/T 4754-2017: section -> its name and the two-digit divisions it holds, first and last.
SECTIONS = {
    "A": ("农、林、牧、渔业", 1, 5), "B": ("采矿业", 6, 12), "C": ("制造业", 13, 43),
    "D": ("电力、热力、燃气及水生产和供应业", 44, 46), "E": ("建筑业", 47, 50), "F": ("批发和零售业", 51, 52),
    "G": ("交通运输、仓储和邮政业", 53, 60), "H": ("住宿和餐饮业", 61, 62),
    "I": ("信息传输、软件和信息技术服务业", 63, 65), "J": ("金融业", 66, 69), "K": ("房地产业", 70, 70),
    "L": ("租赁和商务服务业", 71, 72), "M": ("科学研究和技术服务业", 73, 75),
    "N": ("水利、环境和公共设施管理业", 76, 79), "O": ("居民服务、修理和其他服务业", 80, 82), "P": ("教育", 83, 83),
    "Q": ("卫生和社会工作", 84, 85), "R": ("文化、体育和娱乐业", 86, 90), "S": ("公共管理、社会保障和社会组织", 91, 96),
    "T": ("国际组织", 97, 97),
}  # fmt: skip
# GB/T 4754-2017: the divisions 01 to 97, in their order.
DIVISIONS = (
    "农业", "林业", "畜牧业", "渔业", "农、林、牧、渔专业及辅助性活动",
    "煤炭开采和洗选业", "石油和天然气开采业", "黑色金属矿采选业", "有色金属矿采选业", "非金属矿采选业",
    "开采专业及辅助性活动", "其他采矿业",
    "农副食品加工业", "食品制造业", "酒、饮料和精制茶制造业", "烟草制品业", "纺织业", "纺织服装、服饰业",
    "皮革、毛皮、羽毛及其制品和制鞋业", "木材加工和木、竹、藤、棕、草制品业", "家具制造业", "造纸和纸制品业",
    "印刷和记录媒介复制业", "文教、工美、体育和娱乐用品制造业", "石油、煤炭及其他燃料加工业",
    "化学原料和化学制品制造业", "医药制造业", "化学纤维制造业", "橡胶和塑料制品业", "非金属矿物制品业",
    "黑色金属冶炼和压延加工业", "有色金属冶炼和压延加工业", "金属制品业", "通用设备制造业", "专用设备制造业",
    "汽车制造业", "铁路、船舶、航空航天和其他运输设备制造业", "电气机械和器材制造业",
    "计算机、通信和其他电子设备制造业", "仪器仪表制造业", "其他制造业", "废弃资源综合利用业",
    "金属制品、机械和设备修理业",
    "电力、热力生产和供应业", "燃气生产和供应业", "水的生产和供应业",
    "房屋建筑业", "土木工程建筑业", "建筑安装业", "建筑装饰、装修和其他建筑业",
    "批发业", "零售业",
    "铁路运输业", "道路运输业", "水上运输业", "航空运输业", "管道运输业", "多式联运和运输代理业",
    "装卸搬运和仓储业", "邮政业",
    "住宿业", "餐饮业",
    "电信、广播电视和卫星传输服务", "互联网和相关服务", "软件和信息技术服务业",
    "货币金融服务", "资本市场服务", "保险业", "其他金融业",
    "房地产业",
    "租赁业", "商务服务业",
    "研究和试验发展", "专业技术服务业", "科技推广和应用服务业",
    "水利管理业", "生态保护和环境治理业", "公共设施管理业", "土地管理业",
    "居民服务业", "机动车、电子产品和日用产品修理业", "其他服务业",
    "教育",
    "卫生", "社会工作",
    "新闻和出版业", "广播、电视、电影和录音制作业", "文化艺术业", "体育", "娱乐业",
    "中国共产党机关", "国家机构", "人民政协、民主党派", "社会保障", "群众团体、社会团体和其他成员组织",
    "基层群众自治组织及其他组织",
    "国际组织",
)  # fmt: skip
_BY_NAME = {plain(name): letter for letter, (name, _, _) in SECTIONS.items()}
_TRADE = re.compile(r"([A-T])?(\d{2,4})?", re.ASCII)
_REGION = re.compile(r"\d{6}", re.ASCII)


def region_code(words: str) -> str:
    """Read a region code: six digits, the first two a province. Raises InvalidInputError."""
    code = number_text(words)
    if not _REGION.fullmatch(code) or code[:2] not in PROVINCES:
        raise unreadable("行政区划代码应为6位数字，前两位是省级代码（GB/T 2260）")
    return code


def trade_code(words: str) -> str:
    """Read a trade: `F5212`, `5212`, `F52`, `F`, or a section's name; the letter is supplied where it is missing.

    Raises InvalidInputError where letter and digits contradict each other.
    """
    code = number_text(words).upper()
    found = _TRADE.fullmatch(code)
    if code in _BY_NAME or not found or not code:
        if code in _BY_NAME:
            return _BY_NAME[code]
        raise unreadable("行业代码应为门类字母加2至4位数字，如 F5212（GB/T 4754）")
    letter, digits = found[1], found[2] or ""
    division = int(digits[:2]) if digits else None
    owner = letter if division is None else _section_of(division)
    if owner is None or (letter and letter != owner):
        raise unreadable(f"行业代码“{code}”的门类与数字不符（GB/T 4754）")
    return owner + digits


def trade_text(code: str) -> str:
    """A trade in words: of `H6210` or `H62` the division's name, of `H` the section's; empty for none that is known."""
    if code[:1] not in SECTIONS:
        return ""
    return DIVISIONS[int(code[1:3]) - 1] if code[1:3] else SECTIONS[code[:1]][0]


def _section_of(division: int) -> str | None:
    return next((letter for letter, (_, first, last) in SECTIONS.items() if first <= division <= last), None)


def region_of(code: str) -> str:
    """Take the registering authority's region out of a credit code or an older number; empty where it has none."""
    if code.startswith("X-"):
        return ""
    part = code[2:8] if len(code) == len("91370000MA00000000") else code[:6]
    return part if part[:2] in PROVINCES and part.isdigit() else ""
