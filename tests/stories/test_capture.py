"""The main job, told through the library: a log goes in, countable cases come out."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import update

import remiss
from remiss import capture
from remiss.catalog import actions as catalog
from remiss.edges.stores.tables import profiles
from remiss.errors import AnswerNo, Conflict, InputError, IntervalError, NotFound, ProtocolError, SourceError
from remiss.present import sampling
from remiss.protocol import actions as protocols
from remiss.understand import actions as understand
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log


@pytest.fixture
def log(tmp_path):
    return small_log(tmp_path / "log")


def captured(ws, log, weeks=3, **more):
    return capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + weeks * WEEK, **more)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_capture_files_every_sampled_event_and_a_case_for_each_that_met_a_criterion(ws, log):
    run = captured(ws, log)
    assert run.status == "complete"
    assert run.manifest.rows == 1200
    population = [group for group in run.groups if group.criterion == "all"]
    assert [group.population for group in population] == [400, 400, 400]
    assert run.events_new > 150
    found = catalog.search(ws, "", limit=1000)
    assert found.total == run.cases_new == len(found)
    assert run.cases_new >= sum(group.kept for group in run.groups if group.criterion == "missed-delay")


@pytest.mark.of_the_log
def test_the_groups_count_exactly_what_the_log_holds(ws, log):
    run = captured(ws, log)
    actual = {row["flight"]: row["actual"] for row in log.outcomes}
    missed = sum(row["predicted"] == "on-time" and actual.get(row["flight"]) == "late" for row in log.predictions)
    slow = sum(row["latency_ms"] > 250 for row in log.predictions)
    totals = {name: sum(group.population for group in run.groups if group.criterion == name) for name in ("missed-delay", "slow")}
    assert totals == {"missed-delay": missed, "slow": slow}


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_case_shows_what_happened_and_how_it_was_sampled(ws, log, already_captured):
    run = already_captured(log)
    [line, *_] = catalog.search(ws, "criterion:missed-delay", limit=1)
    case = catalog.show(ws, line["id"])
    assert case.event.output == "on-time"
    assert case.event.label == "late"
    assert case.suggested_mode == "remiss:model/weak-slice"
    assert case.severity == 2
    [fact] = case.captures
    assert fact.run == run.id
    assert fact.in_force
    assert 0 < fact.probability <= 1


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.every_way("case.compare")
def test_a_case_is_compared_with_controls_of_its_window_and_stratum(ws, log, already_captured):
    already_captured(log)
    [line, *_] = catalog.search(ws, "criterion:missed-delay", limit=1)
    found = catalog.compare(ws, line["id"], controls=3)
    assert len(found.controls) == 3
    assert all(control.event.context == found.event.context for control in found.controls)
    assert all(found.window <= control.event.at < found.until for control in found.controls)
    assert not any((control.event.output, control.event.label) == ("on-time", "late") for control in found.controls)
    likeness = [control.likeness for control in found.controls]
    assert likeness == sorted(likeness, reverse=True)
    assert "in the week of 17 June 2013" in sampling.drawn(found)


@pytest.mark.of_the_log
def test_people_in_the_text_never_reach_the_catalog(ws, log, already_captured):
    already_captured(log)
    texts = [catalog.show(ws, line["id"]).event.text or "" for line in catalog.search(ws, "", limit=1000)]
    assert any("[email:" in text for text in texts)
    assert not any("@example.com" in text for text in texts)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.every_way("capture.due")
def test_without_an_interval_everything_due_is_captured_once(ws, log):
    [(since, until)] = capture.due(ws, log.protocol)
    assert (since, until) == (MONDAY, MONDAY + 3 * WEEK)
    capture.capture(ws, log.protocol, since=since, until=until)
    assert not capture.due(ws, log.protocol)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_the_same_capture_again_finds_the_same_and_changes_nothing(ws, log, already_captured):
    first = already_captured(log)
    second = captured(ws, log)
    assert second.events_new == second.cases_new == 0
    assert second.changes == {}
    assert catalog.search(ws, "").total == first.cases_new
    assert {group.criterion: group.threshold for group in second.groups} == {
        group.criterion: group.threshold for group in first.groups
    }


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_late_label_changes_a_case_when_its_window_is_captured_again(ws, log, already_captured):
    already_captured(log)
    flight = next(
        row["flight"]
        for row in log.predictions
        if row["predicted"] == "on-time" and row["flight"] not in {outcome["flight"] for outcome in log.outcomes}
    )
    log.outcomes.append({"flight": flight, "actual": "late", "known_at": MONDAY + timedelta(hours=1)})
    log.write()
    before = captured(ws, log)
    assert before.status == "complete"
    groups = {name: sum(g.population for g in before.groups if g.criterion == name) for name in ("missed-delay", "undecided")}
    assert groups["missed-delay"] > 0


def in_force(ws):
    """Return the runs whose groups count, as some of their cases tell."""
    facts = [fact for line in catalog.search(ws, "", limit=5) for fact in catalog.show(ws, line["id"]).captures]
    return {fact.run for fact in facts if fact.in_force}


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.every_way("run.diff")
def test_events_that_left_the_source_make_a_run_wait_until_somebody_accepts(ws, log, already_captured):
    first = already_captured(log)
    [line] = catalog.search(ws, "", limit=1)
    sampled = catalog.show(ws, line["id"]).event.id
    gone = next(row for row in log.predictions if row["prediction_id"] == sampled)
    log.predictions.remove(gone)
    log.write()
    second = captured(ws, log)
    assert second.status == "waiting"
    assert {line["kind"]: line["event"] for line in capture.diff(ws, second.id)}["gone"] == gone["prediction_id"]
    assert in_force(ws) == {first.id}
    accepted = capture.accept(ws, second.id)
    assert accepted.status == "complete"
    assert in_force(ws) == {second.id}
    with pytest.raises(Conflict):
        capture.accept(ws, second.id)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_another_meaning_under_the_same_version_is_refused(ws, log, already_captured):
    already_captured(log)
    log.write(PROTOCOL.replace("latency_ms > 250", "latency_ms > 200"))
    with pytest.raises(ProtocolError, match="version"):
        captured(ws, log)


@pytest.mark.of_the_log
def test_another_zone_of_the_log_under_the_same_version_is_refused_by_name(ws, log):
    zoned = PROTOCOL.replace('predictions/*.parquet"', 'predictions/*.parquet", time_zone: UTC')
    log.write(zoned)
    captured(ws, log)
    log.write(zoned.replace("time_zone: UTC", "time_zone: Europe/Berlin"))
    with pytest.raises(ProtocolError, match="means something else in this catalog: another source, labels"):
        captured(ws, log)


@pytest.mark.postgresql_in_soak("figures of two versions, by another seed, are had there too")
@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("redaction: [email, phone]", "redaction: [email]", "redaction"),
        ("redaction: [email, phone]", "redaction: [email, phone, {name: ticket, pattern: 'T-[0-9]+'}]", "redaction"),
        ("redaction: [email, phone]", "redaction: [email, phone]\nsensitivity: {text: restricted}", "sensitivity"),
        ("model: arrival-delay\n", "model: arrival-delay\nteam: arrivals\n", "team"),
        # Else it would be kept as it was, and whoever is named an owner now went on to verify.
        ("model: arrival-delay\n", "model: arrival-delay\nowners: [ana]\n", "owners"),
    ],
)
def test_content_guarded_otherwise_needs_another_version_and_figures_go_on(ws, log, already_captured, old, new, named):
    already_captured(log, 0, 1)
    log.write(PROTOCOL.replace(old, new))
    with pytest.raises(ProtocolError, match=f"protects its content differently in this catalog: another {named}"):
        captured(ws, log)
    log.write(PROTOCOL.replace(old, new).replace("version: 1", "version: 2"))
    capture.capture(ws, log.protocol, since=MONDAY + WEEK, until=MONDAY + 3 * WEEK)
    [whole] = understand.estimate(ws, "").rows
    assert whole.value == 1200
    assert understand.estimate(ws, "", protocol="arrival-delay@1").rows == (whole,)


@pytest.mark.of_the_log
def test_an_interval_that_cuts_a_window_is_refused(ws, log):
    with pytest.raises(IntervalError):
        capture.capture(ws, log.protocol, since=MONDAY + timedelta(days=1), until=MONDAY + WEEK)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.every_way("capture", "run.refused")
def test_refused_rows_are_counted_and_listed_and_strict_stops_at_them(ws, log):
    log.predictions[7]["carrier"] = None
    log.write()
    run = captured(ws, log)
    assert run.refused == {"missing:inputs.carrier": 1}
    [line] = capture.refused(ws, run.id)
    assert line["row"] == 8
    assert line["file"].endswith("all.parquet")
    position = catalog.info(ws).position
    with pytest.raises(AnswerNo, match="refused"):
        capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEK, strict=True)
    assert catalog.info(ws).position == position


@pytest.mark.of_the_log
def test_a_strict_capture_that_is_refused_leaves_no_raw_evidence(ws, log, tmp_path):
    log.predictions[7]["carrier"] = None
    log.write()
    with pytest.raises(AnswerNo, match=r"1 rows? .*missing:inputs\.carrier.*all\.parquet row 8"):
        capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEK, strict=True)
    assert [file for file in (tmp_path / "vault").rglob("*") if file.is_file()] == []


@pytest.mark.of_the_log
@pytest.mark.every_way("reproduce")
def test_a_run_reproduces_and_says_when_its_source_is_another_or_away(ws, log, tmp_path):
    run = captured(ws, log)
    assert capture.reproduce(ws, run.id).verdict == "same"
    file = log.folder / "predictions" / "all.parquet"
    log.predictions[0]["latency_ms"] = 9999.0
    log.write()
    outcome = capture.reproduce(ws, run.id)
    assert outcome.verdict == "different"
    assert any("all.parquet" in line for line in outcome.differences)
    file.rename(tmp_path / "away.parquet")
    outcome = capture.reproduce(ws, run.id)
    assert outcome.verdict == "cannot"
    assert any("all.parquet" in line for line in outcome.missing)


def test_a_run_whose_profiles_say_something_else_than_its_source_is_different(address, environment, log):
    with remiss.open(address, environment=environment) as ws:
        run = captured(ws, log)
        with ws._store.engine.execution_options(writes=True).begin() as connection:
            of_latency = profiles.c.field == "latency_ms"
            connection.execute(update(profiles).where(of_latency).values(nulls=profiles.c.nulls + 1))
        outcome = capture.reproduce(ws, run.id)
    assert outcome.verdict == "different"
    assert all(line.startswith("the profile of latency_ms in the window of 2013-06-") for line in outcome.differences)


def add(log, name, rows, times):
    """Add a file to the log: some of its rows again, with other times; None is a time that cannot be read."""
    table = pq.read_table(log.folder / "predictions" / "all.parquet").slice(0, rows)
    at = table.column_names.index("scheduled_at")
    ids = pa.array([f"{name}-{number}" for number in range(rows)])
    table = table.set_column(0, "prediction_id", ids)
    table = table.set_column(at, "scheduled_at", pa.array(times, table.schema.field("scheduled_at").type))
    pq.write_table(table, log.folder / "predictions" / f"{name}.parquet")


@pytest.mark.of_the_log
def test_a_file_without_any_event_changes_no_run_and_is_said_by_each_that_read_it(ws, log, tmp_path):
    before = captured(ws, log)
    add(log, "broken", 2, [None, None])
    assert capture.reproduce(ws, before.id).verdict == "same"
    after = captured(ws, log)
    assert after.refused == {}
    assert after.manifest.unplaced == {"predictions/broken.parquet": {"bad-time": 2}}
    assert after.manifest.notes == (
        "2 rows of 1 file without any event belong to no window and count in no run: predictions/broken.parquet (2 bad-time)",
    )
    [row] = understand.estimate(ws, "criterion:slow").rows
    assert any(note.startswith("2 rows (0.17%) were refused") for note in row.notes)
    with pytest.raises(AnswerNo, match=r"broken\.parquet \(2 bad-time\)"):
        captured(ws, log, strict=True)
    (log.folder / "predictions" / "broken.parquet").rename(tmp_path / "broken.parquet")
    assert capture.reproduce(ws, after.id).verdict == "same"


@pytest.mark.of_the_log
def test_rows_without_a_time_count_in_the_runs_that_have_an_event_of_their_file(ws, log):
    first = captured(ws, log, weeks=1)
    add(log, "later", 4, [None, MONDAY + WEEK, MONDAY + 2 * WEEK, None])
    assert capture.reproduce(ws, first.id).verdict == "same"
    again = captured(ws, log, weeks=1)
    second = capture.capture(ws, log.protocol, since=MONDAY + WEEK, until=MONDAY + 2 * WEEK)
    third = capture.capture(ws, log.protocol, since=MONDAY + 2 * WEEK, until=MONDAY + 3 * WEEK)
    assert [run.refused for run in (first, again, second, third)] == [{}, {}, {"bad-time": 2}, {"bad-time": 2}]
    assert [run.manifest.notes for run in (again, second, third)] == [(), (), ()]
    assert [(line["file"], line["row"]) for line in capture.refused(ws, second.id)] == [
        ("predictions/later.parquet", 1),
        ("predictions/later.parquet", 4),
    ]
    [stands] = capture.status(ws)
    assert stands.refused_share == pytest.approx(2 / 1204)


@pytest.mark.of_the_log
def test_a_broken_line_of_labels_that_is_added_later_changes_no_run(ws, log):
    log.write(PROTOCOL.replace('{format: parquet, uri: "outcomes/*.parquet"', '{format: jsonl, uri: "outcomes/*.jsonl"'))
    lines = "".join(f"{json.dumps({**row, 'known_at': row['known_at'].isoformat()})}\n" for row in log.outcomes)
    (log.folder / "outcomes" / "all.jsonl").write_text(lines)
    run = captured(ws, log)
    (log.folder / "outcomes" / "more.jsonl").write_text("half of a li\n")
    assert capture.reproduce(ws, run.id).verdict == "same"
    assert captured(ws, log).refused == {"unreadable-label": 1}


@pytest.mark.of_the_log
def test_a_run_reproduces_from_where_it_read_when_the_protocol_has_moved_on(ws, log):
    first = capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEK)
    (log.folder / "predictions").rename(log.folder / "archive")
    (log.folder / "outcomes").rename(log.folder / "truth")
    moved = PROTOCOL.replace("predictions/*", "archive/*").replace("outcomes/*", "truth/*")
    (log.folder / "arrival-delay.yaml").write_text(moved)
    second = capture.capture(ws, log.protocol, since=MONDAY + WEEK, until=MONDAY + 2 * WEEK)
    assert second.manifest.protocol_digest == first.manifest.protocol_digest
    assert capture.reproduce(ws, second.id).verdict == "same"
    assert capture.reproduce(ws, first.id).verdict == "cannot"
    [stands] = capture.status(ws)
    assert stands.due == 1


@pytest.mark.of_the_log
def test_rows_without_a_time_are_told_once_however_often_their_source_was_captured(ws, log):
    for row in log.predictions:
        row["scheduled_at"] = row["scheduled_at"].isoformat()
    log.predictions[7]["scheduled_at"] = "yesterday"
    log.predictions[8]["carrier"] = None
    log.write()
    for week in range(3):
        capture.capture(ws, log.protocol, since=MONDAY + week * WEEK, until=MONDAY + (week + 1) * WEEK)
    [row] = understand.estimate(ws, "criterion:slow").rows
    assert any(note.startswith("2 rows (0.17%) were refused") for note in row.notes)
    [stands] = capture.status(ws)
    assert stands.refused_share == pytest.approx(2 / 1200)


@pytest.mark.of_the_log
def test_one_event_of_year_1_makes_its_own_window_due_and_not_the_centuries_between(ws, log):
    log.predictions[0]["scheduled_at"] = datetime(1, 1, 3, tzinfo=UTC)
    log.write()
    due = capture.due(ws, log.protocol)
    assert tuple(due) == ((datetime(1, 1, 1, tzinfo=UTC), datetime(1, 1, 8, tzinfo=UTC)), (MONDAY, MONDAY + 3 * WEEK))
    first, second = (capture.capture(ws, log.protocol, since=since, until=until) for since, until in due)
    assert (first.manifest.rows, second.manifest.rows) == (1, 1199)
    assert not capture.due(ws, log.protocol)


@pytest.mark.of_the_log
def test_an_interval_of_more_windows_than_a_run_takes_is_refused_before_anything_is_read(ws, log):
    log.write(PROTOCOL.replace("window: 1 week", "window: 1 minute"))
    stages = []
    with (
        ws.reporting(lambda stage, _: stages.append(stage)),
        pytest.raises(IntervalError, match="one run takes 100,000") as caught,
    ):
        capture.capture(ws, log.protocol, since=MONDAY - 10 * WEEK, until=MONDAY + 3 * WEEK)
    assert "the first --until" in caught.value.do
    assert stages == []
    assert capture.list_runs(ws).total == 0


@pytest.mark.of_the_log
def test_a_run_of_more_windows_than_this_version_takes_cannot_be_reproduced_and_says_why(ws, log, already_captured, monkeypatch):
    run = already_captured(log)
    monkeypatch.setattr("remiss.capture.schedule.MOST_WINDOWS", 2)
    outcome = capture.reproduce(ws, run.id)
    assert outcome.verdict == "cannot"
    assert any("has 3 windows; one run takes 2" in line for line in outcome.missing)


@pytest.mark.of_the_log
def test_a_log_in_which_no_time_can_be_read_is_refused_and_not_called_captured(ws, log):
    for row in log.predictions:
        row["scheduled_at"] = f"{row['scheduled_at']:%Y-%m-%dT%H:%M:%S}"
    log.write()
    with pytest.raises(SourceError, match="none of the 1,200 rows of source arrival-predictions has a time") as caught:
        capture.due(ws, log.protocol)
    assert "time_zone" in caught.value.do


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_another_seed_in_a_new_version_is_said(ws, log, already_captured):
    already_captured(log)
    again = PROTOCOL.replace("version: 1", "version: 2").replace('seed: "2026"', 'seed: "2027"')
    log.write(again)
    run = captured(ws, log)
    assert any("the seed is another than in version 1" in note for note in run.manifest.notes)
    log.write(again.replace("version: 2", "version: 3").replace("> 250", "> 240"))
    assert not captured(ws, log).manifest.notes


@pytest.mark.of_the_log
def test_an_anomaly_that_cannot_be_judged_is_said(ws, log):
    odd = "  - {name: far, kind: anomaly, of: inputs.distance, beyond: 6, severity: 3, why: A wrong airport.}\nsampling:"
    for row in log.predictions:
        row["distance"] = 500
    log.write(PROTOCOL.replace("sampling:", odd))
    run = captured(ws, log)
    assert any("far is undecided in 3 of 3 windows" in note for note in run.manifest.notes)
    assert sum(group.population for group in run.groups if group.criterion == "undecided") > 0


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
@pytest.mark.every_way("run.accept", "run.show")
def test_a_run_is_read_as_it_stood_at_a_position(ws, log, already_captured):
    first = already_captured(log)
    del log.predictions[: len(log.predictions) // 3]
    log.write()
    second = captured(ws, log)
    waiting = catalog.info(ws).position
    accepted = capture.accept(ws, second.id)
    assert accepted.cases_known > 0
    then = capture.show(ws, second.id, as_of=waiting)
    assert (then.status, then.cases_known) == ("waiting", 0)
    assert capture.show(ws, second.id, as_of=catalog.info(ws).position) == accepted
    listed = capture.list_runs(ws, limit=1)
    assert ([line["run"] for line in listed], listed.total) == ([second.id], 2)
    before = capture.list_runs(ws, as_of=first.position)
    assert [line["run"] for line in before] == [first.id]
    assert (before.position, before.total) == (first.position, 1)
    for read in (capture.show, capture.diff, capture.refused):
        with pytest.raises(NotFound):
            read(ws, second.id, as_of=first.position)
        with pytest.raises(InputError, match="has no position 99"):
            read(ws, second.id, as_of=99)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.every_way("status")
def test_status_tells_how_captures_stood_at_a_position(ws, log, already_captured):
    first = already_captured(log, 0, 1)
    capture.capture(ws, log.protocol, since=MONDAY + WEEK, until=MONDAY + 2 * WEEK)
    [now], [then] = capture.status(ws), capture.status(ws, as_of=first.position)
    assert (then.windows, now.windows) == (1, 2)
    assert (then.last, now.last) == (MONDAY, MONDAY + WEEK)
    assert then.due == now.due + 1
    assert not [*capture.status(ws, as_of=1), *capture.status(ws, as_of=0)]
    with pytest.raises(InputError, match="has no position 99"):
        capture.status(ws, as_of=99)


def test_protocols_are_read_as_the_shelf_stood_at_a_position(ws, log, already_captured):
    position = already_captured(log).position
    log.write(PROTOCOL.replace("version: 1", "version: 2").replace("> 250", "> 240"))
    captured(ws, log)
    assert protocols.show(ws, "arrival-delay").version == 2
    assert protocols.show(ws, "arrival-delay", as_of=position).version == 1
    assert [line["version"] for line in protocols.list_protocols(ws, as_of=position)] == [1]
    with pytest.raises(NotFound, match="no version 2"):
        protocols.diff(ws, "arrival-delay", 1, 2, as_of=position)


@pytest.mark.of_the_log
def test_a_refused_row_names_nobody(ws, log):
    log.predictions[3]["prediction_id"] = "ana@example.com/3"
    log.predictions[3]["carrier"] = None
    log.write()
    run = captured(ws, log)
    [line] = capture.refused(ws, run.id)
    assert "[email:" in line["detail"]
    assert "ana@" not in line["detail"]


def graded(text, level, version=1):
    """Return the protocol with every field graded alike but one that never reaches the catalog."""
    names = ["id", "time", "model_version", "output", "label", "confidence", "latency_ms", "status"]
    names += ["inputs.carrier", "inputs.distance", "context.airport"]
    grades = ", ".join(f"{name}: {level}" for name in names)
    return text.replace("version: 1", f"version: {version}") + f"sensitivity: {{text: secret, {grades}}}\n"


def test_events_and_cases_are_as_guarded_as_the_most_guarded_field_that_reached_the_catalog(ws, log):
    log.write(graded(PROTOCOL, "public"))
    captured(ws, log)
    assert catalog.search(ws, "sensitivity:public").total == catalog.search(ws, "").total > 0
    log.write(graded(PROTOCOL, "public", version=2).replace("inputs.carrier: public", "inputs.carrier: internal"))
    captured(ws, log, weeks=1)
    assert catalog.search(ws, "sensitivity:internal").total > 0
    assert (
        catalog.search(ws, "sensitivity:internal occurred:<2013-06-10").total == catalog.search(ws, "occurred:<2013-06-10").total
    )
    assert catalog.search(ws, "sensitivity:public").total == catalog.search(ws, "occurred:>=2013-06-10").total
    log.write(graded(PROTOCOL, "public", version=3))
    captured(ws, log)
    assert catalog.search(ws, "sensitivity:internal").total == catalog.search(ws, "occurred:<2013-06-10").total


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_case_of_a_protocol_without_grades_is_internal(ws, log, already_captured):
    already_captured(log)
    assert catalog.search(ws, "sensitivity:internal").total == catalog.search(ws, "").total
