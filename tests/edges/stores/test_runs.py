"""Runs in the catalog, on every database."""

from __future__ import annotations

import pytest
from sqlalchemy import literal, select

from remiss import capture
from remiss.edges.stores.dialect.full_text import found, wanted
from remiss.edges.stores.tables import case_context, case_criteria, cases, revisions
from remiss.errors import Ambiguous, Conflict, NotFound
from remiss.present import facts
from remiss.records.identity import case_id
from remiss.records.run import Change
from tests.edges.stores.drawing import MONDAY, WEEK, accept, drawn, file, member
from tests.stories.logs import PROTOCOL, small_log


def rows(ws, statement):
    with ws._store.reading() as connection:
        return [tuple(row) for row in connection.execute(statement)]


def criteria(ws):
    joined = select(cases.c.id, case_criteria.c.criterion).join(case_criteria, case_criteria.c.case_key == cases.c.key)
    return set(rows(ws, joined))


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_is_filed_can_be_read_again(ws):
    draw = drawn([member(1, met=["slow", "missed"]), member(2), member(3, met=["odd"], output=2.5, label=None, text=None)])
    run = file(ws, draw, run="run-aaaaaaaa", changes=[Change(event="e2", kind="gone", window=MONDAY, detail="why")])
    assert (run.id, run.status, run.digest, run.manifest) == ("run-aaaaaaaa", "complete", draw.digest, draw.manifest)
    assert (run.events_new, run.events_known, run.cases_new, run.cases_known) == (3, 0, 2, 0)
    assert run.position == ws.position() == 2
    assert run.refused == {"missing id": 3}
    assert run.changes == {"gone": 1}
    assert run.groups == ws.runs.groups(run.id) == draw.groups
    assert ws.runs.cells(run.id) == tuple(sorted(draw.cells, key=lambda cell: str(cell.met)))
    assert ws.runs.members(run.id) == draw.members
    assert ws.runs.windows(run.id) == draw.windows
    assert ws.runs.refused(run.id) == draw.refusals.rows
    assert ws.runs.changes(run.id) == (Change(event="e2", kind="gone", window=MONDAY, detail="why"),)
    assert ws.runs.manifest(run.id) == draw.manifest


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_profiles_keep_numbers_that_json_cannot_say(ws):
    file(ws, drawn([]), run="run-aaaaaaaa")
    confidence, carrier = ws.runs.profiles("run-aaaaaaaa")
    assert (confidence.field, confidence.count, confidence.nulls, confidence.minimum) == ("confidence", 100, 2, 0.1)
    assert confidence.maximum != confidence.maximum
    assert (carrier.minimum, carrier.maximum) == ("AA", "WN")


def test_only_events_that_met_a_criterion_become_cases(ws):
    file(ws, drawn([member(1, met=["slow"]), member(2)]), run="run-aaaaaaaa")
    assert rows(ws, select(cases.c.id, cases.c.status, cases.c.origin)) == [(case_id("arrivals", "e1"), "candidate", "captured")]


def test_a_case_is_suggested_what_its_gravest_criterion_suggests(ws):
    file(ws, drawn([member(1, met=["slow", "missed"]), member(2, met=["slow"])]), run="run-aaaaaaaa")
    suggested = select(cases.c.id, cases.c.severity, cases.c.suggested_mode, cases.c.mode)
    assert set(rows(ws, suggested)) == {
        (case_id("arrivals", "e1"), 2, "remiss:model/weak-slice", None),
        (case_id("arrivals", "e2"), 3, "remiss:system/latency", None),
    }


def test_a_new_case_can_be_found_by_its_words_and_its_context(ws):
    file(
        ws,
        drawn([member(1, met=["slow"]), member(2, met=["slow"], text="[email:3f9a] wrote", airport="JFK")]),
        run="run-aaaaaaaa",
    )
    with ws._store.reading() as connection:
        said = literal(wanted(connection.dialect)("Email:3F9A"))
        keys = connection.execute(found([said], connection.dialect)).scalars().all()
    assert rows(ws, select(cases.c.event_key, cases.c.id).where(cases.c.key.in_(keys)))[0][1] == case_id("arrivals", "e2")
    assert set(rows(ws, select(case_context.c.name, case_context.c.value))) == {("airport", "EWR"), ("airport", "JFK")}


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_new_case_has_one_revision_that_says_who_filed_it(ws):
    run = file(ws, drawn([member(1, met=["slow"])]), run="run-aaaaaaaa")
    ((_, revision, first, last, _, actor, action, status, *_),) = rows(ws, select(revisions))
    assert (revision, first, last, actor, action, status) == (1, run.position, None, ws.actor.name, "test.file", "candidate")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_the_latest_complete_run_is_in_force(ws):
    file(ws, drawn([member(1, met=["slow"])], weeks=(0, 1)), run="run-aaaaaaaa")
    file(ws, drawn([member(1, met=["slow"])], weeks=(1, 2), version=2), run="run-bbbbbbbb", version=2)
    found = ws.runs.in_force("arrivals", "arrival-delay")
    assert [(item.window.window, item.run, item.protocol_version) for item in found] == [
        (MONDAY, "run-aaaaaaaa", 1),
        (MONDAY + WEEK, "run-bbbbbbbb", 2),
        (MONDAY + 2 * WEEK, "run-bbbbbbbb", 2),
    ]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_runs_of_another_protocol_stay_in_force(ws):
    file(ws, drawn([member(1, met=["slow"])]), run="run-aaaaaaaa")
    file(ws, drawn([member(1, met=["odd"])], name="other"), run="run-bbbbbbbb")
    assert [item.run for item in ws.runs.in_force("arrivals", "arrival-delay")] == ["run-aaaaaaaa"]
    assert criteria(ws) == {(case_id("arrivals", "e1"), "slow"), (case_id("arrivals", "e1"), "odd")}


def test_a_recapture_refreshes_the_cases_that_it_meets_again(ws):
    file(ws, drawn([member(1, met=["slow"]), member(2)]), run="run-aaaaaaaa")
    again = [member(1, met=["missed"], label="early", output="late"), member(2, met=["odd"])]
    run = file(ws, drawn(again), run="run-bbbbbbbb")
    assert (run.events_new, run.events_known, run.cases_new, run.cases_known) == (0, 2, 1, 1)
    assert criteria(ws) == {(case_id("arrivals", "e1"), "missed"), (case_id("arrivals", "e2"), "odd")}
    shown = select(cases.c.output, cases.c.label).where(cases.c.id == case_id("arrivals", "e1"))
    assert rows(ws, shown) == [("late", "early")]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_case_whose_event_is_no_longer_sampled_meets_no_criterion(ws):
    file(ws, drawn([member(1, met=["slow"])]), run="run-aaaaaaaa")
    file(ws, drawn([member(2, met=["slow"])]), run="run-bbbbbbbb")
    assert criteria(ws) == {(case_id("arrivals", "e2"), "slow")}
    assert len(rows(ws, select(cases.c.id))) == 2


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_the_run_in_force_sampled_is_known_to_the_next(ws):
    file(ws, drawn([member(1, met=["slow"], output=True), member(2, week=1)], weeks=(0, 1)), run="run-aaaaaaaa")
    (known,) = ws.runs.known("arrivals", "arrival-delay", MONDAY, MONDAY + WEEK)
    assert (known.event, known.window, known.output, known.label, known.met) == ("e1", MONDAY, "true", "late", ("slow",))


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_waiting_run_changes_nothing_until_it_is_accepted(ws):
    file(ws, drawn([member(1, met=["slow"])]), run="run-aaaaaaaa")
    waiting = file(ws, drawn([member(1), member(2, met=["missed"])]), run="run-bbbbbbbb", status="waiting")
    assert (waiting.status, waiting.cases_new) == ("waiting", 0)
    assert [item.run for item in ws.runs.in_force("arrivals", "arrival-delay")] == ["run-aaaaaaaa"]
    accepted = accept(ws, "run-bbbbbbbb")
    assert (accepted.status, accepted.cases_new) == ("complete", 1)
    assert [item.run for item in ws.runs.in_force("arrivals", "arrival-delay")] == ["run-bbbbbbbb"]
    assert criteria(ws) == {(case_id("arrivals", "e2"), "missed")}


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_run_is_accepted_once(ws):
    file(ws, drawn([]), run="run-aaaaaaaa", status="waiting")
    accept(ws, "run-aaaaaaaa")
    with pytest.raises(Conflict, match="run-aaaaaaaa is not waiting: it is complete"):
        accept(ws, "run-aaaaaaaa")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_waiting_run_is_refused_when_a_later_one_is_in_force(ws):
    file(ws, drawn([]), run="run-aaaaaaaa", status="waiting")
    file(ws, drawn([]), run="run-bbbbbbbb")
    with pytest.raises(Conflict, match="a later run is in force"):
        accept(ws, "run-aaaaaaaa")
    assert ws.runs.get("run-aaaaaaaa").status == "waiting"


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize("name", ["run-\x00\x00\x00\x00\x00\x00", "run-\udcff\udcff\udcff\udcff\udcff\udcff", "\x00"])
def test_a_name_that_no_database_could_hold_names_nothing(ws, name):
    file(ws, drawn([]), run="run-aaaaaaaa")
    for read in (capture.show, capture.diff, capture.refused, capture.accept, capture.reproduce):
        with pytest.raises(NotFound, match="there is no run"):
            read(ws, name)
    listed = capture.list_runs(ws, protocol=name)
    assert (listed.rows, listed.total) == ((), 0)


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_an_event_that_comes_back_of_another_model_is_refused_and_nothing_is_filed(ws):
    file(ws, drawn([member(1, met=["slow"])]), run="run-aaaaaaaa")
    with pytest.raises(Conflict, match="event e1 of arrivals came back as another one"):
        file(ws, drawn([member(1, met=["slow"], model="another"), member(2, met=["slow"])]), run="run-bbbbbbbb")
    assert ws.position() == 2
    assert len(rows(ws, select(cases.c.id))) == 1


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_the_same_run_is_not_filed_twice(ws):
    file(ws, drawn([]), run="run-aaaaaaaa")
    with pytest.raises(Conflict, match="run-aaaaaaaa is in the catalog already"):
        file(ws, drawn([]), run="run-aaaaaaaa")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_run_is_found_by_six_characters_that_no_other_has(ws):
    for run in ("run-abcdef01", "run-abcdef02", "run-abcxyz01"):
        file(ws, drawn([]), run=run)
    assert ws.runs.get("abcxyz").id == ws.runs.get("run-abcxyz").id == "run-abcxyz01"
    with pytest.raises(Ambiguous, match="several runs begin with abcdef"):
        ws.runs.get("abcdef")
    for prefix in ("abcxy", "nothing", "run-"):
        with pytest.raises(NotFound, match=f"there is no run {prefix}"):
            ws.runs.get(prefix)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_the_latest_runs_come_first(ws):
    for run in ("run-aaaaaaaa", "run-bbbbbbbb"):
        file(ws, drawn([]), run=run)
    file(ws, drawn([], name="other"), run="run-cccccccc")
    assert [run.id for run in ws.runs.latest(2)] == ["run-cccccccc", "run-bbbbbbbb"]
    assert [run.id for run in ws.runs.latest(9, "arrival-delay")] == ["run-bbbbbbbb", "run-aaaaaaaa"]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_the_table_of_a_run_has_its_criteria_in_the_order_of_the_protocol(ws, tmp_path):
    first = PROTOCOL.index("  - {name: missed-delay")
    second, end = PROTOCOL.index("  - {name: slow"), PROTOCOL.index("sampling:")
    log = small_log(tmp_path / "log").write(PROTOCOL[:first] + PROTOCOL[second:end] + PROTOCOL[first:second] + PROTOCOL[end:])
    filed = capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + 3 * WEEK)
    for run in (filed, capture.show(ws, filed.id)):
        assert [line[0] for line in facts.summary(run)] == ["slow", "missed-delay", "control", "undecided", "all"]
