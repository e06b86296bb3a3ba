"""What one can do with slices: find them, and keep what was found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Annotated, Any

from remiss.action import action
from remiss.catalog.field_names import query_of
from remiss.catalog.query.expression import asks_for_set
from remiss.catalog.query.parsing import parse
from remiss.catalog.query.printing import unparse
from remiss.errors import FigureRefused, QueryError
from remiss.govern.redaction.written import check_shows_nothing
from remiss.parameters import Help, Limit, Option, Position, Query, Range
from remiss.records.catalog import read_at
from remiss.records.slice import KeptSlices, SliceReport
from remiss.records.view_entry import ViewEntry, ViewKind
from remiss.records.window import Window
from remiss.understand.domain import DomainCells, build_domain
from remiss.understand.frames import besides
from remiss.understand.pipeline import FrameFacts, check_visible, frame_facts_of, frame_of, refuse_post_selection
from remiss.understand.ports import ESTIMATE, SliceWorkspace, UnderstandWorkspace
from remiss.understand.question import Question, rules_of, settle
from remiss.understand.slices.counting import DEEPEST, SliceSample, Support
from remiss.understand.slices.keeping import EXPECTED, KEEP, SlicesFound, kept_slice, recorded, stored, told
from remiss.understand.slices.predicates import BINS
from remiss.understand.slices.report import figures, slice_sample, unlike_in_size
from remiss.understand.slices.search import LEVEL, chosen_fields, search
from remiss.understand.variance import HISTORY


def _viewed(_: object, given: Mapping[str, Any], found: SliceReport) -> Sequence[ViewEntry]:
    return (ViewEntry(kind=ViewKind.FIGURE, query=found.query, position=found.position, count=len(found.slices)),)


# How a search is asked for, whether what it finds is kept or not.
Among = Annotated[
    str,
    Option(metavar="QUERY"),
    Help("Among what, in the filter language; default: the query's terms of events, with the criterion's `among`."),
]
Fields = Annotated[
    str,
    Option(metavar="NAMES"),
    Help(
        "Which fields slices ask for, set apart by commas; default: all inputs, "
        "context fields and the model version that the criterion does not read."
    ),
]
Depth = Annotated[int, Range(1, DEEPEST), Help("Of how many predicates a slice has at most.")]
Bins = Annotated[int, Range(2, 10), Help("Into how many equally common bins numbers are cut.")]
Level = Annotated[
    float, Range(0.001, 0.5), Help("The false discovery rate: at most this share of what is found is expected to be false.")
]
Expected = Annotated[
    float, Range(1, 1_000_000), Help("So many sampled failures a slice must be expected to have if it is like the rest.")
]


@action("slice.find", permission=ESTIMATE, http="GET /slice-search", cached=True, reads=True, views=_viewed)
def find_slices(
    ws: UnderstandWorkspace,
    query: Query = "",
    *,
    of: Among | None = None,
    fields: Fields | None = None,
    depth: Depth = DEEPEST,
    bins: Bins = BINS,
    level: Level = LEVEL,
    expected: Expected = EXPECTED,
    folded: bool = False,
    limit: Limit = 20,
    source: str | None = None,
    protocol: str | None = None,
    as_of: Position | None = None,
) -> SliceReport:
    """Find the parts of the log in which QUERY is commoner.

    Of all slices of up to three predicates each is tested against the rest, between windows; what is told passes a false
    discovery rate over all that were tested. A slice is a query: ask `estimate` or `case search` by it. It is a hypothesis
    until later windows confirm it: find on earlier ones (occurred:), keep what is found, and have later ones confirm it.

    Example: remiss slice find criterion:missed-delay --limit 5

    Parameters
    ----------
    query : what fails, as a rate is asked for: in the filter language, with one criterion; its time bounds the windows
    folded : also slices that add nothing to one before them
    source : which source, where the catalog has several
    protocol : which protocol, as NAME or NAME@VERSION, where the catalog has several; default: its newest version

    Raises
    ------
    QueryError : the query cannot be understood, is no rate, spans several sources or protocols, or has under eight windows
    NotFound : nothing was captured
    """
    asked = SliceChoices(fields=fields, depth=depth, bins=bins, level=level, expected=expected, folded=folded, limit=limit)
    return searched(ws, query, of, asked, source, protocol, read_at(as_of, ws.evidence.position())).report


@contextmanager
def _prepare(
    ws: SliceWorkspace,
    query: str,
    of: str | None,
    only: str | None,
    fields: str | None,
    depth: int,
    bins: int,
    level: float,
    expected: float,
    limit: int,
    source: str | None,
    protocol: str | None,
) -> Iterator[SlicesFound]:
    asked = SliceChoices(fields=fields, depth=depth, bins=bins, level=level, expected=expected, folded=False, limit=limit)
    found = searched(ws, query, of, asked, source, protocol, ws.evidence.position())
    if any(asks_for_set(parse(query_of(ws, each).query)) for each in (query, of or "")):
        do = "look for slices of it with `slice find`, and keep those of a query that later events can match"
        raise QueryError("no later event is in a cluster, so that nothing could confirm a slice of one", do=do)
    # They are kept, and no mark can stand in them.
    for each in (query, of or ""):
        check_shows_nothing("the query", each)
    if only is not None:
        wanted = unparse(parse(query_of(ws, only).query))
        told = tuple(each for each in found.report.slices if each.query == wanted)
        if not told:
            raise QueryError("no slice that is told has that query", do="choose one as `slice find` tells it", field="only")
        found = replace(found, report=replace(found.report, slices=told))
    yield found


@action("slice.keep", permission=KEEP, http="POST /slices", prepare=_prepare)
def keep_slices(
    ws: SliceWorkspace,
    query: Query = "",
    *,
    of: Among | None = None,
    only: Annotated[str, Option(metavar="QUERY"), Help("Only the slice with this query, as `slice find` tells it.")]
    | None = None,
    fields: Fields | None = None,
    depth: Depth = DEEPEST,
    bins: Bins = BINS,
    level: Level = LEVEL,
    expected: Expected = EXPECTED,
    limit: Limit = 20,
    source: str | None = None,
    protocol: str | None = None,
    prepared: SlicesFound | None = None,
) -> KeptSlices:
    """Find slices and keep them as hypotheses.

    Each gets a name, made of what it asks for: `slice:NAME` is its query wherever one is asked for. One that is kept already
    stays as it is. Later windows confirm it, or do not: see `slice confirm`.

    Example: remiss slice keep 'criterion:missed-delay occurred:<2013-04'

    Parameters
    ----------
    query : what fails, as a rate is asked for: in the filter language, with one criterion; its time bounds the windows
    source : which source, where the catalog has several
    protocol : which protocol, as NAME or NAME@VERSION, where the catalog has several; default: its newest version

    Raises
    ------
    QueryError : as `slice find`; or limits in time that are tangled up with the rest of the query
    NotFound : nothing was captured
    Denied : no permission in the team of the protocol
    """
    assert prepared is not None
    ws.allow(KEEP, prepared.team)
    made = [kept_slice(prepared, each, ws.actor.name, ws.now) for each in prepared.report.slices]
    position = ws.slices.wait()
    for each in made:
        ws.slices.save(stored(each), each.query)
    known = {each.id: each for each in recorded(ws)}
    return KeptSlices(position=position, items=tuple(told(ws, known[each.id], ws.evidence.position()) for each in made))


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceChoices:
    """How slices are looked for, as the caller says it."""

    fields: str | None
    depth: int
    bins: int
    level: float
    expected: float
    folded: bool
    limit: int


def searched(
    ws: UnderstandWorkspace,
    query: str,
    of: str | None,
    how: SliceChoices,
    source: str | None,
    protocol: str | None,
    position: int,
) -> SlicesFound:
    """Return what was found, with what is kept of it besides.

    Raises
    ------
    QueryError, NotFound : as `find_slices`
    """
    asked, among = query_of(ws, query), query_of(ws, of or "")
    question = Question(query=parse(asked.query), rate=True, of=None if of is None else parse(among.query))
    frame = frame_of(ws, question, position, source, protocol)
    facts = frame_facts_of(ws, frame, position)
    plan = settle(question, facts.census.rules)
    domain = build_domain(plan, facts.census)
    sample = _sample(ws, facts, domain, chosen_fields(facts.document, plan.named, how.fields), how.bins, position)
    found = search(sample, needed=Support(expected=how.expected, windows=HISTORY), depth=how.depth, level=how.level)
    whole, width = sample.whole, rules_of(facts.document, frame.rules).width
    report = SliceReport(
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
        depth=how.depth,
        level=how.level,
        expected=how.expected,
        present=HISTORY,
        tested=found.tested,
        few=found.few,
        same=found.same,
        found=found.significant,
        folded=sum(each.into is not None for each in found.found),
        correlation=found.correlation,
        slices=tuple(figures(sample, found, width, limit=how.limit, folded=how.folded)),
        position=position,
        notes=(*asked.read_as, *among.read_as, *besides(frame), *unlike_in_size(whole.among)),
    )
    sensitivity = ws.evidence.sensitivity(frame, domain.windows, position)
    return SlicesFound(report=report, question=question, team=facts.document.team, sensitivity=sensitivity)


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
