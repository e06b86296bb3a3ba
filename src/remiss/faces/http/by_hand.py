"""Routes that are made by hand: on files that people add to cases or take out, and the one behind `remiss.open("https://...")`.

A file travels as the body, as it is; its name and grade stand in the query.

Any action can be posted by name, its arguments and result as published JSON: whatever can be done with a catalog of one's own can
be done with a server's from the day it is built.
"""

from __future__ import annotations

from itertools import chain
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

import remiss
from remiss.action import Action
from remiss.catalog import attachment_actions as attachments
from remiss.codec import from_json, to_json
from remiss.contract.table import action_of
from remiss.errors import InputError, RequestError
from remiss.faces.http.answering import BLINDED, CSV, POSITION, as_json, binary
from remiss.faces.http.answering import answers as documented
from remiss.faces.serving import Asked, AsOf, JsonRoute, Ws, download, opened, streamed
from remiss.records.case import Sensitivity

FILES = APIRouter(tags=["attachments"])
FILE: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
}


# By the form of a file, which `remiss.sample` names alike.
MEDIA_TYPES = {"parquet": "application/vnd.apache.parquet", "csv": CSV, "jsonl": "application/jsonl"}


class UploadedFile(Asked):
    """The name of the file in the body, and its sensitivity."""

    name: str = Field("file", max_length=1000, description="The file's name; it is made harmless.")
    sensitivity: Literal["public", "internal", "restricted", "secret"] | None = Field(
        None, description="Its sensitivity; never below that of the case, which is the default."
    )


@FILES.post(
    "/cases/{case}/attachments",
    operation_id="attachment.add",
    status_code=201,
    responses=documented("attachment", 404, 409, status=201),
    openapi_extra=FILE,
)
async def add(request: Request, ws: Ws, case: str, asked: Annotated[UploadedFile, Query()]) -> Response:
    """Add a file to a case; it is kept encrypted."""
    content = await request.body()
    grade = None if asked.sensitivity is None else Sensitivity[asked.sensitivity.upper()]
    made = await run_in_threadpool(attachments.add_attachment, ws, case, content, name=asked.name, sensitivity=grade)
    return as_json(to_json(made), status=201, headers={"Location": f"/api/v1/attachments/{made.id}"})


@FILES.get("/attachments/{attachment}", operation_id="attachment.get", response_class=Response, responses=binary(404))
def get(ws: Ws, attachment: str) -> Response:
    """Get a file, as it was added."""
    found = attachments.get_attachment(ws, attachment)
    response = download(found.content, found.attachment.name or found.attachment.id)
    response.headers[POSITION] = str(found.position)
    return response


class Taken(AsOf):
    """Which sampled events are taken out, and in which form."""

    query: str = Field("", description="In the filter language, with `group:NAME` for groups; empty is everything.")
    format: Literal["parquet", "csv", "jsonl"] = Field("parquet", description="Parquet, CSV or JSON Lines.")
    columns: str | None = Field(None, description="Only these columns, in this order, set apart by commas; default: all.")


@FILES.get(
    "/sample/export",
    operation_id="sample.export",
    response_class=Response,
    responses=binary(404, kinds=tuple(MEDIA_TYPES.values())),
)
def export(request: Request, asked: Annotated[Taken, Query()]) -> Response:
    """Take out the sampled events that match; the answer begins before all of them are read."""
    # Not within one reading: a file may take a minute, which is too long to hold a snapshot.
    given = remiss.sample.pages(opened(request), asked.query, columns=asked.columns, as_of=asked.as_of)
    # What is refused is refused before anything is sent.
    first = next(given)
    form = remiss.sample.FileForm(asked.format)
    response = streamed(remiss.sample.pieces(chain([first], given), form, asked.query), f"sample.{form}", MEDIA_TYPES[form])
    response.headers[POSITION] = str(first.position)
    response.headers[BLINDED] = str(first.blinded)
    return response


CALLS = APIRouter(tags=["actions"], route_class=JsonRoute)


class Call(Asked):
    """A call of an action."""

    arguments: dict[str, Any] = Field({}, description="By name, as the library takes them; left out are the defaults.")
    documents: dict[str, str] | None = Field(None, description="Texts of the documents that an argument is the path of.")


@CALLS.post("/actions/{name}", operation_id="perform", responses=documented("result", 404, 409))
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
