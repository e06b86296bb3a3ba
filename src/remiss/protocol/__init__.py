"""Protocol: the document that says what counts as a failure.

The verbs are in `actions.py` and load on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from remiss.protocol.actions import check, diff, modes, show, versions

__all__ = [
    "check",
    "diff",
    "modes",
    "show",
    "versions",
]


def __getattr__(name: str) -> Any:
    # Verbs only: a module of this chapter must be found by the import system, not through the actions that import it.
    if name in __all__:
        return getattr(import_module("remiss.protocol.actions"), name)
    raise AttributeError(f"module 'remiss.protocol' has no attribute {name!r}")
