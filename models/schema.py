"""Every table in one place, so that metadata is whole for migrations and tests."""

from models import (
    archives,
    chat,
    clock,
    corrections,
    draws,
    followups,
    libraries,
    lists,
    owners,
    people,
    plans,
    registers,
    results,
    tasks,
)
from models.base import Base

__all__ = [
    "Base",
    "archives",
    "chat",
    "clock",
    "corrections",
    "draws",
    "followups",
    "libraries",
    "lists",
    "owners",
    "people",
    "plans",
    "registers",
    "results",
    "tasks",
]
