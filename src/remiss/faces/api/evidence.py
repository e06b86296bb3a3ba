"""Routes on the raw evidence of cases. Each is posted: that somebody looked is written down, and the purpose is in no address."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from remiss.catalog import evidence_actions
from remiss.codec import to_json
from remiss.faces.api.answering import answers as documented
from remiss.faces.api.answering import as_json
from remiss.faces.api.serving import Asked, Ws

router = APIRouter(tags=["evidence"])


class Look(Asked):
    """A look at raw evidence."""

    purpose: str = Field(description="What it is needed for, in a sentence.")
    run: str | None = Field(None, description="The capture run that kept it; default: the latest in force.")


@router.post("/cases/{case}/evidence", operation_id="evidence.show", responses=documented("raw-event", 404, 409))
def show(ws: Ws, case: str, body: Look) -> Response:
    """Show the raw event of a case, as production logged it, from the vault."""
    return as_json(to_json(evidence_actions.show(ws, case, body.purpose, run=body.run)))
