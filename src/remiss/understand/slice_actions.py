"""What one can do with slices: find them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from remiss.action import action
from remiss.catalog.field_names import query_of
from remiss.catalog.query.parsing import parse
from remiss.errors import FigureRefused, QueryError
from remiss.parameters import Limit, Option, Position, Query, Range
from remiss.protocol.predicate import check_predicate
from remiss.protocol.terms import CONTEXT, INPUTS, Criterion, Protocol, Type
from remiss.records.catalog import read_at
from remiss.records.slice import SliceReport
from remiss.records.view_entry import ViewEntry, ViewKind
from remiss.records.window import Window
from remiss.understand.actions import ESTIMATE
from remiss.understand.domain import DomainCells, build_domain
from remiss.understand.frames import besides
from remiss.understand.pipeline import FrameFacts, check_visible, frame_facts_of, frame_of, refuse_post_selection
from remiss.understand.ports import UnderstandWorkspace
from remiss.understand.question import Question, rules_of, settle
from remiss.understand.slices.counting import DEEPEST, SliceSample, Support
from remiss.understand.slices.predicates import BINS
from remiss.understand.slices.report import figures, slice_sample
from remiss.understand.slices.search import LEVEL, search
from remiss.understand.variance import HISTORY

VERSION = "model_version"
# What the model says and what turned out to be true are no reason why it failed.
ANSWERS = frozenset({"output", "label", "confidence"})


def _viewed(_: object, given: Mapping[str, Any], found: SliceReport) -> Sequence[ViewEntry]:
    return (ViewEntry(kind=ViewKind.FIGURE, query=found.query, position=found.position, count=len(found.slices)),)


@action("slice.find", permission=ESTIMATE, http="GET /slices", cached=True, reads=True, views=_viewed)
def find_slices(
    ws: UnderstandWorkspace,
    query: Query = "",
    *,
    of: Annotated[str, Option(metavar="QUERY")] | None = None,
    fields: Annotated[str, Option(metavar="NAMES")] | None = None,
    depth: Annotated[int, Range(1, DEEPEST)] = DEEPEST,
    bins: Annotated[int, Range(2, 10)] = BINS,
    level: Annotated[float, Range(0.001, 0.5)] = LEVEL,
    expected: Annotated[float, Range(1, 1_000_000)] = 10.0,
    folded: bool = False,
    limit: Limit = 20,
    source: str | None = None,
    protocol: str | None = None,
    as_of: Position | None = None,
) -> SliceReport:
    """Find the parts of the log in which QUERY is commoner.

    Of all slices of up to three predicates each is tested against the rest, between windows; what is told passes a false
    discovery rate over all that were tested. A slice is a query: ask `estimate` or `case search` by it. It is a hypothesis
    until later windows confirm it: find on earlier ones (occurred:) and estimate on later ones.

    Example: remiss slice find criterion:missed-delay --limit 5

    Parameters
    ----------
    query : what fails, as a rate is asked for: in the filter language, with one criterion; its time bounds the windows
    of : among what, in the filter language; default: the query's terms of events, with the criterion's `among`
    fields : which fields slices ask for, set apart by commas; default: all inputs, context fields and the model version that the
        criterion does not read
    depth : of how many predicates a slice has at most
    bins : into how many equally common bins numbers are cut
    level : the false discovery rate: at most this share of what is found is expected to be false
    expected : so many sampled failures a slice must be expected to have if it is like the rest
    folded : also slices that add nothing to one before them
    source : which source, where the catalog has several
    protocol : which protocol, as NAME or NAME@VERSION, where the catalog has several; default: its newest version

    Raises
    ------
    QueryError : the query cannot be understood, is no rate, spans several sources or protocols, or has under eight windows
    NotFound : nothing was captured
    """
    position = read_at(as_of, ws.evidence.position())
    asked, among = query_of(ws, query), query_of(ws, of or "")
    question = Question(query=parse(asked.query), rate=True, of=None if of is None else parse(among.query))
    frame = frame_of(ws, question, position, source, protocol)
    facts = frame_facts_of(ws, frame, position)
    plan = settle(question, facts.census.rules)
    domain = build_domain(plan, facts.census)
    sample = _sample(ws, facts, domain, _chosen(facts.document, plan.named, fields), bins, position)
    found = search(sample, needed=Support(expected=expected, windows=HISTORY), depth=depth, level=level)
    whole, width = sample.whole, rules_of(facts.document, frame.rules).width
    return SliceReport(
        query=asked.query,
        among=plan.denominator or "",
        source=frame.source,
        protocol=frame.protocol,
        protocol_version=frame.version,
        windows=sample.windows,
        since=domain.windows[0],
        until=Window(domain.windows[-1], width).end,
        rate=float(whole.failing.sum() / whole.among.sum()),
        sampled=len(sample.weights),
        failed=len(sample.failures),
        fields=tuple(field.name for field in sample.fields),
        depth=depth,
        level=level,
        expected=expected,
        present=HISTORY,
        tested=found.tested,
        few=found.few,
        same=found.same,
        found=found.significant,
        folded=sum(each.into is not None for each in found.found),
        correlation=found.correlation,
        slices=tuple(figures(sample, found, width, limit=limit, folded=folded)),
        position=position,
        notes=(*asked.read_as, *among.read_as, *besides(frame)),
    )


def _sample(
    ws: UnderstandWorkspace, facts: FrameFacts, domain: DomainCells, names: Sequence[str], bins: int, position: int
) -> SliceSample:
    """Read the events that slices are cut out of.

    Raises
    ------
    FigureRefused : some are above the clearance, the criterion was chosen on them, or too few windows have any
    """
    frame, plan = facts.census.frame, domain.plan
    check_visible(domain, frame)
    if domain.windows:
        refuse_post_selection(ws, facts, plan, domain)
    sample = slice_sample(ws.evidence.sampled_columns(frame, plan, names, position), bins)
    if sample.windows < HISTORY:
        raise FigureRefused(
            f"{sample.windows:,} windows have events to compare, and slices are compared between at least {HISTORY}",
            do="capture more windows, or ask for a longer time (occurred:)",
        )
    return sample


def _chosen(document: Protocol, criteria: Sequence[str], fields: str | None) -> tuple[str, ...]:
    """Return the fields that slices may ask for, by name.

    Raises
    ------
    QueryError : a field that was named is none of them
    """
    read = {name for each in document.criteria if each.name in criteria for name in read_by(document, each)} | ANSWERS
    same = {document.fields[name].sql for name in read if name in document.fields}
    rules = rules_of(document, 0)
    open_to = [name for name in rules.fields if name.startswith((INPUTS, CONTEXT)) or name == VERSION]
    allowed = sorted(name for name in open_to if name not in read and document.fields[name].sql not in same)
    if fields is None:
        return tuple(allowed)
    named = [name.strip() for name in fields.split(",") if name.strip()]
    for name in named:
        if name not in allowed:
            why = "is read by the criterion, so it is no reason for it" if name in read else "is no field that slices ask for"
            raise QueryError(f"{name[:80]} {why}", do=f"choose among {', '.join(allowed)}", field="fields")
    return tuple(sorted(set(named)))


def read_by(document: Protocol, criterion: Criterion) -> frozenset[str]:
    """Return the fields that a criterion reads, which say nothing of why it is met."""
    written = [each.sql for each in (criterion.when, criterion.among) if each is not None]
    types = dict.fromkeys(document.fields, Type.UNKNOWN)
    found = [check_predicate(each, types, unread=document.unread).reads for each in written]
    return frozenset({name for each in found for name in each} | ({criterion.of} if criterion.of else set()))
