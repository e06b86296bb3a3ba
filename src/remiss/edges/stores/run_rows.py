"""Rows of runs as records: the run, its manifest, groups and cells, and the events that it saw."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Connection, Label, Row, and_, false, func, select

from remiss.capture.requirements import Refused
from remiss.edges.stores.dialect.types import from_json
from remiss.edges.stores.in_force import come_by, same_window
from remiss.edges.stores.reading import Reading
from remiss.edges.stores.redactions import FIRST, redactions_of
from remiss.edges.stores.tables import (
    bins,
    cells,
    event_contents,
    events,
    groups,
    observations,
    protocols,
    run_windows,
    runs,
    samples,
)
from remiss.edges.stores.visible import visible_to
from remiss.errors import Ambiguous, NotFound
from remiss.protocol.versions import salvage
from remiss.records.event import Event, ModelVersion, Values, is_text
from remiss.records.identity import parse_time
from remiss.records.run import Cell, Group, Manifest, Member, Profile, Run, RunWindow

# Of a prefix that stands for a run.
SHORTEST = 6

# Of runs that name no rules.
FIRST_RULES = 1


def window(row: Row[Any]) -> RunWindow:
    """Return a row of `run_windows` as a record."""
    return RunWindow(
        window=row.window_start,
        population=row.population,
        labelled=row.labelled,
        provisional=row.provisional,
        left_out=row.left_out,
        nulls=row.nulls or {},
    )


def run_of(row: Row[Any]) -> Run:
    """Return a row of `runs` as a record, as lists have it."""
    return Run(
        id=row.id,
        status=row.status,
        digest=row.digest,
        manifest=manifest(row.manifest),
        refused=row.refused,
        events_new=row.events_new,
        events_known=row.events_known,
        cases_new=row.cases_new,
        cases_known=row.cases_known,
        changes=row.changes,
        actor=row.actor,
        at=row.created_at,
        position=row.position,
    )


def shown(reading: Reading, row: Row[Any], groups: tuple[Group, ...]) -> Run:
    """Return a row of `runs` as a record, with its groups and what is told of it alone."""
    criteria, counted, nulls = reading.once(
        ("what is told of a run alone", row.key),
        lambda: (criteria_of(reading, row), counted_of(reading, row), nulls_of(reading, row)),
    )
    return replace(run_of(row), groups=groups, criteria=criteria, counted=counted, nulls=nulls)


def as_it_stood(run: Run, came: int | None, position: int | None) -> Run:
    """Return a run as it stood at a position, None being now: one that was accepted later still waited."""
    if position is None or (came is not None and came <= position):
        return run
    return replace(run, status="waiting", cases_new=0, cases_known=0)


def manifest(stored: dict[str, Any]) -> Manifest:
    """Return the stored manifest of a run as a record."""
    found: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}
    for name in ("since", "until", "as_of"):
        found[name] = parse_time(stored[name])
    return Manifest(**{field.name: found[field.name] for field in fields(Manifest) if field.name in found})


def criteria_of(reading: Reading, row: Row[Any]) -> tuple[str, ...]:
    """Return the criteria of the protocol that drew a run, in its order; none where this remiss cannot read it any more."""
    text = reading.connection.execute(select(protocols.c.text).where(protocols.c.key == row.protocol_key)).scalar_one()
    document = salvage(text, row.protocol_name)
    return () if document is None else tuple(each.name for each in document.criteria)


def counted_of(reading: Reading, row: Row[Any]) -> tuple[str, ...]:
    """Return the fields by whose values a run counted events; none of one that was filed before there were histograms."""
    if row.bins is None:
        return ()
    fields = reading.connection.execute(select(bins.c.fields).where(bins.c.digest == row.bins)).scalar_one()
    return tuple(each["field"] for each in fields)


def nulls_of(reading: Reading, row: Row[Any]) -> Mapping[str, int]:
    """Return on how many events of a run `when` was null, by criterion."""
    found: Counter[str] = Counter()
    for own in reading.connection.execute(select(run_windows.c.nulls).where(run_windows.c.run_key == row.key)).scalars():
        found.update(own or {})
    return dict(sorted(found.items()))


def refused_by(reading: Reading, these: ColumnElement[bool]) -> Iterator[Refused]:
    """Yield what each of these runs refused, and its rows without a window."""
    for row in reading.connection.execute(select(runs.c.refused, runs.c.manifest).where(these).order_by(runs.c.key)):
        its = manifest(row.manifest)
        yield Refused(counts=row.refused, files=its.file_digests, unplaced=its.unplaced)


def groups_of(reading: Reading, run_key: int) -> tuple[Group, ...]:
    """Return the groups of a run, sorted by window, stratum, criterion."""
    found = (
        select(groups, run_windows.c.provisional)
        .join(run_windows, same_window(groups))
        .where(groups.c.run_key == run_key)
        .order_by(groups.c.window_start, groups.c.stratum, groups.c.criterion)
    )
    return tuple(group(row) for row in reading.connection.execute(found))


def group(row: Row[Any]) -> Group:
    """Return a row of `groups`, with its window's `provisional`, as a record."""
    return Group(
        criterion=row.criterion,
        window=row.window_start,
        stratum=from_json(row.stratum),
        population=row.population,
        labelled=row.labelled,
        kept=row.kept,
        threshold=row.threshold,
        provisional=row.provisional,
    )


# Which columns cells are sorted by: window, stratum, pattern, version.
CELL_ORDER = ("window_start", "stratum", "criteria_met", "criteria_undecided", "criteria_outside", "model_version")
# What stands for the version of cells whose version is not told apart.
NOT_TOLD = "[]"


def cells_of(reading: Reading, run_key: int) -> tuple[Cell, ...]:
    """Return the cells of a run, sorted by window, stratum, pattern."""
    found = select(cells).where(cells.c.run_key == run_key).order_by(*(cells.c[name] for name in CELL_ORDER))
    return tuple(cell(row) for row in reading.connection.execute(found))


def cell(row: Row[Any]) -> Cell:
    """Return a row of `cells` as a record."""
    return Cell(
        window=row.window_start,
        stratum=from_json(row.stratum),
        met=tuple(from_json(row.criteria_met)),
        undecided=tuple(from_json(row.criteria_undecided)),
        outside=tuple(from_json(row.criteria_outside)),
        version=version(row.model_version),
        population=row.population,
        labelled=row.labelled,
        ruled_out=row.ruled_out or {},
    )


@lru_cache(4096)
def version(stored: str) -> ModelVersion | None:
    """Return a stored model version of a cell; None where it is not told apart."""
    return None if stored == NOT_TOLD else ModelVersion(*from_json(stored))


def profile(row: Row[Any]) -> Profile:
    """Return a row of `profiles`, with its `count` as `count_`, as a record."""
    return Profile(
        window=row.window_start, field=row.field, count=row.count_, nulls=row.nulls, minimum=row.minimum, maximum=row.maximum
    )


def captured(connection: Connection, run_key: int) -> list[tuple[int, Member]]:
    """Return the events that a run saw with their keys, by window and priority; of erased ones what is left.

    Those in no group were not sampled: they were in the catalog already and only read again.
    """
    kept = defaultdict(list)
    for row in connection.execute(select(samples.c.event_key, samples.c.criterion).where(samples.c.run_key == run_key)):
        kept[row.event_key].append(row.criterion)
    found = (
        select(observations, events, event_contents.c.inputs, event_contents.c.context, event_contents.c.text, FIRST)
        .join(events, events.c.key == observations.c.event_key)
        .outerjoin(event_contents, event_contents.c.event_key == events.c.key)
        .where(observations.c.run_key == run_key)
        .order_by(observations.c.window_start, observations.c.priority, events.c.event_id)
    )
    return [(row.event_key, _member(row, tuple(sorted(kept[row.event_key])))) for row in connection.execute(found)]


def event_of(row: Row[Any]) -> Event:
    """Return a row of `observations`, `events` and content as an event, as that run saw it; of an erased one what is left."""
    return Event(
        id=row.event_id,
        at=row.occurred_at,
        model=row.model,
        model_version=row.model_version,
        model_digest=row.model_digest,
        features=row.features,
        output=row.output,
        label=row.label,
        confidence=row.confidence,
        latency_ms=row.latency_ms,
        status=row.status,
        trace_id=row.trace_id,
        inputs=row.inputs or {},
        context=row.context or {},
        text=row.text,
        redactions=redactions_of(row.content_redactions, row.redactions),
    )


def _member(row: Row[Any], kept: tuple[str, ...]) -> Member:
    return Member(
        event=event_of(row),
        priority=row.priority,
        window=row.window_start,
        stratum=from_json(row.stratum),
        groups=kept,
        probability=row.inclusion_probability,
        met=tuple(row.criteria_met),
        undecided=tuple(row.criteria_undecided),
        outside=tuple(row.criteria_outside),
        ruled_out=tuple(row.criteria_ruled_out or ()),
        evidence=row.evidence,
    )


# Lists of criteria and strata are few and come again with every event: where they are taken as text, each is read once.
@lru_cache(4096)
def names(stored: str) -> tuple[str, ...]:
    """Return a stored list of criteria."""
    return tuple(from_json(stored))


@lru_cache(4096)
def stratum(stored: str) -> Values:
    """Return a stored stratum."""
    return MappingProxyType(from_json(stored))


def came() -> Label[int | None]:
    """Return the column that says at which position a run came in force; null while it waits."""
    first = select(func.min(run_windows.c.position_from)).where(run_windows.c.run_key == runs.c.key)
    return first.correlate(runs).scalar_subquery().label("came")


def find_run(reading: Reading, run: str) -> Row[Any]:
    """Return the row of a run by its id, or by a prefix of it that no other run has, of those that are seen."""
    prefix = run if run.startswith("run-") else f"run-{run}"
    named = and_(runs.c.id >= prefix, runs.c.id < prefix + "~") if is_text(run) else false()
    alike = select(runs, came()).where(named, come_by(runs, reading.position), visible_to(reading.scope, runs))
    found = reading.connection.execute(alike.order_by(runs.c.id).limit(3)).all()
    if found and found[0].id == prefix:
        return found[0]
    if not found or len(prefix) < len("run-") + SHORTEST:
        raise NotFound(
            f"there is no run {run}", do=f"list them with: remiss run list (a prefix needs {SHORTEST} characters or more)"
        )
    if len(found) > 1:
        raise Ambiguous(f"several runs begin with {run}", do=f"write more of it: {', '.join(row.id for row in found)}")
    return found[0]
