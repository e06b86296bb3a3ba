"""Capture: production logs become sampled events and cases.

The verbs are in `actions.py` and load on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from remiss.capture.actions import (
        accept,
        apply,
        cells,
        coverage,
        diff,
        due,
        plan,
        refused,
        reproduce,
        runs,
        show,
        status,
        windows,
    )

__all__ = [
    "accept",
    "apply",
    "cells",
    "coverage",
    "diff",
    "due",
    "plan",
    "refused",
    "reproduce",
    "runs",
    "show",
    "status",
    "windows",
]


def __getattr__(name: str) -> Any:
    # Verbs only: a module of this chapter must be found by the import system, not through the actions that import it.
    if name in __all__:
        return getattr(import_module("remiss.capture.actions"), name)
    raise AttributeError(f"module 'remiss.capture' has no attribute {name!r}")
