"""Every route that the handlers hold, found by looking: a door that a test forgets is not forgotten here."""

from __future__ import annotations

import importlib
import pkgutil

import handlers
from handlers.edge import Route, Routes

MODULES = [importlib.import_module(f"handlers.{found.name}") for found in pkgutil.iter_modules(handlers.__path__)]
ROUTES: list[Route] = [
    route for module in MODULES if isinstance(getattr(module, "routes", None), Routes) for route in module.routes.found
]
