"""Versions of a protocol that mean the same by a question are one series, each window by the version that captured it."""

from __future__ import annotations

import pytest

from remiss import capture, catalog, understand
from remiss.errors import QueryError
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log

NEW = '  - {name: far, kind: custom, when: "inputs.distance > 900", severity: 4, why: A long flight.}\nsampling:'
# A criterion is new and more is kept: slow and missed-delay mean what they meant.
SECOND = PROTOCOL.replace("version: 1\n", "version: 2\n").replace("sampling:", NEW).replace("keep: 5", "keep: 20")
# Slow is another rule.
THIRD = SECOND.replace("version: 2\n", "version: 3\n").replace("latency_ms > 250", "latency_ms > 200")
SLOW, MISSED = "criterion:slow", "criterion:missed-delay"
UA = " inputs.carrier:UA"
DAY = WEEK / 7


@pytest.fixture
def log(tmp_path):
    return small_log(tmp_path / "log")


def captured(ws, log, text, first, last):
    log.write(text)
    return capture.capture(ws, log.protocol, since=MONDAY + first * WEEK, until=MONDAY + last * WEEK)


@pytest.fixture
def three(ws, log, once):
    """Return a catalog with a week by each of three versions; the second was captured by the first, too."""

    def make():
        captured(ws, log, PROTOCOL, 0, 2)
        captured(ws, log, SECOND, 1, 2)
        return captured(ws, log, THIRD, 2, 3).id

    once(ws, "a_week_by_each_of_three_versions", make)
    return ws


def weeks(found):
    return [str(row.key)[:10] for row in found.rows]


def late(log, week):
    """Return how many delays of a week were missed, by the log itself."""
    actual = {row["flight"]: row["actual"] for row in log.outcomes}
    rows = (row for row in log.predictions if MONDAY + week * WEEK <= row["scheduled_at"] < MONDAY + (week + 1) * WEEK)
    return sum(row["predicted"] == "on-time" and actual.get(row["flight"]) == "late" for row in rows)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_criterion_that_stayed_the_same_is_one_series_in_which_each_window_counts_once(three, log):
    alone = understand.estimate(three, MISSED, by="week")
    assert (weeks(alone), alone.spans, alone.protocol) == (["2013-06-17"], (), "arrival-delay@3")
    found = understand.estimate(three, MISSED, by="week", across_versions=True)
    assert [(row.value, row.method) for row in found.rows] == [(late(log, week), "counted") for week in range(3)]
    assert [(each.version, each.since, each.windows) for each in found.spans] == [
        (at + 1, MONDAY + at * WEEK, 1) for at in range(3)
    ]
    assert found.notes[0] == (
        "of versions 1, 2 and 3 of arrival-delay, which mean the same by this question; each window is estimated by the version "
        "that captured it"
    )
    [total] = understand.estimate(three, MISSED, across_versions=True).rows
    assert (total.value, total.windows) == (sum(late(log, week) for week in range(3)), 3)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_sampled_figures_have_the_weights_of_the_version_that_drew_each_window(three):
    joined = understand.estimate(three, MISSED + UA, by="week", variance="sample", across_versions=True)
    one_by_one = [
        row
        for version in (1, 2, 3)
        for row in understand.estimate(three, MISSED + UA, by="week", variance="sample", protocol=f"arrival-delay@{version}").rows
    ]
    assert [(row.key, row.value, row.low, row.high, row.sampled) for row in joined.rows] == [
        (row.key, row.value, row.low, row.high, row.sampled) for row in one_by_one
    ]
    assert {row.method for row in joined.rows} == {"weighted"}
    [june] = understand.estimate(three, MISSED + UA, by="month", variance="sample", across_versions=True).rows
    assert june.value == pytest.approx(sum(row.value for row in one_by_one))
    assert june.sampled == sum(row.sampled for row in one_by_one)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_criterion_that_changed_and_one_that_is_new_stay_apart_and_it_is_said_why(three):
    now = understand.estimate(three, SLOW, by="week", across_versions=True)
    assert weeks(now) == ["2013-06-17"]
    assert [each.version for each in now.spans] == [3]
    assert now.notes[:2] == (
        "version 1 also had windows in this scope and is left apart: slow means something else in it",
        "version 2 also had windows in this scope and is left apart: slow means something else in it",
    )
    before = understand.estimate(three, SLOW, by="week", protocol="arrival-delay@2", across_versions=True)
    assert (weeks(before), [each.version for each in before.spans]) == (["2013-06-03", "2013-06-10"], [1, 2])
    new = understand.estimate(three, "criterion:far", by="week", across_versions=True)
    assert (weeks(new), [each.version for each in new.spans]) == (["2013-06-10", "2013-06-17"], [2, 3])
    # A pattern may mean other criteria in another version.
    assert weeks(understand.estimate(three, "criterion:*", by="week", across_versions=True)) == ["2013-06-17"]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_version_is_asked_for_behind_the_name_of_its_protocol_and_means_the_windows_that_figures_of_it_have(three):
    def ids(query):
        return {each["id"] for each in catalog.search(three, query, limit=500)}

    for version in (1, 2, 3):
        first = MONDAY + (version - 1) * WEEK
        of_week = f"occurred:{first:%Y-%m-%d}..{first + WEEK - DAY:%Y-%m-%d}"
        # The first version captured the second week, too, and is not in force there any more.
        own = ids(f"protocol:arrival-delay@{version} {SLOW}")
        assert own == ids(f'protocol:"arrival-delay@{version}" {SLOW}')
        # What was only read again, because the catalog had it, is of the week, and in no figure.
        assert own <= ids(f"{of_week} {SLOW}")
        [counted] = understand.estimate(three, SLOW, protocol=f"arrival-delay@{version}").rows
        assert (len(own), own & ids(f"-protocol:arrival-delay@{version} {SLOW}")) == (counted.sampled, set())
        asked = understand.estimate(three, f"protocol:arrival-delay@{version} {MISSED}", by="week")
        assert (weeks(asked), asked.protocol) == ([f"{first:%Y-%m-%d}"], f"arrival-delay@{version}")
        sampled = understand.estimate(three, f"protocol:arrival-delay@{version} {MISSED}{UA}", by="week").rows
        assert sampled == understand.estimate(three, MISSED + UA, by="week", protocol=f"arrival-delay@{version}").rows
    assert ids("protocol:arrival-delay") == ids("") > ids("protocol:arrival-delay@*")
    every = (ids(f"protocol:arrival-delay@{version}") for version in (1, 2, 3))
    assert ids("protocol:arrival-delay@*") == set().union(*every)
    both = understand.estimate(three, f"(protocol:arrival-delay@1 OR protocol:arrival-delay@2) {MISSED}", across_versions=True)
    assert [each.version for each in both.spans] == [1, 2]
    # As the catalog stood before the second version captured a week anew.
    then = catalog.search(three, f"protocol:arrival-delay@1 {SLOW}", as_of=capture.coverage(three).position - 2)
    assert then.total > len(ids(f"protocol:arrival-delay@1 {SLOW}"))


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize("ask", [catalog.search, catalog.facets, understand.estimate])
def test_a_version_that_no_protocol_has_is_said_to_be_none_and_not_counted_as_0(three, ask):
    with pytest.raises(QueryError, match="the catalog has no protocol arrival-delay@9") as refused:
        ask(three, f"{SLOW} protocol:arrival-delay@9")
    assert refused.value.do == "there is arrival-delay@1, arrival-delay@2, arrival-delay@3"


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_rows_without_a_time_are_refused_once_however_many_runs_and_versions_read_their_file(ws, log):
    log.predictions.extend({**row, "scheduled_at": None} for row in log.predictions[:9])
    captured(ws, log, PROTOCOL, 0, 2)
    captured(ws, log, SECOND, 2, 3)
    [status] = capture.status(ws).items
    assert status.refused_share == pytest.approx(9 / (9 + 1200))
    # Trends say the same share as Home does.
    notes = understand.estimate(ws, MISSED, rate=True, by="week", across_versions=True).rows[0].notes
    assert [note[:15] for note in notes if "refused at capture" in note] == ["9 rows (0.74%) "], notes
    # Each run counts them, and says how many of those that it counts others may count, too.
    runs = list(capture.list_runs(ws))
    assert [(each["refused"], each["in_no_window"]) for each in runs] == [(9, 9), (9, 9)]


@pytest.mark.of_the_log
@pytest.mark.parametrize(
    ("changed", "query", "reason"),
    [
        (
            {"require: [id, time, model_version": "require: [id, time, status, model_version"},
            SLOW,
            "other events: another require",
        ),
        ({"window: 1 week": "window: 1 day"}, SLOW, "its windows have another width"),
        ({"fields:\n": "admit: carrier <> 'B6'\nfields:\n"}, SLOW, "other events: another admit"),
        ({"inputs: [carrier, distance]": "inputs: {carrier: lower(carrier), distance: distance}"}, SLOW, "what an event is"),
        ({"context: {airport: origin}": "context: {airport: lower(origin)}"}, SLOW, "what an event is"),
        ({"text: remarks": "text: upper(remarks)"}, f"{SLOW} ask", "the field text"),
        ({"lag: 2 days": "lag: 3 days"}, MISSED, "missed-delay means something else"),
        ({"lag: 2 days": "lag: 3 days"}, f"{SLOW} label:late", "the field label"),
        ({"confidence: score": "confidence: 1 - score"}, f"{SLOW} confidence:>0.5", "the field confidence"),
    ],
)
def test_what_else_decides_which_events_a_figure_is_of_keeps_versions_apart(ws, log, already_captured, changed, query, reason):
    text = PROTOCOL.replace("version: 1\n", "version: 2\n")
    for old, new in changed.items():
        assert old in text
        text = text.replace(old, new)
    already_captured(log, 0, 1)
    captured(ws, log, text, 1, 2)
    found = understand.estimate(ws, query, by="window", across_versions=True)
    assert [each.version for each in found.spans] == [2]
    assert reason in found.notes[0]


@pytest.mark.of_the_log
def test_what_was_changed_after_its_sample_was_seen_is_refused_across_versions_too(ws, log, already_captured):
    already_captured(log, 0, 2)
    # The second week again, by a rule that was written when its cases could be seen.
    captured(ws, log, THIRD, 1, 2)
    captured(ws, log, THIRD.replace("version: 3", "version: 4").replace("severity: 4", "severity: 3"), 2, 3)
    with pytest.raises(
        QueryError,
        match=r"^not shown: rule slow was written or changed after people could see "
        "the sampled cases of 1 window from 2013-06-10",
    ):
        understand.estimate(ws, SLOW + UA, by="week", across_versions=True)
    found = understand.estimate(ws, SLOW, by="week", across_versions=True)
    assert [row.method for row in found.rows] == ["counted"] * 2
    assert [each.version for each in found.spans] == [3, 4]
    # Of the third week nobody had seen anything.
    [row] = understand.estimate(ws, f"{SLOW}{UA} occurred:>=2013-06-17", across_versions=True).rows
    assert row.method == "weighted"


@pytest.mark.of_the_log
def test_rows_by_criterion_and_what_people_confirmed_are_of_one_version(three):
    with pytest.raises(QueryError, match="each criterion may mean the same in other versions"):
        understand.estimate(three, by="criterion", across_versions=True)
    with pytest.raises(QueryError, match="what people confirmed is of one version"):
        understand.estimate(three, MISSED, confirmed=True, across_versions=True)
