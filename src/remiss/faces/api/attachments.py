"""Routes on files that people add to cases. A file travels as the body, as it is; its name and grade stand in the query."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from remiss.catalog import attachment_actions as attachments
from remiss.faces import answers
from remiss.faces.api.answering import answers as documented
from remiss.faces.api.answering import as_json, binary
from remiss.faces.api.cases import AsOf
from remiss.faces.api.listing import prefers_csv, sheet
from remiss.faces.api.serving import Asked, Ws
from remiss.faces.downloads import download
from remiss.faces.spreadsheet import files
from remiss.records.case import Sensitivity

router = APIRouter(tags=["attachments"])
FILE: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
}


class Named(Asked):
    """What the file in the body is called, and how guarded it is."""

    name: str = Field("file", max_length=1000, description="The file's name; it is made harmless.")
    sensitivity: int | None = Field(
        None, ge=0, le=3, description="0 public, 1 internal, 2 restricted, 3 secret; never less than the case, the default."
    )


@router.post(
    "/cases/{case}/attachments",
    operation_id="attachment.add",
    status_code=201,
    responses=documented("attachment", 404, 409, status=201),
    openapi_extra=FILE,
)
async def add(request: Request, ws: Ws, case: str, asked: Annotated[Named, Query()]) -> Response:
    """Add a file to a case; it is kept encrypted."""
    content = await request.body()
    grade = None if asked.sensitivity is None else Sensitivity(asked.sensitivity)
    made = await run_in_threadpool(attachments.add, ws, case, asked.name, content, sensitivity=grade)
    return as_json(answers.attachment(made), status=201, headers={"Location": f"/api/v1/attachments/{made.id}"})


@router.get("/cases/{case}/attachments", operation_id="attachment.list", responses=documented("list", 404, 409, csv=True))
def list_(ws: Ws, request: Request, case: str, asked: Annotated[AsOf, Query()]) -> Response:
    """List the files of a case that one may see, the oldest first."""
    found = attachments.attachments(ws, case, as_of=asked.as_of)
    if prefers_csv(request.headers.get("accept", "")):
        return sheet(*files(found))
    return as_json(answers.listed("attachment", found, answers.attachment), headers={"Vary": "Accept"})


@router.get("/attachments/{attachment}", operation_id="attachment.get", response_class=Response, responses=binary(404))
def get(ws: Ws, attachment: str) -> Response:
    """Get a file, as it was added."""
    found = attachments.get(ws, attachment)
    return download(found.content, found.attachment.name or found.attachment.id)


@router.delete("/attachments/{attachment}", operation_id="attachment.remove", responses=documented("attachment", 404))
def remove(ws: Ws, attachment: str) -> Response:
    """Remove a file: its key is destroyed, its content and its name are erased."""
    return as_json(answers.attachment(attachments.remove(ws, attachment)))
