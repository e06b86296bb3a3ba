"""How often does this happen in production? Told through the library, against the truth counted over the whole log."""

from __future__ import annotations

import json

import pytest

from remiss import capture
from remiss.codec import to_json
from remiss.errors import InputError, NotFound, QueryError
from remiss.understand import actions as understand
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log

UNTIL = MONDAY + 3 * WEEK


@pytest.fixture
def log(tmp_path):
    return small_log(tmp_path / "log")


@pytest.fixture
def captured(ws, log, once):
    once(ws, "small_log", lambda: capture.capture(ws, log.protocol, since=MONDAY, until=UNTIL).id)
    return ws


def missed(log, **having):
    """Return how many predictions of the log said on time and were late, and how many had an outcome at all."""
    actual = {row["flight"]: row["actual"] for row in log.outcomes}
    rows = [row for row in log.predictions if all(row[name] == value for name, value in having.items())]
    known = [row for row in rows if row["flight"] in actual]
    return sum(row["predicted"] == "on-time" and actual[row["flight"]] == "late" for row in known), len(known)


def recapture(ws, log, protocol, since=MONDAY):
    log.write(protocol)
    return capture.capture(ws, log.protocol, since=since, until=UNTIL)


def second_version(**changes):
    """Return the second version of the protocol, in which a miss with a high score does not count."""
    text = PROTOCOL.replace("version: 1\n", "version: 2\n").replace("label = 'late'\"", "label = 'late' AND confidence < 0.8\"")
    for old, new in changes.items():
        text = text.replace(old, new)
    return text


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_failures_are_counted_exactly_where_whole_cells_answer(captured, log):
    found = understand.estimate(captured, "criterion:missed-delay")
    [row] = found.rows
    assert (row.value, row.method, row.low, row.high) == (missed(log)[0], "counted", None, None)
    assert (found.source, found.protocol, found.kind) == ("arrival-predictions", "arrival-delay@1", "flagged")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_by_a_field_that_was_no_stratum_the_sample_answers_with_intervals(captured, log):
    found = understand.estimate(captured, "criterion:missed-delay", by="inputs.carrier", variance="sample")
    assert [row.key for row in found.rows] == ["B6", "DL", "UA"]
    for row in found.rows:
        assert row.method == "weighted"
        assert row.low <= missed(log, carrier=row.key)[0] <= row.high
    assert "process" in found.notes[0]


@pytest.mark.of_the_log
@pytest.mark.parametrize("by", ["inputs.carrier", "model_version", "month", "week", "window", "context.airport"])
def test_rows_of_three_weeks_show_how_sure_they_are_of_this_log_and_say_so(captured, by):
    # Three weeks say too little of how weeks differ; a column of "unknown" would say nothing at all.
    found = understand.estimate(captured, "criterion:missed-delay", by=by)
    of_log = understand.estimate(captured, "criterion:missed-delay", by=by, variance="sample")
    assert {row.variance for row in (*found.rows, *of_log.rows)} == {"sample"}
    assert "too little history" in found.notes[0]
    for row, other in zip(found.rows, of_log.rows, strict=True):
        assert (row.value, row.low, row.high, row.interval) == (other.value, other.low, other.high, other.interval)
        assert row.interval in {"exact", "given"}
        assert row.of_this_log
        assert not other.of_this_log


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize("by", ["inputs.carrier", "month", "context.airport"])
def test_who_asks_for_the_process_is_told_where_nothing_is_known_of_it(captured, by):
    for row in understand.estimate(captured, "criterion:missed-delay", by=by, variance="process").rows:
        assert (row.variance, row.low, row.high, row.interval) == ("process", None, None, "unknown")
        assert any("too little history" in note for note in row.notes)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_one_figure_and_rows_by_criterion_are_of_the_log(captured):
    for by in (None, "criterion"):
        assert {row.variance for row in understand.estimate(captured, by=by).rows} == {"sample"}


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_rate_is_among_judged_events_and_says_so_in_words(captured, log):
    found = understand.estimate(captured, "criterion:missed-delay context.airport:EWR", rate=True)
    [row] = found.rows
    hits, known = missed(log, origin="EWR")
    assert (row.method, row.value) == ("counted", hits / known)
    assert found.denominator == (
        "events where context.airport is EWR, as far as missed-delay applies to them and could be judged"
    )


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_rate_may_name_its_denominator(captured, log):
    found = understand.estimate(captured, "criterion:slow", rate=True, of="criterion:missed-delay")
    assert 0 <= found.rows[0].value <= 1
    assert found.of == "criterion:missed-delay"
    assert found.denominator == "events where criterion is missed-delay, as far as slow could be judged"


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_each_criterion_has_its_own_denominator_when_criteria_are_compared(captured, log):
    totals = understand.estimate(captured, by="criterion")
    assert [row.key for row in totals.rows] == ["missed-delay", "slow"]
    assert totals.rows[0].value == missed(log)[0]
    rates = understand.estimate(captured, rate=True, by="criterion")
    assert rates.rows[0].value == missed(log)[0] / missed(log)[1]
    assert any("among all admitted events" in note for note in rates.rows[1].notes)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_the_window_in_which_a_log_begins_is_partial_where_its_other_windows_begin_sooner(ws, log):
    log.predictions = [row for row in log.predictions if row["scheduled_at"] >= MONDAY + WEEK / 2]
    log.write()
    capture.capture(ws, log.protocol, since=MONDAY, until=UNTIL)
    rows = understand.estimate(ws, "criterion:slow", rate=True, by="window").rows
    assert [(row.partial, "partial" in row.marks) for row in rows] == [(True, True), (False, False), (False, False)]
    said = [note for note in rows[0].notes if note.startswith("partial")]
    assert [note[:76] for note in said] == ["partial: the log begins within the window of 2013-06-03, with 2013-06-06T12:"]
    assert [row.among for row in rows] == [200, 400, 400]
    # A figure of all windows, or of none in particular, compares none of them.
    assert not any(row.partial for row in understand.estimate(ws, by="criterion").rows)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_no_window_of_a_log_that_was_captured_from_within_is_partial(captured):
    assert [row.partial for row in understand.estimate(captured, "criterion:slow", by="week").rows] == [False] * 3


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_an_estimate_survives_json(captured):
    found = to_json(understand.estimate(captured, "criterion:slow", by="inputs.carrier", variance="process"))
    assert json.loads(json.dumps(found))["rows"][0]["low"] is None
    assert found["schema"] == "remiss/estimate@1"


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.every_way
def test_a_question_without_an_honest_answer_is_refused_with_advice(captured):
    for query, asked, says in (
        ("severity:1", {}, "decided by people"),
        ("occurred:2014-01", {}, "no captured window"),
        ("criterion:slow", {"as_of": 99}, "no position 99"),
    ):
        with pytest.raises(InputError, match=says) as refused:
            understand.estimate(captured, query, **asked)
        assert refused.value.do


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_an_empty_catalog_says_what_to_do(ws):
    with pytest.raises(NotFound, match="no captured windows") as refused:
        understand.estimate(ws, "criterion:slow")
    assert "remiss capture" in refused.value.do


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_two_protocols_are_never_added_up(captured, log):
    recapture(captured, log, PROTOCOL.replace("protocol: arrival-delay", "protocol: another"))
    with pytest.raises(QueryError, match="spans 2 sources or protocols"):
        understand.estimate(captured, "criterion:slow")
    assert understand.estimate(captured, "criterion:slow", protocol="another").protocol == "another@1"
    with pytest.raises(NotFound, match="arrival-delay@1"):
        understand.estimate(captured, "criterion:slow", protocol="third")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_of_several_versions_it_is_the_newest_and_the_others_are_asked_for_by_name(captured, log):
    before = understand.estimate(captured, "criterion:slow", by="window")
    # The second version has the last week only; the first keeps the others.
    recapture(captured, log, second_version(), since=MONDAY + 2 * WEEK)
    now = understand.estimate(captured, "criterion:slow", by="window")
    assert (now.protocol, len(now.rows)) == ("arrival-delay@2", 1)
    assert "version 1 also had windows in this scope" in now.notes[0]
    first = understand.estimate(captured, "criterion:slow", by="window", protocol="arrival-delay@1")
    assert [row.value for row in first.rows] == [row.value for row in before.rows[:2]]
    # Nothing of one is in the figures of another, and where no other has windows nothing is said.
    assert not any("version" in note for note in first.notes)
    only_first = understand.estimate(captured, "criterion:slow occurred:2013-06-04")
    assert (only_first.protocol, only_first.notes) == ("arrival-delay@1", ())


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_criterion_changed_after_its_sample_was_seen_has_no_weighted_figures_there(captured, log):
    recapture(captured, log, second_version())
    with pytest.raises(
        QueryError,
        match=r"^not shown: rule missed-delay was written or changed after people could see the sampled cases of 3 windows",
    ) as refused:
        understand.estimate(captured, "criterion:missed-delay inputs.carrier:UA")
    assert "chosen on this sample" not in str(refused.value) and "could be seen" not in str(refused.value)
    assert understand.estimate(captured, "criterion:missed-delay").rows[0].method == "counted"
    assert understand.estimate(captured, "criterion:slow inputs.carrier:UA").rows[0].method == "weighted"


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_fresh_seed_gives_the_changed_criterion_its_figures_back(captured, log):
    recapture(captured, log, second_version(**{'seed: "2026"': 'seed: "2027"'}))
    assert understand.estimate(captured, "criterion:missed-delay inputs.carrier:UA").rows[0].method == "weighted"


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.every_way("estimate")
def test_an_estimate_as_of_a_position_is_what_it_was_then(captured, log):
    before = understand.estimate(captured, "criterion:missed-delay inputs.carrier:UA")
    recapture(captured, log, second_version(**{'seed: "2026"': 'seed: "2027"'}))
    again = understand.estimate(captured, "criterion:missed-delay inputs.carrier:UA", as_of=before.position)
    assert again == before
