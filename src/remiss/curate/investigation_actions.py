"""What people do to find out why a case happened: suppose, test, try to mend, conclude; and what else rests on the same thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from remiss.action import action
from remiss.catalog.actions import REDACTION
from remiss.curate.investigating import Draft, prepared
from remiss.curate.ports.investigation import InvestigationWorkspace
from remiss.records.investigation import Citation, CitationKind, Conclusion, Investigation, Outcome, Part, Stands
from remiss.records.look import Kind, Look, listed
from remiss.records.paging import Turn, check_length, list_name, token, turn
from remiss.records.position import reached
from remiss.records.rows import Rows

INVESTIGATE = "case:investigate"
CITATIONS = ("case", "title", "part", "number", "kind", "address", "state", "text", "at")
CITATIONS_LIMIT = 1_000


def _shown(ws: InvestigationWorkspace, given: Mapping[str, Any], found: Investigation) -> Sequence[Look]:
    return (Look(kind=Kind.CASE, subject=found.case, position=given["as_of"], team=ws.governed(found.case).team),)


@action(name="case.investigation", permission="case:read", reads=True, subject="case_id", views=_shown)
def investigation(ws: InvestigationWorkspace, case_id: str, *, as_of: int | None = None) -> Investigation:
    """Show what was found out about a case, and what is missing of it.

    Parameters
    ----------
    case_id : the id, or a prefix of six or more characters that no other case shares
    as_of : a position of the catalog; default: now

    Raises
    ------
    NotFound, Ambiguous, InputError
    """
    return ws.investigations.get(case_id, reached(as_of, ws.position()))


@action(name="case.suppose", permission=INVESTIGATE, subject="case_id")
def suppose(
    ws: InvestigationWorkspace,
    case_id: str,
    *,
    text: str | None = None,
    stands: Stands | None = None,
    number: int | None = None,
    revision: int | None = None,
) -> Investigation:
    """State a hypothesis of what caused a case, or change one.

    Parameters
    ----------
    text : what may be the cause, in Markdown; redacted before it is kept
    stands : open (the default of a new one), supported or refuted
    number, revision : of the one to change, and the revision of it that was read

    Raises
    ------
    Conflict : somebody else wrote since; NotFound, Ambiguous, InputError
    """
    draft = Draft(part=Part.HYPOTHESIS, number=number, revision=revision, texts={"text": text}, state=stands)
    return _written(ws, case_id, draft)


@action(name="case.experiment", permission=INVESTIGATE, subject="case_id")
def experiment(
    ws: InvestigationWorkspace,
    case_id: str,
    *,
    executed: str | None = None,
    hypothesis: int | None = None,
    result: str | None = None,
    conclusion: Conclusion | None = None,
    citations: Sequence[Citation] | None = None,
    number: int | None = None,
    revision: int | None = None,
) -> Investigation:
    """Record an experiment that tests a hypothesis of a case, or change one.

    Parameters
    ----------
    executed, result : what was done and what was seen, in Markdown; redacted before it is kept
    hypothesis : the number of the one that it tests
    conclusion : pending (the default of a new one), supports, refutes or inconclusive
    citations : the run, A/B test, counterfactual, notebook, ticket or pull request where it is; of a change, all of them anew
    number, revision : of the one to change, and the revision of it that was read

    Raises
    ------
    Conflict : somebody else wrote since; NotFound, Ambiguous, InputError
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
    return _written(ws, case_id, draft)


@action(name="case.remedy", permission=INVESTIGATE, subject="case_id")
def remedy(
    ws: InvestigationWorkspace,
    case_id: str,
    *,
    text: str | None = None,
    model_version: str | None = None,
    result: str | None = None,
    outcome: Outcome | None = None,
    citations: Sequence[Citation] | None = None,
    number: int | None = None,
    revision: int | None = None,
) -> Investigation:
    """Record an attempt to mend what caused a case, or change one.

    Parameters
    ----------
    text, result : what was tried and what came of it, in Markdown; redacted before it is kept
    model_version : in which version of the model
    outcome : pending (the default of a new one), worked, partly or failed
    citations : the pull request, ticket or run where it is; of a change, all of them anew
    number, revision : of the one to change, and the revision of it that was read

    Raises
    ------
    Conflict : somebody else wrote since; NotFound, Ambiguous, InputError
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
    return _written(ws, case_id, draft)


@action(name="case.conclude", permission=INVESTIGATE, subject="case_id")
def conclude(
    ws: InvestigationWorkspace,
    case_id: str,
    *,
    hypothesis: str | None = None,
    experiments: str | None = None,
    results: str | None = None,
    rationale: str | None = None,
    revision: int = 0,
) -> Investigation:
    """Write up what was found out about a case, or change the write-up. What is left out stays; an empty text takes it away.

    Parameters
    ----------
    hypothesis, experiments, results, rationale : its four sections, in Markdown; redacted before they are kept
    revision : the one that was read; 0 where there was none

    Raises
    ------
    Conflict : somebody else wrote since; NotFound, Ambiguous, InputError
    """
    texts = {"hypothesis": hypothesis, "experiments": experiments, "results": results, "rationale": rationale}
    return _written(ws, case_id, Draft(part=Part.WRITE_UP, number=1, revision=revision, texts=texts))


def _written(ws: InvestigationWorkspace, case_id: str, draft: Draft) -> Investigation:
    ws.allow(INVESTIGATE, ws.governed(case_id).team)
    return ws.investigations.write(case_id, prepared(draft, ws.keys.secret(REDACTION)))


def _cited(ws: InvestigationWorkspace, given: Mapping[str, Any], rows: Rows) -> Sequence[Look]:
    return listed(ws, {"query": given["address"]}, rows)


@action(name="citation.list", permission="case:read", reads=True, views=_cited)
def citations(
    ws: InvestigationWorkspace,
    address: str | None = None,
    *,
    kind: CitationKind | None = None,
    limit: int = 50,
    after: str | None = None,
    as_of: int | None = None,
) -> Rows:
    """List what rests on a run, A/B test, notebook, ticket or pull request: what cites it, newest first.

    Parameters
    ----------
    address : exactly as it is cited; default: every one
    kind : of citations; default: all
    limit : how many at most, 1 to 1,000
    after : the token of the page before
    as_of : a position of the catalog; default: now

    Raises
    ------
    InputError : a token of another list, a position that is not there yet
    """
    check_length(limit, CITATIONS_LIMIT)
    listed = list_name(f"citations {kind} {address}", "newest", as_of)
    last = None if after is None else turn(after, listed, 2).last
    position = reached(as_of, ws.position())
    page = ws.investigations.citing(address, kind, limit=limit, after=last, position=position)
    following = None if page.last is None else token(Turn(of=listed, position=None, total=page.total, last=page.last))
    at = page.head if position is None else position
    return Rows("citation", CITATIONS, page.lines, at, total=page.total, next=following)
