"""Files on the page of a case: added by a form that needs no script, sent as files to be kept, removed, restored, erased."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.responses import RedirectResponse, Response

from remiss.catalog import actions as catalog
from remiss.catalog import attachment_actions as attachments
from remiss.catalog.attachment import MOST_BYTES
from remiss.errors import InputError, RequestError
from remiss.faces.serving import Ws, download, status_of
from remiss.faces.web.pages import case as pages
from remiss.faces.web.rendering import segment
from remiss.records.evidence import Attachment

router = APIRouter()
FIELDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """What a form sent: its fields, and the file if one was chosen."""

    fields: Mapping[str, str]
    name: str = ""
    content: bytes | None = None


@router.post("/attachments")
async def add(request: Request, ws: Ws) -> Response:
    """Add a file and lead back to the case; what is not taken is said on its page."""
    sent = await uploaded(request, FIELDS)
    if "case" not in sent.fields or sent.content is None:
        raise RequestError("the form has no case or no file", do="use the form on the page of the case")
    return await run_in_threadpool(added, ws, sent.fields["case"], sent.name, sent.content)


def added(ws: Ws, case: str, name: str, content: bytes) -> Response:
    """Add a file to a case and lead to it; what is not taken is said on its page."""
    try:
        made = attachments.add_attachment(ws, case, content, name=name)
    except InputError as error:
        if error.code not in {"input", "denied"}:
            raise
        problem = (error.what, error.do)
        return pages.shown(ws, catalog.show(ws, case), pages.CaseOptions(), unattached=problem, status=status_of(error))
    return _back(made)


@router.post("/attachments/{attachment}", name="attachment.get")
def get(ws: Ws, attachment: str) -> Response:
    """Send a file to be kept; not by a link, which another site may have too."""
    found = attachments.get_attachment(ws, attachment)
    return download(found.content, found.attachment.name or found.attachment.id)


@router.post("/attachments/{attachment}/remove")
def remove(ws: Ws, attachment: str) -> Response:
    """Remove a file and lead back to its case."""
    return _back(attachments.remove_attachment(ws, attachment))


@router.post("/attachments/{attachment}/restore")
def restore(ws: Ws, attachment: str) -> Response:
    """Restore a file and lead back to its case."""
    return _back(attachments.restore_attachment(ws, attachment))


@router.post("/attachments/{attachment}/erase")
def erase(ws: Ws, attachment: str) -> Response:
    """Erase a file and lead back to its case."""
    return _back(attachments.erase_attachment(ws, attachment))


def _back(changed: Attachment) -> Response:
    return RedirectResponse(f"/cases/{segment(changed.case)}#attachments", 303)


async def uploaded(request: Request, most: int) -> Upload:
    """Read a form of at most so many fields; the file stays in memory, which is bounded: on the disk it would lie there as it is.

    Raises
    ------
    RequestError : it has not the form of ours
    """
    parser = MultiPartParser(request.headers, request.stream(), max_files=1, max_fields=most)
    parser.spool_max_size = 2 * MOST_BYTES
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, ValueError) as error:
        raise RequestError("what was sent is not a form with one file", do="use the form of the page") from error
    try:
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        file = form.get("file")
        # A form whose file nobody chose sends one without a name.
        if not isinstance(file, UploadFile) or not file.filename:
            return Upload(fields=fields)
        return Upload(fields=fields, name=file.filename, content=await file.read())
    finally:
        await form.close()
