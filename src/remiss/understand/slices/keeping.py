"""Slices as they are kept: what is one and the same slice, what it is called, and the ledger that they are read from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from remiss.catalog.query.expression import And, Not, Operator, Query, Term, leaves
from remiss.catalog.query.parsing import parse
from remiss.catalog.query.printing import unparse
from remiss.errors import NotFound, QueryError
from remiss.records.case import Sensitivity
from remiss.records.identity import kind_id, parse_time, plain
from remiss.records.slice import KeptSlice, SliceAttempt, SliceFigure, SliceReport
from remiss.understand.ports import SliceWorkspace, StoredSlice
from remiss.understand.scope import without_time
from remiss.understand.slices.confirming import decided

if TYPE_CHECKING:
    from remiss.understand.question import Question

KEEP = "slice:keep"
WITHHELD = "attempts that counted the whole log are not told to who may still be given events of it to label"
# How many sampled failures a slice is expected to have at least, if it is like the rest.
EXPECTED = 10.0
# How much of what a slice asks for is in its name, and how many letters of its id, which tell names apart.
LONGEST, TOLD_APART = 48, 4
# How a comparison is said in a name.
SIGNS = {Operator.LESS: "below", Operator.AT_LEAST: "from"}
# What of an attempt follows from all others, and is not kept.
DERIVED = ("beside", "adjusted", "confirmed", "low", "high", "told")
# Of both, what is a time.
TIMES = ("since", "until", "at", "used_until")
# What of a slice is kept in columns of its own, or follows.
BESIDE = ("id", "name", "attempts", "state", "position", "team", "sensitivity", "read_position")


@dataclass(frozen=True, slots=True, kw_only=True)
class SlicesFound:
    """What a search found, with the question that was asked and the team and sensitivity of the events that were looked at."""

    report: SliceReport
    question: Question
    team: str
    sensitivity: Sensitivity


def kept_slice(found: SlicesFound, one: SliceFigure, person: str, at: datetime) -> KeptSlice:
    """Return a slice that was found as it is to be kept.

    Raises
    ------
    QueryError : its limits in time cannot be taken out of the query
    """
    report, question = found.report, found.question
    failure, among = timeless(question.query), None if question.of is None else timeless(question.of)
    made = kind_id("slice", [found.team, report.source, report.protocol, failure, among, one.query])
    return KeptSlice(
        id=made,
        name=name_of(parse(one.query), made),
        query=one.query,
        words=one.words,
        failure=failure,
        among=among,
        source=report.source,
        protocol=report.protocol,
        protocol_version=report.protocol_version,
        since=report.since,
        until=report.until,
        windows=report.windows,
        tested=report.tested,
        level=report.level,
        correlation=report.correlation,
        found=one,
        person=person,
        at=at,
        position=0,
        used_until=report.until,
        team=found.team,
        sensitivity=found.sensitivity,
    )


def timeless(query: Query) -> str:
    """Return a query without its limits in time, as text.

    Raises
    ------
    QueryError : they are tangled up in the rest
    """
    found = without_time(query)
    if found is None:
        what = "the query's limits in time are tangled up with the rest, and other windows are to be asked the same"
        raise QueryError(what, do="write them side by side: criterion:NAME occurred:<2013-07")
    return unparse(found)


def name_of(query: Query, made: str) -> str:
    """Return what a slice is called, of what it asks for and the end of its id.

    >>> name_of(parse("inputs.carrier:UA inputs.distance:<451"), "slice-4f7q2m9x3kbd")
    'carrier-ua-distance-below-451-3kbd'
    """
    said = "-".join(_said(query))
    return f"{re.sub('[^a-z0-9]+', '-', said.lower()).strip('-')[:LONGEST].strip('-')}-{made[-TOLD_APART:]}"


def _said(query: Query) -> Iterator[str]:
    for part in query.parts if isinstance(query, And) else (query,):
        if isinstance(part, Not):
            yield "no"
        for leaf in leaves(part):
            if isinstance(leaf, Term):
                yield leaf.key.rpartition(".")[2]
                yield SIGNS.get(leaf.operator, "")
                yield "" if leaf.value is None else str(leaf.value)


def stored(kept: KeptSlice) -> StoredSlice:
    """Return a slice as the catalog keeps it."""
    content = {name: value for name, value in asdict(kept).items() if name not in BESIDE}
    return StoredSlice(id=kept.id, name=kept.name, content=_json(content), team=kept.team, sensitivity=kept.sensitivity)


def stored_attempt(attempt: SliceAttempt) -> str:
    """Return an attempt as the catalog keeps it."""
    return _json({name: value for name, value in asdict(attempt).items() if name not in DERIVED})


def _json(value: object) -> str:
    return json.dumps(plain(value), ensure_ascii=False)


def recorded(ws: SliceWorkspace, position: int | None = None) -> tuple[KeptSlice, ...]:
    """Return all slices that the asker sees, as they were at a position, the newest first, with what their attempts claim."""
    return decided([_kept(each) for each in ws.slices.listed(position)])


def _kept(one: StoredSlice) -> KeptSlice:
    said = _timed(json.loads(one.content))
    figure = said.pop("found")
    return KeptSlice(
        id=one.id,
        name=one.name,
        position=one.position,
        team=one.team,
        sensitivity=one.sensitivity,
        found=SliceFigure(**figure | {"notes": tuple(figure["notes"])}),
        notes=tuple(said.pop("notes")),
        attempts=tuple(SliceAttempt(**_timed(json.loads(each))) for each in one.attempts),
        **said,
    )


def _timed(said: dict[str, Any]) -> dict[str, Any]:
    """Return what is kept with its times as such."""
    return said | {name: parse_time(said[name]) for name in TIMES if name in said}


def found_slice(ws: SliceWorkspace, name: str, permission: str, position: int | None = None) -> KeptSlice:
    """Return a slice that the asker sees, by its name or id.

    Raises
    ------
    NotFound
    """
    found = next((each for each in recorded(ws, position) if name in {each.name, each.id}), None)
    if found is None or not ws.may(permission, found.team):
        raise NotFound(f"there is no slice {name[:80]}", do="see `remiss slice list`", field="name")
    return found


def told(ws: SliceWorkspace, kept: KeptSlice, position: int) -> KeptSlice:
    """Return a slice as the asker may know it: of an exact figure one could tell what an event is that one may still label."""
    exact = [each for each in kept.attempts if each.exact]
    if not exact:
        return kept
    frames = [each for each in ws.evidence.frames(position) if (each.source, each.protocol) == (kept.source, kept.protocol)]
    since, until = min(each.since for each in exact), max(each.until for each in exact)
    for frame in frames:
        windows = [one.window for one in frame.windows if since <= one.window < until]
        if ws.evidence.open_to_asker(frame, windows, position):
            left = tuple(each for each in kept.attempts if not each.exact)
            return replace(kept, attempts=left, notes=(*kept.notes, WITHHELD))
    return kept
