"""What people do to find out why a case happened: suppose, test, try to mend, conclude; and what else rests on the same thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from remiss.action import action
from remiss.curate.investigating import Draft, prepared
from remiss.curate.ports.contributions import InvestigationWorkspace
from remiss.govern.redaction.written import gate
from remiss.parameters import MOST_REVISION, CaseId, Help, Option, PageToken, Position, Range
from remiss.records.catalog import reached
from remiss.records.investigation import Citation, CitationKind, Conclusion, Investigation, Outcome, Part, Stands
from remiss.records.rows import Rows, Turn, list_name, token, turn
from remiss.records.view_entry import ViewEntry, ViewKind, listed

INVESTIGATE = "case:investigate"
CITATIONS = ("case", "title", "part", "number", "kind", "address", "state", "text", "at")
CITATIONS_LIMIT = 1_000
Number = Annotated[int, Range(1, MOST_REVISION), Help("Change the one of this number instead of adding one.")]
Read = Annotated[int, Range(1, MOST_REVISION), Help("The revision of it that you read.")]
Citations = Annotated[
    Sequence[Citation],
    Option("--citation"),
    Help(f"Where it is kept; KIND is one of {', '.join(each.value for each in CitationKind)}. Of a change, all of them anew."),
]


def _shown(ws: InvestigationWorkspace, given: Mapping[str, Any], found: Investigation) -> Sequence[ViewEntry]:
    return (ViewEntry(kind=ViewKind.CASE, subject=found.case, position=given["as_of"], team=ws.governed(found.case).team),)


@action(
    "case.investigation", permission="case:read", http="GET /cases/{case}/investigation", reads=True, subject="case", views=_shown
)
def investigation(ws: InvestigationWorkspace, case: CaseId, *, as_of: Position | None = None) -> Investigation:
    """Show what was found out about CASE, and what is missing.

    Example: remiss case investigation k7m4-qp

    Raises
    ------
    NotFound, Ambiguous, InputError
    """
    return ws.investigations.get(case, reached(as_of, ws.position()))


@action("hypothesis.write", permission=INVESTIGATE, http="POST /cases/{case}/hypotheses", subject="case")
def write_hypothesis(
    ws: InvestigationWorkspace,
    case: CaseId,
    *,
    text: str | None = None,
    stands: Stands | None = None,
    number: Number | None = None,
    revision: Read | None = None,
) -> Investigation:
    """State a hypothesis of what caused CASE, or change one.

    Example: remiss hypothesis write k7m4-qp --text "The feeder airports report late"

    Parameters
    ----------
    text : what may be the cause, in Markdown; redacted before it is kept
    stands : how it stands by what was found; a new one is open

    Raises
    ------
    Precondition : somebody else wrote since; NotFound, Ambiguous, InputError
    """
    draft = Draft(part=Part.HYPOTHESIS, number=number, revision=revision, texts={"text": text}, state=stands)
    return _written(ws, case, draft)


@action("experiment.write", permission=INVESTIGATE, http="POST /cases/{case}/experiments", subject="case")
def write_experiment(
    ws: InvestigationWorkspace,
    case: CaseId,
    *,
    executed: str | None = None,
    hypothesis: Annotated[int, Range(1, MOST_REVISION)] | None = None,
    result: str | None = None,
    conclusion: Conclusion | None = None,
    citations: Citations | None = None,
    number: Number | None = None,
    revision: Read | None = None,
) -> Investigation:
    """Record an experiment that tests a hypothesis of CASE, or change one.

    Example: remiss experiment write k7m4-qp --hypothesis 1 --executed "Trained without the feed" --citation
    mlflow-run=https://mlflow.example.org/#/experiments/1/runs/4f7q

    Parameters
    ----------
    executed : what was done, in Markdown; redacted before it is kept
    result : what was seen, in Markdown; redacted before it is kept
    hypothesis : the number of the hypothesis that it tests
    conclusion : what it says of the hypothesis; of a new one pending

    Raises
    ------
    Precondition : somebody else wrote since; NotFound, Ambiguous, InputError
    """
    draft = Draft(
        part=Part.EXPERIMENT,
        number=number,
        revision=revision,
        texts={"executed": executed, "result": result},
        state=conclusion,
        hypothesis=hypothesis,
        citations=citations,
    )
    return _written(ws, case, draft)


@action("remediation.write", permission=INVESTIGATE, http="POST /cases/{case}/remediations", subject="case")
def write_remediation(
    ws: InvestigationWorkspace,
    case: CaseId,
    *,
    text: str | None = None,
    model_version: str | None = None,
    result: str | None = None,
    outcome: Outcome | None = None,
    citations: Citations | None = None,
    number: Number | None = None,
    revision: Read | None = None,
) -> Investigation:
    """Record an attempt to fix what caused CASE, or change one.

    Example: remiss remediation write k7m4-qp --text "Wait for the feed" --outcome worked --citation pull-request=REM-17

    Parameters
    ----------
    text : what was tried, in Markdown; redacted before it is kept
    result : what came of it, in Markdown; redacted before it is kept
    model_version : in which version of the model
    outcome : whether it worked; of a new one pending

    Raises
    ------
    Precondition : somebody else wrote since; NotFound, Ambiguous, InputError
    """
    draft = Draft(
        part=Part.REMEDIATION,
        number=number,
        revision=revision,
        texts={"text": text, "result": result},
        state=outcome,
        model_version=model_version,
        citations=citations,
    )
    return _written(ws, case, draft)


@action("write-up.write", permission=INVESTIGATE, http="POST /cases/{case}/write-up", subject="case")
def write_up(
    ws: InvestigationWorkspace,
    case: CaseId,
    *,
    hypothesis: str | None = None,
    experiments: str | None = None,
    results: str | None = None,
    rationale: str | None = None,
    revision: Annotated[int, Range(0, MOST_REVISION)] = 0,
) -> Investigation:
    """Write up what was found out about CASE, or change the write-up.

    What is left out stays; an empty text takes a section away.

    Example: remiss write-up write k7m4-qp --rationale "The feed is late on Mondays; we wait for it now"

    Parameters
    ----------
    hypothesis : what was the cause, in Markdown; redacted before it is kept, as the others are
    experiments : which experiments were executed
    results : what results were observed
    rationale : why it was so decided
    revision : the revision of the write-up that you read; 0 where there was none

    Raises
    ------
    Precondition : somebody else wrote since; NotFound, Ambiguous, InputError
    """
    texts = {"hypothesis": hypothesis, "experiments": experiments, "results": results, "rationale": rationale}
    return _written(ws, case, Draft(part=Part.WRITE_UP, number=1, revision=revision, texts=texts))


def _written(ws: InvestigationWorkspace, case: CaseId, draft: Draft) -> Investigation:
    ws.allow(INVESTIGATE, ws.governed(case).team)
    return ws.investigations.write(case, prepared(draft, gate(ws)))


def _cited(ws: InvestigationWorkspace, given: Mapping[str, Any], rows: Rows) -> Sequence[ViewEntry]:
    return listed(ws, {"query": given["address"]}, rows)


@action("citation.list", permission="case:read", http="GET /citations", reads=True, views=_cited)
def list_citations(
    ws: InvestigationWorkspace,
    address: str | None = None,
    *,
    kind: CitationKind | None = None,
    limit: Annotated[int, Range(1, CITATIONS_LIMIT), Help("How many at most.")] = 50,
    after: PageToken | None = None,
    as_of: Position | None = None,
) -> Rows:
    """List what cites ADDRESS, newest first; without it, all citations.

    ADDRESS is that of a run, an A/B test, a notebook, a ticket or a pull request.

    Example: remiss citation list https://mlflow.example.org/#/experiments/1/runs/4f7q

    Parameters
    ----------
    address : exactly as it is cited; default: every one
    kind : only citations of this kind; default: all

    Raises
    ------
    InputError : a token of another list, a position that is not there yet
    """
    listed = list_name(f"citations {kind} {address}", "newest", as_of)
    last = None if after is None else turn(after, listed, (int, int)).last
    position = reached(as_of, ws.position())
    page = ws.investigations.citing(address, kind, limit=limit, after=last, position=position)
    following = None if page.last is None else token(Turn(of=listed, position=None, total=None, last=page.last))
    at = page.head if position is None else position
    return Rows("citation", CITATIONS, page.lines, at, total=page.total, next=following)
