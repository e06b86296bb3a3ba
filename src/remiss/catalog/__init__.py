"""Catalog: cases by id, query, text and position.

The verbs are in `actions.py` and load on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from remiss.catalog.actions import alike, compare, facets, file, history, revise, search, show

__all__ = [
    "alike",
    "compare",
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
        return getattr(import_module("remiss.catalog.actions"), name)
    raise AttributeError(f"module 'remiss.catalog' has no attribute {name!r}")
