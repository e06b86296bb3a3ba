"""Bodies: JSON as RFC 8259 has it, and no name twice in one object.

The standard library takes NaN and Infinity, which are no JSON, and of a name that stands twice the last value, so that a program
that checks a body and one that acts by it may see two different ones.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response


class JsonRoute(APIRoute):
    """A route that reads its body so."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what handles a request."""
        handle = super().get_route_handler()

        async def strictly(request: Request) -> Response:
            return await handle(_StrictRequest(request.scope, request.receive))

        return strictly


class _StrictRequest(Request):
    async def json(self) -> Any:
        """Return the body.

        Raises
        ------
        JSONDecodeError : it is no JSON; UnicodeDecodeError
        """
        if not hasattr(self, "_json"):
            self._json = strict_json((await self.body()).decode())
        return self._json


def strict_json(text: str) -> Any:
    """Return what a text of JSON says.

    Raises
    ------
    JSONDecodeError : it is no JSON, a name stands twice in one object, or a number is greater than any that programs hold

    >>> strict_json('{"case": "k7", "n": [1, 2.5, null]}')
    {'case': 'k7', 'n': [1, 2.5, None]}
    """

    def refuse(what: str) -> json.JSONDecodeError:
        return json.JSONDecodeError(what, text, 0)

    def constant(name: str) -> object:
        raise refuse(f"{name} is no number in JSON")

    def number(said: str) -> float:
        value = float(said)
        if math.isinf(value):
            raise refuse(f"{said[:40]} is greater than any number that programs hold")
        return value

    def named(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            (twice, _), *_ = Counter(name for name, _ in pairs).most_common(1)
            raise refuse(f"{twice[:40]!r} stands twice in one object")
        return found

    return json.loads(text, object_pairs_hook=named, parse_constant=constant, parse_float=number)
