"""Checklist forms over HTTP: those that come with the house, and tables in and out (A13).

Nothing is kept here: a form is shown in the editor and stored with its item.
"""

from __future__ import annotations

import asyncio
import base64
from typing import Any
from urllib.parse import unquote

from pydantic import Field

from handlers.console import READERS, WRITERS, Body
from handlers.edge import Call, Routes
from services.planning import standard_forms

routes = Routes()


class FormBody(Body):
    """A form as data."""

    form: dict[str, Any] = Field(max_length=8)


@routes.get("/api/console/forms", roles=READERS)
async def get_forms(_: Call) -> Any:
    """The forms that come with the house, to be taken and edited (A13)."""
    return {
        "rows": [
            {"code": code, "title": form.title, "source": form.source, "questions": len(form.questions)}
            for code, form in standard_forms.standard_forms().items()
        ]
    }


@routes.get("/api/console/forms/{code}", roles=READERS)
async def get_form(call: Call) -> Any:
    """One of them."""
    return {"form": standard_forms.standard(call.path["code"]).as_data()}


@routes.add("POST", "/api/console/forms/read", roles=WRITERS, limit="stream", transaction="own")
async def post_form_table(call: Call) -> Any:
    """Read a form from a table (A13). Nothing is kept: it is shown, and stored with its item."""
    name = unquote(call.query("filename", "检查表.xlsx"))
    async with call.spooled() as path:
        form = await asyncio.to_thread(standard_forms.form_in, name, path, call.query("title"))
    return {"form": form.as_data()}


@routes.post("/api/console/forms/table", roles=WRITERS, body=FormBody)
async def post_table_of_form(call: Call) -> Any:
    """A form as a workbook (base64) to be edited and read back (A13)."""
    data = await asyncio.to_thread(standard_forms.form_xlsx, standard_forms.form_from(call.body.form))
    return {"workbook": base64.b64encode(data).decode()}
