"""Survey: what a first pass over the rows tells, which decides what must be asked at all.

Events by window, rows left out, refused rows by reason, files, how many strata, and whether any id is repeated.

A row that cannot be placed in a window (its time, or all of it, cannot be read) belongs to the runs whose windows have an
event in its file, as the fingerprint does: a file that is added later changes no older run. A file without any event has
no such run; it is said of every run that read it, and counts in none.

Preparing: the shapes of fields, whether they can bear their use, and the labels laid ready to join.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from remiss.capture import requirements
from remiss.capture.sql import late_labels, scan, statements
from remiss.capture.sql.floating import deciding
from remiss.capture.sql.plan import EVENTS, KNOWN, REPEATS, LabelHistory, ScanPlan, Shape
from remiss.capture.sql.scan import reasons
from remiss.capture.values import check_shapes, check_zone, shape_of
from remiss.errors import Location, ProtocolError
from remiss.govern.ports.machine import Progress
from remiss.protocol.ports import Session
from remiss.protocol.terms import Labels
from remiss.records.identity import to_micros
from remiss.records.run import RefusedRow
from remiss.records.window import clock_changes

# Before this no clock was set back: to look for changes costs a step for each day.
CLOCKS = to_micros(datetime(1880, 1, 1, tzinfo=UTC))
MOST_STRATA = 1000


# A guess by sketch errs by a few per cent: beyond this it is worth counting exactly before a census of them is begun.
GUESS = 0.8


def prepared(session: Session, plan: ScanPlan) -> ScanPlan:
    """Return the plan that knows the shapes of fields and how labels lie; keeps the labels for joining."""
    checked = plan.checked
    schema = session.run(scan.probe(checked)).schema
    found = {one: shape_of(kind) for one, kind in zip(schema.names, schema.types, strict=True)}
    shapes = {one: shape for one, shape in found.items() if not one.startswith(scan.COMPARED)}
    check_shapes(checked, shapes)
    floats = frozenset(one.removeprefix(scan.COMPARED) for one in found.keys() - shapes.keys() if found[one] is Shape.NUMBER)
    plan = replace(plan, shapes=shapes, floats=floats)
    labels = checked.protocol.labels
    if labels is None or not late_labels.columns(checked):
        return plan
    plan, shape = label_times(session, plan, labels)
    found = session.run(late_labels.has_several(plan, labels, shape)).to_pylist()[0]
    plan = replace(plan, history=LabelHistory.ONE if found["rows"] == found["keys"] else LabelHistory.MANY)
    session.keep(KNOWN, late_labels.known(plan, labels, shape))
    if plan.history is LabelHistory.MANY and session.run(late_labels.disagreements()).to_pylist()[0]["rows"]:
        plan = replace(plan, labels_disagree=True)
    return plan


def label_times(session: Session, plan: ScanPlan, labels: Labels) -> tuple[ScanPlan, Shape]:
    """Return the plan that knows how the times of labels are to be read, and their shape."""
    shape = shape_of(session.run(late_labels.probe(plan.checked)).schema.types[0])
    zone = labels.address.time_zone or plan.checked.protocol.source.time_zone
    check_zone(shape, zone, "labels.time", Location(plan.checked.protocol.path, labels.line))
    return _label_clocks(session, plan, labels, shape, zone), shape


def _label_clocks(session: Session, plan: ScanPlan, labels: Labels, shape: Shape, zone: str | None) -> ScanPlan:
    """Return the plan that knows which labels have a local time that comes twice, or does not exist."""
    asked = late_labels.local_times(plan.checked, shape)
    if asked is None or zone is None:
        return plan
    bounds = session.run(asked).to_pylist()[0]
    if bounds["least"] is None:
        return plan
    first, last = max(bounds["least"], CLOCKS), min(bounds["greatest"], to_micros(plan.as_of))
    plan = replace(plan, label_shape=shape, label_changes=clock_changes(zone, first, last))
    if not plan.label_changes:
        return plan
    found = session.run(late_labels.clock_counts(plan, labels, shape)).to_pylist()[0]
    decided = labels.address.ambiguous != "refuse"
    refused = {requirements.NONEXISTENT_LABEL: found["never"], requirements.AMBIGUOUS_LABEL: 0 if decided else found["twice"]}
    return replace(plan, labels_refused=refused, labels_twice=found["twice"] if decided else 0)


def refused_labels(session: Session, plan: ScanPlan) -> list[RefusedRow]:
    """Return the first labels of each reason for which labels are not used."""
    labels = plan.checked.protocol.labels
    if labels is None or not any(plan.labels_refused.values()):
        return []
    return [
        RefusedRow(reason=row["reason"], file=row["file"], row=row["line"], detail=requirements.explain(row["reason"]))
        for row in session.run(late_labels.refused(plan, labels, plan.label_shape)).to_pylist()
    ]


def floating(session: Session, sql: str) -> frozenset[str]:
    """Return the columns of floating-point numbers by whose values an expression over the source decides."""
    columns = deciding(sql)
    if not columns:
        return frozenset()
    schema = session.run(f"SELECT {', '.join(columns)} FROM {EVENTS} AS source LIMIT 0").schema
    return frozenset(one for one, kind in zip(columns, schema.types, strict=True) if shape_of(kind) is Shape.NUMBER)


@dataclass(slots=True)
class RowChecks:
    """What a first pass over the rows tells: events by window of the plan, refused rows by reason, files.

    `held` counts the events of the run's windows in each file; of rows that repeat an event, each counts for its own file.
    `unplaced` are the rows that belong to no window, by file and reason; `eventless` are the files among those that hold no
    event of any window. `rows` are those of the windows, and the unplaced ones of `files`. `left_out` counts the rows of each
    window that the protocol is not about, and `left_out_null` those among them of which that could not be told;
    `left_out_timeless` are those that stand in no window, and count in no run. `beside` counts what would be events in the
    windows next to those that are read. Of rows that share an id, `merged` were dropped as saying the same as the one that is
    kept, and `resolved` as outranked by it. `shares_before` is whether some id of the run's first window stands in the one before
    it too, and `shares_after` the same of the last and the one after it.
    """

    events: dict[int, int]
    refused: dict[str, int]
    held: dict[str, int]
    rows: int
    strata: dict[int, int]
    reasons: set[str]
    unplaced: dict[str, dict[str, int]] = field(default_factory=dict)
    eventless: frozenset[str] = frozenset()
    left_out: dict[int, int] = field(default_factory=dict)
    left_out_null: int = 0
    left_out_timeless: int = 0
    beside: int = 0
    merged: int = 0
    resolved: int = 0
    shares_before: bool = False
    shares_after: bool = False

    @property
    def files(self) -> tuple[str, ...]:
        """The files that hold at least one event of the run's windows, sorted."""
        return tuple(sorted(file for file, events in self.held.items() if events))

    @property
    def placed(self) -> Mapping[str, Mapping[str, int]]:
        """The unplaced rows of `files`: those that count in this run."""
        return {file: self.unplaced[file] for file in self.files if file in self.unplaced}

    @property
    def lost(self) -> Mapping[str, Mapping[str, int]]:
        """The unplaced rows of files without an event: those that count in no run."""
        return {file: reasons for file, reasons in sorted(self.unplaced.items()) if file in self.eventless}


def rows_checked(session: Session, plan: ScanPlan, progress: Progress) -> tuple[ScanPlan, RowChecks]:
    """Return the plan with what it learned of the rows, and what was seen of them.

    Raises
    ------
    ProtocolError : a field cannot be used as what it is for; more than 1,000 strata in a window
    """
    progress("reading the log", 0.0)
    plan = prepared(session, plan)
    progress("checking rows", 0.05)
    # Looking for repeats has to read every id anyway, and says whether one is unusable: so hardly ever are they read twice.
    beside = replace(plan, beside=True)
    seen = _counted_rows(session, replace(beside, reasons=_all_but_ids(plan)))
    progress("looking for repeated ids", 0.1)
    ids, unusable = _ids(session, replace(beside, reasons=frozenset(seen.reasons)))
    if unusable:
        seen = _counted_rows(session, beside)
        ids, _ = _ids(session, replace(beside, reasons=frozenset(seen.reasons)))
    plan = replace(plan, reasons=frozenset(seen.reasons))
    _bear_strata(session, plan, seen)
    if ids < sum(seen.events.values()) + seen.beside:
        plan = _without_repeats(session, plan, seen)
    _place(session, plan, seen)
    return plan, seen


def _all_but_ids(plan: ScanPlan) -> frozenset[str]:
    return frozenset(reason for reason, _ in reasons(plan)) - {requirements.BAD_ID}


def _ids(session: Session, plan: ScanPlan) -> tuple[int, bool]:
    """Return how many different ids events have, and whether some row has an unusable one."""
    found = session.run(statements.distinct_ids(plan)).to_pylist()[0]
    return found["ids"], found["unusable"] > 0


def _counted_rows(session: Session, plan: ScanPlan) -> RowChecks:
    seen = RowChecks(events={}, refused={}, held={}, rows=0, strata={}, reasons=set())
    for row in session.run(statements.row_counts(plan)).to_pylist():
        number, reason, rows = row["number"], row["reason"], row["rows"]
        if not row.get("admitted", True):
            _leave_out(plan, seen, number, rows, unknown=row["admitted"] is None)
            continue
        if reason is not None:
            seen.reasons.add(reason)
        if number is None:
            seen.reasons.add(requirements.BAD_TIME)
            of_file = seen.unplaced.setdefault(row["file"], {})
            of_file[reason] = of_file.get(reason, 0) + rows
        elif not 0 < number < plan.ends:
            seen.beside += rows if reason is None else 0
        else:
            _count(plan, seen, row)
    return seen


def _count(plan: ScanPlan, seen: RowChecks, row: Mapping[str, Any]) -> None:
    number, reason, rows = row["number"], row["reason"], row["rows"]
    if reason is None:
        seen.events[number] = seen.events.get(number, 0) + rows
    if number < plan.reach:
        return
    seen.rows += rows
    if reason is None:
        seen.held[row["file"]] = seen.held.get(row["file"], 0) + rows
        seen.strata[number] = max(seen.strata.get(number, 0), row["strata"])
    else:
        seen.refused[reason] = seen.refused.get(reason, 0) + rows


def _leave_out(plan: ScanPlan, seen: RowChecks, number: int | None, rows: int, *, unknown: bool) -> None:
    if number is None:
        seen.left_out_timeless += rows
    elif plan.reach <= number < plan.ends:
        seen.rows += rows
        seen.left_out[number] = seen.left_out.get(number, 0) + rows
        seen.left_out_null += rows if unknown else 0


def _bear_strata(session: Session, plan: ScanPlan, seen: RowChecks) -> None:
    suspects = [number for number, guess in seen.strata.items() if guess > MOST_STRATA * GUESS]
    if not suspects:
        return
    for row in session.run(statements.strata(plan, suspects)).to_pylist():
        if row["strata"] > MOST_STRATA:
            protocol = plan.checked.protocol
            raise ProtocolError(
                f"one window has {row['strata']:,} strata; at most {MOST_STRATA:,} are sampled",
                where=Location(protocol.path, protocol.lines.get("sampling")),
                do=f"stratify by fewer or coarser fields than {', '.join(protocol.sampling.strata)}",
            )


def _without_repeats(session: Session, plan: ScanPlan, seen: RowChecks) -> ScanPlan:
    session.keep(REPEATS, statements.repeats(replace(plan, beside=True)))
    edges = session.run(statements.shared(replace(plan, beside=True))).to_pylist()[0]
    seen.shares_before, seen.shares_after = edges["before"] > 0, edges["after"] > 0
    plan = replace(plan, repeated=True)
    for row in session.run(statements.dropped(plan)).to_pylist():
        number, rows = row["number"], row["rows"]
        seen.events[number] -= rows
        if not seen.events[number]:
            del seen.events[number]
        if number < plan.reach:
            continue
        if row["fate"] == requirements.Fate.REFUSED:
            seen.held[row["file"]] -= rows
            seen.refused[requirements.DUPLICATE_ID] = seen.refused.get(requirements.DUPLICATE_ID, 0) + rows
        elif row["fate"] == requirements.Fate.MERGED:
            seen.merged += rows
        else:
            seen.resolved += rows
    return plan


def _place(session: Session, plan: ScanPlan, seen: RowChecks) -> None:
    """Find the runs of rows without a window: this one, others, or none."""
    for file, unreadable in session.unreadable(EVENTS).items():
        seen.unplaced.setdefault(file, {})[requirements.UNREADABLE] = unreadable.count
    seen.rows += sum(sum(reasons.values()) for reasons in seen.placed.values())
    elsewhere = sorted(file for file in seen.unplaced if not seen.held.get(file))
    if elsewhere:
        found = session.run(statements.eventful(plan, elsewhere)).to_pylist()
        seen.eventless = frozenset(elsewhere).difference(row["file"] for row in found)
