"""Catalog: cases by id, query, text and position.

The verbs load on first use, each from the module of its actions.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from remiss.catalog.actions import compare, facets, file, history, revise, search, show
    from remiss.catalog.duplicate_actions import alike, duplicates

__all__ = [
    "alike",
    "compare",
    "duplicates",
    "facets",
    "file",
    "history",
    "revise",
    "search",
    "show",
]


def __getattr__(name: str) -> Any:
    # Verbs only: a module of this chapter must be found by the import system, not through the actions that import it.
    if name in __all__:
        home = "duplicate_actions" if name in {"alike", "duplicates"} else "actions"
        return getattr(import_module(f"remiss.catalog.{home}"), name)
    raise AttributeError(f"module 'remiss.catalog' has no attribute {name!r}")
