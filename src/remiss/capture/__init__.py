"""Capture: production logs become sampled events and cases.

The verbs load on first use, each from the module of its actions.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from remiss.capture.actions import apply, due, plan
    from remiss.capture.run_actions import accept, cells, coverage, diff, refused, reproduce, runs, show, status, windows

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

_HOMES = {
    "accept": "run_actions",
    "apply": "actions",
    "cells": "run_actions",
    "coverage": "run_actions",
    "diff": "run_actions",
    "due": "actions",
    "plan": "actions",
    "refused": "run_actions",
    "reproduce": "run_actions",
    "runs": "run_actions",
    "show": "run_actions",
    "status": "run_actions",
    "windows": "run_actions",
}


def __getattr__(name: str) -> Any:
    # Verbs only: a module of this chapter must be found by the import system, not through the actions that import it.
    if name in _HOMES:
        return getattr(import_module(f"remiss.capture.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'remiss.capture' has no attribute {name!r}")
