"""Routes on files that people add to cases. A file travels as the body, as it is; its name and grade stand in the query."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from remiss.catalog import attachment_actions as attachments
from remiss.codec import to_json
from remiss.faces.downloads import download
from remiss.faces.http.answering import POSITION, as_json, binary
from remiss.faces.http.answering import answers as documented
from remiss.faces.serving import Asked, Ws
from remiss.records.case import Sensitivity

router = APIRouter(tags=["attachments"])
FILE: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
}


class UploadedFile(Asked):
    """The name of the file in the body, and its sensitivity."""

    name: str = Field("file", max_length=1000, description="The file's name; it is made harmless.")
    sensitivity: Literal["public", "internal", "restricted", "secret"] | None = Field(
        None, description="Its sensitivity; never below that of the case, which is the default."
    )


@router.post(
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


@router.get("/attachments/{attachment}", operation_id="attachment.get", response_class=Response, responses=binary(404))
def get(ws: Ws, attachment: str) -> Response:
    """Get a file, as it was added."""
    found = attachments.get_attachment(ws, attachment)
    response = download(found.content, found.attachment.name or found.attachment.id)
    response.headers[POSITION] = str(found.position)
    return response
