"""The front of a chapter: `remiss.catalog.similar` is the action `case.similar`, loaded on first use.

Every action has its place in the front of its chapter, under its function's name; the stub beside each `__init__` says so to
checkers of types, and is written with the table of actions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from remiss.contract.table import entries


def front(package: str) -> Callable[[str], Any]:
    """Return the `__getattr__` of a chapter, which finds its actions by the names of their functions, and `__all__`."""

    def found(name: str) -> Any:
        homes = verbs(package.rpartition(".")[2])
        if name == "__all__":
            return sorted(homes)
        # Verbs only: a module of the chapter must be found by the import system, not through the actions that import it.
        if name in homes:
            return getattr(import_module(homes[name]), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return found


@cache
def verbs(chapter: str) -> Mapping[str, str]:
    """Return the functions of a chapter's actions, each with its module."""
    return {each.function: each.module for each in entries().values() if each.chapter == chapter}
