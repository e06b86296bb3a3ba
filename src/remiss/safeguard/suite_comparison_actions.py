"""Comparing two versions on a suite, event by event, by two results that were kept; nothing is run, and no log is read.

What compares them over the log is `logged_comparison_actions.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from remiss.action import action
from remiss.errors import InputError, NotFound
from remiss.parameters import Help, Option
from remiss.records.event import is_text
from remiss.records.result import SuiteComparison, SuiteResult
from remiss.records.suite import Suite
from remiss.records.view_entry import ViewEntry, ViewKind
from remiss.safeguard.kept_actions import KIND, SUITE_READ, SuiteName, check_unblinded, found_result, found_suite
from remiss.safeguard.kept_documents import result_of
from remiss.safeguard.result_comparison import compared
from remiss.safeguard.result_ports import ResultRowSearch, ResultWorkspace


def _compared(ws: ResultWorkspace, given: Mapping[str, Any], found: SuiteComparison) -> Sequence[ViewEntry]:
    ids = [each.id for each in found.changes]
    return (ViewEntry(kind=ViewKind.LIST, subject=given["name"], position=found.position, ids=ids, count=len(ids)),)


@action("suite.compare", permission=SUITE_READ, http="GET /suites/{name}/comparison", reads=True, subject="name", views=_compared)
def compare(
    ws: ResultWorkspace,
    name: SuiteName,
    *,
    model: Annotated[str, Option("--model"), Help("NAME@VERSION, whose newest result is taken, or the id of a result.")],
    baseline: Annotated[str, Option("--baseline"), Help("What it is compared with, named likewise.")],
) -> SuiteComparison:
    """Compare what two versions made of the suite NAME, event by event.

    Nothing is run: both have been, on the same content of the suite. It says how much more of the guard
    (controls with decided labels, and resolved cases), of open cases, of each failure mode, severity and slice the new version
    passes, with the interval that a gate would have; on how many events each alone passes, with McNemar's exact test, unweighted;
    and which events these are. Slices are adjusted by Benjamini and Hochberg, modes of severity 1 by Holm. Where both were asked
    the same scenarios, it says how much more rarely these flip. It is a report, and decides nothing: for that there are gates.


    Example: remiss suite compare arrivals --model arrival-delay@2 --baseline arrival-delay@1

    Raises
    ------
    NotFound, Ambiguous : no such suite, or no result of a version on it
    InputError : a result on another suite
    Denied : some of its events are yours to label
    """
    suite = found_suite(ws, name, SUITE_READ)
    candidate, former = (_newest(ws, suite, text, field) for text, field in ((model, "model"), (baseline, "baseline")))
    check_unblinded(ws, candidate)
    was, now = (ws.results.rows(each.id, ResultRowSearch()).found for each in (former, candidate))
    flips = ws.results.flips(former.id), ws.results.flips(candidate.id)
    return compared(former, candidate, was, now, ws.position(), flips)


def _newest(ws: ResultWorkspace, suite: Suite, text: str, field: str) -> SuiteResult:
    """Return the newest result of a version on a suite, or the one of an id.

    Raises
    ------
    NotFound, Ambiguous; InputError : it is on another suite
    """
    if text.startswith(f"{KIND}-"):
        found = found_result(ws, text)
        if found.suite_digest != suite.digest:
            what = f"{found.id} is of suite {found.suite}@{found.suite_digest[7:13]}, not of {suite.name}@{suite.digest[7:13]}"
            raise InputError(what, do="compare results of one suite: run it again with remiss suite run", field=field)
        return found
    for each in map(result_of, ws.results.listed(suite.name, None, None, None) if is_text(text) else ()):
        model = each.model
        if each.suite_digest == suite.digest and text in {str(model), model.name, f"{model.runner}:{model.target}"}:
            return each
    raise NotFound(
        f"there is no result of {text} on {suite.name}@{suite.digest[7:13]}",
        do=f"run it: remiss suite run {suite.name} --model {text}",
        field=field,
    )
