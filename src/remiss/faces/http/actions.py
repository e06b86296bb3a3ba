"""The route behind `remiss.open("https://...")`: any action, posted by name, its arguments and result as published JSON.

One route for all, so that whatever can be done with a catalog of one's own can be done with a server's from the day it is built.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from remiss.action import Action
from remiss.codec import from_json, to_json
from remiss.contract.table import action_of
from remiss.errors import InputError, RequestError
from remiss.faces.http.answering import answers as documented
from remiss.faces.http.answering import as_json
from remiss.faces.serving import Asked, JsonRoute, opened

router = APIRouter(tags=["actions"], route_class=JsonRoute)


class Call(Asked):
    """A call of an action."""

    arguments: dict[str, Any] = Field({}, description="By name, as the library takes them; left out are the defaults.")
    documents: dict[str, str] | None = Field(None, description="Texts of the documents that an argument is the path of.")


@router.post("/actions/{name}", operation_id="perform", responses=documented("result", 404, 409))
def perform(request: Request, name: str, body: Call) -> Response:
    """Perform an action. Use the other routes unless you are remiss: what travels here is for programs of the same version."""
    action = action_of(name)
    arguments = arguments_of(action, body.arguments)
    documents = (body.documents or {}) if action.document is not None else None
    ws = opened(request, documents)
    result = ws.perform(action, arguments)
    return as_json({"schema": "remiss/result@1", "result": to_json(result, action.returns)})


def arguments_of(action: Action, given: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call as the library takes them, defaults filled in.

    Raises
    ------
    RequestError : an unknown or missing argument, or one of another form
    """
    wanted = action.types
    unknown = given.keys() - wanted.keys()
    if unknown:
        raise RequestError(f"{action.name} takes no {', '.join(sorted(unknown))}", do=f"it takes {', '.join(wanted)}")
    try:
        return action.filled({name: from_json(wanted[name], value, name) for name, value in given.items()})
    except (TypeError, RecursionError) as error:
        raise InputError(f"{action.name}: {error}", do=f"it takes {', '.join(wanted)}") from error
