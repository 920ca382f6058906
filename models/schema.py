"""Every table in one place, so that metadata is whole for migrations and tests."""

from models import clock, draws, followups, libraries, lists, people, plans, registers, results, tasks
from models.base import Base

__all__ = [
    "Base",
    "clock",
    "draws",
    "followups",
    "libraries",
    "lists",
    "people",
    "plans",
    "registers",
    "results",
    "tasks",
]
