"""What one can do with cases: search, count, show, file by hand, revise; and what the catalog is that holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from remiss.action import action
from remiss.catalog import filing as filings
from remiss.catalog import revision as revisions
from remiss.catalog.counting import CONTEXT, DEFAULT, VALUE_LIMIT, check_fields
from remiss.catalog.filing import Filed
from remiss.catalog.likeness import likest
from remiss.catalog.listing import COLUMNS, Order, parse_sort, row
from remiss.catalog.modes import check_known
from remiss.catalog.parsing import parse
from remiss.catalog.ports import CatalogWorkspace
from remiss.errors import Denied, InputError
from remiss.records.case import Case, Filing, Revision
from remiss.records.catalog import CatalogFacts
from remiss.records.comparison import Comparison
from remiss.records.look import Kind, Look, listed
from remiss.records.paging import Turn, check_length, list_name, token, turn
from remiss.records.position import reached
from remiss.records.rows import Rows

REDACTION = "redaction"
CONTROL_LIMIT = 100
# Where a run kept more controls than this, the likest are looked for among so many of least priority: a uniform sample of them.
CONSIDERED = 500


def _counted(_: CatalogWorkspace, given: Mapping[str, Any], rows: Rows) -> Sequence[Look]:
    return (Look(kind=Kind.FIGURE, query=given["query"], position=rows.position, count=len(rows)),)


def _shown(_: CatalogWorkspace, given: Mapping[str, Any], case: Case) -> Sequence[Look]:
    return (Look(kind=Kind.CASE, subject=case.id, position=given["as_of"], team=case.team),)


def _compared(ws: CatalogWorkspace, given: Mapping[str, Any], found: Comparison) -> Sequence[Look]:
    ids = [each.event.id for each in found.controls]
    team = ws.governed(found.case).team
    return (Look(kind=Kind.CASE, subject=found.case, position=found.position, ids=ids, count=len(ids), team=team),)


def _traced(ws: CatalogWorkspace, given: Mapping[str, Any], found: tuple[Revision, ...]) -> Sequence[Look]:
    case = ws.governed(given["case_id"])
    return (Look(kind=Kind.CASE, subject=case.id, position=given["as_of"], count=len(found), team=case.team),)


@action(name="case.search", permission="case:read", reads=True, snapshot=False, views=listed)
def search(
    ws: CatalogWorkspace,
    query: str = "",
    *,
    as_of: int | None = None,
    sort: str = "-occurred",
    limit: int = 50,
    after: str | None = None,
    total: bool = True,
) -> Rows:
    """List the cases that match a query.

    Parameters
    ----------
    query : in the filter language; empty is everything
    as_of : a position of the catalog; default: now
    sort : occurred, severity or filed; a leading - for descending
    limit : how many at most, 1 to 10,000
    after : the token of the page before
    total : whether to count all that match, which on a large catalog takes longer than the page

    Raises
    ------
    QueryError : the query cannot be understood
    InputError : an unknown order, a position that is not there yet, a token of another list
    """
    wanted, order = parse(query), parse_sort(sort)
    check_length(limit)
    turned = None if after is None else turn(after, list_name(query, sort, as_of), order.order.values)
    at = as_of if turned is None or turned.position is None else turned.position
    position = None if at is None else reached(at, ws.cases.position())
    # A page alone is one statement, for which no snapshot need be held.
    with ws.reading() if total and turned is None else nullcontext():
        page = ws.cases.page(wanted, sort=order, limit=limit, after=None if turned is None else turned.last, position=position)
        if turned is not None:
            matching = turned.total
        elif page.last is None:
            matching = len(page.lines)
        else:
            matching = ws.cases.count(wanted, position, order) if total else None
    following = None
    if page.last is not None:
        # What people change may move a case in the list while somebody reads on: such a list stays at its position.
        pinned = page.head if position is None and order.order is Order.SEVERITY else position
        following = token(Turn(of=list_name(query, sort, as_of), position=pinned, total=matching, last=page.last))
    lines = tuple(row(line) for line in page.lines)
    return Rows("case", COLUMNS, lines, page.head if position is None else position, total=matching, next=following)


@action(name="case.facets", permission="case:read", reads=True, views=_counted)
def facets(ws: CatalogWorkspace, query: str = "", fields: Sequence[str] | None = None, *, as_of: int | None = None) -> Rows:
    """Count the cases that match a query by the values of fields, the most frequent first.

    Parameters
    ----------
    query : in the filter language; empty is everything
    fields : for example `status`, `criterion` or `context.airport`; default: the usual ones and all context fields
    as_of : a position of the catalog; default: now

    Raises
    ------
    QueryError, InputError : a query that cannot be understood, a field that cannot be counted by
    """
    wanted = parse(query)
    head = ws.cases.position()
    position = reached(as_of, head)
    if fields is None:
        fields = (*DEFAULT, *(CONTEXT + name for name in ws.cases.context_names()))
    lines = tuple(
        (name, value, count)
        for name in check_fields(tuple(fields))
        for value, count in ws.cases.facet(wanted, name, VALUE_LIMIT, position)
    )
    at = head if position is None else position
    return Rows("facet", ("field", "value", "count"), lines, at, total=len(lines))


@action(name="case.show", permission="case:read", reads=True, subject="case_id", views=_shown)
def show(ws: CatalogWorkspace, case_id: str, *, as_of: int | None = None) -> Case:
    """Show one case: what happened, what caught it, how it was sampled.

    Parameters
    ----------
    case_id : the id, or a prefix of six or more characters that no other case shares
    as_of : a position of the catalog; default: now

    Raises
    ------
    NotFound, Ambiguous, InputError
    """
    return ws.cases.get(case_id, reached(as_of, ws.cases.position()))


@action(name="case.compare", permission="case:read", reads=True, subject="case_id", views=_compared)
def compare(ws: CatalogWorkspace, case_id: str, *, controls: int = 10, as_of: int | None = None) -> Comparison:
    """Say how a case was drawn, and show the controls of its window and stratum that are most like it.

    Parameters
    ----------
    case_id : the id, or a prefix of six or more characters that no other case shares
    controls : how many at most, 0 to 100; 0 for how it was drawn alone
    as_of : a position of the catalog; default: now

    Raises
    ------
    NotFound, Ambiguous, InputError : among them a case whose event no run drew
    """
    if not 0 <= controls <= CONTROL_LIMIT:
        raise InputError(f"{controls} is no number of controls", do=f"give 0 to {CONTROL_LIMIT}")
    position = reached(as_of, ws.cases.position())
    found, events = ws.cases.drawn_with(case_id, position, CONSIDERED if controls else 0)
    return replace(found, controls=likest(found.event, events, controls))


@action(name="case.history", permission="case:read", reads=True, subject="case_id", views=_traced)
def history(ws: CatalogWorkspace, case_id: str, *, as_of: int | None = None) -> tuple[Revision, ...]:
    """List every state that a case was in, oldest first.

    Parameters
    ----------
    case_id : the id, or a prefix of six or more characters that no other case shares
    as_of : a position of the catalog; default: now

    Raises
    ------
    NotFound, Ambiguous, InputError
    """
    position = reached(as_of, ws.cases.position())
    known = ws.cases.revisions(case_id)
    return known if position is None else revisions.as_it_stood(known, position)


@action(name="case.file", permission="case:file")
def file(ws: CatalogWorkspace, filing: Filing) -> Case:
    """File a failure that a person saw. Its texts are redacted first; filing the same again gives the same case.

    Raises
    ------
    InputError : something is missing, such as no catalog can hold, or a failure mode that no taxonomy has
    Denied : in a team, or of a sensitivity, in which the actor may not
    """
    return ws.cases.file(filable(ws, filing))


def filable(ws: CatalogWorkspace, filing: Filing) -> Filed:
    """Return a filing as the catalog may hold it.

    Raises
    ------
    InputError, Denied : as filing it would
    """
    ws.allow("case:file", filing.team)
    if not ws.scope.sees(filing.team, filing.sensitivity):
        level = filing.sensitivity.name.lower()
        raise Denied(f"{ws.actor.name} would not see a case of sensitivity {level} there", do="file it within your clearance")
    filed = filings.prepared(filing, ws.keys.secret(REDACTION))
    check_known(filing.mode, ws.protocols)
    return filed


@action(name="case.revise", permission="case:revise", subject="case_id")
def revise(
    ws: CatalogWorkspace,
    case_id: str,
    revision: int,
    *,
    title: str | None = None,
    note: str | None = None,
    mode: str | None = None,
    severity: int | None = None,
    clear: Sequence[str] = (),
) -> Case:
    """Change what people say of a case, naming the revision that was read.

    Parameters
    ----------
    title, note, mode, severity : what to say from now on; None leaves a thing as it is, an empty note takes the note away
    clear : which of `title`, `note`, `mode` and `severity` to take away

    Raises
    ------
    Conflict : somebody else wrote since; nothing was written
    NotFound, Ambiguous, InputError
    """
    asked = revisions.Change(title=title, note=note, mode=mode, severity=severity, clear=tuple(clear))
    change = revisions.prepared(asked, ws.keys.secret(REDACTION))
    check_known(change.mode, ws.protocols)
    ws.allow("case:revise", ws.governed(case_id).team)
    return ws.cases.revise(case_id, revision, change)


@action(name="catalog.info", permission="catalog:read", reads=True)
def info(ws: CatalogWorkspace, *, as_of: int | None = None) -> CatalogFacts:
    """Say what the catalog is and how much it holds, and to whoever may look at the machine where it lies.

    Parameters
    ----------
    as_of : a position of the catalog, for how much it held; what it is and its size are of now

    Raises
    ------
    InputError : a position that is not there yet
    """
    return ws.facts(reached(as_of, ws.position()))
