"""Every route of the application, and requests made up for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from remiss.faces.http.app import create_app
from remiss.faces.identity import Identities, sessions_at
from remiss.faces.web.app import add_pages

READS = {"GET", "HEAD"}


@dataclass(frozen=True)
class Way:
    """One method of one route."""

    method: str
    path: str
    name: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def address(self) -> str:
        """The path with something in place of each parameter."""
        return re.sub(r"\{[^}]+\}", "something", self.path)


@cache
def application() -> FastAPI:
    """Return the whole application without a catalog behind it: its routes, and nothing that could be called."""
    nothing: object = None
    app = create_app(nothing)  # type: ignore[arg-type]
    sessions = sessions_at(1)
    add_pages(app, sessions, Identities(nothing, sessions), lambda: None)  # type: ignore[arg-type]
    return app


def ways(app: FastAPI | None = None) -> Iterator[Way]:
    """Yield every method of every route; of a folder of files, that of a file in it."""
    for route in iter_route_contexts((app or application()).routes):
        if isinstance(route.original_route, Mount):
            yield Way("GET", f"{route.path}/{{file}}", route.path or "")
        else:
            for method in sorted(route.methods or ()):
                yield Way(method, route.path or "", getattr(route, "operation_id", None) or route.name or "")


WAYS = list(ways())
WRITES = [way for way in WAYS if way.method not in READS]
