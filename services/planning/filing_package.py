"""What a department hands in to file its list (L3): paper in duplicate, electronic copy, proof of publication.

published change -> items in force, the department's inspectors, the register of targets, the public page's bytes
                 -> filing.typ (typst) twice and once -> ZIP with the SHA-256 of each file

S3三(一)3 asks for the list, both registers and the rules of procedure, in duplicate and electronically, and for proof
that they stand on the web. Seal and signature are put on the paper by hand; the rules of procedure are the
department's own paper and are added by hand, too.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from inspection.errors import ConflictError, ForbiddenError
from inspection.workdays import SHANGHAI, local_date
from models.lists import ItemList, ListChange
from models.people import Department
from models.registers import Target
from models.sheets import write_xlsx
from models.store import lists as store
from models.store import tasks as task_store
from services.act import Act
from services.people import qr, typeset
from services.planning.list_view import may_hand_in, version_row
from services.registers import exports, list_exports

TEMPLATE = Path(__file__).with_name("filing.typ")
PUBLIC_PATH = "/public/items"
MOST_TARGETS = 50_000  # a larger register is exported on its own; the paper says how large it is
COPIES = ("第一份", "第二份")
COLUMNS = {
    "name": "抽查事项",
    "content": "抽查内容",
    "subject": "抽查对象",
    "basis": "抽查依据",
    "department": "抽查主体",
    "ratio": "抽查比例",
    "frequency": "抽查频次",
    "method": "抽查方式",
    "item_class": "事项类别",
}
_STAFF = ("工号", "姓名", "部门", "人员类别", "执法证号", "执法证有效期至", "业务专长", "状态")  # no phone number (M1)


async def package(act: Act, change_id: str, page: bytes) -> tuple[str, bytes]:
    """Make the package of a published change: (file name, ZIP); `page` is the public page as anybody reads it now.

    Raises NotFoundError, ForbiddenError (another department's list), ConflictError (not in force, so not yet public).
    """
    change = await store.change(act.db, change_id)
    row = await store.item_list(act.db, change.list_id)
    if not may_hand_in(act, row):
        raise ForbiddenError
    if change.valid_from > local_date(act.now):
        raise ConflictError(what="备案材料", why=f"这次变更自 {change.valid_from} 起施行，施行后才在公开页面上。")
    names = await task_store.departments(act.db)
    items = [version_row(one, names) for one in await store.in_force_on(act.db, change.valid_from, row.id)]
    staff = await _staff(act, names[row.department_id])
    targets = await act.db.scalar(select(func.count()).select_from(Target)) or 0
    fits = targets <= MOST_TARGETS
    told = _told(act, row, change, names[row.department_id].name, page)
    told |= {"items": items, "staff": len(staff), "targets": targets, "targets_apart": not fits}
    register = b"".join([part async for part in exports.as_csv(act, "targets")]) if fits else b""
    act.record("list-package", f"list-change:{change.id}", list=row.name, number=change.number, staff=len(staff))
    name = f"备案材料-{row.name}-第{change.number}次.zip"
    return name, await asyncio.to_thread(_packed, told, staff, register, page, act.house.font)


def _told(act: Act, row: ItemList, change: ListChange, department: str, page: bytes) -> dict[str, Any]:
    url = f"{act.house.origin}{PUBLIC_PATH}"
    return {
        "office": act.house.office_name,
        "department": department,
        "list": row.name,
        "number": change.number,
        "reason": "由文件导入" if change.imported else change.reason,
        "valid_from": str(change.valid_from),
        "published_at": f"{change.published_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
        "made_at": f"{act.now.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
        "url": url,
        "qr": qr.svg(url),
        "page_sha256": hashlib.sha256(page).hexdigest(),
        "page_bytes": len(page),
        "copies": list(COPIES),
    }


async def _staff(act: Act, department: Department) -> list[list[str]]:
    """The department's own people of the register of inspectors; the export is written down like any other (M1)."""
    headers, rows = await list_exports.table(act, "inspectors")
    at = [headers.index(title) for title in _STAFF]
    own = headers.index("部门")
    return [[row[one] for one in at] for row in rows if row[own] == department.name]


def _packed(told: Mapping[str, Any], staff: Sequence[Sequence[str]], register: bytes, page: bytes, font: Path) -> bytes:
    rows = [[at, *(one[name] for name in COLUMNS)] for at, one in enumerate(told["items"], 1)]
    set_type = partial(typeset.pdf_now, TEMPLATE, font=font, archival=True)
    files = {
        "1-纸质件（一式两份，打印盖章）/随机抽查事项清单.pdf": set_type(words={**told, "part": "list"}),
        "2-电子版/随机抽查事项清单.xlsx": write_xlsx(["序号", *COLUMNS.values()], rows),
        "2-电子版/执法检查人员名录.xlsx": write_xlsx(_STAFF, staff),
        **({"2-电子版/检查对象名录.csv": register} if register else {}),
        "3-网站公开证明/网站公开证明.pdf": set_type(words={**told, "part": "proof"}),
        "3-网站公开证明/公开页面.html": page,
    }
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items())
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**files, "SHA256SUMS": sums.encode()}.items():
            archive.writestr(name, data)
    return out.getvalue()
