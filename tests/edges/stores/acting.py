"""Actions that only tests perform: they go the one way in, and are on no list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from remiss.action import ACTIONS, action


def unlisted(name: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a function an action without telling the faces of it."""

    def register(run: Callable[..., Any]) -> Callable[..., Any]:
        performed = action(name, permission=options.pop("permission", "test"), http=f"POST /{name}", **options)(run)
        del ACTIONS[name]
        return performed

    return register
