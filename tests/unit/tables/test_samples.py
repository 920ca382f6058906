"""B3, B12, A5, C2: the made-up office goes in through the same doors as real tables."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from app import samples
from inspection.actors import Role
from inspection.departments import match_department
from inspection.tables import (
    InspectorKind,
    InspectorRow,
    ItemRow,
    PlanRow,
    TargetRow,
    read_inspectors,
    read_items,
    read_plan,
    read_targets,
)
from models.sheets import open_sheet

KNOWN = {one.code: (one.name, *one.aliases) for one in samples.DEPARTMENTS}
ITEMS = list(read_items([list(samples.ITEM_HEADERS), *samples.sample_items()]))
PEOPLE = list(read_inspectors([list(samples.INSPECTOR_HEADERS), *samples.sample_inspectors()]))


def test_files_are_whole_and_always_the_same(tmp_path: Path) -> None:
    """B5: written as CSV and XLSX, read back without one rejection, the same rows at every run."""
    paths = {path.name: path for path in samples.write_samples(tmp_path / "one")}
    for name in ("targets.csv", "targets.xlsx"):
        rows = list(read_targets(open_sheet(name, paths[name])))
        assert len(rows) == 300
        assert all(isinstance(row, TargetRow) and row.credit_code[2:8] == "379999" for row in rows)
    for name in ("inspectors.csv", "inspectors.xlsx"):
        assert [type(row) for row in read_inspectors(open_sheet(name, paths[name]))] == [InspectorRow] * len(PEOPLE)
    assert samples.sample_targets(50) == samples.sample_targets(300)[:50]
    again = {path.name: path.read_bytes() for path in samples.write_samples(tmp_path / "two") if path.suffix == ".csv"}
    assert all(paths[name].read_bytes() == data for name, data in again.items())


def test_every_department_can_send_a_team() -> None:
    """B11-B14, F4: eight certified and more, one who assists, one expert, an approver and a liaison each."""
    for department in samples.DEPARTMENTS:
        members = [row for row in PEOPLE if isinstance(row, InspectorRow) and row.department == department.name]
        if department.is_office:
            assert sum(Role.COORDINATOR in row.roles for row in members) == 2
            continue
        kinds = Counter(row.kind for row in members)
        assert kinds[InspectorKind.CERTIFIED] >= 8
        assert (kinds[InspectorKind.ASSISTANT], kinds[InspectorKind.EXPERT]) == (1, 1)
        assert any(Role.APPROVER in row.roles for row in members)
        assert any(row.liaison for row in members)
        certified = [row for row in members if row.kind is InspectorKind.CERTIFIED]
        assert all(row.certificate_no and row.certificate_expires and row.skills for row in certified)


def test_nobody_is_twice_and_nobody_is_real() -> None:
    """M1: userids, numbers and certificates are unique, telephones are made up."""
    rows = [row for row in PEOPLE if isinstance(row, InspectorRow)]
    for values in ([row.userid for row in rows], [row.mobile for row in rows], [row.name for row in rows]):
        assert len(set(values)) == len(rows)
    assert all(str(row.mobile).startswith("1380000") and row.name.startswith("演示") for row in rows)


def test_items_and_plan_name_departments_skills_and_items_that_exist() -> None:
    """A3, A5, C2: the plan refers to listed items, and every skill asked for is known to the lead department."""
    assert len(ITEMS) >= 12
    skills = {one.code: set(one.skills) for one in samples.DEPARTMENTS}
    names = set()
    for item in ITEMS:
        assert isinstance(item, ItemRow)
        lead = match_department(item.lead or "", KNOWN)
        assert lead is not None
        assert all(match_department(partner, KNOWN) for partner in item.partners)
        assert item.skill is None or item.skill in skills[lead]
        assert item.basis
        assert item.content
        names.add(item.name)
    lines = list(read_plan([list(samples.PLAN_HEADERS), *samples.sample_plan(2027)]))
    assert len(lines) >= 6
    for line in lines:
        assert isinstance(line, PlanRow)
        assert line.period[0].year == 2027
        assert all(match_department(name, KNOWN) for name in (line.lead, *line.partners))
        assert set((line.item_text or "").split("、")) <= names
