"""Estimates of a small log: what is counted, what is weighted, and among whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from time import process_time

import pytest

from remiss.capture.requirements import Refused
from remiss.catalog.query.parsing import parse
from remiss.present import estimate_facts
from remiss.records.estimate import PROCESS
from remiss.records.event import ModelVersion
from remiss.records.run import Cell, RunWindow
from remiss.understand.domain import Census, build_domain
from remiss.understand.flagged import estimate_rows
from remiss.understand.question import Question, settle
from remiss.understand.rows import Flagged, compared
from tests.understand.logs import FIRST_RULES, RULES, SAMPLING, START, WEEK, Logged, ask, census_of, flights, truth

HOUR = timedelta(hours=1)
EVENTS = flights(840)
OF_WEEK_2 = "occurred:>=2013-06-10 occurred:<2013-06-17"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "criterion:missed",
        "criterion:missed criterion:slow",
        "criterion:missed OR criterion:slow",
        "-criterion:missed",
        "criterion:*",
        "context.airport:EWR criterion:slow",
        "context.airport:E* -criterion:*",
        OF_WEEK_2,
        f"{OF_WEEK_2} criterion:missed -context.airport:JFK",
        "(criterion:missed context.airport:EWR) OR (criterion:slow occurred:<2013-06-10)",
        "model:arrival-delay criterion:missed",
        "model:another",
        "criterion:missed inputs.carrier:UA -inputs.carrier:UA criterion:slow -criterion:slow",
    ],
)
def test_a_sum_of_whole_cells_is_counted_exactly(text):
    (row,) = ask(EVENTS, text) or [None]
    if row is None:
        assert truth(EVENTS, text) == 0
        return
    assert (row.method, row.value, row.low, row.high) == ("counted", truth(EVENTS, text), None, None)


@pytest.mark.parametrize(
    "text",
    [
        "inputs.carrier:UA",
        "criterion:missed inputs.carrier:UA",
        "criterion:missed occurred:>=2013-06-05",
        "criterion:missed OR inputs.carrier:UA",
    ],
)
def test_whatever_cuts_a_cell_is_weighted_and_has_an_interval_around_the_truth(text):
    (row,) = ask(EVENTS, text)
    assert row.method == "weighted"
    assert row.sampled > 0
    assert row.low < row.value < row.high
    assert row.low <= truth(EVENTS, text) <= row.high


def test_an_empty_query_over_everything_is_the_number_of_admitted_events():
    (row,) = ask(EVENTS)
    assert row.value == len(EVENTS)


def test_when_every_event_is_kept_a_weighted_figure_is_exact():
    everything = replace(SAMPLING, population=10_000)
    (row,) = ask(EVENTS, "criterion:missed inputs.carrier:UA", sampling=everything)
    assert (row.value, row.low, row.high) == (truth(EVENTS, "criterion:missed inputs.carrier:UA"),) * 3
    assert not row.few
    assert any("every event" in note for note in row.notes)


def test_the_lower_end_is_at_least_the_number_sampled():
    (row,) = ask(EVENTS, "criterion:missed inputs.carrier:UA")
    assert row.low >= row.sampled


def test_under_ten_sampled_is_marked_few():
    (few,) = ask(EVENTS, f"criterion:slow inputs.carrier:UA {OF_WEEK_2}")
    (many,) = ask(EVENTS, "criterion:slow inputs.carrier:UA")
    assert 0 < few.sampled < 10 <= many.sampled
    assert (few.few, many.few) == (True, False)


def test_where_none_was_sampled_the_figure_is_nothing_to_a_bound():
    (row,) = ask(EVENTS, "criterion:slow inputs.carrier:ZZ")
    assert (row.value, row.low, row.sampled) == (0, 0, 0)
    assert 0 < row.high <= truth(EVENTS, "criterion:slow")


def test_where_no_event_met_the_criterion_none_can_have_been_missed():
    events = flights(840, slow=10_000)
    (row,) = ask([event for event in events if "slow" not in event.met], "criterion:slow inputs.carrier:UA")
    assert (row.method, row.value) == ("counted", 0)


def test_by_a_stratum_or_the_window_is_counted_too():
    rows = ask(EVENTS, "criterion:missed", by="context.airport")
    assert [(row.key, row.value) for row in rows] == [
        (airport, truth(EVENTS, f"criterion:missed context.airport:{airport}")) for airport in ("EWR", "JFK")
    ]
    weeks = ask(EVENTS, "criterion:missed", by="week")
    assert [row.key for row in weeks] == ["2013-06-03", "2013-06-10", "2013-06-17", "2013-06-24"]
    assert {row.method for row in weeks} == {"counted"}
    assert sum(row.value for row in weeks) == truth(EVENTS, "criterion:missed")


def test_months_are_counted_only_where_windows_tile_them():
    june_and_july_until_sunday = [(row.key, row.method) for row in ask(flights(840, weeks=8), "criterion:missed", by="month")]
    assert june_and_july_until_sunday == [("2013-06", "counted"), ("2013-07", "counted")]
    with_a_week_into_august = ask(flights(840, weeks=9), "criterion:missed", by="month")
    assert {row.method for row in with_a_week_into_august} == {"weighted"}


def test_a_key_that_is_null_has_a_row_of_its_own_at_the_end():
    rows = ask(flights(840, carriers=("UA", None, "AA")), "criterion:missed", by="inputs.carrier")
    assert [row.key for row in rows] == ["AA", "UA", None]
    strata = ask(flights(840, airports=("JFK", None)), "criterion:missed", by="context.airport")
    assert [row.key for row in strata] == ["JFK", None]


def test_a_carrier_without_any_failure_has_a_row_with_a_bound():
    events = [replace(event, met=()) if event.carrier == "DL" else event for event in EVENTS]
    rows = {row.key: row for row in ask(events, "criterion:missed", by="inputs.carrier")}
    assert rows["DL"].value == 0
    assert rows["DL"].high > 0


def test_a_rate_is_among_the_events_that_its_criterion_could_judge():
    events = flights(840, unlabelled=4)
    (row,) = ask(events, "criterion:missed", rate=True)
    judged = [event for event in events if not event.undecided]
    assert row.method == "counted"
    assert row.value == sum("missed" in event.met for event in judged) / len(judged)
    assert row.judged == len(judged) / len(events)


def test_a_missing_label_is_never_counted_as_correct_and_its_bounds_are_printed():
    events = flights(840, unlabelled=4)
    (row,) = ask(events, "criterion:missed", rate=True)
    hits, doubt = truth(events, "criterion:missed"), sum(bool(event.undecided) for event in events)
    assert row.bounds == (hits / 840, (hits + doubt) / 840)
    assert "could be judged" in estimate_facts.judged(row)
    (of_all,) = ask(events, "criterion:missed", rate=True, of="")
    assert of_all.value == row.value


@pytest.mark.parametrize("text", ["criterion:missed", "criterion:missed inputs.carrier:*"])
def test_what_no_label_can_make_a_failure_does_not_widen_the_bounds(text):
    # Of the unlabelled every second one said what no label makes a missed delay.
    events = [
        replace(event, ruled_out=event.undecided if at % 8 == 1 else ()) for at, event in enumerate(flights(840, unlabelled=4))
    ]
    (row,) = ask(events, text, rate=True, sampling=replace(SAMPLING, population=10_000))
    hits, doubt = truth(events, "criterion:missed"), sum(bool(event.undecided) for event in events)
    possible = doubt - sum(bool(event.ruled_out) for event in events)
    assert 0 < possible < doubt
    assert row.bounds == pytest.approx((hits / 840, (hits + possible) / 840))
    (negated,) = ask(
        events, text.replace("criterion", "-criterion"), rate=True, of="", sampling=replace(SAMPLING, population=10_000)
    )
    assert negated.bounds == pytest.approx(((840 - doubt - hits) / 840, (840 - hits) / 840))


def test_an_event_without_a_label_is_not_taken_for_one_with_another_label():
    events = flights(840, unlabelled=4)
    known = truth(events, "has:label")
    everything = replace(SAMPLING, population=10_000)
    (row,) = ask(events, "label:late", rate=True, of="", sampling=everything)
    assert row.value == truth(events, "label:late") / known
    assert row.judged == known / 840
    (negated,) = ask(events, "-label:late", rate=True, of="", sampling=everything)
    assert negated.value == 1 - row.value
    (presence,) = ask(events, "has:label", rate=True, of="", sampling=everything)
    assert presence.value == known / 840


def test_a_total_that_compares_labels_says_how_many_have_none():
    (row,) = ask(flights(840, unlabelled=4), "label:late")
    assert any("210 events could not be judged on the label" in note for note in row.notes)


def test_a_rate_with_a_population_at_risk_is_counted_where_cells_say_who_is_outside():
    events = flights(840, elsewhere=3)
    inside = [event for event in events if "local" not in event.outside]
    (row,) = ask(events, "criterion:local", rate=True)
    assert row.method == "counted"
    assert row.value == sum("local" in event.met for event in inside) / len(inside)


def test_by_the_first_rules_it_is_weighted_since_cells_do_not_say_it():
    events = flights(840, elsewhere=3)
    inside = [event for event in events if "local" not in event.outside]
    true = sum("local" in event.met for event in inside) / len(inside)
    rows = [
        ask(events, "criterion:local", rate=True, sampling=replace(SAMPLING, seed=f"{seed}"), rules=FIRST_RULES)[0]
        for seed in range(20)
    ]
    assert {row.method for row in rows} == {"weighted"}
    assert sum(row.low <= true <= row.high for row in rows) >= 17


def test_a_second_query_is_the_denominator_as_it_says():
    (row,) = ask(EVENTS, "criterion:slow", rate=True, of="criterion:missed")
    assert row.method == "counted"
    assert row.value == truth(EVENTS, "criterion:slow criterion:missed") / truth(EVENTS, "criterion:missed")


def test_a_weighted_rate_has_an_interval_around_the_truth():
    (row,) = ask(EVENTS, "criterion:missed inputs.carrier:UA", rate=True)
    assert row.method == "weighted"
    true = truth(EVENTS, "criterion:missed inputs.carrier:UA") / truth(EVENTS, "inputs.carrier:UA")
    assert row.low <= true <= row.high
    assert row.effective > 0


def test_a_rate_among_nobody_is_undefined():
    (weighted,) = ask(EVENTS, "criterion:missed inputs.carrier:ZZ", rate=True)
    assert (weighted.value, weighted.low, weighted.high) == (None, None, None)
    (counted,) = ask(EVENTS, "criterion:missed context.airport:LAX", rate=True)
    assert counted.value is None
    assert any("count among" in note for note in counted.notes)


def test_figures_of_windows_whose_labels_may_still_come_are_provisional():
    (row,) = ask(EVENTS, "criterion:missed", provisional=[START + WEEK])
    assert row.provisional
    assert any("1 of 4 windows are provisional" in note for note in row.notes)
    (first,) = ask(EVENTS, "criterion:missed occurred:<2013-06-10", provisional=[START + WEEK])
    assert not first.provisional


def test_undecided_events_are_mentioned_beside_a_total():
    (row,) = ask(flights(840, unlabelled=4), "criterion:missed")
    assert any("210 events could not be judged on missed" in note for note in row.notes)


def test_refused_rows_and_windows_never_captured_are_said():
    events = [event for event in flights(840, weeks=6) if not START + WEEK <= event.at < START + 3 * WEEK]
    (row,) = ask(events, "criterion:missed", change=lambda ground: replace(ground, refusals=(Refused(counts={"bad-id": 60}),)))
    assert any(note.startswith("60 rows") for note in row.notes)
    assert any("2 of 6 windows" in note for note in row.notes)


def uneven(events: list[Logged]) -> list[Logged]:
    """Return the events without half of those of every third week."""
    return [event for at, event in enumerate(events) if (event.at - START) // WEEK % 3 or at % 4 < 2]


def test_with_eight_windows_a_process_figure_comes_from_how_they_differ():
    events = uneven(flights(2000, weeks=10))
    (row,) = ask(events, "criterion:missed inputs.carrier:UA", variance=PROCESS)
    assert row.variance == "process"
    assert row.low < row.value < row.high
    (counted,) = ask(events, "criterion:missed", variance=PROCESS)
    assert counted.method == "counted"
    assert counted.value == truth(events, "criterion:missed")
    assert counted.low < counted.value < counted.high


def test_a_rate_that_only_few_windows_know_of_is_not_as_sure_as_if_all_did():
    began = START + 10 * WEEK
    logged = enumerate(flights(3000, weeks=12))
    events = [replace(event, carrier="B6") if event.at >= began and at % 3 else event for at, event in logged]
    rows = {row.key: row for row in ask(uneven(events), "criterion:missed", rate=True, by="inputs.carrier", variance=PROCESS)}
    assert (rows["B6"].low, rows["B6"].high) == (None, None)
    assert any("too little history" in note for note in rows["B6"].notes)
    assert rows["UA"].low < rows["UA"].value < rows["UA"].high


def test_a_key_has_the_windows_in_which_it_existed_and_looks_back_at_those_before_them():
    began, logged = START + 5 * WEEK, enumerate(flights(9000, weeks=24))
    # B6 flies from the sixth week on, VX from the twenty-first.
    events = [
        replace(event, carrier="VX" if event.at >= START + 20 * WEEK and at % 3 == 1 else "B6" if at % 3 else event.carrier)
        if event.at >= began
        else event
        for at, event in logged
    ]
    for rate in (False, True):
        rows = {row.key: row for row in ask(events, "criterion:missed", rate=rate, by="inputs.carrier", variance=PROCESS)}
        assert rows["B6"].low < rows["B6"].value < rows["B6"].high
        assert rows["VX"].low is None
        assert not any("before" in note and "taken" in note for note in rows["VX"].notes)
        late = f"criterion:missed occurred:>={(START + 20 * WEEK).date()}"
        rows = {row.key: row for row in ask(events, late, rate=rate, by="inputs.carrier", variance=PROCESS)}
        assert any("taken from the windows of its own before" in note for note in rows["B6"].notes)
        assert rows["VX"].low is None


def test_in_a_comparison_rows_without_a_history_are_of_this_log_and_all_are_where_most_have_none():
    # One line for 24 weeks, and one or three more for the last three.
    for many, kinds in ((1, ["process", "sample"]), (3, ["sample"] * 4)):
        cells = [
            Cell(
                window=START + at * WEEK,
                stratum={"context.airport": name},
                met=met,
                undecided=(),
                population=30 + at % 5,
                labelled=30,
            )
            for name in ["old", *(f"new {at}" for at in range(many))]
            for at in range(0 if name == "old" else 21, 24)
            for met in (("missed",), ())
        ]
        windows = tuple(RunWindow(window=START + at * WEEK, population=60, labelled=60, provisional=False) for at in range(24))
        frame = replace(census_of(EVENTS[:50])[0].frame, windows=windows)
        census = Census(frame=frame, rules=RULES, groups=[], cells=cells)
        plan = settle(Question(query=parse("criterion:missed"), by="context.airport", variance=PROCESS), RULES)
        read = Flagged(
            field=build_domain(plan, census), frame=frame, events=(), counts={}, reference=None, referred=(), criterion=None
        )
        rows = {row.key: row for row in compared(read)}
        assert sorted(row.variance for row in rows.values()) == kinds
        assert all(rows[f"new {at}"].of_this_log and rows[f"new {at}"].interval == "exact" for at in range(many))
        assert rows["old"].of_this_log == (many == 3)


def test_few_holds_where_there_is_no_interval_too():
    (row,) = ask(EVENTS, "criterion:missed inputs.carrier:UA -context.airport:EWR occurred:>=2013-06-24", variance=PROCESS)
    assert (row.low, row.few, row.sampled < 10) == (None, True, True)


def of_versions(text, *told, by=None):
    """Return the field of a question on a week for each of some versions: of it 3 events that missed, and 7 that did not."""
    cells = [
        Cell(window=START + at * WEEK, stratum={}, met=met, undecided=(), version=version, population=population, labelled=0)
        for at, version in enumerate(told)
        for met, population in ((("missed",), 3), ((), 7))
    ]
    windows = tuple(RunWindow(window=START + at * WEEK, population=10, labelled=0, provisional=False) for at in range(len(told)))
    frame = replace(census_of(EVENTS[:50])[0].frame, windows=windows)
    rules = replace(RULES, fields=RULES.fields | {"model_version"})
    census = Census(frame=frame, rules=rules, groups=[], cells=cells)
    return build_domain(settle(Question(query=parse(text), by=by), rules), census), frame


@pytest.mark.parametrize(
    ("text", "weeks"),
    [
        ("model_version:1", 1),
        ("model_version:1*", 2),
        ("-model_version:1", 3),
        ("has:model_version", 3),
        ("-has:model_version", 1),
        ("model:arrival-delay@1.1", 1),
        ("model_version:1 OR occurred:>=2013-06-17", 3),
    ],
)
def test_a_question_about_versions_is_counted_where_all_are_told_apart(text, weeks):
    field, frame = of_versions(f"criterion:missed ({text})", *map(ModelVersion, ("1", "1.1", "2", None)))
    assert field.whole
    [row] = estimate_rows(field, frame, {})
    assert (row.value, row.method) == (3 * weeks, "counted")


def test_each_version_has_a_row_of_counts_and_none_has_the_last():
    field, frame = of_versions("criterion:missed", *map(ModelVersion, ("2", None, "1", "2")), by="model_version")
    assert [(row.key, row.value, row.windows) for row in estimate_rows(field, frame, {})] == [
        ("1", 3, 1),
        ("2", 6, 4),
        (None, 3, 1),
    ]


@pytest.mark.parametrize(
    ("text", "by", "whole"),
    [
        ("criterion:missed", None, True),
        ("criterion:missed", "window", True),
        ("criterion:missed", "model_version", False),
        ("criterion:missed model_version:1", None, False),
        ("criterion:missed model_version:1 occurred:<2013-06-10", None, True),
        ("criterion:missed occurred:<2013-06-10", "model_version", True),
    ],
)
def test_events_whose_version_is_not_told_apart_count_only_where_it_does_not_matter(text, by, whole):
    assert of_versions(text, ModelVersion("1"), None, by=by)[0].whole is whole


def test_what_a_row_costs_does_not_grow_with_the_number_of_rows():
    def seconds(hours: int) -> float:
        cells = [
            Cell(window=START + at * HOUR, stratum={}, met=met, undecided=(), population=30, labelled=30)
            for at in range(hours)
            for met in (("missed",), ())
        ]
        windows = tuple(RunWindow(window=START + at * HOUR, population=60, labelled=60, provisional=False) for at in range(hours))
        frame = replace(census_of(EVENTS[:50])[0].frame, windows=windows)
        census = Census(frame=frame, rules=replace(RULES, width=HOUR), groups=[], cells=cells)
        field, past = (
            build_domain(settle(Question(query=parse("criterion:missed"), by=by, variance=PROCESS), census.rules), census)
            for by in ("window", None)
        )
        began = process_time()
        rows = estimate_rows(field, frame, {}, reference=past)
        took = process_time() - began
        assert len(rows) == hours
        return took

    # Whatever else the machine does lengthens one of them: the least of each is compared.
    few, many = (min(seconds(hours) for _ in range(3)) for hours in (250, 2000))
    # Eight times as many; each row looking at all windows took 64 times as long.
    assert many < 24 * few


def test_under_eight_windows_without_a_past_there_is_too_little_history():
    (row,) = ask(EVENTS, "criterion:missed inputs.carrier:UA", variance=PROCESS)
    assert (row.low, row.high) == (None, None)
    assert any("too little history" in note for note in row.notes)


@pytest.mark.parametrize("rate", [False, True])
@pytest.mark.parametrize("text", ["criterion:missed", "criterion:missed inputs.carrier:UA"])
def test_under_eight_windows_the_weeks_before_say_how_much_windows_differ(text, rate):
    events = flights(3000, weeks=14)
    late = (START + 11 * WEEK).date()
    (row,) = ask(events, f"{text} occurred:>={late}", variance=PROCESS, rate=rate)
    assert any("windows of its own before" in note for note in row.notes)
    assert row.low < row.value < row.high


def test_by_month_each_month_looks_back_at_the_windows_before_it():
    rows = ask(flights(6000, weeks=20), "criterion:missed", by="month", variance=PROCESS)
    assert [row.low is None for row in rows] == [True, True, False, False, False]


def test_a_month_of_sampled_events_is_not_blamed_for_what_sampling_adds():
    # Every week another share of the flights is missed, which counted weeks show sharply and sampled ones behind a veil.
    events = [
        replace(event, met=tuple({*event.met, "missed"})) if event.carrier == "UA" and (event.at - START) // WEEK % 2 else event
        for event in flights(12_000, weeks=20)
    ]
    rows = ask(events, "criterion:missed", rate=True, by="month", variance=PROCESS)
    later = [row for row in rows if row.low is not None and row.method == "weighted" and not row.few]
    assert later
    for row in later:
        assert 0.2 < row.value < 0.5
        assert row.high - row.low < 0.6


def test_no_window_in_scope_gives_no_row():
    assert ask(EVENTS, "criterion:missed occurred:2014-01") == ()


def test_an_estimate_is_the_same_whatever_the_order_of_events():
    text = "criterion:missed inputs.carrier:UA"
    assert ask(EVENTS, text) == ask(EVENTS[::-1], text)


def test_a_day_that_is_cut_from_a_window_is_weighted():
    day = (START + timedelta(days=2)).date()
    (row,) = ask(EVENTS, f"occurred:{day}")
    assert row.method == "weighted"
    assert row.low <= 30 <= row.high
