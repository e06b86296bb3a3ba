"""What one can ask of a change of a rate: did the world move, or did the model get worse, and where?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, NamedTuple

import numpy as np

from remiss.action import action
from remiss.catalog.field_names import query_of
from remiss.catalog.query.expression import EVERYTHING, both
from remiss.catalog.query.expression import Query as Asked
from remiss.catalog.query.fields import within
from remiss.catalog.query.parsing import parse
from remiss.catalog.query.printing import unparse, words
from remiss.errors import FigureRefused, QueryError
from remiss.parameters import Option, Position, Query, Range
from remiss.present.legible import share
from remiss.records.catalog import read_at
from remiss.records.drift import ASKED, REFERENCE, ChangeReport, SliceChange
from remiss.records.view_entry import ViewEntry, ViewKind
from remiss.records.window import Window
from remiss.understand.domain import build_domain
from remiss.understand.drift.mixing import Effect, RateChange, SlicedWindows, sliced_windows, split
from remiss.understand.drift_actions import complete_windows, told_window
from remiss.understand.frames import besides
from remiss.understand.pipeline import FrameFacts, frame_facts_of, frame_of, refuse_post_selection
from remiss.understand.ports import ESTIMATE, UnderstandWorkspace
from remiss.understand.question import Question, settle
from remiss.understand.sampling_facts import SampledColumns
from remiss.understand.scope import OCCURRED, terms_of, without_time
from remiss.understand.slices.predicates import BINS, slice_field
from remiss.understand.slices.search import chosen_fields
from remiss.understand.variance import HISTORY, Flags, Indices

# So many slices are told, the commonest; the rest is one, and what has fewer sampled events than the least is in it.
MOST_SLICES, LEAST = 50, 20
SIDES = (REFERENCE, ASKED)
# From which share on of events in slices that only one side has it is said what that means.
MANY = 0.1


def _viewed(_: object, given: Mapping[str, Any], found: ChangeReport) -> Sequence[ViewEntry]:
    return (ViewEntry(kind=ViewKind.FIGURE, query=found.query, position=found.position, count=len(found.slices)),)


@action("chart.change", permission=ESTIMATE, http="GET /rate-change", cached=True, reads=True, views=_viewed)
def split_change(
    ws: UnderstandWorkspace,
    query: Query = "",
    *,
    by: Annotated[str, Option(metavar="NAMES")],
    reference: Annotated[str, Option(metavar="QUERY")] | None = None,
    bins: Annotated[int, Range(2, 10)] = BINS,
    source: str | None = None,
    protocol: str | None = None,
    as_of: Position | None = None,
) -> ChangeReport:
    """Split a change of a rate into mix and rate, by slice.

    Mix is what it changed that other things are asked of the model, rate that the model fails on the same things more often or
    less often. Both are told of each slice, and all add up to the change.

    Example: remiss chart change criterion:missed-delay --by inputs.carrier

    Parameters
    ----------
    query : what fails, as a rate is asked for: in the filter language, with one criterion; its time chooses the windows after the
        change, without it all complete ones that are no reference windows
    by : by which fields slices are cut, one to three, set apart by commas
    reference : the time of the windows before the change, in the filter language; default: those that the protocol names, else
        the first eight other complete ones
    bins : into how many equally common bins numbers are cut
    source : which source, where the catalog has several
    protocol : which protocol, as NAME or NAME@VERSION, where the catalog has several; default: its newest version

    Raises
    ------
    QueryError : the query cannot be understood, is no rate, tangles time with other terms, or spans several sources or protocols
    NotFound : nothing was captured
    FigureRefused : no window is complete before or after, none has events to count among, or some are above the clearance
    """
    position = read_at(as_of, ws.evidence.position())
    asked, beside = query_of(ws, query), query_of(ws, reference or "")
    own, timeless = parse(asked.query), without_time(parse(asked.query))
    if timeless is None:
        raise QueryError("the query tangles time with other terms", do="say the time beside them: occurred:2013-06 (A OR B)")
    question = Question(query=timeless, rate=True)
    frame = frame_of(ws, question, position, source, protocol)
    facts = frame_facts_of(ws, frame, position)
    plan = settle(question, facts.census.rules)
    sides = _sides(facts, own, None if reference is None else parse(beside.query))
    domain = build_domain(plan, facts.census)
    refuse_post_selection(ws, facts, plan, replace(domain, windows=tuple(sorted((*sides[0], *sides[1])))))
    names = chosen_fields(facts.document, plan.named, by)
    if not 1 <= len(names) <= 3:
        raise QueryError("slices are cut by one to three fields", do="name them: --by inputs.carrier,context.airport", field="by")
    columns = ws.evidence.sampled_columns(frame, plan, names, position)
    cut = _cut(columns, names, sides, bins)
    before, after = cut.sides
    found = split(before, after)
    width, among = facts.census.rules.width, plan.among or EVERYTHING
    return ChangeReport(
        query=asked.query,
        among=plan.denominator or "",
        by=names,
        source=frame.source,
        protocol=frame.protocol,
        protocol_version=frame.version,
        windows=tuple(told_window(Window(start, width), role, count, among) for role, start, count in cut.windows),
        needs=max(0, HISTORY - min(before.windows, after.windows)),
        sampled=sum(count for _, _, count in cut.windows),
        rate_before=before.rate,
        rate_after=after.rate,
        **_told("change", found.change),
        **_told("mix", found.mix[-1]),
        **_told("rate", found.rate[-1]),
        correlation=found.correlation,
        slices=_lines(cut, found, timeless),
        position=position,
        notes=(*asked.read_as, *beside.read_as, *besides(frame), *_one_sided(before, after)),
    )


def _one_sided(before: SlicedWindows, after: SlicedWindows) -> Iterator[str]:
    """Yield how many events are in slices that only one side has, where they are many."""
    gone, new = (float(one.shares[other.among == 0].sum()) for one, other in ((before, after), (after, before)))
    if max(gone, new) >= MANY:
        yield (
            f"{share(gone)} of the events before and {share(new)} of those after are in slices that the other side has not: "
            "no rates could be compared there, and what changed is told as mix"
        )


def _lines(cut: _Cut, found: RateChange, timeless: Asked) -> tuple[SliceChange, ...]:
    """Return the slices, those with the greatest effect first, and the rest of the events last."""
    before, after = cut.sides

    def line(at: int) -> SliceChange:
        asks, sampled = cut.queries[at], [int(each[at]) for each in cut.sampled]
        # By so few events no interval of the slice holds; of none there is no rate that could be off.
        few = any(0 < count < LEAST for count in sampled)
        return SliceChange(
            words="the rest" if asks is None else words(asks),
            query=None if asks is None else unparse(both(asks, timeless)),
            sampled_before=sampled[0],
            sampled_after=sampled[1],
            share_before=float(before.shares[at]),
            share_after=float(after.shares[at]),
            rate_before=_rate(before, at),
            rate_after=_rate(after, at),
            **_told("mix", found.mix[at], few=few),
            **_told("rate", found.rate[at], few=few),
        )

    lines = map(line, range(len(cut.queries)))
    return tuple(sorted(lines, key=lambda each: (each.query is None, -max(abs(each.mix), abs(each.rate)), each.query)))


def _rate(side: SlicedWindows, at: int) -> float | None:
    return float(side.failing[at] / side.among[at]) if side.among[at] > 0 else None


def _told(name: str, effect: Effect, *, few: bool = False) -> dict[str, Any]:
    return {name: effect.value, f"{name}_low": None if few else effect.low, f"{name}_high": None if few else effect.high}


def _sides(facts: FrameFacts, own: Asked, named: Asked | None) -> tuple[list[datetime], list[datetime]]:
    """Return the windows before and after the change.

    Raises
    ------
    QueryError : what is to name reference windows asks for more than time
    FigureRefused : one side has no complete window, or some events are above the clearance
    """
    if named is None and facts.document.reference is not None:
        named = within(*facts.document.reference)
    if named is not None and without_time(named) != EVERYTHING:
        raise QueryError(
            "the windows before a change are named by their time", do="write occurred:2013-01..2013-02", field="reference"
        )
    timed = any(term.key == OCCURRED for term in terms_of(own))
    after = complete_windows(facts, own)
    others = [each for each in complete_windows(facts, named or EVERYTHING) if not timed or each not in after]
    before = others if named is not None else others[:HISTORY]
    after = [each for each in after if each not in before]
    if not before or not after:
        raise FigureRefused(
            f"there is no complete window {'after' if before else 'before'} the change",
            do="capture more windows, or name others by their time: occurred: in the query, --reference",
        )
    return before, after


class _Cut(NamedTuple):
    """The events of both sides by slice, how many were sampled, the query of each slice, and windows by side and start."""

    sides: tuple[SlicedWindows, SlicedWindows]
    sampled: tuple[Indices, Indices]
    queries: tuple[Asked | None, ...]
    windows: tuple[tuple[str, datetime, int], ...]


def _cut(columns: SampledColumns, names: Sequence[str], sides: Sequence[Sequence[datetime]], bins: int) -> _Cut:
    """Return the sampled events of both sides that the rate is among, by slice.

    Raises
    ------
    FigureRefused : a field has one value only, or one side has no events
    """
    weights = 1 / columns.probability
    among = columns.of & ~columns.undecided & ~columns.outside
    side_of = np.array([1 if start in sides[1] else 0 if start in sides[0] else -1 for start in columns.windows], dtype=np.intp)
    mine = among & (side_of[columns.window] >= 0) if len(side_of) else among
    code, queries = _slices(columns, names, mine, bins)
    made, sampled, windows = [], [], []
    for at, role in enumerate(SIDES):
        chosen = mine & (side_of[columns.window] == at) if len(side_of) else mine
        there, window, counts = np.unique(columns.window[chosen], return_inverse=True, return_counts=True)
        if not len(there):
            raise FigureRefused(
                f"no event is there to count among {'before' if role == REFERENCE else 'after'} the change",
                do="ask for other windows, or more of the events",
            )
        own, failed = code[chosen[mine]], columns.inside[chosen].astype(np.intp)
        made.append(sliced_windows(window, own, failed, weights[chosen], (len(there), len(queries))))
        sampled.append(np.bincount(own, minlength=len(queries)))
        windows += [(role, columns.windows[place], int(count)) for place, count in zip(there, counts, strict=True)]
    return _Cut((made[0], made[1]), (sampled[0], sampled[1]), queries, tuple(windows))


def _slices(columns: SampledColumns, names: Sequence[str], mine: Flags, bins: int) -> tuple[Indices, tuple[Asked | None, ...]]:
    """Return the slice of each of some events, and the query of each slice; the rest, if there is one, is the last."""
    weights = 1 / columns.probability
    fields = [slice_field(column, columns.uniform, weights, bins=bins) for column in columns.fields]
    if None in fields:
        [name, *_] = [name for name, each in zip(names, fields, strict=True) if each is None]
        raise FigureRefused(f"{name} has one value only", do="cut slices by another field")
    known = [each for each in fields if each is not None]
    codes = np.stack([each.codes[mine] for each in known])
    there, code, sampled = np.unique(codes, axis=1, return_inverse=True, return_counts=True)
    code = code.ravel()
    common = np.bincount(code, weights=weights[mine], minlength=there.shape[1])
    told = [at for at in np.argsort(-common, kind="stable").tolist() if there[:, at].all() and sampled[at] >= LEAST]
    told = told[:MOST_SLICES]
    place = np.full(there.shape[1], len(told), dtype=np.intp)
    place[told] = np.arange(len(told))

    def queries() -> Iterator[Asked | None]:
        for at in told:
            yield both(*(each.predicates[number - 1] for each, number in zip(known, there[:, at].tolist(), strict=True)))
        if len(told) < there.shape[1]:
            yield None

    return place[code], tuple(queries())
