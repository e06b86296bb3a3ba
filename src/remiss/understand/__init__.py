"""Understand: what cases have in common, and how often it happens.

The verbs are in `actions.py` and load on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from remiss.understand.actions import estimate

__all__ = [
    "estimate",
]


def __getattr__(name: str) -> Any:
    # Verbs only: a module of this chapter must be found by the import system, not through the actions that import it.
    if name in __all__:
        return getattr(import_module("remiss.understand.actions"), name)
    raise AttributeError(f"module 'remiss.understand' has no attribute {name!r}")
