"""A register of made-up targets, as long-winded as a real one: 12 columns, names of 13 and scopes of 83 characters.

The lengths are those of a published register of 9,863 enterprises (mean characters a cell); the words are invented.
"""

from __future__ import annotations

import csv
import random
from pathlib import Path

from inspection.credit_code import SYMBOLS, compose
from models.sheets import write_xlsx

HEADERS = (
    "企业名称", "统一社会信用代码", "检查对象类别", "企业类型", "注册日期", "经营范围", "地区", "行政区划代码",
    "注册地址", "登记状态", "信用风险分类", "行业代码",
)  # fmt: skip
_PLACES = [(f"演示{word}区", f"3799{number:02d}") for number, word in enumerate("东南西北中上下前后左右山水田林", 1)]
_KINDS = ("有限责任公司", "有限责任公司(自然人独资)", "股份有限公司", "个人独资企业", "有限责任公司分公司")
_TRADES = ("F5212", "H6210", "C1310", "O8111", "F5281", "I6510", "L7211", "G5430", "A0111", "P8310", "F51", "C2221")
_WORDS = "晨光山河云海星辰松竹梅兰金玉宏达顺通百汇千禾万利春和景明瑞丰泰安嘉信"
_BUSINESS = (
    "食品销售", "餐饮服务", "日用品零售", "计算机软件开发", "道路货物运输", "烟草制品零售", "药品零售", "化妆品批发",
    "机械设备租赁", "广告设计、制作、代理", "建筑材料批发", "五金产品零售", "物业管理服务", "会议及展览服务",
    "汽车配件销售", "电子产品的开发与销售",
)  # fmt: skip
_LAW = "（依法须经批准的项目，经相关部门批准后方可开展经营活动）"


def row(number: int, chance: random.Random) -> list[str]:
    """One made-up target; the same number and seed give the same row."""
    place, code = _PLACES[chance.randrange(len(_PLACES))]
    body = f"{SYMBOLS[chance.randrange(31)]}{SYMBOLS[chance.randrange(31)]}{number % 1_000_000:06d}"
    name = "演示" + "".join(chance.choices(_WORDS, k=4)) + chance.choice(_BUSINESS)[:4] + "有限公司"
    scope = "；".join(chance.sample(_BUSINESS, chance.randrange(4, 12))) + "。" + _LAW
    day = f"{chance.randrange(1990, 2026)}-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d}"
    address = (
        f"演示市{place}虚构大道{chance.randrange(1, 999)}号{chance.randrange(1, 30)}号楼{chance.randrange(100, 999)}室"
    )
    return [
        name, compose(f"91{code}", body), "企业", chance.choice(_KINDS), day, scope, place, code, address,
        "存续" if chance.random() < 0.9 else "注销", chance.choice("ABCD"), chance.choice(_TRADES),  # noqa: PLR2004 nine of ten
    ]  # fmt: skip


def csv_file(path: Path, rows: int) -> Path:
    """The register as CSV, made once."""
    if not path.exists():
        chance, draft = random.Random(rows), path.with_suffix(".draft")  # noqa: S311 made-up data, no secret
        with draft.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADERS)
            writer.writerows(row(number, chance) for number in range(rows))
        draft.rename(path)
    return path


def xlsx_file(path: Path, rows: int) -> Path:
    """The register as XLSX, made once."""
    if not path.exists():
        chance = random.Random(rows)  # noqa: S311 made-up data, no secret
        path.write_bytes(write_xlsx(HEADERS, (row(number, chance) for number in range(rows))))
    return path
