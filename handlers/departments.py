"""The departments over HTTP: read by every desk's pickers, kept by the office."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from handlers.console import OFFICE, READERS, SEES_TASKS, Body
from handlers.edge import Call, Routes
from services.registers import departments

Name = Annotated[str, Field(min_length=1, max_length=64)]
routes = Routes()


class DepartmentBody(Body):
    """A department's name, and the others it goes by in tables."""

    name: Name
    aliases: list[Name] = Field(default=[], max_length=19)


@routes.get("/api/console/departments", roles=READERS | SEES_TASKS)
async def get_departments(call: Call) -> Any:
    """All departments, the office first."""
    return {"rows": await departments.department_rows(call.act)}


@routes.post("/api/console/departments", roles=OFFICE, body=DepartmentBody)
async def post_department(call: Call) -> Any:
    """Write a department down."""
    body: DepartmentBody = call.body
    return {"id": (await departments.add_department(call.act, body.name, body.aliases)).id}


@routes.post("/api/console/departments/{id}", roles=OFFICE, body=DepartmentBody)
async def post_department_names(call: Call) -> Any:
    """Give a department its name and other names."""
    body: DepartmentBody = call.body
    row = await departments.rename_department(call.act, call.path["id"], body.name, body.aliases)
    return {"id": row.id, "name": row.name}
