"""What one can do with cases: search, count, show, file by hand, revise; and what the catalog is that holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Annotated, Any

from remiss.action import action
from remiss.catalog import filing as filings
from remiss.catalog import revision as revisions
from remiss.catalog.field_names import asked_as, columns_of, query_of, sort_of
from remiss.catalog.filing import Filed, check_known
from remiss.catalog.listing import COLUMNS, CONTEXT, DEFAULT, VALUE_LIMIT, check_fields, fields_among, parse_sort, row
from remiss.catalog.ports import CatalogWorkspace
from remiss.catalog.query.parsing import parse
from remiss.catalog.similarity import most_similar
from remiss.errors import Denied
from remiss.govern.redaction.written import gate
from remiss.parameters import CaseId, Columns, Grade, Limit, OneOf, Option, PageToken, Position, Query, Range, Revision
from remiss.records.case import Case, CaseHistory, Filing
from remiss.records.catalog import CatalogFacts, reached, read_at
from remiss.records.comparison import Comparison
from remiss.records.rows import Rows, Turn, list_name, token, turn
from remiss.records.view_entry import ViewEntry, ViewKind, listed

CONTROL_LIMIT = 100
# Where a run kept more controls than this, the likest are looked for among so many of least priority: a uniform sample of them.
CONSIDERED = 500


def _counted(_: CatalogWorkspace, given: Mapping[str, Any], rows: Rows) -> Sequence[ViewEntry]:
    return (ViewEntry(kind=ViewKind.FIGURE, query=given["query"], position=rows.position, count=len(rows)),)


def _shown(_: CatalogWorkspace, given: Mapping[str, Any], case: Case) -> Sequence[ViewEntry]:
    return (ViewEntry(kind=ViewKind.CASE, subject=case.id, position=given["as_of"], team=case.team),)


def _compared(ws: CatalogWorkspace, given: Mapping[str, Any], found: Comparison) -> Sequence[ViewEntry]:
    ids = [each.event.id for each in found.controls]
    team = ws.governed(found.case).team
    return (ViewEntry(kind=ViewKind.CASE, subject=found.case, position=found.position, ids=ids, count=len(ids), team=team),)


def _traced(ws: CatalogWorkspace, given: Mapping[str, Any], found: CaseHistory) -> Sequence[ViewEntry]:
    case = ws.governed(given["case"])
    return (ViewEntry(kind=ViewKind.CASE, subject=case.id, position=given["as_of"], count=len(found), team=case.team),)


@action("case.search", permission="case:read", http="GET /cases", reads=True, snapshot=False, views=listed)
def search(
    ws: CatalogWorkspace,
    query: Query = "",
    *,
    as_of: Position | None = None,
    sort: str = "-occurred",
    limit: Limit = 50,
    after: PageToken | None = None,
    total: bool = True,
    columns: Columns | None = None,
) -> Rows:
    """List the cases that match QUERY, newest first.

    Example: remiss case search 'criterion:missed-delay severity:<=2 context.airport:EWR'

    Parameters
    ----------
    sort : by a column such as occurred, severity, label or confidence, by filed, or by a field such as inputs.distance; a leading
        - for descending. Cases without a value are last either way
    total : whether to count all that match, which takes longer than the page
    columns : only these, in this order, set apart by commas; fields such as inputs.distance among them. Default: all but fields

    Raises
    ------
    QueryError : the query cannot be understood
    InputError : an unknown order or column, a position that is not there yet, a token of another list
    """
    out, sort, names = query_of(ws, query), sort_of(ws, sort), columns_of(ws, columns)
    order, fields = parse_sort(sort), fields_among(names or ())
    query, wanted = out.query, parse(out.query)
    turned = None if after is None else turn(after, list_name(query, sort, as_of), order.kinds, ws.keys.secret("pages"))
    at = as_of if turned is None or turned.position is None else turned.position
    position = None if at is None else reached(at, ws.cases.position())
    # A page alone is one statement, for which no snapshot need be held.
    with ws.reading() if total and turned is None else nullcontext():
        behind = None if turned is None else turned.last
        page = ws.cases.page(wanted, sort=order, limit=limit, after=behind, position=position, fields=fields)
        if turned is not None:
            matching = turned.total
        elif page.last is None:
            matching = len(page.lines)
        else:
            matching = ws.cases.count(wanted, position, order) if total else None
    following = None
    if page.last is not None:
        pinned = page.head if position is None and order.moves else position
        of = list_name(query, sort, as_of)
        following = token(Turn(of=of, position=pinned, total=matching, last=page.last), ws.keys.secret("pages"))
    lines = tuple(row(line) for line in page.lines)
    if fields:
        lines = tuple((*line, *values) for line, values in zip(lines, page.values, strict=True))
    at = page.head if position is None else position
    found = asked_as(Rows("case", (*COLUMNS, *fields), lines, at, total=matching, next=following), out)
    return found if names is None else found.only(names)


@action(
    "case.facets", permission="case:read", http="GET /cases/facets", within="case.search --facets", reads=True, views=_counted
)
def facets(
    ws: CatalogWorkspace,
    query: Query = "",
    *,
    fields: Annotated[Sequence[str], Option("--field")] | None = None,
    as_of: Position | None = None,
) -> Rows:
    """Count the cases that match QUERY by the values of fields.

    The most frequent come first.

    Example: remiss case search 'severity:<=2' --facets --field context.airport

    Parameters
    ----------
    fields : what to count by, for example `status`, `criterion`, `context.airport` or `inputs.carrier`; default: the usual
        ones, all context fields among them

    Raises
    ------
    QueryError, InputError : a query that cannot be understood, a field that cannot be counted by
    """
    out = query_of(ws, query)
    wanted = parse(out.query)
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
    return asked_as(Rows("facet", ("field", "value", "count"), lines, at, total=len(lines)), out)


@action("case.show", permission="case:read", http="GET /cases/{case}", reads=True, subject="case", views=_shown)
def show(ws: CatalogWorkspace, case: CaseId, *, as_of: Position | None = None) -> Case:
    """Show CASE: what happened, what caught it, how it was sampled.

    A prefix of six or more characters is enough; dashes do not count.

    Example: remiss case show k7m4-qp

    Raises
    ------
    NotFound, Ambiguous, InputError
    """
    return ws.cases.get(case, reached(as_of, ws.cases.position()))


@action("case.compare", permission="case:read", http="GET /cases/{case}/comparison", reads=True, subject="case", views=_compared)
def compare(
    ws: CatalogWorkspace, case: CaseId, *, controls: Annotated[int, Range(0, CONTROL_LIMIT)] = 10, as_of: Position | None = None
) -> Comparison:
    """Say how CASE was sampled; show the controls most like it.

    Controls are events of the same window and stratum that met no criterion; the likest share most inputs and context.

    Example: remiss case compare k7m4-qp --controls 3

    Parameters
    ----------
    controls : how many controls at most; 0 only says how CASE was sampled

    Raises
    ------
    NotFound, Ambiguous, InputError : among them a case whose event no run drew
    """
    position = reached(as_of, ws.cases.position())
    found, events = ws.cases.sampled_with(case, position, CONSIDERED if controls else 0)
    return replace(found, controls=most_similar(found.event, events, controls))


@action("case.history", permission="case:read", http="GET /cases/{case}/history", reads=True, subject="case", views=_traced)
def history(ws: CatalogWorkspace, case: CaseId, *, as_of: Position | None = None) -> CaseHistory:
    """List every state that CASE was in, oldest first.

    Example: remiss case history k7m4-qp

    Raises
    ------
    NotFound, Ambiguous, InputError
    """
    position = read_at(as_of, ws.cases.position())
    known = ws.cases.revisions(case)
    return CaseHistory(position=position, items=revisions.as_it_stood(known, position))


@action("case.file", permission="case:file", http="POST /cases", created="case.show")
def file(ws: CatalogWorkspace, filing: Filing) -> Case:
    """File a failure that you saw yourself.

    Such a case has no sampling weight: it counts in no estimate. Its texts are redacted first; filing the same again gives the
    same case.

    Example: remiss case file --model arrival-delay --at 2013-06-03T06:00Z --title "Board showed the wrong terminal"

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
    filed = filings.prepared(filing, gate(ws))
    check_known(filing.mode, ws.protocols)
    return filed


@action("case.revise", permission="case:revise", http="PATCH /cases/{case}", subject="case")
def revise(
    ws: CatalogWorkspace,
    case: CaseId,
    revision: Revision,
    *,
    title: str | None = None,
    note: str | None = None,
    mode: str | None = None,
    severity: Grade | None = None,
    clear: Annotated[Sequence[str], OneOf(revisions.CLEARABLE)] = (),
) -> Case:
    """Change what people wrote on CASE.

    Name the revision that you read. What is left out stays; an empty note takes the note away.

    Example: remiss case revise k7m4-qp --revision 1 --title "Missed delay out of Newark"

    Parameters
    ----------
    title : a new title
    note : a new note
    mode : a new failure mode
    severity : a new severity, 1 (critical) to 4 (minor)
    clear : what to take away

    Raises
    ------
    Precondition : somebody else wrote since; nothing was written
    Conflict : title and note are not visible to the writer yet
    NotFound, Ambiguous, InputError
    """
    asked = revisions.CaseChange(title=title, note=note, mode=mode, severity=severity, clear=tuple(clear))
    change = revisions.prepared(asked, gate(ws))
    check_known(change.mode, ws.protocols)
    ws.allow("case:revise", ws.governed(case).team)
    return ws.cases.revise(case, revision, change)


@action("catalog.info", permission="catalog:read", http="GET /catalog", reads=True)
def info(ws: CatalogWorkspace, *, as_of: Position | None = None) -> CatalogFacts:
    """Say what the catalog is, how large, and which version wrote it.

    Where it lies is told to those who may look at the machine.

    Example: remiss catalog info

    Parameters
    ----------
    as_of : a position of the catalog, for how much it held; what it is and its size are of now

    Raises
    ------
    InputError : a position that is not there yet
    """
    return ws.facts(reached(as_of, ws.position()))
