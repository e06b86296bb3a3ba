"""The route on how far people agree."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from remiss.faces.api.answering import answers as documented
from remiss.faces.api.answering import as_json
from remiss.faces.api.cases import AsOf
from remiss.faces.api.serving import Ws
from remiss.records.agreement import By

router = APIRouter(tags=["agreement"])


class Asked(AsOf):
    """Of which cases, told apart by what."""

    query: str = Field("", description="In the filter language; left out, all cases.")
    by: By | None = None


@router.get("/agreement", operation_id="agreement.show", responses=documented("agreement"))
def show(ws: Ws, asked: Annotated[Asked, Query()]) -> Response:
    """Say how far annotators and verifiers agree, beyond chance."""
    from remiss.curate import agreement_actions as curate
    from remiss.curate.agreement_rendering import agreement_json

    return as_json(agreement_json(curate.measure_agreement(ws, asked.query, by=asked.by, as_of=asked.as_of)))
