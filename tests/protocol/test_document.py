"""The protocol document: every key honoured or refused by name, all findings at once, and what the digest covers."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from remiss.errors import ProtocolError
from remiss.govern.redaction.policy import TextPattern, policy_of
from remiss.protocol.document import draft, parse
from remiss.protocol.group_sizes import sizes_of
from remiss.protocol.meaning import meaning
from remiss.protocol.terms import Kind
from remiss.protocol.versions import restore
from remiss.records.case import Sensitivity
from tests.protocol.documents import FILE, WHOLE, changed, findings_of, line_of, no_files, protocol_of

TAXONOMY = "namespace: ours\nversion: 1\nmodes:\n  gate: {title: Gate, definition: A wrong gate.}\n"
RUBRIC = """\
rubric: ours
version: 1
questions:
  - {id: harm, asks: How bad, answers: [{id: low, says: Not, points: 0}, {id: high, says: Very, points: 9}]}
thresholds: {1: 9, 2: 5, 3: 2}
"""
FILES = {"taxonomy.yaml": TAXONOMY, "rubric.yaml": RUBRIC}


def test_every_key_of_the_document_arrives_in_the_protocol():
    protocol = protocol_of()
    assert (protocol.name, protocol.version, protocol.model, protocol.team, protocol.owners) == (
        "arrival-delay", 3, "arrival-delay", "arrivals", ("ana",),
    )  # fmt: skip
    assert (protocol.source.name, protocol.source.format, protocol.source.time_zone) == (
        "arrival-predictions", "parquet", "America/New_York",
    )  # fmt: skip
    assert protocol.labels is not None
    assert (protocol.labels.key.written, protocol.labels.time, protocol.labels.lag) == (
        "flight_key",
        "known_at",
        timedelta(days=2),
    )
    assert list(protocol.fields)[:3] == ["id", "time", "model_version"]
    assert protocol.fields["inputs.wind_speed"].sql == '"wind_speed"'
    assert protocol.fields["context.airport"].sql == "origin"
    assert protocol.require == ("id", "time", "model_version", "output", "inputs.carrier")
    assert [criterion.kind for criterion in protocol.criteria] == [Kind.MISCLASSIFICATION, Kind.ERROR, Kind.LATENCY, Kind.ANOMALY]
    odd = protocol.criteria[3]
    assert (odd.of, odd.beyond, odd.reference, odd.when) == ("inputs.wind_speed", 6, "previous", None)
    assert protocol.sampling.window == timedelta(weeks=1)
    assert protocol.sampling.seed == "2026"
    assert protocol.sensitivity == {"context.data_source": Sensitivity.PUBLIC}
    assert protocol.redaction == policy_of(["email", "phone", "card", "ip"])
    assert protocol.labelling is not None
    assert protocol.labelling.verify == {"1": 1.0, "2": 0.5, "3": 0.25, "4": 0.1, "rejected": 0.25, "cleared": 0.1}
    assert protocol.retention is not None
    assert protocol.retention.redacted == timedelta(days=5 * 365)
    assert protocol.review is not None
    assert protocol.review.quorum == 2


def test_labels_take_format_and_zone_from_the_source_unless_they_say_theirs():
    labels = protocol_of().labels
    assert labels is not None
    assert (labels.address.format, labels.address.time_zone) == ("parquet", "America/New_York")
    other = protocol_of(changed("labels: {", "labels: {format: csv, time_zone: UTC, ")).labels
    assert other is not None
    assert (other.address.format, other.address.time_zone) == ("csv", "UTC")


def test_an_expression_knows_the_line_where_it_stands():
    protocol = protocol_of()
    assert protocol.fields["confidence"].line == line_of(WHOLE, "confidence: score")
    assert protocol.criteria[0].when is not None
    assert protocol.criteria[0].when.line == line_of(WHOLE, "output = 'on-time'")
    assert protocol.criteria[1].line == line_of(WHOLE, "no-answer")


@pytest.mark.parametrize(
    ("old", "new", "what", "do"),
    [
        ("team: arrivals", "taem: arrivals", "unknown key taem", "write team"),
        ("keep: 10", "keep: 10, kept: 1", "unknown key kept in sampling", "write keep"),
        ("severity: 1,", "severity: 1, sevrity: 2,", "unknown key sevrity in criteria[2]", "write severity"),
        ("output: predicted", "ouput: predicted", "unknown key ouput in fields", "write output"),
        ("version: 3", "version: '3'", "version is 3 where a whole number is wanted", "without quotes"),
        ("version: 3", "version: 0", "version is 0, and it must be at least 1", "at least 1"),
        ("version: 3", "version: 1_000", "version is 1_000 where a whole number is wanted", "write a whole number"),
        ("version: 3", "version: true", "version is true where a whole number is wanted", "write a whole number"),
        ("protocol: arrival-delay", "protocol: Arrival Delay", "is 'Arrival Delay', not a slug", "arrival-delay"),
        ("protocol: arrival-delay", "protocol: no", "protocol is no, which YAML also reads as true or false", '"no"'),
        (
            "protocol: arrival-delay",
            "protocol: 2026-11-24",
            "protocol is 2026-11-24, which YAML also reads as a date",
            '"2026-11-24"',
        ),
        ('seed: "2026"', "seed: 2026", "sampling.seed is 2026, which YAML reads as a number where text is wanted", '"2026"'),
        ('seed: "2026"', "seed: 1e3", "sampling.seed is 1e3, which YAML also reads as a number", '"1e3"'),
        ('seed: "2026"', 'seed: "a:b"', "sampling.seed is 'a:b', not a seed", "without"),
        ("id: prediction_id\n", "\n", "fields lacks id", "names one prediction"),
        ("id: prediction_id", "id: no", "fields.id is no, which YAML also reads as true or false", '"no"'),
        (
            "name: arrival-predictions",
            "name: by-hand",
            "source.name is by-hand, which is the source of what people",
            "name the log",
        ),
        ("format: parquet", "format: parqet", "source.format is parqet, which is not known", "write parquet"),
        ("America/New_York", "America/NewYork", "'America/NewYork', which is not a time zone", "IANA"),
        ("lag: 2 days", "lag: 2 dais", "labels.lag is '2 dais', not a span of time", "2 days"),
        ("window: 1 week", "window: 1 month", "sampling.window is '1 month', not the width of a window", "1 week"),
        ("keep: 10", "keep: 1", "sampling.keep is 1, and it must be at least 2", "at least 2"),
        ("severity: 2\n", "severity: 2\n    keep: 1\n", "criteria[1].keep is 1, and it must be at least 2", "at least 2"),
        ("control: 20", "control: 1", "sampling.control is 1, and it must be at least 2", "at least 2"),
        ("undecided: 10", "undecided: 0", "sampling.undecided is 0, and it must be at least 2", "at least 2"),
        ("2: 0.5", "2: 0.01", "labelling.verify.2 is 0.01, and it must be at least 0.05", "at least 0.05"),
        ("2: 0.5", "cleared: 0.01", "labelling.verify.cleared is 0.01, and it must be at least 0.05", "at least 0.05"),
        ("controls: 0.2", "controls: 2", "labelling.controls is 2, and it must be at most 1", "at most 1"),
        ("kind: error", "kind: eror", "criteria[2].kind is eror, an unknown kind of criterion", "write error"),
        ("severity: 2", "severity: 5", "criteria[1].severity is 5, and it must be at most 4", "at most 4"),
        ("name: slow", "name: control", "criteria[3].name is control, which is reserved", "another name"),
        ("name: slow", "name: all", "criteria[3].name is all, which is reserved", "another name"),
        ("name: slow", "name: no-answer", "two criteria are named no-answer", "its own name"),
        ("when: latency_ms > 250, ", "", "criterion 'slow' lacks when", "add the condition"),
        ("beyond: 6, ", "", "criterion 'odd-wind' is an anomaly and lacks beyond", "add it"),
        ("of: inputs.wind_speed", "of: inputs.wind", "names inputs.wind, which is not a field", "write inputs.wind_speed"),
        ("beyond: 6", "beyond: 6, when: status = 'x'", "criterion 'odd-wind' is an anomaly and has when", "another kind"),
        ("kind: latency", "kind: latency, beyond: 3", "criterion 'slow' has beyond, which only an anomaly has", "remove it"),
        ("strata: [context.airport]", "strata: [context.airprt]", "strata names context.airprt", "write context.airport"),
        ("strata: [context.airport]", "strata: [context.airport, context.airport]", "strata names context.airport twice", "once"),
        ("strata: [context.airport]", "strata: [id]", "id is not a stratum", "few values"),
        (
            'seed: "2026"',
            'seed: "2026", unit: inputs.carier',
            "unit names inputs.carier, which is not a field",
            "write inputs.carrier",
        ),
        ('seed: "2026"', 'seed: "2026", unit: label', "label is not a unit: it may come later", "inputs.flight_key"),
        ('seed: "2026"', 'seed: "2026", unit: time', "time is not a unit", "inputs.flight_key"),
        (
            'seed: "2026"}\nsensitivity: {',
            'seed: "2026", unit: inputs.carrier}\nsensitivity: {inputs.carrier: restricted, ',
            "inputs.carrier is restricted and a unit, of which the catalog would hold a hash",
            "log a pseudonym",
        ),
        ("inputs.carrier]", "inputs.carier]", "require names inputs.carier", "write inputs.carrier"),
        ("{text: internal", "{txt: internal", "sensitivity names txt", "write text"),
        ("{text: internal", "{text: hidden", "sensitivity.text is hidden, which is not known", "public, internal"),
        ("{text: internal", "{id: secret", "id is secret, and no case can be named without it", "pseudonym"),
        ("{text: internal", "{context.airport: restricted", "context.airport is restricted and a stratum", "another stratum"),
        (
            "redaction: [email",
            "redaction: [ssn",
            "redaction[1] is ssn, and there is no detector of that name",
            "write a pattern",
        ),
        (
            "redaction: [email",
            "redaction: [names",
            "redaction[1] is names, and there is no detector of that name",
            "write person",
        ),
        (
            "redaction: [email",
            "redaction: [{name: ticket, pattern: '(?=T)x'}",
            "redaction[1].pattern is not a pattern of RE2",
            "look",
        ),
        (
            "redaction: [email",
            "redaction: [{name: ticket, pattern: 'a*'}",
            "redaction[1].pattern matches where nothing",
            "+ for *",
        ),
        ("redaction: [email", "redaction: [{name: Ticket, pattern: 'a'}", "redaction[1].name is 'Ticket', not a name", "ticket"),
        ("redaction: [email", "redaction: [{name: card, pattern: 'a'}", "names a pattern card, which is a detector", "our-card"),
        ("redaction: [email", "redaction: [{name: ticket}", "redaction[1] is ticket, an unknown detector", "the detectors are"),
        (
            "redaction: [email",
            "redaction: [{name: t, pattern: 'a'}, {name: t, pattern: 'b'}",
            "redaction has two patterns named t",
            "its own name",
        ),
        (
            "redaction: [email",
            "redaction: [" + ", ".join(f"{{name: t{at}, pattern: '.{{0,1000}}x{at}'}}" for at in range(6)),
            "redaction has patterns of the size 54,",
            "repeat less",
        ),
        (
            "redaction: [email",
            f"redaction: [{{name: t, pattern: '{'.{0,1000}' * 100}x'}}",
            "redaction[1].pattern has, its repetitions multiplied out, the size",
            "repeat less",
        ),
        ("redaction: [email", "redaction: [emial", "redaction[1] is emial, an unknown detector", "write email"),
        (
            "remiss:model/weak-slice",
            "remiss:model/weak-slce",
            "has no mode remiss:model/weak-slce",
            "write remiss:model/weak-slice",
        ),
        ("remiss:model/weak-slice", "other:model/x", "is of the namespace other", "name that taxonomy"),
        ("remiss:model/weak-slice", "Weak Slice", "is 'Weak Slice', not a failure mode", "remiss:model/weak-slice"),
        ("quorum: 2", "quorum: 4", "a quorum of 4 of 3 owners", "more owners"),
        ("owners: [ana]", "owners: ana", "owners is ana where a list is wanted", "[ana]"),
        (
            "sampling: {window",
            "sampling: []\nx-sampling: {window",
            "sampling is a list where keys with values are wanted",
            "window",
        ),
        ("inputs: [carrier", "inputs: ['wind speed', carrier", "lists 'wind speed', which is not a plain column name", "mapping"),
        ("inputs: [carrier", "inputs: [carrier, carrier", "lists carrier twice", "once"),
        ("{airport: origin", "{airport: origin, Airport: feed", "engines read as one name", "rename"),
        ("why: Sensor fault.", "why: ''", "criteria[4].why is empty", "write a text"),
        ("raw: 90 days", "raw: 0 days", "retention.raw is no time at all", "at least 1 minute"),
        ("criteria:\n", "criteria: []\nx:\n", "criteria is empty", "at least 1"),
    ],
)
def test_a_mistake_is_found_with_its_line_and_what_to_do(old, new, what, do):
    text = changed(old, new)
    fitting = [finding for finding in findings_of(text) if what in finding.what]
    assert len(fitting) == 1, [finding.what for finding in findings_of(text)]
    assert do in fitting[0].do
    assert fitting[0].file == FILE
    assert abs(fitting[0].line - line_of(WHOLE, old.splitlines()[0])) <= 1
    assert parse(text, FILE, no_files)[0] is None


def test_a_key_that_is_missing_is_found_where_it_should_stand():
    (finding,) = findings_of(changed("model: arrival-delay\n", ""))
    assert (finding.line, finding.what) == (1, "the document lacks model")
    assert finding.do == "add model: the model whose predictions are judged"


def test_all_findings_come_at_once_in_the_order_of_the_document():
    text = (
        changed("version: 3", "version: x")
        .replace("kind: error", "kind: eror")
        .replace("90 days", "90 dys")
        .replace("budget", "budgt")
    )
    lines = [finding.line for finding in findings_of(text)]
    assert lines == sorted(lines)
    assert len(lines) == 5
    assert {line_of(text, part) for part in ("version", "eror", "90 dys", "budgt")} == set(lines)


def test_a_draft_keeps_what_is_sound_for_the_checks_that_follow():
    text = changed("kind: error", "kind: eror").replace("quorum: 2", "quorum: x")
    protocol, findings = draft(text, FILE, no_files)
    assert len(findings) == 2
    assert protocol is not None
    assert [criterion.name for criterion in protocol.criteria] == ["missed-delay", "slow", "odd-wind"]


def test_a_document_that_is_no_mapping_is_refused():
    assert "not a mapping" in findings_of("- a\n- b\n")[0].what


def test_a_team_writes_patterns_of_its_own_beside_detectors():
    text = changed("redaction: [email", "redaction: [{name: ticket, pattern: 'T-[0-9]{6}'}, national-id, {name: person}, email")
    policy = protocol_of(text).redaction
    assert policy.patterns == (TextPattern("ticket", "T-[0-9]{6}"),)
    assert {"email", "nl-bsn", "fr-nir", "person"} < set(policy.detectors)
    assert protocol_of(text).digest == protocol_of().digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("about: Missed delays.", "about: Something else."),
        ("owners: [ana]", "owners: [bo]"),
        ("predictions/*.parquet", "elsewhere/*.csv"),
        ("format: parquet", "format: csv"),
        ("outcomes/*.parquet", "elsewhere/*.parquet"),
        ("raw: 90 days", "raw: 30 days"),
        ("quorum: 2", "quorum: 3"),
        ("team: arrivals", "team: departures"),
        ("redaction: [email,", "redaction: [ip, email,"),
        ("team: arrivals", "team: arrivals\ngrace: 6 hours"),
        ("team: arrivals", "team: arrivals\nreference: 2013-01..2013-02"),
        ("team: arrivals", "team: arrivals\nalerts: {budget: 1, watch: [slow], levels: {slow: 0.2}, judged: 0.8}"),
        ("time: known_at", "time: known_at, time_zone: America/New_York"),
        ("version: 3", "version: 4"),
        ("severity: 2\n", "severity:   2   # a comment\n"),
        ("require: [id, time,", "require: [time, id,"),
        ("2: 0.5", "2: 0.5, cleared: 0.1"),
        ("severity: 2\n", "severity: 2\n    keep: 10\n"),
    ],
)
def test_what_does_not_decide_meaning_leaves_the_digest(old, new):
    assert protocol_of(changed(old, new)).digest == protocol_of().digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("model: arrival-delay", "model: departure-delay"),
        ("name: arrival-predictions", "name: others"),
        ("key: flight_key", "key: prediction_id"),
        ("key: flight_key", "key: {events: flight_key, labels: lower(flight_key)}"),
        ("lag: 2 days", "lag: 3 days"),
        ("time: known_at", "time: arrived_at"),
        ("time: known_at", "time: known_at, time_zone: UTC"),
        ("time_zone: America/New_York", "time_zone: Europe/Berlin"),
        ("confidence: score", "confidence: score / 2"),
        ("[id, time, model_version, output,", "[id, time, model_version,"),
        ("latency_ms > 250", "latency_ms > 300"),
        ("beyond: 6", "beyond: 7"),
        ("severity: 2", "severity: 3"),
        ("keep: 10", "keep: 11"),
        ("keep: 10, ", ""),
        ("severity: 2\n", "severity: 2\n    keep: 11\n"),
        (", population: 500", ""),
        ('seed: "2026"', 'seed: "2027"'),
        ("budget: 150", "budget: 151"),
        ("2: 0.5", "2: 0.6"),
        ("2: 0.5", "2: 0.5, cleared: 0.2"),
        ("model/weak-slice", "model/error"),
    ],
)
def test_what_decides_meaning_changes_the_digest(old, new):
    assert protocol_of(changed(old, new)).digest != protocol_of().digest


@pytest.mark.parametrize(
    ("window", "population"),
    [
        ("1 week", 2000),
        ("1 day", 286),
        ("1 hour", 12),
        ("15 minutes", 3),
        ("1 minute", 2),
        ("4 weeks", 8000),
        ("99 weeks", 100_000),
    ],
)
def test_a_document_that_does_not_say_keeps_2000_events_a_week_in_proportion_to_its_window(window, population):
    protocol = protocol_of(changed("population: 500, ", "").replace("window: 1 week", f"window: {window}"))
    assert protocol.sampling.population == sizes_of(protocol)["all"] == population


def test_a_criterion_keeps_what_it_says_itself_else_what_sampling_says_else_what_its_severity_asks_for():
    of_severity = {"missed-delay": 50, "no-answer": 50, "slow": 10, "odd-wind": 10}
    reserved = {"control": 20, "undecided": 10, "all": 500}
    assert sizes_of(protocol_of(changed("keep: 10, ", ""))) == of_severity | reserved
    assert sizes_of(protocol_of()) == dict.fromkeys(of_severity, 10) | reserved
    own = changed("severity: 2\n", "severity: 2\n    keep: 30\n")
    assert sizes_of(protocol_of(own)) == dict.fromkeys(of_severity, 10) | {"missed-delay": 30} | reserved
    assert sizes_of(protocol_of(own.replace("keep: 10, ", ""))) == of_severity | {"missed-delay": 30} | reserved


def test_what_a_severity_asks_for_and_the_same_written_out_have_one_meaning_only_if_it_is_written_there():
    left_out, own = changed("keep: 10, ", ""), changed("keep: 10, ", "").replace("severity: 2\n", "severity: 2\n    keep: 50\n")
    assert protocol_of(own).digest == protocol_of(left_out).digest != protocol_of().digest


def with_files(files=FILES):
    text = changed("mode: remiss:model/weak-slice", "mode: ours:gate") + "taxonomy: taxonomy.yaml\nseverity: rubric.yaml\n"
    return parse(text, FILE, files.__getitem__)


def test_a_taxonomy_and_a_rubric_of_ones_own_are_read_beside_the_document_and_decide_meaning():
    protocol, findings = with_files()
    assert protocol is not None, findings
    assert protocol.taxonomy.namespace == "ours"
    assert protocol.rubric.name == "ours"
    other, _ = with_files({**FILES, "taxonomy.yaml": TAXONOMY.replace("A wrong gate.", "A gate too far.")})
    assert other is not None
    assert other.digest != protocol.digest


def test_strata_are_labelled_apart_only_where_there_are_some_and_a_document_without_the_key_means_what_it_did():
    apart = changed("every: week,", "every: week, strata: apart,")
    assert findings_of(apart) == ()
    (finding,) = findings_of(apart.replace("strata: [context.airport], ", ""))
    assert (finding.line, finding.what) == (line_of(apart, "strata: apart"), "there are no strata to label apart")
    together = changed("every: week,", "every: week, strata: together,")
    assert protocol_of().digest == protocol_of(together).digest != protocol_of(apart).digest


def test_findings_in_an_attached_file_name_that_file():
    _, findings = with_files({**FILES, "rubric.yaml": RUBRIC.replace("points: 9", "points: -1")})
    assert [(finding.file, finding.line) for finding in findings] == [("rubric.yaml", 4)]


def test_a_file_that_is_not_there_is_a_finding_at_the_line_that_names_it():
    text = WHOLE + "taxonomy: taxonomy.yaml\n"
    (finding,) = findings_of(text)
    assert finding.line == line_of(text, "taxonomy:")
    assert "there is no file taxonomy.yaml" in finding.what


def test_what_the_catalog_keeps_reads_back_without_the_files():
    protocol, _ = with_files()
    assert protocol is not None
    again = restore(protocol.text, FILE)
    assert again.digest == protocol.digest
    assert again.taxonomy == protocol.taxonomy
    assert again.text == protocol.text


def test_a_stored_text_that_is_refused_now_says_so():
    with pytest.raises(ProtocolError, match="lacks model") as refused:
        restore(changed("model: arrival-delay\n", ""), FILE)
    assert refused.value.where is not None


def test_a_typical_document_is_parsed_in_under_50_ms():
    protocol_of()
    best = min(_seconds() for _ in range(3))
    assert best < 0.05


def _seconds() -> float:
    # Of the processor, so that whatever else runs beside the test makes it no slower.
    begin = time.process_time()
    protocol_of()
    return time.process_time() - begin


def test_without_a_unit_a_document_means_what_it_always_did_and_with_one_something_else():
    drawn_by_id = protocol_of(changed('seed: "2026"', 'seed: "2026", unit: id'))
    assert drawn_by_id.sampling.unit is None
    assert drawn_by_id.digest == protocol_of().digest
    assert "unit" not in meaning(protocol_of())["sampling"]
    by_carrier = protocol_of(changed('seed: "2026"', 'seed: "2026", unit: inputs.carrier'))
    assert by_carrier.sampling.unit == "inputs.carrier"
    assert by_carrier.digest != protocol_of().digest
