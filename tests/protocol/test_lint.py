"""A protocol examined against its sources: types of fields, criteria, what the catalog needs, and notes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from remiss.protocol.document import draft
from remiss.protocol.lint import examine
from remiss.protocol.ports import Description
from remiss.protocol.structure import Structure
from remiss.protocol.terms import Type
from tests.protocol.documents import FILE, LABELS, SOURCE, WHOLE, changed, line_of, no_files, protocol_of


def examined(text: str = WHOLE, source: Description = SOURCE, labels: Description | None = LABELS):
    return examine(protocol_of(text), source, labels)


def errors_of(text: str = WHOLE, source: Description = SOURCE, labels: Description | None = LABELS):
    checked, findings = examined(text, source, labels)
    errors = [finding for finding in findings if finding.level == "error"]
    assert (checked is None) == bool(errors)
    return errors


def notes_of(text: str = WHOLE, source: Description = SOURCE):
    return [finding for finding in examined(text, source)[1] if finding.level == "note"]


def with_column(name: str, kind: Type, shown: str = "") -> Description:
    return replace(
        SOURCE,
        columns={**SOURCE.columns, name: Structure(type=kind, zoned="WITH TIME ZONE" in shown)},
        types={**SOURCE.types, name: shown or kind.value},
    )


def test_a_sound_protocol_is_checked_with_every_field_typed():
    checked, findings = examined()
    assert checked is not None
    assert {finding.level for finding in findings} == {"note"}
    kinds = {name: expression.type for name, expression in checked.fields.items()}
    assert kinds["id"] is Type.TEXT
    assert kinds["inputs.distance"] is Type.INTEGER
    assert kinds["latency_ms"] is Type.NUMBER
    assert checked.fields["label"].sql == '"labels"."actual"'
    assert checked.fields["label"].reads == {"labels.actual"}


def test_what_names_something_comes_out_as_text_and_numbers_as_double():
    checked, _ = examined()
    assert checked is not None
    assert checked.fields["model_version"].sql == 'TRY_CAST("model_version" AS TEXT)'
    assert checked.fields["model_version"].type is Type.TEXT
    assert checked.fields["latency_ms"].sql == 'TRY_CAST("latency_ms" AS DOUBLE)'
    assert checked.fields["inputs.wind_speed"].sql == 'TRY_CAST("wind_speed" AS DOUBLE)'


def test_a_cast_that_is_there_is_not_written_twice():
    checked, _ = examined(changed("confidence: score", "confidence: CAST(score AS DOUBLE)"))
    assert checked is not None
    assert checked.fields["confidence"].sql == 'TRY_CAST("score" AS DOUBLE)'


def test_a_criterion_without_a_population_at_risk_is_about_every_event():
    checked, _ = examined()
    assert checked is not None
    assert [one.among for one in checked.criteria] == [None] * 4
    assert checked.label_fields == {"label"}
    other, _ = examined(changed("severity: 2\n", "severity: 2\n    among: confidence > 0.5\n"))
    assert other is not None
    assert other.criteria[0].among is not None
    assert other.criteria[0].among.sql == '"confidence" > 0.5'


@pytest.mark.parametrize(
    ("old", "new", "what", "do"),
    [
        ("confidence: score", "confidence: scor", "field confidence: scor is not a column of the source", "write score"),
        (
            "label: labels.actual",
            "label: labels.actul",
            "field label: labels.actul is not a column of the labels",
            "labels.actual",
        ),
        ("id: prediction_id", "id: score", "field id is a number: equal ids may be written differently", "whole-number column"),
        ("id: prediction_id", "id: tags", "field id: tags is nested", "for example tags[1]"),
        ("id: prediction_id", "id: scheduled_at", "field id is a time", "names one prediction"),
        (
            "time: scheduled_at",
            "time: latency_ms",
            "field time is an integer, not a time",
            "to_timestamp(latency_ms / 1000) for milliseconds",
        ),
        ("confidence: score", "confidence: carrier", "field confidence is text, not a number", "TRY_CAST(carrier AS DOUBLE)"),
        (
            "status: status",
            "status: score",
            "field status is a number, in which 1.1 and 1.10 are the same",
            "CAST(score AS VARCHAR)",
        ),
        ("inputs: [carrier", "inputs: [tags, carrier", "field inputs.tags: tags is nested", "for example tags[1]"),
        ("when: status <> 'ok'", "when: sttus <> 'ok'", "criterion 'no-answer': sttus is not a field", "write status"),
        (
            "latency_ms > 250",
            "latency_ms > '250'",
            "criterion 'slow': latency_ms is a number and '250' is text",
            "without quotes",
        ),
        ("latency_ms > 250", "latency_ms + 250", "criterion 'slow': the predicate latency_ms + 250 is a number", "compare"),
        ("output = 'on-time'", "predicted = 'on-time'", "predicted is a column of the source", "write output"),
        ("of: inputs.wind_speed", "of: inputs.carrier", "criterion 'odd-wind' compares inputs.carrier, which is text", "numeric"),
        ("key: flight_key", "key: flight", "the key flight is not a column of the source", "flight_key"),
        ("key: flight_key", "key: {events: flight, labels: flight_key}", "the key of the source: flight is not", "flight_key"),
        (
            "key: flight_key",
            "key: {events: tags, labels: flight_key}",
            "the key of the source: tags is nested",
            "for example tags[1]",
        ),
        (
            "key: flight_key",
            "key: {events: flight_key, labels: known_at}",
            "the key known_at is TIMESTAMP WITH TIME ZONE",
            "exact",
        ),
        ("key: flight_key", "key: {events: labels.flight_key, labels: flight_key}", "reads labels", "events:"),
        ("time: known_at", "time: know_at", "know_at is not a column of the labels", "known_at"),
        ("time: known_at", "time: told.on", "the time of the labels: told has no part on", "write told"),
        ("time: known_at", "time: told.by", "told.by of the labels is integer, not a time", "since when"),
    ],
)
def test_what_a_capture_could_not_run_on_is_found_at_its_line(old, new, what, do):
    text = changed(old, new)
    fitting = [finding for finding in errors_of(text) if what in finding.what]
    assert len(fitting) == 1, errors_of(text)
    assert do in fitting[0].do
    assert fitting[0].line == line_of(text, new)


def test_a_field_that_cannot_be_typed_is_reported_once_and_not_by_every_criterion_that_reads_it():
    errors = errors_of(changed("latency_ms: latency_ms", "latency_ms: latency"))
    assert [error.what.split(":")[0] for error in errors] == ["field latency_ms"]
    errors = errors_of(
        changed("inputs: [carrier, distance, wind_speed]", "inputs: [carrier, distance, {}]".format("wind")).replace(
            "of: inputs.wind_speed", "of: inputs.wind"
        )
    )
    assert [error.what.split(":")[0] for error in errors] == ["field inputs.wind"]


@pytest.mark.parametrize(
    ("when", "what"),
    [
        # `id` is broken below, and occurs in each of these errors.
        ("labl = 'late' AND confidence = 1", "labl is not a field of the event"),
        ("confidence = 'high'", "confidence is a number"),
        ("widest > 3", "widest is not a field of the event"),
        ("id = 'x' AND widest > 3", "widest is not a field of the event"),
        ("id > 3 AND output = 1", "output is text and 1 is a whole number"),
        ("id IN ('a', 1)", "'a' is text and 1 is a whole number"),
        ("coalesce(id, 'a', 1) = 'a'", "mixes a whole number and text"),
        ("id = NULL", "a comparison with NULL is never true"),
        ("length(id)", "is a whole number, not true or false"),
    ],
)
def test_an_error_that_no_mending_of_a_broken_field_would_end_is_reported_beside_it(when, what):
    text = changed("id: prediction_id", "id: prediction").replace("when: latency_ms > 250", f'when: "{when}"')
    first, second = errors_of(text)
    assert first.what.startswith("field id:")
    assert second.what.startswith("criterion 'slow':")
    assert what in second.what


@pytest.mark.parametrize(
    "when",
    [
        "id > 3",
        "NOT id",
        "id",
        "abs(id) + 1 > 2",
        "id || 'x' = 'ax'",
        "id BETWEEN '2013-01-01' AND '2013-01-02'",
        "id IN ('a', 'b') AND hour(id) = 3",
        "CAST(id AS DOUBLE) > 3",
        "coalesce(id, 'a') = 'a'",
        "CASE id WHEN 1 THEN output WHEN 2 THEN id END = 'late'",
        "nullif(id, 3) > 2",
        "regexp_matches(id, '^late')",
    ],
)
def test_an_error_that_mending_a_broken_field_may_end_is_not_reported(when):
    text = changed("id: prediction_id", "id: prediction").replace("when: latency_ms > 250", f'when: "{when}"')
    assert [error.what.split(":")[0] for error in errors_of(text)] == ["field id"]


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("output: predicted", "output: 5", "fields.output is 5, which YAML reads as a number"),
        ("airport: origin", "airport: no", "fields.context.airport is no, which YAML also reads as true or false"),
        ("inputs: [carrier, distance, wind_speed]", "inputs: 7", "fields.inputs is 7 where keys with values are wanted"),
        ("inputs: [carrier, distance, wind_speed]", "inputs: [carrier, 7]", "fields.inputs is a list where keys"),
    ],
)
def test_a_field_that_cannot_be_read_is_reported_once_and_not_where_it_is_named(old, new, what):
    """It is required, a stratum, compared by an anomaly and read by criteria, and it is there."""
    found, findings = draft(changed(old, new), FILE, no_files)
    assert found is not None
    [error] = [each.what for each in (*findings, *examine(found, SOURCE, LABELS)[1]) if each.level == "error"]
    assert error.startswith(what)
    # What is nowhere is no field all the same.
    text = (
        changed(old, new).replace("when: latency_ms > 250", "when: outputt = 'late'").replace("strata: [", "strata: [nowhere, ")
    )
    found, findings = draft(text, FILE, no_files)
    assert found is not None
    errors = [each.what for each in (*findings, *examine(found, SOURCE, LABELS)[1]) if each.level == "error"]
    assert len(errors) == 3
    assert any("outputt is not a field" in each for each in errors)
    assert any("strata names nowhere, which is not a field" in each for each in errors)


@pytest.mark.parametrize("nothing", ["status: null", "status:", ""])
def test_a_field_that_is_null_is_not_there(nothing):
    text = changed("  status: status\n", f"  {nothing}\n")
    assert [error.what for error in errors_of(text)] == ["criterion 'no-answer': status is not a field of the event"]
    # And it is not taken for one that could not be read where another could not.
    found, findings = draft(text.replace("airport: origin", "airport: 7"), FILE, no_files)
    assert found is not None
    errors = [each.what for each in (*findings, *examine(found, SOURCE, LABELS)[1]) if each.level == "error"]
    assert "criterion 'no-answer': status is not a field of the event" in errors
    assert len(errors) == 2


def test_the_population_of_an_anomaly_over_a_broken_field_is_checked_all_the_same():
    text = changed("[carrier, distance, wind_speed]", "[carrier, distance, wind]").replace(
        "of: inputs.wind_speed,", "of: inputs.wind, among: outputt = 'late',"
    )
    assert "among: outputt" in text
    assert [error.what.split(" is ")[0] for error in errors_of(text)] == [
        "field inputs.wind: wind",
        "criterion 'odd-wind': outputt",
    ]


def test_with_labels_that_nobody_could_describe_a_field_is_checked_for_all_that_is_certain():
    def errors(label: str) -> list[str]:
        text = changed("label: labels.actual", f"label: {label}")
        found = examine(protocol_of(text), SOURCE, None, labels_unknown=True)[1]
        return [finding.what for finding in found if finding.level == "error"]

    assert errors("labels.actual") == []
    assert errors("lower(labels.actual)") == []
    assert errors("coalesce(labels.actual, 'none')") == []
    assert errors("coalesce(labels.actual, predict)") == ["field label: predict is not a column of the source"]
    assert errors("replace(predict, 'labels.', '')") == ["field label: predict is not a column of the source"]


def test_naive_times_need_a_zone():
    text = changed(", time_zone: America/New_York", "")
    errors = errors_of(text)
    assert [error.what for error in errors] == ["field time has times without a zone"]
    assert "time_zone: UTC" in errors[0].do
    assert errors_of(text, with_column("scheduled_at", Type.TIME, "TIMESTAMP WITH TIME ZONE")) == []
    assert errors_of(text.replace("time: scheduled_at", "time: day"))[0].what == "field time has times without a zone"


def test_label_times_need_a_zone_too():
    naive = replace(LABELS, columns={**LABELS.columns, "known_at": Structure(type=Type.TIME)})
    assert errors_of(WHOLE, SOURCE, naive) == []
    errors = errors_of(
        changed(", time_zone: America/New_York", ""), with_column("scheduled_at", Type.TIME, "TIMESTAMP WITH TIME ZONE"), naive
    )
    assert [error.what for error in errors] == ["known_at of the labels has times without a zone"]


def test_since_when_a_label_is_known_may_be_an_expression():
    checked, _ = examined(changed("time: known_at", "time: told.at"), SOURCE, LABELS)
    assert checked.label_time.sql == """STRUCT_EXTRACT("told", 'at')"""
    assert errors_of(changed("time: known_at", "time: \"strptime(actual, '%d.%m.%Y %H:%M')\"")) == []


def test_a_text_time_without_a_zone_is_noted():
    notes = notes_of(changed(", time_zone: America/New_York", ""), with_column("scheduled_at", Type.TEXT))
    assert any("each value must name its zone" in note.what for note in notes)


def test_a_key_of_inexact_values_is_refused():
    errors = errors_of(source=with_column("flight_key", Type.NUMBER, "DOUBLE"))
    assert errors[0].what == "the key flight_key is DOUBLE in the source, not text or a whole number"


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("", "", "retention is checked and stored"),
        ("", "", "review is checked and stored"),
        ("", "", "criterion 'no-answer' suggests no failure mode"),
        ("strata: [context.airport]", "strata: []", "no strata"),
        ("redaction: [email, phone, card, ip]", "redaction: []", "field text may hold personal data"),
        ("  label: labels.actual\n", "", "labels are read and no field shows them"),
        ("kind: latency, when: latency_ms > 250", "kind: latency, when: confidence > 0.9", "does not read latency_ms"),
    ],
)
def test_what_works_otherwise_than_one_might_think_is_noted(old, new, part):
    text = WHOLE.replace(old, new, 1) if old else WHOLE
    if "label: labels" in old:
        text = text.replace("when: output = 'on-time' AND label = 'late'", "when: output = 'on-time'")
    fitting = [note for note in notes_of(text) if part in note.what]
    assert len(fitting) == 1
    assert fitting[0].do


def test_personal_data_that_is_redacted_or_restricted_is_not_noted():
    assert not [note for note in notes_of() if "personal data" in note.what]
    text = changed("redaction: [email, phone, card, ip]", "").replace("{text: internal", "{text: restricted")
    assert not [note for note in notes_of(text) if "personal data" in note.what]


@pytest.mark.parametrize(
    ("unit", "what", "do"),
    [
        (
            "inputs.wind_speed",
            "unit names inputs.wind_speed, which is a number: a unit must be text or a whole number",
            "VARCHAR",
        ),
        ("confidence", "unit names confidence, which is a number", "name another field"),
        ("inputs.truth", "unit names inputs.truth, which reads labels.actual: a label comes later", "over columns of the source"),
    ],
)
def test_a_unit_has_exact_values_that_no_label_decides(unit, what, do):
    text = changed('seed: "2026"', f'seed: "2026", unit: {unit}').replace(
        "inputs: [carrier, distance, wind_speed]", "inputs: {carrier: carrier, wind_speed: wind_speed, truth: labels.actual}"
    )
    [error] = errors_of(text)
    assert error.what.startswith(what)
    assert do in error.do
    assert error.line == text[: text.index("sampling:")].count("\n") + 1
