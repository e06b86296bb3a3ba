"""Routes on investigations, and from what they cite back to the cases."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from remiss.curate import investigation_actions as curate
from remiss.curate.investigation_rendering import investigation_json
from remiss.faces.api.answering import answers as documented
from remiss.faces.api.answering import as_json
from remiss.faces.api.cases import AsOf
from remiss.faces.api.listing import Listed
from remiss.faces.api.serving import Asked, Ws
from remiss.records.investigation import Citation, CitationKind, Conclusion, Outcome, Stands

router = APIRouter(tags=["investigation"])
MOST = 2**31 - 1
Number = Annotated[int | None, Field(default=None, ge=1, le=MOST, description="Of the one to change; left out, it is a new one.")]
Revision = Annotated[int | None, Field(default=None, ge=1, le=MOST, description="The revision of it that was read.")]


class Cited(Asked):
    """Where something is kept."""

    kind: CitationKind
    address: str


class Supposed(Asked):
    """A hypothesis."""

    text: str | None = Field(None, description="What may be the cause, in Markdown.")
    stands: Stands | None = None
    number: Number = None
    revision: Revision = None


class Tested(Asked):
    """An experiment."""

    executed: str | None = Field(None, description="What was done, in Markdown.")
    hypothesis: int | None = Field(None, ge=1, le=MOST, description="The number of the one that it tests.")
    result: str | None = Field(None, description="What was seen, in Markdown.")
    conclusion: Conclusion | None = None
    citations: list[Cited] | None = Field(None, description="Where it is kept; of a change, all of them anew.")
    number: Number = None
    revision: Revision = None


class Attempted(Asked):
    """An attempt to mend the cause."""

    text: str | None = Field(None, description="What was tried, in Markdown.")
    model_version: str | None = Field(None, description="In which version of the model.")
    result: str | None = Field(None, description="What came of it, in Markdown.")
    outcome: Outcome | None = None
    citations: list[Cited] | None = Field(None, description="Where it is kept; of a change, all of them anew.")
    number: Number = None
    revision: Revision = None


class Concluded(Asked):
    """The write-up, in Markdown. What is left out stays; an empty text takes a section away."""

    hypothesis: str | None = None
    experiments: str | None = None
    results: str | None = None
    rationale: str | None = None
    revision: int = Field(0, ge=0, le=MOST, description="The revision of it that was read; 0 where there was none.")


class Citations(AsOf):
    """Which citations, how many."""

    address: str | None = Field(None, description="Exactly as it is cited; left out, every one.")
    kind: CitationKind | None = None
    limit: int = Field(50, ge=1, le=1_000, description="How many at most.")
    after: str | None = Field(None, description="`next` of the page before.")


@router.get("/cases/{case}/investigation", operation_id="case.investigation", responses=documented("investigation", 404, 409))
def investigation(ws: Ws, case: str, asked: Annotated[AsOf, Query()]) -> Response:
    """Show what was found out about a case, and what is missing of it."""
    return as_json(investigation_json(curate.investigation(ws, case, as_of=asked.as_of)))


@router.post("/cases/{case}/hypotheses", operation_id="case.suppose", responses=documented("investigation", 404, 409, 412))
def suppose(ws: Ws, case: str, body: Supposed) -> Response:
    """State a hypothesis of what caused a case, or change one."""
    return as_json(investigation_json(curate.suppose(ws, case, **_given(body))))


@router.post("/cases/{case}/experiments", operation_id="case.experiment", responses=documented("investigation", 404, 409, 412))
def experiment(ws: Ws, case: str, body: Tested) -> Response:
    """Record an experiment that tests a hypothesis of a case, or change one."""
    return as_json(investigation_json(curate.experiment(ws, case, **_given(body))))


@router.post("/cases/{case}/remediations", operation_id="case.remedy", responses=documented("investigation", 404, 409, 412))
def remedy(ws: Ws, case: str, body: Attempted) -> Response:
    """Record an attempt to mend what caused a case, or change one."""
    return as_json(investigation_json(curate.remedy(ws, case, **_given(body))))


@router.post("/cases/{case}/write-up", operation_id="case.conclude", responses=documented("investigation", 404, 409, 412))
def conclude(ws: Ws, case: str, body: Concluded) -> Response:
    """Write up what was found out about a case, or change the write-up."""
    return as_json(investigation_json(curate.conclude(ws, case, **_given(body))))


@router.get("/citations", operation_id="citation.list", responses=documented("list", csv=True))
def citations(ws: Ws, listed: Listed, asked: Annotated[Citations, Query()]) -> Response:
    """List what rests on a run, A/B test, notebook, ticket or pull request."""
    page = curate.citations(ws, asked.address, kind=asked.kind, limit=asked.limit, after=asked.after, as_of=asked.as_of)
    return listed(page)


def _given(body: Asked) -> dict[str, Any]:
    """Return a body as an action's arguments."""
    given: dict[str, Any] = {name: getattr(body, name) for name in type(body).model_fields}
    if given.get("citations") is not None:
        given["citations"] = tuple(Citation(kind=each.kind, address=each.address) for each in given["citations"])
    return given
