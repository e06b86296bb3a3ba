"""Routes that read, each within one reading: its actions share a snapshot, and one entry of the log of views names all they show.

An answer is made within the block and leaves after it, so that nothing leaves that could not be recorded. Routes that change
something have no such block: what they show beside what they did is recorded action by action.
"""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from fastapi.routing import APIRoute

if TYPE_CHECKING:
    from remiss.workspace import Workspace

READS = {"GET"}


def in_one_reading(router: APIRouter) -> APIRouter:
    """Return a router with the same routes, of which those that read do so within one reading."""
    found = APIRouter()
    for route in router.routes:
        mine = copy.copy(route)
        if isinstance(mine, APIRoute) and mine.methods == READS and "ws" in inspect.signature(mine.endpoint).parameters:
            mine.endpoint = _held(mine.endpoint)
        found.routes.append(mine)
    return found


def _held(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(endpoint)
    def answer(*args: Any, ws: Workspace, **kwargs: Any) -> Any:
        with ws.reading(held=True):
            return endpoint(*args, ws=ws, **kwargs)

    return answer
