"""What one can do with sampled events: list them, whether or not they are cases.

An event that was sampled by two protocols is there twice, for each drew it with a probability of its own. The weight is the one
that estimates use: sums of weights over the lines of one protocol and source are totals of its log.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from remiss.action import action
from remiss.catalog.field_names import asked_as, query_of
from remiss.catalog.query.parsing import parse
from remiss.parameters import Columns, Limit, PageToken, Position, Query
from remiss.protocol.terms import CONTEXT, INPUTS, Protocol
from remiss.protocol.versions import salvage
from remiss.records.case import Sensitivity
from remiss.records.catalog import reached
from remiss.records.event import Scalar
from remiss.records.rows import Rows, Turn, chosen, list_name, token, turn
from remiss.records.view_entry import listed
from remiss.understand.ports import SampledLine, SampleWorkspace

SAMPLE = "sample"
_PLAIN = SampledLine._fields[:-2]
_WHOLE = len(_PLAIN)


@action("sample.list", permission="sample:read", http="GET /sample", reads=True, views=listed)
def list_sample(
    ws: SampleWorkspace,
    query: Query = "",
    *,
    as_of: Position | None = None,
    limit: Limit = 50,
    after: PageToken | None = None,
    total: bool = True,
    columns: Columns | None = None,
) -> Rows:
    """List sampled events that match QUERY: cases, controls, all.

    By the runs in force, each with the probability and weight that estimates use. Of events that you may still label it is not
    told how they were drawn.

    Example: remiss sample list 'group:control context.airport:EWR'

    Parameters
    ----------
    query : in the filter language, with `group:NAME` for the groups that an event was kept in; empty is everything
    total : whether to count all that match, which takes longer than the page

    Raises
    ------
    QueryError : the query cannot be understood
    InputError : a position that is not there yet, a token of another list, an unknown column
    """
    return chosen(_page(ws, query, as_of, limit, after, total=total), columns)


@action("sample.export", permission="sample:export", http="GET /sample/export", reads=True, views=listed)
def export_sample(
    ws: SampleWorkspace,
    query: Query = "",
    *,
    as_of: Position | None = None,
    limit: Limit = 10_000,
    after: PageToken | None = None,
    columns: Columns | None = None,
) -> Rows:
    """Take out the sampled events that match QUERY, page by page.

    The same lines as `sample list`, each with the position that it was read at; all pages are of the position of the first.
    `remiss.sample` puts them together: as an Arrow table, a pandas frame or a file.

    Example: remiss sample export 'criterion:missed-delay' --out missed.parquet

    Parameters
    ----------
    query : in the filter language, with `group:NAME` for the groups that an event was kept in; empty is everything

    Raises
    ------
    QueryError : the query cannot be understood
    InputError : a position that is not there yet, a token of another list, an unknown column
    """
    page = _page(ws, query, as_of, limit, after, total=True, alike=True)
    whole = replace(page, columns=("position", *page.columns), rows=tuple((page.position, *row) for row in page.rows))
    return chosen(replace(whole, ids=tuple(str(row[0]) for row in page.rows)), columns)


def _page(
    ws: SampleWorkspace, query: str, as_of: int | None, limit: int, after: str | None, *, total: bool, alike: bool = False
) -> Rows:
    """Return a page of sampled events.

    Parameters
    ----------
    alike : whether all pages are to have the same columns, those of the protocols; else a page has more where it has values
    """
    out = query_of(ws, query, of_sample=True)
    wanted, name = parse(out.query, of_sample=True), list_name(out.query, SAMPLE, as_of)
    secret = ws.keys.secret("pages")
    turned = None if after is None else turn(after, name, (int, int, int), secret)
    head = ws.position()
    # The later pages are of the position of the first: a recapture would bring other runs in force.
    at = reached(as_of if turned is None else turned.position, head)
    position = head if at is None else at
    begins = None if turned is None else (turned.last[0], turned.last[1])
    page = ws.samples.page(wanted, limit=limit, after=begins, position=at)
    if turned is not None:
        counted, hidden = turned.total, turned.last[2]
    elif page.last is None:
        counted, hidden = len(page.lines), sum(line.hidden is not None for line in page.lines)
    elif total:
        counted, hidden = ws.samples.count(wanted, at)
    else:
        counted, hidden = None, -1
    following = None
    if page.last is not None:
        following = token(Turn(of=name, position=position, total=counted, last=(*page.last, hidden)), secret)
    declared = _declared(ws, at)
    # Of no protocol that can be read nothing is known but what is there.
    fields = declared if alike and declared else in_order((*declared, *found_in(page.lines)))
    lines = tuple(row(line, fields) for line in page.lines)
    blinded = None if hidden < 0 else hidden
    found = Rows(SAMPLE, columns_with(fields), lines, position, total=counted, next=following, blinded=blinded)
    return asked_as(found, out)


def _declared(ws: SampleWorkspace, position: int | None) -> tuple[str, ...]:
    """Return the inputs and context fields of the protocols by which the runs in force drew."""
    stored = (ws.protocols.find(each.protocol, each.version) for each in ws.samples.drawn_by(position))
    read = (None if each is None else salvage(each.text, f"{each.name}@{each.version}") for each in stored)
    return fields_of(document for document in read if document is not None)


def fields_of(documents: Iterable[Protocol]) -> tuple[str, ...]:
    """Return the inputs and context fields of some protocols that the catalog holds, by their canonical names."""
    found = {
        name
        for document in documents
        for name in document.fields
        if name.startswith((INPUTS, CONTEXT)) and document.sensitivity.get(name, Sensitivity.PUBLIC) < Sensitivity.RESTRICTED
    }
    return in_order(found)


def found_in(lines: Iterable[SampledLine]) -> tuple[str, ...]:
    """Return the inputs and context fields that some lines have."""
    found: set[str] = set()
    for line in lines:
        found.update(INPUTS + name for name in line.inputs)
        found.update(CONTEXT + name for name in line.context)
    return in_order(found)


def in_order(fields: Iterable[str]) -> tuple[str, ...]:
    """Return fields as columns stand: inputs, then context."""
    return tuple(sorted(set(fields), key=lambda name: (name.startswith(CONTEXT), name)))


def columns_with(fields: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of a list with these fields."""
    return (*_PLAIN, *fields)


def row(line: SampledLine, fields: Sequence[str]) -> tuple[Scalar, ...]:
    """Return a line as the values of its columns."""
    inner = {INPUTS: line.inputs, CONTEXT: line.context}
    own = (inner[INPUTS if name.startswith(INPUTS) else CONTEXT].get(name.partition(".")[2]) for name in fields)
    plain: Sequence[Any] = line[:_WHOLE]
    return (*plain, *own)
