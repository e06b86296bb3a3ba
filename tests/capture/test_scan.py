"""The statements of a capture, as text: a change of what engines are asked shows here before it shows in a sample."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlglot

from remiss.capture import field_counts, left_out, profile, requirements, unit_census
from remiss.capture.sql import criteria, late_labels, scan, spelling, statements
from remiss.capture.sql.plan import LabelHistory, ScanPlan, Shape
from remiss.edges.engines.structures import structure_of
from remiss.protocol import document, lint
from remiss.protocol.ports import Description
from remiss.protocol.terms import Type
from remiss.records.histogram import LABEL_DELAY, Bins, FieldBins

BINS = Bins(
    {
        "output": FieldBins(expression="x", kind="category", values=("late", "it's"), size=4),
        "label": FieldBins(expression="x", kind="category", values=(), size=2),
        "inputs.wind": FieldBins(expression="x", edges=(1.0, 2.0), size=4),
        LABEL_DELAY: FieldBins(expression="x", kind="delay", edges=(0.0,), size=3),
    }
)
SNAPSHOTS = Path(__file__).parent / "snapshots"
PROTOCOL = """\
protocol: arrival-delay
version: 1
model: arrival-delay
source: {name: predictions, format: parquet, uri: "*.parquet", time_zone: America/New_York}
labels: {format: parquet, uri: "outcomes/*.parquet", key: flight, time: known_at, lag: 2 days}
fields:
  id: prediction_id
  time: scheduled_at
  output: predicted
  label: labels.actual
  latency_ms: TRY_CAST(latency AS DOUBLE)
  inputs: [wind]
  context: {airport: origin}
require: [id, time, output, context.airport]
criteria:
  - {name: missed-delay, kind: misclassification, when: "output = 'on-time' AND label = 'late'",
     severity: 2, why: A missed connection.}
  - {name: slow, kind: latency, when: latency_ms > 250, among: "context.airport <> 'TST'", severity: 3, why: The board times out.}
  - {name: odd-wind, kind: anomaly, of: inputs.wind, beyond: 6, reference: previous, severity: 3, why: A sensor fault.}
sampling: {window: 1 week, strata: [context.airport], keep: 10, control: 20, undecided: 10, population: 500, seed: "2026"}
"""
SOURCE = {
    "prediction_id": ("VARCHAR", Type.TEXT),
    "scheduled_at": ("TIMESTAMP", Type.TIME),
    "predicted": ("VARCHAR", Type.TEXT),
    "latency": ("VARCHAR", Type.TEXT),
    "wind": ("DOUBLE", Type.NUMBER),
    "origin": ("VARCHAR", Type.TEXT),
    "flight": ("VARCHAR", Type.TEXT),
}
LABELS = {"flight": ("VARCHAR", Type.TEXT), "known_at": ("TIMESTAMPTZ", Type.TIME), "actual": ("VARCHAR", Type.TEXT)}
SHAPES = {
    "id": Shape.TEXT,
    "time": Shape.NAIVE,
    "output": Shape.TEXT,
    "label": Shape.TEXT,
    "latency_ms": Shape.NUMBER,
    "remiss_raw_latency_ms": Shape.TEXT,
    "inputs.wind": Shape.NUMBER,
    "context.airport": Shape.TEXT,
}
SINCE = datetime(2013, 6, 3, tzinfo=UTC)


def described(columns):
    return Description(
        columns={name: structure_of(kind) for name, (kind, _) in columns.items()},
        types={name: kind for name, (kind, _) in columns.items()},
        files=("/log.parquet",),
    )


def plan(**changes: object) -> ScanPlan:
    protocol, found = document.parse(PROTOCOL, "arrival-delay.yaml", lambda name: "")
    assert protocol is not None, found
    checked, found = lint.examine(protocol, described(SOURCE), described(LABELS))
    assert checked is not None, found
    first = ScanPlan(
        checked=checked,
        columns=tuple(SOURCE),
        since=SINCE,
        until=SINCE + timedelta(weeks=2),
        as_of=datetime(2013, 7, 1, tzinfo=UTC),
        shapes=SHAPES,
        history=LabelHistory.MANY,
    )
    return replace(first, **changes)


def learned() -> ScanPlan:
    """Return the plan of a run that found repeated ids, no refused row and no NaN."""
    return plan(repeated=True, reasons=frozenset(), guarded=frozenset())


def keeping() -> ScanPlan:
    """Return the plan of a protocol that admits some rows and keeps the last of an id."""
    text = PROTOCOL.replace("fields:\n", "admit: wind > 0\nduplicates: {keep: last, by: scheduled_at}\nfields:\n", 1)
    protocol, found = document.parse(text, "arrival-delay.yaml", lambda name: "")
    assert protocol is not None, found
    checked, _ = lint.examine(protocol, described(SOURCE), described(LABELS))
    return plan(checked=checked, shapes={**SHAPES, "remiss_by": Shape.NAIVE}, beside=True)


def by_unit() -> ScanPlan:
    """Return the plan of a protocol that draws airports, though nobody would."""
    text = PROTOCOL.replace('seed: "2026"', 'seed: "2026", unit: context.airport', 1)
    protocol, found = document.parse(text, "arrival-delay.yaml", lambda name: "")
    assert protocol is not None, found
    checked, _ = lint.examine(protocol, described(SOURCE), described(LABELS))
    return plan(checked=checked)


STATEMENTS = {
    "probe": lambda: scan.probe(plan().checked),
    "survey": lambda: statements.row_counts(plan(beside=True)),
    "strata": lambda: statements.strata(plan(), [1, 2]),
    "distinct_ids": lambda: statements.distinct_ids(plan(beside=True)),
    "repeats": lambda: statements.repeats(plan(beside=True)),
    "repeats_of_which_one_is_kept": lambda: statements.repeats(keeping()),
    "left_out": lambda: statements.row_counts(keeping()),
    "both_sides": lambda: left_out.both_sides(keeping()),
    "dropped": lambda: statements.dropped(plan()),
    "census": lambda: statements.census(plan()),
    "census_of_a_clean_log": lambda: statements.census(learned()),
    "unit_cells": lambda: unit_census.cells(by_unit()),
    "unit_offered": lambda: unit_census.offered(by_unit()),
    "unit_events": lambda: unit_census.events_of(by_unit(), 1, "0123456789abc"),
    "fetch_by_unit": lambda: statements.fetch(by_unit()),
    "bounds": lambda: statements.bounds({1: statements.bound(1_000_000, 500), 2: statements.bound(100, 500)}),
    "reference": lambda: criteria.reference(plan(), 0, 1),
    "references": lambda: criteria.references(plan(), ["remiss_reference_0", "remiss_reference_1"], [1, 2]),
    "profile": lambda: profile.question(plan()),
    "sample": lambda: statements.sample(["a", "it's", 'a "quote"', "line\nbreak"]),
    "fetch": lambda: statements.fetch(plan()),
    "fetch_of_lines": lambda: statements.fetch(plan(of_lines=True)),
    "outranked": statements.outranked,
    "eventful": lambda: statements.eventful(plan(repeated=True), ["/log/may.parquet", "/log/june.parquet"]),
    "refused": lambda: statements.refused(
        plan(labels_disagree=True, repeated=True),
        ["bad-id", "bad-type:latency_ms", "labels-disagree", "duplicate-id"],
        ["/log.parquet"],
    ),
    "labels_probe": lambda: late_labels.probe(plan().checked),
    "labels_survey": lambda: late_labels.has_several(plan(), plan().checked.protocol.labels, Shape.INSTANT),
    "labels_known": lambda: late_labels.known(plan(), plan().checked.protocol.labels, Shape.TEXT),
    "labels_known_of_one_row_a_key": lambda: late_labels.known(
        plan(history=LabelHistory.ONE), plan().checked.protocol.labels, Shape.INSTANT
    ),
    "labels_disagreements": late_labels.disagreements,
    "binned": lambda: field_counts.binned(learned(), BINS, ["0", "1"]),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_is_what_it_was(name):
    """To accept a change, run with UPDATE_SNAPSHOTS=1 and review the difference."""
    text = sqlglot.parse_one(STATEMENTS[name](), read="duckdb").sql("duckdb", pretty=True) + "\n"
    file = SNAPSHOTS / f"{name}.sql"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    assert text == file.read_text()


def test_every_snapshot_is_of_some_statement():
    assert {file.stem for file in SNAPSHOTS.glob("*.sql")} == set(STATEMENTS)


def test_a_clean_log_is_asked_for_no_reason_and_no_nan():
    text = statements.census(learned())
    assert "isfinite" not in text.lower()
    assert "bad-id" not in text


def test_columns_are_qualified_by_the_side_that_they_come_from():
    fields = plan().checked.fields
    assert spelling.of_source(fields["label"], has_labels=True) == '"labels"."actual"'
    assert spelling.of_source(fields["output"], has_labels=True) == '"source"."predicted"'


def test_labels_are_joined_only_where_a_question_needs_them():
    assert "JOIN" not in statements.row_counts(plan())
    assert "LEFT JOIN remiss_labels" in statements.census(plan())
    assert "LEFT JOIN remiss_labels" in statements.row_counts(plan(labels_disagree=True))


def test_the_window_before_is_read_for_references_and_not_counted():
    assert plan().reach == 2
    assert "2013-05-27T00:00:00Z" in statements.row_counts(plan())
    assert "remiss_window >= 2" in statements.census(plan())


def test_reasons_are_tried_in_the_order_of_the_design():
    reasons = [reason for reason, _ in requirements.rules(plan().checked, labels_disagree=True)]
    assert reasons == [
        "bad-id",
        "bad-time",
        "bad-type:latency_ms",
        "missing:output",
        "missing:context.airport",
        "labels-disagree",
    ]
    counts = {"duplicate-id": 1, "missing:output": 2, "unreadable-row": 3, "bad-time": 0}
    assert list(requirements.in_order(counts, plan().checked)) == ["unreadable-row", "missing:output", "duplicate-id"]
    assert all(requirements.explain(reason) for reason in [*reasons, "unreadable-row", "unreadable-label", "duplicate-id"])
