"""What a capture draws: labels that arrive late, anomalies, repeats, refusals, windows and strata."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from remiss.capture.expected import expect
from remiss.capture.sample import draw_sample
from remiss.capture.sampling import priority
from remiss.capture.sql.statements import bound
from remiss.errors import ProtocolError
from remiss.records.identity import to_micros
from tests.edges.engines.worlds import HOUR, LATER, MONDAY, WEEK, captured, opened, protocol, write

LABELS = "{format: parquet, uri: labels.parquet, key: id, time: known, lag: 2 days}"
LABEL = ["label: labels.actual"]
MISSED = ["{name: missed, kind: misclassification, when: output <> label, severity: 2, why: It was wrong.}"]


def event(name: str, hour: float = 0, said: str | None = "yes", **more: object) -> dict[str, object]:
    return {"id": name, "at": MONDAY + hour * HOUR, "said": said, **more}


def label(name: str, actual: str | None, hour: float = 1) -> dict[str, object]:
    return {"id": name, "actual": actual, "known": MONDAY + hour * HOUR}


def drawn(tmp_path, rows, text=None, labels=None, **more):
    write(tmp_path / "log.parquet", rows)
    if labels is not None:
        write(tmp_path / "labels.parquet", labels)
    return captured(tmp_path, text or protocol(), **more)


def by_id(found):
    return {one.member.event.id: one.member for one in found.sampled}


# --- labels -----------------------------------------------------------------------------------------------------------


def labelled(tmp_path, labels, as_of=LATER, rows=None):
    text = protocol(labels=LABELS, fields=LABEL, criteria=MISSED)
    return drawn(tmp_path, rows or [event("a")], text, labels, as_of=as_of)


def test_an_event_takes_the_newest_label_of_its_key_that_was_known_in_time(tmp_path):
    found = labelled(
        tmp_path, [label("a", "no", 1), label("a", "yes", 30), label("a", "later than the lag", 49), label("b", "no")]
    )
    member = by_id(found)["a"]
    assert member.event.label == "yes"
    assert member.met == ()
    assert found.windows[0].labelled == 1


def test_a_label_known_after_the_as_of_time_is_not_used(tmp_path):
    found = labelled(tmp_path, [label("a", "no", 1), label("a", "yes", 30)], as_of=MONDAY + 10 * HOUR)
    assert by_id(found)["a"].event.label == "no"
    assert by_id(found)["a"].met == ("missed",)


def test_an_event_without_a_label_is_undecided_and_never_met(tmp_path):
    found = labelled(tmp_path, [label("a", "no", 1), label("c", None)], rows=[event("a"), event("b"), event("c")])
    assert by_id(found)["b"].undecided == ("missed",)
    assert by_id(found)["c"].undecided == ("missed",)
    assert {group.criterion: group.population for group in found.groups} == {"all": 3, "missed": 1, "undecided": 2}
    assert found.windows[0].labelled == 1


def test_labels_of_one_time_that_say_the_same_are_one(tmp_path):
    found = labelled(tmp_path, [label("a", "no"), label("a", "no")])
    assert by_id(found)["a"].event.label == "no"
    assert found.refusals.counts == {}


def test_an_event_whose_newest_labels_contradict_each_other_is_refused(tmp_path):
    found = labelled(
        tmp_path,
        [label("a", "no"), label("a", "yes"), label("b", "no", 1), label("b", "x", 0.5), label("b", "y", 0.5)],
        rows=[event("a"), event("b")],
    )
    assert found.refusals.counts == {"labels-disagree": 1}
    assert [(one.reason, one.row) for one in found.refusals.rows] == [("labels-disagree", 1)]
    assert by_id(found)["b"].event.label == "no"


def test_keys_are_compared_as_text(tmp_path):
    write(tmp_path / "labels.parquet", [{"id": "7", "actual": "no", "known": MONDAY}])
    found = drawn(tmp_path, [{**event("7"), "id": 7}], protocol(labels=LABELS, fields=LABEL, criteria=MISSED))
    assert by_id(found)["7"].event.label == "no"


def test_labels_are_joined_to_every_row_that_shares_a_key(tmp_path):
    labels = LABELS.replace("key: id", "key: flight")
    rows = [event("a", flight="f"), event("b", flight="f"), event("c", flight=None)]
    text = protocol(labels=labels, fields=LABEL, criteria=MISSED)
    found = drawn(
        tmp_path, rows, text, [{"flight": "f", "actual": "no", "known": MONDAY}, {"flight": None, "actual": "x", "known": MONDAY}]
    )
    assert {name: member.event.label for name, member in by_id(found).items()} == {"a": "no", "b": "no", "c": None}


# --- criteria ---------------------------------------------------------------------------------------------------------


def test_forty_criteria_keep_their_places(tmp_path):
    criteria = [f'{{name: c{at}, kind: custom, when: "inputs.n = {at}", severity: 3, why: It counts.}}' for at in range(40)]
    rows = [event(f"e{at}", n=at) for at in range(40)] + [event("none", n=None)]
    found = drawn(tmp_path, rows, protocol(fields=["inputs: [n]"], criteria=criteria, keep=2, control=2, undecided=2))
    members = by_id(found)
    assert all(members[f"e{at}"].met == (f"c{at}",) for at in range(40))
    assert len(found.cells) == 41
    # On the last one `n` is null, which meets nothing.
    assert members["none"].groups == ("control",)
    assert found.windows[0].nulls == {f"c{at}": 1 for at in range(40)}


ODD = "{{name: odd, kind: anomaly, of: inputs.wind, beyond: 3, reference: {reference}, severity: 3, why: A sensor fault.}}"


def windy(week, values):
    return [event(f"{week}-{at}", 168 * week + at / 10, wind=value) for at, value in enumerate(values)]


def test_an_anomaly_is_a_robust_z_of_the_whole_window(tmp_path):
    values = [float(at % 5) for at in range(50)] + [100.0, -math.inf, math.nan, None]
    found = drawn(
        tmp_path, windy(0, values), protocol(fields=["inputs: [wind]"], criteria=[ODD.format(reference="current")], keep=5)
    )
    groups = {group.criterion: group for group in found.groups}
    assert groups["odd"].population == 2
    assert {name for name, member in by_id(found).items() if "odd" in member.groups} == {"0-50", "0-51"}
    # Where there is no value nothing is odd.
    assert groups["control"].population == 52
    assert found.windows[0].nulls == {"odd": 2}
    assert found.notes == ()


def test_an_anomaly_may_be_judged_by_the_window_before_even_one_that_is_not_captured(tmp_path):
    rows = windy(0, [float(at % 5) for at in range(50)]) + windy(1, [50.0 + at for at in range(40)])
    text = protocol(fields=["inputs: [wind]"], criteria=[ODD.format(reference="previous")])
    found = drawn(tmp_path, rows, text, since=MONDAY + WEEK, until=MONDAY + 2 * WEEK)
    assert {group.criterion: group.population for group in found.groups} == {"all": 40, "odd": 40}
    assert [window.population for window in found.windows] == [40]
    both = captured(tmp_path, text, MONDAY, MONDAY + 2 * WEEK)
    assert {(group.window, group.criterion): group.population for group in both.groups} == {
        (MONDAY, "all"): 50,
        (MONDAY, "undecided"): 50,
        (MONDAY + WEEK, "all"): 40,
        (MONDAY + WEEK, "odd"): 40,
    }


@pytest.mark.parametrize("values", [[float(at) for at in range(29)], [1.0] * 30 + [100.0]])
def test_an_anomaly_without_enough_that_differs_is_undecided_and_the_run_says_so(tmp_path, values):
    found = drawn(tmp_path, windy(0, values), protocol(fields=["inputs: [wind]"], criteria=[ODD.format(reference="current")]))
    assert {group.criterion: group.population for group in found.groups} == {"all": len(values), "undecided": len(values)}
    assert found.notes[0].startswith("odd is undecided in 1 of 1 windows")


# --- refusals ---------------------------------------------------------------------------------------------------------


def test_rows_that_are_no_events_are_counted_by_the_first_reason_that_holds(tmp_path):
    rows = [
        event("good", size="1"),
        {**event("x"), "id": None, "at": None},
        {**event("x"), "id": ""},
        {**event("x"), "id": "zero\0byte"},
        {**event("no-time"), "at": None},
        event("bad-size", size="big"),
        event("no-output", said=None, size="2"),
    ]
    text = protocol(fields=["latency_ms: TRY_CAST(size AS DOUBLE)"], require=["output"])
    found = drawn(tmp_path, rows, text)
    assert found.refusals.counts == {"bad-id": 3, "bad-time": 1, "bad-type:latency_ms": 1, "missing:output": 1}
    assert [(one.reason, one.row) for one in found.refusals.rows] == [
        ("bad-id", 2),
        ("bad-id", 3),
        ("bad-id", 4),
        ("bad-time", 5),
        ("bad-type:latency_ms", 6),
        ("missing:output", 7),
    ]
    assert found.refusals.rows[5].detail == "output is empty, and the protocol requires it (id no-output)"
    assert found.rows == 7
    assert found.windows[0].population == 1


def test_the_first_hundred_refused_rows_of_a_reason_are_listed_in_order(tmp_path):
    write(tmp_path / "log" / "b.parquet", [event(f"b{at}", said=None) for at in range(150)])
    write(tmp_path / "log" / "a.parquet", [event(f"a{at}", said=None if at % 2 else "yes") for at in range(150)])
    found = captured(tmp_path, protocol(uri="log", require=["output"]))
    assert found.refusals.counts == {"missing:output": 225}
    listed = [(one.file.rpartition("/")[2], one.row) for one in found.refusals.rows]
    assert listed == [("a.parquet", at + 1) for at in range(150) if at % 2] + [("b.parquet", at + 1) for at in range(25)]


def test_rows_that_repeat_an_event_count_once_and_rows_that_contradict_count_not_at_all(tmp_path):
    rows = [
        event("a", size=None),
        event("same"),
        event("same"),
        event("other", said="yes"),
        event("other", said="no"),
        event("moved", 1),
    ]
    rows += [event("moved", 200), event("nan", size=math.nan), event("nan", size=math.nan)]
    text = protocol(fields=["latency_ms: size"])
    found = drawn(tmp_path, rows, text, until=MONDAY + 2 * WEEK)
    assert found.refusals.counts == {"duplicate-id": 4}
    assert [one.row for one in found.refusals.rows] == [4, 5, 6, 7]
    assert sorted(by_id(found)) == ["a", "nan", "same"]
    assert [window.population for window in found.windows] == [3, 0]
    assert sum(group.population for group in found.groups if group.criterion == "all") == 3


def test_a_repeat_two_windows_away_is_another_event_and_one_in_the_next_window_is_not(tmp_path):
    rows = [event("a"), event("a", 336, said="no"), event("b", -1, said="no"), event("b"), event("c"), event("c", 168)]
    found = drawn(tmp_path, rows)
    assert found.refusals.counts == {"duplicate-id": 2}
    assert [one.row for one in found.refusals.rows] == [4, 5]
    assert sorted(by_id(found)) == ["a"]
    assert found.rows == 3
    later = captured(tmp_path, protocol(), MONDAY + 2 * WEEK, MONDAY + 3 * WEEK)
    assert later.refusals.counts == {}
    assert by_id(later)["a"].event.output == "no"


def test_rows_that_the_reader_refused_are_counted_with_the_rest(tmp_path):
    lines = [
        "id,at,said",
        "a,2013-06-03T10:00:00Z,yes",
        "b,2013-06-03T10:00:00Z,yes,extra",
        "c,never,no",
        "d,2013-06-03T10:00:00,no",
    ]
    (tmp_path / "log.csv").write_text("\n".join(lines))
    found = captured(tmp_path, protocol(format="csv", uri="log.csv"))
    assert found.refusals.counts == {"unreadable-row": 1, "bad-time": 2}
    assert [(one.reason, one.row) for one in found.refusals.rows] == [("unreadable-row", 2), ("bad-time", 3), ("bad-time", 4)]
    assert sorted(by_id(found)) == ["a"]


# --- time -------------------------------------------------------------------------------------------------------------


def test_a_naive_time_is_local_time_of_the_source(tmp_path):
    rows = [{"id": "a", "at": MONDAY.replace(hour=1, minute=30, tzinfo=None), "said": "yes"}]
    found = drawn(tmp_path, rows, protocol(source="time_zone: America/New_York"))
    assert by_id(found)["a"].event.at == datetime(2013, 6, 3, 5, 30, tzinfo=UTC)


def test_a_text_with_an_offset_keeps_it_and_one_without_is_local(tmp_path):
    texts = {
        "zulu": ("2013-06-03T10:00:00Z", 10),
        "offset": ("2013-06-03 12:00:00+02:00", 10),
        "short": ("2013-06-03T12:00:00.500+02", 10.5 / 3600 * 0 + 10),
        "local": ("2013-06-03T06:00:00", 10),
    }
    rows = [{"id": name, "at": text, "said": "yes"} for name, (text, _) in texts.items()]
    found = by_id(drawn(tmp_path, rows, protocol(source="time_zone: America/New_York")))
    assert {name: found[name].event.at.hour for name in texts} == dict.fromkeys(texts, 10)
    assert found["short"].event.at.microsecond == 500_000


def test_times_at_the_ends_of_the_calendar_and_beyond_do_no_harm(tmp_path):
    micros = [to_micros(MONDAY), to_micros(datetime(9999, 12, 31, tzinfo=UTC)), -(2**62), 2**62, 2**63 - 1, -(2**63) + 1]
    table = pa.table(
        {
            "id": [str(at) for at in range(6)],
            "at": pa.array(micros, pa.timestamp("us", tz="UTC")),
            "said": ["yes"] * 6,
            "seen": pa.array(micros, pa.timestamp("us", tz="UTC")),
        }
    )
    found = drawn(tmp_path, table, protocol(fields=["inputs: [seen]"]))
    assert sorted(by_id(found)) == ["0"]
    assert found.refusals.counts == {"bad-time": 4}
    late = captured(
        tmp_path, protocol(), datetime(9999, 12, 20, tzinfo=UTC) + timedelta(days=0), datetime(9999, 12, 27, tzinfo=UTC)
    )
    assert late.windows[0].population == 0


VERSIONS = ["model_version: ver", "trace_id: trace", "context: [rel]"]


def csv_log(tmp_path, lines):
    (tmp_path / "log.csv").write_text("id,at,said,ver,trace,rel\n" + "\n".join(lines) + "\n")


def test_versions_that_are_one_number_stay_apart_in_csv(tmp_path):
    line = "{id},2013-06-03T10:00:00Z,yes,{ver},{ver},{ver}"
    csv_log(tmp_path, [line.format(id=at, ver=ver) for at, ver in enumerate(["1.1", "1.10", "1e5", "+1", "100000", "007"])])
    text = protocol(format="csv", uri="log.csv", fields=VERSIONS, strata=["context.rel"], population=50)
    found = captured(tmp_path, text)
    assert {group.stratum["context.rel"] for group in found.groups if group.stratum} == {
        *("1.1", "1.10", "1e5", "+1", "100000", "007")
    }
    events = [one.member.event for one in found.sampled]
    assert {one.model_version for one in events} == {one.trace_id for one in events}
    assert {one.model_version for one in events} == {"1.1", "1.10", "1e5", "+1", "100000", "007"}


def test_a_version_spelled_otherwise_far_down_in_a_csv_is_never_merged(tmp_path):
    lines = [f"{at}.5,2013-06-03T10:00:00Z,yes,1.1,1.1,1.1" for at in range(1, 20_005)]
    lines += ["1.50,2013-06-03T10:00:00Z,no,1.10,1.10,1.1", "late,2013-06-03T10:00:00Z,no,1.1,1.1,1.10"]
    csv_log(tmp_path, lines)
    text = protocol(format="csv", uri="log.csv", fields=VERSIONS, strata=["context.rel"])
    found = captured(tmp_path, text)
    assert by_id(found)["1.50"].event.model_version == "1.10"
    assert found.refusals.counts == {"unreadable-row": 1}
    [row] = found.refusals.rows
    assert row.row == 20_006
    assert row.detail.startswith("rel is spelled unlike the other values of its column")


def test_numbers_that_a_protocol_asks_for_are_read_in_any_spelling(tmp_path):
    csv_log(tmp_path, [f"e{at},2013-06-03T10:00:00Z,yes,1,1,{rel}" for at, rel in enumerate(["12.50", "7", "1e2", "+1.0"])])
    slow = ["{name: slow, kind: latency, when: latency_ms > 10, severity: 3, why: It was slow.}"]
    dear = ["{name: dear, kind: custom, when: inputs.rel > 10, severity: 3, why: It was dear.}"]
    text = protocol(format="csv", uri="log.csv", fields=["latency_ms: rel", "inputs: [rel]"], criteria=slow + dear)
    found = captured(tmp_path, text)
    assert {one.criterion: one.population for one in found.groups if one.criterion in ("slow", "dear")} == {"slow": 2, "dear": 2}


def test_whole_numbers_of_a_csv_are_not_rounded_far_down(tmp_path):
    lines = [f"e{at},2013-06-03T10:00:00Z,yes,1,1,7" for at in range(20_001)]
    csv_log(tmp_path, [*lines, "last,2013-06-03T10:00:00Z,yes,1,1,12.7"])
    found = captured(tmp_path, protocol(format="csv", uri="log.csv", fields=["inputs: [rel]"]))
    assert found.refusals.counts == {"unreadable-row": 1}
    counted = captured(tmp_path, protocol(format="csv", uri="log.csv", fields=["inputs: {rel: TRY_CAST(rel AS DOUBLE)}"]))
    assert not counted.refusals.counts


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1.5", "7", "0.25"], "DOUBLE"),
        (["1.5", "7.0", "5e-05", "nan"], "DOUBLE"),
        (["1.50", "7.00", "NaN"], "DOUBLE"),
        (["7", "-12", ""], "BIGINT"),
        (["7", "7.0"], "VARCHAR"),
        (["1.1", "1.10"], "VARCHAR"),
        (["100000", "1e5"], "VARCHAR"),
        (["1", "+1"], "VARCHAR"),
        (["0.1", "0.10000000000000001"], "VARCHAR"),
        (["12345678901234567890", "1"], "VARCHAR"),
        (["true", "false"], "BOOLEAN"),
    ],
)
def test_a_csv_column_is_numbers_only_where_no_two_spellings_are_one_number(tmp_path, values, kind):
    csv_log(tmp_path, [f"e{at},2013-06-03T10:00:00Z,yes,1,1,{value}" for at, value in enumerate(values)])
    with opened(tmp_path, protocol(format="csv", uri="log.csv")) as (_, _, source):
        assert source.types["rel"] == kind


def test_an_event_beyond_the_year_9999_is_refused_and_counted(tmp_path):
    (tmp_path / "log.csv").write_text("id,at,said\na,2013-06-03T10:00:00Z,yes\nb,292277-01-01T00:00:00Z,yes\n")
    found = captured(tmp_path, protocol(format="csv", uri="log.csv"))
    assert found.rows == 2
    assert found.refusals.counts == {"bad-time": 1}
    assert [row.row for row in found.refusals.rows] == [2]


def test_files_of_a_run_are_those_that_hold_an_event_of_its_windows(tmp_path):
    write(tmp_path / "good.parquet", [event("a"), event("twin", said="yes")])
    write(tmp_path / "same.parquet", [event("a")])
    write(tmp_path / "next.parquet", [event("b", hour=200)])
    write(tmp_path / "refused.parquet", [event("", said="no"), {**event("c"), "at": None}])
    write(tmp_path / "contradicting.parquet", [event("twin", said="no")])
    found = captured(tmp_path, protocol(uri="*.parquet"))
    assert found.refusals.counts == {"bad-id": 1, "duplicate-id": 2}
    assert [file.rpartition("/")[2] for file in found.files] == ["good.parquet", "same.parquet"]
    assert found.rows == 5
    assert found.lost == {str(tmp_path / "refused.parquet"): {"bad-time": 1}}


@pytest.mark.parametrize("unusable", [None, "", "\0", "zero\0byte"])
@pytest.mark.parametrize("others", [[], [event("no-output", said=None)]])
def test_an_unusable_id_is_found_whatever_else_is_wrong_with_rows(tmp_path, unusable, others):
    rows = [
        event("a"),
        event("b"),
        event("a"),
        *others,
        {**event("x"), "id": unusable},
        {**event("y", said=None), "id": unusable},
    ]
    found = drawn(tmp_path, rows, protocol(require=["output"]))
    counts = {"bad-id": 2, "missing:output": len(others)}
    assert found.refusals.counts == {reason: count for reason, count in counts.items() if count}
    assert sorted(by_id(found)) == ["a", "b"]
    assert [window.population for window in found.windows] == [2]


def test_rows_of_which_none_has_a_usable_id_are_all_refused(tmp_path):
    rows = [event("", said=None), event("\0", said=None), event("next", hour=200)]
    found = drawn(tmp_path, rows, protocol(require=["output"]))
    assert found.refusals.counts == {"bad-id": 2}
    assert found.sampled == ()


def test_a_row_without_id_and_time_is_listed_with_its_file(tmp_path):
    found = drawn(tmp_path, [event("a"), {**event(""), "at": None}])
    assert found.refusals.counts == {"bad-id": 1}
    assert [(one.reason, one.row) for one in found.refusals.rows] == [("bad-id", 2)]


def test_windows_before_1970_are_cut_where_all_others_are(tmp_path):
    rows = [
        {"id": str(hour), "at": datetime(1969, 12, 29, tzinfo=UTC) + hour * HOUR, "said": "yes"} for hour in (-1, 0, 167, 168)
    ]
    start = datetime(1969, 12, 22, tzinfo=UTC)
    found = drawn(tmp_path, rows, since=start, until=start + 3 * WEEK)
    assert [(one.window, one.population) for one in found.windows] == [(start, 1), (start + WEEK, 2), (start + 2 * WEEK, 1)]


def test_one_run_over_weeks_is_the_runs_of_each_week(tmp_path):
    rows = [event(f"e{at}", at, said="yes" if at % 3 else "no") for at in range(3 * 168)]
    whole = drawn(tmp_path, rows, until=MONDAY + 3 * WEEK)
    parts = [captured(tmp_path, protocol(), MONDAY + at * WEEK, MONDAY + (at + 1) * WEEK) for at in range(3)]
    assert whole.groups == tuple(group for part in parts for group in part.groups)
    assert whole.sampled == tuple(one for part in parts for one in part.sampled)
    assert whole.profiles == tuple(one for part in parts for one in part.profiles)


def test_an_interval_without_events_has_its_windows_and_nothing_else(tmp_path):
    found = drawn(tmp_path, [event("a")], since=MONDAY + WEEK, until=MONDAY + 3 * WEEK, also=[("a", MONDAY + WEEK)])
    assert [window.population for window in found.windows] == [0, 0]
    assert (found.groups, found.sampled, found.refreshed, found.files, found.rows) == ((), (), (), (), 0)


# --- strata, content, profiles ----------------------------------------------------------------------------------------


def test_a_null_stratum_is_a_stratum_of_its_own_and_so_is_each_value(tmp_path):
    rows = [event(f"e{at}", place=place, size=1.0) for at, place in enumerate(["a", "a", None, "", "ä"])]
    found = drawn(tmp_path, rows, protocol(fields=["context: {place: place}"], strata=["context.place"]))
    assert [group.stratum for group in found.groups if group.criterion == "control"] == [
        {"context.place": ""},
        {"context.place": "a"},
        {"context.place": "ä"},
        {"context.place": None},
    ]
    assert found.groups[0].criterion == "all"
    assert found.groups[0].stratum == {}


def test_more_than_a_thousand_strata_in_a_window_are_refused(tmp_path):
    text = protocol(fields=["context: {place: place}"], strata=["context.place"])
    rows = [event(f"e{at}", 168 * (at % 2), place=f"p{at}") for at in range(2_000)]
    assert len(drawn(tmp_path, rows, text, until=MONDAY + 2 * WEEK).groups) == 2_002
    with pytest.raises(ProtocolError, match="1,001 strata"):
        drawn(tmp_path, [event(f"e{at}", place=f"p{at}") for at in range(1_001)], text)


def test_an_event_comes_with_its_content_and_its_raw_row(tmp_path):
    rows = [
        event("a\nb", 1.5, size=2**60, score=math.inf, part={"deep": [1, 2]}, day=MONDAY.date(), seen=MONDAY, ok=True, word="\0x")
    ]
    text = protocol(
        fields=["confidence: score", "model_version: word", "inputs: [size, day, seen, ok]", "context: {place: said}"],
    )
    [one] = drawn(tmp_path, rows, text).sampled
    member = one.member
    assert member.event.id == "a\nb"
    assert member.event.at == MONDAY + 1.5 * HOUR
    assert member.event.confidence == math.inf
    assert member.event.model == "sketch"
    assert member.event.model_version == "\N{REPLACEMENT CHARACTER}x"
    assert member.event.inputs == {"size": 2**60, "day": "2013-06-03", "seen": MONDAY, "ok": True}
    assert member.event.context == {"place": "yes"}
    assert member.probability == 1.0
    raw = json.loads(one.raw)
    assert raw["part"] == {"deep": [1, 2]}
    assert raw["size"] in (2**60, f"int:{2**60}")
    assert one.row == 1


def test_profiles_tell_what_is_missing_and_what_is_least_and_greatest(tmp_path):
    sizes = [3.0, None, 1.5, math.nan]
    rows = [event(f"e{at}", at, size=size, who=f"n{at}") for at, size in enumerate(sizes)]
    text = protocol(fields=["latency_ms: size", "inputs: [who]"]) + "sensitivity: {inputs.who: restricted}\n"
    found = {one.field: one for one in drawn(tmp_path, rows, text).profiles}
    assert (found["latency_ms"].count, found["latency_ms"].nulls) == (4, 2)
    assert (found["latency_ms"].minimum, found["latency_ms"].maximum) == (1.5, 3.0)
    assert (found["time"].minimum, found["time"].maximum) == (MONDAY, MONDAY + 3 * HOUR)
    assert (found["inputs.who"].nulls, found["inputs.who"].minimum, found["inputs.who"].maximum) == (0, None, None)
    assert "id" not in found


def test_the_uniform_sample_is_right_where_its_bound_was_too_low(tmp_path):
    """As one log in a million million has it by chance: none of its events lies under the bound."""
    under = bound(900, 7)
    names = [name for name in (f"e{at}" for at in range(1000)) if priority("7", name) >= under][:900]
    assert len(names) == 900
    found = drawn(
        tmp_path, [event(name, said="yes" if at % 3 else "no") for at, name in enumerate(names)], protocol(population=7)
    )
    uniform = {name for name, member in by_id(found).items() if "all" in member.groups}
    assert uniform == set(sorted(names, key=lambda name: priority("7", name))[:7])


def test_known_events_come_back_beside_the_sample(tmp_path):
    rows = [event(f"e{at}") for at in range(100)]
    first = drawn(tmp_path, rows)
    others = sorted({row["id"] for row in rows} - by_id(first).keys())[:2]
    found = captured(tmp_path, protocol(), also=[(one, MONDAY) for one in (*others, "gone", *by_id(first))])
    assert found.sampled == first.sampled
    assert sorted(one.member.event.id for one in found.refreshed) == others
    assert {(one.member.groups, one.member.probability) for one in found.refreshed} == {((), 0.0)}


def test_a_dry_run_expects_exactly_what_a_capture_draws(tmp_path):
    rows = [event(f"e{at}", at / 2, said="yes" if at % 9 else "no") for at in range(600)]
    real = drawn(tmp_path, rows, until=MONDAY + 2 * WEEK)
    with opened(tmp_path, protocol()) as (session, checked, source):
        found = expect(session, checked, source, MONDAY, MONDAY + 2 * WEEK, LATER, lambda stage, done: None)
    assert found.windows == real.windows
    assert [(each.since, each.until) for each in found.yields] == [(one.window, one.window + WEEK) for one in found.windows]
    for each in found.yields:
        own = [one.member for one in real.sampled if one.member.window == each.since]
        assert (each.sampled, each.cases) == (len(own), sum(bool(member.met) for member in own))


def test_each_event_of_a_dry_run_counts_in_the_month_of_its_own_time(tmp_path):
    # Six weeks from 24 June: July begins with a window, August within the last.
    first, end = MONDAY + 3 * WEEK, MONDAY + 9 * WEEK
    rows = [{**event(f"e{at}", 3 * 168 + at, said="yes" if at % 9 else "no"), "live": at % 4 != 0} for at in range(0, 6 * 168, 2)]
    events = [row for row in rows if row["live"]]
    # A retry that says the same is no event of its own; of rows that say different things none is.
    retried, contradicted = events[-4], events[-5]
    rows += [retried, {**contradicted, "said": "perhaps"}]
    events.remove(contradicted)
    text = protocol(rows="admit: live")
    real = drawn(tmp_path, rows, text, since=first, until=end)
    with opened(tmp_path, text) as (session, checked, source):
        found = expect(session, checked, source, first, end, LATER, lambda stage, done: None)
    assert found.windows == real.windows
    assert [each.until.isoformat()[5:10] for each in found.yields] == [
        *("07-01", "07-08", "07-15", "07-22", "07-29"),
        *("08-01", "08-05"),
    ]

    def facts(month):
        own = [one.member for one in real.sampled if one.member.event.at.month == month]
        return (
            sum(row["at"].month == month for row in events),
            len(own),
            sum(bool(member.met) for member in own),
            sum(not row["live"] and row["at"].month == month for row in rows),
        )

    for month in (6, 7, 8):
        pieces = [each for each in found.yields if each.since.month == month]
        told = [(each.events, each.sampled, each.cases, each.left_out) for each in pieces]
        assert tuple(map(sum, zip(*told, strict=True))) == facts(month)


def test_progress_rises_to_one(tmp_path):
    write(tmp_path / "log.parquet", [event("a")])
    seen = []
    with opened(tmp_path, protocol()) as (session, checked, source):
        draw_sample(session, checked, source, MONDAY, MONDAY + WEEK, LATER, lambda stage, done: seen.append(done))
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0.0, 1.0)


# --- what logs are made of ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", None])
def test_times_of_every_precision_are_read(tmp_path, unit, zone):
    moment = MONDAY + HOUR
    table = pa.table(
        {
            "id": ["a"],
            "at": pa.array([moment if zone else moment.replace(tzinfo=None)], pa.timestamp(unit, tz=zone)),
            "said": ["yes"],
        }
    )
    found = drawn(tmp_path, table, protocol(source="" if zone else "time_zone: UTC"))
    assert by_id(found)["a"].event.at == moment


def test_columns_may_be_called_anything(tmp_path):
    odd = 'it\'s "odd"; --'
    table = pa.table({"id": ["a"], "at": [MONDAY], "said": ["yes"], odd: [1], "": [2], "select": [3], "ID ": [b"\x00\xff"]})
    text = protocol(fields=["inputs: [select]"])
    [one] = drawn(tmp_path, table, text).sampled
    assert one.member.event.inputs == {"select": 3}
    assert json.loads(one.raw)[odd] == 1


def test_a_csv_log_with_json_labels_draws_the_same_as_parquet(tmp_path):
    rows = [event(f"e{at}", at / 2, said="no" if at % 7 == 0 else "yes", size=at / 4) for at in range(300)]
    labels = [label(f"e{at}", "no" if at % 5 == 0 else "yes", at / 2 + 1) for at in range(300)]
    fields = [*LABEL, "latency_ms: size"]
    first = drawn(tmp_path, rows, protocol(labels=LABELS, fields=fields, criteria=MISSED), labels)
    lines = [f"{row['id']},{row['at'].isoformat()},{row['said']},{row['size']}" for row in rows]
    (tmp_path / "log.csv").write_text("\n".join(["id,at,said,size", *lines]))
    objects = [json.dumps({**row, "known": row["known"].isoformat()}) for row in labels]
    (tmp_path / "labels.jsonl").write_text("\n".join([*objects, "{broken"]))
    text = protocol(
        format="csv",
        uri="log.csv",
        labels=LABELS.replace("parquet, uri: labels.parquet", "jsonl, uri: labels.jsonl"),
        fields=fields,
        criteria=MISSED,
    )
    second = captured(tmp_path, text)
    assert second.groups == first.groups
    assert second.cells == first.cells
    assert [one.member for one in second.sampled] == [one.member for one in first.sampled]
    assert second.profiles == first.profiles
    assert second.refusals.counts == {"unreadable-label": 1}
    assert second.refusals.rows[0].row == 301
