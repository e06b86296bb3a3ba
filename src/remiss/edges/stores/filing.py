"""Filing a run: its events, what it saw of them, its exact counts; and bringing it in force.

The order of locks is the same in all writers (docs/adr/0004): the source's name, rows of cases, then the position.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import timedelta

from sqlalchemy import Connection, insert, select, update

from remiss.capture.captured import StoredTexts
from remiss.edges.stores.activation import Seen, activate
from remiss.edges.stores.crashing import crash_point
from remiss.edges.stores.dialect.types import json_cell, names_cell, to_json
from remiss.edges.stores.dialect.writing import insert_many
from remiss.edges.stores.event_filing import content_that_differs, file_events, place_of
from remiss.edges.stores.histograms import file_histograms
from remiss.edges.stores.logs.journal import Transaction
from remiss.edges.stores.reading import Reader
from remiss.edges.stores.redactions import redactions_cell, seen_redactions
from remiss.edges.stores.run_changes import file_changes
from remiss.edges.stores.run_rows import captured, find_run
from remiss.edges.stores.runs import RunStore
from remiss.edges.stores.source_files import file_listing, lock_files, lock_source
from remiss.edges.stores.storable import held, storable
from remiss.edges.stores.stored_texts import rewrite
from remiss.edges.stores.tables import (
    cells,
    groups,
    instant,
    observations,
    profiles,
    protocols,
    refused_rows,
    run_windows,
    runs,
    samples,
    shared_windows,
)
from remiss.errors import Conflict
from remiss.govern.redaction.event_fields import sensitivity_of
from remiss.protocol.terms import Protocol
from remiss.records.bulk import in_bulk
from remiss.records.run import Change, DerivedRun, Run
from remiss.records.source_file import labels_of


class FilingStore:
    """What files runs and changes filed ones: fulfils `capture.ports.RunFiling`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._store = reader.store

    def file(
        self, derived: DerivedRun, *, run: str, status: str, changes: Sequence[Change], team: str, document: Protocol
    ) -> Run:
        """File a whole run; see the port.

        Raises
        ------
        Conflict : the run is filed already, or a known event came back with another model
        """
        with in_bulk():
            file_run(self._store.transaction, derived, run=run, status=status, changes=changes, team=team, document=document)
        return RunStore(self._reader).get(run)

    def accept(self, run: str) -> Run:
        """Bring a waiting run in force.

        Raises
        ------
        NotFound, Conflict : not waiting, or a later run is already in force for one of its windows
        """
        transaction = self._store.transaction
        lock_source(transaction.connection, find_run(self._reader.writing, run).source_name)
        # Now nobody else can accept it.
        row = find_run(self._reader.writing, run)
        if row.status != "waiting":
            raise Conflict(f"{row.id} is not waiting: it is {row.status}", do="see remiss run show")
        transaction.subjects.append(row.id)
        transaction.changed(row.id, *({"digest": row.digest, "status": each} for each in ("waiting", "complete")))
        activate(transaction, row.key, captured(transaction.connection, row.key))
        return RunStore(self._reader).get(row.id)

    def rewrite(self, run: str, texts: StoredTexts) -> None:
        """Write what a run stored as it is after redaction."""
        rewrite(self._store.transaction, run, texts)


def file_run(
    transaction: Transaction,
    derived: DerivedRun,
    *,
    run: str,
    status: str,
    changes: Sequence[Change],
    team: str,
    document: Protocol,
) -> None:
    """File a whole run in the transaction; a `complete` one comes in force.

    Raises
    ------
    Conflict : the run is filed already, or an event came back with another model
    """
    connection = transaction.connection
    derived = replace(derived, members=tuple(storable(member) for member in derived.members))
    lock_source(connection, derived.manifest.source)
    lock_files(connection, derived.manifest.source)
    if connection.execute(select(runs.c.key).where(runs.c.id == run)).first() is not None:
        raise Conflict(f"{run} is in the catalog already", do="do nothing: this very capture was filed before")
    sensitivity = sensitivity_of(document.fields, document.sensitivity)
    filed = file_events(connection, derived, document.sampling.window, team, sensitivity)
    keys, new = filed.keys, filed.new
    crash_point("after-events")
    row = _run_row(transaction, derived, run, status, changes, team, document)
    # Those in no group were not sampled: they were in the catalog already and only read again.
    row |= {
        "sensitivity": int(sensitivity),
        "events_new": new,
        "events_known": sum(bool(member.groups) for member in derived.members) - new,
    }
    run_key = connection.execute(insert(runs).returning(runs.c.key), row).scalar_one()
    seen = [(keys[place_of(member)], member) for member in derived.members]
    _file_sample(connection, run_key, seen, content_that_differs(connection, document, seen, filed.known))
    crash_point("after-samples")
    _file_windows(connection, run_key, derived, document.sampling.window)
    _file_counts(connection, run_key, derived)
    file_changes(connection, run_key, changes)
    file_histograms(connection, run_key, derived)
    transaction.subjects.append(run)
    transaction.changed(run, None, {"digest": derived.digest, "status": status})
    if status == "complete":
        activate(transaction, run_key, seen)
    position = transaction.position()
    connection.execute(update(runs).where(runs.c.key == run_key).values(position=position))
    shared = ((run_key, instant(window), instant(beside)) for window, beside in derived.beside)
    insert_many(connection, shared_windows, ("run_key", "window_start", "beside"), shared)
    if derived.listing:
        file_listing(connection, derived.manifest.source, derived.manifest.protocol, derived.listing, position)
    if derived.label_listing:
        labels = labels_of(derived.manifest.source)
        file_listing(connection, labels, derived.manifest.protocol, derived.label_listing, position)


def _run_row(
    transaction: Transaction,
    derived: DerivedRun,
    run: str,
    status: str,
    changes: Sequence[Change],
    team: str,
    document: Protocol,
) -> dict[str, object]:
    manifest = derived.manifest
    version = (protocols.c.name == manifest.protocol) & (protocols.c.version == manifest.protocol_version)
    return {
        "id": run,
        "protocol_key": transaction.connection.execute(select(protocols.c.key).where(version)).scalar_one(),
        "source_name": manifest.source,
        "protocol_name": manifest.protocol,
        "since": manifest.since,
        "until": manifest.until,
        "as_of": manifest.as_of,
        "status": status,
        "digest": derived.digest,
        "fingerprint": manifest.fingerprint,
        "rules": manifest.rules,
        "manifest": {field.name: getattr(manifest, field.name) for field in fields(manifest)},
        "cases_new": 0,
        "cases_known": 0,
        "changes": Counter(change.kind for change in changes),
        "refused": derived.refusals.counts,
        "suggestions": {item.name: [item.severity, item.mode] for item in document.criteria},
        "actor": transaction.actor.name,
        "created_at": transaction.at,
        "position": 0,  # stamped when the position is taken
        "team_id": team,
    }


def _file_sample(connection: Connection, run_key: int, sample: Seen, contents: Mapping[int, str]) -> None:
    # Few strata, each with many members.
    strata = {key: to_json(dict(key)) for key in {tuple(item.stratum.items()) for _, item in sample}}
    seen = (
        (
            *(run_key, event_key, instant(item.window), strata[tuple(item.stratum.items())]),
            *(item.priority, item.probability),
            *(names_cell(item.met), names_cell(item.undecided), names_cell(item.outside)),
            *(json_cell(item.event.output), json_cell(item.event.label), item.event.label is not None, item.evidence),
            *(redactions_cell(seen_redactions(item.event.redactions)), contents.get(event_key)),
            names_cell(item.ruled_out) if item.ruled_out else None,
        )
        for event_key, item in sample
    )
    columns = (
        *("run_key", "event_key", "window_start", "stratum", "priority", "inclusion_probability"),
        *("criteria_met", "criteria_undecided", "criteria_outside"),
        *("output", "label", "labelled", "evidence", "redactions", "content", "criteria_ruled_out"),
    )
    insert_many(connection, observations, columns, seen)
    kept = ((run_key, event_key, criterion) for event_key, item in sample for criterion in item.groups)
    insert_many(connection, samples, ("run_key", "event_key", "criterion"), kept)


def _file_windows(connection: Connection, run_key: int, derived: DerivedRun, width: timedelta) -> None:
    source, protocol, micros = derived.manifest.source, derived.manifest.protocol, width // timedelta(microseconds=1)
    rows = (
        (
            *(run_key, instant(item.window), source, protocol, micros),
            *(item.population, item.labelled, item.provisional, item.left_out),
            json_cell(item.nulls) if item.nulls else None,
        )
        for item in derived.windows
    )
    columns = (
        *("run_key", "window_start", "source_name", "protocol_name", "width_micros"),
        *("population", "labelled", "provisional", "left_out", "nulls"),
    )
    insert_many(connection, run_windows, columns, rows)


def _file_counts(connection: Connection, run_key: int, derived: DerivedRun) -> None:
    insert_many(
        connection,
        groups,
        ("run_key", "window_start", "stratum", "criterion", "population", "labelled", "kept", "threshold"),
        (
            (run_key, instant(g.window), to_json(g.stratum), g.criterion, g.population, g.labelled, g.kept, g.threshold)
            for g in derived.groups
        ),
    )
    insert_many(
        connection,
        cells,
        (
            *("run_key", "window_start", "stratum", "criteria_met", "criteria_undecided", "criteria_outside"),
            *("population", "labelled", "ruled_out", "model_version"),
        ),
        (
            (
                *(run_key, instant(cell.window), to_json(cell.stratum)),
                *map(names_cell, (cell.met, cell.undecided, cell.outside)),
                *(cell.population, cell.labelled, json_cell(cell.ruled_out) if cell.ruled_out else None),
                names_cell(() if cell.version is None else (cell.version.name,)),
            )
            for cell in derived.cells
        ),
    )
    insert_many(
        connection,
        profiles,
        ("run_key", "window_start", "field", "count", "nulls", "minimum", "maximum"),
        (
            (run_key, instant(p.window), p.field, p.count, p.nulls, json_cell(held(p.minimum)), json_cell(held(p.maximum)))
            for p in derived.profiles
        ),
    )
    insert_many(
        connection,
        refused_rows,
        ("run_key", "ordinal", "reason", "file", "row", "detail"),
        ((run_key, at, r.reason, r.file, r.row, held(r.detail)) for at, r in enumerate(derived.refusals.rows)),
    )
