"""JSON from strangers, looked at one field at a time: the wanted type comes out, or 40058 that names the field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.sandbox.errors import RefusedError

BAD_PARAMETER = 40058


def refuse(field: str, why: str, errcode: int = BAD_PARAMETER) -> RefusedError:
    """Make the error for one field."""
    return RefusedError(errcode, f"invalid {field}: {why}")


def mapping(holder: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    """Return an object; an absent one is empty."""
    value = holder.get(field)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise refuse(field, "must be an object")
    return value


def items(holder: Mapping[str, Any], field: str, low: int, high: int) -> list[Mapping[str, Any]]:
    """Return a list of `low`..`high` objects; an absent one is empty (and refused if `low` > 0)."""
    value = holder.get(field)
    value = [] if value is None else value
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise refuse(field, "must be a list of objects")
    if not low <= len(value) <= high:
        raise refuse(field, f"needs {low} to {high} entries, has {len(value)}")
    return value


def text(holder: Mapping[str, Any], field: str, limit: int = 0, *, needed: bool = False) -> str:
    """Return a string of at most `limit` UTF-8 bytes (0: any length); an absent one is empty."""
    value = holder.get(field)
    value = "" if value is None else value
    if not isinstance(value, str):
        raise refuse(field, "must be a string")
    if needed and not value:
        raise refuse(field, "missing")
    if limit and len(value.encode(errors="surrogatepass")) > limit:
        raise refuse(field, f"longer than {limit} bytes")
    return value


def number(holder: Mapping[str, Any], field: str, default: int = 0) -> int:
    """Return an integer (true and false are not numbers)."""
    value = holder.get(field, default)
    if not isinstance(value, int) or isinstance(value, bool):
        raise refuse(field, "must be an integer")
    return value


def unique(values: list[str], field: str) -> None:
    """Refuse a value that comes twice."""
    if len(set(values)) != len(values):
        raise refuse(field, "repeated")
