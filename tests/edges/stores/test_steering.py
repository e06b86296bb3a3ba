"""Steering the queue on each database: who may, what people are given then, and that they are told nothing of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from remiss import capture, codec
from remiss.catalog import actions as catalog
from remiss.curate import labelling_actions as labelling
from remiss.curate import queue_actions as queue
from remiss.curate import steering_actions as steering
from remiss.curate.batches import UNFLAGGED
from remiss.errors import Conflict, Denied, InputError, NotFound, Precondition
from remiss.govern import audit_actions as audit
from remiss.govern import people_actions as people
from remiss.records.case import Sensitivity
from remiss.records.labelling import Judgement, LabellingKind, Verdict
from remiss.understand import actions as understand
from tests.edges.stores.test_passing import UNSURE
from tests.edges.stores.test_queue import FAILS, LABELLING, NO, ana, bo, captured  # noqa: F401
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log

ANNOTATION = LabellingKind.ANNOTATION
DELAYS = "arrival-delay"


@pytest.fixture
def cy(captured, ws_as):  # noqa: F811
    return ws_as("cy", role="curator")


@pytest.fixture
def apart(ws, once, tmp_path):
    """A catalog whose strata are labelled apart."""
    log = small_log(tmp_path / "log", weeks=2, a_week=120)
    log.write(PROTOCOL + LABELLING.replace("budget: 20, controls: 0.3", "budget: 60, controls: 0, strata: apart"))
    once(ws, "two_weeks_apart", lambda: capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + 2 * WEEK).id)
    return ws


def given(ws, count, **asked):
    """Return the cases that somebody is given one after the other, all of which they annotate."""
    found = []
    for at in range(count):
        task = queue.take(ws, kind=ANNOTATION, **asked).task
        labelling.annotate(ws, task.form.case, task.form.revision, NO if at % 3 else FAILS)
        found.append(task.form.case)
    return found


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_people_are_given_what_is_open_and_controls_as_before(captured, ana, cy):  # noqa: F811
    state = steering.open_batches(cy, DELAYS, 1, criterion="missed-delay", only=True)
    assert [each.revision for each in state.steered] == [2]
    [order] = captured.queue.orders()
    given(ana, 12)
    batches = [order.of[event] for event in captured.queue.progress()]
    assert {batch.group for batch in batches} >= {"missed-delay"}
    assert all(batch.group in UNFLAGGED or "missed-delay" in order.criteria[batch] for batch in batches)
    assert steering.undo_steering(cy, DELAYS, 2).steered[0].steers == ()


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_the_newest_period_comes_first_on_request(captured, ana, cy):  # noqa: F811
    steering.order_batches(cy, DELAYS, 1, steering.First.NEWEST)
    assert catalog.show(captured, given(ana, 1)[0]).event.at >= MONDAY + WEEK
    steering.close_batches(cy, DELAYS, 2, period=MONDAY + 1.5 * WEEK)
    assert catalog.show(captured, given(ana, 1)[0]).event.at < MONDAY + WEEK


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_of_two_who_read_the_same_revision_the_second_is_told(cy, ws_as):
    dora = ws_as("dora", role="curator")
    steering.close_batches(cy, DELAYS, 1, criterion="slow")
    with pytest.raises(Precondition, match="changed since revision 1, it is at revision 2"):
        steering.open_batches(dora, DELAYS, 1)
    (found,) = queue.list_queue(dora).steered
    assert (found.revision, found.person, [each.which.criterion for each in found.steers]) == (2, "cy", ["slow"])
    steering.open_batches(dora, DELAYS, 2)
    assert queue.list_queue(cy).steered[0].steers == ()


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_the_last_act_is_taken_back_and_brought_back(cy):
    with pytest.raises(Conflict, match="nobody has steered"):
        steering.undo_steering(cy, DELAYS, 1)
    closed = steering.close_batches(cy, DELAYS, 1, criterion="slow").steered[0].steers
    assert steering.undo_steering(cy, DELAYS, 2).steered[0].steers == ()
    assert steering.undo_steering(cy, DELAYS, 3).steered[0].steers == closed


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_only_who_may_steer_in_the_team_does_and_sees_how_it_is_steered(captured, ana, ws_as):  # noqa: F811
    for act in (steering.open_batches, steering.close_batches, steering.undo_steering):
        with pytest.raises(Denied):
            act(ana, DELAYS, 1)
    assert queue.list_queue(ana).steered == ()
    elsewhere = ws_as("fay", role="curator", team="departures")
    with pytest.raises(NotFound):
        steering.close_batches(elsewhere, DELAYS, 1)
    assert queue.list_queue(elsewhere).steered == ()
    low = ws_as("gil", role="curator", clearance="public")
    with pytest.raises(NotFound):
        steering.close_batches(low, DELAYS, 1)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_there_is_not_is_refused(cy):
    for said, told in (
        ({"criterion": "sloww"}, "no criterion sloww"),
        ({"criterion": "control"}, "mixed in"),
        ({"stratum": ("context.airport=EWR",)}, "together"),
    ):
        with pytest.raises(InputError, match=told):
            steering.open_batches(cy, DELAYS, 1, **said)
    with pytest.raises(NotFound):
        steering.close_batches(cy, "prices", 1)
    assert queue.list_queue(cy).steered[0].revision == 1


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_an_act_is_in_the_journal_under_who_did_it(captured, cy):  # noqa: F811
    steering.close_batches(cy, DELAYS, 1, criterion="slow")
    [entry] = audit.search_audit(captured, log="journal", action="queue.close")
    assert [(name, entry[name]) for name in ("actor", "subject")] == [("actor", "cy"), ("subject", DELAYS)]


def test_strata_that_are_labelled_apart_are_opened_and_chosen(apart, ws_as):
    cy, dee = ws_as("cy", role="curator"), ws_as("dee", role="verifier")
    assert queue.list_queue(dee).strata == ("context.airport=EWR", "context.airport=JFK")
    steering.open_batches(cy, DELAYS, 1, stratum=("context.airport=JFK",), only=True)
    assert {catalog.show(apart, case).event.context["airport"] for case in given(dee, 12)} == {"JFK"}
    assert queue.take(dee, kind=ANNOTATION, stratum=("context.airport=EWR",)).task is None
    steering.open_batches(cy, DELAYS, 2)
    chosen = given(dee, 8, stratum=("context.airport=EWR",), period=MONDAY + 1.2 * WEEK)
    events = [catalog.show(apart, case).event for case in chosen]
    assert {(each.context["airport"], each.at >= MONDAY + WEEK) for each in events} == {("EWR", True)}
    with pytest.raises(InputError, match="labelled together"):
        queue.take(ws_as("fay", role="verifier", team="departures"), stratum=("context.airport=EWR",))
    with pytest.raises(InputError, match="no stratum"):
        queue.take(dee, stratum=("context.airport=LGA",))
    # Each stratum has a beginning of its own, and the figure is of the windows and strata with one.
    [row] = understand.estimate(apart, "criterion:missed-delay context.airport:JFK", confirmed=True).rows
    assert row.windows == 2
    [row] = understand.estimate(apart, "criterion:missed-delay context.airport:EWR", confirmed=True).rows
    assert row.windows == 1


ACTS = [
    lambda ws, at: steering.open_batches(ws, DELAYS, at, criterion="slow", only=True),
    lambda ws, at: steering.open_batches(ws, DELAYS, at, criterion="missed-delay", only=True),
    lambda ws, at: steering.close_batches(ws, DELAYS, at),
    lambda ws, at: steering.open_batches(ws, DELAYS, at, period=MONDAY + WEEK),
    lambda ws, at: steering.order_batches(ws, DELAYS, at, steering.First.NEWEST),
]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_who_labels_is_told_neither_what_is_open_nor_in_which_order(captured, ana, bo, cy):  # noqa: F811
    given(bo, 3)
    offered, told, listed = [], set(), set()
    for at, act in enumerate(ACTS):
        act(cy, at + 1)
        found = queue.take(ana, kind=ANNOTATION)
        told.add(str(found.left))
        if found.task is not None:
            # Nothing is there but which case it is, and what it is about.
            told.add(str(replace(found.task.form, case="", event=None)))
            queue.release(ana, found.task.form.case)
        offered.append(found.task and found.task.form.case)
        listed.add(str(replace(queue.list_queue(ana), position=None)))
    assert (len(set(offered)) > 2, offered[2]) == (True, None)
    assert (len(told), len(listed)) == (2, 1)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_an_event_is_named_to_who_steers_when_nobody_is_left_who_is_given_it(captured, ana, bo, cy):  # noqa: F811
    for each in ("ana", "bo"):
        people.add_person(captured, each)
        people.grant(captured, each, "verifier", clearance=Sensitivity.INTERNAL)
    task = queue.take(ana).task
    labelling.annotate(ana, task.form.case, task.form.revision, UNSURE)
    # Whoever may label it is told nothing of an abstention, and the operator is.
    assert queue.list_queue(cy).steered[0].held == ()
    [held] = queue.list_queue(captured).steered[0].held
    assert (held.case, held.people, held.all) == (task.form.case, 1, False)
    assert queue.take(bo).task.form.case == task.form.case
    queue.pass_on(bo, task.form.case)
    [held] = queue.list_queue(cy).steered[0].held
    assert (held.case, held.people, held.all) == (task.form.case, 2, True)
    labelling.annotate(cy, task.form.case, task.form.revision, NO)
    assert queue.list_queue(cy).steered[0].held_count == 0


TWO_CRITERIA = """\
protocol: arrival-delay
version: 1
model: arrival-delay
source: {name: arrival-predictions, format: parquet, uri: "predictions/*.parquet"}
fields:
  {id: prediction_id, time: scheduled_at, model_version: model_version, output: predicted, context: {gate: origin}}
criteria:
  - {name: early, kind: policy, when: "context.gate = 'JFK'", mode: "remiss:model/weak-slice", severity: 1, why: One.}
  - {name: late, kind: policy, when: "context.gate = 'EWR'", mode: "remiss:system/latency", severity: 4, why: Other.}
sampling: {window: 1 week, keep: 50, control: 5, undecided: 5, population: 50, seed: "2026"}
sensitivity: {context.gate: restricted}
severity: one-question
labelling: {every: week, budget: 60, controls: 0}
"""


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_forms_of_two_cases_that_differ_only_in_criterion_are_equal_byte_for_byte(ws, ws_as, tmp_path):
    log = small_log(tmp_path / "log", weeks=1, a_week=40)
    for at, row in enumerate(log.predictions):
        row |= {"prediction_id": f"f{at:03}", "scheduled_at": MONDAY, "predicted": "late"}
    log.write(TWO_CRITERIA)
    capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEK)
    dee, forms = ws_as("dee", role="verifier"), {}
    for _ in range(30):
        form = queue.take(dee, exclude=tuple(each for of in forms.values() for each in of)).task.form
        [criterion] = catalog.show(ws, form.case).criteria
        text = str(codec.to_json(replace(form, position=0))).replace(form.case, "").replace(form.event.id, "")
        forms.setdefault(criterion, {})[form.case] = text
        if len(forms) == 2:
            break
        labelling.annotate(dee, form.case, form.revision, Judgement(verdict=Verdict.NOT_A_FAILURE))
    assert forms.keys() == {"early", "late"}
    assert len({text for of in forms.values() for text in of.values()}) == 1
    assert [len(form.questions), form.modes[0].id.startswith("remiss:model")] == [1, True]
