"""What one can do to find clusters: compare the sampled cases of a query, and keep what is alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np

from remiss.action import action
from remiss.catalog.field_names import query_of
from remiss.catalog.query.parsing import parse
from remiss.errors import FigureRefused
from remiss.govern.redaction.written import check_shows_nothing
from remiss.parameters import Help, Query, Range
from remiss.protocol.terms import CONTEXT, INPUTS
from remiss.records.cluster import ClusterFigure, Clustering
from remiss.records.identity import kind_id, to_micros
from remiss.understand.clusters.grouping import CaseGroups, groups
from remiss.understand.clusters.keeping import predecessor, recorded, stored, told
from remiss.understand.clusters.lineage import lineage
from remiss.understand.clusters.ports import ClusterWorkspace
from remiss.understand.clusters.vectors import SEED, ClusterCase
from remiss.understand.domain import DomainCells, build_domain, hidden_numerator
from remiss.understand.estimators import IntervalEstimate, Weighted, weighted_total
from remiss.understand.frames import besides
from remiss.understand.pipeline import check_visible, frame_facts_of, frame_of, refuse_post_selection
from remiss.understand.question import Question, settle
from remiss.understand.sampling_facts import Frame

FIND = "cluster:find"
# So many cases are compared at once, and so many make a cluster where nothing else is said.
MOST, LEAST = 20_000, 10
READ = ("id", "text", "inputs", "context", "output", "status", "hidden", "window", "source", "protocol", "version")
DRAWN = ("inclusion_probability", "priority")
LEFT_OUT = "cases that you may still be given to label were not compared"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClustersFound:
    """What was found: a clustering whose clusters have no ids yet, and the cases of each and of none."""

    clustering: Clustering
    members: tuple[frozenset[str], ...]
    everyone: frozenset[str]


@contextmanager
def _prepare(ws: ClusterWorkspace, query: str, least: int, source: str | None, protocol: str | None) -> Iterator[ClustersFound]:
    # They are kept, and no mark can stand in them.
    check_shows_nothing("the query", query)
    check_shows_nothing("the source", source or "")
    yield searched(ws, query, least, source, protocol)


@action("cluster.find", permission=FIND, http="POST /clusters", prepare=_prepare)
def find_clusters(
    ws: ClusterWorkspace,
    query: Query = "",
    *,
    least: Annotated[int, Range(3, 1_000), Help("Of how many cases a cluster has at least.")] = LEAST,
    source: str | None = None,
    protocol: str | None = None,
    prepared: ClustersFound | None = None,
) -> Clustering:
    """Find clusters of similar cases, and keep them.

    The sampled cases of QUERY are compared by text and inputs. Where many lie close together, and have more in common than chance
    would bring together, is a cluster; the rest is noise. A cluster keeps its id when the same is asked again: what was merged,
    split or ended is recorded.

    Example: remiss cluster find criterion:missed-delay

    Parameters
    ----------
    query : which cases, in the filter language
    source : which source, where the catalog has several
    protocol : which protocol, as NAME or NAME@VERSION, where the catalog has several; default: its newest version

    Raises
    ------
    QueryError : the query cannot be understood, or too many cases match
    NotFound : nothing was captured
    Denied : no permission in the team of the protocol
    """
    assert prepared is not None
    found = prepared.clustering
    ws.allow(FIND, found.team)
    before = predecessor(recorded(ws), found)
    theirs = {} if before is None else ws.clusters.members(before.id)
    follows = lineage(theirs, prepared.members, prepared.everyone)
    made = kind_id("clustering", [found.team, found.source, found.protocol, found.query, found.looked_at, str(ws.now)])
    clusters = tuple(
        replace(each, id=kept or kind_id("cluster", [made, sorted(own)]), merged=merged, split_from=split)
        for each, own, kept, merged, split in zip(
            found.clusters, prepared.members, follows.kept, follows.merged, follows.split_from, strict=True
        )
    )
    whole = replace(
        found,
        id=made,
        clusters=clusters,
        continues=None if before is None else before.id,
        ended=follows.ended,
        person=ws.actor.name,
        at=ws.now,
    )
    places = {case: each.id for each, own in zip(clusters, prepared.members, strict=True) for case in own}
    position = ws.clusters.save(stored(whole), {case: places.get(case) for case in prepared.everyone})
    return told(ws, replace(whole, position=position))


def searched(ws: ClusterWorkspace, query: str, least: int, source: str | None, protocol: str | None) -> ClustersFound:
    """Return what lies close together among the sampled cases of a query.

    Raises
    ------
    QueryError, NotFound : as `find_clusters`
    """
    position = ws.evidence.position()
    asked = query_of(ws, query)
    question = Question(query=parse(asked.query))
    frame = frame_of(ws, question, position, source, protocol)
    facts = frame_facts_of(ws, frame, position)
    plan = settle(question, facts.census.rules)
    domain = build_domain(plan, facts.census)
    check_visible(domain, frame)
    if domain.windows:
        refuse_post_selection(ws, facts, plan, domain)
    cases, left_out = _cases(ws, asked.query, facts.census.frame, domain, position)
    found = groups(cases, least)
    clustered = frozenset().union(*(each.members for each in found.groups))
    noise = [case for case in cases if case.id not in clustered]
    outside = _events(noise, domain)
    clustering = Clustering(
        id="",
        query=asked.query,
        source=frame.source,
        protocol=frame.protocol,
        protocol_version=frame.version,
        looked_at=position,
        considered=len(cases),
        fields=found.fields,
        dimensions=found.dimensions,
        least=least,
        seed=SEED,
        clusters=tuple(_figures(found, cases, domain)),
        noise=len(noise),
        noise_events=outside.value or 0.0,
        noise_low=outside.low or 0.0,
        noise_high=outside.high or 0.0,
        person=ws.actor.name,
        at=ws.now,
        position=position,
        team=facts.document.team,
        sensitivity=ws.evidence.sensitivity(frame, domain.windows, position),
        notes=(*asked.read_as, *besides(frame), *([LEFT_OUT] if left_out else [])),
    )
    members = tuple(each.members for each in found.groups)
    return ClustersFound(clustering=clustering, members=members, everyone=frozenset(case.id for case in cases))


def _figures(found: CaseGroups, cases: Sequence[ClusterCase], domain: DomainCells) -> Iterator[ClusterFigure]:
    for each in found.groups:
        events = _events([case for case in cases if case.id in each.members], domain)
        yield ClusterFigure(
            id="",
            name=", ".join(each.terms),
            terms=each.terms,
            cases=len(each.members),
            events=events.value or 0.0,
            events_low=events.low or 0.0,
            events_high=events.high or 0.0,
            typical=each.typical,
        )


def _events(cases: Sequence[ClusterCase], domain: DomainCells) -> IntervalEstimate:
    """Return for about how many events of the log some cases stand; the interval is of this log."""
    numbers: dict[str | None, int] = {}
    units = [numbers.setdefault(case.unit, len(numbers)) for case in cases]
    drawn = Weighted(
        y=np.ones(len(cases)),
        x=np.ones(len(cases)),
        p=np.array([case.probability for case in cases]),
        window=np.zeros(len(cases), dtype=np.intp),
        windows=1,
        unit=np.array(units, dtype=np.intp) if cases and cases[0].unit is not None else None,
    )
    return weighted_total(drawn, hidden_numerator(domain.cells))


def _cases(ws: ClusterWorkspace, query: str, frame: Frame, domain: DomainCells, position: int) -> tuple[list[ClusterCase], bool]:
    """Return the sampled cases of a frame that match, and whether some are left out that the asker may still label.

    Raises
    ------
    FigureRefused : there are more than can be compared
    """
    windows = {to_micros(each) for each in domain.windows}
    drawn_by = (frame.source, frame.protocol, frame.version)
    found: list[ClusterCase] = []
    left_out = False
    for columns in ws.samples.columns(parse(query), (*READ, *DRAWN), position=position):
        for values in zip(*columns.values(), strict=True):
            line: dict[str, Any] = dict(zip(columns, values, strict=True))
            if (line["source"], line["protocol"], line["version"]) != drawn_by or line["window"] not in windows:
                continue
            left_out = left_out or line["hidden"] is not None
            if line["hidden"] is None and line["status"] is not None:
                found.append(_case(line, drawn_together=frame.unit is not None))
        if len(found) > MOST:
            raise FigureRefused(
                f"more than {MOST:,} cases match, and so many are compared at most",
                do="ask for fewer: a shorter time (occurred:), or one part of the log",
            )
    return found, left_out


def _case(line: dict[str, Any], *, drawn_together: bool) -> ClusterCase:
    fields = {INPUTS + name: value for name, value in line["inputs"].items()}
    fields |= {CONTEXT + name: value for name, value in line["context"].items()} | {"event.output": line["output"]}
    return ClusterCase(
        id=line["id"],
        text=line["text"] or "",
        fields=fields,
        probability=line["inclusion_probability"],
        unit=str(line["priority"]) if drawn_together else None,
    )
