"""Routes by which people say what a case is. Each change names the ETag that was read."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header
from pydantic import Field
from starlette.responses import Response

from remiss.codec import to_json
from remiss.curate import labelling_actions as curate
from remiss.curate import linking_actions as linking
from remiss.faces.api.answering import answers as documented
from remiss.faces.api.answering import tagged
from remiss.faces.api.cases import revision_of
from remiss.faces.api.serving import Asked, Ws
from remiss.records import labelling as records
from remiss.records.case import Case

router = APIRouter(tags=["labelling"])
IfMatch = Annotated[str | None, Header()]
ANSWERS = documented("case", 404, 409, 412, 428, etag=True)


class Impact(Asked):
    """What one occurrence costs."""

    low: float
    high: float
    unit: str


class Judgement(Asked):
    """What a person found a case to be."""

    verdict: records.Verdict = Field(description="failure, not-a-failure, wrong-label or same-event.")
    mode: str | None = Field(None, description="The primary failure mode of a failure.")
    modes: list[str] = Field(default_factory=list, description="Its other failure modes.")
    answers: dict[str, str] = Field(default_factory=dict, description="Answers to the rubric, by question.")
    impact: Impact | None = None
    rationale: str = ""
    quotes: list[str] = Field(default_factory=list, description="Words of the evidence, letter by letter.")
    target: str | None = Field(None, description="The other case, for same-event.")

    def judgement(self, reproduced: records.Reproduced = records.Reproduced.NOT_TRIED) -> records.Judgement:
        """Return the record."""
        impact = self.impact
        return records.Judgement(
            verdict=self.verdict,
            mode=self.mode,
            modes=tuple(self.modes),
            answers=self.answers,
            impact=None if impact is None else records.Impact(low=impact.low, high=impact.high, unit=impact.unit),
            rationale=self.rationale,
            quotes=tuple(self.quotes),
            target=self.target,
            reproduced=reproduced,
        )


class Verification(Judgement):
    """What a second person found a case to be, and whether they could reproduce it."""

    reproduced: records.Reproduced = Field(records.Reproduced.NOT_TRIED, description="yes, no or not-tried.")


class Reopening(Asked):
    """Why a case is begun anew."""

    reason: str


class Linking(Asked):
    """Whose verdict a case takes."""

    other: str


@router.get("/cases/{case}/sheet", operation_id="case.sheet", responses=documented("sheet", 304, 404, 409, etag=True))
def sheet(ws: Ws, case: str, if_none_match: Annotated[str | None, Header()] = None) -> Response:
    """Show by what one labels a case; its ETag is what If-Match of a labelling names."""
    found = curate.sheet(ws, case)
    return tagged(to_json(found), found.revision, if_none_match)


@router.post("/cases/{case}/annotation", operation_id="case.annotate", responses=ANSWERS)
def annotate(ws: Ws, case: str, body: Judgement, if_match: IfMatch = None) -> Response:
    """Say what a case is: the first labelling; If-Match names the ETag that was read."""
    return _answer(curate.annotate(ws, case, revision_of(if_match), body.judgement()))


@router.post("/cases/{case}/verification", operation_id="case.verify", responses=ANSWERS)
def verify(ws: Ws, case: str, body: Verification, if_match: IfMatch = None) -> Response:
    """Say what an annotated case is, without having seen the first labelling; If-Match names the ETag that was read."""
    return _answer(curate.verify(ws, case, revision_of(if_match), body.judgement(body.reproduced)))


@router.post("/cases/{case}/adjudication", operation_id="case.adjudicate", responses=ANSWERS)
def adjudicate(ws: Ws, case: str, body: Judgement, if_match: IfMatch = None) -> Response:
    """Settle what two people see differently; If-Match names the ETag that was read."""
    return _answer(curate.adjudicate(ws, case, revision_of(if_match), body.judgement()))


@router.post("/cases/{case}/link", operation_id="case.link", responses=ANSWERS)
def link(ws: Ws, case: str, body: Linking, if_match: IfMatch = None) -> Response:
    """Have a case take the verdict of another that is alike; If-Match names the ETag that was read."""
    return _answer(linking.link(ws, case, revision_of(if_match), body.other))


@router.delete("/cases/{case}/link", operation_id="case.unlink", responses=ANSWERS)
def unlink(ws: Ws, case: str, if_match: IfMatch = None) -> Response:
    """Take a case's link away; If-Match names the ETag that was read."""
    return _answer(linking.unlink(ws, case, revision_of(if_match)))


@router.post("/cases/{case}/reopening", operation_id="case.reopen", responses=ANSWERS)
def reopen(ws: Ws, case: str, body: Reopening, if_match: IfMatch = None) -> Response:
    """Begin a decided case anew; If-Match names the ETag that was read."""
    return _answer(curate.reopen(ws, case, revision_of(if_match), body.reason))


def _answer(case: Case) -> Response:
    return tagged(to_json(case), case.revision, None)
