"""The route of estimates."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from remiss.codec import to_json
from remiss.faces.api.answering import answers as documented
from remiss.faces.api.answering import as_json
from remiss.faces.api.cases import AsOf
from remiss.faces.api.listing import prefers_csv, sheet
from remiss.faces.api.serving import Remembered, Ws
from remiss.faces.spreadsheet import figures

router = APIRouter(tags=["estimates"])


class Question(AsOf):
    """How many events match, or what share of which."""

    query: str = Field("", description="In the filter language; empty is every admitted event.")
    rate: bool = Field(False, description="A share instead of a number.")
    of: str | None = Field(None, description="The denominator of a rate; default: the query's event-level terms.")
    by: str | None = Field(None, description="One row for each value of a field, month, week, day, window or criterion.")
    basis: Literal["log", "process"] | None = Field(
        None, description="How sure: of this log, or of the process behind it; default: process where `by` has rows to compare."
    )
    confirmed: bool = Field(False, description="Only what two people found; the query may then name mode and severity.")
    verdict: Literal["failure", "wrong-label"] | None = Field(
        None, description="What a confirmed figure counts; default: failure."
    )
    source: str | None = None
    protocol: str | None = None


@router.get("/estimate", operation_id="estimate", responses=documented("estimate", 404, csv=True))
def estimate(ws: Ws, request: Request, answers: Remembered, asked: Annotated[Question, Query()]) -> Response:
    """Estimate how many events match a query, or what share of them, with 95 % intervals."""
    from remiss.understand import actions

    position = ws.position() if asked.as_of is None else asked.as_of
    found = answers.ask(ws, actions.estimate, position, **asked.model_dump(exclude={"as_of"}))
    if prefers_csv(request.headers.get("accept", "")):
        return sheet(*figures(found))
    return as_json(to_json(found), headers={"Vary": "Accept"})
