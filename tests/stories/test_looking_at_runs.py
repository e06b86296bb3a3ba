"""What one can see of runs: what is captured in all, page by page, and the windows and cells of each."""

from __future__ import annotations

from datetime import timedelta

import pytest

from remiss import capture
from remiss.errors import InputError, NotFound
from remiss.records.identity import parse_time
from tests.stories.logs import MONDAY, WEEK, small_log


@pytest.fixture
def log(tmp_path):
    return small_log(tmp_path / "log")


def captured(ws, log, first=0, last=3):
    return capture.capture(ws, log.protocol, since=MONDAY + first * WEEK, until=MONDAY + last * WEEK)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_coverage_adds_up_the_windows_in_force(ws, log):
    assert list(capture.coverage(ws)) == []
    first = captured(ws, log, 0, 2)
    second = captured(ws, log, 1, 3)
    [line] = capture.coverage(ws)
    assert (line["source"], line["protocol"]) == ("arrival-predictions", "arrival-delay@1")
    assert (line["windows"], line["events"]) == (3, 1200)
    assert (line["since"], line["until"]) == (MONDAY, MONDAY + 3 * WEEK)
    assert (line["run"], line["at"]) == (second.id, second.at)
    assert line["labelled"] == sum(group.labelled for run in (first, second) for group in run.groups if in_force(run, group))


def in_force(run, group):
    return group.criterion == "all" and (run.manifest.since, group.window) != (MONDAY, MONDAY + WEEK)


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
@pytest.mark.every_way("run.coverage")
def test_coverage_can_be_read_as_it_was(ws, log, already_captured):
    first = already_captured(log, 0, 1)
    captured(ws, log, 1, 3)
    [then], [now] = capture.coverage(ws, as_of=first.position), capture.coverage(ws)
    assert (then["windows"], now["windows"]) == (1, 3)
    assert then["run"] == first.id


@pytest.mark.every_way("run.list")
def test_runs_are_listed_page_by_page(ws, log):
    filed = [captured(ws, log, at, at + 1).id for at in range(3)]
    page = capture.list_runs(ws, limit=2)
    assert (list(page.column("run")), page.total) == (filed[:0:-1], 3)
    rest = capture.list_runs(ws, limit=2, after=page.next)
    assert (list(rest.column("run")), rest.total, rest.next) == (filed[:1], 3, None)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_token_of_another_list_of_runs_is_refused(ws, log, already_captured):
    already_captured(log, 0, 1)
    captured(ws, log, 1, 2)
    page = capture.list_runs(ws, limit=1)
    for token, protocol in ((page.next, "arrival-delay"), ("nonsense", None)):
        with pytest.raises(InputError, match="page token"):
            capture.list_runs(ws, protocol=protocol, after=token)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.every_way("run.windows")
def test_the_windows_of_a_run_say_for_which_it_is_in_force(ws, log, already_captured):
    first = already_captured(log)
    captured(ws, log, 1, 2)
    found = capture.windows(ws, first.id)
    assert list(found.column("window")) == [MONDAY + at * WEEK for at in range(3)]
    assert list(found.column("events")) == [400, 400, 400]
    assert list(found.column("in_force")) == [True, False, True]
    assert list(capture.windows(ws, first.id, as_of=first.position).column("in_force")) == [True, True, True]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_provisional_window_says_from_when_it_can_be_captured_again(ws, log):
    for row in log.outcomes[450:800]:
        row["known_at"] = parse_time("2999-01-01T00:00:00Z")
    log.write()
    run = captured(ws, log, 0, 2)
    first, second = capture.windows(ws, run.id)
    assert (first["provisional"], first["settles"]) == (False, None)
    # Its labels are late, though the lag is over: worth another look after one more lag.
    assert (second["provisional"], second["settles"]) == (True, run.manifest.as_of + timedelta(days=2))


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.every_way("run.cells")
def test_cells_of_a_run_are_disjoint_and_add_up_to_its_events(ws, log, already_captured):
    run = already_captured(log)
    found = capture.cells(ws, run.id)
    counts = ("met", "undecided", "outside", "events", "labelled")
    assert found.columns == ("window", "context.airport", "model_version", "told_apart", *counts)
    assert {(line["model_version"], line["told_apart"]) for line in found} == {("1", True)}
    assert sum(found.column("events")) == 1200
    slow = sum(line["events"] for line in found if "slow" in str(line["met"]).split(", "))
    assert slow == sum(group.population for group in run.groups if group.criterion == "slow")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_windows_and_cells_of_a_run_that_is_not_there_are_not_found(ws):
    for ask in (capture.windows, capture.cells):
        with pytest.raises(NotFound):
            ask(ws, "run-nothing")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.every_way("run.histograms")
def test_every_field_of_a_run_is_counted_by_window_and_version(ws, log, already_captured):
    run = already_captured(log)
    lines = list(capture.histograms(ws, run.id, field="inputs.carrier"))
    for at in range(3):
        own = [row for row in log.predictions if (row["scheduled_at"] - MONDAY) // WEEK == at]
        counted = {line["values"]: line["events"] for line in lines if line["window"] == MONDAY + at * WEEK}
        assert counted == {carrier: sum(row["carrier"] == carrier for row in own) for carrier in ("UA", "DL", "B6")}
    assert {line["model_version"] for line in lines} == {"1"}
    late = capture.histograms(ws, run.id, field="label_delay")
    assert {line["values"] for line in late} == {"missing", "1 hour to below 6 hours"}
    with pytest.raises(InputError, match="remarks is not counted"):
        capture.histograms(ws, run.id, field="remarks")
