"""In which order sampled events are labelled: worked out once for the runs in force, since what a run drew never changes.

Of a million sampled events that takes seconds, and everybody who takes something from the queue asks.
"""

from __future__ import annotations

import math
from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from threading import Lock
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from sqlalchemy import BigInteger, Column, ColumnElement, Connection, Engine, Row, Text, func, select, type_coerce

from remiss.curate.batches import LEAST_PREFIX, UNFLAGGED, Batch, batch_at, group_of, place, selected, share
from remiss.curate.guidelines import read
from remiss.curate.tally import BatchMembers, BatchOrder, Ownership
from remiss.edges.stores.abstentions import once_undecidable
from remiss.edges.stores.dialect.conditions import among
from remiss.edges.stores.dialect.types import from_json
from remiss.edges.stores.in_force import come_by, in_force, same_window
from remiss.edges.stores.in_force import of as of_plan
from remiss.edges.stores.labelling_reading import weights_of
from remiss.edges.stores.protocol_rows import stored
from remiss.edges.stores.reading import Reading
from remiss.edges.stores.tables import (
    cases,
    events,
    groups,
    instant,
    labellings,
    links,
    observations,
    protocols,
    run_windows,
    runs,
)
from remiss.protocol.terms import UNPLANNED, Protocol
from remiss.records.case import Sensitivity
from remiss.records.identity import canonical
from remiss.records.labelling import LabellingKind, Relation
from remiss.records.window import ORIGIN_MICROS

MOST_ORDERS = 16

# The batch of events that are alike, and its members so far: id, probability and key of each.
Alike: TypeAlias = tuple[Batch, list[tuple[str, float, int]]]
Key: TypeAlias = tuple[str, str, str, tuple[tuple[int, int], ...]]
# By the open database, not by the catalog's id, which copies of a file share.
_KNOWN: WeakKeyDictionary[Engine, OrderedDict[Key, BatchOrder]] = WeakKeyDictionary()
_LOCK = Lock()


def orders(reading: Reading) -> Sequence[BatchOrder]:
    """Return the order of each source and protocol with runs in force, as its newest version plans labelling."""
    return [_order(reading.connection, key, rows) for key, rows in _grounds(reading)]


Grade: TypeAlias = tuple[int | None, float | None]


def second_weights(reading: Reading, grades: Mapping[int, Grade]) -> Mapping[int, float]:
    """Return 1/(p12 p3) of events that two people labelled, by the event's key: for how many each speaks.

    Those that nobody was to label yet, or that were not among the share for a second person, are not here: what chance they had
    is not known. Of an event that no readable plan has an order for it is 1/p1, if a run in force drew it.

    Parameters
    ----------
    grades : the annotator's grade of each event, None where they found no failure, and the chance kept with their annotation
    """
    plans = orders(reading)
    found = {
        key: weight for key, weight in weights_of(reading, list(grades)).items() if not any(key in plan.of for plan in plans)
    }
    annotated = _annotated(reading) if any(key in plan.of for plan in plans for key in grades) else frozenset()
    for plan in plans:
        for key, weight in _weights(reading, plan, {key: grades[key] for key in grades if key in plan.of}, annotated).items():
            found[key] = min(weight, found.get(key, weight))
    return found


def _weights(reading: Reading, plan: BatchOrder, grades: Mapping[int, Grade], annotated: Collection[int]) -> Mapping[int, float]:
    # Of each batch the first event that is not annotated: all before it are in the labelled beginning.
    ends: dict[Batch, int | None] = {}
    before: set[int] = set()
    for batch in {plan.of[key] for key in grades}:
        events_of = plan.batches[batch]
        done = next((at for at, key in enumerate(events_of) if key not in annotated), len(events_of))
        if done == len(events_of) or done >= LEAST_PREFIX:
            ends[batch] = None if done == len(events_of) else events_of[done]
            before.update(events_of[:done])
    drawn = _drawn(reading, plan, [*grades, *(key for key in ends.values() if key is not None)])
    reach = {batch: math.inf if end is None else place(plan.seed, *drawn[end]) for batch, end in ends.items()}
    made = {}
    for key in before & grades.keys():
        event_id, first = drawn[key]
        severity, chance = grades[key]
        part = share(plan.labelling.verify, severity, flagged=plan.of[key].group not in UNFLAGGED)
        if selected(plan.seed, event_id, part, chance):
            made[key] = 1 / (min(first, reach[plan.of[key]]) * part)
    return made


def _drawn(reading: Reading, plan: BatchOrder, keys: Sequence[int]) -> Mapping[int, tuple[str, float]]:
    """Return the id of each event and the probability with which the run in force of a plan drew it."""
    found = (
        select(observations.c.event_key, events.c.event_id, func.max(observations.c.inclusion_probability))
        .join_from(observations, run_windows, same_window(observations))
        .join(events, events.c.key == observations.c.event_key)
        .where(
            in_force(reading.position), of_plan(plan.source, plan.protocol), among(observations.c.event_key, sorted(set(keys)))
        )
        .group_by(observations.c.event_key, events.c.event_id)
    )
    return {key: (event_id, probability) for key, event_id, probability in reading.connection.execute(found)}


def _annotated(reading: Reading) -> frozenset[int]:
    """Return the keys of the events that are or once were annotated, or whose case takes, or took, the verdict of such a one.

    What people cannot tell of counts as annotated.
    """
    once = labellings.c.kind == LabellingKind.ANNOTATION.value
    own = select(cases.c.key, cases.c.event_key).join(labellings, labellings.c.case_key == cases.c.key)
    rows = reading.connection.execute(own.where(once, come_by(labellings, reading.position)).distinct()).all()
    by_case = {key for key, _ in rows}
    linked = (
        select(links.c.other_key, cases.c.event_key)
        .join_from(links, cases, cases.c.key == links.c.case_key)
        .where(links.c.relation == Relation.ALIKE.value, come_by(links, reading.position, begins="position_from"))
    )
    undecidable = once_undecidable(reading)
    by_case.update(row.key for row in undecidable)
    others = (event for other, event in reading.connection.execute(linked) if other in by_case)
    return frozenset((*(event for _, event in rows), *(row.event_key for row in undecidable), *others))


def _grounds(reading: Reading) -> Iterator[tuple[Key, Sequence[Row[Any]]]]:
    found = (
        select(run_windows.c.run_key, run_windows.c.window_start, run_windows.c.source_name, protocols.c.digest, protocols)
        .join_from(run_windows, runs, runs.c.key == run_windows.c.run_key)
        .join(protocols, protocols.c.key == runs.c.protocol_key)
        .where(in_force(reading.position))
        .order_by(run_windows.c.run_key, run_windows.c.window_start)
    )
    by_digest: dict[tuple[str, str, str], list[Row[Any]]] = defaultdict(list)
    for row in reading.connection.execute(found):
        by_digest[row.source_name, row.name, row.digest].append(row)
    for name, rows in sorted(by_digest.items()):
        yield (*name, tuple((row.run_key, row.window_start) for row in rows)), rows


def _order(connection: Connection, key: Key, rows: Sequence[Row[Any]]) -> BatchOrder:
    with _LOCK:
        known = _KNOWN.setdefault(connection.engine, OrderedDict())
        if key in known:
            known.move_to_end(key)
            return known[key]
    newest = max(rows, key=lambda row: row.version)
    document = next(iter(read([stored(newest)])), None)
    found = _worked_out(connection, key, document)
    with _LOCK:
        known[key] = found
        while len(known) > MOST_ORDERS:
            known.popitem(last=False)
    return found


def _worked_out(connection: Connection, key: Key, document: Protocol | None) -> BatchOrder:
    """Return the order of some windows; of a protocol that cannot be read any more there is none."""
    source, protocol, _, windows = key
    labelling = (document.labelling if document is not None else None) or UNPLANNED
    every = labelling.every // timedelta(microseconds=1)
    criteria: dict[Batch, set[str]] = defaultdict(set)
    drawn: dict[Batch, list[tuple[str, float, int]]] = defaultdict(list)
    of: dict[int, Batch] = {}
    ownerships: dict[datetime, set[Ownership]] = defaultdict(set)
    of_run, populations = _ownerships(connection, windows), _populations(connection, windows)
    wanted = {(run_key, instant(start)) for run_key, start in windows}

    # Of a million events there are few kinds in few periods: what is said of one holds of all that are alike.
    @cache
    def alike(run_key: int, start: int, stratum: str, met: str, undecided: str, period: int) -> Alike | None:
        if (run_key, start) not in wanted:
            return None
        group = group_of(from_json(met), from_json(undecided), populations[run_key, start, stratum].__getitem__)
        apart = canonical(from_json(stratum)).decode() if labelling.apart else ""
        batch = batch_at(group, period, labelling.every, apart)
        criteria[batch].update(from_json(met))
        ownerships[batch.period].add(of_run[run_key])
        return batch, drawn[batch]

    sampled: Iterable[Any] = () if document is None else _sampled(connection, windows)
    for event, run_key, start, stratum, probability, met, undecided, event_id, at in sampled:
        found = alike(run_key, start, stratum, met, undecided, (at - ORIGIN_MICROS) // every)
        if found is not None:
            of[event], members = found
            members.append((event_id, probability, event))
    seed = "" if document is None else document.sampling.seed
    return BatchOrder(
        source=source,
        protocol=protocol,
        labelling=labelling,
        seed=seed,
        severities=_severities(document),
        batches={batch: BatchMembers(seed, drawn[batch]) for batch in sorted(drawn)},
        of=of,
        criteria={batch: frozenset(names) for batch, names in criteria.items()},
        ownerships=ownerships,
    )


def _ownerships(connection: Connection, windows: Sequence[tuple[int, Any]]) -> Mapping[int, Ownership]:
    """Return the team and sensitivity of each run by its key; its sampled events have the same."""
    wanted = among(runs.c.key, sorted({run_key for run_key, _ in windows}))
    found = connection.execute(select(runs.c.key, runs.c.team_id, runs.c.sensitivity).where(wanted))
    return {row.key: Ownership(row.team_id, Sensitivity(row.sensitivity)) for row in found}


def _severities(document: Protocol | None) -> Mapping[str, int]:
    return {} if document is None else {each.name: each.severity for each in document.criteria}


def _populations(connection: Connection, windows: Sequence[tuple[int, Any]]) -> Mapping[tuple[int, int, str], Mapping[str, int]]:
    """Return how many events met each criterion, by run, window and stratum, the latter two as they are stored."""
    stored_as = (groups.c.run_key, _micros(groups.c.window_start), groups.c.stratum, groups.c.criterion, groups.c.population)
    wanted = among(groups.c.run_key, sorted({run_key for run_key, _ in windows}))
    found: dict[tuple[int, int, str], dict[str, int]] = defaultdict(dict)
    for run_key, start, stratum, criterion, population in connection.execute(select(*stored_as).where(wanted)):
        found[run_key, start, stratum][criterion] = population
    return found


def _sampled(connection: Connection, windows: Sequence[tuple[int, Any]]) -> Iterable[Any]:
    """Return the sampled events of some runs, with times and lists as they are stored: of a million few are unlike."""
    lists = (type_coerce(observations.c[name], Text()).label(name) for name in ("criteria_met", "criteria_undecided"))
    found = (
        select(
            observations.c.event_key,
            observations.c.run_key,
            _micros(observations.c.window_start),
            observations.c.stratum,
            observations.c.inclusion_probability,
            *lists,
        )
        .add_columns(events.c.event_id, _micros(events.c.occurred_at))
        .join_from(observations, events, events.c.key == observations.c.event_key)
        .where(
            among(observations.c.run_key, sorted({run_key for run_key, _ in windows})), observations.c.inclusion_probability > 0
        )
    )
    return connection.execute(found)


def _micros(column: Column[Any]) -> ColumnElement[int]:
    return type_coerce(column, BigInteger()).label(column.name)
