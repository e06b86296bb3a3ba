"""The route on how far people agree."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import Response

from remiss.codec import to_json
from remiss.faces.api.answering import answers as documented
from remiss.faces.api.answering import as_json
from remiss.faces.api.cases import AsOf
from remiss.faces.api.listing import prefers_csv, sheet
from remiss.faces.api.serving import Ws
from remiss.records import concord
from remiss.records.agreement import By

router = APIRouter(tags=["agreement"])


class Asked(AsOf):
    """Of which cases, told apart by what."""

    query: str = Field("", description="In the filter language; left out, all cases.")
    by: By | None = None


@router.get("/agreement", operation_id="agreement.show", responses=documented("agreement", csv=True))
def show(ws: Ws, request: Request, asked: Annotated[Asked, Query()]) -> Response:
    """Say how far annotators and verifiers agree, beyond chance."""
    from remiss.curate import agreement_actions as curate

    found = curate.measure_agreement(ws, asked.query, by=asked.by, as_of=asked.as_of)
    if prefers_csv(request.headers.get("accept", "")):
        return sheet(*concord.columns(found))
    return as_json(to_json(found), headers={"Vary": "Accept"})
