"""Retries: a log that holds an id twice, with another answer or another latency, and ids that come again weeks later."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import select

import remiss
from remiss import capture
from remiss.catalog import actions as catalog
from remiss.edges.stores.tables import cases, events
from remiss.protocol import actions as protocols
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log

LAST = PROTOCOL.replace("fields:\n", "duplicates: {keep: last, by: logged_at}\nfields:\n", 1)


@pytest.fixture
def log(tmp_path):
    """Each ninth call is tried again, slower, some of them in the next week; some ids come again two weeks later."""
    log = small_log(tmp_path / "log")
    for at, row in enumerate(list(log.predictions)):
        row["logged_at"] = row["scheduled_at"]
        if at % 9 == 0:
            later = row["scheduled_at"] + (timedelta(days=7) if at % 27 == 0 else timedelta())
            again = {**row, "latency_ms": 900.0, "scheduled_at": later, "logged_at": row["logged_at"] + timedelta(hours=1)}
            log.predictions.append(again)
        elif at % 50 == 1:
            log.predictions.append({**row, "scheduled_at": row["scheduled_at"] + 2 * WEEK})
    log.predictions.extend(dict(row) for row in log.predictions[5:400:40])
    log.write()
    Path(log.protocol).write_text(LAST)
    return log


def resolved(log):
    """Return the rows that are kept, by plain Python; every week has its own."""
    kept = {}
    weeks = {}
    for row in log.predictions:
        weeks.setdefault(row["prediction_id"], []).append(((row["scheduled_at"] - MONDAY) // WEEK, row))
    for name, rows in weeks.items():
        for week in {week for week, _ in rows}:
            near = [row for other, row in rows if abs(other - week) <= 1]
            last = max(near, key=lambda row: row["logged_at"])
            if (last["scheduled_at"] - MONDAY) // WEEK == week:
                kept[name, week] = last
    return kept


def told(ws):
    """Return what a catalog knows of its events and cases, whatever was captured when."""
    with ws._store.reading() as connection:
        of_events = select(events.c.event_id, events.c.occurred_at, events.c.latency_ms, events.c.recurrence > 0)
        known = sorted(map(tuple, connection.execute(of_events)))
        return known, sorted(connection.execute(select(cases.c.id)).scalars())


def counts(runs):
    """Return the groups, which count and draw, of some runs together, and how many rows were merged and outranked."""
    groups = [
        (group.window, str(group.stratum), group.criterion, group.population, group.labelled, group.kept, group.threshold)
        for run in runs
        for group in run.groups
    ]
    return sorted(groups), sum(run.manifest.merged for run in runs), sum(run.manifest.resolved for run in runs)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_the_row_logged_last_is_the_event_and_slow_calls_are_counted_right(ws, log):
    run = capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + 5 * WEEK)
    kept = resolved(log)
    assert run.refused == {}
    assert sum(group.population for group in run.groups if group.criterion == "all") == len(kept)
    slow = sum(row["latency_ms"] > 250 for row in kept.values())
    assert sum(group.population for group in run.groups if group.criterion == "slow") == slow
    assert run.manifest.rows == len(log.predictions) == len(kept) + run.manifest.merged + run.manifest.resolved
    # One of the ten copies is of a row that a retry outranks.
    assert run.manifest.merged == 9
    assert capture.reproduce(ws, run.id).verdict == "same"


def weekly(ws, log, starts):
    return [capture.capture(ws, log.protocol, since=MONDAY + at * WEEK, until=MONDAY + (at + 1) * WEEK) for at in starts]


@pytest.mark.of_the_log
@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
def test_a_log_captured_at_once_and_week_by_week_gives_the_same_runs_events_and_cases(ws, log, tmp_path):
    whole = capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + 4 * WEEK)
    with remiss.open(str(tmp_path / "weekly.db"), create=True) as other:
        assert counts(weekly(other, log, range(4))) == counts([whole])
        assert told(other) == told(ws)


@pytest.mark.of_the_log
def test_weeks_captured_again_in_another_order_find_what_is_known_and_nothing_waits(ws, log):
    weekly(ws, log, range(3))
    for again in weekly(ws, log, (2, 0, 1)):
        assert (again.status, again.events_new, again.changes) == ("complete", 0, {})


@pytest.mark.of_the_log
def test_an_id_that_comes_again_weeks_later_is_another_event_with_a_case_of_its_own(ws, log):
    row = next(row for row in log.predictions if row["latency_ms"] > 250 and row["scheduled_at"] < MONDAY + WEEK)
    log.predictions[:] = [row, {**row, "scheduled_at": row["scheduled_at"] + 3 * WEEK, "carrier": "ZZ"}]
    log.write(LAST)
    run = capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + 4 * WEEK)
    assert (run.events_new, run.cases_new, run.refused) == (2, 2, {})
    found = catalog.search(ws, f'event_id:"{row["prediction_id"]}"')
    assert len({line["id"] for line in found}) == 2
    assert [catalog.show(ws, line["id"]).event.inputs["carrier"] for line in catalog.search(ws, "inputs.carrier:ZZ")] == ["ZZ"]
    again = capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + 4 * WEEK)
    assert (again.events_new, again.cases_new, again.changes) == (0, 0, {})
    assert {line["id"] for line in catalog.search(ws, "")} == {line["id"] for line in found}


def test_a_retry_that_comes_late_moves_its_event_and_nothing_waits(ws, log):
    row = next(row for row in log.predictions if row["latency_ms"] > 250 and row["scheduled_at"] < MONDAY + WEEK)
    log.predictions[:] = [row]
    log.write(LAST)
    capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEK)
    log.predictions.append({**row, "scheduled_at": row["scheduled_at"] + WEEK, "logged_at": row["logged_at"] + WEEK})
    log.write(LAST)
    run = capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + 2 * WEEK)
    assert (run.status, run.changes) == ("complete", {"added": 1, "dropped": 1})
    assert run.manifest.resolved == 1


@pytest.mark.of_the_log
def test_a_retry_that_comes_after_its_event_was_captured_makes_both_windows_due(ws, log):
    row = next(row for row in log.predictions if row["latency_ms"] > 250 and row["scheduled_at"] < MONDAY + WEEK)
    last = {**row, "prediction_id": "last", "scheduled_at": row["scheduled_at"] + WEEK}
    log.predictions[:] = [row]
    log.write(LAST)
    capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEK)
    again = {**row, "scheduled_at": row["scheduled_at"] + WEEK, "logged_at": row["logged_at"] + WEEK}
    pq.write_table(pa.Table.from_pylist([again, last]), log.folder / "predictions" / "second.parquet")
    second = capture.capture(ws, log.protocol, since=MONDAY + WEEK, until=MONDAY + 2 * WEEK)
    assert [group.population for group in second.groups if group.criterion == "all"] == [2]
    assert tuple(capture.due(ws, log.protocol)) == ((MONDAY, MONDAY + WEEK),)
    settled = capture.capture(ws, log.protocol)
    assert (settled.status, settled.changes, settled.manifest.resolved) == ("complete", {"dropped": 1}, 1)
    assert not capture.due(ws, log.protocol)


@pytest.mark.of_the_log
def test_duplicates_are_checked_with_their_line_and_what_to_write(ws, log):
    def checked(rule: str) -> list[str]:
        Path(log.protocol).write_text(PROTOCOL.replace("fields:\n", f"duplicates: {rule}\nfields:\n", 1))
        return [f"{one.line}: {one.what}; {one.do}" for one in protocols.check(ws, log.protocol) if one.level == "error"]

    line = PROTOCOL[: PROTOCOL.index("fields:\n")].count("\n") + 1
    assert checked("{keep: refuse}") == checked("{keep: first, by: logged_at}") == []
    assert checked("{keep: last}") == [
        f"{line}: duplicates lacks by: what makes a row the last of its id; add it, for example {{keep: last, by: logged_at}}"
    ]
    assert checked("{keep: refuse, by: logged_at}")[0].startswith(f"{line}: duplicates.by compares rows")
    assert checked("{keep: last, by: labels.known_at}")[0].startswith(f"{line}: duplicates.by reads labels.known_at")
    assert checked("{keep: last, by: latency_ms > 3}")[0].startswith(f"{line}: duplicates.by is a boolean, which has no order")
    assert checked("{keep: newest, by: logged_at}")[0].startswith(f"{line}: duplicates.keep is newest, which is not known")


@pytest.mark.of_the_log
def test_refusing_aloud_means_what_a_protocol_without_the_key_means(ws, log):
    said = PROTOCOL.replace("fields:\n", "duplicates: {keep: refuse}\nfields:\n", 1)
    Path(log.protocol).write_text(PROTOCOL)
    before = capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEK).manifest.protocol_digest
    Path(log.protocol).write_text(said)
    run = capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEK)
    assert run.manifest.protocol_digest == before
    assert run.refused["duplicate-id"] > 0
