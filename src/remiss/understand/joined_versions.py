"""Versions of a protocol that mean the same by a question: asked across them, their windows are one series.

Each window is estimated by the version whose run is in force for it, with that run's groups, thresholds and weights: strata, how
much was sampled, and the seed may differ. What the figure is of may not: which events there are, whom the question's criteria
catch among whom, and what the fields say that it reads. A version that differs in one of these stays apart, and the answer says
which one, and why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain, groupby
from typing import TYPE_CHECKING

from remiss.catalog.query.expression import Level, Operator, Query, Text, leaves
from remiss.catalog.query.fields import field_of
from remiss.errors import QueryError
from remiss.protocol.meaning import meaning as document_meaning
from remiss.protocol.meaning import parts_that_differ
from remiss.records.estimate import VersionSpan
from remiss.records.identity import canonical
from remiss.understand.frames import reaches
from remiss.understand.periods import FIRST_WINDOWS, PERIODS
from remiss.understand.pipeline import FrameFacts, document_of
from remiss.understand.post_selection import meaning
from remiss.understand.question import CONSTANTS, TEXT, Question, rules_of
from remiss.understand.sampling_facts import Frame, Pattern, Sampled
from remiss.understand.scope import CRITERION, OCCURRED, terms_of

if TYPE_CHECKING:
    from remiss.protocol.terms import Protocol
    from remiss.understand.ports import UnderstandWorkspace

# What of a document decides which events there are, but for the fields that this reads.
POPULATION = ("model", "source", "admit", "duplicates", "require")
JOINED = (
    "of versions {versions} of {protocol}, which mean the same by this question; each window is estimated by the version that "
    "captured it"
)
APART = "version {version} also had windows in this scope and is left apart: {reason}"


def joined(
    ws: UnderstandWorkspace,
    base: Frame,
    asked: Question,
    position: int,
    facts_of: Callable[[UnderstandWorkspace, Frame, int], FrameFacts],
) -> tuple[FrameFacts, tuple[str, ...]]:
    """Return a frame with the windows of all versions that mean the same by a question, and what to say of these and the others.

    Raises
    ------
    QueryError : rows by criterion, of which each would be of other versions
    """
    if asked.by == CRITERION:
        raise QueryError(
            "each criterion may mean the same in other versions than the next, so their rows are of one version",
            do="ask for one criterion across versions, or by criterion of one version",
        )
    now = document_of(ws, base.protocol, base.version)
    parts, apart = [facts_of(ws, base, position)], []
    for frame in ws.evidence.frames(position):
        if (frame.source, frame.protocol) != (base.source, base.protocol) or frame.digest == base.digest:
            continue
        document = document_of(ws, frame.protocol, frame.version)
        if not reaches(frame, queries_of(asked), rules_of(document, frame.rules)):
            continue
        reason = unlike(document, now, asked) if frame.rules == base.rules else "its windows are by the rules of an older remiss"
        if reason is None:
            parts.append(facts_of(ws, frame, position))
        else:
            apart.append(APART.format(version=frame.version, reason=reason))
    if len(parts) == 1:
        return parts[0], tuple(apart)
    versions = sorted(part.census.frame.version for part in parts)
    listed = f"{', '.join(map(str, versions[:-1]))} and {versions[-1]}"
    return as_one(parts), (JOINED.format(versions=listed, protocol=base.protocol), *apart)


def unlike(before: Protocol, now: Protocol, asked: Question) -> str | None:
    """Return why two versions do not mean the same by a question; None when they do."""
    ours, others = document_meaning(now), document_meaning(before)
    differing = parts_that_differ(*({name: said.get(name) for name in POPULATION} for said in (others, ours)))
    if before.sampling.window != now.sampling.window:
        return "its windows have another width"
    if differing:
        return f"it is about other events: another {', '.join(differing)}"
    drawn = ("id", "time", *now.require, *filter(None, (now.sampling.unit,)))
    if before.sampling.unit != now.sampling.unit or changed_field(before, now, drawn) is not None:
        return "it says otherwise what an event is, or what is drawn together"
    for name in criteria_read(before, now, asked):
        if meaning(before, name) != meaning(now, name):
            return f"{name} means something else in it"
    field = changed_field(before, now, fields_read(asked))
    return None if field is None else f"the field {field} is something else in it"


def criteria_read(before: Protocol, now: Protocol, asked: Question) -> Sequence[str]:
    """Return the criteria on which a question hangs: those that it names, and all where it names them by a pattern."""
    terms = [term for query in queries_of(asked) for term in terms_of(query) if term.key == CRITERION]
    if all(term.operator is Operator.EQUAL for term in terms):
        return [str(term.value) for term in terms]
    return list(dict.fromkeys(each.name for document in (now, before) for each in document.criteria))


def fields_read(asked: Question) -> Iterator[str]:
    """Yield the fields that a question compares with something, or breaks down by."""
    for query in queries_of(asked):
        for leaf in leaves(query):
            if isinstance(leaf, Text):
                yield TEXT
            elif leaf.level is Level.EVENT and leaf.key not in CONSTANTS and leaf.key != OCCURRED:
                yield field_of(leaf.key)
    if asked.by is not None and asked.by not in PERIODS:
        yield field_of(asked.by)


def queries_of(asked: Question) -> tuple[Query, ...]:
    """Return the queries of a question."""
    return (asked.query,) if asked.of is None else (asked.query, asked.of)


def changed_field(before: Protocol, now: Protocol, names: Iterable[str]) -> str | None:
    """Return the first of some fields that is another one in a version, or is kept out of the catalog by one of them."""
    return next((name for name in names if field_meaning(before, name) != field_meaning(now, name)), None)


def field_meaning(document: Protocol, name: str) -> object:
    """Return what a field is: its expression, and which labels are known where it reads one; None where the catalog has none."""
    expression = document.fields.get(name)
    if expression is None or name not in rules_of(document, 0).fields:
        return None
    labels = document.labels if "labels." in expression.sql else None
    return expression.sql, None if labels is None else canonical(document_meaning(document)["labels"])


def as_one(parts: Sequence[FrameFacts]) -> FrameFacts:
    """Return several frames as one. No window is in two of them, for of each one run is in force."""
    first = parts[0]
    frames = [part.census.frame for part in parts]
    frame = replace(
        first.census.frame,
        windows=tuple(sorted(chain.from_iterable(each.windows for each in frames), key=lambda one: one.window)),
        versions=tuple(sorted(version for each in frames for version in each.versions)),
        refusals=tuple(chain.from_iterable(each.refusals for each in frames)),
        admitted=sum(each.admitted for each in frames),
        earlier=tuple(chain.from_iterable(each.earlier for each in frames)),
        partly_visible=frozenset().union(*(each.partly_visible for each in frames)),
        besides=(),
    )

    def read(query: Query, among: Query | None, by: str | None) -> Sequence[Sampled]:
        return list(chain.from_iterable(part.read(query, among, by) for part in parts))

    def count() -> Mapping[Pattern, int]:
        return {pattern: count for part in parts for pattern, count in part.count().items()}

    def begins() -> Mapping[datetime, datetime]:
        found = {start: first for part in parts for start, first in part.begins().items()}
        return {start: found[start] for start in sorted(found)[:FIRST_WINDOWS]}

    bounded = frozenset().union(*(part.census.rules.bounded for part in parts))
    census = replace(
        first.census,
        frame=frame,
        rules=replace(first.census.rules, bounded=bounded),
        groups=list(chain.from_iterable(part.census.groups for part in parts)),
        cells=list(chain.from_iterable(part.census.cells for part in parts)),
    )
    return replace(first, census=census, read=read, count=count, begins=begins, parts=tuple(parts))


def spans_of(facts: FrameFacts, windows: Sequence[datetime]) -> tuple[VersionSpan, ...]:
    """Return which windows of a question in a row are by which version, oldest first."""
    within = frozenset(windows)
    width = facts.census.rules.width
    found = sorted(
        (one.window, part.census.frame.version)
        for part in facts.parts or (facts,)
        for one in part.census.frame.windows
        if one.window in within
    )
    rows = ((version, [start for start, _ in each]) for version, each in groupby(found, key=lambda one: one[1]))
    return tuple(
        VersionSpan(version=version, since=starts[0], until=starts[-1] + width, windows=len(starts)) for version, starts in rows
    )
